/* The tiled product for AVX-512 VNNI: 16 rows at a time are unpacked to bytes, four columns of all
   rows side by side ([cols/4][16][4]), so that one broadcast of four activations feeds 16 rows and
   no sum across lanes is needed. The tile is used for all tokens. */
#include "transpose_avx512.h"

/* Up to here the kernels over packed rows are faster. */
enum { CK_GEMV_TOKENS = 8 };

typedef struct {
    uint8_t *bytes;      /* [cols/4][16][4] */
    float *scale, *min; /* [groups][16] */
} tile_avx512;

CK_TARGET_AVX512 static void unpack_tile_avx512(const ck_matmul *m, size_t row, size_t rows,
                                                tile_avx512 tile) {
    _Alignas(64) uint8_t u[16][CK_CHUNK];
    _Alignas(64) float scale[16][16], min[16][16];
    for (size_t col = 0; col < m->cols; col += CK_CHUNK) {
        const size_t cols = m->cols - col < CK_CHUNK ? m->cols - col : CK_CHUNK;
        for (size_t i = 0; i < 16; i++) {
            const size_t r = row + (i < rows ? i : rows - 1);
            const CK_BLOCK *b = (const CK_BLOCK *)((const char *)m->weights + r * m->row_bytes) +
                                col / CK_COLS;
            if (cols == CK_CHUNK)
                unpack(b, CK_CHUNK / CK_COLS, u[i], scale[i], min[i]);
            else
                unpack(b, cols / CK_COLS, u[i], scale[i], min[i]);
        }
        for (size_t k = 0; k < cols; k += 64) {
            __m512i v[16];
            CK_UNROLL
            for (int i = 0; i < 16; i++) v[i] = _mm512_load_si512(&u[i][k]);
            ck_transpose16(v);
            CK_UNROLL
            for (int i = 0; i < 16; i++)
                _mm512_store_si512(tile.bytes + (col + k) * 16 + i * 64, v[i]);
        }
        const size_t g0 = col / CK_GROUP, groups = cols / CK_GROUP;
        __m512i v[16];
        CK_UNROLL
        for (int i = 0; i < 16; i++) v[i] = _mm512_load_si512(scale[i]);
        ck_transpose16(v);
        for (size_t g = 0; g < groups; g++) _mm512_store_si512(tile.scale + (g0 + g) * 16, v[g]);
        if (CK_HAS_MIN) {
            CK_UNROLL
            for (int i = 0; i < 16; i++) v[i] = _mm512_load_si512(min[i]);
            ck_transpose16(v);
            for (size_t g = 0; g < groups; g++) _mm512_store_si512(tile.min + (g0 + g) * 16, v[g]);
        }
    }
}

/* One tile times T tokens. */
CK_TARGET_AVX512 CK_INLINE void tile_tokens_avx512(const ck_matmul *m, size_t row, __mmask16 mask,
                                                   tile_avx512 tile, size_t token, const int T) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const char *x = (const char *)m->x + token * m->x_stride;
    const size_t stride = m->x_stride;
    const size_t offsets = CK_OFFSET == 8    ? l.n8
                           : CK_OFFSET == 16 ? l.n16
                           : CK_OFFSET == 32 ? l.n32
                                             : l.n128;
    const size_t sums = CK_GROUP == 32 ? l.s : l.s16;
    __m512 acc[8];
    CK_UNROLL
    for (int t = 0; t < T; t++) acc[t] = _mm512_setzero_ps();
    const size_t groups = m->cols / CK_GROUP;
    for (size_t g = 0; g < groups; g++) {
        __m512i dot[8];
        CK_UNROLL
        for (int t = 0; t < T; t++)
            dot[t] = CK_OFFSET ? _mm512_set1_epi32(
                                     *(const int32_t *)(x + t * stride + offsets + 4 * g))
                               : _mm512_setzero_si512();
        const uint8_t *w = tile.bytes + g * CK_GROUP * 16;
        const char *xq = x + g * CK_GROUP;
        CK_UNROLL
        for (int k = 0; k < CK_GROUP / 4; k++) {
            const __m512i u = _mm512_load_si512(w + 64 * k);
            CK_UNROLL
            for (int t = 0; t < T; t++)
                dot[t] = _mm512_dpbusd_epi32(
                    dot[t], u, _mm512_set1_epi32(*(const int32_t *)(xq + t * stride + 4 * k)));
        }
        const __m512 scale = _mm512_load_ps(tile.scale + g * 16);
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            const float d = *(const float *)(x + t * stride + l.d + 4 * (g * CK_GROUP / 32));
            acc[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t]),
                                     _mm512_mul_ps(scale, _mm512_set1_ps(d)), acc[t]);
        }
        if (CK_HAS_MIN) {
            const __m512 min = _mm512_load_ps(tile.min + g * 16);
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const float s = *(const float *)(x + t * stride + sums + 4 * g);
                acc[t] = _mm512_fmadd_ps(min, _mm512_set1_ps(s), acc[t]);
            }
        }
    }
    const __m512 bias =
        m->bias ? _mm512_maskz_loadu_ps(mask, m->bias + row) : _mm512_setzero_ps();
    CK_UNROLL
    for (int t = 0; t < T; t++) {
        float *y = m->y + (token + t) * m->y_stride + row;
        __m512 value = _mm512_add_ps(acc[t], bias);
        if (m->accumulate) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, y));
        _mm512_mask_storeu_ps(y, mask, value);
    }
}

CK_TARGET_AVX512 static void matmul_avx512(const ck_matmul *m, size_t row0, size_t row1,
                                           void *scratch) {
    if (m->tokens <= CK_GEMV_TOKENS) {
        gemv_avx512(m, row0, row1, scratch);
        return;
    }
    tile_avx512 tile;
    tile.bytes = scratch;
    tile.scale = (float *)(tile.bytes + 16 * ck_align64(m->cols));
    tile.min = tile.scale + m->cols / CK_GROUP * 16;
    for (size_t row = row0; row < row1; row += 16) {
        const size_t rows = row1 - row < 16 ? row1 - row : 16;
        const __mmask16 mask = (__mmask16)((1u << rows) - 1);
        unpack_tile_avx512(m, row, rows, tile);
        size_t t = 0;
        for (; t + 8 <= m->tokens; t += 8) tile_tokens_avx512(m, row, mask, tile, t, 8);
        switch (m->tokens - t) {
        case 7: tile_tokens_avx512(m, row, mask, tile, t, 7); break;
        case 6: tile_tokens_avx512(m, row, mask, tile, t, 6); break;
        case 5: tile_tokens_avx512(m, row, mask, tile, t, 5); break;
        case 4: tile_tokens_avx512(m, row, mask, tile, t, 4); break;
        case 3: tile_tokens_avx512(m, row, mask, tile, t, 3); break;
        case 2: tile_tokens_avx512(m, row, mask, tile, t, 2); break;
        case 1: tile_tokens_avx512(m, row, mask, tile, t, 1); break;
        default: break;
        }
    }
}
