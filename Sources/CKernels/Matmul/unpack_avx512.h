/* Tiles for AVX-512: 16 rows unpacked to bytes, four columns of all rows side by side, with a scale (and
   minimum) of each group. For the products of tile_avx512.h and tile_amx.h. */
#include "stream.h"
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

/* 16 rows, four and four of them: rows stay within what an address can say. */
typedef struct {
    const uint8_t *fours[4];
    size_t stride;
} rows_avx512;

CK_TARGET_AVX512 CK_INLINE rows_avx512 rows_from(const uint8_t *p, size_t stride) {
    return (rows_avx512){{p, p + 4 * stride, p + 8 * stride, p + 12 * stride}, stride};
}

#define CK_ROW(rows, i) ((rows).fours[(i) / 4] + (i) % 4 * (rows).stride)

#ifdef CK_HALF_SCALES
/* Halves at a place of 16 rows. */
CK_TARGET_AVX512 CK_INLINE __m512 halves_of_rows(rows_avx512 rows, size_t at) {
    __m128i low = _mm_setzero_si128(), high = low;
#define CK_HALF(i) *(const int16_t *)(CK_ROW(rows, i) + at)
#define CK_BOTH(i)                                                                                 \
    low = _mm_insert_epi16(low, CK_HALF(i), i), high = _mm_insert_epi16(high, CK_HALF(i + 8), i)
    CK_BOTH(0), CK_BOTH(1), CK_BOTH(2), CK_BOTH(3), CK_BOTH(4), CK_BOTH(5), CK_BOTH(6), CK_BOTH(7);
#undef CK_BOTH
#undef CK_HALF
    return _mm512_cvtph_ps(_mm256_set_m128i(high, low));
}
#endif

/* What paired products want of four columns: w1 + 128, as the instruction takes it without sign, and
   w2, for every other four. */
CK_TARGET_AVX512 CK_INLINE __m512i pair_factor(__m512i u, size_t col) {
    return _mm512_add_epi8(u, _mm512_set1_epi8(col / 4 % 2 ? -8 : 120));
}

/* What the sums of a block's pairs begin with, less the sum over both weights of each. */
CK_TARGET_AVX512 CK_INLINE void start_pairs(tile_avx512 tile, size_t col) {
    __m512i sum = _mm512_setzero_si512();
    CK_UNROLL
    for (size_t k = 0; k < 8; k += 2) {
        const uint8_t *w = tile.bytes + (col + 4 * k) * 16;
        sum = _mm512_dpbusd_epi32(sum, _mm512_load_si512(w), _mm512_load_si512(w + 64));
    }
    _mm512_store_si512(tile.pairs + col / 2, _mm512_sub_epi32(_mm512_setzero_si512(), sum));
}

#if defined CK_HALF_SCALES && CK_BITS != 5
#define CK_BLOCKWISE 1

/* 16 bytes of 16 rows to four registers, each of four bytes of all rows. Lines of four rows come
   together as they are loaded, which leaves half of a whole transposition's exchanges. */
CK_TARGET_AVX512 CK_INLINE void gather_bytes(rows_avx512 from, size_t at, __m512i v[4]) {
    __m512i rows[4];
#define CK_LOAD(i) _mm_loadu_si128((const __m128i *)(CK_ROW(from, i) + at))
    CK_UNROLL
    for (size_t i = 0; i < 4; i++) {
        rows[i] = _mm512_inserti32x4(_mm512_castsi128_si512(CK_LOAD(i)), CK_LOAD(i + 4), 1);
        rows[i] = _mm512_inserti32x4(rows[i], CK_LOAD(i + 8), 2);
        rows[i] = _mm512_inserti32x4(rows[i], CK_LOAD(i + 12), 3);
    }
#undef CK_LOAD
    const __m512i a = _mm512_unpacklo_epi32(rows[0], rows[1]);
    const __m512i b = _mm512_unpackhi_epi32(rows[0], rows[1]);
    const __m512i c = _mm512_unpacklo_epi32(rows[2], rows[3]);
    const __m512i d = _mm512_unpackhi_epi32(rows[2], rows[3]);
    v[0] = _mm512_unpacklo_epi64(a, c), v[1] = _mm512_unpackhi_epi64(a, c);
    v[2] = _mm512_unpacklo_epi64(b, d), v[3] = _mm512_unpackhi_epi64(b, d);
}

/* Some blocks of 16 rows: whole bytes, or halves of bytes of two times 16 columns. */
CK_TARGET_AVX512 CK_INLINE void unpack_step_avx512(rows_avx512 rows, size_t col, size_t cols,
                                                   tile_avx512 tile, const bool paired) {
    const size_t end = col + cols;
    for (size_t at = 0; col < end; col += 32, at += sizeof(CK_BLOCK)) {
        _mm512_store_ps(tile.scale + col / 2, halves_of_rows(rows, at));
        CK_UNROLL
        for (size_t part = 0; part < CK_BITS / 4; part++) {
            __m512i v[4];
            gather_bytes(rows, at + 2 + 16 * part, v);
            CK_UNROLL
            for (size_t k = 0; k < 4; k++) {
                const size_t at = col + 16 * part + 4 * k;
                if (CK_BITS == 8) {
                    _mm512_store_si512(tile.bytes + at * 16,
                                       _mm512_xor_si512(v[k], _mm512_set1_epi8((char)0x80)));
                    continue;
                }
                const __m512i low = _mm512_set1_epi8(15);
                __m512i halves[2] = {_mm512_and_si512(v[k], low),
                                     _mm512_and_si512(_mm512_srli_epi16(v[k], 4), low)};
                CK_UNROLL
                for (size_t h = 0; h < 2; h++)
                    _mm512_store_si512(tile.bytes + (at + 16 * h) * 16,
                                       paired ? pair_factor(halves[h], at) : halves[h]);
            }
        }
        if (paired) start_pairs(tile, col);
    }
}

#else
#define CK_BLOCKWISE 0

/* One step of 16 rows. */
CK_TARGET_AVX512 CK_INLINE void unpack_step_avx512(rows_avx512 rows, size_t col, size_t cols,
                                                   tile_avx512 tile, const bool paired) {
    (void)cols;
    __m512i u[STEP_U][16];
    __m512 scale[STEP_DOTS][16], min[16];
    for (size_t i = 0; i < 16; i++) {
        const step s = load_step(CK_ROW(rows, i));
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
            _mm512_store_si512(tile.bytes + at * 16,
                               paired ? pair_factor(u[j][i], at) : u[j][i]);
        }
    }
    float *scales = tile.scale + col / CK_GROUP * 16, *mins = tile.min + col / CK_GROUP * 16;
#ifdef CK_HALF_SCALES
    CK_UNROLL
    for (size_t b = 0; b < STEP_COLS / 32; b++)
        _mm512_store_ps(scales + b * 16, halves_of_rows(rows, b * sizeof(CK_BLOCK)));
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
    for (size_t b = 0; paired && b < STEP_COLS / 32; b++) start_pairs(tile, col + 32 * b);
}
#endif

/* Columns first ..< first + cols, `first` being a multiple of STEP_COLS. */
CK_TARGET_AVX512 CK_INLINE void unpack_columns_avx512(const ck_matmul *m, size_t row, size_t rows,
                                                      size_t first, size_t cols, tile_avx512 tile,
                                                      ck_stream *stream, const char *at,
                                                      size_t each,
                                                      const bool paired) {
    const uint8_t *p = (const uint8_t *)m->weights + row * m->row_bytes
                       + first / CK_COLS * sizeof(CK_BLOCK);
    rows_avx512 all = rows_from(p, m->row_bytes);
    for (size_t col = 0; col < cols; col += STEP_COLS) {
        const size_t n = cols - col < STEP_COLS ? cols - col : STEP_COLS;
        if (rows == 16 && (CK_BLOCKWISE || n == STEP_COLS)) {
            unpack_step_avx512(all, col, n, tile, paired);
            CK_UNROLL
            for (int i = 0; i < 4; i++) all.fours[i] += STEP_BYTES;
        } else { /* The last row stands for those that lack, zeros for columns. */
            uint8_t some[16][STEP_BYTES] = {0};
            for (size_t i = 0; i < 16; i++)
                __builtin_memcpy(some[i],
                                 p + (i < rows ? i : rows - 1) * m->row_bytes
                                     + col / CK_COLS * sizeof(CK_BLOCK),
                                 n / CK_COLS * sizeof(CK_BLOCK));
            unpack_step_avx512(rows_from(some[0], STEP_BYTES), col, n, tile, paired);
        }
        if (each > 0) {
            ck_stream_ask(stream, at);
            at += each;
        }
    }
}

CK_TARGET_AVX512 __attribute__((unused)) static void
unpack_tile_avx512(const ck_matmul *m, size_t row, size_t rows, size_t first, size_t cols,
                   tile_avx512 tile) {
    unpack_columns_avx512(m, row, rows, first, cols, tile, NULL, NULL, 0, false);
}
