/* The product over tiles for AMX: unpacked as for AVX-512, then weights of BF16 in the order of its
   tiles. A weight is rounded to 8 bits of mantissa, an activation too: less than what quantising
   activations to 8 bits in blocks takes away. */
#include "amx.h"

/* 16 rows of bytes to every second tile from `to`. */
CK_TARGET_AMX static void convert_tile_amx(const tile_avx512 tile, size_t cols, char *to) {
    /* Words of the second operand and of the first in turn. */
    _Alignas(64) static const uint16_t in_turn[32] = {
        0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31,
    };
    const __m512i turns = _mm512_load_si512(in_turn), byte = _mm512_set1_epi32(0xff);
    for (size_t g = 0; g < cols / CK_GROUP; g++) {
        const __m512 scale = _mm512_load_ps(tile.scale + g * 16);
        __m512 start = _mm512_mul_ps(scale, _mm512_set1_ps(-CK_OFFSET));
        if (CK_HAS_MIN) start = _mm512_add_ps(start, _mm512_load_ps(tile.min + g * 16));
        CK_UNROLL
        for (int k = 0; k < CK_GROUP / 4; k++) {
            const size_t pair = (g * CK_GROUP + 4 * (size_t)k) / 2;
            const __m512i u = _mm512_load_si512(tile.bytes + pair * 32);
            __m512 w[4];
            w[0] = _mm512_cvtepi32_ps(_mm512_and_si512(u, byte));
            w[1] = _mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srli_epi32(u, 8), byte));
            w[2] = _mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srli_epi32(u, 16), byte));
            w[3] = _mm512_cvtepi32_ps(_mm512_srli_epi32(u, 24));
            CK_UNROLL
            for (int i = 0; i < 4; i++) w[i] = _mm512_fmadd_ps(w[i], scale, start);
            CK_UNROLL
            for (int i = 0; i < 2; i++)
                _mm512_store_si512(
                    to + (pair + (size_t)i) / 16 * 2 * CK_AMX_TILE + (pair + (size_t)i) % 16 * 64,
                    _mm512_permutexvar_epi16(
                        turns, (__m512i)_mm512_cvtne2ps_pbh(w[2 * i + 1], w[2 * i])));
        }
    }
}

enum { STRETCH = 512 };

/* Space for a tile on the way, behind the panels. */
CK_TARGET_AMX CK_INLINE tile_avx512 tile_on_the_way(char *scratch) {
    tile_avx512 tile;
    tile.bytes = (uint8_t *)scratch + CK_AMX_SCRATCH - (64 << 10);
    tile.scale = (float *)(tile.bytes + 16 * STRETCH);
    tile.min = tile.scale + STRETCH / CK_GROUP * 16;
    return tile;
}

/* Columns first ..< first + cols of some rows to panels. */
CK_TARGET_AMX static void fill_panels(const ck_matmul *m, size_t row, size_t rows, size_t first,
                                      size_t cols, char *panels, tile_avx512 tile) {
    for (size_t r = 0; r < rows; r += 16) {
        char *tiles = ck_amx_tiles(panels, cols, 1, r);
        for (size_t col = 0; col < cols; col += STRETCH) {
            const size_t n = cols - col < STRETCH ? cols - col : STRETCH;
            unpack_tile_avx512(m, row + r, rows - r < 16 ? rows - r : 16, first + col, n, tile);
            convert_tile_amx(tile, n, tiles + col / 32 * 2 * CK_AMX_TILE);
        }
    }
}

CK_TARGET_AMX static void matmul_gated_amx(const ck_matmul *m, size_t row0, size_t row1,
                                           char *panels) {
    ck_matmul second = *m;
    second.weights = m->gated->weights;
    const size_t most = ck_amx_gated_rows(m->cols);
    for (size_t row = row0; row < row1; row += most) {
        const size_t rows = row1 - row < most ? row1 - row : most;
        const size_t whole = (rows + CK_AMX_PANEL - 1) / CK_AMX_PANEL * ck_amx_part(m->cols);
        fill_panels(m, row, rows, 0, m->cols, panels, tile_on_the_way(panels));
        fill_panels(&second, row, rows, 0, m->cols, panels + whole, tile_on_the_way(panels));
        ck_amx_multiply_gated(m, row, rows, panels);
    }
}

CK_TARGET_AMX static void matmul_amx(const ck_matmul *m, size_t row0, size_t row1,
                                     void *scratch) {
    if (m->form != CK_ACT_BF16) {
        matmul_avx512(m, row0, row1, scratch);
        return;
    }
    if (m->gated) {
        matmul_gated_amx(m, row0, row1, scratch);
        return;
    }
    const ck_amx_blocks block = ck_amx_plan(row1 - row0, m->cols, m->tokens, 1, false);
    for (size_t row = row0; row < row1; row += block.rows) {
        const size_t rows = row1 - row < block.rows ? row1 - row : block.rows;
        for (size_t first = 0; first < m->cols; first += block.cols) {
            const size_t cols = m->cols - first < block.cols ? m->cols - first : block.cols;
            fill_panels(m, row, rows, first, cols, scratch, tile_on_the_way(scratch));
            ck_amx_multiply(m, row, rows, first, cols, scratch, 1, false);
        }
    }
}
