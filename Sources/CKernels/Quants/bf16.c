/* BF16: the upper half of a 32-bit float. */
#include "../Matmul/floats_tables.h"

CK_INLINE float element(const void *p, size_t i) {
    uint16_t x;
    __builtin_memcpy(&x, (const char *)p + i * sizeof x, sizeof x);
    return ck_float_of_bits((uint32_t)x << 16);
}

CK_INLINE void dequantize_values(const void *blocks, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = element(blocks, i);
}

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = ck_bits_of_float(x[i]);
        /* To the nearest, ties to even; NaN stays NaN. */
        const uint16_t upper = (bits & 0x7fffffff) > 0x7f800000
                                   ? (uint16_t)(bits >> 16 | 64)
                                   : (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        __builtin_memcpy((char *)blocks + 2 * i, &upper, 2);
    }
}

#include "writers.h"
#include "readers.h"

static void matmul_scalar(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {
    (void)scratch;
    for (size_t r = row0; r < row1; r++)
        for (size_t t = 0; t < m->tokens; t++) {
            const char *w = (const char *)m->weights + r * m->row_bytes;
            const float *x = (const float *)((const char *)m->x + t * m->x_stride);
            double sum = 0;
            for (size_t k = 0; k < m->cols; k++) sum += (double)element(w, k) * x[k];
            float *y = m->y + t * m->y_stride + r;
            const float value = (float)sum + (m->bias ? m->bias[r] : 0);
            *y = m->accumulate ? *y + value : value;
        }
}

const ck_format ck_bf16 = {"BF16", 30, 1, 2, CK_ACT_F32, CK_ACT_I16, CK_ACT_I16, 0, 0, dequantize, quantize,
                          CK_FLOAT_VARIANTS(ck_bf16_matmul)};
