#include "../Matmul/words.h"

/* Activations in words (Matmul/words.h) with AVX2. */
CK_TARGET static void words(const float *x, size_t cols, void *act) {
    const ck_words_layout l = ck_words_layout_of(cols);
    int16_t *q = act;
    float *d = (float *)((char *)act + l.d);
    for (size_t b = 0; b < l.blocks; b++, x += CK_WORDS_BLOCK, q += CK_WORDS_BLOCK) {
        const size_t left = cols - b * CK_WORDS_BLOCK;
        float padded[CK_WORDS_BLOCK] = {0};
        const float *from = x;
        if (left < CK_WORDS_BLOCK) {
            __builtin_memcpy(padded, x, left * 4);
            from = padded;
        }
        vf v[4], squares = splat(0), greatest = splat(0);
        CK_UNROLL
        for (int i = 0; i < 4; i++) {
            v[i] = load(from + 8 * i);
            squares = fma_(v[i], v[i], squares);
            const vf size = (vf)((vi)v[i] & 0x7fffffff);
            greatest = choose(size > greatest, size, greatest);
        }
        const float square = sum_of(squares), peak = max_of(greatest);
        const float scale = ck_words_scale(square, peak);
        d[b] = scale;
        const __m256 inverse = _mm256_set1_ps(scale == 0 ? 0 : 1 / scale);
        CK_UNROLL
        for (int i = 0; i < 4; i += 2) {
            const __m256i both = _mm256_packs_epi32(
                _mm256_cvtps_epi32(_mm256_mul_ps((__m256)v[i], inverse)),
                _mm256_cvtps_epi32(_mm256_mul_ps((__m256)v[i + 1], inverse)));
            _mm256_store_si256((__m256i *)(q + 8 * i), _mm256_permute4x64_epi64(both, 0xd8));
        }
    }
}
#define CK_WORDS words
