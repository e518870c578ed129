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
#define CK_BITS 5
#define CK_OFFSET 16
#define CK_HAS_MIN 0
#define CK_HALF_SCALES

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    (void)min;
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        ck_halves16(b[i].qs, u);
        ck_add_fifth_bits(b[i].qh, u);
    }
}

#if CK_X86
enum { STEP_COLS = 128, STEP_BYTES = 88, STEP_U = 2, STEP_DOTS = 1 };
/* Four blocks side by side: their first 16 columns, then their last. */
static const uint8_t granules[8] = {0, 2, 4, 6, 1, 3, 5, 7};
static const float dot_factor[1] = {1};
/* Words of 16 bits in the step's first 64 bytes, and from 32 on in its last 64. */
_Alignas(64) static const uint16_t quant_words[32] = {
    3, 4, 5, 6, 7, 8, 9, 10,
    14, 15, 16, 17, 18, 19, 20, 21,
    25, 26, 27, 28, 29, 30, 31, 52,
    56, 57, 58, 59, 60, 61, 62, 63,
};
_Alignas(64) static const uint16_t scale_words[32] = {
    0, 0, 0, 0, 11, 11, 11, 11, 22, 22, 22, 22, 53, 53, 53, 53,
    0, 0, 0, 0, 11, 11, 11, 11, 22, 22, 22, 22, 53, 53, 53, 53,
};
_Alignas(64) static const uint16_t high_words[32] = {
    1, 2, 1, 2, 1, 2, 1, 2,
    12, 13, 12, 13, 12, 13, 12, 13,
    23, 24, 23, 24, 23, 24, 23, 24,
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
    return s;
}

#include "../Matmul/span_avx2.h"

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p) {
    span s;
    const block *b = (const block *)p;
    four_of_five_bits(b->qs, b->qh, s.u);
    s.scale[0] = four_halves(p);
    return s;
}
#endif

#include "../Matmul/quantized.h"

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
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

#include "writers.h"
#include "variants.h"
const ck_format ck_q5_0 = {"Q5_0", 6, 32, sizeof(block), CK_ACT_Q8, CK_MANY,
                           dequantize, quantize, CK_MATMUL_VARIANTS};
