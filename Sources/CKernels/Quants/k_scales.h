/* What Q4_K and Q5_K share: eight scales and eight minima of 6 bits in 12 bytes, and the
   quantisation of a sub-block with a minimum. */
#ifndef CK_K_SCALES_H
#define CK_K_SCALES_H

#include "search.h"

/* Candidates besides the whole range. */
#define CK_K_CANDIDATES 10

CK_INLINE void ck_k_scales(const uint8_t q[12], uint8_t scale[8], uint8_t min[8]) {
    for (int j = 0; j < 4; j++) {
        scale[j] = q[j] & 63;
        min[j] = q[j + 4] & 63;
        scale[j + 4] = (uint8_t)((q[j + 8] & 15) | (q[j] >> 6) << 4);
        min[j + 4] = (uint8_t)((q[j + 8] >> 4) | (q[j + 4] >> 6) << 4);
    }
}

/* Scale and minimum (at least 0) of 32 elements as scale * u - min, u in 0 ... levels. */
CK_INLINE void ck_k_search(const float x[32], int levels, float *scale, float *min) {
#pragma clang fp contract(off)
    ck_f8 v[4];
    CK_UNROLL for (int i = 0; i < 4; i++) v[i] = *(const ck_f8_any *)(x + 8 * i);
    float least = ck_least8(ck_least(ck_least(v[0], v[1]), ck_least(v[2], v[3])));
    const float most = ck_most8(ck_most(ck_most(v[0], v[1]), ck_most(v[2], v[3])));
    if (least > 0) least = 0;
    *scale = 0;
    *min = -least;
    if (!(most > least)) return;
    const float sum_x = ck_sum8((v[0] + v[1]) + (v[2] + v[3]));
    const float top = (float)levels;
    float best = __builtin_inff();
    /* The range may be cut or stretched: fewer or more than `levels` steps for it. */
    for (int t = 0; t <= CK_K_CANDIDATES; t++) {
        const float steps = t == 0 ? top : top - 1.2f + 0.2f * (float)t;
        const float inverse = steps / (most - least);
        ck_f8 sum_u = {0}, sum_uu = {0}, sum_ux = {0}, u[4];
        CK_UNROLL for (int i = 0; i < 4; i++) {
            u[i] = ck_level8((v[i] - least) * inverse, 0, top);
            sum_u += u[i];
            sum_uu += u[i] * u[i];
            sum_ux += u[i] * v[i];
        }
        const float s = ck_sum8(sum_u), ss = ck_sum8(sum_uu), sx = ck_sum8(sum_ux);
        const float determinant = 32 * ss - s * s;
        if (!(determinant > 0)) continue;
        float a = (32 * sx - s * sum_x) / determinant;
        float m = (ss * sum_x - s * sx) / determinant;
        if (m > 0) {
            m = 0;
            a = sx / ss;
        }
        ck_f8 squares = {0};
        CK_UNROLL for (int i = 0; i < 4; i++) {
            const ck_f8 e = u[i] * a + m - v[i];
            squares += e * e;
        }
        const float error = ck_sum8(squares);
        if (error < best && a > 0) {
            best = error;
            *scale = a;
            *min = -m;
        }
    }
}

/* Scales and minima of 8 sub-blocks of 32, and the elements 0 ... levels. */
CK_INLINE void ck_k_quantize(const float *x, int levels, uint16_t *d, uint16_t *dmin,
                             uint8_t packed[12], uint8_t u[256]) {
#pragma clang fp contract(off)
    float scales[8], mins[8], greatest_scale = 0, greatest_min = 0;
    for (int s = 0; s < 8; s++) {
        ck_k_search(x + 32 * s, levels, &scales[s], &mins[s]);
        if (scales[s] > greatest_scale) greatest_scale = scales[s];
        if (mins[s] > greatest_min) greatest_min = mins[s];
    }
    *d = ck_to_half(greatest_scale / 63);
    *dmin = ck_to_half(greatest_min / 63);
    const float fd = ck_half(*d), fmin = ck_half(*dmin);
    uint8_t sc[8], mn[8];
    for (int s = 0; s < 8; s++) {
        const float a = fd > 0 ? scales[s] / fd : 0, b = fmin > 0 ? mins[s] / fmin : 0;
        const int low_scale = a < 63 ? (int)a : 63, low_min = b < 63 ? (int)b : 63;
        ck_f8 v[4];
        CK_UNROLL for (int i = 0; i < 4; i++) v[i] = *(const ck_f8_any *)(x + 32 * s + 8 * i);
        float best = __builtin_inff();
        sc[s] = mn[s] = 0;
        for (int j = 0; j < 32; j++) u[32 * s + j] = 0;
        /* Both are rounded to whole numbers; which way does least harm depends on each other. */
        for (int t = 0; t < 4; t++) {
            const int whole_scale = low_scale + (t & 1), whole_min = low_min + (t >> 1);
            if (whole_scale > 63 || whole_min > 63) continue;
            const float scale = fd * (float)whole_scale, min = fmin * (float)whole_min;
            const float inverse = scale > 0 ? 1 / scale : 0;
            ck_f8 level[4], squares = {0};
            CK_UNROLL for (int i = 0; i < 4; i++) {
                level[i] = ck_level8((v[i] + min) * inverse, 0, (float)levels);
                const ck_f8 e = level[i] * scale - min - v[i];
                squares += e * e;
            }
            const float error = ck_sum8(squares);
            if (!(error < best)) continue;
            best = error;
            sc[s] = (uint8_t)whole_scale;
            mn[s] = (uint8_t)whole_min;
            CK_UNROLL for (int i = 0; i < 4; i++) {
                const ck_i8 whole = __builtin_convertvector(level[i], ck_i8);
                CK_UNROLL for (int j = 0; j < 8; j++)
                    u[32 * s + 8 * i + j] = (uint8_t)whole[j];
            }
        }
    }
    for (int j = 0; j < 4; j++) {
        packed[j] = (uint8_t)(sc[j] | (sc[j + 4] >> 4) << 6);
        packed[j + 4] = (uint8_t)(mn[j] | (mn[j + 4] >> 4) << 6);
        packed[j + 8] = (uint8_t)((sc[j + 4] & 15) | (mn[j + 4] & 15) << 4);
    }
}

#if CK_X86
/* The 16 bytes a block begins with, as eight scales and eight minima of a byte each. */
CK_TARGET_AVX2 CK_INLINE __m128i ck_k_scale_bytes(__m128i head) {
    /* Lower bits by twos of four: scales 0-3, 4-7, minima 0-3, 4-7; then the upper two. */
    const __m128i low = _mm_shuffle_epi8(
        head, _mm_setr_epi8(4, 5, 6, 7, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
    const __m128i high = _mm_shuffle_epi8(
        head, _mm_setr_epi8(-1, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1, -1, 8, 9, 10, 11));
    return _mm_or_si128(
        _mm_and_si128(_mm_srlv_epi32(low, _mm_setr_epi32(0, 0, 0, 4)),
                      _mm_setr_epi32(0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f)),
        _mm_and_si128(_mm_srli_epi32(high, 2), _mm_set1_epi8(0x30)));
}

CK_TARGET_AVX2 CK_INLINE void ck_k_scales_avx2(const uint8_t *p, __m256 *scale, __m256 *min) {
    const __m128i head = _mm_loadu_si128((const __m128i *)p);
    const __m128i bytes = ck_k_scale_bytes(head);
    const __m128 d = _mm_cvtph_ps(head);
    *scale = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
                           _mm256_broadcastss_ps(d));
    *min = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))),
                         _mm256_broadcastss_ps(_mm_movehdup_ps(d)));
}

/* Scales in lanes 0 ... 7, minima in 8 ... 15, of the 16 bytes a block begins with. */
CK_TARGET_AVX512 CK_INLINE __m512 ck_k_scales_avx512(const uint8_t *p) {
    const __m128i head = _mm_loadu_si128((const __m128i *)p);
    const __m512 d = _mm512_permutexvar_ps(
        _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
        _mm512_castps128_ps512(_mm_cvtph_ps(head)));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(ck_k_scale_bytes(head))), d);
}
#endif

#endif
