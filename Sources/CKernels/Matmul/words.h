/* Activations in words of 16 bits, for products of F16 and BF16 over many tokens.

   A weight of F16 has 11 bits, one of BF16 has 8; their products with floats are exact in F32, but an
   instruction that multiplies pairs of 16-bit integers does twice as much as one that multiplies
   floats. So both factors become integers with a scale for each CK_WORDS_BLOCK columns. 64 products of
   integers up to CK_WORDS_PEAK fit 32 bits with a sign, so that a block's sum is exact; what is
   rounded are the factors, by at most 1 / 11,584 of the greatest of their block: about what rounding
   the activations to F16 loses. */
#ifndef CK_WORDS_H
#define CK_WORDS_H

#include "../isa.h"

enum { CK_WORDS_BLOCK = 64, CK_WORDS_PEAK = 5792 };

/* Blocks whose greatest value is below count as zeros, so that its reciprocal is a number. */
#define CK_WORDS_LEAST 1e-30f

/* int16_t q[blocks][64], then float d[blocks], at a multiple of 64 bytes. */
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

#if CK_X86
/* sum + the products of pairs. Not the intrinsic: compilers take it apart into a product and a sum,
   which is shorter to wait for and twice as much to do. */
CK_TARGET_AVX512 CK_INLINE __m512i ck_add_pairs(__m512i sum, __m512i w, __m512i x) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(w), "v"(x));
    return sum;
}
#endif

#endif
