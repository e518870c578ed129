/* F16 and BF16 as words for AVX2: see words.h. */
#include "words_avx2.h"

CK_TARGET_AVX2 CK_INLINE void unpack_floats(const char *const p[8], size_t cols, int16_t *words,
                                            float *scale, const element kind) {
    for (size_t col = 0; col < cols; col += CK_WORDS_BLOCK, scale += 16) {
        __m256 v[8][4], squares[8];
        const size_t left = cols - col;
        for (int i = 0; i < 8; i++) {
            const char *from = p[i] + 2 * col;
            _Alignas(32) char some[2 * CK_WORDS_BLOCK] = {0};
            if (left < CK_WORDS_BLOCK) {
                __builtin_memcpy(some, from, 2 * left);
                from = some;
            }
            CK_UNROLL
            for (int j = 0; j < 4; j++) v[i][j] = (__m256)load_weights(from + 16 * j, kind);
            squares[i] = _mm256_add_ps(
                _mm256_fmadd_ps(v[i][0], v[i][0], _mm256_mul_ps(v[i][1], v[i][1])),
                _mm256_fmadd_ps(v[i][2], v[i][2], _mm256_mul_ps(v[i][3], v[i][3])));
        }
        ck_transpose8((__m256i *)squares);
        __m256 square = squares[0];
        for (int i = 1; i < 8; i++) square = _mm256_add_ps(square, squares[i]);
        /* What is not a number makes a scale of its own kind. */
        const __m256 some = _mm256_cmp_ps(square, _mm256_set1_ps(CK_WORDS_LEAST), _CMP_NLT_UQ);
        const __m256 greatest = _mm256_and_ps(
            some, _mm256_div_ps(_mm256_set1_ps(CK_WEIGHTS_NORM), _mm256_sqrt_ps(square)));
        const __m256 power =
            _mm256_and_ps(greatest, _mm256_castsi256_ps(_mm256_set1_epi32(0x7f800000)));
        _mm256_store_ps(scale, _mm256_and_ps(some, _mm256_div_ps(_mm256_set1_ps(1), power)));
        _Alignas(32) float inverse[8];
        _mm256_store_ps(inverse, power);
        CK_UNROLL
        for (int h = 0; h < 2; h++) {
            __m256i pairs[8];
            CK_UNROLL
            for (int i = 0; i < 8; i++) {
                const __m256 factor = _mm256_set1_ps(inverse[i]);
                pairs[i] = _mm256_packs_epi32(
                    _mm256_cvtps_epi32(_mm256_mul_ps(v[i][2 * h], factor)),
                    _mm256_cvtps_epi32(_mm256_mul_ps(v[i][2 * h + 1], factor)));
            }
            ck_transpose8(pairs);
            /* Packing has put two pairs of the one and two of the other into each half. */
            CK_UNROLL
            for (int i = 0; i < 8; i++) {
                const size_t pair = (size_t)(8 * h + i % 2 + (i % 4 < 2 ? 0 : 4) + i / 4 * 2);
                _mm256_store_si256((__m256i *)(words + (col / 2 + pair) * 32), pairs[i]);
            }
        }
    }
}

CK_TARGET_AVX2 CK_INLINE void unpack_f16(const char *const p[8], size_t cols, int16_t *words,
                                         float *scale) {
    unpack_floats(p, cols, words, scale, F16);
}

CK_TARGET_AVX2 CK_INLINE void unpack_bf16(const char *const p[8], size_t cols, int16_t *words,
                                          float *scale) {
    unpack_floats(p, cols, words, scale, BF16);
}
