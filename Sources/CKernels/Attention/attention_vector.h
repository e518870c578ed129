/* Attention over vectors of CK_LANES floats, in blocks of queries and positions. Both products of
   a block, scores = Q K^T and output += P V, run through one register-blocked kernel for a few queries
   at a time; keys are turned for it once per block of positions, so that positions lie side by side.

   A query's result depends neither on how many tokens or heads are computed with it nor on the
   size of pages: blocks of positions begin at multiples of 64, and every sum runs in order. */

enum { QUERIES = CK_LANES == 16 ? 192 : 96, POSITIONS = 64 };

/* Weights are power_of(score - peak). The peak is a score that was the greatest once: another one replaces it
   only where it is greater by so much, so that sums are seldom scaled anew and weights stay small. */
#define PEAK_SLACK 8.0f

/* C[r][0 ..< V * CK_LANES] = (C +) sum over k of a[r][k] * b[k][...]. */
CK_TARGET CK_INLINE void multiply(const float *a, size_t lda, const float *b, size_t ldb, float *c,
                                  size_t ldc, size_t n, const bool add, const int R, const int V) {
    vf acc[8][4];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int v = 0; v < V; v++)
            acc[r][v] = add ? load(c + r * ldc + v * CK_LANES) : splat(0);
    for (size_t k = 0; k < n; k++) {
        vf row[4];
        CK_UNROLL
        for (int v = 0; v < V; v++) row[v] = load(b + k * ldb + v * CK_LANES);
        CK_UNROLL
        for (int r = 0; r < R; r++) {
            const vf x = splat(a[r * lda + k]);
            CK_UNROLL
            for (int v = 0; v < V; v++) acc[r][v] = fma_(x, row[v], acc[r][v]);
        }
    }
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int v = 0; v < V; v++) store(c + r * ldc + v * CK_LANES, acc[r][v]);
}

/* Queries that are taken together. */
enum { TALL = 6 };

CK_TARGET CK_INLINE void multiply_rows(const float *a, size_t lda, const float *b, size_t ldb,
                                       float *c, size_t ldc, size_t n, const bool add, size_t rows,
                                       size_t cols) {
    enum { wide = CK_LANES == 16 ? 4 : 2 };
    size_t j = 0;
#define CK_SWITCH(V)                                                                               \
    switch (rows) {                                                                                \
    case 6: multiply(a, lda, b + j, ldb, c + j, ldc, n, add, 6, V); break;                         \
    case 5: multiply(a, lda, b + j, ldb, c + j, ldc, n, add, 5, V); break;                         \
    case 4: multiply(a, lda, b + j, ldb, c + j, ldc, n, add, 4, V); break;                         \
    case 3: multiply(a, lda, b + j, ldb, c + j, ldc, n, add, 3, V); break;                         \
    case 2: multiply(a, lda, b + j, ldb, c + j, ldc, n, add, 2, V); break;                         \
    default: multiply(a, lda, b + j, ldb, c + j, ldc, n, add, 1, V); break;                        \
    }
    for (; j + wide * CK_LANES <= cols; j += wide * CK_LANES) CK_SWITCH(wide)
    for (; j < cols; j += CK_LANES) CK_SWITCH(1)
#undef CK_SWITCH
}

/* Out of line: one body of each for all types of caches. */
CK_TARGET static __attribute__((noinline)) void
score_rows(const float *q, size_t dim, size_t stride, const float *keys, float *scores, size_t rows,
           size_t positions) {
    multiply_rows(q, stride, keys, POSITIONS, scores, POSITIONS, dim, false, rows, positions);
}

CK_TARGET static __attribute__((noinline)) void
add_rows(const float *weights, const float *values, size_t padded, float *out, size_t rows,
         size_t positions) {
    multiply_rows(weights, POSITIONS, values, padded, out, padded, positions, true, rows, padded);
}

/* CK_LANES elements of a row, from the d-th. Q8_0 has them up to the end of the last block. */
CK_TARGET CK_INLINE vf load_part(const void *row, const ck_cache_type type, size_t d) {
    if (type == CK_CACHE_F32) return load((const float *)row + d);
    if (type == CK_CACHE_F16) return load_f16((const uint16_t *)row + d);
    const char *block = (const char *)row + d / 32 * 34;
    uint16_t scale;
    __builtin_memcpy(&scale, block, 2);
    return __builtin_convertvector(*(const vb_any *)(block + 2 + d % 32), vf)
           * splat(ck_half(scale));
}

/* One row of the cache as floats, then zeros up to `padded`, a multiple of 16. */
CK_TARGET CK_INLINE void load_row(const void *row, const ck_cache_type type, size_t n,
                                  size_t padded, float *y) {
    size_t i = 0;
    const size_t whole = type == CK_CACHE_Q8_0 ? padded : n;
    for (; i + CK_LANES <= whole; i += CK_LANES) store(y + i, load_part(row, type, i));
    for (; i < n; i++)
        y[i] = type == CK_CACHE_F32 ? ((const float *)row)[i] : ck_half(((const uint16_t *)row)[i]);
    for (; i < padded; i++) y[i] = 0;
}

/* 16 keys side by side: keys[d * POSITIONS + j] = key j, dimension d. */
CK_TARGET CK_INLINE void load_keys(const char *rows, size_t row_bytes, const ck_cache_type type,
                                   size_t n, size_t padded, float *keys) {
#if CK_LANES == 16
    if (n == padded) {
        for (size_t d = 0; d < n; d += 16) {
            __m512i v[16];
            CK_UNROLL
            for (int j = 0; j < 16; j++) {
                const char *row = rows + j * row_bytes;
                v[j] = (__m512i)load_part(row, type, d);
            }
            ck_transpose16(v);
            CK_UNROLL
            for (int j = 0; j < 16; j++) _mm512_store_si512(keys + (d + j) * POSITIONS, v[j]);
        }
        return;
    }
#endif
    CK_UNROLL
    for (int j = 0; j < 16; j++) {
        float row[512];
        load_row(rows + j * row_bytes, type, n, padded, row);
        for (size_t d = 0; d < padded; d++) keys[d * POSITIONS + j] = row[d];
    }
}

/* A block's scores of a query that sees `first` ..< `seen` of its n positions, a multiple of 16, become weights; sums
   of what was before are scaled with them. */
CK_TARGET CK_INLINE void weigh_row(float *s, size_t first, size_t seen, size_t n, float *peak,
                                   float *total, float *out, size_t padded) {
    for (size_t j = 0; j < first; j++) s[j] = -__builtin_inff();
    for (size_t j = seen; j < n; j++) s[j] = -__builtin_inff();
    vf m = load(s);
    for (size_t j = CK_LANES; j < n; j += CK_LANES) {
        const vf v = load(s + j);
        m = choose(v > m, v, m);
    }
    const float highest = max_of(m);
    vf sum = load(total);
    if (highest > *peak + PEAK_SLACK) {
        const vf factor = power_of(splat(*peak - highest));
        for (size_t d = 0; d < padded; d += CK_LANES) store(out + d, load(out + d) * factor);
        sum *= factor;
        *peak = highest;
    }
    for (size_t j = 0; j < n; j += CK_LANES) {
        const vf e = power_of(load(s + j) - splat(*peak));
        store(s + j, e);
        sum += e;
    }
    store(total, sum);
}

CK_TARGET CK_INLINE void attention_over(const ck_attention *a, const ck_cache_type type,
                                        void *scratch) {
    const size_t dim = a->head_dim, padded = (dim + 15) & ~(size_t)15;
    const size_t row_bytes = a->row_bytes ? a->row_bytes : ck_cache_row_bytes(type, dim);
    float *keys = scratch;                     /* [padded][POSITIONS] */
    float *values = keys + padded * POSITIONS; /* [POSITIONS][padded] */
    float *q = values + POSITIONS * padded;    /* [QUERIES][padded] */
    float *out = q + QUERIES * padded;         /* [QUERIES][padded] */
    float *scores = out + QUERIES * padded;    /* [TALL][POSITIONS] */
    float *peak = scores + TALL * POSITIONS;   /* [QUERIES] */
    float *total = peak + QUERIES;             /* [QUERIES][CK_LANES]: parts of the sum of weights */

    const size_t all = a->tokens * a->heads;
    for (size_t q0 = 0; q0 < all; q0 += QUERIES) {
        const size_t count = all - q0 < QUERIES ? all - q0 : QUERIES;
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            const float *from = a->q + t * a->q_token_stride + h * a->q_head_stride;
            load_row(from, CK_CACHE_F32, dim, padded, q + i * padded);
            for (size_t d = 0; d < padded; d++) {
                q[i * padded + d] *= a->scale * POWER_FACTOR;
                out[i * padded + d] = 0;
            }
            peak[i] = -__builtin_inff();
            store(total + i * CK_LANES, splat(0));
        }
        const size_t end =
            a->positions ? a->positions : a->first_position + (q0 + count - 1) / a->heads + 1;
        /* Blocks that even the first query of these does not see are left out. */
        const size_t own = a->first_position + q0 / a->heads + 1;
        const size_t begin =
            a->window && own > a->window ? (own - a->window) / POSITIONS * POSITIONS : 0;
        for (size_t p0 = begin; p0 < end; p0 += POSITIONS) {
            const size_t n = end - p0 < POSITIONS ? end - p0 : POSITIONS;
            const size_t n16 = (n + 15) & ~(size_t)15;
            for (size_t p = 0; p < n16; p += 16) {
                const char *page = a->pages[(p0 + p) / a->page_size];
                const size_t offset = (p0 + p) % a->page_size * row_bytes;
                load_keys(page + a->k_offset + offset, row_bytes, type, dim, padded, keys + p);
                const char *v = page + a->v_offset + offset;
                for (size_t j = p; j < p + 16; j++, v += row_bytes) {
                    if (j < n)
                        load_row(v, type, dim, padded, values + j * padded);
                    else /* never written: may be NaN */
                        for (size_t d = 0; d < padded; d++) values[j * padded + d] = 0;
                }
            }
            /* Queries stand in order of tokens: the first ones may not see this block. */
            const size_t hidden = !a->positions && p0 > a->first_position
                                      ? (p0 - a->first_position) * a->heads
                                      : 0;
            for (size_t i = hidden > q0 ? hidden - q0 : 0, take; i < count; i += take) {
                /* The last ones evenly. */
                const size_t left = count - i;
                take = left <= TALL ? left : left < 2 * TALL ? (left + 1) / 2 : TALL;
                size_t sees[TALL], gone[TALL], some = 0;
                CK_UNROLL
                for (size_t r = 0; r < TALL; r++) {
                    const size_t own = a->first_position + (q0 + i + r) / a->heads + 1;
                    sees[r] = a->positions || own - p0 > n ? n : own - p0;
                    const size_t before = a->window && own > a->window ? own - a->window : 0;
                    gone[r] = before > p0 ? before - p0 : 0;
                    if (r < take) some = sees[r];
                }
                /* Positions behind the last query's own have no weight. */
                const size_t near = (some + 15) & ~(size_t)15;
                score_rows(q + i * padded, dim, padded, keys, scores, take, near);
                for (size_t r = 0; r < take; r++) {
                    float *s = scores + r * POSITIONS;
                    if (gone[r] < sees[r])
                        weigh_row(s, gone[r], sees[r], near, peak + i + r,
                                  total + (i + r) * CK_LANES, out + (i + r) * padded, padded);
                    else /* nothing of the block is left: weights of zero change no sum */
                        for (size_t j = 0; j < near; j++) s[j] = 0;
                }
                add_rows(scores, values, padded, out + i * padded, take, near);
            }
        }
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            float *y = a->out + t * a->out_token_stride + h * a->out_head_stride;
            const float factor = 1 / sum_of(load(total + i * CK_LANES));
            for (size_t d = 0; d < dim; d++) y[d] = out[i * padded + d] * factor;
        }
    }
}

/* A body for each type: what depends on it is decided outside of the loops. */
CK_TARGET static void attention(const ck_attention *a, void *scratch) {
    switch (a->cache) {
    case CK_CACHE_F16: attention_over(a, CK_CACHE_F16, scratch); break;
    case CK_CACHE_F32: attention_over(a, CK_CACHE_F32, scratch); break;
    case CK_CACHE_Q8_0: attention_over(a, CK_CACHE_Q8_0, scratch); break;
    }
}
