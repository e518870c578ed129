/* The order in which few tokens are multiplied: four of them at a time, laid out in the scratch
   memory as type X for every `columns` columns, by `rows_of`, which takes four rows or one. */
#ifndef CK_GEMV_H
#define CK_GEMV_H

#include "stream.h"

#define CK_GEMV(name, target, X, columns, spread, rows_of)                                         \
    target static void name(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {         \
        const size_t steps = (m->cols + columns - 1) / columns;                                    \
        /* The share's first weights come while tokens are laid out: it begins slowly. */          \
        ck_stream stream = ck_stream_begin(m, row0, row1, 0);                                      \
        for (size_t t = 0; t < m->tokens; t += 4) {                                                \
            const size_t count = m->tokens - t < 4 ? m->tokens - t : 4;                            \
            spread(m, t, count, (X *)scratch + t * steps);                                         \
        }                                                                                          \
        for (size_t row = row0; row < row1; row += 16) {                                           \
            const size_t end = row1 - row < 16 ? row1 : row + 16;                                  \
            /* Later tokens find the 16 rows in the nearest cache. */                              \
            for (size_t t = 0; t < m->tokens; t += 4) {                                            \
                const X *x = (X *)scratch + t * steps;                                             \
                size_t r = row;                                                                    \
                switch (m->tokens - t) {                                                           \
                case 1: CK_GEMV_ROWS(rows_of, 1);                                                  \
                case 2: CK_GEMV_ROWS(rows_of, 2);                                                  \
                case 3: CK_GEMV_ROWS(rows_of, 3);                                                  \
                default: CK_GEMV_ROWS(rows_of, 4);                                                 \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

#define CK_GEMV_ROWS(rows_of, T)                                                                   \
    for (; r + 4 <= end; r += 4) rows_of(m, r, x, t, &stream, 4, T);                               \
    for (; r < end; r++) rows_of(m, r, x, t, &stream, 1, T);                                       \
    break

#endif
