/* Tiles for AVX-512: 16 rows unpacked to bytes, four columns of all rows side by side, with a scale (and
   minimum) of each group. For the products of tile_avx512.h and tile_amx.h. */
#include "transpose_avx512.h"

typedef struct {
    uint8_t *bytes;      /* [cols/4][16][4] */
    float *scale, *min; /* [groups][16] */
    int32_t *pairs;     /* [groups][16]: what a group's sum begins with, of pairs */
} tile_avx512;

/* Values that fill whole quarters of their registers, of 16 rows: quarter l of all rows to v[l]. */
CK_TARGET_AVX512 CK_INLINE void gather_quarters(const __m512 rows[16], __m512 v[4]) {
    __m512 a[4];
    CK_UNROLL
    for (int i = 0; i < 4; i++) {
        a[i] = _mm512_mask_blend_ps(0x2222, rows[4 * i], rows[4 * i + 1]);
        a[i] = _mm512_mask_blend_ps(0x4444, a[i], rows[4 * i + 2]);
        a[i] = _mm512_mask_blend_ps(0x8888, a[i], rows[4 * i + 3]);
    }
    const __m512 low = _mm512_shuffle_f32x4(a[0], a[1], 0x44);
    const __m512 high = _mm512_shuffle_f32x4(a[0], a[1], 0xee);
    const __m512 low2 = _mm512_shuffle_f32x4(a[2], a[3], 0x44);
    const __m512 high2 = _mm512_shuffle_f32x4(a[2], a[3], 0xee);
    v[0] = _mm512_shuffle_f32x4(low, low2, 0x88);
    v[1] = _mm512_shuffle_f32x4(low, low2, 0xdd);
    v[2] = _mm512_shuffle_f32x4(high, high2, 0x88);
    v[3] = _mm512_shuffle_f32x4(high, high2, 0xdd);
}

#ifdef CK_HALF_SCALES
/* Halves at the same place of 16 rows. */
CK_TARGET_AVX512 CK_INLINE __m512 halves_of_rows(const uint8_t *const p[16], size_t at) {
    __m128i low = _mm_setzero_si128(), high = low;
#define CK_HALF(i) *(const int16_t *)(p[i] + at)
#define CK_BOTH(i)                                                                                 \
    low = _mm_insert_epi16(low, CK_HALF(i), i), high = _mm_insert_epi16(high, CK_HALF(i + 8), i)
    CK_BOTH(0), CK_BOTH(1), CK_BOTH(2), CK_BOTH(3), CK_BOTH(4), CK_BOTH(5), CK_BOTH(6), CK_BOTH(7);
#undef CK_BOTH
#undef CK_HALF
    return _mm512_cvtph_ps(_mm256_set_m128i(high, low));
}
#endif

/* One step of 16 rows, rows at p[i]. */
CK_TARGET_AVX512 CK_INLINE void unpack_step_avx512(const uint8_t *const p[16], size_t col,
                                                   tile_avx512 tile, const bool paired) {
    __m512i u[STEP_U][16];
    __m512 scale[STEP_DOTS][16], min[16];
    for (int i = 0; i < 16; i++) {
        const step s = load_step(p[i]);
        CK_UNROLL
        for (int j = 0; j < STEP_U; j++)
            u[j][i] = CK_SIGNED ? _mm512_xor_si512(s.u[j], _mm512_set1_epi8((char)0x80)) : s.u[j];
        CK_UNROLL
        for (int k = 0; k < STEP_DOTS; k++) scale[k][i] = s.scale[k];
        if (CK_HAS_MIN) min[i] = s.min;
    }
    CK_UNROLL
    for (int j = 0; j < STEP_U; j++) {
        ck_transpose16(u[j]);
        /* Sums of pairs want the bytes themselves, not sixteen times as much. */
        const bool great = paired && dot_factor[j * STEP_DOTS / STEP_U] != 1;
        CK_UNROLL
        for (int i = 0; i < 16; i++) {
            if (great) u[j][i] = _mm512_srli_epi16(u[j][i], 4);
            const size_t at = col + granules[4 * j + i / 4] * 16 + i % 4 * 4;
            /* Of a pair w1 + 128, as the instruction wants it without sign, and w2. */
            const __m512i w = paired ? _mm512_add_epi8(u[j][i], _mm512_set1_epi8(i % 2 ? -8 : 120))
                                     : u[j][i];
            _mm512_store_si512(tile.bytes + at * 16, w);
        }
    }
    float *scales = tile.scale + col / CK_GROUP * 16, *mins = tile.min + col / CK_GROUP * 16;
#ifdef CK_HALF_SCALES
    CK_UNROLL
    for (size_t b = 0; b < STEP_COLS / 32; b++)
        _mm512_store_ps(scales + b * 16, halves_of_rows(p, b * sizeof(CK_BLOCK)));
#else
    CK_UNROLL
    for (int k = 0; k < STEP_DOTS; k++) {
        __m512 quarters[4];
        gather_quarters(scale[k], quarters);
        CK_UNROLL
        for (int i = 0; i < 4; i++) {
            const size_t group = granules[4 * (k * STEP_U / STEP_DOTS) + i] * 16 / CK_GROUP;
            _mm512_store_ps(scales + group * 16,
                            _mm512_mul_ps(quarters[i], _mm512_set1_ps(paired ? 1 : dot_factor[k])));
        }
    }
#endif
    if (CK_HAS_MIN) {
        ck_transpose16((__m512i *)min);
        CK_UNROLL
        for (int b = 0; b < STEP_COLS / 32; b++)
            _mm512_store_ps(mins + b * 16,
                            paired ? _mm512_fmadd_ps(_mm512_load_ps(scales + b * 16),
                                                     _mm512_set1_ps(8), MIN_OF(min, b))
                                   : MIN_OF(min, b));
    }
    if (!paired) return;
    for (size_t b = 0; b < STEP_COLS / 32; b++) {
        __m512i sum = _mm512_setzero_si512();
        CK_UNROLL
        for (size_t k = 0; k < 8; k += 2) {
            const uint8_t *w = tile.bytes + (col + 32 * b + 4 * k) * 16;
            sum = _mm512_dpbusd_epi32(sum, _mm512_load_si512(w), _mm512_load_si512(w + 64));
        }
        _mm512_store_si512(tile.pairs + (col / 32 + b) * 16,
                           _mm512_sub_epi32(_mm512_setzero_si512(), sum));
    }
}

/* Columns first ..< first + cols, `first` being a multiple of STEP_COLS. */
CK_TARGET_AVX512 CK_INLINE void unpack_columns_avx512(const ck_matmul *m, size_t row, size_t rows,
                                                      size_t first, size_t cols, tile_avx512 tile,
                                                      const char *ahead, size_t lines,
                                                      const bool paired) {
    const uint8_t *p[16];
    for (size_t i = 0; i < 16; i++)
        p[i] = (const uint8_t *)m->weights + (row + (i < rows ? i : rows - 1)) * m->row_bytes
               + first / CK_COLS * sizeof(CK_BLOCK);
    size_t col = 0;
    for (; col + STEP_COLS <= cols; col += STEP_COLS) {
        unpack_step_avx512(p, col, tile, paired);
        for (size_t i = 0; i < lines; i++, ahead += 64) _mm_prefetch(ahead, _MM_HINT_T1);
        for (int i = 0; i < 16; i++) p[i] += STEP_BYTES;
    }
    if (col < cols) {
        uint8_t last[16][STEP_BYTES] = {0};
        for (int i = 0; i < 16; i++) {
            __builtin_memcpy(last[i], p[i], (cols - col) / CK_COLS * sizeof(CK_BLOCK));
            p[i] = last[i];
        }
        unpack_step_avx512(p, col, tile, paired);
    }
}

CK_TARGET_AVX512 __attribute__((unused)) static void
unpack_tile_avx512(const ck_matmul *m, size_t row, size_t rows, size_t first, size_t cols,
                   tile_avx512 tile) {
    unpack_columns_avx512(m, row, rows, first, cols, tile, NULL, 0, false);
}
