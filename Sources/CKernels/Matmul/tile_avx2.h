/* The tiled product for AVX2: as the one for AVX-512, with two registers of 8 rows each. Sums of products
   stay in 16 bits for as many steps as the bits of the weights allow, since what widens them takes the
   multipliers' time. Bytes of 8 bits allow none: words_bytes_avx2.h. */
#include "amx.h"
#include "words_avx2.h"

typedef struct {
    uint8_t *bytes;     /* [cols/4][16][4] */
    float *scale, *min; /* [groups][16] */
} tile_avx2;

enum {
    TILE_TOKENS = 4,
    TILE_COLS = 1024, /* of a tile at a time, so that it stays in the nearest cache */
    /* Steps of four columns whose sums fit: 2 * 127 times the greatest weight each. */
    TILE_NARROW = CK_BITS == 4 ? 8 : CK_BITS == 5 ? 4 : 2
};

#if CK_HAS_MIN
#define SIGNED_MIN(v) (1 CK_MIN_SIGN 1 ? (v) : _mm256_sub_ps(_mm256_setzero_ps(), v))
#else
#define SIGNED_MIN(v) (v)
#endif

/* A span of 8 rows, at p[i], to half a tile. */
CK_TARGET_AVX2 CK_INLINE void unpack_span_avx2(const uint8_t *const p[8], size_t col, size_t half,
                                               tile_avx2 tile) {
    __m256i u[SPAN_U][8];
    __m256 scale[SPAN_SCALES][8], min[8];
    for (int i = 0; i < 8; i++) {
        const span s = load_span(p[i]);
        CK_UNROLL
        for (int j = 0; j < SPAN_U; j++) u[j][i] = s.u[j];
        CK_UNROLL
        for (int j = 0; j < SPAN_SCALES; j++) scale[j][i] = s.scale[j];
        if (CK_HAS_MIN) min[i] = s.min;
    }
    for (size_t j = 0; j < SPAN_U; j++) {
        ck_transpose8(u[j]);
        CK_UNROLL
        for (size_t i = 0; i < 8; i++) {
            const size_t at = col + span_place(2 * j + i / 4) * 16 + i % 4 * 4;
            _mm256_store_si256((__m256i *)(tile.bytes + at * 16 + 32 * half), u[j][i]);
        }
    }
    const size_t first = col / CK_GROUP * 16 + 8 * half;
    for (size_t j = 0; j < SPAN_SCALES; j++) {
        ck_transpose8((__m256i *)scale[j]);
        CK_UNROLL
        for (size_t i = 0; i < (SPAN_GROUPS < 8 ? SPAN_GROUPS : 8); i++)
            _mm256_store_ps(tile.scale + first + (8 * j + i) * 16, scale[j][i]);
    }
    if (!CK_HAS_MIN) return;
    ck_transpose8((__m256i *)min);
    CK_UNROLL
    for (size_t i = 0; i < SPAN_COLS / 32; i++)
        _mm256_store_ps(tile.min + first + i * 16, SIGNED_MIN(min[i]));
}

CK_TARGET_AVX2 static void unpack_tile_avx2(const ck_matmul *m, size_t row, size_t rows, size_t first,
                                            size_t cols, tile_avx2 tile) {
    for (size_t half = 0; half < 2; half++) {
        const uint8_t *p[8];
        for (size_t i = 0; i < 8; i++) {
            const size_t r = 8 * half + i < rows ? 8 * half + i : rows - 1;
            p[i] = (const uint8_t *)m->weights + (row + r) * m->row_bytes +
                   first / CK_COLS * sizeof(CK_BLOCK);
        }
        size_t col = 0;
        for (; col + SPAN_COLS <= cols; col += SPAN_COLS) {
            unpack_span_avx2(p, col, half, tile);
            for (int i = 0; i < 8; i++) p[i] += SPAN_BYTES;
        }
        if (col < cols) {
            uint8_t last[8][SPAN_BYTES] = {0};
            for (int i = 0; i < 8; i++) {
                __builtin_memcpy(last[i], p[i], (cols - col) / CK_COLS * sizeof(CK_BLOCK));
                p[i] = last[i];
            }
            unpack_span_avx2(p, col, half, tile);
        }
    }
}

/* One tile, columns first ..< first + cols of the rows, times T tokens. */
CK_TARGET_AVX2 CK_INLINE void tile_tokens_avx2(const ck_matmul *m, size_t row, size_t rows,
                                               size_t first, size_t cols, tile_avx2 tile,
                                               size_t token, const int T) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const size_t stride = m->x_stride;
    const char *x = (const char *)m->x + token * stride + first;
    const char *scales = x - first + l.d + first / 32 * 4;
    const char *starts = x - first + (CK_OFFSET == 8    ? l.n8
                                      : CK_OFFSET == 16 ? l.n16
                                                        : l.n32) + first / CK_GROUP * 4;
    const char *sums = x - first + l.s + first / 32 * 4;
    const __m256i ones = _mm256_set1_epi16(1);
    _Alignas(32) float acc[TILE_TOKENS][16];
    CK_UNROLL
    for (int t = 0; t < T; t++)
        for (int h = 0; h < 16; h += 8) _mm256_store_ps(acc[t] + h, _mm256_setzero_ps());
    const uint8_t *w = tile.bytes;
    const size_t groups = cols / CK_GROUP;
    for (size_t g = 0; g < groups; g++) {
        __m256i dot[TILE_TOKENS][2];
        CK_UNROLL
        for (int t = 0; t < T; t++)
            dot[t][0] = dot[t][1] =
                CK_OFFSET
                    ? _mm256_set1_epi32(*(const int32_t *)(starts + t * stride + 4 * g))
                    : _mm256_setzero_si256();
        CK_UNROLL
        for (int k = 0; k < CK_GROUP / 4; k += TILE_NARROW, x += 4 * TILE_NARROW, w += 64 * TILE_NARROW) {
            __m256i narrow[TILE_TOKENS][2];
            CK_UNROLL
            for (int i = 0; i < TILE_NARROW; i++) {
                const __m256i u0 = _mm256_load_si256((const __m256i *)(w + 64 * i));
                const __m256i u1 = _mm256_load_si256((const __m256i *)(w + 64 * i + 32));
                ck_tile_step(u0, u1, x + 4 * i, stride, narrow, false, i == 0, T);
            }
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                dot[t][0] = _mm256_add_epi32(dot[t][0], _mm256_madd_epi16(narrow[t][0], ones));
                dot[t][1] = _mm256_add_epi32(dot[t][1], _mm256_madd_epi16(narrow[t][1], ones));
            }
        }
        CK_UNROLL
        for (int h = 0; h < 2; h++) {
            const __m256 scale = _mm256_load_ps(tile.scale + g * 16 + 8 * h);
            const __m256 min = CK_HAS_MIN ? _mm256_load_ps(tile.min + g * 16 + 8 * h) : scale;
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const __m256 d =
                    _mm256_set1_ps(*(const float *)(scales + t * stride + 4 * (g * CK_GROUP / 32)));
                __m256 sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[t][h]), _mm256_mul_ps(scale, d),
                                             _mm256_load_ps(acc[t] + 8 * h));
                if (CK_HAS_MIN)
                    sum = _mm256_fmadd_ps(
                        min, _mm256_set1_ps(*(const float *)(sums + t * stride + 4 * g)), sum);
                _mm256_store_ps(acc[t] + 8 * h, sum);
            }
        }
    }
    const bool adds = m->accumulate || first > 0;
    const float *bias = m->bias && first == 0 ? m->bias + row : NULL;
    for (int t = 0; t < T; t++)
        ck_store_rows(acc[t], rows, bias, adds, m->y + (token + (size_t)t) * m->y_stride + row);
}

CK_TARGET_AVX2 static void matmul_avx2(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {
    if (m->tokens <= CK_GEMV_EQUAL) {
        gemv_avx2(m, row0, row1, scratch);
        return;
    }
    _Static_assert(16 * TILE_COLS + 2 * 64 * TILE_COLS / CK_GROUP <= (int)CK_AMX_SCRATCH, "a tile fits");
    tile_avx2 tile;
    tile.bytes = scratch;
    tile.scale = (float *)(tile.bytes + 16 * TILE_COLS);
    tile.min = tile.scale + TILE_COLS / CK_GROUP * 16;
    for (size_t row = row0; row < row1; row += 16) {
        const size_t rows = row1 - row < 16 ? row1 - row : 16;
        for (size_t col = 0; col < m->cols; col += TILE_COLS) {
            const size_t cols = m->cols - col < TILE_COLS ? m->cols - col : TILE_COLS;
            unpack_tile_avx2(m, row, rows, col, cols, tile);
            size_t t = 0;
            for (; t + TILE_TOKENS <= m->tokens; t += TILE_TOKENS)
                tile_tokens_avx2(m, row, rows, col, cols, tile, t, TILE_TOKENS);
            switch (m->tokens - t) {
            case 3: tile_tokens_avx2(m, row, rows, col, cols, tile, t, 3); break;
            case 2: tile_tokens_avx2(m, row, rows, col, cols, tile, t, 2); break;
            case 1: tile_tokens_avx2(m, row, rows, col, cols, tile, t, 1); break;
            }
        }
    }
}
