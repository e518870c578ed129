#!/usr/bin/env python3
"""Makes fledgling.gguf from nothing: corpus, tokenizer, training, export.

usage: python -m fledgling.train [--out DIR] [--steps N] [--seed S] [--threads T] [--device D] [--no-compile]

Everything follows from the seed. A run killed at any moment goes on from its last checkpoint when it
is started again with the same folder. loss.csv in the folder holds the curve, with the seconds that
passed and the processor's seconds that the run used.
"""
import argparse
import os
import pathlib
import random
import shutil
import sys
import time

import torch
from torch.nn import functional as F

from . import corpus, export, tokenizer
from .model import Model, Shape

STEPS = 3300
# Step from which a mixture is read, and the step towards which the rate falls meanwhile.
STRETCHES = [(0, corpus.MIXTURE, 2800), (1960, corpus.LATE_MIXTURE, 2800), (2800, corpus.FINAL_MIXTURE, STEPS)]
DECAY_SHARE = 0.6       # the rate falls in a line over this last part of the steps up to there
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


def optimizers(model, rate):
    """Muon (K. Jordan, 2024) for the matrices inside the layers, with steps twice as long as those of
    AdamW, which serves embeddings, norms and biases. Each with its share of the rate."""
    inner = [p for p in model.blk.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    adam = torch.optim.AdamW([{"params": [model.token_embd.weight], "weight_decay": 0.1},
                              {"params": others, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.98), fused=True)
    muon = torch.optim.Muon(inner, lr=rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    return [(muon, 2.0), (adam, 1.0)]


def schedule(step):
    """The mixture of a step, and its share of the peak rate: 100 steps up, level, a line down to almost
    nothing, and from a part of the peak once more."""
    _, mixture, end = [stretch for stretch in STRETCHES if stretch[0] <= step][-1]
    return mixture, min(1.0, (step + 1) / 100, 0.02 + 0.98 * (end - step) / (end * DECAY_SHARE))


def restore(checkpoint, model, tuned, packer, device):
    """The counts of a checkpoint, after everything else of it has been put back."""
    try:
        state = torch.load(checkpoint, weights_only=False, map_location=device)
        model.load_state_dict(state["model"])
        for (one, _), saved in zip(tuned, state["optimizers"]):
            one.load_state_dict(saved)
        packer.r.setstate(state["random"])
        return state["step"], state["tokens"], state["spent"], state["used"]
    except Exception as error:
        sys.exit(f"{checkpoint}: not a checkpoint of this version ({type(error).__name__}: {error}); "
                 "remove it to begin anew")


def compiled(model):
    """The model with its element-wise work fused, where there is a C++ compiler for that."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or "g++", "clang++")):
        print("no C++ compiler: the model is not compiled", flush=True)
        return model
    return torch.compile(model, dynamic=False)


def number_type(device):
    """BF16 where the processor multiplies tiles of it, or on a GPU; else F32, which is then the faster one."""
    if device.type != "cpu" or torch.cpu._is_amx_tile_supported():
        return torch.bfloat16
    return torch.float32


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default="build")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"stop after so many of {STEPS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--no-compile", action="store_true", help="do not fuse the element-wise work")
    a = parser.parse_args()
    if not 1 <= a.steps <= STEPS:
        parser.error(f"--steps {a.steps}: expected 1 to {STEPS}")
    try:
        device = torch.device(a.device)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        parser.error(f"--device {a.device}: {str(error).splitlines()[0]}")
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
    model.to(device)
    tuned = optimizers(model, a.rate)
    forward = model if a.no_compile else compiled(model)
    kind = number_type(device)
    packer, step, read, spent, used = Packer(tok, a.seed), 0, 0, 0.0, 0.0
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        step, read, spent, used = restore(checkpoint, model, tuned, packer, device)
        print(f"going on from step {step}", flush=True)
    curve = open(out / "loss.csv", "a" if step else "w")
    if not step:
        curve.write("step,tokens,loss,seconds,cpu_seconds\n")
    mean, tokens, first = None, 0, step
    began, before = time.time(), time.process_time()
    while step < a.steps:
        packer.mixture, share = schedule(step)
        for one, factor in tuned:
            for group in one.param_groups:
                group["lr"] = a.rate * factor * share
        ids, learnt = packer.batch()
        ids, learnt = ids.to(device), learnt.to(device)
        with torch.autocast(device.type, dtype=kind, enabled=kind != torch.float32):
            hidden = forward(ids[:, :-1])
            wanted = learnt[:, 1:]
            loss = F.cross_entropy(model.logits(hidden[wanted]).float(), ids[:, 1:][wanted])
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for one, _ in tuned:
            one.step()
        step += 1
        tokens += ids[:, 1:].numel()
        mean = loss.item() if mean is None else 0.95 * mean + 0.05 * loss.item()
        if step % 20 == 0 or step == a.steps:
            passed = time.time() - began
            print(f"step {step}/{a.steps} loss {mean:.4f} {tokens / passed:.0f} tokens/s, {(spent + passed) / 60:.1f} min, "
                  f"{passed / (step - first) * (a.steps - step) / 60:.0f} min to go", flush=True)
            curve.write(f"{step},{read + tokens},{mean:.5f},{spent + passed:.0f},{used + time.process_time() - before:.0f}\n")
            curve.flush()
        if step % 200 == 0 or step == a.steps:
            temporary = checkpoint.with_suffix(".new")
            torch.save({"model": model.state_dict(), "optimizers": [one.state_dict() for one, _ in tuned], "step": step, "tokens": read + tokens,
                        "spent": spent + time.time() - began,
                        "used": used + time.process_time() - before, "random": packer.r.getstate()}, temporary)
            temporary.replace(checkpoint)
    export.write(model, tok, out / "fledgling.gguf")
    print(f"wrote {out / 'fledgling.gguf'}", flush=True)


if __name__ == "__main__":
    main()
