"""Uses langchain-ollama against a running server; prints `ok`.

usage: langchain_client.py URL CHAT_MODEL EMBEDDING_MODEL
"""
import sys

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM

url, chat, embedding = sys.argv[1:4]
common = {"base_url": url, "temperature": 0, "num_predict": 40, "validate_model_on_init": True}

model = ChatOllama(model=chat, **common)
messages = [SystemMessage("Be brief."), HumanMessage("What is 7 plus 5?")]
answer = model.invoke(messages)
assert answer.content, answer
assert answer.usage_metadata["output_tokens"] > 0, answer
assert answer.response_metadata["done_reason"] in ("stop", "length"), answer
pieces = list(model.stream(messages))
assert len(pieces) > 1 and "".join(p.content for p in pieces) == answer.content, pieces


@tool
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return city


bound = model.bind_tools([get_weather]).invoke("What is the weather in Paris?")
assert bound.content or bound.tool_calls, bound

written = OllamaLLM(model=chat, **common)
text = written.invoke("What is 7 plus 5?")
assert text and "".join(written.stream("What is 7 plus 5?")) == text, text

vectors = OllamaEmbeddings(model=embedding, base_url=url)
both = vectors.embed_documents(["hello world", "world"])
assert len(both) == 2 and abs(sum(x * x for x in both[0]) - 1) < 1e-3, both
alone = vectors.embed_query("world")
assert all(abs(x - y) < 1e-5 for x, y in zip(alone, both[1])), (alone, both[1])

try:
    ChatOllama(model="no-such-model", **common)
    raise AssertionError("a model that is not there was found")
except ValueError as error:
    assert "no-such-model" in str(error), error
print("ok")
