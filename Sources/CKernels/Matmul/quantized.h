/* The products of one block format, compiled once per instruction set. A format's file defines

     CK_BLOCK      its block type, of CK_COLS elements
     CK_GROUP      elements that share a scale, 32 or 16
     CK_OFFSET     0, 8, 16, 32 (with CK_GROUP 16) or 128
     CK_HAS_MIN    0 or 1
     CK_FOURS      1 where AVX-512 shall read activations of many tokens in the form CK_ACT_Q8_FOURS:
                   weights of 8 bits are worth it; 0 unless defined
     CK_HALF_SCALES   where a block of 32 begins with its scale as F16
     CK_BITS       of an element without its offset: 4, 5, 6 or 8
     unpack()      n blocks to one byte per element, in order, and a scale (and minimum) per group:
                   w = scale * (u - CK_OFFSET) + min

   and includes this. Everything is static, hence without prefix. */
#include "../act.h"

#ifndef CK_FOURS
#define CK_FOURS 0
#endif
#define CK_NARROW (CK_BITS == 4)
#define CK_SUMS (CK_HAS_MIN ? CK_FIELD_S : 0)
#define CK_STARTS                                                                                  \
    (CK_OFFSET == 8    ? CK_FIELD_N8                                                               \
     : CK_OFFSET == 16 ? CK_FIELD_N16                                                              \
     : CK_OFFSET == 32 ? CK_FIELD_N32                                                              \
     : CK_OFFSET       ? CK_FIELD_N128                                                             \
                       : 0)
/* The last part of a format's table: what many tokens are read as, and which fields of it. */
#define CK_MANY                                                                                    \
    CK_FOURS ? CK_ACT_Q8_FOURS : CK_ACT_Q8_POW2, CK_BITS == 8 ? CK_ACT_I16 : CK_ACT_Q8,            \
        CK_SUMS | CK_STARTS,                                                                       \
        CK_SUMS | (CK_NARROW ? CK_FIELD_PAIRS : CK_STARTS)

static void dequantize(const void *blocks, size_t n, float *y) {
#pragma clang fp contract(off)
    const CK_BLOCK *b = blocks;
    for (size_t i = 0; i < n / CK_COLS; i++, y += CK_COLS) {
        uint8_t u[CK_COLS];
        float scale[CK_COLS / CK_GROUP], min[CK_COLS / CK_GROUP];
        unpack(b + i, 1, u, scale, min);
        for (size_t j = 0; j < CK_COLS; j++) {
            float product = scale[j / CK_GROUP] * (float)((int)u[j] - CK_OFFSET);
            y[j] = CK_HAS_MIN ? product + min[j / CK_GROUP] : product;
        }
    }
}

/* The oracle of the others: the same integers, sums in double. */
static void matmul_scalar(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const size_t groups = m->cols / CK_GROUP;
    uint8_t *u = scratch;
    float *scale = (float *)(u + ck_align64(m->cols)), *min = scale + groups;
    for (size_t r = row0; r < row1; r++) {
        unpack((const CK_BLOCK *)((const char *)m->weights + r * m->row_bytes),
               m->cols / CK_COLS, u, scale, min);
        for (size_t t = 0; t < m->tokens; t++) {
            const char *act = (const char *)m->x + t * m->x_stride;
            const int8_t *q = (const int8_t *)act;
            const float *d = (const float *)(act + l.d);
            const float *s = (const float *)(act + (CK_GROUP == 32 ? l.s : l.s16));
            double sum = 0;
            for (size_t g = 0; g < groups; g++) {
                int dot = 0;
                for (size_t j = g * CK_GROUP; j < (g + 1) * CK_GROUP; j++)
                    dot += ((int)u[j] - CK_OFFSET) * q[j];
                sum += (double)scale[g] * d[g * CK_GROUP / 32] * dot;
                if (CK_HAS_MIN) sum += (double)min[g] * s[g];
            }
            float *y = m->y + t * m->y_stride + r;
            float value = (float)sum + (m->bias ? m->bias[r] : 0);
            *y = m->accumulate ? *y + value : value;
        }
    }
}

#if CK_X86
#include "gemv_avx2.h"
#if CK_BITS == 8
#include "words_bytes_avx2.h"
#else
#include "tile_avx2.h"
#endif
#include "tile_avx512.h"
#include "tile_amx.h"
#endif
