"""Prompts of so many tokens for the models that `apus bench --shape … --copying --save` writes.

Their vocabulary has 2,048 words of one token each, `w0000 ` to `w2047 `. The first 1,024 in their
order are the file that such a model goes on with, with every 40th word replaced.
"""
import random

FILE = 1024


def word(index):
    return f"w{index:04} "


def file(count=FILE):
    """The file in the prompt of an edit, and its first word as the beginning of the answer."""
    return "".join(word(i) for i in range(count)) + word(0)


def prompt(tokens, seed):
    """Words in no order; other seeds give other words from the first one on."""
    r = random.Random(seed)
    return "".join(word(r.randrange(2 * FILE)) for _ in range(tokens))
