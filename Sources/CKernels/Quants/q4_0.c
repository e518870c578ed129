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
#define CK_BITS 4
#define CK_OFFSET 8
#define CK_HAS_MIN 0
#define CK_HALF_SCALES

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    (void)min;
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        ck_halves16(b[i].qs, u);
    }
}

#if CK_X86
enum { STEP_COLS = 128, STEP_BYTES = 72, STEP_U = 2, STEP_DOTS = 1 };
/* Four blocks side by side: their first 16 columns, then their last. */
static const uint8_t granules[8] = {0, 2, 4, 6, 1, 3, 5, 7};
static const float dot_factor[1] = {1};
/* Words of 16 bits in the step's first 64 bytes, and from 32 on in its last 64. */
_Alignas(64) static const uint16_t quant_words[32] = {
    1, 2, 3, 4, 5, 6, 7, 8,
    10, 11, 12, 13, 14, 15, 16, 17,
    19, 20, 21, 22, 23, 24, 25, 26,
    28, 29, 30, 31, 60, 61, 62, 63,
};
_Alignas(64) static const uint16_t scale_words[32] = {
    0, 0, 0, 0, 9, 9, 9, 9, 18, 18, 18, 18, 27, 27, 27, 27,
    0, 0, 0, 0, 9, 9, 9, 9, 18, 18, 18, 18, 27, 27, 27, 27,
};

#include "../Matmul/gemv_avx512.h"

CK_TARGET_AVX512 CK_INLINE step load_step(const uint8_t *p) {
    step s;
    const __m512i a = _mm512_loadu_si512(p), b = _mm512_loadu_si512(p + STEP_BYTES - 64);
    const __m512i quants = _mm512_permutex2var_epi16(a, _mm512_load_si512(quant_words), b);
    const __m512i low = _mm512_set1_epi8(15);
    s.u[0] = _mm512_and_si512(quants, low);
    s.u[1] = _mm512_and_si512(_mm512_srli_epi16(quants, 4), low);
    s.scale[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(
        _mm512_permutexvar_epi16(_mm512_load_si512(scale_words), a)));
    return s;
}

#include "../Matmul/span_avx2.h"

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p) {
    span s;
    const block *b = (const block *)p;
    for (int i = 0; i < 2; i++) split_halves(two_of_16(b[2 * i].qs, b[2 * i + 1].qs), s.u + 2 * i);
    s.scale[0] = four_halves(p);
    return s;
}
#endif

#include "../Matmul/quantized.h"

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
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

#include "writers.h"
#include "variants.h"
const ck_format ck_q4_0 = {"Q4_0", 2, 32, sizeof(block), CK_ACT_Q8, CK_MANY,
                           dequantize, quantize, CK_MATMUL_VARIANTS};
