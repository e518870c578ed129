/* Where the parts of a buffer of quantised activations lie. */
#ifndef CK_ACT_H
#define CK_ACT_H

#include "isa.h"

/* Up to so many tokens AVX-512 multiplies packed rows as they are: where that shall give the same bits,
   and where it shall be fast. */
enum { CK_GEMV_EQUAL = 8, CK_GEMV_FAST = 4 };

/* Up to so many tokens memory sets the pace of AVX-512's tiles, and weights of 8 bits get activations with
   exact scales; CK_OTHERS_FEW is for other cores than Intel's and other sets. */
enum { CK_TILES_FEW = 40, CK_OTHERS_FEW = 24 };

/* The bound of bytes for products of pairs: sums with a 4-bit weight fit in a byte. */
#define CK_PAIRS_GREATEST 119.0f

/* Offsets in bytes from the start of the buffer. */
typedef struct {
    size_t blocks, d, s, s16, n8, n16, n128, n32, pairs, f, bytes;
} ck_act_layout;

CK_INLINE ck_act_layout ck_act_layout_of(size_t cols) {
    ck_act_layout l;
    l.blocks = (cols + 31) / 32;
    size_t part = ck_align64(l.blocks * 4), halves = ck_align64(l.blocks * 8);
    l.d = ck_align64(l.blocks * 32);
    l.s = l.d + part;
    l.s16 = l.s + part;
    l.n8 = l.s16 + halves;
    l.n16 = l.n8 + part;
    l.n128 = l.n16 + part;
    l.n32 = l.n128 + part;
    l.pairs = l.n32 + halves;
    l.f = l.pairs + part;
    l.bytes = l.f + ck_align64((l.blocks + 3) / 4 * 4);
    return l;
}

#endif
