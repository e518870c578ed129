/* Q4_0: 32 elements, w = d * (u - 8), u of 4 bits; byte j holds elements j and j + 16. */
#include "../isa.h"

typedef struct __attribute__((packed)) {
    uint16_t d;
    uint8_t qs[16];
} block;
_Static_assert(sizeof(block) == 18, "Q4_0 block");

#define CK_BLOCK block
#define CK_COLS 32
#define CK_GROUP 32
#define CK_OFFSET 8
#define CK_HAS_MIN 0

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    (void)min;
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        for (int j = 0; j < 16; j++) u[j] = b[i].qs[j] & 15;
        for (int j = 0; j < 16; j++) u[j + 16] = b[i].qs[j] >> 4;
    }
}

#include "../Matmul/quantized.h"

static void quantize(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
    block *b = blocks;
    for (size_t i = 0; i < n / 32; i++, x += 32) {
        float extreme = 0, greatest = 0; /* the value of greatest magnitude, with its sign */
        for (int j = 0; j < 32; j++)
            if (__builtin_fabsf(x[j]) > greatest) {
                greatest = __builtin_fabsf(x[j]);
                extreme = x[j];
            }
        const float d = extreme / -8, id = d != 0 ? 1 / d : 0;
        b[i].d = ck_to_half(d);
        for (int j = 0; j < 16; j++) {
            const int low = (int8_t)(x[j] * id + 8.5f), high = (int8_t)(x[j + 16] * id + 8.5f);
            b[i].qs[j] = (uint8_t)((low < 15 ? low : 15) | (high < 15 ? high : 15) << 4);
        }
    }
}

#include "variants.h"
const ck_format ck_q4_0 = {"Q4_0", 2, 32, sizeof(block), CK_ACT_Q8, dequantize, quantize,
                           CK_MATMUL_VARIANTS};
