/* Q4_K: 256 elements in 8 sub-blocks of 32, w = d * scale * u - dmin * min, u of 4 bits, scale and
   min of 6; 32 bytes hold two sub-blocks, the first in their low halves. */
#include "k_scales.h"

typedef struct __attribute__((packed)) {
    uint16_t d, dmin;
    uint8_t scales[12];
    uint8_t qs[128];
} block;
_Static_assert(sizeof(block) == 144, "Q4_K block");

#define CK_BLOCK block
#define CK_COLS 256
#define CK_GROUP 32
#define CK_OFFSET 0
#define CK_HAS_MIN 1

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    for (size_t i = 0; i < n; i++, u += 256, scale += 8, min += 8) {
        uint8_t sc[8], mn[8];
        ck_k_scales(b[i].scales, sc, mn);
        const float d = ck_half(b[i].d), dmin = ck_half(b[i].dmin);
        for (int j = 0; j < 8; j++) {
            scale[j] = d * sc[j];
            min[j] = -(dmin * mn[j]);
        }
        for (int c = 0; c < 4; c++) {
            for (int j = 0; j < 32; j++) u[64 * c + j] = b[i].qs[32 * c + j] & 15;
            for (int j = 0; j < 32; j++) u[64 * c + 32 + j] = b[i].qs[32 * c + j] >> 4;
        }
    }
}

#include "../Matmul/quantized.h"

static void quantize(const float *x, size_t n, void *blocks) {
    block *b = blocks;
    for (size_t i = 0; i < n / 256; i++, x += 256) {
        uint8_t u[256];
        ck_k_quantize(x, 15, &b[i].d, &b[i].dmin, b[i].scales, u);
        for (int c = 0; c < 4; c++)
            for (int j = 0; j < 32; j++)
                b[i].qs[32 * c + j] = (uint8_t)(u[64 * c + j] | u[64 * c + 32 + j] << 4);
    }
}

#include "variants.h"
const ck_format ck_q4_k = {"Q4_K", 12, 256, sizeof(block), CK_ACT_Q8, dequantize, quantize,
                           CK_MATMUL_VARIANTS};
