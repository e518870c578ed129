/* The table over the static functions of this file. */
#define CK_OPS_TABLE                                                                               \
    {                                                                                              \
        .quantize = quantize, .rms_norm = rms_norm, .rms_norm_heads = rms_norm_heads,              \
        .layer_norm = layer_norm, .add = add, .scale = scale, .silu_mul = silu_mul,                \
        .gelu_mul = gelu_mul, .gelu = gelu,                                                        \
        .rope_neox = rope_neox, .rope_norm = rope_norm, .f32_to_f16 = f32_to_f16,                  \
        .f16_to_f32 = f16_to_f32, .argmax = argmax, .exp_sum = exp_sum, .attention = attention,    \
        .read_bytes = read_bytes,                                                                  \
    }
