/* The one list of weight formats. */
#include "Matmul/amx.h"
#include "Matmul/floats_tables.h"
#include "Matmul/panel.h"
#include "Matmul/words.h"
#include "act.h"

const ck_format *const ck_formats[] = {
    &ck_f32,  &ck_f16,  &ck_bf16, &ck_q4_0, &ck_q4_1, &ck_q5_0,
    &ck_q5_1, &ck_q8_0, &ck_q4_k, &ck_q5_k, &ck_q6_k,
};
const size_t ck_format_count = sizeof ck_formats / sizeof *ck_formats;

const ck_format *ck_format_of_type(uint32_t ggml_type) {
    for (size_t i = 0; i < ck_format_count; i++)
        if (ck_formats[i]->ggml_type == ggml_type) return ck_formats[i];
    return NULL;
}

const ck_format *ck_format_at(size_t i) { return i < ck_format_count ? ck_formats[i] : NULL; }

ck_matmul_function ck_format_matmul(const ck_format *format, ck_isa isa) {
    return (unsigned)isa < CK_ISA_COUNT ? format->matmul[isa] : NULL;
}

size_t ck_act_bytes(size_t cols) { return ck_act_layout_of(cols).bytes; }
size_t ck_panel_bytes(size_t cols) { return ck_panel_layout_of(cols).bytes; }
size_t ck_panels(size_t tokens) { return ck_panel_count(tokens); }
size_t ck_first_of_panel(size_t tokens, size_t p) { return ck_panel_first(tokens, p); }
size_t ck_words_bytes(size_t cols) { return ck_words_layout_of(cols).bytes; }

/* Up to so many tokens weights come from memory more slowly than they are multiplied. */
static size_t few_tokens(ck_isa isa) {
    return isa == CK_AVX512 || isa == CK_AMX ? CK_TILES_FEW : CK_OTHERS_FEW;
}

ck_activation ck_format_activation(const ck_format *format, ck_isa isa, size_t tokens, ck_few few,
                                   unsigned *fields) {
    *fields = 0;
    if (isa == CK_AMX && format != &ck_f32
        && tokens > (few == CK_FEW_AS_MANY ? 0 : CK_AMX_FEW)) {
        if (format->activation == CK_ACT_F32) *fields = CK_FIELD_LOW;
        return CK_ACT_BF16;
    }
    if (isa == CK_AVX512 || isa == CK_ZEN4 || isa == CK_AMX) {
        const size_t packed = few == CK_FEW_AS_MANY ? 0
                              : format->activation == CK_ACT_F32 ? CK_FLOATS_FEW
                              : few == CK_FEW_FAST               ? CK_GEMV_FAST
                                                                 : CK_GEMV_EQUAL;
        if (tokens <= packed) return format->activation;
        *fields = isa == CK_ZEN4 ? format->fields_zen4 : format->fields;
        return format->many == CK_ACT_Q8_FOURS && tokens <= few_tokens(isa) && few != CK_FEW_AS_MANY
                   ? CK_ACT_Q8_PANELS
                   : format->many;
    }
    if (isa == CK_AVX2) {
        const size_t packed = few == CK_FEW_AS_MANY                ? 0
                              : format->activation == CK_ACT_F32 ? CK_FLOATS_FEW
                                                                 : CK_GEMV_EQUAL;
        return tokens <= packed ? format->activation : format->many_avx2;
    }
    return format->activation;
}

bool ck_format_gates(const ck_format *format, ck_isa isa, size_t cols, size_t tokens, ck_few few) {
    unsigned fields;
    return ck_format_activation(format, isa, tokens, few, &fields) == CK_ACT_BF16
           && !(fields & CK_FIELD_LOW) && ck_amx_stays(cols, tokens, false)
           && ck_amx_gated_rows(cols) > 0;
}

bool ck_format_streams(const ck_format *format, ck_isa isa, size_t tokens) {
    unsigned fields;
    return tokens <= few_tokens(isa)
           && ck_format_activation(format, isa, tokens, CK_FEW_EQUAL, &fields) != CK_ACT_BF16;
}

size_t ck_format_rows(const ck_format *format, ck_isa isa, size_t cols, size_t tokens) {
    unsigned fields;
    if (ck_format_activation(format, isa, tokens, CK_FEW_EQUAL, &fields) == CK_ACT_BF16)
        /* Where activations do not stay near, few passes over them. */
        return ck_amx_stays(cols, tokens, fields & CK_FIELD_LOW) ? 128 : 512;
    /* Few tokens at a time: long streams, because each begins at the memory's slow pace. */
    const size_t bytes = ck_format_streams(format, isa, tokens) ? 1 << 20 : 64 << 10;
    return bytes / (cols / format->block * format->block_bytes);
}

/* 16 rows of floats, or a tile of 16 rows of bytes with its scales, or the activations of 8 tokens
   in the order of the matrix-vector kernels: the first needs most; or tiles for AMX, which need more
   than tiles of words. */
size_t ck_matmul_scratch(size_t cols) {
    _Static_assert((int)CK_WORDS_TILE_BYTES <= (int)CK_AMX_SCRATCH, "a tile of words fits");
    const size_t rows = 64 * (ck_align64(cols) + 256) + 4096;
    return rows > CK_AMX_SCRATCH ? rows : CK_AMX_SCRATCH;
}
