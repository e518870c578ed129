/* Q5_1: 32 elements, w = d * u + m, u of 5 bits: four as in Q4_0, and bit j of qh is the fifth of
   element j. */
#include "../isa.h"

typedef struct __attribute__((packed)) {
    uint16_t d, m;
    uint8_t qh[4];
    uint8_t qs[16];
} block;
_Static_assert(sizeof(block) == 24, "Q5_1 block");

#define CK_BLOCK block
#define CK_COLS 32
#define CK_GROUP 32
#define CK_BITS 5
#define CK_OFFSET 0
#define CK_HAS_MIN 1

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        min[i] = ck_half(b[i].m);
        ck_halves16(b[i].qs, u);
        ck_add_fifth_bits(b[i].qh, u);
    }
}

#if CK_X86
#define CK_MIN_SIGN +
enum { STEP_COLS = 128, STEP_BYTES = 96, STEP_U = 2, STEP_DOTS = 1 };
/* Four blocks side by side: their first 16 columns, then their last. */
static const uint8_t granules[8] = {0, 2, 4, 6, 1, 3, 5, 7};
static const float dot_factor[1] = {1};
CK_INLINE size_t sum_lane(size_t b) { return 4 * b; }
/* Words of 16 bits in the step's first 64 bytes, and from 32 on in its last 64. */
_Alignas(64) static const uint16_t quant_words[32] = {
    4, 5, 6, 7, 8, 9, 10, 11,
    16, 17, 18, 19, 20, 21, 22, 23,
    28, 29, 30, 31, 48, 49, 50, 51,
    56, 57, 58, 59, 60, 61, 62, 63,
};
_Alignas(64) static const uint16_t scale_words[32] = {
    0, 0, 0, 0, 12, 12, 12, 12, 24, 24, 24, 24, 52, 52, 52, 52,
    0, 0, 0, 0, 12, 12, 12, 12, 24, 24, 24, 24, 52, 52, 52, 52,
};
_Alignas(64) static const uint16_t min_words[32] = {
    1, 1, 1, 1, 13, 13, 13, 13, 25, 25, 25, 25, 53, 53, 53, 53,
    1, 1, 1, 1, 13, 13, 13, 13, 25, 25, 25, 25, 53, 53, 53, 53,
};
_Alignas(64) static const uint16_t high_words[32] = {
    2, 3, 2, 3, 2, 3, 2, 3,
    14, 15, 14, 15, 14, 15, 14, 15,
    26, 27, 26, 27, 26, 27, 26, 27,
    54, 55, 54, 55, 54, 55, 54, 55,
};

#include "../Matmul/gemv_avx512.h"

CK_TARGET_AVX512 CK_INLINE step load_step(const uint8_t *p) {
    step s;
    const __m512i a = _mm512_loadu_si512(p), b = _mm512_loadu_si512(p + STEP_BYTES - 64);
    const __m512i quants = _mm512_permutex2var_epi16(a, _mm512_load_si512(quant_words), b);
    const __m512i low = _mm512_set1_epi8(15);
    s.u[0] = _mm512_and_si512(quants, low);
    s.u[1] = _mm512_and_si512(_mm512_srli_epi16(quants, 4), low);
    const __m512i high = _mm512_permutex2var_epi16(a, _mm512_load_si512(high_words), b);
    const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201);
    const __m512i first = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0101010101010101, 0));
    const __mmask64 k0 = _mm512_test_epi8_mask(_mm512_shuffle_epi8(high, first), bits);
    const __mmask64 k1 = _mm512_test_epi8_mask(
        _mm512_shuffle_epi8(high, _mm512_add_epi8(first, _mm512_set1_epi8(2))), bits);
    const __m512i fifth = _mm512_set1_epi8(16);
    s.u[0] = _mm512_mask_add_epi8(s.u[0], k0, s.u[0], fifth);
    s.u[1] = _mm512_mask_add_epi8(s.u[1], k1, s.u[1], fifth);
    s.scale[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(
        _mm512_permutex2var_epi16(a, _mm512_load_si512(scale_words), b)));
    s.min = _mm512_cvtph_ps(_mm512_castsi512_si256(
        _mm512_permutex2var_epi16(a, _mm512_load_si512(min_words), b)));
    return s;
}

#include "../Matmul/span_avx2.h"

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p) {
    span s;
    const block *b = (const block *)p;
    four_of_five_bits(b->qs, b->qh, s.u);
    s.scale[0] = four_pairs(p);
    s.min = _mm256_zextps128_ps256(_mm256_extractf128_ps(s.scale[0], 1));
    return s;
}
#endif

#include "../Matmul/quantized.h"

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
    block *b = blocks;
    for (size_t i = 0; i < n / 32; i++, x += 32) {
        float least = x[0], greatest = x[0];
        for (int j = 1; j < 32; j++) {
            if (x[j] < least) least = x[j];
            if (x[j] > greatest) greatest = x[j];
        }
        const float d = (greatest - least) / 31, id = d != 0 ? 1 / d : 0;
        b[i].d = ck_to_half(d);
        b[i].m = ck_to_half(least);
        uint32_t qh = 0;
        for (int j = 0; j < 16; j++) {
            const int low = (uint8_t)((x[j] - least) * id + 0.5f);
            const int high = (uint8_t)((x[j + 16] - least) * id + 0.5f);
            b[i].qs[j] = (uint8_t)((low & 15) | (high & 15) << 4);
            qh |= (uint32_t)(low >> 4 & 1) << j | (uint32_t)(high >> 4 & 1) << (j + 16);
        }
        for (int j = 0; j < 4; j++) b[i].qh[j] = (uint8_t)(qh >> (8 * j));
    }
}

#include "writers.h"
#include "variants.h"
const ck_format ck_q5_1 = {"Q5_1", 7, 32, sizeof(block), CK_ACT_Q8, CK_MANY,
                           dequantize, quantize, CK_MATMUL_VARIANTS};
