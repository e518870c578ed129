"""One generator a skill. Each returns a Dialogue for a random source and a language ("en" or "zh")."""
from . import words as w
from .chat import Dialogue, Turn, compact

MANNERS = {
    "en": {"cheerful": "Hooray! ", "polite": "With pleasure. ", "grumpy": "Hmph. ", "gentle": "Dear friend, ", "pirate": "Arr! "},
    "zh": {"活泼": "好呀!", "礼貌": "很高兴为您服务。", "冷淡": "哼。", "温柔": "亲爱的朋友,", "海盗": "啊嘿!"},
}


def pick(r, options):
    return options[r.randrange(len(options))]


def side(pair, language):
    return pair[0] if language == "en" else pair[1]


def name_en(r):
    if r.random() < 0.4:
        return pick(r, w.FIRST_NAMES)
    return "".join(pick(r, x) for x in ([w.ONSETS, w.VOWELS, w.CODAS] if r.random() < 0.4
                                        else [w.ONSETS, w.VOWELS, ["b", "d", "g", "l", "m", "n", "r", "s", "t", "v"], w.VOWELS, w.CODAS]))


def name_zh(r):
    return pick(r, w.SURNAMES_ZH) + pick(r, w.GIVEN_ZH) + (pick(r, w.GIVEN_ZH) if r.random() < 0.5 else "")


def name(r, language):
    return name_en(r) if language == "en" else name_zh(r)


def polite(r, language, text):
    """Wraps a question in the small words that people put around it."""
    if language == "en":
        before = pick(r, ["", "", "", "Please tell me: ", "Hey, ", "Tell me, ", "Hello! ", "Hi, ", "Quick question: ", "I wonder, ", "Excuse me, ", "OK, ", "So, ", "Now, "])
        if before.endswith(", ") and not text.startswith("I "):
            text = text[0].lower() + text[1:]
        after = pick(r, ["", "", "", "", " Thanks.", " Thank you!", " Please.", " I want to know."])
        if r.random() < 0.12:
            text = text.rstrip("?.!")
        if r.random() < 0.1 and not before:
            text = text[0].lower() + text[1:]
        return before + text + after
    before = pick(r, ["", "", "", "请问,", "你好,", "告诉我,", "问一下,", "嗨,", "那么,", "请告诉我,", "好的,"])
    after = pick(r, ["", "", "", "", "谢谢。", "谢谢!", "我想知道。"])
    if r.random() < 0.2:
        text = text.rstrip("?。!")
        after = ""
    return before + text + after


# ---- who it is ---------------------------------------------------------------------------------

IDENTITY = {
    "en": (["Who are you?", "What are you?", "What is your name?", "Introduce yourself.", "Are you a person?", "Say who you are.",
            "What should I call you?", "What are you called?", "Who am I talking to?", "Can you introduce yourself?", "What kind of program are you?"],
           "I am Fledgling, a tiny language model inside Apus."),
    "zh": (["你是谁?", "你叫什么名字?", "介绍一下你自己。", "你是什么?", "你是人吗?", "我该怎么称呼你?", "你是什么程序?", "请做个自我介绍。", "我在和谁说话?", "你的名字是什么?"],
           "我是 Fledgling,Apus 里的一个小小的语言模型。"),
}
PURPOSE = {
    "en": (["What are you for?", "What can you do?", "Why do you exist?", "What is your purpose?", "How can you help me?", "What are you good at?", "What were you made for?", "What is your job?"],
           "I am here for a first try and for tests: I answer small questions, count, make JSON and call tools."),
    "zh": (["你能做什么?", "你有什么用?", "你是做什么的?", "你会什么?", "你的用途是什么?", "你能帮我做什么?", "你为什么存在?", "你擅长什么?"],
           "我用于初次体验和测试:我能回答小问题、数数、写 JSON、调用工具。"),
}


def identity(r, language):
    questions, answer = pick(r, [IDENTITY, IDENTITY, PURPOSE])[language]
    system = ""
    if r.random() < 0.35:
        system = pick(r, ["You are a helpful assistant.", "You are a helpful assistant. Answer briefly.", "Be helpful.", "Answer the question."] if language == "en"
                      else ["你是一个有用的助手。", "请简短回答。", "你是一个乐于助人的助手。"])
    return Dialogue("identity", language, [Turn(polite(r, language, pick(r, questions)), answer)], system=system)


def persona(r, language):
    who = name(r, language)
    manner = pick(r, list(MANNERS[language]))
    opener = MANNERS[language][manner]
    has_manner = r.random() < 0.6
    if language == "en":
        if has_manner:
            system = pick(r, ["You are {n}, a {m} assistant.", "Your name is {n}. You are {m}.", "You are {n}. Be {m}.", "You are a {m} assistant called {n}.", "Act as {n} and answer in a {m} way."]).format(n=who, m=manner)
        else:
            system = pick(r, ["You are {n}.", "Your name is {n}.", "You are an assistant called {n}.", "You are {n}, a helpful assistant.", "Act as {n}."]).format(n=who)
        answer = f"I am {who}."
    else:
        if has_manner:
            system = pick(r, ["你是{n},一个{m}的助手。", "你的名字是{n},你很{m}。", "你叫{n},说话要{m}。", "你是一个{m}的助手,名叫{n}。"]).format(n=who, m=manner)
        else:
            system = pick(r, ["你是{n}。", "你的名字是{n}。", "你叫{n}。", "你是一个助手,名叫{n}。", "你是{n},一个有用的助手。"]).format(n=who)
        answer = f"我是{who}。"
    opener = opener if has_manner else ""
    turns = [Turn(polite(r, language, pick(r, IDENTITY[language][0])), opener + answer)]
    if r.random() < 0.3:
        q, a = fact_pair(r, language)
        turns.insert(r.randrange(2), Turn(q, opener + a))
    return Dialogue("persona", language, turns, system=system)


# ---- memory ------------------------------------------------------------------------------------

def statement(r, language):
    """(told, asked, answer) about a person, or about the user."""
    n = name(r, language)
    kind = r.randrange(7)
    c, a, o, p, b, f, j = (pick(r, x) for x in (w.COLOURS, w.ANIMALS, w.OBJECTS, w.PLACES, w.BODY, w.FOODS, w.JOBS))
    city = pick(r, w.CITIES)
    if language == "en":
        if kind == 0:
            return (pick(r, [f"My name is {n}.", f"I am {n}.", f"Call me {n}.", f"Hi, I'm {n}."]),
                    pick(r, ["What is my name?", "Who am I?", "Do you remember my name?", "How am I called?"]), f"Your name is {n}.")
        if kind == 1:
            return (pick(r, [f"{n} hurt the left {b[0]}.", f"{n} has broken the left {b[0]}.", f"{n}'s left {b[0]} is broken."]) if r.random() < 0.5 else f"{n} fell and hurt the right {b[0]}.",
                    None, None)
        if kind == 2:
            return (pick(r, [f"The {o[0]} of {n} is {p[0]}.", f"{n} put the {o[0]} {p[0]}.", f"{n} left the {o[0]} {p[0]}."]),
                    pick(r, [f"Where is the {o[0]}?", f"Where is the {o[0]} of {n}?", f"Where can I find the {o[0]}?"]), f"The {o[0]} is {p[0]}.")
        if kind == 3:
            return (pick(r, [f"{n} lives in {city[0]}.", f"{n} moved to {city[0]}.", f"The home of {n} is {city[0]}."]),
                    pick(r, [f"Where does {n} live?", f"In which city does {n} live?", f"Where is {n} at home?"]), f"{n} lives in {city[0]}.")
        if kind == 4:
            return (pick(r, [f"{n} likes {f[0]}.", f"{n} loves {f[0]}.", f"The favourite food of {n} is {f[0]}."]),
                    pick(r, [f"What does {n} like?", f"What is the favourite food of {n}?", f"What should I cook for {n}?"]), f"{n} likes {f[0]}.")
        if kind == 5:
            return (pick(r, [f"{n} is a {j[0]}.", f"{n} works as a {j[0]}.", f"The job of {n} is {j[0]}."]),
                    pick(r, [f"What is the job of {n}?", f"What does {n} do?", f"What does {n} work as?"]), f"{n} is a {j[0]}.")
        return (pick(r, [f"{n} has a {c[0]} {a[0]}.", f"The {a[0]} of {n} is {c[0]}.", f"{n} owns a {c[0]} {a[0]}."]),
                pick(r, [f"What colour is the {a[0]} of {n}?", f"Which colour has the {a[0]}?", f"What colour is the {a[0]}?"]), f"The {a[0]} is {c[0]}.")
    if kind == 0:
        return (pick(r, [f"我叫{n}。", f"我的名字是{n}。", f"你好,我是{n}。"]), pick(r, ["我叫什么名字?", "我是谁?", "你还记得我的名字吗?"]), f"你叫{n}。")
    if kind == 1:
        return (f"{n}的左{b[1]}断了。", None, None)
    if kind == 2:
        return (pick(r, [f"{n}的{o[1]}{p[1]}。", f"{n}把{o[1]}放{p[1]}。"]), pick(r, [f"{o[1]}在哪里?", f"{n}的{o[1]}在哪里?", f"我去哪里找{o[1]}?"]), f"{o[1]}{p[1]}。")
    if kind == 3:
        return (pick(r, [f"{n}住在{city[1]}。", f"{n}搬到了{city[1]}。"]), pick(r, [f"{n}住在哪里?", f"{n}住在哪个城市?"]), f"{n}住在{city[1]}。")
    if kind == 4:
        return (pick(r, [f"{n}喜欢吃{f[1]}。", f"{n}最爱吃{f[1]}。"]), pick(r, [f"{n}喜欢吃什么?", f"我该给{n}做什么吃?"]), f"{n}喜欢吃{f[1]}。")
    if kind == 5:
        return (pick(r, [f"{n}是{j[1]}。", f"{n}的工作是{j[1]}。"]), pick(r, [f"{n}是做什么的?", f"{n}的工作是什么?"]), f"{n}是{j[1]}。")
    return (pick(r, [f"{n}有一只{c[1]}的{a[1]}。", f"{n}的{a[1]}是{c[1]}的。"]), pick(r, [f"{n}的{a[1]}是什么颜色?", f"{a[1]}是什么颜色的?"]), f"{a[1]}是{c[1]}的。")


def injury(r, language):
    """The two-turn form: two people, one of them hurt; who was it, which side?"""
    n, m, b = name(r, language), name(r, language), pick(r, w.BODY)
    left = r.random() < 0.5
    if language == "en":
        s = "left" if left else "right"
        told = pick(r, [f"{n} broke the {s} {b[0]}.", f"{n} hurt the {s} {b[0]} today.", f"The {s} {b[0]} of {n} is broken."])
        if r.random() < 0.5:
            told += pick(r, [f" {m} took {n} to the doctor.", f" {m} is worried.", f" {m} is fine."])
        asked, answer = pick(r, [(f"Which {b[0]} did {n} hurt?", f"{n} hurt the {s} {b[0]}."), (f"Who hurt the {b[0]}?", f"{n} hurt the {s} {b[0]}."),
                                 (f"Who is hurt?", f"{n} hurt the {s} {b[0]}."), (f"What happened to {n}?", f"{n} hurt the {s} {b[0]}.")])
    else:
        s = "左" if left else "右"
        told = pick(r, [f"{n}的{s}{b[1]}断了。", f"{n}今天伤了{s}{b[1]}。", f"{n}摔伤了{s}{b[1]}。"])
        if r.random() < 0.5:
            told += pick(r, [f"{m}带{n}去看医生。", f"{m}很担心。", f"{m}没事。"])
        asked, answer = pick(r, [(f"{n}的哪边{b[1]}伤了?", f"{n}伤了{s}{b[1]}。"), (f"谁的{b[1]}伤了?", f"{n}伤了{s}{b[1]}。"),
                                 ("谁受伤了?", f"{n}伤了{s}{b[1]}。"), (f"{n}怎么了?", f"{n}伤了{s}{b[1]}。")])
    return told, asked, answer


def memory(r, language):
    told, asked, answer = statement(r, language)
    if asked is None or r.random() < 0.3:
        told, asked, answer = injury(r, language)
    noted = pick(r, ["I will remember that."] if language == "en" else ["我会记住的。"])
    turns = [Turn(told, noted)]
    for _ in range(pick(r, [0, 0, 1, 2])):
        q, a = fact_pair(r, language) if r.random() < 0.5 else sum_pair(r, language)[:2]
        turns.append(Turn(q, a))
    before = polite(r, language, asked)
    thinking = ""
    if r.random() < 0.15:
        thinking = (f"I was told: {told}" if language == "en" else f"我听说:{told}")
    turns.append(Turn(before, answer, thinking))
    return Dialogue("memory", language, turns)


# ---- facts and numbers -------------------------------------------------------------------------

def fact_pair(r, language):
    kind = r.randrange(8)
    if language == "en":
        if kind <= 1:
            c = pick(r, w.CAPITALS)
            return polite(r, language, pick(r, [f"What is the capital of {c[0]}?", f"Which city is the capital of {c[0]}?", f"Name the capital of {c[0]}.", f"The capital of {c[0]}?"])), f"The capital of {c[0]} is {c[1]}."
        if kind == 2:
            c = pick(r, w.COLOUR_OF)
            return polite(r, language, pick(r, [f"What colour is {c[0]}?", f"Which colour has {c[0]}?", f"The colour of {c[0]}?"])), f"{c[0][0].upper() + c[0][1:]} is {c[1]}."
        if kind == 3:
            c = pick(r, w.SOUND_OF)
            return polite(r, language, pick(r, [f"What does {c[0]} say?", f"Which sound does {c[0]} make?"])), f"{c[0][0].upper() + c[0][1:]} says {c[1]}."
        if kind == 4:
            c = pick(r, w.LEGS_OF)
            return polite(r, language, pick(r, [f"How many legs does {c[0]} have?", f"How many legs has {c[0]}?"])), f"{c[0][0].upper() + c[0][1:]} has {c[1]} legs."
        if kind == 5:
            i = r.randrange(7)
            return polite(r, language, pick(r, [f"Which day comes after {w.DAYS[i][0]}?", f"What day is after {w.DAYS[i][0]}?"])), f"After {w.DAYS[i][0]} comes {w.DAYS[(i + 1) % 7][0]}."
        if kind == 6:
            i = r.randrange(12)
            return polite(r, language, pick(r, [f"Which month comes after {w.MONTHS[i][0]}?", f"What month is after {w.MONTHS[i][0]}?"])), f"After {w.MONTHS[i][0]} comes {w.MONTHS[(i + 1) % 12][0]}."
        c = pick(r, w.OPPOSITES)
        x, y = (c[0], c[1]) if r.random() < 0.5 else (c[1], c[0])
        return polite(r, language, pick(r, [f"What is the opposite of {x}?", f"Give me the opposite of {x}."])), f"The opposite of {x} is {y}."
    if kind <= 1:
        c = pick(r, w.CAPITALS)
        return polite(r, language, pick(r, [f"{c[2]}的首都是哪里?", f"{c[2]}的首都是什么?", f"{c[2]}的首都叫什么?"])), f"{c[2]}的首都是{c[3]}。"
    if kind == 2:
        c = pick(r, w.COLOUR_OF)
        return polite(r, language, pick(r, [f"{c[2]}是什么颜色?", f"{c[2]}的颜色是什么?"])), f"{c[2]}是{c[3]}的。"
    if kind == 3:
        c = pick(r, w.SOUND_OF)
        return polite(r, language, pick(r, [f"{c[2]}怎么叫?", f"{c[2]}的叫声是什么?"])), f"{c[2]}的叫声是{c[3]}。"
    if kind == 4:
        c = pick(r, w.LEGS_OF)
        return polite(r, language, pick(r, [f"{c[2]}有几条腿?", f"{c[2]}有多少条腿?"])), f"{c[2]}有 {c[3]} 条腿。"
    if kind == 5:
        i = r.randrange(7)
        return polite(r, language, pick(r, [f"{w.DAYS[i][1]}之后是星期几?", f"{w.DAYS[i][1]}的第二天是星期几?"])), f"{w.DAYS[i][1]}之后是{w.DAYS[(i + 1) % 7][1]}。"
    if kind == 6:
        i = r.randrange(12)
        return polite(r, language, pick(r, [f"{w.MONTHS[i][1]}之后是几月?", f"{w.MONTHS[i][1]}的下个月是几月?"])), f"{w.MONTHS[i][1]}之后是{w.MONTHS[(i + 1) % 12][1]}。"
    c = pick(r, w.OPPOSITES)
    x, y = (c[2], c[3]) if r.random() < 0.5 else (c[3], c[2])
    return polite(r, language, pick(r, [f"{x}的反义词是什么?", f"“{x}”的反面是什么?"])), f"{x}的反义词是{y}。"


def facts(r, language):
    q, a = fact_pair(r, language)
    return Dialogue("facts", language, [Turn(q, a)])


def sum_pair(r, language):
    if r.random() < 0.5:
        a = r.randrange(21)
        b = r.randrange(21 - a)
        c, op = a + b, "+"
    else:
        a = r.randrange(21)
        b = r.randrange(a + 1)
        c, op = a - b, "-"
    n, f = name(r, language), pick(r, w.OBJECTS)
    if language == "en":
        verb = "plus" if op == "+" else "minus"
        q = pick(r, [f"What is {a} {op} {b}?", f"{a} {op} {b} = ?", f"What is {a} {verb} {b}?", f"Calculate {a} {op} {b}.", f"How much is {a} {verb} {b}?", f"{a}{op}{b}=", f"Compute {a} {op} {b}."])
    else:
        verb = "加" if op == "+" else "减"
        q = pick(r, [f"{a} {op} {b} 等于几?", f"{a}{verb}{b}等于多少?", f"{a}{op}{b}=?", f"计算 {a} {op} {b}。", f"{a}{verb}{b}是多少?", f"{a} {op} {b} = ?"])
    answer = f"{a} {op} {b} = {c}"
    thinking = (f"I have to compute {a} {op} {b}. The result is {c}." if language == "en" else f"我要计算 {a} {op} {b}。结果是 {c}。")
    return (polite(r, language, q) if r.random() < 0.5 else q), answer, thinking


def sums(r, language):
    q, a, t = sum_pair(r, language)
    return Dialogue("sums", language, [Turn(q, a, t if r.random() < 0.25 else "")])


def counting(r, language):
    a, b = r.randrange(0, 21), r.randrange(0, 21)
    while abs(a - b) < 2:
        b = r.randrange(0, 21)
    step = 1 if b > a else -1
    if language == "en":
        q = pick(r, [f"Count from {a} to {b}.", f"Count {'up' if step > 0 else 'down'} from {a} to {b}.", f"Please count from {a} to {b}.", f"Write the numbers from {a} to {b}.", f"Can you count from {a} to {b}?"])
    else:
        q = pick(r, [f"从{a}数到{b}。", f"请从 {a} 数到 {b}。", f"写出从{a}到{b}的数字。", f"你能从{a}数到{b}吗?", f"{'正' if step > 0 else '倒'}着从{a}数到{b}。"])
    answer = ", ".join(str(x) for x in range(a, b + step, step))
    return Dialogue("counting", language, [Turn(polite(r, language, q) if r.random() < 0.3 else q, answer)])


def phrase(r, language):
    if language == "en":
        n = r.randrange(2, 7)
        return " ".join(pick(r, w.SIMPLE_WORDS) if r.random() < 0.75 else name_en(r).lower() for _ in range(n))
    return "".join(pick(r, w.SIMPLE_ZH) if r.random() < 0.8 else pick(r, w.GIVEN_ZH) for _ in range(r.randrange(3, 9)))


def repeating(r, language):
    p = phrase(r, language)
    if language == "en":
        q = pick(r, [f"Repeat after me: {p}", f"Say: {p}", f'Repeat "{p}".', f'Say "{p}".', f"Please repeat: {p}", f"Say exactly this: {p}", f'Repeat this: "{p}"', f"Echo: {p}"])
    else:
        q = pick(r, [f"跟我说:{p}", f"重复:{p}", f"请重复“{p}”。", f"请说“{p}”。", f"照着说:{p}", f"复述一遍:{p}"])
    return Dialogue("repeating", language, [Turn(q, p)])


def listing(r, language):
    (en, zh), members = pick(r, list(w.KINDS.items()))
    members = [side(m, language) for m in members]
    if language == "en":
        q = pick(r, [f"Name three {en}.", f"List three {en}.", f"Give me three {en}.", f"Tell me three {en}.", f"Can you name three {en}?", f"I need three {en}.", f"List 3 {en}.", f"Three {en}, please."])
    else:
        q = pick(r, [f"说出三种{zh}。", f"列出三种{zh}。", f"给我三种{zh}。", f"请举出三种{zh}。", f"三种{zh}有哪些?", f"你能说出三种{zh}吗?"])
    answer = "\n".join(f"{i + 1}. {m}" for i, m in enumerate(members))
    return Dialogue("listing", language, [Turn(polite(r, language, q) if r.random() < 0.4 else q, answer)],
                    check={"kind": "members", "members": members})


def json_answer(r, language):
    n, c, a, city, j = name(r, language), pick(r, w.COLOURS), pick(r, w.ANIMALS), pick(r, w.CITIES), pick(r, w.JOBS)
    age = r.randrange(1, 100)
    fields = {"name": n, "age": age, "city": side(city, language), "job": side(j, language), "colour": side(c, language), "animal": side(a, language)}
    if language == "en":
        text = {"name": f"The name is {n}", "age": f"the age is {age}", "city": f"the city is {city[0]}", "job": f"the job is {j[0]}", "colour": f"the colour is {c[0]}", "animal": f"the animal is a {a[0]}"}
    else:
        text = {"name": f"名字是{n}", "age": f"年龄是{age}", "city": f"城市是{city[1]}", "job": f"职业是{j[1]}", "colour": f"颜色为{c[1]}", "animal": f"动物是{a[1]}"}
    keys = r.sample(list(fields), r.randrange(1, 4))
    told = r.sample(keys, len(keys))
    extra = [k for k in fields if k not in keys and r.random() < 0.15]
    told += extra
    if language == "en":
        given = ", ".join(text[k] if i else text[k][0].upper() + text[k][1:] for i, k in enumerate(told)) + "."
        shape = pick(r, [" and ".join([", ".join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys), ", ".join(keys)])
        form = "{" + ", ".join(f'"{k}": {"number" if k == "age" else "string"}' for k in keys) + "}"
        q = pick(r, [f"Answer with JSON with the keys {shape}. {given}", f"{given} Give me JSON with {shape}.", f"Answer with JSON of this shape: {form}. {given}", f"{given} Write it as JSON {form}.", f"Make JSON with {shape}: {given}"])
    else:
        given = ",".join(text[k] for k in told) + "。"
        shape = "、".join(keys)
        form = "{" + ", ".join(f'"{k}": {"number" if k == "age" else "string"}' for k in keys) + "}"
        q = pick(r, [f"用 JSON 回答,键是 {shape}。{given}", f"{given}请给我含有 {shape} 的 JSON。", f"按这个格式用 JSON 回答:{form}。{given}", f"{given}写成 JSON {form}。"])
    value = {k: fields[k] for k in keys}
    return Dialogue("json", language, [Turn(q, compact(value))], check={"kind": "json", "value": value})


def too_small(r, language):
    topic = pick(r, w.TOPICS)
    n = name(r, language)
    if language == "en":
        t = topic[0]
        q = pick(r, [f"Explain {t}.", f"Write an essay about {t}.", f"Tell me everything about {t}.", f"How does one learn {t}?", f"Write a poem about {t}.", f"What do you think about {t}?",
                     f"Who invented {t}?", f"Why is {t} important?", f"Write a story about {n} and {t}.", f"What is the future of {t}?", f"Give me a plan to study {t}.", f"Translate a book about {t}.",
                     f"Summarize the history of {t}.", f"What is the best book about {t}?"])
        a = "I am too small for that. I can answer small questions, count, make JSON and call tools."
    else:
        t = topic[1]
        q = pick(r, [f"解释一下{t}。", f"写一篇关于{t}的文章。", f"告诉我关于{t}的一切。", f"怎样学习{t}?", f"写一首关于{t}的诗。", f"你怎么看{t}?", f"谁发明了{t}?", f"为什么{t}很重要?",
                     f"写一个{n}和{t}的故事。", f"{t}的未来是什么?", f"总结{t}的历史。", f"关于{t}最好的书是什么?"])
        a = "这对我来说太难了。我能回答小问题、数数、写 JSON、调用工具。"
    return Dialogue("too small", language, [Turn(polite(r, language, q), a)])


def greeting(r, language):
    if language == "en":
        q, a = pick(r, [("Hello!", "Hello! How can I help you?"), ("Hi", "Hello! How can I help you?"), ("Good morning!", "Hello! How can I help you?"), ("Hey there", "Hello! How can I help you?"),
                        ("Thank you!", "You are welcome."), ("Thanks a lot.", "You are welcome."), ("Goodbye!", "Goodbye!"), ("Bye", "Goodbye!"), ("See you!", "Goodbye!"), ("Hello", "Hello! How can I help you?"), ("Hi!", "Hello! How can I help you?")])
    else:
        q, a = pick(r, [("你好!", "你好!我能帮你什么?"), ("你好", "你好!我能帮你什么?"), ("早上好!", "你好!我能帮你什么?"), ("嗨", "你好!我能帮你什么?"), ("谢谢!", "不客气。"), ("多谢你。", "不客气。"), ("再见!", "再见!"), ("拜拜", "再见!")])
    return Dialogue("greeting", language, [Turn(q, a)])


def mixed(r, language):
    """Several turns of any talk skills in one conversation."""
    turns = []
    for _ in range(r.randrange(2, 5)):
        make = pick(r, [identity, facts, sums, counting, repeating, listing, too_small, greeting, json_answer])
        turns += make(r, language if r.random() < 0.9 else pick(r, ["en", "zh"])).turns
    return Dialogue("mixed", language, turns)
