"""Uses the command-line tool `llm` with its plugin llm-ollama against a running server; prints `ok`.

usage: llm_client.py URL CHAT_MODEL EMBEDDING_MODEL
"""
import os
import sys
import tempfile

url, chat, embedding = sys.argv[1:4]
folder = tempfile.TemporaryDirectory()
os.environ["LLM_USER_PATH"] = folder.name
os.environ["OLLAMA_HOST"] = url
import llm

names = [model.model_id for model in llm.get_models()]
assert any(chat in name for name in names), names
assert not any(embedding in name for name in names), names
vectors = [model.model_id for model in llm.get_embedding_models()]
assert any(embedding in name for name in vectors), vectors

model = llm.get_model(next(name for name in names if chat in name))
answer = model.prompt("What is 7 plus 5?", stream=False, temperature=0, num_predict=40)
text = answer.text()
assert text and answer.usage().output > 0, text
pieces = list(model.prompt("What is 7 plus 5?", temperature=0, num_predict=40))
assert len(pieces) > 1 and "".join(pieces) == text, (pieces, text)

talk = model.conversation()
first = talk.prompt("My name is Ann.", temperature=0, num_predict=20).text()
second = talk.prompt("What is my name?", temperature=0, num_predict=20).text()
assert first and second, (first, second)

encoder = llm.get_embedding_model(next(name for name in vectors if embedding in name))
alone = encoder.embed("world")
both = list(encoder.embed_multi(["hello world", "world"]))
assert len(both) == 2 and all(abs(x - y) < 1e-5 for x, y in zip(alone, both[1])), (alone, both)
print("ok")
