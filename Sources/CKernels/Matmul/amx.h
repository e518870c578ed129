/* Products over tiles of BF16 (Intel AMX): what all weight formats share. A format unpacks some rows
   of its weights to tiles, and one loop multiplies them with the tiles of all tokens. */
#ifndef CK_AMX_H
#define CK_AMX_H

#include "../isa.h"

enum {
    CK_AMX_FEW = 40,   /* up to so many tokens the kernels of AVX-512 are faster */
    CK_AMX_PANEL = 32, /* rows that share tiles of activations in registers */
    CK_AMX_TILE = 1024, /* bytes of a tile */
    CK_AMX_BUDGET = 512 << 10 /* bytes of weights that are unpacked at a time */
};

/* Bytes of a row of tiles in so many parts. */
CK_INLINE size_t ck_amx_row(size_t cols, size_t parts) { return (cols + 31) / 32 * 64 * parts; }

/* Whether the activations of all tokens stay in the second cache beside what is unpacked. */
CK_INLINE bool ck_amx_stays(size_t cols, size_t tokens, bool low) {
    return tokens * ck_amx_row(cols, low ? 2 : 1) <= 1 << 20;
}

/* How a range of rows is computed: `rows` of its weights and `cols` of their columns are unpacked at
   a time, no more than the budget, and multiplied with those columns of all tokens. What is read
   again and again shall stay in the second cache: where the activations do, whole rows are unpacked
   if 32 of them fit, so that sums stay in registers from the first column to the last; otherwise a
   fixed stretch of columns and the rows that fit beside it, because every pass over the activations
   is one over the third cache, and sums rest in y. No sum depends on the plan: its products are
   added 32 columns after 32 columns, and within them in one order. */
typedef struct {
    size_t rows, cols;
} ck_amx_blocks;

CK_INLINE ck_amx_blocks ck_amx_plan(size_t rows, size_t cols, size_t tokens, size_t parts,
                                    bool low) {
    ck_amx_blocks b = {(rows + CK_AMX_PANEL - 1) / CK_AMX_PANEL * CK_AMX_PANEL, cols};
    if (ck_amx_stays(cols, tokens, low)) {
        const size_t fit = CK_AMX_BUDGET / ck_amx_row(cols, parts) / CK_AMX_PANEL * CK_AMX_PANEL;
        if (fit == 0) {
            b.rows = CK_AMX_PANEL;
            b.cols = CK_AMX_BUDGET / (CK_AMX_PANEL * 2 * parts);
        } else if (b.rows > fit) {
            b.rows = fit;
        }
        return b;
    }
    const size_t stretch = low ? 512 : 1024;
    if (b.cols > stretch) b.cols = stretch;
    const size_t fit = CK_AMX_BUDGET / (stretch * 2 * parts);
    if (b.rows > fit) b.rows = fit;
    return b;
}

/* Rows of each half of a gated unit that are unpacked at a time; 0 where the columns are too many. */
CK_INLINE size_t ck_amx_gated_rows(size_t cols) {
    return CK_AMX_BUDGET / (2 * ck_amx_row(cols, 1)) / CK_AMX_PANEL * CK_AMX_PANEL;
}

/* Unpacked weights, and space for 16 rows of bytes on the way there. */
enum { CK_AMX_SCRATCH = CK_AMX_BUDGET + (64 << 10) };

#if CK_X86

/* Gives this thread's registers the shape of whole tiles, until _tile_release. */
CK_TARGET_AMX CK_INLINE void ck_amx_begin(void) {
    typedef struct __attribute__((packed)) {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shapes;
    static const shapes whole = {
        .palette = 1,
        .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
        .rows = {16, 16, 16, 16, 16, 16, 16, 16},
    };
    _tile_loadconfig(&whole);
}

/* 32 floats as the sum of a high and a low part of BF16. */
CK_TARGET_AMX CK_INLINE void ck_amx_split32(const __m512 x[2], __m512i *high, __m512i *low) {
    *high = (__m512i)_mm512_cvtne2ps_pbh(x[1], x[0]);
    const __m256i halves[2] = {_mm512_castsi512_si256(*high),
                               _mm512_extracti64x4_epi64(*high, 1)};
    __m512 rest[2];
    CK_UNROLL
    for (int i = 0; i < 2; i++)
        rest[i] = _mm512_sub_ps(
            x[i], (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves[i]), 16));
    *low = (__m512i)_mm512_cvtne2ps_pbh(rest[1], rest[0]);
}

/* Writes a token of a CK_ACT_BF16 buffer: `split` of the table of operations. */
void ck_amx_split(const float *x, size_t cols, size_t token, bool low, void *tiles);

/* y (+)= W x over columns first ..< first + cols, for rows row ..< row + rows of all tokens.

   panels: for every CK_AMX_PANEL rows and each of `parts` (1, or high and low ones) the tiles
   [cols / 32][2][16][16][2]: of 32 columns and 16 rows, pairs of columns of all rows side by side.
   The first columns begin the sums (from y where m->accumulate says so), the last ones add the
   bias. A sum runs over the columns in order, 32 at a time, whatever else is computed beside it.

   low: whether the activations' low parts are multiplied too, with the weights' first part. */
void ck_amx_multiply(const ck_matmul *m, size_t row, size_t rows, size_t first, size_t cols,
                     const void *panels, int parts, bool low);

/* Rows row ..< row + rows of a gated unit (m->gated), row a multiple of 32, whole rows of one part: the panels of the first
   half, then those of the second. The factors of 32 tokens and 32 rows do not leave the nearest cache. */
void ck_amx_multiply_gated(const ck_matmul *m, size_t row, size_t rows, const void *panels);

/* Bytes of a panel's part, and where rows r ..< r + 16 begin. */
CK_INLINE size_t ck_amx_part(size_t cols) { return (cols + 31) / 32 * 2 * CK_AMX_TILE; }

CK_INLINE char *ck_amx_tiles(char *panels, size_t cols, int parts, size_t r) {
    return panels + r / CK_AMX_PANEL * (size_t)parts * ck_amx_part(cols)
           + r % CK_AMX_PANEL / 16 * CK_AMX_TILE;
}

#endif
#endif
