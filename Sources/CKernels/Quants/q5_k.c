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
#define CK_BITS 5
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
            const ck_u8x32_any q = *(const ck_u8x32_any *)(b[i].qs + 32 * c);
            const ck_u8x32_any high = *(const ck_u8x32_any *)b[i].qh >> (uint8_t)(2 * c);
            *(ck_u8x32_any *)(u + 64 * c) = (q & 15) | (high & 1) << 4;
            *(ck_u8x32_any *)(u + 64 * c + 32) = q >> 4 | (high & 2) << 3;
        }
    }
}

#if CK_X86
#define CK_MIN_SIGN -
enum { STEP_COLS = 256, STEP_BYTES = sizeof(block), STEP_U = 4, STEP_DOTS = 2 };
/* The four even sub-blocks side by side, first and second half; then the odd ones. */
static const uint8_t granules[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
static const float dot_factor[2] = {1, 1};
/* Minima follow the scales; they are subtracted: see load_step. */
CK_INLINE size_t sum_lane(size_t b) { return 8 + b; }

#include "../Matmul/gemv_avx512.h"

CK_TARGET_AVX512 CK_INLINE step load_step(const uint8_t *p) {
    step s;
    const block *b = (const block *)p;
    const __m512i x = _mm512_loadu_si512(b->qs), y = _mm512_loadu_si512(b->qs + 64);
    const __m512i first = _mm512_shuffle_i64x2(x, y, 0x88);
    const __m512i second = _mm512_shuffle_i64x2(x, y, 0xdd);
    const __m512i low = _mm512_set1_epi8(15);
    s.u[0] = _mm512_and_si512(first, low);
    s.u[1] = _mm512_and_si512(second, low);
    s.u[2] = _mm512_and_si512(_mm512_srli_epi16(first, 4), low);
    s.u[3] = _mm512_and_si512(_mm512_srli_epi16(second, 4), low);
    /* Bit 2c (even) and 2c + 1 (odd sub-blocks) of quarter c becomes bit 4; what a rotation brings
       in from the neighbouring bytes is masked away. */
    const __m512i fifth = _mm512_set1_epi8(16);
    const __m512i even = _mm512_setr_epi32(4, 4, 4, 4, 2, 2, 2, 2, 0, 0, 0, 0, 30, 30, 30, 30);
    const __m512i odd = _mm512_setr_epi32(3, 3, 3, 3, 1, 1, 1, 1, 31, 31, 31, 31, 29, 29, 29, 29);
    const __m512i h0 = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)b->qh));
    const __m512i h1 = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(b->qh + 16)));
    enum { A_OR_B_AND_C = 0xf8 };
    s.u[0] = _mm512_ternarylogic_epi32(s.u[0], _mm512_rolv_epi32(h0, even), fifth, A_OR_B_AND_C);
    s.u[1] = _mm512_ternarylogic_epi32(s.u[1], _mm512_rolv_epi32(h1, even), fifth, A_OR_B_AND_C);
    s.u[2] = _mm512_ternarylogic_epi32(s.u[2], _mm512_rolv_epi32(h0, odd), fifth, A_OR_B_AND_C);
    s.u[3] = _mm512_ternarylogic_epi32(s.u[3], _mm512_rolv_epi32(h1, odd), fifth, A_OR_B_AND_C);
    const __m512 scales = ck_k_scales_avx512(p);
    s.scale[0] = _mm512_permutexvar_ps(
        _mm512_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6), scales);
    s.scale[1] = _mm512_permutexvar_ps(
        _mm512_setr_epi32(1, 1, 1, 1, 3, 3, 3, 3, 5, 5, 5, 5, 7, 7, 7, 7), scales);
    s.min = scales;
    return s;
}

#include "../Matmul/span_avx2.h"

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p) {
    span s;
    const block *b = (const block *)p;
    const __m256i fifth = _mm256_set1_epi8(16);
    __m256i high[2];
    for (int i = 0; i < 2; i++)
        /* Bit 2c of the low half and 2c + 1 of the high one, both at 2c. */
        high[i] = _mm256_srlv_epi32(
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(b->qh + 16 * i))),
            _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
    CK_UNROLL
    for (int i = 0; i < 8; i++) {
        const __m256i h = high[i % 2];
        const __m256i own = i < 2   ? _mm256_slli_epi16(h, 4)
                            : i < 4 ? _mm256_slli_epi16(h, 2)
                            : i < 6 ? h
                                    : _mm256_srli_epi16(h, 2);
        s.u[i] = _mm256_or_si256(low_and_high(b->qs + 16 * i), _mm256_and_si256(own, fifth));
    }
    ck_k_scales_avx2(p, s.scale, &s.min);
    return s;
}
#endif

#include "../Matmul/quantized.h"

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
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

#include "writers.h"
#include "variants.h"
const ck_format ck_q5_k = {"Q5_K", 13, 256, sizeof(block), CK_ACT_Q8, CK_MANY,
                           dequantize, quantize, CK_MATMUL_VARIANTS};
