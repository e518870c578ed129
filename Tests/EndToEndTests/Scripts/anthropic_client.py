"""Uses Anthropic's official Python client against a running server; prints `ok`.

usage: anthropic_client.py URL MODEL
"""
import sys

import anthropic

url, model = sys.argv[1:3]
client = anthropic.Anthropic(base_url=url, api_key="any")

messages = [{"role": "user", "content": "Who are you?"}]
common = {"model": model, "messages": messages, "max_tokens": 12, "extra_body": {"temperature": 0}}
whole = client.messages.create(**common)
text = whole.content[0].text
assert whole.role == "assistant" and text and whole.usage.output_tokens > 0, whole
assert whole.stop_reason in ("end_turn", "max_tokens"), whole

with client.messages.stream(**common) as stream:
    assert "".join(stream.text_stream) == text
    final = stream.get_final_message()
assert final.usage.output_tokens == whole.usage.output_tokens, final
assert final.stop_reason == whole.stop_reason, final

counted = client.messages.count_tokens(model=model, messages=messages)
assert counted.input_tokens == whole.usage.input_tokens, (counted, whole.usage)

brief = client.messages.create(**{**common, "max_tokens": 1}, system="Be brief.")
assert brief.stop_reason == "max_tokens" and brief.usage.output_tokens == 1, brief

try:
    client.messages.create(**{**common, "model": "no-such-model"})
    raise AssertionError("an unknown model answered")
except anthropic.NotFoundError:
    pass
try:
    picture = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
    }
    client.messages.create(**{**common, "messages": [{"role": "user", "content": [picture]}]})
    raise AssertionError("a text model looked at a picture")
except anthropic.APIStatusError as error:
    assert "image" in str(error), error
print("ok")
