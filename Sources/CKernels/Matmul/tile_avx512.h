/* The tiled product for AVX-512 VNNI: 16 rows at a time are unpacked to bytes, four columns of all
   rows side by side ([cols/4][16][4]), so that one broadcast of four activations feeds 16 rows and
   no sum across lanes is needed. Two such tiles are used together for all tokens, six at a time:
   12 integer sums, 12 float sums, weights and activations fill the 32 registers. Activations come
   in the form CK_ACT_Q8_POW2 but for Q8_0, so that a block costs one multiplication beside its
   products. */
#include "transpose_avx512.h"

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

/* Columns first ..< first + cols, `first` being a multiple of STEP_COLS. */
CK_TARGET_AVX512 static void unpack_tile_avx512(const ck_matmul *m, size_t row, size_t rows,
                                                size_t first, size_t cols, tile_avx512 tile) {
    const uint8_t *p[16];
    for (size_t i = 0; i < 16; i++)
        p[i] = (const uint8_t *)m->weights + (row + (i < rows ? i : rows - 1)) * m->row_bytes
               + first / CK_COLS * sizeof(CK_BLOCK);
    size_t col = 0;
    for (; col + STEP_COLS <= cols; col += STEP_COLS) {
        unpack_step_avx512(p, col, tile);
        for (int i = 0; i < 16; i++) p[i] += STEP_BYTES;
    }
    if (col < cols) {
        uint8_t last[16][STEP_BYTES] = {0};
        for (int i = 0; i < 16; i++) {
            __builtin_memcpy(last[i], p[i], (cols - col) / CK_COLS * sizeof(CK_BLOCK));
            p[i] = last[i];
        }
        unpack_step_avx512(p, col, tile);
    }
}

/* R tiles, which follow one another in memory, times T tokens: each activation that is spread over a
   register serves all of them. */
CK_TARGET_AVX512 CK_INLINE void tiles_tokens_avx512(const ck_matmul *m, size_t row,
                                                    const __mmask16 masks[2],
                                                    const tile_avx512 tiles[2], size_t token,
                                                    const int R, const int T) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const char *x = (const char *)m->x + token * m->x_stride;
    const size_t stride = m->x_stride;
    const size_t offsets = CK_OFFSET == 8    ? l.n8
                           : CK_OFFSET == 16 ? l.n16
                           : CK_OFFSET == 32 ? l.n32
                                             : l.n128;
    const size_t sums = CK_GROUP == 32 ? l.s : l.s16;
    __m512 acc[2][6];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int t = 0; t < T; t++) acc[r][t] = _mm512_setzero_ps();
    const size_t groups = m->cols / CK_GROUP;
    for (size_t g = 0; g < groups; g++) {
        __m512i dot[2][6];
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            /* With powers, the bits of what is subtracted below. */
            dot[0][t] = CK_OFFSET || CK_POW2
                            ? _mm512_set1_epi32(*(const int32_t *)(
                                  x + t * stride
                                  + (CK_OFFSET ? offsets + 4 * g : l.d + 4 * (g * CK_GROUP / 32))))
                            : _mm512_setzero_si512();
            if (R > 1) dot[1][t] = dot[0][t];
        }
        const char *xq = x + g * CK_GROUP;
        CK_UNROLL
        for (int k = 0; k < CK_GROUP / 4; k++) {
            __m512i u[2];
            CK_UNROLL
            for (int r = 0; r < R; r++)
                u[r] = _mm512_load_si512(tiles[r].bytes + g * CK_GROUP * 16 + 64 * k);
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const __m512i v =
                    _mm512_set1_epi32(*(const int32_t *)(xq + t * stride + 4 * k));
                CK_UNROLL
                for (int r = 0; r < R; r++) dot[r][t] = _mm512_dpbusd_epi32(dot[r][t], u[r], v);
            }
        }
        __m512 scale[2], min[2];
        CK_UNROLL
        for (int r = 0; r < R; r++) {
            scale[r] = _mm512_load_ps(tiles[r].scale + g * 16);
            if (CK_HAS_MIN) min[r] = _mm512_load_ps(tiles[r].min + g * 16);
        }
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            const __m512 d = _mm512_set1_ps(
                *(const float *)(x + t * stride + l.d + 4 * (g * CK_GROUP / 32)));
            CK_UNROLL
            for (int r = 0; r < R; r++)
                acc[r][t] =
                    CK_POW2 ? _mm512_fmadd_ps(_mm512_sub_ps(_mm512_castsi512_ps(dot[r][t]), d),
                                              scale[r], acc[r][t])
                            : _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[r][t]),
                                              _mm512_mul_ps(scale[r], d), acc[r][t]);
            if (CK_HAS_MIN) {
                const __m512 s =
                    _mm512_set1_ps(*(const float *)(x + t * stride + sums + 4 * g));
                CK_UNROLL
                for (int r = 0; r < R; r++) acc[r][t] = _mm512_fmadd_ps(min[r], s, acc[r][t]);
            }
        }
    }
    CK_UNROLL
    for (int r = 0; r < R; r++) {
        const __m512 bias = m->bias ? _mm512_maskz_loadu_ps(masks[r], m->bias + row + 16 * r)
                                    : _mm512_setzero_ps();
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            float *y = m->y + (token + t) * m->y_stride + row + 16 * r;
            const __m512 f =
                _mm512_set1_ps(CK_POW2 ? *(const float *)(x + t * stride + l.f) : 1);
            __m512 value = _mm512_fmadd_ps(acc[r][t], f, bias);
            if (m->accumulate)
                value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(masks[r], y));
            _mm512_mask_storeu_ps(y, masks[r], value);
        }
    }
}

CK_TARGET_AVX512 CK_INLINE void some_tiles_tokens_avx512(const ck_matmul *m, size_t row,
                                                         const __mmask16 masks[2],
                                                         const tile_avx512 tiles[2], size_t token,
                                                         const int R, size_t count) {
    switch (count) {
    case 6: tiles_tokens_avx512(m, row, masks, tiles, token, R, 6); break;
    case 5: tiles_tokens_avx512(m, row, masks, tiles, token, R, 5); break;
    case 4: tiles_tokens_avx512(m, row, masks, tiles, token, R, 4); break;
    case 3: tiles_tokens_avx512(m, row, masks, tiles, token, R, 3); break;
    case 2: tiles_tokens_avx512(m, row, masks, tiles, token, R, 2); break;
    default: tiles_tokens_avx512(m, row, masks, tiles, token, R, 1); break;
    }
}

CK_TARGET_AVX512 static void matmul_avx512(const ck_matmul *m, size_t row0, size_t row1,
                                           void *scratch) {
    if (m->tokens <= CK_GEMV_TOKENS && !m->many) {
        gemv_avx512(m, row0, row1, scratch);
        return;
    }
    const size_t steps = (m->cols + STEP_COLS - 1) / STEP_COLS;
    tile_avx512 tiles[2];
    char *free = scratch;
    for (int r = 0; r < 2; r++) {
        tiles[r].bytes = (uint8_t *)free;
        tiles[r].scale = (float *)(tiles[r].bytes + 16 * STEP_COLS * steps);
        tiles[r].min = tiles[r].scale + STEP_COLS / CK_GROUP * 16 * steps;
        free = (char *)(tiles[r].min + (CK_HAS_MIN ? STEP_COLS / CK_GROUP * 16 * steps : 0));
    }
    for (size_t row = row0; row < row1; row += 32) {
        const size_t rows = row1 - row < 32 ? row1 - row : 32;
        const __mmask16 masks[2] = {(__mmask16)(rows < 16 ? (1u << rows) - 1 : 0xffff),
                                    (__mmask16)(rows > 16 ? (1u << (rows - 16)) - 1 : 0)};
        unpack_tile_avx512(m, row, rows < 16 ? rows : 16, 0, m->cols, tiles[0]);
        if (rows > 16) unpack_tile_avx512(m, row + 16, rows - 16, 0, m->cols, tiles[1]);
        /* Meanwhile the next rows come from memory, a part with every 6 tokens. */
        const char *next = (const char *)m->weights + (row + 32) * m->row_bytes;
        size_t lines = row + 32 < row1
                           ? (row1 - row - 32 < 32 ? row1 - row - 32 : 32) * m->row_bytes / 64
                           : 0;
        const size_t part = lines / ((m->tokens + 5) / 6) + 1;
        for (size_t t = 0; t < m->tokens;) {
            /* The last ones evenly. */
            const size_t left = m->tokens - t;
            const size_t take = left <= 6 ? left : left < 12 ? (left + 1) / 2 : 6;
            for (size_t i = 0; i < part && lines > 0; i++, lines--, next += 64)
                _mm_prefetch(next, _MM_HINT_T1);
            if (rows > 16)
                some_tiles_tokens_avx512(m, row, masks, tiles, t, 2, take);
            else
                some_tiles_tokens_avx512(m, row, masks, tiles, t, 1, take);
            t += take;
        }
    }
}
