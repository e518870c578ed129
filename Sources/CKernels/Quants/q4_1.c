/* Q4_1: 32 elements, w = d * u + m, u of 4 bits; byte j holds elements j and j + 16. */
#include "../isa.h"

typedef struct __attribute__((packed)) {
    uint16_t d, m;
    uint8_t qs[16];
} block;
_Static_assert(sizeof(block) == 20, "Q4_1 block");

#define CK_BLOCK block
#define CK_COLS 32
#define CK_GROUP 32
#define CK_OFFSET 0
#define CK_HAS_MIN 1

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        min[i] = ck_half(b[i].m);
        for (int j = 0; j < 16; j++) u[j] = b[i].qs[j] & 15;
        for (int j = 0; j < 16; j++) u[j + 16] = b[i].qs[j] >> 4;
    }
}

#include "../Matmul/quantized.h"

static void quantize(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
    block *b = blocks;
    for (size_t i = 0; i < n / 32; i++, x += 32) {
        float least = x[0], greatest = x[0];
        for (int j = 1; j < 32; j++) {
            if (x[j] < least) least = x[j];
            if (x[j] > greatest) greatest = x[j];
        }
        const float d = (greatest - least) / 15, id = d != 0 ? 1 / d : 0;
        b[i].d = ck_to_half(d);
        b[i].m = ck_to_half(least);
        for (int j = 0; j < 16; j++) {
            const int low = (int8_t)((x[j] - least) * id + 0.5f);
            const int high = (int8_t)((x[j + 16] - least) * id + 0.5f);
            b[i].qs[j] = (uint8_t)((low < 15 ? low : 15) | (high < 15 ? high : 15) << 4);
        }
    }
}

#include "variants.h"
const ck_format ck_q4_1 = {"Q4_1", 3, 32, sizeof(block), CK_ACT_Q8, dequantize, quantize,
                           CK_MATMUL_VARIANTS};
