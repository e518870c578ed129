/* Few tokens for AVX2: weights stream from memory once, straight from their blocks into registers, a span
   at a time. The activations are laid out in that order beforehand, with what takes the weights' offset
   back. The order of every sum depends on nothing but the number of columns. */

#include "../act.h"
#include "gemv.h"

typedef struct {
    __m256i x[SPAN_U];
    __m256 d[SPAN_SCALES]; /* of the groups, in order */
#if CK_OFFSET && CK_OFFSET != 128
    __m256 n[SPAN_SCALES]; /* less the offset times the groups' sums */
#endif
#if CK_HAS_MIN
    __m256 s;
#endif
} x_span;

/* Sums of the products of four bytes each, of all registers of a sum. */
CK_TARGET_AVX2 CK_INLINE __m256i dot_avx2(const __m256i *u, const __m256i *x) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum;
    CK_UNROLL
    for (int v = 0; v < SPAN_DOT_U; v++) {
        /* Of numbers with sign: the sizes of the weights, and the sign goes to the activations. Sums of
           more than two such products would not fit. */
        const __m256i pairs =
            CK_BITS == 8 ? _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(u[v]),
                                                                  _mm256_sign_epi8(x[v], u[v])),
                                             ones)
                         : _mm256_maddubs_epi16(u[v], x[v]);
        sum = v == 0         ? pairs
              : CK_BITS == 8 ? _mm256_add_epi32(sum, pairs)
                             : _mm256_add_epi16(sum, pairs);
    }
    return CK_BITS == 8 ? sum : _mm256_madd_epi16(sum, ones);
}

/* Token t of `count` in span i at spans[i * count + t]. */
CK_TARGET_AVX2 static void spread_tokens_avx2(const ck_matmul *m, size_t token, size_t count,
                                              x_span *spans) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const size_t n = (m->cols + SPAN_COLS - 1) / SPAN_COLS;
    for (size_t t = 0; t < count; t++) {
        const char *act = (const char *)m->x + (token + t) * m->x_stride;
        const float *d = (const float *)(act + l.d), *s = (const float *)(act + l.s);
        for (size_t i = 0; i < n; i++) {
            x_span *to = spans + i * count + t;
            for (size_t v = 0; v < SPAN_U; v++) {
                __m256i x = _mm256_setzero_si256();
                for (size_t h = 0; h < 2; h++) {
                    const size_t at = i * SPAN_COLS + span_place(2 * v + h) * 16;
                    if (at < m->cols) __builtin_memcpy((char *)&x + 16 * h, act + at, 16);
                }
                to->x[v] = x;
            }
            _Alignas(32) float own[8 * SPAN_SCALES] = {0}, offsets[8 * SPAN_SCALES] = {0};
            for (size_t g = 0; g < SPAN_GROUPS; g++) {
                const size_t at = i * SPAN_COLS + g * CK_GROUP;
                if (at >= m->cols) break;
                int sum = 0;
                for (size_t j = 0; j < CK_GROUP; j++) sum += ((const int8_t *)act)[at + j];
                own[g] = d[at / 32];
                offsets[g] = (float)(-CK_OFFSET * sum);
            }
            for (size_t j = 0; j < SPAN_SCALES; j++) {
                to->d[j] = _mm256_load_ps(own + 8 * j);
#if CK_OFFSET && CK_OFFSET != 128
                to->n[j] = _mm256_load_ps(offsets + 8 * j);
#endif
            }
#if CK_HAS_MIN
            _Alignas(32) float sums[8] = {0};
            for (size_t b = 0; b < SPAN_COLS / 32; b++)
                if (i * (SPAN_COLS / 32) + b < l.blocks)
                    sums[b] = CK_MIN_SIGN s[i * (SPAN_COLS / 32) + b];
            to->s = _mm256_load_ps(sums);
#else
            (void)s;
#endif
        }
    }
}

/* Two sums, so that one need not wait for the other. */
CK_TARGET_AVX2 CK_INLINE void add_span(__m256 acc[2], const span *w, const x_span *x,
                                       const __m256i lanes[SPAN_LANES]) {
    __m256 factors[SPAN_SCALES];
    CK_UNROLL
    for (int j = 0; j < SPAN_SCALES; j++) {
        factors[j] = _mm256_mul_ps(w->scale[j], x->d[j]);
#if CK_OFFSET && CK_OFFSET != 128
        acc[1] = _mm256_fmadd_ps(factors[j], x->n[j], acc[1]);
#endif
    }
    CK_UNROLL
    for (int k = 0; k < SPAN_DOTS; k++) {
        const __m256i dot = dot_avx2(w->u + k * SPAN_DOT_U, x->x + k * SPAN_DOT_U);
        /* Each group's factor fills a half. */
        acc[k % 2] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot),
                                     _mm256_permutevar8x32_ps(factors[k / 4], lanes[k % 4]),
                                     acc[k % 2]);
    }
#if CK_HAS_MIN
    acc[1] = _mm256_fmadd_ps(w->min, x->s, acc[1]);
#endif
}

/* The sums of four registers. */
CK_TARGET_AVX2 CK_INLINE __m128 sums_of_four(const __m256 v[4]) {
    const __m256 all =
        _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}

/* R rows times T tokens, row after row, in the order in which they are asked for. */
CK_TARGET_AVX2 CK_INLINE void gemv_rows_avx2(const ck_matmul *m, size_t row, const x_span *x,
                                             size_t token, ck_stream *stream, const int R,
                                             const int T) {
    const size_t spans = m->cols / SPAN_COLS;
    const size_t left = m->cols % SPAN_COLS / CK_COLS * sizeof(CK_BLOCK);
    const char *next = stream->next;
    __m256 sums[4][4];
    __m256i lanes[SPAN_LANES];
    lanes_of_dots(lanes);
    for (int r = 0; r < R; r++) {
        const uint8_t *p = (const uint8_t *)m->weights + (row + (size_t)r) * m->row_bytes;
        const x_span *to = x;
        __m256 acc[4][2];
        CK_UNROLL
        for (int t = 0; t < T; t++) acc[t][0] = acc[t][1] = _mm256_setzero_ps();
        for (size_t i = 0; i < spans; i++, to += T, p += SPAN_BYTES) {
            if ((const char *)p >= next) next = ck_stream_ask(stream, (const char *)p);
            const span w = load_span(p);
            CK_UNROLL
            for (int t = 0; t < T; t++) add_span(acc[t], &w, to + t, lanes);
        }
        if (left > 0) {
            uint8_t last[SPAN_BYTES] = {0};
            __builtin_memcpy(last, p, left);
            const span w = load_span(last);
            CK_UNROLL
            for (int t = 0; t < T; t++) add_span(acc[t], &w, to + t, lanes);
        }
        CK_UNROLL
        for (int t = 0; t < T; t++) sums[t][r] = _mm256_add_ps(acc[t][0], acc[t][1]);
    }
    for (int t = 0; t < T; t++) {
        float *y = m->y + (token + (size_t)t) * m->y_stride + row;
        for (int r = R; r < 4; r++) sums[t][r] = _mm256_setzero_ps();
        __m128 value = sums_of_four(sums[t]);
        if (R == 4) {
            if (m->bias) value = _mm_add_ps(value, _mm_loadu_ps(m->bias + row));
            if (m->accumulate) value = _mm_add_ps(value, _mm_loadu_ps(y));
            _mm_storeu_ps(y, value);
        } else {
            float own = _mm_cvtss_f32(value) + (m->bias ? m->bias[row] : 0);
            *y = m->accumulate ? own + *y : own;
        }
    }
}

CK_GEMV(gemv_avx2, CK_TARGET_AVX2, x_span, SPAN_COLS, spread_tokens_avx2, gemv_rows_avx2)
