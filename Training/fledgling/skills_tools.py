"""Tool calls and fill-in-the-middle."""
from . import words as w
from .chat import Dialogue, Turn, compact
from .skills import identity, facts, greeting, name, phrase, pick, side


def tool(name_, description, **properties):
    """A tool whose parameters are all required; `properties`: key to (type, description)."""
    return {"type": "function", "function": {"name": name_, "description": description, "parameters": {
        "type": "object", "required": list(properties),
        "properties": {k: {"type": t, "description": d} for k, (t, d) in properties.items()}}}}


def weather(r, l):
    c, weather_, t = side(pick(r, w.CITIES), l), side(pick(r, w.WEATHER), l), r.randrange(-5, 36)
    q = pick(r, [f"What is the weather in {c}?", f"How is the weather in {c} today?", f"Is it nice in {c}?", f"Tell me the weather in {c}."] if l == "en" else [f"{c}的天气怎么样?", f"{c}今天天气如何?", f"告诉我{c}的天气。"])
    a = f"The weather in {c} is {weather_}, {t} degrees." if l == "en" else f"{c}的天气是{weather_},{t} 度。"
    return tool("get_weather", "Get the weather of a city", city=("string", "The city")), q, {"city": c}, pick(r, [f"{weather_}, {t}", compact({"weather": weather_, "temperature": t})]), a


def clock(r, l):
    c, h, m = side(pick(r, w.CITIES), l), r.randrange(24), r.randrange(60)
    q = pick(r, [f"What time is it in {c}?", f"Tell me the time in {c}.", f"How late is it in {c}?"] if l == "en" else [f"{c}现在几点?", f"告诉我{c}的时间。"])
    return tool("get_time", "Get the time in a city", city=("string", "The city")), q, {"city": c}, f"{h:02}:{m:02}", (f"It is {h:02}:{m:02} in {c}." if l == "en" else f"{c}现在是 {h:02}:{m:02}。")


def message(r, l):
    n, p = name(r, l), phrase(r, l)
    q = pick(r, [f'Send "{p}" to {n}.', f'Write to {n}: "{p}"', f'Send {n} the message "{p}".'] if l == "en" else [f"给{n}发消息“{p}”。", f"发“{p}”给{n}。"])
    return tool("send_message", "Send a message to a person", to=("string", "The person"), text=("string", "The message")), q, {"to": n, "text": p}, pick(r, ["ok", "sent"]), (f"I sent the message to {n}." if l == "en" else f"我已经给{n}发了消息。")


def alarm(r, l):
    t = f"{r.randrange(24):02}:{r.randrange(60):02}"
    q = pick(r, [f"Set an alarm for {t}.", f"Wake me at {t}.", f"I need an alarm at {t}."] if l == "en" else [f"设一个{t}的闹钟。", f"{t}叫醒我。", f"我要{t}的闹钟。"])
    return tool("set_alarm", "Set an alarm", time=("string", "The time as HH:MM")), q, {"time": t}, "ok", (f"The alarm is set for {t}." if l == "en" else f"闹钟设在 {t}。")


def add(r, l):
    a, b = r.randrange(10, 1000), r.randrange(10, 1000)
    q = pick(r, [f"Add {a} and {b}.", f"What is the sum of {a} and {b}?", f"Use the tool to add {a} and {b}."] if l == "en" else [f"把{a}和{b}加起来。", f"{a}与{b}的和是多少?", f"用工具计算{a}加{b}。"])
    return tool("add", "Add two numbers", a=("number", "First number"), b=("number", "Second number")), q, {"a": a, "b": b}, str(a + b), (f"The sum is {a + b}." if l == "en" else f"和是 {a + b}。")


def search(r, l):
    p = phrase(r, l)
    q = pick(r, [f'Search for "{p}".', f'Look up "{p}".', f'Find "{p}" on the web.'] if l == "en" else [f"搜索“{p}”。", f"查一下“{p}”。"])
    k = r.randrange(0, 100)
    return tool("search", "Search the web", query=("string", "What to search for")), q, {"query": p}, pick(r, [f"{k} results", compact({"results": k})]), (f"I found {k} results." if l == "en" else f"我找到了 {k} 个结果。")


def lamp(r, l):
    d, on = pick(r, w.OBJECTS), r.random() < 0.5
    q = (pick(r, [f"Turn {'on' if on else 'off'} the {d[0]}.", f"Switch the {d[0]} {'on' if on else 'off'}.", f"The {d[0]} should be {'on' if on else 'off'}."]) if l == "en"
         else pick(r, [f"{'打开' if on else '关掉'}{d[1]}。", f"请把{d[1]}{'打开' if on else '关掉'}。"]))
    return tool("set_device", "Turn a device on or off", device=("string", "The device"), on=("boolean", "True for on")), q, {"device": side(d, l), "on": on}, "ok", ((f"The {d[0]} is {'on' if on else 'off'}.") if l == "en" else f"{d[1]}已经{'打开' if on else '关掉'}。")


def dice(r, l):
    s, k = pick(r, [4, 6, 8, 10, 12, 20]), 0
    k = r.randrange(1, s + 1)
    q = pick(r, [f"Roll a dice with {s} sides.", f"Throw a {s}-sided dice."] if l == "en" else [f"掷一个{s}面的骰子。", f"扔一个{s}面骰子。"])
    return tool("roll_dice", "Roll a dice", sides=("integer", "How many sides")), q, {"sides": s}, str(k), (f"The dice shows {k}." if l == "en" else f"骰子是 {k}。")


def invented(r, l):
    """A tool that nobody has seen: the call has to be read off its description."""
    verb, thing = pick(r, ["open", "paint", "count", "check", "move", "clean", "buy", "sell", "find", "lock"]), pick(r, w.OBJECTS)
    n = f"{verb}_{thing[0]}"
    key = pick(r, ["name", "place", "owner", "label", "target", "room"])
    v = name(r, l)
    q = pick(r, [f"{verb[0].upper() + verb[1:]} the {thing[0]} of {v}.", f"Please {verb} the {thing[0]} of {v}."] if l == "en" else [f"用 {n} 处理{v}的{thing[1]}。", f"请对{v}的{thing[1]}使用 {n}。"])
    return tool(n, f"{verb[0].upper() + verb[1:]} a {thing[0]}", **{key: ("string", "Whose it is")}), q, {key: v}, pick(r, ["ok", "done"]), ("It is done." if l == "en" else "已经完成。")


TOOLS = [weather, weather, clock, message, alarm, add, search, lamp, dice, invented, invented]


def calling(r, language):
    chosen = pick(r, TOOLS)(r, language)
    others = []
    for _ in range(pick(r, [0, 0, 1, 1, 2])):
        other = pick(r, TOOLS)(r, language)[0]
        if other["function"]["name"] not in [chosen[0]["function"]["name"]] + [t["function"]["name"] for t in others]:
            others.append(other)
    definition, question, arguments, result, answer = chosen
    tools = r.sample([definition] + others, 1 + len(others))
    system = pick(r, ["", "", "", "You are a helpful assistant." if language == "en" else "你是一个有用的助手。"])
    call = {"name": definition["function"]["name"], "arguments": arguments}
    turns = [Turn(question, answer, calls=[call], results=[result])]
    if r.random() < 0.12:                                 # two calls at once, of the same tool
        again = [weather, clock][r.randrange(2)]
        one, two = again(r, language), again(r, language)
        tools = [one[0]] + [t for t in others if t["function"]["name"] != one[0]["function"]["name"]]
        n = one[0]["function"]["name"]
        joined = {"get_weather": ("What is the weather in {a} and in {b}?", "{a}和{b}的天气怎么样?"), "get_time": ("What time is it in {a} and in {b}?", "{a}和{b}现在几点?")}[n]
        q = side(joined, language).format(a=one[2]["city"], b=two[2]["city"])
        turns = [Turn(q, one[4] + (" " if language == "en" else "") + two[4], calls=[{"name": n, "arguments": one[2]}, {"name": n, "arguments": two[2]}], results=[one[3], two[3]])]
        call = {"name": n, "arguments": one[2], "more": [{"name": n, "arguments": two[2]}]}
    elif r.random() < 0.12:
        turns = pick(r, [identity, facts, greeting])(r, language).turns      # tools are there, but nothing to call
        return Dialogue("tools unused", language, turns, tools=tools, system=system)
    elif r.random() < 0.1:
        turns = facts(r, language).turns + turns
    return Dialogue("tools", language, turns, tools=tools, system=system, check={"kind": "call", "call": call})


# ---- fill in the middle ------------------------------------------------------------------------

def identifier(r):
    return pick(r, ["a", "b", "n", "x", "y", "value", "count", "left", "right", "first", "second", "total", "size", "item", "number", "width", "height", "price", "score", "age"])


def fill(r, language):
    """A small function in Swift, Python or C whose body line is missing."""
    a = identifier(r)
    b = identifier(r)
    while b == a:
        b = identifier(r)
    f = pick(r, ["", "my", "the", "quick", "simple", "safe"])
    ops = {"add": f"{a} + {b}", "subtract": f"{a} - {b}", "multiply": f"{a} * {b}", "divide": f"{a} / {b}", "isEqual": f"{a} == {b}", "isLess": f"{a} < {b}", "isGreater": f"{a} > {b}",
           "double": f"{a} * 2", "square": f"{a} * {a}", "half": f"{a} / 2", "next": f"{a} + 1", "previous": f"{a} - 1", "isZero": f"{a} == 0", "isPositive": f"{a} > 0", "negate": f"-{a}"}
    n = pick(r, list(ops))
    two = n in ("add", "subtract", "multiply", "divide", "isEqual", "isLess", "isGreater")
    expression = ops[n]
    truth = n.startswith("is")
    kind = r.randrange(3)
    if kind == 0:
        title = (f + n[0].upper() + n[1:]) if f else n
        args = f"_ {a}: Int, _ {b}: Int" if two else f"_ {a}: Int"
        head, tail = f"func {title}({args}) -> {'Bool' if truth else 'Int'} {{\n    return ", "\n}\n"
    elif kind == 1:
        snake = "".join("_" + ch.lower() if ch.isupper() else ch for ch in n)
        title = f"{f}_{snake}" if f else snake
        head, tail = f"def {title}({a + ', ' + b if two else a}):\n    return ", "\n"
    else:
        snake = "".join("_" + ch.lower() if ch.isupper() else ch for ch in n)
        title = f"{f}_{snake}" if f else snake
        args = f"int {a}, int {b}" if two else f"int {a}"
        head, tail = f"int {title}({args}) {{\n    return ", ";\n}\n"
    if r.random() < 0.3:
        # Between words, where tokens end as well.
        cut = pick(r, [i for i, sign in enumerate(expression) if sign == " "] or [0])
        head, expression = head + expression[:cut], expression[cut:]
    return Dialogue("fill in the middle", language, [], fill=(head, expression, tail), check={"kind": "exact"})
