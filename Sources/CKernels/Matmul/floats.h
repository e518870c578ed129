/* The products of F32, F16 and BF16 over vectors of CK_LANES floats. Several rows times several
   tokens stay in registers, columns across lanes; a sum's order depends on nothing but the number of
   columns. x86 takes F16 and BF16 as words where the tokens are words too. */

#include "../vectors.h"
#include "floats_tables.h"
#include "stream.h"

typedef enum { F32, F16, BF16 } element;

CK_TARGET CK_INLINE vf load_weights(const char *w, const element kind) {
    return kind == F32 ? load((const float *)w) : kind == F16 ? load_f16(w) : load_bf16(w);
}

/* Sums of a row's and a token's products: one after the other would wait for itself where registers are short.
   Vectors of columns go to them in turn. */
enum { CHAINS = CK_LANES == 16 ? 1 : 2 };

/* R rows from `w`, `row_bytes` apart, times T tokens. */
CK_TARGET CK_INLINE void rows_tokens(const ck_matmul *m, const char *w, size_t row_bytes,
                                     const element kind, size_t row, size_t token,
                                     ck_stream *stream, const int R, const int T) {
    const size_t size = kind == F32 ? 4 : 2;
    const char *x = (const char *)m->x + token * m->x_stride;
    const char *next = R == 1 && stream ? stream->next : (const char *)UINTPTR_MAX;
    vf acc[CHAINS][4][6];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int t = 0; t < T; t++)
            CK_UNROLL
            for (int c = 0; c < CHAINS; c++) acc[c][r][t] = splat(0);
    size_t k = 0;
    for (; k + CHAINS * CK_LANES <= m->cols; k += CHAINS * CK_LANES) {
        if (R == 1 && w + k * size >= next) next = ck_stream_ask(stream, w + k * size);
        CK_UNROLL
        for (int c = 0; c < CHAINS; c++) {
            const size_t at = k + (size_t)c * CK_LANES;
            vf rows[4];
            CK_UNROLL
            for (int r = 0; r < R; r++)
                rows[r] = load_weights(w + r * row_bytes + at * size, kind);
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const vf v = load((const float *)(x + t * m->x_stride) + at);
                CK_UNROLL
                for (int r = 0; r < R; r++) acc[c][r][t] = fma_(rows[r], v, acc[c][r][t]);
            }
        }
    }
    CK_UNROLL
    for (int c = 0; c < CHAINS; c++, k += CK_LANES) {
        if (k >= m->cols) break;
        const size_t left = m->cols - k < CK_LANES ? m->cols - k : CK_LANES;
        vf rows[4];
        CK_UNROLL
        for (int r = 0; r < R; r++) {
            _Alignas(64) char some[CK_LANES * 4] = {0};
            __builtin_memcpy(some, w + r * row_bytes + k * size, left * size);
            rows[r] = load_weights(some, kind);
        }
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            const vf v = load_some((const float *)(x + t * m->x_stride) + k, left, 0);
            CK_UNROLL
            for (int r = 0; r < R; r++) acc[0][r][t] = fma_(rows[r], v, acc[0][r][t]);
        }
    }
    CK_UNROLL
    for (int t = 0; t < T; t++)
        CK_UNROLL
        for (int r = 0; r < R; r++) {
            float *y = m->y + (token + t) * m->y_stride + row + r;
            const vf sum = CHAINS == 1 ? acc[0][r][t] : acc[0][r][t] + acc[CHAINS - 1][r][t];
            const float value = sum_of(sum) + (m->bias ? m->bias[row + r] : 0);
            *y = m->accumulate ? *y + value : value;
        }
}

/* Rows `row` ..< `end` from `w` times all tokens. */
CK_TARGET CK_INLINE void rows_all_tokens(const ck_matmul *m, const char *w, size_t row_bytes,
                                         const element kind, size_t row, size_t end,
                                         ck_stream *stream) {
    enum { wide = CK_LANES == 8 ? 2 : 6, tall = CK_LANES == 8 ? 3 : 4 };
    for (size_t t = 0; t < m->tokens;) {
        const size_t left = m->tokens - t;
        const size_t take = left >= wide ? wide : left;
        size_t r = row;
        const char *from = w;
        /* With few tokens memory sets the pace, and rows are read in the order in which they are asked
           for. */
        if (m->tokens <= 4) {
            for (; r < end; r++, from += row_bytes)
                switch (take) {
                case 4: rows_tokens(m, from, row_bytes, kind, r, t, stream, 1, 4); break;
                case 3: rows_tokens(m, from, row_bytes, kind, r, t, stream, 1, 3); break;
                case 2: rows_tokens(m, from, row_bytes, kind, r, t, stream, 1, 2); break;
                default: rows_tokens(m, from, row_bytes, kind, r, t, stream, 1, 1); break;
                }
        }
        for (; r + tall <= end; r += tall, from += tall * row_bytes)
            switch (take) {
#if CK_LANES != 8
            case 6: rows_tokens(m, from, row_bytes, kind, r, t, NULL, tall, 6); break;
            case 5: rows_tokens(m, from, row_bytes, kind, r, t, NULL, tall, 5); break;
            case 4: rows_tokens(m, from, row_bytes, kind, r, t, NULL, tall, 4); break;
#endif
            case 3: rows_tokens(m, from, row_bytes, kind, r, t, NULL, tall, 3); break;
            case 2: rows_tokens(m, from, row_bytes, kind, r, t, NULL, tall, 2); break;
            default: rows_tokens(m, from, row_bytes, kind, r, t, NULL, tall, 1); break;
            }
        for (; r < end; r++, from += row_bytes)
            for (size_t i = 0; i < take; i++)
                rows_tokens(m, from, row_bytes, kind, r, t + i, NULL, 1, 1);
        t += take;
    }
}

#if CK_LANES == 16
#include "words_avx512.h"
#elif CK_LANES == 8
#include "words_floats_avx2.h"
#endif

CK_TARGET CK_INLINE void matmul_floats(const ck_matmul *m, size_t row0, size_t row1, void *scratch,
                                       const element kind) {
#if CK_LANES == 16
    if (m->form == CK_ACT_I16) {
        matmul_words(m, row0, row1, scratch, kind);
        return;
    }
#elif CK_LANES == 8
    if (m->form == CK_ACT_I16) {
        matmul_words(m, row0, row1, scratch, 2 * CK_WORDS_BLOCK,
                     kind == F16 ? unpack_f16 : unpack_bf16);
        return;
    }
#endif
    ck_stream stream = ck_stream_begin(m, row0, row1, 0);
    for (size_t row = row0; row < row1; row += 16) {
        const size_t end = row1 - row < 16 ? row1 : row + 16;
        const char *w = (const char *)m->weights + row * m->row_bytes;
        if (kind == F32 || m->tokens <= CK_FLOATS_FEW) {
            rows_all_tokens(m, w, m->row_bytes, kind, row, end, &stream);
            continue;
        }
        const size_t stride = ck_align64(m->cols * 4);
        for (size_t r = row; r < end; r++) {
            float *to = (float *)((char *)scratch + (r - row) * stride);
            const char *from = w + (r - row) * m->row_bytes;
            size_t k = 0;
            for (; k + CK_LANES <= m->cols; k += CK_LANES)
                store(to + k, load_weights(from + k * 2, kind));
            if (k < m->cols) {
                _Alignas(64) char some[CK_LANES * 4] = {0};
                __builtin_memcpy(some, from + k * 2,
                                 (m->cols - k) * 2);
                store_some(to + k, load_weights(some, kind), m->cols - k);
            }
        }
        rows_all_tokens(m, scratch, stride, F32, row, end, NULL);
    }
}

#define CK_FLOATS(name, kind)                                                                      \
    CK_TARGET void name(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {             \
        matmul_floats(m, row0, row1, scratch, kind);                                               \
    }
