#include "amx.h"

#if CK_X86
#define CK_LANES 16
#define CK_TARGET CK_TARGET_AMX
#include "../Ops/units.h"
#endif

size_t ck_tiles_bytes(size_t cols) { return 2 * ((cols + 31) / 32) * CK_AMX_TILE; }

#if CK_X86

/* What comes nearer meanwhile: of the activations of the next 32 tokens, to the second cache, with
   every step some of the 32 lines of two tiles; and the lines of the next sums, `tokens` times 128
   bytes, to the first one. */
typedef struct {
    const char *from;
    size_t first, end;
    const char *sums;
    size_t stride, tokens;
} coming;

/* What is multiplied: up to two blocks of 16 tokens, `next` bytes apart, with one or two times 16
   rows. `low` and `part` lead from the high parts of both to the low ones; 0 where there are none. */
typedef struct {
    const char *tokens, *rows;
    size_t next, low, part;
    bool two, wide;
} factors;

/* Registers: 0 ... 3 sums of (first, second) block of tokens x (first, second) 16 rows, 4 and 5
   activations, 6 and 7 weights. Branches cost nothing beside tiles. */
CK_TARGET_AMX CK_INLINE void load_tokens(factors f, const char *from) {
    _tile_loadd(4, from, 64);
    if (f.two) _tile_loadd(5, from + f.next, 64);
}

CK_TARGET_AMX CK_INLINE void load_rows(factors f, const char *from) {
    _tile_loadd(6, from, 64);
    if (f.wide) _tile_loadd(7, from + CK_AMX_TILE, 64);
}

CK_TARGET_AMX CK_INLINE void add_products(factors f) {
    _tile_dpbf16ps(0, 4, 6);
    if (f.two) _tile_dpbf16ps(2, 5, 6);
    if (f.wide) _tile_dpbf16ps(1, 4, 7);
    if (f.two && f.wide) _tile_dpbf16ps(3, 5, 7);
}

/* 32 or fewer rows of both halves of a gated unit for some tokens, whose results are to be written yet. */
typedef struct {
    const float (*gate)[CK_AMX_PANEL], (*up)[CK_AMX_PANEL];
    vf bias[2][2];
    uint32_t mask; /* of rows that there are */
    bool gelu;
    char *to; /* the first token's; those of 16 tokens are 64 bytes apart, these blocks `stride` */
    size_t stride;
    size_t tokens, done;
} gated_sums;

/* Writes the next token's result, if there is one. */
CK_TARGET_AMX CK_INLINE void finish_token(gated_sums *g) {
    if (g->done == g->tokens) return;
    const size_t t = g->done++;
    vf y[2];
    CK_UNROLL
    for (int h = 0; h < 2; h++) {
        const vf x = load(&g->gate[t][16 * h]) + g->bias[0][h];
        y[h] = (g->gelu ? gelu_of(x) : silu_of(x)) * (load(&g->up[t][16 * h]) + g->bias[1][h]);
    }
    _mm512_store_si512(g->to + t / 16 * g->stride + t % 16 * 64,
                       _mm512_maskz_mov_epi16(g->mask, (__m512i)_mm512_cvtne2ps_pbh(
                                                           (__m512)y[1], (__m512)y[0])));
}

/* A step's tiles are all multiplied before the next one's, so that each is loaded once. Vectors would rest
   meanwhile: in the time of a step they finish one token of the sums before, where there are such. */
CK_TARGET_AMX CK_INLINE void multiply(factors f, size_t steps, coming ahead, gated_sums *before) {
    const size_t each = (ahead.tokens + steps - 1) / steps;
    for (size_t s = 0; s < steps; s++) {
        const char *a = f.tokens + s * CK_AMX_TILE, *b = f.rows + s * 2 * CK_AMX_TILE;
        for (size_t i = ahead.first; i < ahead.end; i++) {
            const char *line = ahead.from + s * CK_AMX_TILE + i / 16 * f.next + i % 16 * 64;
            _mm_prefetch(line, _MM_HINT_T1);
            if (f.low) _mm_prefetch(line + f.low, _MM_HINT_T1);
        }
        for (size_t i = s * each; i < (s + 1) * each && i < ahead.tokens; i++) {
            __builtin_prefetch(ahead.sums + i * ahead.stride, 1);
            __builtin_prefetch(ahead.sums + i * ahead.stride + 64, 1);
        }
        load_rows(f, b);
        if (f.low) {
            load_tokens(f, a + f.low);
            add_products(f);
        }
        load_tokens(f, a);
        add_products(f);
        if (f.part) {
            load_rows(f, b + f.part);
            add_products(f);
        }
        if (before) finish_token(before);
    }
}

/* Up to 32 tokens from `token` and 32 rows from `row`: sums go through a buffer where they do not
   fill it. */
CK_TARGET_AMX static void panel_tokens(const ck_matmul *m, size_t row, size_t rows, size_t token,
                                       size_t tokens, const char *a, const char *b, size_t steps,
                                       int parts, bool low, bool begins, bool ends,
                                       coming ahead) {
    _Alignas(64) float buffer[CK_AMX_PANEL][CK_AMX_PANEL];
    const bool two = tokens > 16, wide = rows > 16;
    const bool whole = tokens == CK_AMX_PANEL && rows == CK_AMX_PANEL;
    const __mmask16 masks[2] = {(__mmask16)(rows < 16 ? (1u << rows) - 1 : 0xffff),
                                (__mmask16)(rows > 16 ? (1u << (rows - 16)) - 1 : 0)};
    float *y = m->y + token * m->y_stride + row;
    float *c = whole ? y : &buffer[0][0];
    const size_t stride = whole ? m->y_stride * 4 : sizeof buffer[0];
    char *c2 = (char *)c + 16 * stride;

    if (begins && !m->accumulate) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    } else {
        if (!whole)
            for (size_t t = 0; t < tokens; t++)
                for (int h = 0; h < 2; h++)
                    _mm512_store_ps(&buffer[t][16 * h],
                                    _mm512_maskz_loadu_ps(masks[h], y + t * m->y_stride + 16 * h));
        _tile_loadd(0, c, stride);
        if (wide) _tile_loadd(1, c + 16, stride);
        if (two) _tile_loadd(2, c2, stride);
        if (two && wide) _tile_loadd(3, c2 + 64, stride);
    }

    multiply((factors){.tokens = a,
                       .rows = b,
                       .next = m->x_stride,
                       .low = low ? m->x_stride / 2 : 0,
                       .part = parts > 1 ? steps * 2 * CK_AMX_TILE : 0,
                       .two = two,
                       .wide = wide},
             steps, ahead, NULL);

    _tile_stored(0, c, stride);
    if (wide) _tile_stored(1, c + 16, stride);
    if (two) _tile_stored(2, c2, stride);
    if (two && wide) _tile_stored(3, c2 + 64, stride);
    if (whole && !(ends && m->bias)) return;
    __m512 bias[2];
    for (int h = 0; h < 2; h++)
        bias[h] = ends && m->bias ? _mm512_maskz_loadu_ps(masks[h], m->bias + row + 16 * h)
                                  : _mm512_setzero_ps();
    for (size_t t = 0; t < tokens; t++)
        for (int h = 0; h < 2; h++) {
            const __m512 sum =
                _mm512_maskz_loadu_ps(masks[h], (float *)((char *)c + t * stride) + 16 * h);
            _mm512_mask_storeu_ps(y + t * m->y_stride + 16 * h, masks[h],
                                  _mm512_add_ps(sum, bias[h]));
        }
}

CK_TARGET_AMX void ck_amx_multiply(const ck_matmul *m, size_t row, size_t rows, size_t first,
                                   size_t cols, const void *panels, int parts, bool low) {
    const size_t steps = (cols + 31) / 32;
    const size_t panel_count = (rows + CK_AMX_PANEL - 1) / CK_AMX_PANEL;
    const bool stay = ck_amx_stays(m->cols, m->tokens, low);
    const bool begins = first == 0, ends = first + cols == m->cols;
    ck_amx_begin();
    for (size_t token = 0; token < m->tokens; token += CK_AMX_PANEL) {
        const size_t left = m->tokens - token;
        const char *a = (const char *)m->x + token / 16 * m->x_stride + first / 32 * CK_AMX_TILE;
        const char *b = panels;
        for (size_t p = 0; p < panel_count; p++) {
            const size_t r = p * CK_AMX_PANEL;
            const size_t lines =
                stay || left <= CK_AMX_PANEL ? 0 : left > CK_AMX_PANEL + 16 ? 32 : 16;
            const bool last = p + 1 == panel_count;
            const size_t next = last ? token + CK_AMX_PANEL : token;
            const size_t next_row = row + (last ? 0 : r + CK_AMX_PANEL);
            const size_t next_left = next < m->tokens ? m->tokens - next : 0;
            const coming ahead = {
                .from = a + 2 * m->x_stride,
                .first = lines * p / panel_count,
                .end = lines * (p + 1) / panel_count,
                .sums = (const char *)(m->y + next * m->y_stride + next_row),
                .stride = m->y_stride * 4,
                .tokens = next_left < CK_AMX_PANEL ? next_left : CK_AMX_PANEL,
            };
            panel_tokens(m, row + r, rows - r < CK_AMX_PANEL ? rows - r : CK_AMX_PANEL, token,
                         left < CK_AMX_PANEL ? left : CK_AMX_PANEL, a, b, steps, parts, low, begins,
                         ends, ahead);
            b += (size_t)parts * ck_amx_part(cols);
        }
    }
    _tile_release();
}

/* The products of up to 32 tokens and rows with whole rows, as [32][32]. */
CK_TARGET_AMX CK_INLINE void multiply_panel(factors f, size_t steps,
                                            float sums[CK_AMX_PANEL][CK_AMX_PANEL],
                                            gated_sums *before) {
    enum { STRIDE = CK_AMX_PANEL * 4 };
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    multiply(f, steps, (coming){0}, before);
    _tile_stored(0, sums[0], STRIDE);
    _tile_stored(1, sums[0] + 16, STRIDE);
    _tile_stored(2, sums[16], STRIDE);
    _tile_stored(3, sums[16] + 16, STRIDE);
}

CK_TARGET_AMX void ck_amx_multiply_gated(const ck_matmul *m, size_t row, size_t rows,
                                         const void *panels) {
    /* Of one panel they are written while those of the one before are read. */
    _Alignas(64) float sums[2][2][CK_AMX_PANEL][CK_AMX_PANEL];
    gated_sums before = {.gelu = m->gated->gelu, .stride = ck_tiles_bytes(m->rows)};
    const size_t steps = (m->cols + 31) / 32, part = ck_amx_part(m->cols);
    const size_t panel_count = (rows + CK_AMX_PANEL - 1) / CK_AMX_PANEL;
    size_t turn = 0;
    ck_amx_begin();
    for (size_t token = 0; token < m->tokens; token += CK_AMX_PANEL) {
        const size_t left = m->tokens - token;
        const size_t tokens = left < CK_AMX_PANEL ? left : CK_AMX_PANEL;
        for (size_t p = 0; p < panel_count; p++, turn ^= 1) {
            const size_t r = row + p * CK_AMX_PANEL, last = row + rows - r;
            factors f = {.tokens = (const char *)m->x + token / 16 * m->x_stride,
                         .rows = (const char *)panels + p * part,
                         .next = m->x_stride,
                         .two = tokens > 16,
                         .wide = true};
            multiply_panel(f, steps, sums[turn][0], &before);
            f.rows += panel_count * part;
            multiply_panel(f, steps, sums[turn][1], &before);
            while (before.done < before.tokens) finish_token(&before);
            before.gate = sums[turn][0];
            before.up = sums[turn][1];
            before.mask = last < 32 ? (1u << last) - 1 : 0xffffffff;
            for (int h = 0; h < 2; h++) {
                const __mmask16 own = (__mmask16)(before.mask >> (16 * h));
                const size_t at = r + 16 * (size_t)h;
                const float *bias[2] = {m->bias, m->gated->bias};
                for (int i = 0; i < 2; i++)
                    before.bias[i][h] =
                        bias[i] ? (vf)_mm512_maskz_loadu_ps(own, bias[i] + at) : splat(0);
            }
            before.to = (char *)m->gated->tiles + token / 16 * before.stride + r / 32 * CK_AMX_TILE;
            before.tokens = tokens;
            before.done = 0;
        }
    }
    while (before.done < before.tokens) finish_token(&before);
    _tile_release();
}

#endif
