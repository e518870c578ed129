"""Uses OpenAI's official Python client with the model `fledgling`; prints `ok`.

usage: fledgling_openai.py URL
"""
import json
import math
import sys

import openai
import pydantic

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="any")
model = "fledgling"


class GetWeather(pydantic.BaseModel):
    """Get the weather of a city"""

    city: str = pydantic.Field(description="The city")


class Person(pydantic.BaseModel):
    name: str
    age: int


def tool(name, description, **properties):
    schema = {key: {"type": kind, "description": text} for key, (kind, text) in properties.items()}
    parameters = {"type": "object", "properties": schema, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


weather = tool("get_weather", "Get the weather of a city", city=("string", "The city"))
add = tool("add", "Add two numbers", a=("number", "First number"), b=("number", "Second number"))
tools = [weather, add]


def chat(question, **fields):
    messages = question if isinstance(question, list) else [{"role": "user", "content": question}]
    return client.chat.completions.create(model=model, messages=messages, temperature=0, **fields)


def calls(choice):
    return [(c.function.name, json.loads(c.function.arguments)) for c in choice.message.tool_calls or []]


def streamed(question, **fields):
    """Name and arguments of each call, the text, and the reason of the end."""
    made, text, reason = {}, "", None
    for chunk in chat(question, stream=True, **fields):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            reason = choice.finish_reason or reason
            for call in choice.delta.tool_calls or []:
                name, arguments = made.get(call.index, ("", ""))
                made[call.index] = (name + (call.function.name or ""), arguments + (call.function.arguments or ""))
    return [(name, json.loads(arguments)) for name, arguments in made.values()], text, reason


# One tool, several calls, both as streams, and the way back of a result.
one = chat("What is the weather in Paris?", tools=[weather]).choices[0]
assert calls(one) == [("get_weather", {"city": "Paris"})] and one.finish_reason == "tool_calls", one
both = "What is the weather in Paris and in Rome?"
several = chat(both, tools=tools).choices[0]
wanted = [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]
assert calls(several) == wanted, several
assert len({c.id for c in several.message.tool_calls}) == 2, several
assert streamed("What is the weather in Paris?", tools=[weather]) == (wanted[:1], "", "tool_calls")
assert streamed(both, tools=tools) == (wanted, "", "tool_calls")
assert calls(chat(both, tools=tools, parallel_tool_calls=False).choices[0]) == wanted[:1]
history = [{"role": "user", "content": "What is the weather in Paris?"}, one.message.model_dump(exclude_none=True)]
history.append({"role": "tool", "tool_call_id": one.message.tool_calls[0].id, "content": "sunny, 20 degrees"})
said = chat(history, tools=[weather]).choices[0]
assert said.finish_reason == "stop" and "sunny" in said.message.content, said

# What has to be called: some tool, this one, none.
required = chat("Hello!", tools=tools, tool_choice="required").choices[0]
assert calls(required) and calls(required)[0][0] in ("get_weather", "add"), required
named = chat("Hello!", tools=tools, tool_choice={"type": "function", "function": {"name": "add"}}).choices[0]
name, arguments = calls(named)[0]
assert name == "add" and all(isinstance(arguments[key], (int, float)) for key in "ab"), named
made, _, reason = streamed("Hello!", tools=tools, tool_choice={"type": "function", "function": {"name": "add"}})
assert [n for n, _ in made] == ["add"] * len(made) and made and reason == "tool_calls", made
silent = chat("What is the weather in Paris?", tools=tools, tool_choice="none").choices[0]
assert not silent.message.tool_calls, silent
try:
    chat("Hello!", tools=tools, tool_choice={"type": "function", "function": {"name": "fly"}})
    raise AssertionError("a tool that nobody offered was required")
except openai.BadRequestError as error:
    assert "fly" in str(error), error

# Shapes as pydantic models.
told = "The name is Anna, the age is 30. Give me JSON with name and age."
parsed = client.chat.completions.parse(
    model=model, messages=[{"role": "user", "content": told}], response_format=Person, temperature=0)
assert parsed.choices[0].message.parsed == Person(name="Anna", age=30), parsed
with client.chat.completions.stream(
    model=model, messages=[{"role": "user", "content": told}], response_format=Person, temperature=0
) as stream:
    stream.until_done()
    assert stream.get_final_completion().choices[0].message.parsed == Person(name="Anna", age=30)
strict = client.chat.completions.parse(
    model=model, messages=[{"role": "user", "content": "What is the weather in Rome?"}],
    tools=[openai.pydantic_function_tool(GetWeather, name="get_weather")], temperature=0)
assert strict.choices[0].message.tool_calls[0].function.parsed_arguments == GetWeather(city="Rome"), strict

# Thinking on and off.
thoughtful = chat("What is 7 plus 5?", reasoning_effort="low").choices[0].message
assert thoughtful.reasoning and "12" in thoughtful.content and "<think>" not in thoughtful.content, thoughtful
plain = chat("What is 7 plus 5?", reasoning_effort="none").choices[0].message
assert not getattr(plain, "reasoning", None) and "12" in plain.content, plain

# Three answers, and how sure the model is of them.
three = chat("What is 7 plus 5?", n=3, logprobs=True, top_logprobs=2)
assert [c.index for c in three.choices] == [0, 1, 2]
for choice in three.choices:
    items = choice.logprobs.content
    assert "".join(i.token for i in items) == choice.message.content
    assert all(len(i.top_logprobs) == 2 and i.logprob <= 0 for i in items), items
    assert math.exp(items[0].top_logprobs[0].logprob) <= 1 + 1e-6

# The same through responses.
flat = [{"type": "function", **t["function"]} for t in tools]
answer = client.responses.create(model=model, input="What is the weather in Paris?", tools=flat, temperature=0)
call = next(item for item in answer.output if item.type == "function_call")
assert call.name == "get_weather" and json.loads(call.arguments) == {"city": "Paris"}, answer
result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny, 20 degrees"}
after = client.responses.create(
    model=model, input=[result], previous_response_id=answer.id, tools=flat, temperature=0)
assert "sunny" in after.output_text, after
events = list(client.responses.create(
    model=model, input="Hello!", tools=flat, tool_choice={"type": "function", "name": "add"}, temperature=0,
    stream=True))
done = [e for e in events if e.type == "response.function_call_arguments.done"]
assert done and {"a", "b"} == set(json.loads(done[0].arguments)), events
shaped = client.responses.parse(model=model, input=told, text_format=Person, temperature=0)
assert shaped.output_parsed == Person(name="Anna", age=30), shaped
thought = client.responses.create(model=model, input="What is 7 plus 5?", reasoning={"effort": "low"}, temperature=0)
assert thought.output[0].type == "reasoning" and thought.output[0].summary[0].text, thought
assert "12" in thought.output_text, thought
sure = client.responses.create(
    model=model, input="What is 7 plus 5?", temperature=0, include=["message.output_text.logprobs"], top_logprobs=2)
items = sure.output[0].content[0].logprobs
assert "".join(i.token for i in items) == sure.output_text and len(items[0].top_logprobs) == 2, sure
print("ok")
