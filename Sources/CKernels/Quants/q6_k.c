/* Q6_K: 256 elements in 16 sub-blocks of 16, w = d * scale * (u - 32), u of 6 bits, scale of 8 with
   sign. Each half of 128 elements takes 64 bytes of low and 32 bytes of high bits. */
#include "search.h"

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
#define CK_BITS 6
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

#if CK_X86
enum { STEP_COLS = 256, STEP_BYTES = sizeof(block), STEP_U = 4, STEP_DOTS = 4 };
static const uint8_t granules[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const float dot_factor[4] = {1, 1, 1, 1};

#include "../Matmul/gemv_avx512.h"

CK_TARGET_AVX512 CK_INLINE step load_step(const uint8_t *p) {
    step s;
    const block *b = (const block *)p;
    const __m512i low = _mm512_set1_epi8(15), upper = _mm512_set1_epi8(0x30);
    enum { A_OR_B_AND_C = 0xf8 };
    /* Bits 0-1, 2-3, 4-5, 6-7 of the high bits to bits 4-5: columns 0-31, 32-63 of the half, and
       64-95, 96-127. */
    const __m512i to_first = _mm512_setr_epi32(4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2);
    const __m512i to_second =
        _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 30, 30, 30, 30, 30, 30, 30, 30);
    for (int h = 0; h < 2; h++) {
        const __m512i q = _mm512_loadu_si512(b->ql + 64 * h);
        const __m512i high =
            _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(b->qh + 32 * h)));
        s.u[2 * h] = _mm512_ternarylogic_epi32(
            _mm512_and_si512(q, low), _mm512_rolv_epi32(high, to_first), upper, A_OR_B_AND_C);
        s.u[2 * h + 1] = _mm512_ternarylogic_epi32(_mm512_and_si512(_mm512_srli_epi16(q, 4), low),
                                                   _mm512_rolv_epi32(high, to_second), upper,
                                                   A_OR_B_AND_C);
    }
    const __m512 scales = _mm512_mul_ps(
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)b->scales))),
        _mm512_set1_ps(ck_half(b->d)));
    const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    for (int k = 0; k < 4; k++)
        s.scale[k] =
            _mm512_permutexvar_ps(_mm512_add_epi32(spread, _mm512_set1_epi32(4 * k)), scales);
    return s;
}

#include "../Matmul/span_avx2.h"

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p) {
    span s;
    const block *b = (const block *)p;
    const __m256i low = _mm256_set1_epi8(15), upper = _mm256_set1_epi8(0x30);
    CK_UNROLL
    for (int h = 0; h < 2; h++) {
        const __m256i high = _mm256_loadu_si256((const __m256i *)(b->qh + 32 * h));
        CK_UNROLL
        for (int i = 0; i < 2; i++) {
            const __m256i q = _mm256_loadu_si256((const __m256i *)(b->ql + 64 * h + 32 * i));
            const __m256i first = i == 0 ? _mm256_slli_epi16(high, 4) : _mm256_slli_epi16(high, 2);
            const __m256i second = i == 0 ? high : _mm256_srli_epi16(high, 2);
            s.u[4 * h + i] =
                _mm256_or_si256(_mm256_and_si256(q, low), _mm256_and_si256(first, upper));
            s.u[4 * h + 2 + i] = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(q, 4), low),
                                                 _mm256_and_si256(second, upper));
        }
    }
    const __m128i scales = _mm_loadu_si128((const __m128i *)b->scales);
    const __m256 d = _mm256_set1_ps(ck_half(b->d));
    s.scale[0] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(scales)), d);
    s.scale[1] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(scales, 8))), d);
    return s;
}
#endif

#include "../Matmul/quantized.h"

/* The scale of 16 elements as scale * q, q in -32 ... 31, of least squared error. */
CK_INLINE float search(const float x[16]) {
#pragma clang fp contract(off)
    const ck_f8 a = *(const ck_f8_any *)x, b = *(const ck_f8_any *)(x + 8);
    const float most = ck_most8(ck_most(a, b)), least = ck_least8(ck_least(a, b));
    const float extreme = most > -least ? most : least;
    if (!(extreme != 0)) return 0;
    float scale = 0, best = 0;
    for (int t = -9; t <= 9; t++) {
        /* The extreme element goes to about -32, the end with one level more. */
        const float inverse = (-32 - 0.1f * (float)t) / extreme;
        const ck_f8 q = ck_level8(a * inverse, -32, 31), r = ck_level8(b * inverse, -32, 31);
        const float qx = ck_sum8(q * a + r * b), qq = ck_sum8(q * q + r * r);
        /* Squared error: that of zeros less qx^2 / qq. */
        if (qq > 0 && qx * qx > best * qq) {
            best = qx * qx / qq;
            scale = qx / qq;
        }
    }
    return scale;
}

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
    block *b = blocks;
    for (size_t i = 0; i < n / 256; i++, x += 256) {
        float scales[16], greatest = 0, extreme = 0;
        for (int s = 0; s < 16; s++) {
            scales[s] = search(x + 16 * s);
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

#include "writers.h"
#include "variants.h"
const ck_format ck_q6_k = {"Q6_K", 14, 256, sizeof(block), CK_ACT_Q8, CK_MANY,
                           dequantize, quantize, CK_MATMUL_VARIANTS};
