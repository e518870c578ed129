/* Few tokens for AVX-512 VNNI: weights stream from memory once, straight from their blocks into
   registers, in steps of STEP_COLS columns. A format's file defines

     STEP_COLS, STEP_BYTES   columns and bytes of a step
     STEP_U                  registers of bytes a step is unpacked to
     STEP_DOTS               integer sums a step makes, each of STEP_U / STEP_DOTS registers
     granules[STEP_U * 4]    which 16 columns of the step lie in each quarter of those registers
     dot_factor[STEP_DOTS]   power of two that a sum's bytes are too small by
     CK_MIN_SIGN             + or -: what the minimum counts as
     sum_lane(b)             lane of the minimum of 32-column block b (with CK_HAS_MIN)
     load_step()             the unpacking

   The activations are laid out in that order beforehand, with the scales spread over the lanes of
   the sums, and with the sums' starting values that take the weights' offset back. The order of
   every sum depends on nothing but the number of columns. */

#include "../act.h"
#include "gemv.h"

enum { NEAR = 2048 }; /* bytes ahead that shall be in the nearest cache, measured */

#if CK_HAS_MIN
#define MIN_OF(v, b)                                                                               \
    (1 CK_MIN_SIGN 1 ? (v)[sum_lane(b)] : _mm512_sub_ps(_mm512_setzero_ps(), (v)[sum_lane(b)]))
#else
#define MIN_OF(v, b) (v)[b]
#endif

/* Bytes with sign (CK_OFFSET 128) stay as they are and the activations get the offset instead: what
   takes it back is then a sum over the weights, made once for all tokens. */
#define CK_SIGNED (CK_OFFSET == 128)

typedef struct {
    __m512i u[STEP_U];
    __m512 scale[STEP_DOTS];
    __m512 min;
} step;

typedef struct {
    __m512i x[STEP_U];
    __m512 d[STEP_DOTS];
#if CK_OFFSET && !CK_SIGNED
    __m512i start[STEP_DOTS];
#endif
#if CK_HAS_MIN
    __m512 s;
#endif
} x_step;

CK_TARGET_AVX512 CK_INLINE step load_step(const uint8_t *p);

/* Token t of `count` in step i at steps[i * count + t]. */
CK_TARGET_AVX512 static void spread_tokens(const ck_matmul *m, size_t token, size_t count,
                                           x_step *steps) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const size_t n = (m->cols + STEP_COLS - 1) / STEP_COLS;
    for (size_t t = 0; t < count; t++) {
        const char *act = (const char *)m->x + (token + t) * m->x_stride;
        const float *d = (const float *)(act + l.d), *s = (const float *)(act + l.s);
        for (size_t i = 0; i < n; i++) {
            x_step *to = steps + i * count + t;
            CK_UNROLL
            for (int v = 0; v < STEP_U; v++) {
                __m512i x = _mm512_setzero_si512();
                CK_UNROLL
                for (int lane = 0; lane < 4; lane++) {
                    const size_t at = i * STEP_COLS + (size_t)granules[4 * v + lane] * 16;
                    if (at < m->cols)
                        __builtin_memcpy((char *)&x + 16 * lane, act + at, 16);
                }
                to->x[v] = CK_SIGNED ? _mm512_xor_si512(x, _mm512_set1_epi8((char)0x80)) : x;
            }
            CK_UNROLL
            for (int k = 0; k < STEP_DOTS; k++) {
                float spread[16];
                CK_UNROLL
                for (int lane = 0; lane < 16; lane++) {
                    const size_t b = i * (STEP_COLS / 32) +
                                     granules[4 * (k * STEP_U / STEP_DOTS) + lane / 4] / 2;
                    spread[lane] = b < l.blocks ? d[b] * dot_factor[k] : 0;
                }
                to->d[k] = _mm512_loadu_ps(spread);
#if CK_OFFSET && !CK_SIGNED
                __m512i sum = _mm512_setzero_si512();
                CK_UNROLL
                for (int v = 0; v < STEP_U / STEP_DOTS; v++)
                    sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8((char)CK_OFFSET),
                                              to->x[k * STEP_U / STEP_DOTS + v]);
                to->start[k] = _mm512_sub_epi32(_mm512_setzero_si512(), sum);
#endif
            }
#if CK_HAS_MIN
            float sums[16] = {0};
            for (size_t b = 0; b < STEP_COLS / 32; b++)
                if (i * (STEP_COLS / 32) + b < l.blocks)
                    sums[sum_lane(b)] = CK_MIN_SIGN s[i * (STEP_COLS / 32) + b];
            to->s = _mm512_loadu_ps(sums);
#else
            (void)s;
#endif
        }
    }
}

/* What the sums of a step's weights begin with, whatever the token. */
CK_TARGET_AVX512 CK_INLINE void start_of(const step *w, __m512i start[STEP_DOTS]) {
    CK_UNROLL
    for (int k = 0; k < STEP_DOTS; k++) {
        start[k] = _mm512_setzero_si512();
#if CK_SIGNED
        CK_UNROLL
        for (int v = 0; v < STEP_U / STEP_DOTS; v++)
            start[k] = _mm512_dpbusd_epi32(start[k], _mm512_set1_epi8((char)0x80),
                                           w->u[k * STEP_U / STEP_DOTS + v]);
        start[k] = _mm512_sub_epi32(_mm512_setzero_si512(), start[k]);
#else
        (void)w;
#endif
    }
}

CK_TARGET_AVX512 CK_INLINE __m512 add_step(__m512 acc, const step *w,
                                           const __m512i start[STEP_DOTS], const x_step *x) {
    CK_UNROLL
    for (int k = 0; k < STEP_DOTS; k++) {
#if CK_OFFSET && !CK_SIGNED
        __m512i dot = x->start[k];
#else
        __m512i dot = start[k];
#endif
        CK_UNROLL
        for (int v = 0; v < STEP_U / STEP_DOTS; v++) {
            const int i = k * STEP_U / STEP_DOTS + v;
            dot = CK_SIGNED ? _mm512_dpbusd_epi32(dot, x->x[i], w->u[i])
                            : _mm512_dpbusd_epi32(dot, w->u[i], x->x[i]);
        }
        acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(w->scale[k], x->d[k]), acc);
    }
#if CK_HAS_MIN
    acc = _mm512_fmadd_ps(w->min, x->s, acc);
#endif
    return acc;
}

/* The sums of four registers. */
CK_TARGET_AVX512 CK_INLINE __m128 sums4(__m512 a, __m512 b, __m512 c, __m512 d) {
    const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    const __m512 all = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    const __m256 half =
        _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/* R rows times T tokens. */
CK_TARGET_AVX512 CK_INLINE void gemv_rows(const ck_matmul *m, size_t row, const x_step *x,
                                          size_t token, ck_stream *stream, const int R,
                                          const int T) {
    const uint8_t *w = (const uint8_t *)m->weights + row * m->row_bytes;
    const size_t steps = m->cols / STEP_COLS;
    const size_t left = m->cols % STEP_COLS / CK_COLS * sizeof(CK_BLOCK);
    const char *next = stream->next;
    /* What is asked for in turn comes to the second cache. */
    const bool near = stream->pages > 1;
    __m512 acc[4][4];
    CK_UNROLL
    for (int t = 0; t < T; t++)
        CK_UNROLL
        for (int r = 0; r < 4; r++) acc[t][r] = _mm512_setzero_ps();
    /* Row after row, in the order in which they are asked for. */
    CK_UNROLL
    for (int r = 0; r < R; r++) {
        const uint8_t *p = w + r * m->row_bytes;
        const x_step *to = x;
        __m512 sum[4];
        CK_UNROLL
        for (int t = 0; t < T; t++) sum[t] = _mm512_setzero_ps();
        for (size_t i = 0; i < steps; i++, to += T, p += STEP_BYTES) {
            if ((const char *)p >= next) next = ck_stream_ask(stream, (const char *)p);
            if (near) {
                CK_UNROLL
                for (int j = 0; j + 32 <= STEP_BYTES; j += 64)
                    _mm_prefetch(p + NEAR + j, _MM_HINT_T0);
            }
            const step s = load_step(p);
            __m512i start[STEP_DOTS];
            start_of(&s, start);
            CK_UNROLL
            for (int t = 0; t < T; t++) sum[t] = add_step(sum[t], &s, start, to + t);
        }
        if (left > 0) {
            uint8_t last[STEP_BYTES] = {0};
            __builtin_memcpy(last, p, left);
            const step s = load_step(last);
            __m512i start[STEP_DOTS];
            start_of(&s, start);
            CK_UNROLL
            for (int t = 0; t < T; t++) sum[t] = add_step(sum[t], &s, start, to + t);
        }
        CK_UNROLL
        for (int t = 0; t < T; t++) acc[t][r] = sum[t];
    }
    const __mmask8 mask = (__mmask8)((1 << R) - 1);
    const __m128 bias = m->bias ? _mm_maskz_loadu_ps(mask, m->bias + row) : _mm_setzero_ps();
    CK_UNROLL
    for (int t = 0; t < T; t++) {
        float *y = m->y + (token + t) * m->y_stride + row;
        __m128 v = _mm_add_ps(sums4(acc[t][0], acc[t][1], acc[t][2], acc[t][3]), bias);
        if (m->accumulate) v = _mm_add_ps(v, _mm_maskz_loadu_ps(mask, y));
        _mm_mask_storeu_ps(y, mask, v);
    }
}

CK_GEMV(gemv_avx512, CK_TARGET_AVX512, x_step, STEP_COLS, spread_tokens, gemv_rows)
