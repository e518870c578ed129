/* Q5_0: 32 elements, w = d * (u - 16), u of 5 bits: four as in Q4_0, and bit j of qh is the fifth
   of element j. */
#include "../isa.h"

typedef struct __attribute__((packed)) {
    uint16_t d;
    uint8_t qh[4];
    uint8_t qs[16];
} block;
_Static_assert(sizeof(block) == 22, "Q5_0 block");

#define CK_BLOCK block
#define CK_COLS 32
#define CK_GROUP 32
#define CK_OFFSET 16
#define CK_HAS_MIN 0

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    (void)min;
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        uint8_t high[32];
        for (int j = 0; j < 32; j++) high[j] = b[i].qh[j / 8] & (uint8_t)(1 << (j % 8)) ? 16 : 0;
        for (int j = 0; j < 16; j++) u[j] = (b[i].qs[j] & 15) | high[j];
        for (int j = 0; j < 16; j++) u[j + 16] = (b[i].qs[j] >> 4) | high[j + 16];
    }
}

#include "../Matmul/quantized.h"

static void quantize(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
    block *b = blocks;
    for (size_t i = 0; i < n / 32; i++, x += 32) {
        float extreme = 0, greatest = 0;
        for (int j = 0; j < 32; j++)
            if (__builtin_fabsf(x[j]) > greatest) {
                greatest = __builtin_fabsf(x[j]);
                extreme = x[j];
            }
        const float d = extreme / -16, id = d != 0 ? 1 / d : 0;
        b[i].d = ck_to_half(d);
        uint32_t qh = 0;
        for (int j = 0; j < 16; j++) {
            int low = (int8_t)(x[j] * id + 16.5f), high = (int8_t)(x[j + 16] * id + 16.5f);
            low = low < 31 ? low : 31;
            high = high < 31 ? high : 31;
            b[i].qs[j] = (uint8_t)((low & 15) | (high & 15) << 4);
            qh |= (uint32_t)(low >> 4 & 1) << j | (uint32_t)(high >> 4 & 1) << (j + 16);
        }
        for (int j = 0; j < 4; j++) b[i].qh[j] = (uint8_t)(qh >> (8 * j));
    }
}

#include "variants.h"
const ck_format ck_q5_0 = {"Q5_0", 6, 32, sizeof(block), CK_ACT_Q8, dequantize, quantize,
                           CK_MATMUL_VARIANTS};
