"""Samples answers under generated JSON schemas from a running server and checks them with jsonschema.

usage: schema_sampling.py URL MODEL [COUNT [SEEDS [FIRST [TOKENS]]]]   (default 300 5 0 200)

Every answer must be valid under its schema, cut by num_predict, or ended because one token repeated
itself too often. Prints one JSON object with the counts; what is invalid or refused is listed before
it, and the exit status is then 1.
"""
import collections
import concurrent.futures
import decimal
import json
import sys
import urllib.error
import urllib.request

import jsonschema

from schemas import Schemas

url, model = sys.argv[1:3]
count, seeds, first, tokens = ([int(a) for a in sys.argv[3:]] + [300, 5, 0, 200][len(sys.argv) - 3:])[:4]
# Exact: 0.3 is a multiple of 0.1.
decimal.getcontext().prec = 400
Validator = jsonschema.Draft202012Validator


def ask(schema, seed):
    body = {
        "model": model, "stream": False, "format": schema,
        "messages": [{"role": "user", "content": "Answer with JSON."}],
        "options": {"temperature": 1, "seed": seed, "num_predict": tokens, "top_k": 0, "top_p": 1},
    }
    request = urllib.request.Request(url + "/api/chat", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def judge(number, seed):
    schema = Schemas(number).schema()
    answer = ask(schema, seed)
    if "error" in answer:
        return "refused", answer["error"], schema
    text = answer["message"]["content"]
    # The guard against repetitions cuts as num_predict does, and says so.
    if answer.get("done_reason") in ("length", "repetition"):
        return "cut", text, schema
    if "done_reason" not in answer:
        return "repeated", text, schema
    try:
        value = json.loads(text, parse_float=decimal.Decimal)
    except ValueError as error:
        return "invalid", f"{text!r}: {error}", schema
    exact = json.loads(json.dumps(schema), parse_float=decimal.Decimal)
    for error in Validator(exact, format_checker=Validator.FORMAT_CHECKER).iter_errors(value):
        return "invalid", f"{text!r}: {error.message}", schema
    return "valid", text, schema


counts = collections.Counter(valid=0, cut=0, repeated=0, invalid=0, refused=0)
work = [(number, seed) for seed in range(seeds) for number in range(first, first + count)]
pool = concurrent.futures.ThreadPoolExecutor(4)
try:
    for (number, seed), (verdict, what, schema) in zip(work, pool.map(lambda pair: judge(*pair), work)):
        counts[verdict] += 1
        if verdict in ("invalid", "refused"):
            print(f"schema {number} seed {seed}: {verdict}: {what}\n  {json.dumps(schema, ensure_ascii=False)}", file=sys.stderr)
except KeyboardInterrupt:
    print("interrupted; the counts are of the answers so far", file=sys.stderr)
pool.shutdown(wait=False, cancel_futures=True)
print(json.dumps({"model": model, "schemas": count, "answers": sum(counts.values()), **counts}))
sys.exit(1 if counts["invalid"] or counts["refused"] else 0)
