"""Uses Ollama's official Python client with the model `fledgling`; prints `ok`.

usage: fledgling_ollama.py URL
"""
import sys

import ollama
import pydantic

client = ollama.Client(host=sys.argv[1])
model = "fledgling"


class Person(pydantic.BaseModel):
    name: str
    age: int


def get_weather(city: str) -> str:
    """
    Get the weather of a city

    Args:
        city: The city
    """
    return "sunny, 20 degrees"


def add(a: float, b: float) -> float:
    """
    Add two numbers

    Args:
        a: First number
        b: Second number
    """
    return a + b


tools = [get_weather, add]


def chat(question, **fields):
    messages = question if isinstance(question, list) else [{"role": "user", "content": question}]
    return client.chat(model, messages, options={"temperature": 0}, **fields)


def calls(message):
    return [(c.function.name, dict(c.function.arguments)) for c in message.tool_calls or []]


# One tool, several calls, both as streams, and the way back of a result.
wanted = [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]
both = "What is the weather in Paris and in Rome?"
one = chat("What is the weather in Paris?", tools=[get_weather])
assert calls(one.message) == wanted[:1] and one.done_reason == "stop", one
assert calls(chat(both, tools=tools).message) == wanted
for question, expected in (("What is the weather in Paris?", wanted[:1]), (both, wanted)):
    pieces = list(chat(question, tools=tools, stream=True))
    assert [c for p in pieces for c in calls(p.message)] == expected, pieces
    assert pieces[-1].done and not "".join(p.message.content or "" for p in pieces), pieces
history = [{"role": "user", "content": "What is the weather in Paris?"}, one.message]
history.append({"role": "tool", "tool_name": "get_weather", "content": get_weather("Paris")})
assert "sunny" in chat(history, tools=[get_weather]).message.content

# A shape as a pydantic model, whole and as a stream.
told = "The name is Anna, the age is 30. Give me JSON with name and age."
shaped = chat(told, format=Person.model_json_schema())
assert Person.model_validate_json(shaped.message.content) == Person(name="Anna", age=30), shaped
pieces = chat(told, format=Person.model_json_schema(), stream=True)
text = "".join(p.message.content or "" for p in pieces)
assert Person.model_validate_json(text) == Person(name="Anna", age=30), text
written = client.generate(model, told, format=Person.model_json_schema(), options={"temperature": 0})
assert Person.model_validate_json(written.response) == Person(name="Anna", age=30), written

# Thinking on and off.
thoughtful = chat("What is 7 plus 5?", think=True).message
assert thoughtful.thinking and "12" in thoughtful.content and "<think>" not in thoughtful.content, thoughtful
pieces = list(chat("What is 7 plus 5?", think=True, stream=True))
assert "".join(p.message.thinking or "" for p in pieces) == thoughtful.thinking, pieces
assert "".join(p.message.content or "" for p in pieces) == thoughtful.content, pieces
plain = chat("What is 7 plus 5?", think=False).message
assert not plain.thinking and "12" in plain.content, plain

# How sure it is.
scored = chat("What is 7 plus 5?", logprobs=True, top_logprobs=2)
assert "".join(p.token for p in scored.logprobs) == scored.message.content, scored
assert all(len(p.top_logprobs) == 2 and p.logprob <= 0 for p in scored.logprobs)
print("ok")
