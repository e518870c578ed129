"""Servers that come and go, and a client that notes when each piece of text arrives.

Both kinds of server offer the same few methods, so that a measurement reads the same for either:
start, stop, generate (raw text, greedy, streamed), peak memory.
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Answer:
    """Text, and for each piece of it the moment of its arrival, in seconds."""

    def __init__(self, began):
        self.began, self.times, self.text, self.facts = began, [], "", {}

    @property
    def first(self):
        """Seconds from the request to the first piece."""
        return self.times[0] - self.began

    @property
    def gaps(self):
        return [b - a for a, b in zip(self.times, self.times[1:])]


class Server:
    def __init__(self, threads):
        self.threads, self.port, self.process, self.log = threads, free_port(), None, None

    def launch(self, command, environment):
        self.log = tempfile.NamedTemporaryFile(prefix="server-", suffix=".log")
        self.began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL, env=environment)

    def wait(self, path):
        """Until the server answers with 200."""
        while time.perf_counter() - self.began < 300:
            if self.process.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.005)
        self.log.seek(0)
        sys.exit(f"the server did not start: {self.log.read()[-2000:].decode(errors='replace')}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def peak_memory(self):
        """Most bytes that the process had in memory, mapped files included; 0 where unknown."""
        try:
            for line in open(f"/proc/{self.process.pid}/status"):
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        except OSError:
            pass
        return 0

    def stream(self, path, body):
        """Lines of the answer as they come, each with its moment."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        answer = Answer(time.perf_counter())
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            sys.exit(f"{path}: {response.status} {response.read()[:500].decode()}")
        while line := response.readline():
            if text := line.strip():
                yield answer, text, time.perf_counter()
        connection.close()


class Apus(Server):
    """`apus serve` with a home and a store of its own, and one model in it."""

    def __init__(self, binary, file, threads, context, parallel=1, environment={}):
        super().__init__(threads)
        self.binary, self.file, self.context = binary, file, context
        self.home = tempfile.mkdtemp(prefix="apus-bench-")
        self.extra = {"OLLAMA_NUM_PARALLEL": str(parallel), "OLLAMA_CONTEXT_LENGTH": str(context),
                      "OLLAMA_KEEP_ALIVE": "-1", **environment}
        self.has_model = False

    @property
    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OLLAMA_")}
        return {**kept, "HOME": self.home, "OLLAMA_HOST": f"127.0.0.1:{self.port}", **self.extra}

    def start(self):
        self.launch([self.binary, "serve"], self.environment)
        self.wait("/api/version")
        if not self.has_model:
            modelfile = pathlib.Path(self.home) / "Modelfile"
            modelfile.write_text(f"FROM {self.file}\nPARAMETER num_thread {self.threads}\n")
            subprocess.run([self.binary, "create", "m", "-f", modelfile], env=self.environment,
                           check=True, capture_output=True)
            self.has_model = True
        return self

    def restart(self):
        self.stop()
        self.port = free_port()
        return self.start()

    def close(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def __exit__(self, *_):
        self.close()

    def load(self):
        for _ in self.stream("/api/generate", {"model": "m", "prompt": "", "stream": False}):
            pass

    def unload(self):
        body = {"model": "m", "prompt": "", "stream": False, "keep_alive": 0}
        for _ in self.stream("/api/generate", body):
            pass

    def generate(self, prompt, tokens, **options):
        body = {"model": "m", "prompt": prompt, "raw": True, "verbose": True,
                "options": {"temperature": 0, "num_predict": tokens, **options}}
        for answer, line, now in self.stream("/api/generate", body):
            piece = json.loads(line)
            if "error" in piece:
                sys.exit(f"apus: {piece['error']}")
            if piece.get("response"):
                answer.times.append(now)
                answer.text += piece["response"]
            if piece.get("done"):
                answer.facts = piece
        return answer


class Llama(Server):
    """llama.cpp's own server on one model: a native build, or xllamacpp's prebuilt one."""

    def __init__(self, python, file, threads, context, parallel=1):
        super().__init__(threads)
        self.python, self.file, self.context, self.parallel = python, file, context, parallel

    def start(self):
        self.launch([self.python, here / "llama_server.py", self.file, "--port", str(self.port),
                     "--threads", str(self.threads), "--parallel", str(self.parallel),
                     "--context", str(self.context * self.parallel)], None)
        self.wait("/health")
        return self

    def restart(self):
        self.stop()
        self.port = free_port()
        return self.start()

    close = Server.stop

    def generate(self, prompt, tokens, **options):
        body = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "stream": True,
                "cache_prompt": True, "ignore_eos": True, **options}
        for answer, line, now in self.stream("/completion", body):
            if not line.startswith(b"data: {"):
                continue
            piece = json.loads(line[6:])
            if piece.get("content"):
                answer.times.append(now)
                answer.text += piece["content"]
            if piece.get("stop"):
                answer.facts = piece
        return answer
