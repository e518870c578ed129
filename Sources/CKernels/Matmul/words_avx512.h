/* F16 and BF16 weights times many tokens with AVX-512 VNNI, in words of 16 bits (words.h): 32 rows at
   a time become words, two columns of all rows side by side ([cols / 2][32][2]), so that one broadcast
   of two activations feeds 32 rows and no sum across lanes is needed. 12 integer sums, 12 float sums,
   weights and an activation fill the registers. */
#include "transpose_avx512.h"
#include "words.h"

/* Of a tile: a part of it comes from the second cache, and so do a few tokens' activations. */
enum { WORDS_COLS = CK_WORDS_TILE_COLS, WORDS_TOKENS = 6 };

typedef struct {
    int16_t *words; /* [cols / 2][32][2] */
    float *scale;   /* [blocks][32] */
} tile_words;

/* sum + the products of pairs. Not the intrinsic: compilers take it apart into a product and a sum,
   which is shorter to wait for and twice as much to do. */
CK_TARGET_AVX512 CK_INLINE __m512i add_pairs(__m512i sum, __m512i w, __m512i x) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
}

/* 16 rows of `cols` columns at p[i] to one half of a tile. */
CK_TARGET_AVX512 CK_INLINE void unpack_words(const char *const p[16], size_t cols, const element kind,
                                             int16_t *words, float *scale) {
    for (size_t col = 0; col < cols; col += CK_WORDS_BLOCK, scale += 32) {
        __m512 v[16][2];
        __m512i squares[16];
        const size_t left = cols - col;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        for (int i = 0; i < 16; i++) {
            CK_UNROLL
            for (int j = 0; j < 2; j++) {
                const __m256i part = _mm256_maskz_loadu_epi16((__mmask16)(mask >> (16 * j)),
                                                              p[i] + 2 * (col + 16 * (size_t)j));
                v[i][j] = kind == F16 ? _mm512_cvtph_ps(part)
                                      : _mm512_castsi512_ps(
                                            _mm512_slli_epi32(_mm512_cvtepu16_epi32(part), 16));
            }
            squares[i] = _mm512_castps_si512(
                _mm512_fmadd_ps(v[i][0], v[i][0], _mm512_mul_ps(v[i][1], v[i][1])));
        }
        ck_transpose16(squares);
        __m512 square = _mm512_castsi512_ps(squares[0]);
        for (int i = 1; i < 16; i++) square = _mm512_add_ps(square, _mm512_castsi512_ps(squares[i]));
        /* What is not a number makes a scale of its own kind. */
        const __mmask16 some =
            _mm512_cmp_ps_mask(square, _mm512_set1_ps(CK_WORDS_LEAST), _CMP_NLT_UQ);
        const __m512 greatest = _mm512_maskz_div_ps(some, _mm512_set1_ps(CK_WEIGHTS_NORM),
                                                    _mm512_sqrt_ps(square));
        const __m512 power = _mm512_castsi512_ps(
            _mm512_and_si512(_mm512_castps_si512(greatest), _mm512_set1_epi32(0x7f800000)));
        _mm512_store_ps(scale, _mm512_maskz_div_ps(some, _mm512_set1_ps(1), power));
        _Alignas(64) float inverse[16];
        _mm512_store_ps(inverse, power);
        __m512i pairs[16];
        for (int i = 0; i < 16; i++) {
            const __m512 factor = _mm512_set1_ps(inverse[i]);
            pairs[i] =
                _mm512_packs_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(v[i][0], factor)),
                                   _mm512_cvtps_epi32(_mm512_mul_ps(v[i][1], factor)));
        }
        ck_transpose16(pairs);
        /* Packing has put four values of the one and four of the other into each lane. */
        CK_UNROLL
        for (int i = 0; i < 16; i++) {
            const int pair = (i % 4 < 2 ? 0 : 8) + i / 4 * 2 + i % 2;
            _mm512_store_si512(words + ((size_t)col / 2 + (size_t)pair) * 64, pairs[i]);
        }
    }
}

/* R halves of a tile times T tokens, from the block `block` on. */
CK_TARGET_AVX512 CK_INLINE void words_tokens(const tile_words tile, size_t blocks, const char *x,
                                             const float *d, size_t x_stride, float *y,
                                             size_t y_stride, const float *bias, bool adds,
                                             const __mmask16 masks[2], const int R, const int T) {
    __m512 acc[2][WORDS_TOKENS];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int t = 0; t < T; t++) acc[r][t] = _mm512_setzero_ps();
    const int16_t *words = tile.words;
    for (size_t b = 0; b < blocks; b++, x += CK_WORDS_BLOCK * 2, words += CK_WORDS_BLOCK * 32) {
        __m512i dot[2][WORDS_TOKENS];
        CK_UNROLL
        for (int r = 0; r < R; r++)
            CK_UNROLL
            for (int t = 0; t < T; t++) dot[r][t] = _mm512_setzero_si512();
        CK_UNROLL
        for (int k = 0; k < CK_WORDS_BLOCK / 2; k++) {
            __m512i w[2];
            CK_UNROLL
            for (int r = 0; r < R; r++) w[r] = _mm512_load_si512(words + 64 * k + 32 * r);
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const __m512i v =
                    _mm512_set1_epi32(*(const int32_t *)(x + t * x_stride + 4 * k));
                CK_UNROLL
                for (int r = 0; r < R; r++) dot[r][t] = add_pairs(dot[r][t], w[r], v);
            }
        }
        __m512 scale[2];
        CK_UNROLL
        for (int r = 0; r < R; r++) scale[r] = _mm512_load_ps(tile.scale + 32 * b + 16 * r);
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            const __m512 v = _mm512_set1_ps(*(const float *)((const char *)(d + b) + t * x_stride));
            CK_UNROLL
            for (int r = 0; r < R; r++)
                acc[r][t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[r][t]),
                                            _mm512_mul_ps(scale[r], v), acc[r][t]);
        }
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

CK_TARGET_AVX512 CK_INLINE void words_some_tokens(const tile_words tile, size_t blocks, const char *x,
                                                  const float *d, size_t x_stride, float *y,
                                                  size_t y_stride, const float *bias, bool adds,
                                                  const __mmask16 masks[2], const int R,
                                                  size_t count) {
#define CK_CASE(T)                                                                                 \
    case T: words_tokens(tile, blocks, x, d, x_stride, y, y_stride, bias, adds, masks, R, T); break;
    switch (count) { CK_CASE(6) CK_CASE(5) CK_CASE(4) CK_CASE(3) CK_CASE(2) CK_CASE(1) }
#undef CK_CASE
}

/* All tokens of a product over tiles. */
CK_TARGET_AVX512 CK_INLINE void matmul_words(const ck_matmul *m, size_t row0, size_t row1,
                                             void *scratch, const element kind) {
    const ck_words_layout l = ck_words_layout_of(m->cols);
    const tile_words tile = {scratch, (float *)((int16_t *)scratch + 32 * WORDS_COLS)};
    for (size_t row = row0; row < row1; row += 32) {
        const size_t rows = row1 - row < 32 ? row1 - row : 32;
        const __mmask16 masks[2] = {(__mmask16)(rows < 16 ? (1u << rows) - 1 : 0xffff),
                                    (__mmask16)(rows > 16 ? (1u << (rows - 16)) - 1 : 0)};
        for (size_t col = 0; col < m->cols; col += WORDS_COLS) {
            const size_t cols = m->cols - col < WORDS_COLS ? m->cols - col : WORDS_COLS;
            const size_t blocks = (cols + CK_WORDS_BLOCK - 1) / CK_WORDS_BLOCK;
            const char *p[16];
            for (size_t half = 0; half < (rows > 16 ? 2 : 1); half++) {
                for (size_t i = 0; i < 16; i++) {
                    const size_t r = 16 * half + i < rows ? 16 * half + i : rows - 1;
                    p[i] = (const char *)m->weights + (row + r) * m->row_bytes + 2 * col;
                }
                unpack_words(p, cols, kind, tile.words + 32 * half, tile.scale + 16 * half);
            }
            const bool adds = m->accumulate || col > 0;
            const float *bias = m->bias && col == 0 ? m->bias + row : NULL;
            for (size_t t = 0; t < m->tokens;) {
                /* The last ones evenly. */
                const size_t left = m->tokens - t;
                const size_t take = left <= WORDS_TOKENS      ? left
                                    : left < 2 * WORDS_TOKENS ? (left + 1) / 2
                                                              : WORDS_TOKENS;
                const char *x = (const char *)m->x + t * m->x_stride;
                const float *d = (const float *)(x + l.d) + col / CK_WORDS_BLOCK;
                float *y = m->y + t * m->y_stride + row;
                if (rows > 16)
                    words_some_tokens(tile, blocks, x + 2 * col, d, m->x_stride, y, m->y_stride, bias,
                                      adds, masks, 2, take);
                else
                    words_some_tokens(tile, blocks, x + 2 * col, d, m->x_stride, y, m->y_stride, bias,
                                      adds, masks, 1, take);
                t += take;
            }
        }
    }
}
