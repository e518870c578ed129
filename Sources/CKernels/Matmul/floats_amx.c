/* The products of F16 and BF16 over tiles of BF16; F32, which is for exact comparisons, stays with
   AVX-512. A weight is the sum of a high and a low
   part, as is an activation; the product of both low parts is left out, 2^-18 of the whole. BF16
   is its own high part. */
#include "amx.h"
#include "floats_tables.h"

#if CK_X86

#include "transpose_avx512.h"

typedef enum { F16, BF16 } element;

CK_TARGET_AMX void ck_amx_split(const float *x, size_t cols, size_t token, bool low, void *tiles) {
    const size_t bytes = ck_tiles_bytes(cols);
    char *to = (char *)tiles + token / 16 * bytes + token % 16 * 64;
    for (size_t k = 0; k < cols; k += 32, to += CK_AMX_TILE) {
        const size_t left = cols - k;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        const __m512 part[2] = {_mm512_maskz_loadu_ps((__mmask16)mask, x + k),
                                _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + k + 16)};
        __m512i parts[2];
        ck_amx_split32(part, &parts[0], &parts[1]);
        _mm512_store_si512(to, parts[0]);
        if (low) _mm512_store_si512(to + bytes / 2, parts[1]);
    }
}

/* Columns first ..< first + cols of 16 rows to every second tile from `high` and `low`. */
CK_TARGET_AMX CK_INLINE void fill_tiles(const ck_matmul *m, size_t row, size_t rows, size_t first,
                                        size_t cols, char *high, char *low, const element kind) {
    for (size_t k = 0; k < cols; k += 32, high += 2 * CK_AMX_TILE, low += 2 * CK_AMX_TILE) {
        const size_t left = cols - k;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        __m512i parts[2][16];
        for (size_t i = 0; i < 16; i++) {
            const char *w = (const char *)m->weights
                            + (row + (i < rows ? i : rows - 1)) * m->row_bytes
                            + (first + k) * 2;
            if (kind == BF16) {
                parts[0][i] = _mm512_maskz_loadu_epi16(mask, w);
                continue;
            }
            const __m512i words = _mm512_maskz_loadu_epi16(mask, w);
            const __m512 x[2] = {_mm512_cvtph_ps(_mm512_castsi512_si256(words)),
                                 _mm512_cvtph_ps(_mm512_extracti64x4_epi64(words, 1))};
            ck_amx_split32(x, &parts[0][i], &parts[1][i]);
        }
        ck_transpose16(parts[0]);
        for (int i = 0; i < 16; i++) _mm512_store_si512(high + 64 * i, parts[0][i]);
        if (kind == BF16) continue;
        ck_transpose16(parts[1]);
        for (int i = 0; i < 16; i++) _mm512_store_si512(low + 64 * i, parts[1][i]);
    }
}

CK_TARGET_AMX CK_INLINE void matmul(const ck_matmul *m, size_t row0, size_t row1, void *scratch,
                                    const element kind) {
    const int parts = kind == BF16 ? 1 : 2;
    const ck_amx_blocks block =
        ck_amx_plan(row1 - row0, m->cols, m->tokens, (size_t)parts, true);
    for (size_t row = row0; row < row1; row += block.rows) {
        const size_t rows = row1 - row < block.rows ? row1 - row : block.rows;
        for (size_t first = 0; first < m->cols; first += block.cols) {
            const size_t cols = m->cols - first < block.cols ? m->cols - first : block.cols;
            for (size_t r = 0; r < rows; r += 16) {
                char *high = ck_amx_tiles(scratch, cols, parts, r);
                fill_tiles(m, row + r, rows - r < 16 ? rows - r : 16, first, cols, high,
                           high + ck_amx_part(cols), kind);
            }
            ck_amx_multiply(m, row, rows, first, cols, scratch, parts, true);
        }
    }
}

#define FLOATS(name, few, kind)                                                                    \
    CK_TARGET_AMX void name(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {         \
        if (m->form != CK_ACT_BF16)                                                                \
            few(m, row0, row1, scratch);                                                           \
        else                                                                                       \
            matmul(m, row0, row1, scratch, kind);                                                  \
    }

void ck_f32_matmul_amx(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {
    ck_f32_matmul_avx512(m, row0, row1, scratch);
}

FLOATS(ck_f16_matmul_amx, ck_f16_matmul_avx512, F16)
FLOATS(ck_bf16_matmul_amx, ck_bf16_matmul_avx512, BF16)

#endif
