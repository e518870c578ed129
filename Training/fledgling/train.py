#!/usr/bin/env python3
"""Makes fledgling.gguf from nothing: corpus, tokenizer, training, export.

usage: python -m fledgling.train [--out DIR] [--steps N] [--seed S] [--threads T]

Everything follows from the seed. A run killed at any moment goes on from its last checkpoint when it
is started again with the same folder. loss.csv in the folder holds the curve.
"""
import argparse
import math
import os
import pathlib
import random
import time

import torch
from torch.nn import functional as F

from . import corpus, export, tokenizer
from .model import Model, Shape

FINAL_STEPS = 800       # the last stretch has a mixture of its own and begins with a part of the rate
FINAL_RATE = 0.35
LENGTHS = [(512, 10, 0.92), (2048, 2, 0.08)]    # sequence length, rows a step, share of the steps


class Packer:
    """Fills rows of tokens with whole dialogues; the last one of a row is cut."""

    def __init__(self, tok, seed):
        self.tok, self.r, self.cache, self.mixture = tok, random.Random(seed), {}, corpus.MIXTURE

    def encode(self, text):
        ids = self.cache.get(text)
        if ids is None:
            ids = self.tok.encode(text, add_special_tokens=False).ids
            if len(text) < 200 and len(self.cache) < 200_000:
                self.cache[text] = ids
        return ids

    def row(self, length):
        ids, learnt = [], []
        while len(ids) < length + 1:
            for text, learn in corpus.draw(self.r, mixture=self.mixture).segments():
                part = self.encode(text)
                ids += part
                learnt += [learn] * len(part)
        return ids[: length + 1], learnt[: length + 1]

    def batch(self):
        length, rows, _ = self.r.choices(LENGTHS, [x[2] for x in LENGTHS])[0]
        made = [self.row(length) for _ in range(rows)]
        return torch.tensor([m[0] for m in made]), torch.tensor([m[1] for m in made])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default="build")
    parser.add_argument("--steps", type=int, default=5900)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rate", type=float, default=2.5e-3)
    a = parser.parse_args()
    out = pathlib.Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)

    vocabulary = out / "tokenizer.json"
    if vocabulary.exists():
        tok = tokenizer.Tokenizer.from_file(str(vocabulary))
    else:
        print("training the tokenizer ...", flush=True)
        tok = tokenizer.train(a.seed)
        tok.save(str(vocabulary))
    shape = Shape(vocabulary=(tok.get_vocab_size() + 31) // 32 * 32)
    model = Model(shape)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary {tok.get_vocab_size()}", flush=True)
    decayed = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=a.rate, betas=(0.9, 0.98), fused=True)
    packer, step, spent = Packer(tok, a.seed), 0, 0.0
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
        packer.r.setstate(state["random"])
        print(f"going on from step {step}", flush=True)
    curve = open(out / "loss.csv", "a" if step else "w")
    if not step:
        curve.write("step,tokens,loss,seconds\n")
    mean, began, tokens = None, time.time(), 0
    while step < a.steps:
        warm = min(1.0, (step + 1) / 100)
        first = max(1, a.steps - FINAL_STEPS)
        is_final = step >= first
        packer.mixture = corpus.FINAL_MIXTURE if is_final else corpus.MIXTURE
        part = (step - first) / FINAL_STEPS if is_final else step / first
        peak = a.rate * (FINAL_RATE if is_final else 1)
        rate = peak * warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * part)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        ids, learnt = packer.batch()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = model(ids[:, :-1])
            wanted = learnt[:, 1:]
            loss = F.cross_entropy(model.logits(hidden[wanted]).float(), ids[:, 1:][wanted])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        tokens += ids[:, 1:].numel()
        mean = loss.item() if mean is None else 0.95 * mean + 0.05 * loss.item()
        if step % 20 == 0 or step == a.steps:
            passed = time.time() - began
            print(f"step {step}/{a.steps} loss {mean:.4f} {tokens / passed:.0f} tokens/s, {(spent + passed) / 60:.1f} min, "
                  f"{passed / max(1, tokens) * 5300 * (a.steps - step) / 60:.0f} min to go", flush=True)
            curve.write(f"{step},{tokens},{mean:.5f},{spent + passed:.0f}\n")
            curve.flush()
        if step % 200 == 0 or step == a.steps:
            temporary = checkpoint.with_suffix(".new")
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step,
                        "spent": spent + time.time() - began, "random": packer.r.getstate()}, temporary)
            temporary.replace(checkpoint)
    export.write(model, tok, out / "fledgling.gguf")
    print(f"wrote {out / 'fledgling.gguf'}", flush=True)


if __name__ == "__main__":
    main()
