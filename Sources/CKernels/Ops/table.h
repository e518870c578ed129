/* The table over the static functions of this file. */
#ifndef CK_QUANTIZE
#define CK_QUANTIZE quantize
#endif
#ifndef CK_QUANTIZE_POW2
#define CK_QUANTIZE_POW2 NULL
#endif
#ifndef CK_PANEL
#define CK_PANEL NULL
#endif
#ifndef CK_WORDS
#define CK_WORDS NULL
#endif
#ifndef CK_SPLIT
#define CK_SPLIT NULL
#endif
#ifndef CK_ATTENTION
#define CK_ATTENTION attention
#endif

#define CK_OPS_TABLE                                                                               \
    {                                                                                              \
        .quantize = CK_QUANTIZE, .quantize_pow2 = CK_QUANTIZE_POW2, .panel = CK_PANEL,             \
        .words = CK_WORDS, .split = CK_SPLIT, .rms_norm = rms_norm,                                \
        .rms_norm_heads = rms_norm_heads, .layer_norm = layer_norm, .add = add, .scale = scale,    \
        .silu_mul = silu_mul, .gelu_mul = gelu_mul, .gelu = gelu,                                  \
        .rope_neox = rope_neox, .rope_norm = rope_norm,                                            \
        .f32_to_f16 = f32_to_f16, .f16_to_f32 = f16_to_f32, .argmax = argmax, .exp_sum = exp_sum,  \
        .attention = CK_ATTENTION, .read_bytes = read_bytes,                                       \
    }
