/* Q5_K: as Q4_K, with a fifth bit: bit s of qh[j] belongs to element j of sub-block s. */
#include "k_scales.h"

typedef struct __attribute__((packed)) {
    uint16_t d, dmin;
    uint8_t scales[12];
    uint8_t qh[32];
    uint8_t qs[128];
} block;
_Static_assert(sizeof(block) == 176, "Q5_K block");

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
            for (int j = 0; j < 32; j++)
                u[64 * c + j] = (uint8_t)((b[i].qs[32 * c + j] & 15) |
                                          (b[i].qh[j] >> (2 * c) & 1) << 4);
            for (int j = 0; j < 32; j++)
                u[64 * c + 32 + j] = (uint8_t)((b[i].qs[32 * c + j] >> 4) |
                                               (b[i].qh[j] >> (2 * c + 1) & 1) << 4);
        }
    }
}

#include "../Matmul/quantized.h"

static void quantize(const float *x, size_t n, void *blocks) {
    block *b = blocks;
    for (size_t i = 0; i < n / 256; i++, x += 256) {
        uint8_t u[256];
        ck_k_quantize(x, 31, &b[i].d, &b[i].dmin, b[i].scales, u);
        for (int j = 0; j < 32; j++) b[i].qh[j] = 0;
        for (int c = 0; c < 4; c++)
            for (int j = 0; j < 32; j++) {
                const int low = u[64 * c + j], high = u[64 * c + 32 + j];
                b[i].qs[32 * c + j] = (uint8_t)((low & 15) | (high & 15) << 4);
                b[i].qh[j] |= (uint8_t)((low >> 4) << (2 * c) | (high >> 4) << (2 * c + 1));
            }
    }
}

#include "variants.h"
const ck_format ck_q5_k = {"Q5_K", 13, 256, sizeof(block), CK_ACT_Q8, dequantize, quantize,
                           CK_MATMUL_VARIANTS};
