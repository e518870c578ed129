/* Attention of many queries with AVX-512 VNNI. As attention_vector.h has it, but the second product,
   output += P V, is one of 16-bit integers, which runs twice as fast: a position's values become
   integers with a scale, and the weights of a block's positions times these scales become integers with
   a scale of the query. Both are rounded by at most 1 / 11,584 of the greatest of them; values come
   from a cache of 16 or 8 bits. The first product stays one of floats, because keys have outliers and
   a softmax does not forgive.

   A query's result does not depend on what is computed with it: the scales are of single positions and
   single queries, and sums of integers are exact. */
#include "../Matmul/words.h"

/* 64 products of integers so great fit 32 bits. */
#define PEAK 5792
/* What is smaller counts as zero, so that its reciprocal is a number. */
#define LEAST_PEAK 1e-30f

/* exp(x) for x up to 0, to 17 bits. */
CK_TARGET CK_INLINE __m512 exp_of_negative(__m512 x) {
    const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87), _CMP_NLT_UQ);
    const __m512 magic = _mm512_set1_ps(12582912.0f); /* adding it rounds to an integer */
    const __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), magic);
    const __m512 n = _mm512_sub_ps(shifted, magic);
    const __m512 r = _mm512_fmadd_ps(n, _mm512_set1_ps(-0.69314718f), x);
    __m512 p = _mm512_set1_ps(1.0f / 120);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    const __m512i power = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_maskz_mov_ps(
        counts, _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), power)));
}

CK_TARGET CK_INLINE __m512i size_bits(__m512 x) {
    return _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
}

/* Two rows of values, floats, to words side by side, [dim][2]; their scales to scale[0] and [1]. */
CK_TARGET CK_INLINE void pack_values(const float *rows, size_t dim, int32_t *words, float *scale) {
    __m512 inverse[2];
    CK_UNROLL
    for (size_t j = 0; j < 2; j++) {
        /* As integers, so that what is not a number is the greatest. */
        __m512i greatest = _mm512_setzero_si512();
        for (size_t d = 0; d < dim; d += 16)
            greatest = _mm512_max_epi32(greatest, size_bits(_mm512_load_ps(rows + j * dim + d)));
        const float peak = ck_float_of_bits((uint32_t)_mm512_reduce_max_epi32(greatest));
        const bool none = peak < LEAST_PEAK;
        scale[j] = none ? 0 : peak * (1.0f / PEAK);
        inverse[j] = _mm512_set1_ps(none ? 0 : PEAK / peak);
    }
    for (size_t d = 0; d < dim; d += 16) {
        const __m512i a = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_load_ps(rows + d), inverse[0]));
        const __m512i b =
            _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_load_ps(rows + dim + d), inverse[1]));
        _mm512_store_si512(words + d,
                           _mm512_mask_blend_epi16(0xaaaaaaaa, a, _mm512_slli_epi32(b, 16)));
    }
}

/* out[r][0 ..< 16 V] += factor[r] * sum over `pairs` of weights[r][k] * values[k][...], R rows. */
CK_TARGET CK_INLINE void add_values(const int16_t *weights, const float *factor, const int32_t *values,
                                    float *out, size_t dim, size_t pairs, const int R, const int V) {
    __m512i acc[6][4];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int v = 0; v < V; v++) acc[r][v] = _mm512_setzero_si512();
    for (size_t k = 0; k < pairs; k++) {
        __m512i row[4];
        CK_UNROLL
        for (int v = 0; v < V; v++) row[v] = _mm512_load_si512(values + k * dim + 16 * v);
        CK_UNROLL
        for (int r = 0; r < R; r++) {
            int32_t pair;
            __builtin_memcpy(&pair, weights + r * POSITIONS + 2 * k, 4);
            const __m512i w = _mm512_set1_epi32(pair);
            CK_UNROLL
            for (int v = 0; v < V; v++) acc[r][v] = ck_add_pairs(acc[r][v], row[v], w);
        }
    }
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int v = 0; v < V; v++) {
            float *to = out + r * dim + 16 * v;
            _mm512_store_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[r][v]),
                                                _mm512_set1_ps(factor[r]), _mm512_load_ps(to)));
        }
}

CK_TARGET static void add_all_values(const int16_t *weights, const float *factor,
                                     const int32_t *values, float *out, size_t dim, size_t pairs,
                                     size_t rows) {
    for (size_t r = 0; r < rows;) {
        const size_t take = rows - r < 6 ? rows - r : 6;
        for (size_t d = 0; d < dim; d += d + 64 <= dim ? 64 : 16) {
            const int16_t *w = weights + r * POSITIONS;
            float *to = out + r * dim + d;
#define CK_CASE(R, V)                                                                              \
    case R: add_values(w, factor + r, values + d, to, dim, pairs, R, V); break;
#define CK_CASES(V)                                                                                \
    switch (take) {                                                                                \
        CK_CASE(6, V) CK_CASE(5, V) CK_CASE(4, V) CK_CASE(3, V) CK_CASE(2, V) CK_CASE(1, V)        \
    }
            if (d + 64 <= dim)
                CK_CASES(4)
            else
                CK_CASES(1)
#undef CK_CASES
#undef CK_CASE
        }
        r += take;
    }
}

typedef struct {
    float *q, *out, *scores, *peak, *factor; /* as in attention_over; [QUERIES] */
    float *total;                            /* [QUERIES][16] */
    float *scale;                            /* [POSITIONS]: of the values of a position */
    int16_t *weights;                        /* [QUERIES][POSITIONS] */
} words_space;

/* The scores of query i to weights, of which n16 may be seen: words, the factor that turns their
   products to numbers, and their sum added to the query's. */
CK_TARGET CK_INLINE void weigh_words(const words_space *s, size_t i, size_t n16, size_t dim) {
    const float *score = s->scores + i * POSITIONS;
    __m512 greatest = _mm512_load_ps(score);
    for (size_t j = 16; j < n16; j += 16)
        greatest = _mm512_max_ps(greatest, _mm512_load_ps(score + j));
    const float highest = _mm512_reduce_max_ps(greatest);
    __m512 total = _mm512_load_ps(s->total + 16 * i);
    if (highest > s->peak[i]) {
        const __m512 fading = exp_of_negative(_mm512_set1_ps(s->peak[i] - highest));
        for (size_t d = 0; d < dim; d += 16) {
            float *to = s->out + i * dim + d;
            _mm512_store_ps(to, _mm512_mul_ps(_mm512_load_ps(to), fading));
        }
        total = _mm512_mul_ps(total, fading);
        s->peak[i] = highest;
    }
    const __m512 peak = _mm512_set1_ps(s->peak[i]);
    __m512 weight[POSITIONS / 16];
    __m512i most = _mm512_setzero_si512();
    CK_UNROLL
    for (size_t v = 0; v < POSITIONS / 16; v++) {
        weight[v] = _mm512_setzero_ps();
        if (16 * v >= n16) continue;
        const __m512 e = exp_of_negative(_mm512_sub_ps(_mm512_load_ps(score + 16 * v), peak));
        total = _mm512_add_ps(total, e);
        weight[v] = _mm512_mul_ps(e, _mm512_load_ps(s->scale + 16 * v));
        most = _mm512_max_epi32(most, size_bits(weight[v]));
    }
    _mm512_store_ps(s->total + 16 * i, total);
    const float unit = ck_float_of_bits((uint32_t)_mm512_reduce_max_epi32(most));
    const bool none = unit < LEAST_PEAK;
    s->factor[i] = none ? 0 : unit * (1.0f / PEAK);
    const __m512 inverse = _mm512_set1_ps(none ? 0 : PEAK / unit);
    CK_UNROLL
    for (size_t v = 0; v < POSITIONS / 16; v++)
        _mm256_store_si256(
            (__m256i *)(s->weights + i * POSITIONS + 16 * v),
            _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(weight[v], inverse))));
}

/* In the same steps as attention_over, whose comments hold here too. */
CK_TARGET CK_INLINE void attention_words_over(const ck_attention *a, const ck_cache_type type,
                                              void *scratch) {
    const size_t dim = a->head_dim;
    const size_t row_bytes = a->row_bytes ? a->row_bytes : ck_cache_row_bytes(type, dim);
    float *keys = scratch;                               /* [dim][POSITIONS] */
    int32_t *values = (int32_t *)(keys + dim * POSITIONS); /* [POSITIONS / 2][dim] pairs */
    words_space s;
    s.q = (float *)(values + POSITIONS / 2 * dim);
    s.out = s.q + QUERIES * dim;
    s.scores = s.out + QUERIES * dim;
    s.weights = (int16_t *)(s.scores + QUERIES * POSITIONS);
    s.total = (float *)(s.weights + QUERIES * POSITIONS);
    s.scale = s.total + QUERIES * 16;
    s.peak = s.scale + POSITIONS;
    s.factor = s.peak + QUERIES;
    float *rows = s.factor + QUERIES; /* [2][dim] */

    const size_t all = a->tokens * a->heads;
    for (size_t q0 = 0; q0 < all; q0 += QUERIES) {
        const size_t count = all - q0 < QUERIES ? all - q0 : QUERIES;
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            const float *from = a->q + t * a->q_token_stride + h * a->q_head_stride;
            for (size_t d = 0; d < dim; d += 16) {
                _mm512_store_ps(s.q + i * dim + d, _mm512_mul_ps(_mm512_loadu_ps(from + d),
                                                                 _mm512_set1_ps(a->scale)));
                _mm512_store_ps(s.out + i * dim + d, _mm512_setzero_ps());
            }
            s.peak[i] = -__builtin_inff();
            _mm512_store_ps(s.total + 16 * i, _mm512_setzero_ps());
        }
        const size_t end = a->first_position + (q0 + count - 1) / a->heads + 1;
        const size_t last = a->first_position + q0 / a->heads + 1;
        const size_t begin =
            a->window && last > a->window ? (last - a->window) / POSITIONS * POSITIONS : 0;
        for (size_t p0 = begin; p0 < end; p0 += POSITIONS) {
            const size_t n = end - p0 < POSITIONS ? end - p0 : POSITIONS;
            const size_t n16 = (n + 15) & ~(size_t)15;
            for (size_t p = 0; p < n16; p += 16) {
                const char *page = a->pages[(p0 + p) / a->page_size];
                const size_t offset = (p0 + p) % a->page_size * row_bytes;
                load_keys(page + a->k_offset + offset, row_bytes, type, dim, dim, keys + p);
                const char *v = page + a->v_offset + offset;
                for (size_t j = p; j < p + 16; j += 2, v += 2 * row_bytes) {
                    for (size_t k = 0; k < 2; k++)
                        if (j + k < n)
                            load_row(v + k * row_bytes, type, dim, dim, rows + k * dim);
                        else
                            for (size_t d = 0; d < dim; d++) rows[k * dim + d] = 0;
                    pack_values(rows, dim, values + j / 2 * dim, s.scale + j);
                }
            }
            const size_t hidden =
                p0 > a->first_position ? (p0 - a->first_position) * a->heads : 0;
            const size_t i0 = hidden > q0 ? hidden - q0 : 0;
            multiply_rows(s.q + i0 * dim, dim, keys, POSITIONS, s.scores + i0 * POSITIONS,
                          POSITIONS, dim, false, count - i0, n16);
            for (size_t i = i0; i < count; i++) {
                float *score = s.scores + i * POSITIONS;
                const size_t seen = a->first_position + (q0 + i) / a->heads + 1 - p0;
                for (size_t j = seen; j < n16; j++) score[j] = -__builtin_inff();
                if (a->window && p0 + seen > a->window) {
                    const size_t gone = p0 + seen - a->window;
                    if (gone >= p0 + n16) {
                        for (size_t j = 0; j < POSITIONS; j++) s.weights[i * POSITIONS + j] = 0;
                        s.factor[i] = 0;
                        continue;
                    }
                    for (size_t j = p0; j < gone; j++) score[j - p0] = -__builtin_inff();
                }
                weigh_words(&s, i, n16, dim);
            }
            add_all_values(s.weights + i0 * POSITIONS, s.factor + i0, values, s.out + i0 * dim, dim,
                           n16 / 2, count - i0);
        }
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            float *y = a->out + t * a->out_token_stride + h * a->out_head_stride;
            const float factor = 1 / _mm512_reduce_add_ps(_mm512_load_ps(s.total + 16 * i));
            for (size_t d = 0; d < dim; d++) y[d] = s.out[i * dim + d] * factor;
        }
    }
}

CK_TARGET static void attention_or_words(const ck_attention *a, void *scratch) {
    const bool fits = a->many && !a->positions && a->head_dim % 16 == 0;
    if (fits && a->cache == CK_CACHE_F16)
        attention_words_over(a, CK_CACHE_F16, scratch);
    else if (fits && a->cache == CK_CACHE_Q8_0 && a->head_dim % 32 == 0)
        attention_words_over(a, CK_CACHE_Q8_0, scratch);
    else
        attention(a, scratch);
}
#define CK_ATTENTION attention_or_words
