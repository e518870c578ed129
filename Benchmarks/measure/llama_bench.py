#!/usr/bin/env python3
"""Prefill and decode speed of llama.cpp on one GGUF, in tokens per second, as JSON.

usage: llama_bench.py FILE.gguf [-p 512] [-n 64] [-t 2] [-r 1]

Uses llama-cpp-python's low-level interface, so that what is timed is llama_decode and nothing
else: the prompt in batches of 512, then one call for each decoded token behind it, as `apus bench` does.
One warm-up with at most 512 tokens precedes the measured repetitions.
"""
import argparse
import ctypes
import json
import statistics
import time

import llama_cpp

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("-p", type=int, default=512)
parser.add_argument("-n", type=int, default=64)
parser.add_argument("-t", type=int, default=2)
parser.add_argument("-r", type=int, default=1)
a = parser.parse_args()

quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
llama_cpp.llama_backend_init()
started = time.perf_counter()
mp = llama_cpp.llama_model_default_params()
mp.n_gpu_layers = 0
model = llama_cpp.llama_model_load_from_file(a.file.encode(), mp)
cp = llama_cpp.llama_context_default_params()
cp.n_ctx = a.p + a.n + 64
cp.n_batch = 512
cp.n_ubatch = 512
cp.n_threads = cp.n_threads_batch = a.t
ctx = llama_cpp.llama_init_from_model(model, cp)
load_seconds = time.perf_counter() - started
vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
memory = llama_cpp.llama_get_memory(ctx)
batch = llama_cpp.llama_batch_init(512, 0, 1)


def decode(tokens, position, wants_logits=True):
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i] = token
        batch.pos[i] = position + i
        batch.n_seq_id[i] = 1
        batch.seq_id[i][0] = 0
        batch.logits[i] = int(wants_logits and i == len(tokens) - 1)
    if llama_cpp.llama_decode(ctx, batch) != 0:
        raise SystemExit("llama_decode failed")
    llama_cpp.llama_synchronize(ctx)


def peak_memory():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


prompt = [(i * 7919 + 13) % min(vocab, 30000) for i in range(max(a.p, a.n + 1))]
prefill, generation = [], []
for repetition in range(a.r + 1):
    count = a.p if repetition > 0 else min(a.p, 512)
    llama_cpp.llama_memory_clear(memory, True)
    begun = time.perf_counter()
    for first in range(0, count, 512):
        chunk = prompt[first : min(count, first + 512)]
        decode(chunk, first, first + len(chunk) == count)
    middle = time.perf_counter()
    for i in range(a.n):
        decode([prompt[i + 1]], count + i)
    ended = time.perf_counter()
    if repetition > 0:
        prefill.append(count / (middle - begun))
        generation.append(a.n / (ended - middle))
print(json.dumps({
    "load_seconds": load_seconds, "peak_memory_bytes": peak_memory(),
    "prefill": {"median": statistics.median(prefill), "all": prefill},
    "decode": {"median": statistics.median(generation), "all": generation},
}))
