/* Q6_K: 256 elements in 16 sub-blocks of 16, w = d * scale * (u - 32), u of 6 bits, scale of 8 with
   sign. Each half of 128 elements takes 64 bytes of low and 32 bytes of high bits. */
#include "../isa.h"

typedef struct __attribute__((packed)) {
    uint8_t ql[128];
    uint8_t qh[64];
    int8_t scales[16];
    uint16_t d;
} block;
_Static_assert(sizeof(block) == 210, "Q6_K block");

#define CK_BLOCK block
#define CK_COLS 256
#define CK_GROUP 16
#define CK_OFFSET 32
#define CK_HAS_MIN 0

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    (void)min;
    for (size_t i = 0; i < n; i++, scale += 16) {
        const float d = ck_half(b[i].d);
        for (int j = 0; j < 16; j++) scale[j] = d * b[i].scales[j];
        for (int h = 0; h < 2; h++, u += 128) {
            const uint8_t *ql = b[i].ql + 64 * h, *qh = b[i].qh + 32 * h;
            for (int j = 0; j < 32; j++) {
                u[j] = (uint8_t)((ql[j] & 15) | (qh[j] & 3) << 4);
                u[j + 32] = (uint8_t)((ql[j + 32] & 15) | (qh[j] >> 2 & 3) << 4);
                u[j + 64] = (uint8_t)((ql[j] >> 4) | (qh[j] >> 4 & 3) << 4);
                u[j + 96] = (uint8_t)((ql[j + 32] >> 4) | (qh[j] >> 6) << 4);
            }
        }
    }
}

#include "../Matmul/quantized.h"

static void quantize(const float *x, size_t n, void *blocks) {
    block *b = blocks;
    for (size_t i = 0; i < n / 256; i++, x += 256) {
        float scales[16], greatest = 0, extreme = 0;
        for (int s = 0; s < 16; s++) {
            float peak = 0;
            scales[s] = 0;
            for (int j = 0; j < 16; j++) {
                const float v = x[16 * s + j];
                if (__builtin_fabsf(v) > peak) {
                    peak = __builtin_fabsf(v);
                    scales[s] = v / -32;
                }
            }
            if (__builtin_fabsf(scales[s]) > greatest) {
                greatest = __builtin_fabsf(scales[s]);
                extreme = scales[s];
            }
        }
        b[i].d = ck_to_half(extreme / -128);
        const float d = ck_half(b[i].d);
        uint8_t u[256];
        for (int s = 0; s < 16; s++) {
            float sc = d != 0 ? __builtin_roundf(scales[s] / d) : 0;
            sc = sc > 127 ? 127 : sc >= -128 ? sc : -128;
            b[i].scales[s] = (int8_t)sc;
            const float scale = d * sc;
            for (int j = 0; j < 16; j++) {
                const float v = scale != 0 ? __builtin_roundf(x[16 * s + j] / scale) + 32 : 32;
                u[16 * s + j] = v > 0 ? (v < 63 ? (uint8_t)v : 63) : 0;
            }
        }
        for (int h = 0; h < 2; h++) {
            uint8_t *ql = b[i].ql + 64 * h, *qh = b[i].qh + 32 * h;
            const uint8_t *v = u + 128 * h;
            for (int j = 0; j < 32; j++) {
                ql[j] = (uint8_t)((v[j] & 15) | (v[j + 64] & 15) << 4);
                ql[j + 32] = (uint8_t)((v[j + 32] & 15) | (v[j + 96] & 15) << 4);
                qh[j] = (uint8_t)(v[j] >> 4 | (v[j + 32] >> 4) << 2 | (v[j + 64] >> 4) << 4 |
                                  (v[j + 96] >> 4) << 6);
            }
        }
    }
}

#include "variants.h"
const ck_format ck_q6_k = {"Q6_K", 14, 256, sizeof(block), CK_ACT_Q8, dequantize, quantize,
                           CK_MATMUL_VARIANTS};
