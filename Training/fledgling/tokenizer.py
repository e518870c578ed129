"""Byte-level BPE with the split rule of the qwen2 pre-tokenizer, trained on the corpus."""
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from . import corpus
from .chat import MARKERS, SPECIAL

# Splits at contractions, runs of letters with one leading sign, single digits, signs, and white space.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
SIZE = 4096


def train(seed: int, dialogues: int = 60_000) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    source = corpus.stream(seed)
    marks = SPECIAL + MARKERS

    def texts():
        for _ in range(dialogues):
            text = "".join(t for t, _ in next(source).segments())
            for mark in marks:
                text = text.replace(mark, "\n")
            yield text

    trainer = trainers.BpeTrainer(vocab_size=SIZE - len(marks), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in MARKERS])
    return tokenizer
