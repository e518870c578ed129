"""The qwen2 architecture: RMS norm, rotary positions (half split), grouped queries with biases, SwiGLU, tied embeddings."""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Shape:
    vocabulary: int = 4096
    width: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    inner: int = 768
    context: int = 2048
    rope_base: float = 100_000.0
    epsilon: float = 1e-6


class RMSNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x.float(), (x.shape[-1],), self.weight, self.epsilon)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Layer(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.s, self.size = s, s.width // s.heads
        self.attn_norm = RMSNorm(s.width, s.epsilon)
        self.attn_q = nn.Linear(s.width, s.heads * self.size)
        self.attn_k = nn.Linear(s.width, s.kv_heads * self.size)
        self.attn_v = nn.Linear(s.width, s.kv_heads * self.size)
        self.attn_output = nn.Linear(s.heads * self.size, s.width, bias=False)
        self.ffn_norm = RMSNorm(s.width, s.epsilon)
        self.ffn_gate = nn.Linear(s.width, s.inner, bias=False)
        self.ffn_up = nn.Linear(s.width, s.inner, bias=False)
        self.ffn_down = nn.Linear(s.inner, s.width, bias=False)

    def forward(self, x, cos, sin):
        batch, length, _ = x.shape
        y = self.attn_norm(x)
        q = self.attn_q(y).view(batch, length, -1, self.size).transpose(1, 2)
        k = self.attn_k(y).view(batch, length, -1, self.size).transpose(1, 2)
        v = self.attn_v(y).view(batch, length, -1, self.size).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        group = self.s.heads // self.s.kv_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        y = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, is_causal=True)
        x = x + self.attn_output(y.transpose(1, 2).reshape(batch, length, -1))
        y = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Model(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.s = s
        self.token_embd = nn.Embedding(s.vocabulary, s.width)
        self.blk = nn.ModuleList(Layer(s) for _ in range(s.layers))
        self.output_norm = RMSNorm(s.width, s.epsilon)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 if "token_embd" in name else p.shape[1] ** -0.5 * 0.7)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        size = s.width // s.heads
        angles = torch.outer(torch.arange(s.context).float(), s.rope_base ** (-torch.arange(0, size, 2).float() / size))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens):
        """Final hidden states (batch, length, width)."""
        x = self.token_embd(tokens)
        n = tokens.shape[1]
        for layer in self.blk:
            x = layer(x, self.cos[:n], self.sin[:n])
        return self.output_norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.token_embd.weight)
