/* The search for scales: each candidate rounds the elements, a least-squares fit turns the rounded
   elements back into a scale, and the candidate of least squared error wins. Sums run over eight
   fixed lanes, so that every instruction set finds the same. */
#ifndef CK_SEARCH_H
#define CK_SEARCH_H

#include "../isa.h"

/* Every function that takes vectors is inlined: there is no calling convention to differ. */
#pragma clang diagnostic ignored "-Wpsabi"

typedef float ck_f8 __attribute__((vector_size(32)));
typedef float ck_f8_any __attribute__((vector_size(32), aligned(4)));
typedef int32_t ck_i8 __attribute__((vector_size(32)));

CK_INLINE ck_f8 ck_splat(float x) { return x - (ck_f8){0}; }

CK_INLINE ck_f8 ck_select(ck_i8 mask, ck_f8 yes, ck_f8 no) {
    return (ck_f8)((mask & (ck_i8)yes) | (~mask & (ck_i8)no));
}

CK_INLINE ck_f8 ck_least(ck_f8 a, ck_f8 b) { return ck_select(a < b, a, b); }
CK_INLINE ck_f8 ck_most(ck_f8 a, ck_f8 b) { return ck_select(a > b, a, b); }

CK_INLINE float ck_sum8(ck_f8 v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}
CK_INLINE float ck_least8(ck_f8 v) {
    float least = v[0];
    for (int i = 1; i < 8; i++)
        if (v[i] < least) least = v[i];
    return least;
}
CK_INLINE float ck_most8(ck_f8 v) {
    float most = v[0];
    for (int i = 1; i < 8; i++)
        if (v[i] > most) most = v[i];
    return most;
}

/* Whole numbers nearest to |v| < 2^22, ties to even: adding 1.5 * 2^23 leaves no fraction bits. */
CK_INLINE ck_f8 ck_nearest8(ck_f8 v) {
#pragma clang fp contract(off)
    return (v + 12582912.0f) - 12582912.0f;
}

/* Clamped whole numbers nearest to v; anything that is no number becomes `low`. */
CK_INLINE ck_f8 ck_level8(ck_f8 v, float low, float high) {
    const ck_f8 bounded = ck_least(ck_most(v, ck_splat(low)), ck_splat(high));
    return ck_nearest8(bounded);
}

#endif
