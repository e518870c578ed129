#include "../isa.h"

#if CK_X86
#include "tables.h"

#define CK_LANES 16
#define CK_TARGET CK_TARGET_AVX512
#include "ops_vector.h"
#include "../Matmul/transpose_avx512.h"
#include "quantize_avx512.h"
#include "../Attention/attention_vector.h"
#include "../Matmul/words.h"

/* Activations in words (words.h). */
CK_TARGET static void words(const float *x, size_t cols, void *act) {
    const ck_words_layout l = ck_words_layout_of(cols);
    int16_t *q = act;
    float *d = (float *)((char *)act + l.d);
    for (size_t b = 0; b < l.blocks; b++, x += CK_WORDS_BLOCK, q += CK_WORDS_BLOCK) {
        const size_t left = cols - b * CK_WORDS_BLOCK;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        const __m512 v[2] = {_mm512_maskz_loadu_ps((__mmask16)mask, x),
                             _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 16)};
        const float square = _mm512_reduce_add_ps(
            _mm512_fmadd_ps(v[0], v[0], _mm512_mul_ps(v[1], v[1])));
        const float peak =
            _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(v[0]), _mm512_abs_ps(v[1])));
        const bool none = square < CK_WORDS_LEAST;
        const float norm = __builtin_sqrtf(square);
        /* Of a number and NaN the second. */
        const float unit = norm / CK_WORDS_NORM, least = peak / CK_WORDS_GREATEST;
        const float scale = least > unit ? least : unit;
        d[b] = none ? 0 : scale;
        const __m512 inverse = _mm512_set1_ps(none ? 0 : 1 / scale);
        CK_UNROLL
        for (int i = 0; i < 2; i++)
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
