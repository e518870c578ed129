/* Five to eight tokens for AVX-512 VNNI, of weights of 8 bits and with exact scales: 16 rows are multiplied
   as they are put in order, block after block, so that no tile is written and read again. The registers
   have no place for more tokens beside. The same numbers are added in the same order as by the tiled
   product, which gives the same bits.

   Tokens are a panel of A, or two panels of A and B. */
#include "panel.h"
#include "unpack_avx512.h"

#if CK_BLOCKWISE && CK_FOURS

enum { DIRECT_TOKENS = 8 };

CK_TARGET_AVX512 CK_INLINE void direct_rows(const ck_matmul *m, size_t row, ck_stream *stream,
                                            const int A, const int B) {
    enum { SLOT = 4 * CK_PANEL_TOKENS };
    const int T = A + B;
    const ck_panel_layout l = ck_panel_layout_of(m->cols);
    const char *panels[2] = {m->x, (const char *)m->x + (B ? m->x_stride : 0)};
    const uint8_t *from = (const uint8_t *)m->weights + row * m->row_bytes;
    rows_avx512 rows = rows_from(from, m->row_bytes);
    const char *at = (const char *)from, *next = stream->next;
    __m512 acc[DIRECT_TOKENS];
    CK_UNROLL
    for (int t = 0; t < T; t++) acc[t] = _mm512_setzero_ps();
    const size_t blocks = m->cols / 32;
#define CK_NUMBER(type, part, t)                                                                   \
    (*(const type *)(panels[(t) >= A] + (part) + 4 * ((t) >= A ? (t) - A : (t))))
    for (size_t b = 0; b < blocks; b++, at += 16 * sizeof(CK_BLOCK)) {
        if (at >= next) next = ck_stream_ask(stream, at);
        __m512i dot[DIRECT_TOKENS];
        CK_UNROLL
        for (int t = 0; t < T; t++)
            dot[t] = _mm512_set1_epi32(CK_NUMBER(int32_t, l.n128 + b * SLOT, t));
        CK_UNROLL
        for (size_t part = 0; part < 2; part++) {
            __m512i v[4];
            gather_bytes(rows, 2 + 16 * part, v);
            CK_UNROLL
            for (size_t k = 0; k < 4; k++) {
                const __m512i u = _mm512_xor_si512(v[k], _mm512_set1_epi8((char)0x80));
                CK_UNROLL
                for (int t = 0; t < T; t++)
                    dot[t] = _mm512_dpbusd_epi32(
                        dot[t], u,
                        _mm512_set1_epi32(
                            CK_NUMBER(int32_t, (b * 8 + 4 * part + k) * SLOT, t)));
            }
        }
        const __m512 scale = halves_of_rows(rows, 0);
        CK_UNROLL
        for (int i = 0; i < 4; i++) rows.fours[i] += sizeof(CK_BLOCK);
        CK_UNROLL
        for (int t = 0; t < T; t++)
            acc[t] = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(dot[t]),
                _mm512_mul_ps(scale, _mm512_set1_ps(CK_NUMBER(float, l.d + b * SLOT, t))), acc[t]);
    }
#undef CK_NUMBER
    const __m512 bias = m->bias ? _mm512_loadu_ps(m->bias + row) : _mm512_setzero_ps();
    CK_UNROLL
    for (int t = 0; t < T; t++) {
        float *y = m->y + (size_t)t * m->y_stride + row;
        const __m512 value = _mm512_add_ps(acc[t], bias);
        _mm512_storeu_ps(y, m->accumulate ? _mm512_add_ps(value, _mm512_loadu_ps(y)) : value);
    }
}

/* Rows from row0 on, as many as are whole 16: returns the first that is left. */
CK_TARGET_AVX512 CK_INLINE size_t direct_avx512(const ck_matmul *m, size_t row0, size_t row1) {
    size_t row = row0;
    if (m->tokens <= 4 || m->tokens > DIRECT_TOKENS) return row;
    ck_stream stream = ck_stream_begin(m, row0, row1, 16 * m->row_bytes);
#define CK_CASE(A, B)                                                                              \
    case A + B:                                                                                    \
        for (; row + 16 <= row1; row += 16) direct_rows(m, row, &stream, A, B);                    \
        break
    switch (m->tokens) {
        CK_CASE(5, 0);
        CK_CASE(6, 0);
        CK_CASE(3, 4);
        CK_CASE(4, 4);
    }
#undef CK_CASE
    return row;
}

#endif
