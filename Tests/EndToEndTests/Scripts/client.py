"""Uses the official Python client against a running server; prints `ok` and what it did.

usage: client.py URL MODEL   (MODEL is in the store and may be copied and deleted)
"""
import json
import sys

import ollama

url, model = sys.argv[1:3]
client = ollama.Client(host=url)

names = [m.model for m in client.list().models]
assert any(n.startswith(model) for n in names), names
shown = client.show(model)
assert shown.details.format == "gguf", shown.details
assert shown.modelinfo["general.architecture"], shown.modelinfo
assert "completion" in shown.capabilities, shown.capabilities

options = {"temperature": 0, "num_predict": 12, "seed": 1}
whole = client.generate(model, "Who are you?", options=options)
assert whole.done and whole.eval_count and whole.total_duration > 0, whole
pieces = list(client.generate(model, "Who are you?", options=options, stream=True))
assert "".join(p.response for p in pieces) == whole.response, pieces
assert pieces[-1].done and pieces[-1].context, pieces[-1]

messages = [{"role": "user", "content": "Who are you?"}]
chat = client.chat(model, messages, options=options)
assert chat.message.role == "assistant" and chat.done, chat
streamed = list(client.chat(model, messages, options=options, stream=True))
assert "".join(p.message.content for p in streamed) == chat.message.content

schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 5}}, "required": ["n"]}
held = client.chat(model, messages, format=schema, options={**options, "num_predict": 40})
assert json.loads(held.message.content)["n"] <= 5, held
scored = client.generate(model, "Who are you?", options=options, logprobs=True, top_logprobs=2)
assert "".join(p.token for p in scored.logprobs) == whole.response, scored
assert all(len(p.top_logprobs) == 2 for p in scored.logprobs)

assert any(m.model.startswith(model) for m in client.ps().models)

client.copy(model, "copied")
assert any(m.model == "copied:latest" for m in client.list().models)
steps = [s.status for s in client.create("derived", from_="copied", system="Be brief.", stream=True)]
assert steps[-1] == "success", steps
assert client.show("derived").modelfile.count("SYSTEM Be brief.") == 1
client.delete("derived")
client.delete("copied")
assert not any(m.model == "copied:latest" for m in client.list().models)

try:
    client.show("copied")
    raise AssertionError("a deleted model was shown")
except ollama.ResponseError as error:
    assert error.status_code == 404, error

if len(sys.argv) > 3:
    # A model whose file names a pooling gives vectors.
    vectors = client.embed(sys.argv[3], ["a", "b"]).embeddings
    assert len(vectors) == 2 and abs(sum(x * x for x in vectors[0]) - 1) < 1e-3, vectors
try:
    client.embed(model, "a")
    raise AssertionError("a text model gave an embedding")
except ollama.ResponseError as error:
    assert error.status_code == 501, error
print("ok")
