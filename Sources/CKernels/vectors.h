/* Vectors of CK_LANES floats for bodies that are compiled once per instruction set. The including
   file defines CK_LANES and CK_TARGET (the attribute of functions). */
#include "isa.h"

typedef float vf __attribute__((vector_size(CK_LANES * 4)));
typedef float vf_any __attribute__((vector_size(CK_LANES * 4), aligned(4)));
typedef int32_t vi __attribute__((vector_size(CK_LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(CK_LANES * 4)));
typedef uint16_t vu16_any __attribute__((vector_size(CK_LANES * 2), aligned(1)));
typedef _Float16 vh_any __attribute__((vector_size(CK_LANES * 2), aligned(1)));
typedef _Float16 vh __attribute__((vector_size(CK_LANES * 2)));
typedef int8_t vb __attribute__((vector_size(CK_LANES)));
typedef int8_t vb_any __attribute__((vector_size(CK_LANES), aligned(1)));
typedef double vd __attribute__((vector_size(CK_LANES * 8)));

CK_TARGET CK_INLINE vf load(const float *x) { return *(const vf_any *)x; }
CK_TARGET CK_INLINE void store(float *y, vf v) { *(vf_any *)y = v; }
/* x - 0 is x for every x, also for -0: nothing remains of the subtraction. */
CK_TARGET CK_INLINE vf splat(float x) { return x - (vf){0}; }
CK_TARGET CK_INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
CK_TARGET CK_INLINE vf choose(vi mask, vf a, vf b) {
    return (vf)((mask & (vi)a) | (~mask & (vi)b));
}
CK_TARGET CK_INLINE vf load_f16(const void *x) {
    return __builtin_convertvector(*(const vh_any *)x, vf);
}
CK_TARGET CK_INLINE vf load_bf16(const void *x) {
    return (vf)(__builtin_convertvector(*(const vu16_any *)x, vu) << 16);
}

/* The tail of a row: n < CK_LANES floats, then `fill`. */
CK_TARGET CK_INLINE vf load_some(const float *x, size_t n, float fill) {
    float v[CK_LANES];
    for (size_t i = 0; i < CK_LANES; i++) v[i] = i < n ? x[i] : fill;
    return load(v);
}
CK_TARGET CK_INLINE void store_some(float *y, vf x, size_t n) {
    float v[CK_LANES];
    store(v, x);
    for (size_t i = 0; i < n; i++) y[i] = v[i];
}

CK_TARGET CK_INLINE float sum_of(vf v) {
    float x[CK_LANES];
    store(x, v);
    CK_UNROLL
    for (int n = CK_LANES / 2; n > 0; n /= 2)
        CK_UNROLL
        for (int i = 0; i < n; i++) x[i] += x[i + n];
    return x[0];
}
CK_TARGET CK_INLINE double sum_of_double(const vd *v) {
    double sum = 0;
    for (int i = 0; i < CK_LANES; i++) sum += (*v)[i];
    return sum;
}
CK_TARGET CK_INLINE float max_of(vf v) {
    float x[CK_LANES];
    store(x, v);
    CK_UNROLL
    for (int n = CK_LANES / 2; n > 0; n /= 2)
        CK_UNROLL
        for (int i = 0; i < n; i++) x[i] = x[i + n] > x[i] ? x[i + n] : x[i];
    return x[0];
}

/* x = n ln 2 + r with |r| <= ln 2 / 2: r, and n + LN2_MAGIC, whose lowest bits are n. */
#define LN2_MAGIC 12582912.0f /* 1.5 * 2^23: adding it rounds to an integer */
CK_TARGET CK_INLINE vf rest_of_ln2(vf x, vf *shifted) {
    *shifted = fma_(x, splat(1.44269504f), splat(LN2_MAGIC));
    const vf n = *shifted - splat(LN2_MAGIC);
    const vf r = fma_(n, splat(-0.693145751953125f), x);
    return fma_(n, splat(-1.42860682030941723e-6f), r);
}

/* exp_of: exp with a relative error below 2e-7; 0 below the least normal number, infinite above the greatest.
   power_of(POWER_FACTOR x) = exp(x) as exactly, for those who have a factor of x to choose. */
#if CK_LANES == 16
/* By the polynomial of the sixth degree whose greatest relative error is least. */
CK_TARGET CK_INLINE vf exp_of(vf x) {
    const __mmask16 some = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-87.33f), _CMP_NLT_UQ);
    /* Greater ones would be too great to be rounded. Of a number and NaN the second. */
    x = (vf)_mm512_min_ps(_mm512_set1_ps(89), (__m512)x);
    vf shifted;
    const vf r = rest_of_ln2(x, &shifted);
    vf p = splat(0.001383683560209485f);
    p = fma_(p, r, splat(0.008374824056473376f));
    p = fma_(p, r, splat(0.04166822619184527f));
    p = fma_(p, r, splat(0.16666420072032706f));
    p = fma_(p, r, splat(0.49999992075077665f));
    p = fma_(p, r, splat(1.0f));
    p = fma_(p, r, splat(1.0f));
    return (vf)_mm512_maskz_scalef_ps(some, (__m512)p, (__m512)(shifted - splat(LN2_MAGIC)));
}

/* 2^x: the whole part of x by its exponent, and the rest, 0 ..< 1, by the polynomial of the fifth degree whose
   greatest relative error is least. */
CK_TARGET CK_INLINE vf power_of(vf x) {
    const __mmask16 some = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-126), _CMP_NLT_UQ);
    const vf r = (vf)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    vf p = splat(0.0018775780918076634f);
    p = fma_(p, r, splat(0.008989343419671059f));
    p = fma_(p, r, splat(0.05582630634307861f));
    p = fma_(p, r, splat(0.24015362560749054f));
    p = fma_(p, r, splat(0.6931530833244324f));
    p = fma_(p, r, splat(0.9999999403953552f));
    return (vf)_mm512_maskz_scalef_ps(some, (__m512)p, (__m512)x);
}
#define POWER_FACTOR 1.44269504f
#else
/* By the series of exp(r). */
CK_TARGET CK_INLINE vf exp_of(vf x) {
    const vi tiny = x < splat(-87.33f);
    x = choose(x > splat(89.0f), splat(89.0f), choose(tiny, splat(-87.33f), x));
    vf shifted;
    const vf r = rest_of_ln2(x, &shifted);
    vf p = splat(1.0f / 5040);
    p = fma_(p, r, splat(1.0f / 720));
    p = fma_(p, r, splat(1.0f / 120));
    p = fma_(p, r, splat(1.0f / 24));
    p = fma_(p, r, splat(1.0f / 6));
    p = fma_(p, r, splat(0.5f));
    p = fma_(p, r, splat(1.0f));
    p = fma_(p, r, splat(1.0f));
    const vf power = (vf)(((vi)shifted - (vi)splat(LN2_MAGIC) + 127) << 23);
    return choose(tiny, splat(0), p * power);
}

CK_TARGET CK_INLINE vf power_of(vf x) { return exp_of(x); }
#define POWER_FACTOR 1.0f
#endif
