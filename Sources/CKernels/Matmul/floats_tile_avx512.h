/* F16 and BF16 weights times many tokens with AVX-512: 32 rows at a time are unpacked to floats, all
   rows of a column side by side ([cols][32]), so that a broadcast activation feeds 32 rows and no sum
   across lanes is needed. 24 sums, two vectors of weights and one activation fill the registers. */
#include "transpose_avx512.h"

/* A sum runs over the columns of a tile, so that long ones stay exact enough. */
enum { TILE_COLS = CK_FLOAT_TILE_COLS, TILE_TOKENS = 12 };

/* 16 rows of weights, of which `rows` are there, to every second half line of the tile. */
CK_TARGET_AVX512 CK_INLINE void unpack_floats(const char *w, size_t row_bytes, size_t rows, size_t cols,
                                              const element kind, float *tile) {
    const char *p[16];
    for (size_t i = 0; i < 16; i++) p[i] = w + (i < rows ? i : rows - 1) * row_bytes;
    for (size_t k = 0; k < cols; k += 16) {
        __m512i v[16];
        const size_t n = cols - k < 16 ? cols - k : 16;
        for (int i = 0; i < 16; i++) {
            if (n == 16) {
                v[i] = (__m512i)load_weights(p[i] + 2 * k, kind);
            } else {
                uint16_t some[16] = {0};
                __builtin_memcpy(some, p[i] + 2 * k, 2 * n);
                v[i] = (__m512i)load_weights((const char *)some, kind);
            }
        }
        ck_transpose16(v);
        CK_UNROLL
        for (size_t i = 0; i < 16; i++)
            if (i < n) _mm512_store_si512(tile + (k + i) * 32, v[i]);
    }
}

/* R halves of a tile times T tokens, and what y holds (`adds`), and the bias. */
CK_TARGET_AVX512 CK_INLINE void tile_tokens(const float *tile, size_t cols, const char *x,
                                            size_t x_stride, float *y, size_t y_stride,
                                            const float *bias, bool adds, const __mmask16 masks[2],
                                            const int R, const int T) {
    __m512 acc[2][TILE_TOKENS];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int t = 0; t < T; t++) acc[r][t] = _mm512_setzero_ps();
    /* Few addresses, so that they stay in registers: token 4 a + b at p[a] + b * x_stride. */
    const char *p[3] = {x, x + 4 * x_stride, x + 8 * x_stride};
    const size_t stride3 = 3 * x_stride;
    for (size_t k = 0; k < cols; k++, tile += 32) {
        __m512 w[2];
        CK_UNROLL
        for (int r = 0; r < R; r++) w[r] = _mm512_load_ps(tile + 16 * r);
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            const char *at = p[t / 4] + (t % 4 == 3 ? stride3 : t % 4 * x_stride);
            const __m512 v = _mm512_set1_ps(*(const float *)at);
            CK_UNROLL
            for (int r = 0; r < R; r++) acc[r][t] = _mm512_fmadd_ps(w[r], v, acc[r][t]);
        }
        CK_UNROLL
        for (int a = 0; a < (T + 3) / 4; a++) p[a] += 4;
    }
    CK_UNROLL
    for (int r = 0; r < R; r++) {
        const __m512 first =
            bias ? _mm512_maskz_loadu_ps(masks[r], bias + 16 * r) : _mm512_setzero_ps();
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            float *to = y + t * y_stride + 16 * r;
            __m512 value = _mm512_add_ps(acc[r][t], first);
            if (adds) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(masks[r], to));
            _mm512_mask_storeu_ps(to, masks[r], value);
        }
    }
}

CK_TARGET_AVX512 CK_INLINE void tile_some_tokens(const float *tile, size_t cols, const char *x,
                                                 size_t x_stride, float *y, size_t y_stride,
                                                 const float *bias, bool adds,
                                                 const __mmask16 masks[2], const int R, size_t count) {
#define CK_CASE(T)                                                                                 \
    case T: tile_tokens(tile, cols, x, x_stride, y, y_stride, bias, adds, masks, R, T); break;
    switch (count) {
        CK_CASE(12) CK_CASE(11) CK_CASE(10) CK_CASE(9) CK_CASE(8) CK_CASE(7)
        CK_CASE(6) CK_CASE(5) CK_CASE(4) CK_CASE(3) CK_CASE(2) CK_CASE(1)
    }
#undef CK_CASE
}

/* All tokens of a product over tiles. */
CK_TARGET_AVX512 CK_INLINE void matmul_tiles(const ck_matmul *m, size_t row0, size_t row1, float *tile,
                                             const element kind) {
    for (size_t row = row0; row < row1; row += 32) {
        const size_t rows = row1 - row < 32 ? row1 - row : 32;
        const __mmask16 masks[2] = {(__mmask16)(rows < 16 ? (1u << rows) - 1 : 0xffff),
                                    (__mmask16)(rows > 16 ? (1u << (rows - 16)) - 1 : 0)};
        for (size_t col = 0; col < m->cols; col += TILE_COLS) {
            const size_t cols = m->cols - col < TILE_COLS ? m->cols - col : TILE_COLS;
            const char *w = (const char *)m->weights + row * m->row_bytes + 2 * col;
            unpack_floats(w, m->row_bytes, rows < 16 ? rows : 16, cols, kind, tile);
            if (rows > 16)
                unpack_floats(w + 16 * m->row_bytes, m->row_bytes, rows - 16, cols, kind, tile + 16);
            const bool adds = m->accumulate || col > 0;
            const float *bias = m->bias && col == 0 ? m->bias + row : NULL;
            for (size_t t = 0; t < m->tokens;) {
                /* The last ones evenly. */
                const size_t left = m->tokens - t;
                const size_t take = left <= TILE_TOKENS       ? left
                                    : left < 2 * TILE_TOKENS ? (left + 1) / 2
                                                             : TILE_TOKENS;
                const char *x = (const char *)m->x + t * m->x_stride + 4 * col;
                float *y = m->y + t * m->y_stride + row;
                if (rows > 16)
                    tile_some_tokens(tile, cols, x, m->x_stride, y, m->y_stride, bias, adds, masks,
                                     2, take);
                else
                    tile_some_tokens(tile, cols, x, m->x_stride, y, m->y_stride, bias, adds, masks,
                                     1, take);
                t += take;
            }
        }
    }
}
