/* Many tokens in words of 16 bits with AVX2 (words.h): 16 rows at a time become words, two columns of all rows
   side by side ([cols / 2][16][2]), so that one broadcast of two activations feeds 8 rows and no sum across
   lanes is needed. An instruction that multiplies words does twice as much as one that multiplies floats; and
   as much as those that multiply bytes, where weights have 8 bits, whose sums need more of them. */
#ifndef CK_WORDS_AVX2_H
#define CK_WORDS_AVX2_H

#include "tile_step_avx2.h"
#include "transpose_avx2.h"
#include "words.h"

/* A tile and its scales stay in the nearest cache, together with four tokens. */
enum { WORDS_COLS = 512, WORDS_TOKENS = 4 };

typedef struct {
    int16_t *words; /* [cols / 2][16][2] */
    float *scale;   /* [blocks][16] */
} tile_words;

/* Fills a half of a tile, the scales of 8 rows from p[i] on among them. */
typedef void unpack_words(const char *const p[8], size_t cols, int16_t *words, float *scale);

/* Sums of T tokens' products with a tile's 16 rows. */
CK_TARGET_AVX2 CK_INLINE void words_tokens(const tile_words tile, size_t blocks, const char *x,
                                           const float *d, size_t x_stride, float sums[][16],
                                           const int T) {
    __m256 acc[WORDS_TOKENS][2];
    CK_UNROLL
    for (int t = 0; t < T; t++) acc[t][0] = acc[t][1] = _mm256_setzero_ps();
    const int16_t *words = tile.words;
    for (size_t b = 0; b < blocks; b++, x += CK_WORDS_BLOCK * 2, words += CK_WORDS_BLOCK * 16) {
        __m256i dot[WORDS_TOKENS][2];
        CK_UNROLL
        for (int k = 0; k < CK_WORDS_BLOCK / 2; k++) {
            const __m256i w0 = _mm256_load_si256((const __m256i *)(words + 32 * k));
            const __m256i w1 = _mm256_load_si256((const __m256i *)(words + 32 * k + 16));
            ck_tile_step(w0, w1, x + 4 * k, x_stride, dot, true, k == 0, T);
        }
        CK_UNROLL
        for (int h = 0; h < 2; h++) {
            const __m256 scale = _mm256_load_ps(tile.scale + 16 * b + 8 * h);
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const __m256 own =
                    _mm256_set1_ps(*(const float *)((const char *)(d + b) + t * x_stride));
                acc[t][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[t][h]),
                                            _mm256_mul_ps(scale, own), acc[t][h]);
            }
        }
    }
    CK_UNROLL
    for (int t = 0; t < T; t++)
        CK_UNROLL
        for (int h = 0; h < 2; h++) _mm256_store_ps(sums[t] + 8 * h, acc[t][h]);
}

/* Writes a tile's sums of one token to the rows that there are: plus a bias, or none, and plus what is there
   already or not. */
CK_TARGET_AVX2 CK_INLINE void ck_store_rows(const float sums[16], size_t rows, const float *bias,
                                            bool adds, float *y) {
    if (rows == 16) {
        CK_UNROLL
        for (int h = 0; h < 16; h += 8) {
            __m256 value = _mm256_load_ps(sums + h);
            if (bias) value = _mm256_add_ps(value, _mm256_loadu_ps(bias + h));
            if (adds) value = _mm256_add_ps(value, _mm256_loadu_ps(y + h));
            _mm256_storeu_ps(y + h, value);
        }
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        const float value = sums[i] + (bias ? bias[i] : 0);
        y[i] = adds ? value + y[i] : value;
    }
}

/* All tokens of a product over tiles; 32 columns of weights take `block_bytes`. */
CK_TARGET_AVX2 CK_INLINE void matmul_words(const ck_matmul *m, size_t row0, size_t row1,
                                           void *scratch, size_t block_bytes, unpack_words *unpack) {
    const ck_words_layout l = ck_words_layout_of(m->cols);
    const tile_words tile = {scratch, (float *)((int16_t *)scratch + 16 * WORDS_COLS)};
    for (size_t row = row0; row < row1; row += 16) {
        const size_t rows = row1 - row < 16 ? row1 - row : 16;
        for (size_t col = 0; col < m->cols; col += WORDS_COLS) {
            const size_t cols = m->cols - col < WORDS_COLS ? m->cols - col : WORDS_COLS;
            const size_t blocks = (cols + CK_WORDS_BLOCK - 1) / CK_WORDS_BLOCK;
            for (size_t half = 0; half < 2; half++) {
                const char *p[8];
                for (size_t i = 0; i < 8; i++) {
                    const size_t r = 8 * half + i < rows ? 8 * half + i : rows - 1;
                    p[i] = (const char *)m->weights + (row + r) * m->row_bytes +
                           col / CK_WORDS_BLOCK * block_bytes;
                }
                unpack(p, cols, tile.words + 16 * half, tile.scale + 8 * half);
            }
            const bool adds = m->accumulate || col > 0;
            const float *bias = m->bias && col == 0 ? m->bias + row : NULL;
            for (size_t t = 0; t < m->tokens; t += WORDS_TOKENS) {
                const size_t take = m->tokens - t < WORDS_TOKENS ? m->tokens - t : WORDS_TOKENS;
                const char *x = (const char *)m->x + t * m->x_stride;
                const float *d = (const float *)(x + l.d) + col / CK_WORDS_BLOCK;
                _Alignas(32) float sums[WORDS_TOKENS][16];
#define CK_CASE(T)                                                                                 \
    case T: words_tokens(tile, blocks, x + 2 * col, d, m->x_stride, sums, T); break;
                switch (take) { CK_CASE(4) CK_CASE(3) CK_CASE(2) CK_CASE(1) }
#undef CK_CASE
                for (size_t i = 0; i < take; i++)
                    ck_store_rows(sums[i], rows, bias, adds, m->y + (t + i) * m->y_stride + row);
            }
        }
    }
}

#endif
