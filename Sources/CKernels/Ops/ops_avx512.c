#include "../isa.h"

#if CK_X86
#include "tables.h"

#define CK_LANES 16
#define CK_TARGET CK_TARGET_AVX512
#include "ops_vector.h"
#include "../Matmul/transpose_avx512.h"
#include "quantize_avx512.h"
#include "../Attention/attention_vector.h"
#include "../Attention/attention_words.h"
#include "../Matmul/words.h"

/* Activations in words (words.h). */
CK_TARGET static void words(const float *x, size_t cols, void *act) {
    const ck_words_layout l = ck_words_layout_of(cols);
    int16_t *q = act;
    float *d = (float *)((char *)act + l.d);
    for (size_t b = 0; b < l.blocks; b++, x += CK_WORDS_BLOCK, q += CK_WORDS_BLOCK, cols -= CK_WORDS_BLOCK) {
        const uint64_t mask = cols < 64 ? ((uint64_t)1 << cols) - 1 : ~(uint64_t)0;
        __m512 v[4];
        __m512i greatest = _mm512_setzero_si512();
        CK_UNROLL
        for (int i = 0; i < 4; i++) {
            v[i] = _mm512_maskz_loadu_ps((__mmask16)(mask >> (16 * i)), x + 16 * i);
            /* As integers, so that what is not a number is the greatest. */
            greatest = _mm512_max_epi32(greatest, _mm512_and_si512(_mm512_castps_si512(v[i]),
                                                                   _mm512_set1_epi32(0x7fffffff)));
        }
        const float peak = ck_float_of_bits((uint32_t)_mm512_reduce_max_epi32(greatest));
        const bool none = peak < CK_WORDS_LEAST;
        d[b] = none ? 0 : peak * (1.0f / CK_WORDS_PEAK);
        const __m512 inverse = _mm512_set1_ps(none ? 0 : CK_WORDS_PEAK / peak);
        CK_UNROLL
        for (int i = 0; i < 4; i++)
            _mm256_store_si256((__m256i *)(q + 16 * i),
                               _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(v[i], inverse))));
    }
}
#define CK_WORDS words

CK_TARGET static void quantize_pow2(const float *x, size_t cols, void *act) {
    quantize_to_powers(x, cols, act);
}
#define CK_QUANTIZE_POW2 quantize_pow2
#include "table.h"

const ck_ops ck_ops_avx512 = CK_OPS_TABLE;
#endif
