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

/* Values that fill whole quarters of their registers, of 16 rows: quarter l of all rows to v[l]. */
CK_TARGET_AVX512 CK_INLINE void gather_quarters(const __m512 rows[16], __m512 v[4]) {
    __m512 a[4];
    CK_UNROLL
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_mask_blend_ps(0x2222, rows[4 * i], rows[4 * i + 1]);
        a[i] = _mm512_mask_blend_ps(0x4444, a[i], rows[4 * i + 2]);
        a[i] = _mm512_mask_blend_ps(0x8888, a[i], rows[4 * i + 3]);
    }
    const __m512 low = _mm512_shuffle_f32x4(a[0], a[1], 0x44);
    const __m512 high = _mm512_shuffle_f32x4(a[0], a[1], 0xee);
    const __m512 low2 = _mm512_shuffle_f32x4(a[2], a[3], 0x44);
    const __m512 high2 = _mm512_shuffle_f32x4(a[2], a[3], 0xee);
    v[0] = _mm512_shuffle_f32x4(low, low2, 0x88);
    v[1] = _mm512_shuffle_f32x4(low, low2, 0xdd);
    v[2] = _mm512_shuffle_f32x4(high, high2, 0x88);
    v[3] = _mm512_shuffle_f32x4(high, high2, 0xdd);
}

/* One step of 16 rows, rows at p[i]. */
CK_TARGET_AVX512 CK_INLINE void unpack_step_avx512(const uint8_t *const p[16], size_t col,
                                                   tile_avx512 tile) {
    __m512i u[STEP_U][16];
    __m512 scale[STEP_DOTS][16], min[16];
    for (int i = 0; i < 16; i++) {
        const step s = load_step(p[i]);
        CK_UNROLL
        for (int j = 0; j < STEP_U; j++)
            u[j][i] = CK_SIGNED ? _mm512_xor_si512(s.u[j], _mm512_set1_epi8((char)0x80)) : s.u[j];
        CK_UNROLL
        for (int k = 0; k < STEP_DOTS; k++) scale[k][i] = s.scale[k];
        if (CK_HAS_MIN) min[i] = s.min;
    }
    CK_UNROLL
    for (int j = 0; j < STEP_U; j++) {
        ck_transpose16(u[j]);
        CK_UNROLL
        for (int i = 0; i < 16; i++) {
            const size_t at = col + granules[4 * j + i / 4] * 16 + i % 4 * 4;
            _mm512_store_si512(tile.bytes + at * 16, u[j][i]);
        }
    }
    float *scales = tile.scale + col / CK_GROUP * 16, *mins = tile.min + col / CK_GROUP * 16;
    CK_UNROLL
    for (int k = 0; k < STEP_DOTS; k++) {
        __m512 quarters[4];
        gather_quarters(scale[k], quarters);
        CK_UNROLL
        for (int i = 0; i < 4; i++) {
            const size_t group = granules[4 * (k * STEP_U / STEP_DOTS) + i] * 16 / CK_GROUP;
            _mm512_store_ps(scales + group * 16,
                            _mm512_mul_ps(quarters[i], _mm512_set1_ps(dot_factor[k])));
        }
    }
    if (CK_HAS_MIN) {
        ck_transpose16((__m512i *)min);
        CK_UNROLL
        for (int b = 0; b < STEP_COLS / 32; b++)
            _mm512_store_ps(mins + b * 16, MIN_OF(min, b));
    }
}

CK_TARGET_AVX512 static void unpack_tile_avx512(const ck_matmul *m, size_t row, size_t rows,
                                                tile_avx512 tile) {
    const uint8_t *p[16];
    for (size_t i = 0; i < 16; i++)
        p[i] = (const uint8_t *)m->weights + (row + (i < rows ? i : rows - 1)) * m->row_bytes;
    size_t col = 0;
    for (; col + STEP_COLS <= m->cols; col += STEP_COLS) {
        unpack_step_avx512(p, col, tile);
        for (int i = 0; i < 16; i++) p[i] += STEP_BYTES;
    }
    if (col < m->cols) {
        uint8_t last[16][STEP_BYTES] = {0};
        for (int i = 0; i < 16; i++) {
            __builtin_memcpy(last[i], p[i], (m->cols - col) / CK_COLS * sizeof(CK_BLOCK));
            p[i] = last[i];
        }
        unpack_step_avx512(p, col, tile);
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
    const size_t steps = (m->cols + STEP_COLS - 1) / STEP_COLS;
    tile.scale = (float *)(tile.bytes + 16 * STEP_COLS * steps);
    tile.min = tile.scale + STEP_COLS / CK_GROUP * 16 * steps;
    for (size_t row = row0; row < row1; row += 16) {
        const size_t rows = row1 - row < 16 ? row1 - row : 16;
        const __mmask16 mask = (__mmask16)((1u << rows) - 1);
        unpack_tile_avx512(m, row, rows, tile);
        /* Meanwhile the next rows come from memory, a part with every 8 tokens. */
        const char *next = (const char *)m->weights + (row + 16) * m->row_bytes;
        size_t lines = row + 16 < row1 ? 16 * m->row_bytes / 64 : 0;
        const size_t part = lines / (m->tokens / 8) + 1;
        size_t t = 0;
        for (; t + 8 <= m->tokens; t += 8) {
            for (size_t i = 0; i < part && lines > 0; i++, lines--, next += 64)
                _mm_prefetch(next, _MM_HINT_T1);
            tile_tokens_avx512(m, row, mask, tile, t, 8);
        }
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
