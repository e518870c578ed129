/* Few tokens for AVX2: weights stream from memory once, straight from their blocks into registers, a span
   at a time. The activations are laid out in that order beforehand, with the scales spread over the lanes
   of the sums, and with the sums' starting values that take the weights' offset back. The order of every
   sum depends on nothing but the number of columns. */

#include "../act.h"

/* Bytes by which weights are asked for in advance. */
enum { SPAN_AHEAD = 4096 };

typedef struct {
    __m256i x[SPAN_U];
    __m256 d[SPAN_DOTS];
#if CK_OFFSET && CK_OFFSET != 128
    __m256i start[SPAN_DOTS];
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
            for (size_t k = 0; k < SPAN_DOTS; k++) {
                _Alignas(32) float spread[8];
                for (size_t lane = 0; lane < 8; lane++) {
                    const size_t b = (i * SPAN_COLS + (2 * k + lane / 4) * CK_GROUP) / 32;
                    spread[lane] = b < l.blocks ? d[b] : 0;
                }
                to->d[k] = _mm256_load_ps(spread);
#if CK_OFFSET && CK_OFFSET != 128
                __m256i offsets[SPAN_DOT_U];
                for (size_t v = 0; v < SPAN_DOT_U; v++) offsets[v] = _mm256_set1_epi8(CK_OFFSET);
                to->start[k] = _mm256_sub_epi32(_mm256_setzero_si256(),
                                                dot_avx2(offsets, to->x + k * SPAN_DOT_U));
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
CK_TARGET_AVX2 CK_INLINE void add_span(__m256 acc[2], const span *w, const __m256 scale[SPAN_DOTS],
                                       const x_span *x) {
    CK_UNROLL
    for (int k = 0; k < SPAN_DOTS; k++) {
        __m256i dot = dot_avx2(w->u + k * SPAN_DOT_U, x->x + k * SPAN_DOT_U);
#if CK_OFFSET && CK_OFFSET != 128
        dot = _mm256_add_epi32(dot, x->start[k]);
#endif
        acc[k % 2] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(scale[k], x->d[k]),
                                     acc[k % 2]);
    }
#if CK_HAS_MIN
    acc[0] = _mm256_fmadd_ps(w->min, x->s, acc[0]);
#endif
}

/* One row times T tokens: one ascending stream lets the processor run far ahead in memory. */
CK_TARGET_AVX2 CK_INLINE void gemv_row_avx2(const ck_matmul *m, size_t row, const x_span *x,
                                            size_t token, const int T) {
    const uint8_t *p = (const uint8_t *)m->weights + row * m->row_bytes;
    const size_t spans = m->cols / SPAN_COLS;
    const size_t left = m->cols % SPAN_COLS / CK_COLS * sizeof(CK_BLOCK);
    __m256 acc[4][2];
    CK_UNROLL
    for (int t = 0; t < T; t++) acc[t][0] = acc[t][1] = _mm256_setzero_ps();
    uint8_t last[SPAN_BYTES];
    for (size_t i = 0; i < spans + (left > 0); i++, x += T, p += SPAN_BYTES) {
        if (i < spans) {
            CK_UNROLL
            for (int j = 0; j < SPAN_BYTES; j += 64) _mm_prefetch(p + SPAN_AHEAD + j, _MM_HINT_T1);
        } else {
            __builtin_memset(last, 0, sizeof last);
            __builtin_memcpy(last, p, left);
            p = last;
        }
        const span w = load_span(p);
        __m256 scale[SPAN_DOTS];
        CK_UNROLL
        for (int k = 0; k < SPAN_DOTS; k++) scale[k] = spread_of_dot(w.scale, k);
        CK_UNROLL
        for (int t = 0; t < T; t++) add_span(acc[t], &w, scale, x + t);
    }
    CK_UNROLL
    for (int t = 0; t < T; t++) {
        const __m256 sum = _mm256_add_ps(acc[t][0], acc[t][1]);
        __m128 v = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
        v = _mm_add_ps(v, _mm_movehl_ps(v, v));
        const float value = _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v))) +
                            (m->bias ? m->bias[row] : 0);
        float *y = m->y + (token + t) * m->y_stride + row;
        *y = m->accumulate ? *y + value : value;
    }
}

CK_TARGET_AVX2 static void gemv_avx2(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {
    const size_t spans = (m->cols + SPAN_COLS - 1) / SPAN_COLS;
    for (size_t t = 0; t < m->tokens; t += 4)
        spread_tokens_avx2(m, t, m->tokens - t < 4 ? m->tokens - t : 4,
                           (x_span *)scratch + t * spans);
    for (size_t row = row0; row < row1; row += 16) {
        const size_t end = row1 - row < 16 ? row1 : row + 16;
        /* Later tokens find the 16 rows in the nearest cache. */
        for (size_t t = 0; t < m->tokens; t += 4) {
            const x_span *x = (x_span *)scratch + t * spans;
#define CK_ROWS(T)                                                                                 \
    for (size_t r = row; r < end; r++) gemv_row_avx2(m, r, x, t, T);                               \
    break
            switch (m->tokens - t) {
            case 1: CK_ROWS(1);
            case 2: CK_ROWS(2);
            case 3: CK_ROWS(3);
            default: CK_ROWS(4);
            }
#undef CK_ROWS
        }
    }
}
