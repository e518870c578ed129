/* Products of F16 and BF16 over many tokens in words of 16 bits.

   A weight of F16 has 11 bits, one of BF16 has 8; their products with floats are exact in F32, but an
   instruction that multiplies pairs of 16-bit integers does twice as much as one that multiplies
   floats. So both factors become integers with a scale for each CK_WORDS_BLOCK columns. No sum of
   products is greater than the product of the two norms (Cauchy and Schwarz), so that scales which
   bound a block's norms, to CK_WORDS_NORM and CK_WEIGHTS_NORM, keep sums within 32 bits; scales that
   bound the greatest values would waste more than a bit of each factor.

   What is rounded are the factors: an activation by about 1 / 40,000 of the typical size in its block,
   where F16 rounds by 1 / 10,000. Scales of weights are powers of two, so that all but the small ones of
   a block stay exact. */
#ifndef CK_WORDS_H
#define CK_WORDS_H

#include "../isa.h"

enum { CK_WORDS_BLOCK = 32 };

/* Rounding adds up to half the root of 32 to a norm. */
#define CK_WORDS_NORM (0x1p16f - 4)
#define CK_WEIGHTS_NORM (0x1p15f - 4)
#define CK_WORDS_GREATEST 32767.0f

/* Blocks with a smaller square of their norm count as zeros, so that its reciprocal is a number. */
#define CK_WORDS_LEAST 1e-36f

/* int16_t q[blocks][32], then float d[blocks], at a multiple of 64 bytes. */
typedef struct {
    size_t blocks, d, bytes;
} ck_words_layout;

CK_INLINE ck_words_layout ck_words_layout_of(size_t cols) {
    ck_words_layout l;
    l.blocks = (cols + CK_WORDS_BLOCK - 1) / CK_WORDS_BLOCK;
    l.d = l.blocks * CK_WORDS_BLOCK * 2;
    l.bytes = l.d + ck_align64(l.blocks * 4);
    return l;
}

/* The scale of a block from its sum of squares and its greatest size; 0 for one that counts as zeros. */
CK_INLINE float ck_words_scale(float square, float peak) {
    if (square < CK_WORDS_LEAST) return 0;
    /* Of a number and NaN the second. */
    const float unit = __builtin_sqrtf(square) / CK_WORDS_NORM, least = peak / CK_WORDS_GREATEST;
    return least > unit ? least : unit;
}

#endif
