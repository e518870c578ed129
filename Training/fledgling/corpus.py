"""The mixture of skills, and the split between training and held-out items.

An item is held out when the checksum of its text says so. The rule is part of the corpus, so no
held-out text can ever be drawn in training, and the corpus is the same for the same seed.
"""
import random
import zlib

from . import skills as s
from . import skills_tools as t

HELD_OUT_SHARE = 8  # one of so many

MIXTURE = [
    (s.identity, 6), (s.persona, 9), (s.memory, 13), (s.facts, 9), (s.sums, 12), (s.counting, 6), (s.repeating, 9),
    (s.listing, 4), (s.json_answer, 13), (s.too_small, 5), (s.greeting, 2), (s.mixed, 9), (t.calling, 22), (t.fill, 7),
]


# Later training turns to what is learnt last: copying what has never been seen.
LATE_MIXTURE = [
    (s.identity, 2), (s.persona, 6), (s.memory, 16), (s.facts, 4), (s.sums, 4), (s.counting, 5), (s.repeating, 22),
    (s.listing, 2), (s.json_answer, 30), (s.too_small, 2), (s.greeting, 1), (s.mixed, 4), (t.calling, 14), (t.fill, 20),
]


# The end turns to what that leaves: words from earlier turns, and sums inside thoughts.
FINAL_MIXTURE = [
    (s.identity, 3), (s.persona, 8), (s.memory, 32), (s.facts, 5), (s.sums, 14), (s.counting, 7), (s.repeating, 20),
    (s.listing, 2), (s.json_answer, 20), (s.too_small, 2), (s.greeting, 1), (s.mixed, 10), (t.calling, 14), (t.fill, 8),
]


def is_held_out(dialogue) -> bool:
    return zlib.crc32(dialogue.key().encode()) % HELD_OUT_SHARE == 0


def draw(r, held_out=False, skill=None, language=None, mixture=MIXTURE):
    """One dialogue of the mixture, or of one skill and language, from the wanted side of the split."""
    functions, weights = zip(*mixture)
    while True:
        make = skill or r.choices(functions, weights)[0]
        dialogue = make(r, language or ("en" if r.random() < 0.5 else "zh"))
        if is_held_out(dialogue) == held_out:
            return dialogue


def stream(seed):
    """Endless training dialogues, the same for the same seed."""
    r = random.Random(seed)
    while True:
        yield draw(r)


if __name__ == "__main__":
    # usage: python -m fledgling.corpus [SEED] [COUNT]: the first dialogues that training reads.
    import itertools
    import sys

    seed, count = (int(x) for x in (sys.argv[1:] + ["1", "1000"][len(sys.argv) - 1:])[:2])
    for dialogue in itertools.islice(stream(seed), count):
        print("".join(text for text, _ in dialogue.segments()))
