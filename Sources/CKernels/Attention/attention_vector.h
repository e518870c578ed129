/* Attention over vectors of CK_LANES floats, in blocks of queries and positions. Both products of
   a block, scores = Q K^T and output += P V, run through one register-blocked kernel; keys are
   turned for it once per block of positions, so that positions lie side by side.

   A query's result depends neither on how many tokens or heads are computed with it nor on the
   size of pages: blocks of positions begin at multiples of 64, and every sum runs in order. */

enum { QUERIES = 96, POSITIONS = 64 };

/* Weights are exp(score - peak). The peak is a score that was the greatest once: another one replaces it
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

CK_TARGET static void multiply_rows(const float *a, size_t lda, const float *b, size_t ldb,
                                    float *c, size_t ldc, size_t n, const bool add, size_t rows,
                                    size_t cols) {
    enum { wide = CK_LANES == 16 ? 4 : 2, tall = 6 };
    for (size_t r = 0; r < rows;) {
        const size_t left = rows - r;
        const size_t take = left >= tall ? tall : left;
        const float *ar = a + r * lda;
        float *cr = c + r * ldc;
        size_t j = 0;
#define CK_STEP(R, V)                                                                              \
    if (add)                                                                                       \
        multiply(ar, lda, b + j, ldb, cr + j, ldc, n, true, R, V);                                 \
    else                                                                                           \
        multiply(ar, lda, b + j, ldb, cr + j, ldc, n, false, R, V)
#define CK_SWITCH(V)                                                                               \
    switch (take) {                                                                                \
    case 6: CK_STEP(6, V); break;                                                                  \
    case 5: CK_STEP(5, V); break;                                                                  \
    case 4: CK_STEP(4, V); break;                                                                  \
    case 3: CK_STEP(3, V); break;                                                                  \
    case 2: CK_STEP(2, V); break;                                                                  \
    default: CK_STEP(1, V); break;                                                                 \
    }
        for (; j + wide * CK_LANES <= cols; j += wide * CK_LANES) CK_SWITCH(wide)
        for (; j < cols; j += CK_LANES) CK_SWITCH(1)
#undef CK_SWITCH
#undef CK_STEP
        r += take;
    }
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

CK_TARGET CK_INLINE void attention_over(const ck_attention *a, const ck_cache_type type,
                                        void *scratch) {
    const size_t dim = a->head_dim, padded = (dim + 15) & ~(size_t)15;
    const size_t row_bytes = a->row_bytes ? a->row_bytes : ck_cache_row_bytes(type, dim);
    float *keys = scratch;                       /* [padded][POSITIONS] */
    float *values = keys + padded * POSITIONS;   /* [POSITIONS][padded] */
    float *q = values + POSITIONS * padded;      /* [QUERIES][padded] */
    float *out = q + QUERIES * padded;           /* [QUERIES][padded] */
    float *scores = out + QUERIES * padded;      /* [QUERIES][POSITIONS] */
    float *peak = scores + QUERIES * POSITIONS;  /* [QUERIES] */
    float *total = peak + QUERIES;               /* [QUERIES][CK_LANES]: parts of the sum of weights */

    const size_t all = a->tokens * a->heads;
    for (size_t q0 = 0; q0 < all; q0 += QUERIES) {
        const size_t count = all - q0 < QUERIES ? all - q0 : QUERIES;
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            const float *from = a->q + t * a->q_token_stride + h * a->q_head_stride;
            load_row(from, CK_CACHE_F32, dim, padded, q + i * padded);
            for (size_t d = 0; d < padded; d++) {
                q[i * padded + d] *= a->scale;
                out[i * padded + d] = 0;
            }
            peak[i] = -__builtin_inff();
            store(total + i * CK_LANES, splat(0));
        }
        const size_t end =
            a->positions ? a->positions : a->first_position + (q0 + count - 1) / a->heads + 1;
        /* Blocks that even the first query of these does not see are left out. */
        const size_t last = a->first_position + q0 / a->heads + 1;
        const size_t begin =
            a->window && last > a->window ? (last - a->window) / POSITIONS * POSITIONS : 0;
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
            const size_t i0 = hidden > q0 ? hidden - q0 : 0;
            multiply_rows(q + i0 * padded, padded, keys, POSITIONS, scores + i0 * POSITIONS,
                          POSITIONS, dim, false, count - i0, n16);
            for (size_t i = i0; i < count; i++) {
                float *s = scores + i * POSITIONS;
                const size_t seen =
                    a->positions ? n : a->first_position + (q0 + i) / a->heads + 1 - p0;
                for (size_t j = seen; j < n16; j++) s[j] = -__builtin_inff();
                if (a->window && p0 + seen > a->window) {
                    const size_t gone = p0 + seen - a->window;
                    if (gone >= p0 + n16) {
                        /* Nothing of the block is left: weights of zero change no sum. */
                        for (size_t j = 0; j < n16; j++) s[j] = 0;
                        continue;
                    }
                    for (size_t j = p0; j < gone; j++) s[j - p0] = -__builtin_inff();
                }
                vf m = load(s);
                for (size_t j = CK_LANES; j < n16; j += CK_LANES) {
                    const vf v = load(s + j);
                    m = choose(v > m, v, m);
                }
                const float highest = max_of(m);
                vf sum = load(total + i * CK_LANES);
                if (highest > peak[i] + PEAK_SLACK) {
                    const vf factor = exp_of(splat(peak[i] - highest));
                    for (size_t d = 0; d < padded; d += CK_LANES)
                        store(out + i * padded + d, load(out + i * padded + d) * factor);
                    sum *= factor;
                    peak[i] = highest;
                }
                for (size_t j = 0; j < n16; j += CK_LANES) {
                    const vf e = exp_of(load(s + j) - splat(peak[i]));
                    store(s + j, e);
                    sum += e;
                }
                store(total + i * CK_LANES, sum);
            }
            multiply_rows(scores + i0 * POSITIONS, POSITIONS, values, padded, out + i0 * padded,
                          padded, n16, true, count - i0, padded);
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
