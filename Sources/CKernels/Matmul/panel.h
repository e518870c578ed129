/* Bytes of many tokens for AVX-512 (CK_ACT_Q8_PANELS, _POW2, _FOURS): tokens in panels of up to six, as
   many as a product takes at once, everything in the order in which it is read. A panel is

     int32_t q[blocks][8][6]   four columns of every token
     float   d[blocks][6]      and so on: the numbers of ckernels.h, of which only those are written that
                               a product asks for

   each part starting at a multiple of 64 bytes. */
#ifndef CK_PANEL_H
#define CK_PANEL_H

#include "../isa.h"

enum { CK_PANEL_TOKENS = 6 };

/* Offsets in bytes from the start of the panel. */
typedef struct {
    size_t d, s, n8, n16, n32, n128, pairs, f, bytes;
} ck_panel_layout;

CK_INLINE ck_panel_layout ck_panel_layout_of(size_t cols) {
    ck_panel_layout l;
    const size_t blocks = (cols + 31) / 32, part = ck_align64(blocks * 4 * CK_PANEL_TOKENS);
    l.d = blocks * 32 * CK_PANEL_TOKENS;
    l.s = l.d + part;
    l.n8 = l.s + part;
    l.n16 = l.n8 + part;
    l.n32 = l.n16 + part;
    l.n128 = l.n32 + ck_align64(blocks * 8 * CK_PANEL_TOKENS);
    l.pairs = l.n128 + part;
    l.f = l.pairs + part;
    l.bytes = l.f + ck_align64((blocks + 3) / 4 * 4 * CK_PANEL_TOKENS);
    return l;
}

CK_INLINE size_t ck_panel_count(size_t tokens) {
    return (tokens + CK_PANEL_TOKENS - 1) / CK_PANEL_TOKENS;
}

/* Tokens are spread evenly over the panels: the first one of panel p. */
CK_INLINE size_t ck_panel_first(size_t tokens, size_t p) {
    return p * tokens / ck_panel_count(tokens);
}

#endif
