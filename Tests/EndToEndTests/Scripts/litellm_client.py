"""Uses litellm against a running server, by its own API and by that of OpenAI; prints `ok`.

usage: litellm_client.py URL CHAT_MODEL EMBEDDING_MODEL
"""
import os
import sys

# Prices come from the package, not from a network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

litellm.suppress_debug_info = True

url, chat, embedding = sys.argv[1:4]
messages = [{"role": "user", "content": "What is 7 plus 5?"}]

for provider, base, key in [("ollama_chat", url, None), ("ollama", url, None), ("openai", url + "/v1", "any")]:
    common = {
        "model": f"{provider}/{chat}", "api_base": base, "api_key": key, "messages": messages,
        "temperature": 0, "max_tokens": 40,
    }
    whole = litellm.completion(**common)
    text = whole.choices[0].message.content
    assert text and whole.usage.completion_tokens > 0, (provider, whole)
    pieces = [p.choices[0].delta.content or "" for p in litellm.completion(**common, stream=True) if p.choices]
    assert len([p for p in pieces if p]) > 1 and "".join(pieces) == text, (provider, pieces, text)

for provider, base, key in [("ollama", url, None), ("openai", url + "/v1", "any")]:
    answer = litellm.embedding(
        model=f"{provider}/{embedding}", api_base=base, api_key=key, input=["hello world", "world"])
    vectors = [item["embedding"] for item in answer.data]
    assert len(vectors) == 2 and abs(sum(x * x for x in vectors[0]) - 1) < 1e-3, (provider, vectors)

names = litellm.get_valid_models(
    check_provider_endpoint=True, custom_llm_provider="ollama", api_base=url)
for name in (chat, embedding):
    assert any(name in listed for listed in names), names

try:
    litellm.completion(
        model="ollama_chat/no-such-model", api_base=url, messages=messages)
    raise AssertionError("a model that is not there answered")
except (litellm.exceptions.NotFoundError, litellm.exceptions.APIError) as error:
    assert "no-such-model" in str(error), error
print("ok")
