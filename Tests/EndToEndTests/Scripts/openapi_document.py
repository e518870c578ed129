"""Sends what the OpenAPI document of a running server allows, and what it forbids; prints `ok`.

usage: openapi_document.py URL [EXAMPLES]   (the store of the server may change; it has the model `fledgling`)

Every operation gets EXAMPLES (default 15) requests that the document describes and as many that it does not,
made by schemathesis from a fixed seed. No answer may be a 500, but for the mistakes that Ollama answers so and
that the document names, and each must have the type and the shape that the document gives.
"""
import json
import re
import sys

import hypothesis
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance)

url = sys.argv[1]
examples = int(sys.argv[2]) if len(sys.argv) > 2 else 15
checks = [content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance]
# Where an answer's length is said, by the end of the path.
limits = {"chat/completions": "max_tokens", "v1/completions": "max_tokens", "responses": "max_output_tokens", "messages": "max_tokens"}


def tame(case):
    """Most requests go to a model that is there, none writes for long, none leaves the machine."""
    body, path = case.body, case.operation.path
    if not isinstance(body, dict):
        return
    size = len(json.dumps(body, default=str))
    if size % 5:
        for key in ("model", "source", "from"):
            if isinstance(body.get(key), str):
                body[key] = "fledgling"
    if path in ("/api/pull", "/api/push"):
        body["model"] = "fledgling" if path == "/api/pull" and size % 2 else "http://127.0.0.1:9/a/b"
        body.pop("name", None)
    for end, key in limits.items():
        if path.endswith(end) and not (key in body and size % 3 == 0 and not isinstance(body[key], int)):
            body[key] = 6
    if path in ("/api/chat", "/api/generate"):
        options = body.setdefault("options", {})
        if isinstance(options, dict):
            options["num_predict"] = 6


# Ollama's words for its 500s.
known = re.compile(
    r"option \"\w+\" must be of |invalid format: |template: |there was an error signing out"
    r"|image input is not supported|unsupported quantization type |quantization is only supported for "
    r"|This server does not support embeddings|the input length exceeds |pull model manifest: |open /.*: no such file")
failures = {}


def try_operation(operation, mode):
    name = f"{operation.method.upper()} {operation.path}"

    @hypothesis.settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate])
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case):
        tame(case)
        response = case.call(base_url=url, timeout=120)
        counts[response.status_code] = counts.get(response.status_code, 0) + 1
        problem = None
        documented = "500" in operation.definition.raw["responses"]
        text = response.json()["error"] if response.status_code == 500 and documented else ""
        if response.status_code == 500 and not (isinstance(text, str) and known.match(text)):
            problem = "500"
        else:
            try:
                case.validate_response(response, checks=checks)
            except BaseException as error:
                problem = str(error)
        if problem:
            failures.setdefault(name, {}).setdefault(problem.split("\n")[0] + response.text[:60], f"{problem}\n{case.as_curl_command()}\n{response.text[:400]}")

    counts = {}
    send()
    return counts


schema = schemathesis.openapi.from_url(url + "/openapi.json")
for result in schema.get_all_operations():
    operation = result.ok()
    counts = {}
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
        try:
            for status, count in try_operation(operation, mode).items():
                counts[status] = counts.get(status, 0) + count
        except hypothesis.errors.Unsatisfiable:
            pass  # Operations without input have nothing that is forbidden.
    print(f"{operation.method.upper()} {operation.path}: {dict(sorted(counts.items()))}", file=sys.stderr, flush=True)

for name, problems in failures.items():
    for text in problems.values():
        print(f"\n== {name}\n{text}", file=sys.stderr)
if failures:
    sys.exit(1)
print("ok")
