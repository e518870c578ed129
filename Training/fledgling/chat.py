"""The form of a conversation: ChatML with tools, thinking and fill-in-the-middle markers.

A piece of text is learnt only where the model itself will write it: answers, not questions.
"""
from dataclasses import dataclass, field
import json

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>"]
MARKERS = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]


@dataclass
class Turn:
    """What the user says and what the model answers; `calls` are made before `answer`."""
    user: str
    answer: str
    thinking: str = ""
    calls: list = field(default_factory=list)      # [{"name":, "arguments":}]
    results: list = field(default_factory=list)    # text for each call


@dataclass
class Dialogue:
    """A conversation; `skill` and `language` are for scoring, `check` says how an answer is judged."""
    skill: str
    language: str
    turns: list
    system: str = ""
    tools: list = field(default_factory=list)
    check: dict = field(default_factory=dict)
    fill: tuple = ()                               # (prefix, middle, suffix) of a fill-in-the-middle item

    def key(self) -> str:
        """The text that decides whether the item is held out."""
        if self.fill:
            return "|".join(self.fill)
        return self.system + "|" + "|".join(t.user for t in self.turns)

    def segments(self):
        """[(text, learnt)] of the whole conversation."""
        if self.fill:
            prefix, middle, suffix = self.fill
            return [(f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>", False), (middle + "<|endoftext|>", True)]
        out = []
        system = self.system
        if self.tools:
            system = (system + "\n\n" if system else "") + "# Tools\n" + "\n".join(tool_text(t) for t in self.tools)
        if system:
            out.append((f"<|im_start|>system\n{system}<|im_end|>\n", False))
        for turn in self.turns:
            head = f"<|im_start|>user\n{turn.user}<|im_end|>\n<|im_start|>assistant\n"
            if turn.thinking:
                head += "<think>\n"
            out.append((head, False))
            body = f"{turn.thinking}\n</think>\n\n" if turn.thinking else ""
            if turn.calls:
                body += "\n".join(call_text(c) for c in turn.calls)
                out.append((body + "<|im_end|>", True))
                replies = "\n".join(f"<tool_response>\n{r}\n</tool_response>" for r in turn.results)
                out.append((f"\n<|im_start|>user\n{replies}<|im_end|>\n<|im_start|>assistant\n", False))
                body = ""
            out.append((body + turn.answer + "<|im_end|>", True))
            out.append(("\n", False))
        out.append(("<|endoftext|>", False))
        return out


def compact(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def call_text(call) -> str:
    return f'<tool_call>\n{compact({"name": call["name"], "arguments": call["arguments"]})}\n</tool_call>'


def tool_text(tool) -> str:
    """As the chat template prints a tool: keys of properties sorted."""
    parameters = dict(tool["function"]["parameters"])
    parameters["properties"] = dict(sorted(parameters["properties"].items()))
    function = {"name": tool["function"]["name"], "description": tool["function"]["description"], "parameters": parameters}
    return compact({"type": "function", "function": function})
