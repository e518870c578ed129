/* Activations in bytes (act.h) with AVX-512, 16 blocks at a time: what a block is reduced to, its
   greatest value and its sums, is then one lane of a vector for each block. The same bytes as
   quantize(). */
#include "../Matmul/transpose_avx512.h"
#include "../act.h"

/* Blocks `first` ..< `first` + n, n at most 16, of `cols` columns from x on. */
CK_TARGET CK_INLINE void quantize_16_blocks(const float *x, size_t cols, size_t first, size_t n,
                                            char *base, const ck_act_layout *l) {
    const __m512 zero = _mm512_setzero_ps();
    __m512i peaks[16];
    for (size_t i = 0; i < 16; i++) {
        if (i >= n) {
            peaks[i] = _mm512_setzero_si512();
            continue;
        }
        const size_t left = cols - 32 * i;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        const __m512 a = _mm512_abs_ps(_mm512_maskz_loadu_ps((__mmask16)mask, x + 32 * i));
        const __m512 b =
            _mm512_abs_ps(_mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 32 * i + 16));
        /* Of a number and NaN the second operand. */
        peaks[i] = _mm512_castps_si512(_mm512_max_ps(a, _mm512_max_ps(b, zero)));
    }
    ck_transpose16(peaks);
    __m512 peak = zero;
    for (int i = 0; i < 16; i++) peak = _mm512_max_ps(_mm512_castsi512_ps(peaks[i]), peak);
    const __m512 limit = _mm512_set1_ps(127);
    const __m512 scale = _mm512_div_ps(peak, limit);
    _Alignas(64) float inverse[16];
    _mm512_store_ps(inverse, _mm512_maskz_div_ps(_mm512_cmp_ps_mask(peak, zero, _CMP_GT_OQ), limit,
                                                 peak));

    int8_t *q = (int8_t *)base + 32 * first;
    for (size_t i = 0; i < n; i++) {
        const size_t left = cols - 32 * i;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        const __m512 factor = _mm512_set1_ps(inverse[i]);
        CK_UNROLL
        for (int h = 0; h < 2; h++) {
            __m512 r = _mm512_maskz_loadu_ps((__mmask16)(mask >> (16 * h)), x + 32 * i + 16 * h);
            /* NaN becomes -127. */
            r = _mm512_max_ps(_mm512_mul_ps(r, factor), _mm512_set1_ps(-127));
            r = _mm512_maskz_min_ps((__mmask16)(mask >> (16 * h)), r, limit);
            _mm_store_si128((__m128i *)(q + 32 * i + 16 * h),
                            _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(r)));
        }
    }

    /* Sums of four, of two blocks in each vector; then lane L of u[k] has those of vectors 4 k ... of
       half L % 2 of their block L / 2. */
    __m512i sums[8], u[2], halves[2];
    CK_UNROLL
    for (size_t j = 0; j < 8; j++) {
        const __mmask16 there = 2 * j + 1 < n ? 0xffff : 2 * j < n ? 0xff : 0;
        sums[j] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1),
                                      _mm512_maskz_loadu_epi32(there, q + 64 * j));
    }
    CK_UNROLL
    for (int k = 0; k < 2; k++) {
        __m512i t[2];
        CK_UNROLL
        for (int i = 0; i < 2; i++) {
            const __m512i a = sums[4 * k + 2 * i], b = sums[4 * k + 2 * i + 1];
            t[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        }
        u[k] = _mm512_add_epi32(_mm512_unpacklo_epi64(t[0], t[1]),
                                _mm512_unpackhi_epi64(t[0], t[1]));
        halves[k] = _mm512_permutexvar_epi32(
            _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), u[k]);
    }
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    const __m512i all = _mm512_add_epi32(_mm512_permutex2var_epi32(halves[0], even, halves[1]),
                                         _mm512_permutex2var_epi32(halves[0], odd, halves[1]));
    const __m512i minus = _mm512_sub_epi32(_mm512_setzero_si512(), all);

    const __mmask16 blocks = (__mmask16)((1u << n) - 1);
    _mm512_mask_storeu_ps(base + l->d + 4 * first, blocks, scale);
    _mm512_mask_storeu_ps(base + l->s + 4 * first, blocks,
                          _mm512_mul_ps(scale, _mm512_cvtepi32_ps(all)));
    _mm512_mask_storeu_epi32(base + l->n8 + 4 * first, blocks, _mm512_slli_epi32(minus, 3));
    _mm512_mask_storeu_epi32(base + l->n16 + 4 * first, blocks, _mm512_slli_epi32(minus, 4));
    _mm512_mask_storeu_epi32(base + l->n128 + 4 * first, blocks, _mm512_slli_epi32(minus, 7));
    CK_UNROLL
    for (int k = 0; k < 2; k++) {
        const uint32_t some = n < 16 ? (1u << 2 * n) - 1 : 0xffffffff;
        const __mmask16 there = (__mmask16)(some >> (16 * k));
        const __m512i twice = _mm512_add_epi32(
            _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7), _mm512_set1_epi32(8 * k));
        const size_t at = 8 * first + 64 * (size_t)k;
        _mm512_mask_storeu_ps(base + l->s16 + at, there,
                              _mm512_mul_ps(_mm512_permutexvar_ps(twice, scale),
                                            _mm512_cvtepi32_ps(halves[k])));
        _mm512_mask_storeu_epi32(
            base + l->n32 + at, there,
            _mm512_slli_epi32(_mm512_sub_epi32(_mm512_setzero_si512(), halves[k]), 5));
    }
}

CK_TARGET static void quantize_avx512_bytes(const float *x, size_t cols, void *act) {
    const ck_act_layout l = ck_act_layout_of(cols);
    for (size_t b = 0; b < l.blocks; b += 16)
        quantize_16_blocks(x + 32 * b, cols - 32 * b, b, l.blocks - b < 16 ? l.blocks - b : 16, act,
                           &l);
}
#define CK_QUANTIZE quantize_avx512_bytes
