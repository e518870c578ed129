/* The tiled product for AVX-512 VNNI: 16 rows at a time are unpacked to bytes, four columns of all
   rows side by side ([cols/4][16][4]), so that one broadcast of four activations feeds 16 rows and
   no sum across lanes is needed. Two such tiles are used together for all tokens, six at a time:
   12 integer sums, 12 float sums, weights and activations fill the 32 registers. With activations
   in the forms of powers of two a block costs one multiplication beside its products, and with
   CK_ACT_Q8_FOURS each fourth block one more; with CK_ACT_Q8_PANELS it costs two.

   CK_ZEN4 has as many units that add bytes only as it has such that multiply too, and they would be
   idle. There formats of 4 bits are multiplied in pairs of columns, by (w1 + x2) (w2 + x1) less w1 w2
   and x1 x2, which are known beforehand (S. Winograd, A New Algorithm for Inner Product, 1968): half the
   products, and sums that fit in bytes if weights are -8 ... 7 and activations -119 ... 119. */
#include "direct_avx512.h"

/* R tiles, which follow one another in memory, times T tokens: each activation that is spread over a
   register serves all of them. */
CK_TARGET_AVX512 CK_INLINE void tiles_tokens_avx512(const ck_matmul *m, size_t row,
                                                    const __mmask16 masks[2],
                                                    const tile_avx512 tiles[2], const char *x,
                                                    size_t token, ck_stream *stream,
                                                    const char *at, size_t each, const int R,
                                                    const int T, const bool few,
                                                    const bool paired, const bool exact) {
    const char *next = stream->next;
    enum { SLOT = 4 * CK_PANEL_TOKENS };
    const ck_panel_layout l = ck_panel_layout_of(m->cols);
    const char *starts = x + (paired              ? l.pairs
                              : CK_OFFSET == 8   ? l.n8
                              : CK_OFFSET == 16  ? l.n16
                              : CK_OFFSET == 32  ? l.n32
                              : CK_OFFSET == 128 ? l.n128
                                                 : l.d);
    const char *scales = x + l.d, *sums = x + l.s, *factors = x + l.f;
    __m512 acc[2][6], total[2][6];
    CK_UNROLL
    for (int r = 0; r < R; r++)
        CK_UNROLL
        for (int t = 0; t < T; t++) acc[r][t] = total[r][t] = _mm512_setzero_ps();
    const size_t groups = m->cols / CK_GROUP;
    for (size_t g = 0; g < groups; g++) {
        const size_t block = g * CK_GROUP / 32;
        /* Here, because compilers put off what is computed before a branch and used after it. */
        if (few) {
            if (at >= next) next = ck_stream_ask(stream, at);
            at += each;
        }
        __m512i dot[2][6];
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            /* Without exact scales also the bits of what is subtracted below. */
            dot[0][t] = _mm512_set1_epi32(
                *(const int32_t *)(starts + (paired || CK_OFFSET ? g : block) * SLOT + 4 * t));
            if (R > 1) dot[1][t] = dot[0][t];
            if (paired) {
                CK_UNROLL
                for (int r = 0; r < R; r++)
                    dot[r][t] =
                        _mm512_add_epi32(dot[r][t], _mm512_load_si512(tiles[r].pairs + g * 16));
            }
        }
        const char *q = x + g * CK_GROUP / 4 * SLOT;
        if (paired) {
            CK_UNROLL
            for (int k = 0; k < CK_GROUP / 4; k += 2) {
                __m512i u[2], s[2];
                CK_UNROLL
                for (int r = 0; r < R; r++) {
                    const uint8_t *w = tiles[r].bytes + g * CK_GROUP * 16 + 64 * k;
                    u[r] = _mm512_load_si512(w), s[r] = _mm512_load_si512(w + 64);
                }
                CK_UNROLL
                for (int t = 0; t < T; t++) {
                    const char *v = q + k * SLOT + 4 * t;
                    const __m512i first = _mm512_set1_epi32(*(const int32_t *)v);
                    const __m512i second = _mm512_set1_epi32(*(const int32_t *)(v + SLOT));
                    CK_UNROLL
                    for (int r = 0; r < R; r++)
                        dot[r][t] = _mm512_dpbusd_epi32(dot[r][t], _mm512_add_epi8(u[r], second),
                                                        _mm512_add_epi8(s[r], first));
                }
            }
        } else {
            CK_UNROLL
            for (int k = 0; k < CK_GROUP / 4; k++) {
                __m512i u[2];
                CK_UNROLL
                for (int r = 0; r < R; r++)
                    u[r] = _mm512_load_si512(tiles[r].bytes + g * CK_GROUP * 16 + 64 * k);
                CK_UNROLL
                for (int t = 0; t < T; t++) {
                    const __m512i v =
                        _mm512_set1_epi32(*(const int32_t *)(q + k * SLOT + 4 * t));
                    CK_UNROLL
                    for (int r = 0; r < R; r++)
                        dot[r][t] = _mm512_dpbusd_epi32(dot[r][t], u[r], v);
                }
            }
        }
        __m512 scale[2], min[2];
        CK_UNROLL
        for (int r = 0; r < R; r++) {
            scale[r] = _mm512_load_ps(tiles[r].scale + g * 16);
            if (CK_HAS_MIN) min[r] = _mm512_load_ps(tiles[r].min + g * 16);
        }
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            const __m512 d = _mm512_set1_ps(*(const float *)(scales + block * SLOT + 4 * t));
            CK_UNROLL
            for (int r = 0; r < R; r++)
                acc[r][t] =
                    exact ? _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[r][t]),
                                            _mm512_mul_ps(scale[r], d), acc[r][t])
                          : _mm512_fmadd_ps(_mm512_sub_ps(_mm512_castsi512_ps(dot[r][t]), d),
                                            scale[r], acc[r][t]);
            if (CK_HAS_MIN) {
                const __m512 s = _mm512_set1_ps(*(const float *)(sums + block * SLOT + 4 * t));
                CK_UNROLL
                for (int r = 0; r < R; r++) acc[r][t] = _mm512_fmadd_ps(min[r], s, acc[r][t]);
            }
        }
        if (CK_FOURS && !exact && (g % 4 == 3 || g + 1 == groups)) {
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const __m512 f = _mm512_set1_ps(*(const float *)(factors + g / 4 * SLOT + 4 * t));
                CK_UNROLL
                for (int r = 0; r < R; r++) {
                    total[r][t] = _mm512_fmadd_ps(acc[r][t], f, total[r][t]);
                    acc[r][t] = _mm512_setzero_ps();
                }
            }
        }
    }
    CK_UNROLL
    for (int r = 0; r < R; r++) {
        const __m512 bias = m->bias ? _mm512_maskz_loadu_ps(masks[r], m->bias + row + 16 * r)
                                    : _mm512_setzero_ps();
        CK_UNROLL
        for (int t = 0; t < T; t++) {
            float *y = m->y + (token + t) * m->y_stride + row + 16 * r;
            const __m512 f = _mm512_set1_ps(*(const float *)(factors + 4 * t));
            __m512 value = exact      ? _mm512_add_ps(acc[r][t], bias)
                           : CK_FOURS ? _mm512_add_ps(total[r][t], bias)
                                      : _mm512_fmadd_ps(acc[r][t], f, bias);
            if (m->accumulate)
                value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(masks[r], y));
            _mm512_mask_storeu_ps(y, masks[r], value);
        }
    }
}

CK_TARGET_AVX512 CK_INLINE void some_tiles_tokens_avx512(const ck_matmul *m, size_t row,
                                                         const __mmask16 masks[2],
                                                         const tile_avx512 tiles[2], const char *x,
                                                         size_t token, ck_stream *stream,
                                                         const char *at, size_t each,
                                                         const int R, size_t count,
                                                         const bool few, const bool paired,
                                                         const bool exact) {
#define CK_CASE(T)                                                                                 \
    case T:                                                                                        \
        tiles_tokens_avx512(m, row, masks, tiles, x, token, stream, at, each, R, T, few, paired,   \
                            exact);                                                                \
        break;
    switch (count) { CK_CASE(6) CK_CASE(5) CK_CASE(4) CK_CASE(3) CK_CASE(2) CK_CASE(1) }
#undef CK_CASE
}

CK_TARGET_AVX512 CK_INLINE void matmul_tiles_avx512(const ck_matmul *m, size_t row0, size_t row1,
                                                    void *scratch, const bool paired,
                                                    const bool exact) {
    if (row0 == row1) return;
    const size_t steps = (m->cols + STEP_COLS - 1) / STEP_COLS, groups = m->cols / CK_GROUP;
    const size_t group_floats = STEP_COLS / CK_GROUP * 16 * steps;
    tile_avx512 tiles[2];
    char *free = scratch;
    for (int r = 0; r < 2; r++) {
        tiles[r].bytes = (uint8_t *)free;
        tiles[r].scale = (float *)(tiles[r].bytes + 16 * STEP_COLS * steps);
        tiles[r].min = tiles[r].scale + group_floats;
        tiles[r].pairs = (int32_t *)(tiles[r].min + (CK_HAS_MIN ? group_floats : 0));
        free = (char *)(tiles[r].pairs + (paired ? group_floats : 0));
    }
    const size_t panels = ck_panel_count(m->tokens);
    ck_stream stream = ck_stream_begin(m, row0, row1, 32 * m->row_bytes);
    for (size_t row = row0; row < row1; row += 32) {
        const size_t rows = row1 - row < 32 ? row1 - row : 32;
        const __mmask16 masks[2] = {(__mmask16)(rows < 16 ? (1u << rows) - 1 : 0xffff),
                                    (__mmask16)(rows > 16 ? (1u << (rows - 16)) - 1 : 0)};
        /* Meanwhile the next rows come from memory: evenly with every step where it sets the pace. */
        const bool few = m->tokens <= CK_TILES_FEW && (exact || !CK_FOURS);
        const size_t bytes = rows * m->row_bytes;
        const size_t each = few ? bytes / (2 * steps + panels * groups) + 1 : 0;
        const char *at = (const char *)m->weights + row * m->row_bytes;
        unpack_columns_avx512(m, row, rows < 16 ? rows : 16, 0, m->cols, tiles[0], &stream, at,
                              each, paired);
        at += each * steps;
        if (rows > 16)
            unpack_columns_avx512(m, row + 16, rows - 16, 0, m->cols, tiles[1], &stream, at, each,
                                  paired);
        at += each * steps;
        for (size_t p = 0; p < panels; p++) {
            const char *x = (const char *)m->x + p * m->x_stride;
            const size_t t = ck_panel_first(m->tokens, p);
            const size_t take = ck_panel_first(m->tokens, p + 1) - t;
            if (!few) ck_stream_ask(&stream, at);
            if (rows > 16 && few)
                some_tiles_tokens_avx512(m, row, masks, tiles, x, t, &stream, at, each, 2, take,
                                         true, paired, exact);
            else if (rows > 16)
                some_tiles_tokens_avx512(m, row, masks, tiles, x, t, &stream, at, 0, 2, take, false,
                                         paired, exact);
            else
                some_tiles_tokens_avx512(m, row, masks, tiles, x, t, &stream, at, 0, 1, take, false,
                                         paired, exact);
            at += few ? each * groups : bytes / panels;
        }
    }
}

CK_TARGET_AVX512 static void matmul_avx512(const ck_matmul *m, size_t row0, size_t row1,
                                           void *scratch) {
    if (m->form == CK_ACT_Q8)
        gemv_avx512(m, row0, row1, scratch);
#if CK_FOURS
    else if (m->form == CK_ACT_Q8_PANELS)
        matmul_tiles_avx512(m, direct_avx512(m, row0, row1), row1, scratch, false, true);
#endif
    else
        matmul_tiles_avx512(m, row0, row1, scratch, false, false);
}

CK_TARGET_AVX512 static void matmul_zen4(const ck_matmul *m, size_t row0, size_t row1,
                                         void *scratch) {
    if (CK_NARROW && m->form != CK_ACT_Q8)
        matmul_tiles_avx512(m, row0, row1, scratch, true, false);
    else
        matmul_avx512(m, row0, row1, scratch);
}
