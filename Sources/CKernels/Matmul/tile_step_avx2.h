/* What the inner loops of tiles for AVX2 do: 32 bits of each of T tokens, at x, `stride` bytes apart, times 16 rows
   in two registers, added to their sums. Of words, sums of 32 bits; of bytes, of 16. Four products come first and
   are added up then, in this order: alternating, they get in each other's way on Zen 3. */
#ifndef CK_TILE_STEP_AVX2_H
#define CK_TILE_STEP_AVX2_H

#include "../isa.h"

CK_TARGET_AVX2 CK_INLINE void ck_tile_step(__m256i w0, __m256i w1, const char *x, size_t stride,
                                           __m256i sums[][2], const bool words, const bool first,
                                           const int T) {
    CK_UNROLL
    for (int t = 0; t < T; t += 2) {
        __m256i p[2][2];
        CK_UNROLL
        for (int j = 0; j < 2 && t + j < T; j++) {
            const __m256i v = _mm256_set1_epi32(*(const int32_t *)(x + (t + j) * stride));
            p[j][0] = words ? _mm256_madd_epi16(w0, v) : _mm256_maddubs_epi16(w0, v);
            p[j][1] = words ? _mm256_madd_epi16(w1, v) : _mm256_maddubs_epi16(w1, v);
            CK_KEEP(p[j][0]);
            CK_KEEP(p[j][1]);
        }
        CK_UNROLL
        for (int j = 0; j < 2 && t + j < T; j++)
            CK_UNROLL
            for (int h = 0; h < 2; h++) {
                sums[t + j][h] = first   ? p[j][h]
                                 : words ? _mm256_add_epi32(sums[t + j][h], p[j][h])
                                         : _mm256_add_epi16(sums[t + j][h], p[j][h]);
                CK_KEEP(sums[t + j][h]);
            }
    }
}

#endif
