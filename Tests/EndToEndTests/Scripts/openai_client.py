"""Uses OpenAI's official Python client against a running server; prints `ok`.

usage: openai_client.py URL MODEL [EMBEDDING_MODEL]
"""
import json
import sys

import openai

url, model = sys.argv[1:3]
client = openai.OpenAI(base_url=url + "/v1", api_key="any")

assert any(m.id.startswith(model) for m in client.models.list().data)
assert client.models.retrieve(model).object == "model"

messages = [{"role": "user", "content": "Who are you?"}]
common = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 12}
whole = client.chat.completions.create(**common)
text = whole.choices[0].message.content
assert text and whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

pieces = list(client.chat.completions.create(**common, stream=True, stream_options={"include_usage": True}))
assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices) == text
assert pieces[-1].usage == whole.usage, pieces[-1]

three = client.chat.completions.create(**{**common, "temperature": 1}, n=3, seed=1)
assert [c.index for c in three.choices] == [0, 1, 2]
again = client.chat.completions.create(**{**common, "temperature": 1}, n=3, seed=1)
assert [c.message.content for c in three.choices] == [c.message.content for c in again.choices]
streams = {0: "", 1: "", 2: ""}
for p in client.chat.completions.create(**{**common, "temperature": 1}, n=3, seed=1, stream=True):
    for c in p.choices:
        streams[c.index] += c.delta.content or ""
assert list(streams.values()) == [c.message.content for c in three.choices], streams

scored = client.chat.completions.create(**common, logprobs=True, top_logprobs=3)
items = scored.choices[0].logprobs.content
assert "".join(i.token for i in items) == text
assert all(i.logprob <= 0 and len(i.top_logprobs) == 3 for i in items)
# Greedy: the chosen token is the likeliest.
assert all(abs(i.logprob - i.top_logprobs[0].logprob) < 1e-6 for i in items)

schema = {
    "type": "object",
    "properties": {"size": {"type": "integer", "minimum": 1, "maximum": 9}, "ok": {"type": "boolean"}},
    "required": ["size", "ok"],
    "additionalProperties": False,
}
held = client.chat.completions.create(
    **{**common, "max_tokens": 60},
    response_format={"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}},
)
value = json.loads(held.choices[0].message.content)
assert set(value) == {"size", "ok"} and 1 <= value["size"] <= 9 and isinstance(value["ok"], bool), value

grammar = client.chat.completions.create(**common, extra_body={"grammar": 'root ::= "red" | "blue"'})
assert grammar.choices[0].message.content in ("red", "blue")
stopped = client.chat.completions.create(**common, stop=[text[3:5]])
assert stopped.choices[0].message.content == text[: text.index(text[3:5])], stopped

try:
    client.chat.completions.create(**common, response_format={"type": "grammar"})
    raise AssertionError("an unknown format was taken")
except openai.BadRequestError as error:
    assert "response_format" in str(error), error
try:
    client.chat.completions.create(**{**common, "model": "no-such-model"})
    raise AssertionError("an unknown model answered")
except openai.NotFoundError:
    pass
try:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    client.chat.completions.create(
        **{**common, "messages": [{"role": "user", "content": [picture]}]})
    raise AssertionError("a text model looked at a picture")
except openai.APIStatusError as error:
    assert "image" in str(error), error

completion = client.completions.create(model=model, prompt="Hello!", temperature=0, max_tokens=6, n=2, logprobs=2)
assert len(completion.choices) == 2 and completion.choices[0].text == completion.choices[1].text
assert "".join(completion.choices[0].logprobs.tokens) == completion.choices[0].text

first = client.responses.create(model=model, input="Who are you?", temperature=0, max_output_tokens=12)
assert first.output_text and first.status == "completed"
second = client.responses.create(
    model=model, input="And?", previous_response_id=first.id, temperature=0, max_output_tokens=12)
assert second.usage.input_tokens > first.usage.input_tokens
assert client.responses.retrieve(first.id).output_text == first.output_text
client.responses.delete(first.id)
try:
    client.responses.retrieve(first.id)
    raise AssertionError("a deleted response was found")
except openai.NotFoundError:
    pass
types, spoken = [], ""
for event in client.responses.create(
    model=model, input="Who are you?", temperature=0, max_output_tokens=12, stream=True
):
    types.append(event.type)
    if event.type == "response.output_text.delta":
        spoken += event.delta
assert spoken == first.output_text, (spoken, first.output_text)
assert types[0] == "response.created" and types[-1] == "response.completed", types

if len(sys.argv) > 3:
    vectors = client.embeddings.create(model=sys.argv[3], input=["a", "b"])
    assert [v.index for v in vectors.data] == [0, 1]
    plain = client.embeddings.create(model=sys.argv[3], input=["a", "b"], encoding_format="float")
    for left, right in zip(vectors.data, plain.data):
        assert all(abs(x - y) < 1e-6 for x, y in zip(left.embedding, right.embedding))
print("ok")
