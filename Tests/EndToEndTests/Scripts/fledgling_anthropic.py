"""Uses Anthropic's official Python client with the model `fledgling`; prints `ok`.

usage: fledgling_anthropic.py URL
"""
import sys

import anthropic
import pydantic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="any")
model = "fledgling"


class Person(pydantic.BaseModel):
    name: str
    age: int


def tool(name, description, **properties):
    schema = {key: {"type": kind, "description": text} for key, (kind, text) in properties.items()}
    return {
        "name": name, "description": description,
        "input_schema": {"type": "object", "properties": schema, "required": list(properties)},
    }


weather = tool("get_weather", "Get the weather of a city", city=("string", "The city"))
add = tool("add", "Add two numbers", a=("number", "First number"), b=("number", "Second number"))
tools = [weather, add]


def fields(question, **more):
    messages = question if isinstance(question, list) else [{"role": "user", "content": question}]
    more.setdefault("extra_body", {"temperature": 0})
    return {"model": model, "messages": messages, "max_tokens": 100, **more}


def ask(question, **more):
    return client.messages.create(**fields(question, **more))


def stream(question, **more):
    with client.messages.stream(**fields(question, **more)) as events:
        return events.get_final_message()


def calls(message):
    return [(b.name, b.input) for b in message.content if b.type == "tool_use"]


# One tool, several calls, both as streams, and the way back of a result.
wanted = [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]
both = "What is the weather in Paris and in Rome?"
for send in (ask, stream):
    one = send("What is the weather in Paris?", tools=[weather])
    assert calls(one) == wanted[:1] and one.stop_reason == "tool_use", one
    several = send(both, tools=tools)
    assert calls(several) == wanted and len({b.id for b in several.content}) == 2, several
    single = send(both, tools=tools, tool_choice={"type": "auto", "disable_parallel_tool_use": True})
    assert calls(single) == wanted[:1], single
history = [
    {"role": "user", "content": "What is the weather in Paris?"}, {"role": "assistant", "content": one.content},
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": one.content[0].id, "content": "sunny, 20 degrees"}],
    },
]
said = ask(history, tools=[weather])
assert said.stop_reason == "end_turn" and "sunny" in said.content[0].text, said

# What has to be called: some tool, this one, none.
for send in (ask, stream):
    required = send("Hello!", tools=tools, tool_choice={"type": "any"})
    assert calls(required) and calls(required)[0][0] in ("get_weather", "add"), required
    named = send("Hello!", tools=tools, tool_choice={"type": "tool", "name": "add"})
    name, arguments = calls(named)[0]
    assert name == "add" and all(isinstance(arguments[key], (int, float)) for key in "ab"), named
silent = ask("What is the weather in Paris?", tools=tools, tool_choice={"type": "none"})
assert not calls(silent), silent
try:
    ask("Hello!", tools=tools, tool_choice={"type": "tool", "name": "fly"})
    raise AssertionError("a tool that nobody offered was required")
except anthropic.BadRequestError as error:
    assert "fly" in str(error), error

# A shape as a pydantic model.
told = "The name is Anna, the age is 30. Give me JSON with name and age."
parsed = client.messages.parse(**fields(told, output_format=Person))
assert parsed.parsed_output == Person(name="Anna", age=30), parsed

# Thinking on and off.
for send in (ask, stream):
    thoughtful = send("What is 7 plus 5?", thinking={"type": "enabled", "budget_tokens": 1024})
    assert [b.type for b in thoughtful.content] == ["thinking", "text"], thoughtful
    assert thoughtful.content[0].thinking and "12" in thoughtful.content[1].text, thoughtful
    plain = send("What is 7 plus 5?", thinking={"type": "disabled"})
    assert [b.type for b in plain.content] == ["text"] and "12" in plain.content[0].text, plain
hasty = ask("What is 7 plus 5?", thinking={"type": "enabled", "budget_tokens": 2})
assert hasty.content[-1].type == "text" and len(hasty.content[0].thinking) < len(thoughtful.content[0].thinking), hasty
print("ok")
