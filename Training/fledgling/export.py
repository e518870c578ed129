"""Writes the model as GGUF: Q8_0 matrices, F32 norms and biases, the tokenizer and the chat template."""
import json
import os
import pathlib

import gguf
import numpy as np

from .chat import MARKERS

TEMPLATE = (pathlib.Path(__file__).parent / "chat_template.jinja").read_text().rstrip("\n")


def write(model, tokenizer, path):
    s = model.s
    state = {k: v.detach().float().cpu().numpy() for k, v in model.state_dict().items()}
    w = gguf.GGUFWriter(str(path) + ".new", "qwen2")
    w.add_name("fledgling")
    w.add_type("model")
    w.add_description("A tiny model for a first try and for tests, trained from generated text alone")
    w.add_license("mit")
    w.add_languages(["en", "zh"])
    w.add_file_type(7)
    w.add_quantization_version(2)
    w.add_block_count(s.layers)
    w.add_context_length(s.context)
    w.add_embedding_length(s.width)
    w.add_feed_forward_length(s.inner)
    w.add_head_count(s.heads)
    w.add_head_count_kv(s.kv_heads)
    w.add_layer_norm_rms_eps(s.epsilon)
    w.add_rope_freq_base(s.rope_base)
    w.add_vocab_size(s.vocabulary)
    data = json.loads(tokenizer.to_str())
    tokens, types = ["[PAD%d]" % i for i in range(s.vocabulary)], [5] * s.vocabulary
    for text, i in data["model"]["vocab"].items():
        tokens[i], types[i] = text, 1
    for added in data["added_tokens"]:
        tokens[added["id"]], types[added["id"]] = added["content"], 4 if added["content"] in MARKERS else 3
    ids = {t: i for i, t in enumerate(tokens)}
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in data["model"]["merges"]])
    w.add_eos_token_id(ids["<|im_end|>"])
    w.add_pad_token_id(ids["<|endoftext|>"])
    w.add_bos_token_id(ids["<|endoftext|>"])
    w.add_add_bos_token(False)
    w.add_uint32("tokenizer.ggml.fim_pre_token_id", ids["<|fim_prefix|>"])
    w.add_uint32("tokenizer.ggml.fim_suf_token_id", ids["<|fim_suffix|>"])
    w.add_uint32("tokenizer.ggml.fim_mid_token_id", ids["<|fim_middle|>"])
    w.add_chat_template(TEMPLATE)
    for name, value in state.items():
        if value.ndim == 2:
            packed = gguf.quants.quantize(value.astype(np.float32), gguf.GGMLQuantizationType.Q8_0)
            w.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            w.add_tensor(name, value.astype(np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    os.replace(str(path) + ".new", path)
