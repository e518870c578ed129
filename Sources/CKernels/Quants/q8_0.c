/* Q8_0: 32 elements, w = d * q, q of 8 bits with sign. */
#include "../isa.h"

typedef struct __attribute__((packed)) {
    uint16_t d;
    int8_t qs[32];
} block;
_Static_assert(sizeof(block) == 34, "Q8_0 block");

#define CK_BLOCK block
#define CK_COLS 32
#define CK_GROUP 32
#define CK_BITS 8
#define CK_OFFSET 128
#define CK_HAS_MIN 0
#define CK_HALF_SCALES
#define CK_FOURS 1

CK_INLINE void unpack(const block *b, size_t n, uint8_t *u, float *scale, float *min) {
    (void)min;
    for (size_t i = 0; i < n; i++, u += 32) {
        scale[i] = ck_half(b[i].d);
        *(ck_u8x32_any *)u = *(const ck_u8x32_any *)b[i].qs ^ 0x80;
    }
}

#if CK_X86
/* A quarter of each register for each of four blocks: one sum for all of them. */
enum { STEP_COLS = 128, STEP_BYTES = 136, STEP_U = 2, STEP_DOTS = 1 };
static const uint8_t granules[8] = {0, 2, 4, 6, 1, 3, 5, 7};
static const float dot_factor[1] = {1};
_Alignas(64) static const uint16_t scale_words[32] = {
    0, 0, 0, 0, 17, 17, 17, 17, 34, 34, 34, 34, 51, 51, 51, 51,
};

#include "../Matmul/gemv_avx512.h"

CK_TARGET_AVX512 CK_INLINE step load_step(const uint8_t *p) {
    step s;
    CK_UNROLL
    for (int i = 0; i < 2; i++) {
        const __m128i *from = (const __m128i *)(p + 2 + 16 * i);
#define CK_PART(k) _mm_loadu_si128((const __m128i *)((const uint8_t *)from + 34 * (k)))
        s.u[i] = _mm512_inserti32x4(_mm512_castsi128_si512(CK_PART(0)), CK_PART(1), 1);
        s.u[i] = _mm512_inserti32x4(s.u[i], CK_PART(2), 2);
        s.u[i] = _mm512_inserti32x4(s.u[i], CK_PART(3), 3);
#undef CK_PART
    }
    s.scale[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutex2var_epi16(
        _mm512_loadu_si512(p), _mm512_load_si512(scale_words), _mm512_loadu_si512(p + 64))));
    return s;
}

#include "../Matmul/span_avx2.h"

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p) {
    span s;
    const block *b = (const block *)p;
    for (int i = 0; i < 4; i++) {
        const block *two = b + i / 2 * 2;
        s.u[i] = two_of_16((const uint8_t *)two->qs + i % 2 * 16,
                           (const uint8_t *)two[1].qs + i % 2 * 16);
    }
    s.scale[0] = four_halves(p);
    return s;
}
#endif

#include "../Matmul/quantized.h"

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks) {
#pragma clang fp contract(off)
    block *b = blocks;
    for (size_t i = 0; i < n / 32; i++, x += 32) {
        float greatest = 0;
        for (int j = 0; j < 32; j++)
            if (__builtin_fabsf(x[j]) > greatest) greatest = __builtin_fabsf(x[j]);
        const float d = greatest / 127, id = d != 0 ? 1 / d : 0;
        b[i].d = ck_to_half(d);
        for (int j = 0; j < 32; j++) b[i].qs[j] = (int8_t)__builtin_roundf(x[j] * id);
    }
}

#include "writers.h"
#include "variants.h"
const ck_format ck_q8_0 = {"Q8_0", 8, 32, sizeof(block), CK_ACT_Q8, CK_MANY,
                           dequantize, quantize, CK_MATMUL_VARIANTS};
