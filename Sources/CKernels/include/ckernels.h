/* The public face of the kernels: one table of operations per instruction set, one descriptor per
   weight format. Plain C17, no allocation, no threads, no errors, no globals but constants.

   Every function takes whole rows or ranges of rows so that one indirect call covers work of at
   least some microseconds. Pointers to activations, scratch and outputs are 64-byte aligned unless
   said otherwise; weights may lie at any address. */
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- instruction sets ---------------------------------------------------------------------- */

typedef enum {
    CK_SCALAR = 0, /* portable C, the oracle of all others */
    CK_AVX2,       /* x86-64-v3: AVX2, FMA, F16C */
    CK_AVX512,     /* AVX-512 F/BW/VL/DQ + VNNI */
    CK_NEON,       /* AArch64 */
    CK_AMX,        /* CK_AVX512, and tiles of BF16 */
    CK_ZEN4,       /* CK_AVX512 of AMD's cores: they add bytes beside products (tile_avx512.h), and
                      like weights of few tokens in the second cache (gemv_avx512.h) */
    CK_ISA_COUNT
} ck_isa;

/* Whether this CPU (and OS) runs `isa`; CK_SCALAR always. For CK_AMX this asks the kernel for the
   tiles' registers, once and for all threads. */
bool ck_isa_available(ck_isa isa);
/* The fastest available one. */
ck_isa ck_isa_best(void);
/* "scalar", "avx2", "avx512", "neon", "amx", "zen4". */
const char *ck_isa_name(ck_isa isa);

/* ---- activations --------------------------------------------------------------------------- */

/* Activations of one token for a matrix product: `cols` floats quantised to 8 bits in blocks of
   32, in one buffer of ck_act_bytes(cols) bytes, each part starting at a multiple of 64 bytes:
     int8_t  q[cols padded to 32]  in -127 ... 127
     float   d[blocks]             scale: x ~= d * q
     float   s[blocks]             d * sum of q over the block
     float   s16[2 * blocks]       d * sum of q over each half block of 16
     int32_t n8[blocks], n16[blocks], n128[blocks]   -8, -16, -128 times the sum of q
     int32_t n32[2 * blocks]       -32 times the sum of q over each half block
     int32_t pairs[blocks]         see below
     float   f[blocks / 4]         see below
   The sums serve weights that are stored with an offset or a minimum. Columns past `cols` are
   zero.

   A buffer of powers of two has scales that are powers of two times a factor, x ~= f * 2^k * q, and
   its d holds 1.5 * 2^(23 + k), s and s16 are without f, and to each of n8 ... n32 the bits of d
   are added: read as a float, and less d, an integer sum that began with them is scaled already, which
   spares a multiplication for each block and result. The factor is one of the token or one of each four
   blocks, which follows their scales more closely. `pairs` serves weights of 4 bits on CK_ZEN4: the bits
   of d less the sum of e * (o + 128) over pairs of columns e and o, which are those of every two fours
   of columns; q is then in -119 ... 119.

   For products of many tokens by CK_AVX512, CK_ZEN4 and, up to 40 tokens, CK_AMX buffers are put together
   to panels of up to six tokens (Matmul/panel.h): those of powers of two in the forms CK_ACT_Q8_POW2 and
   CK_ACT_Q8_FOURS, and the others in the form CK_ACT_Q8_PANELS, for weights of 8 bits and so few tokens
   that memory sets the pace. */
size_t ck_act_bytes(size_t cols);
/* Bytes of a panel, how many panels so many tokens make, and the first token of panel p. */
size_t ck_panel_bytes(size_t cols);
size_t ck_panels(size_t tokens);
size_t ck_first_of_panel(size_t tokens, size_t p);

/* Activations of one token in words of 16 bits, for products of F16 and BF16 by CK_AVX2 and CK_AVX512
   (and up to 40 tokens by CK_AMX):
     int16_t q[blocks][32]   columns past `cols` being zero
     float   d[blocks]       scale: x ~= d * q
   the norm of a block's q being at most 2^16. Bytes of a buffer, a multiple of 64. */
size_t ck_words_bytes(size_t cols);

/* Activations of many tokens for products of CK_AMX: blocks of 16 tokens, each
     uint16_t high[steps][16][32]   BF16 of 16 tokens' 32 columns: one tile of 1 KiB
     uint16_t low[steps][16][32]    BF16 of what `high` lacks, written only where a product reads it
   for the steps = (cols + 31) / 32, columns past `cols` being zero. Bytes of a block; tokens that
   a last block lacks may be anything. Memory beyond the last block is never read. */
size_t ck_tiles_bytes(size_t cols);

/* ---- weight formats ------------------------------------------------------------------------ */

typedef enum {
    CK_ACT_F32,
    CK_ACT_Q8,
    CK_ACT_Q8_PANELS,
    CK_ACT_Q8_POW2,
    CK_ACT_Q8_FOURS,
    CK_ACT_I16,
    CK_ACT_BF16
} ck_activation;

/* What of its input a product asks for beside the numbers themselves. */
enum {
    CK_FIELD_S = 1, /* of panels: s, n8 ... pairs */
    CK_FIELD_N8 = 2,
    CK_FIELD_N16 = 4,
    CK_FIELD_N32 = 8,
    CK_FIELD_N128 = 16,
    CK_FIELD_PAIRS = 32,
    CK_FIELD_LOW = 64 /* of CK_ACT_BF16: the low parts */
};

/* How a few tokens are taken. */
typedef enum {
    CK_FEW_EQUAL,  /* a token's result is the same bit for bit with up to 8 of them */
    CK_FEW_FAST,   /* from 5 on as it is fastest */
    CK_FEW_AS_MANY /* as many are: a token's result never depends on what is computed with it; CK_AVX512,
                      CK_AMX, and CK_AVX2 for words */
} ck_few;

/* What a thread reads of some weights, and how they come from memory before it does. */
typedef struct {
    const void *begin, *end; /* its share; NULL: the rows that a call computes */
    const void *then;        /* what it reads after that; NULL: unknown */
    size_t pages;            /* ck_isa_pages; 0: nothing is asked for in advance */
} ck_reading;

/* Pages of 4 KiB whose lines come fastest in turn: 8 with CK_AVX512 and CK_AMX, as Intel's Xeons have them, 1
   with others. */
size_t ck_isa_pages(ck_isa isa);

/* The other half of a gated unit whose result is the input of a product of CK_ACT_BF16 without low parts.
   Token t's output r is f(dot(weights row r, x[t]) + bias[r]) * (dot(this row r, x[t]) + this bias[r]), and
   goes to column r of token t of `tiles`. Ranges of rows begin and end at multiples of 32 or with the last
   row: those of one tile are written together. */
typedef struct {
    const void *weights; /* of the same format, rows and columns */
    const float *bias;
    bool gelu;   /* f: gelu, or silu */
    void *tiles; /* blocks of ck_tiles_bytes(rows), rows being those of the whole matrix */
} ck_gated;

/* y[t][r] (+)= dot(weights row r, x[t]) + bias[r], for t < tokens and row0 <= r < row1. */
typedef struct {
    const void *weights; /* row r at weights + r * row_bytes */
    size_t row_bytes;
    size_t rows, cols; /* cols: a multiple of the format's block */
    const void *x;     /* token t at (char *)x + t * x_stride: float[cols] for CK_ACT_F32, a buffer of
                          ck_act_bytes for CK_ACT_Q8, of ck_words_bytes for CK_ACT_I16; for
                          CK_ACT_Q8_PANELS, _POW2 and _FOURS panels, x_stride apart; for CK_ACT_BF16 blocks of 16 tokens, x_stride apart */
    size_t x_stride;   /* bytes; for CK_ACT_BF16 ck_tiles_bytes(cols) */
    size_t tokens;
    float *y;           /* y + t * y_stride + r */
    size_t y_stride;    /* floats */
    const float *bias;  /* rows floats or NULL */
    bool accumulate;    /* add to y instead of overwriting it (residual connections) */
    ck_activation form; /* of x, as ck_format_activation says */
    ck_reading reading; /* of the weights, where memory sets the pace */
    const ck_gated *gated; /* NULL, or where ck_format_gates: then y is not written */
} ck_matmul;

typedef struct {
    const char *name;    /* "Q4_K" */
    uint32_t ggml_type;  /* number of the type in GGUF */
    uint32_t block;      /* elements a block */
    uint32_t block_bytes;
    ck_activation activation;
    ck_activation many, many_avx2; /* what CK_AVX512 and CK_AVX2 read instead for many tokens; may be the
                                      same */
    unsigned fields, fields_zen4; /* of that form */
    /* Exact values of n elements (a multiple of `block`), in the reference's order of operations. */
    void (*dequantize)(const void *blocks, size_t n, float *y);
    /* Writes n elements (a multiple of `block`) as blocks; NULL where the format has no writer.
       Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, F16 and BF16 as the reference does it; Q4_K, Q5_K and Q6_K by
       a search of their own for the least squared error. The same bytes on every processor. */
    void (*quantize)(const float *x, size_t n, void *blocks);
    /* NULL where the instruction set has no variant of its own. `scratch`: ck_matmul_scratch(cols)
       bytes private to the caller. row0 and row1 are multiples of 16 or `rows`. The form of x, and with
       CK_AVX2 the number of tokens, decides between matrix-vector kernels over the packed rows and the
       tiled product: where that is the same, and up to 8 tokens with CK_FEW_EQUAL, a token's result is
       the same bit for bit however many tokens there are; else the order of sums differs. It never
       depends on the range of rows. */
    void (*matmul[CK_ISA_COUNT])(const ck_matmul *m, size_t row0, size_t row1, void *scratch);
} ck_format;

size_t ck_matmul_scratch(size_t cols);

extern const ck_format ck_f32, ck_f16, ck_bf16, ck_q4_0, ck_q4_1, ck_q5_0, ck_q5_1, ck_q8_0,
    ck_q4_k, ck_q5_k, ck_q6_k;

/* All formats, and the one of a GGUF type number or NULL. */
extern const ck_format *const ck_formats[];
extern const size_t ck_format_count;
const ck_format *ck_format_of_type(uint32_t ggml_type);
/* The list's format i < ck_format_count, and a format's product of an instruction set or NULL: for
   languages that cannot index the arrays. */
typedef void (*ck_matmul_function)(const ck_matmul *m, size_t row0, size_t row1, void *scratch);
const ck_format *ck_format_at(size_t i);
/* What the product of an instruction set reads for so many tokens, and which fields of it. */
ck_activation ck_format_activation(const ck_format *format, ck_isa isa, size_t tokens, ck_few few,
                                   unsigned *fields);
/* Whether a product can be the first half of a gated unit: CK_AMX, quantised weights, many tokens whose
   activations stay near. */
bool ck_format_gates(const ck_format *format, ck_isa isa, size_t cols, size_t tokens, ck_few few);
/* Whether memory, from which the weights come, sets the pace of a product of so few tokens. */
bool ck_format_streams(const ck_format *format, ck_isa isa, size_t tokens);
/* As many rows of a range as make good use of what is kept in caches meanwhile: more bring nothing. */
size_t ck_format_rows(const ck_format *format, ck_isa isa, size_t cols, size_t tokens);
ck_matmul_function ck_format_matmul(const ck_format *format, ck_isa isa);

/* Asks for the line at p, to the second cache: costs nothing where it is there, does nothing where no
   memory is. */
static inline void ck_prefetch(const void *p) { __builtin_prefetch(p, 0, 2); }

/* ---- attention ----------------------------------------------------------------------------- */

/* Elements of cached keys and values. A row of CK_CACHE_Q8_0 is blocks of Q8_0, the last one filled
   up with zeros: ck_cache_row_bytes(CK_CACHE_Q8_0, 80) is 102. */
typedef enum { CK_CACHE_F16 = 0, CK_CACHE_F32, CK_CACHE_Q8_0 } ck_cache_type;

/* Bytes of a row of n elements. */
size_t ck_cache_row_bytes(ck_cache_type type, size_t n);
/* Writes and reads a row of n elements, n at most 512. The same bytes on every processor. */
void ck_cache_write(ck_cache_type type, const float *x, size_t n, void *row);
void ck_cache_read(ck_cache_type type, const void *row, size_t n, float *y);

/* Attention of several query heads that share one key/value head, over a paged cache. Query
   token t (t < tokens) sees positions 0 ... first_position + t, of these only the last `window` where
   that is not 0, or all of `positions` where that is not 0. Page p holds positions [p * page_size, (p + 1) * page_size): keys at pages[p] + k_offset,
   values at pages[p] + v_offset, each (page_size, head_dim), rows `row_bytes` apart. Online
   softmax in F32. Rows up to the next multiple of 16 positions are read. */
typedef struct {
    const float *q; /* q + t * q_token_stride + h * q_head_stride, head_dim floats; unaligned ok */
    size_t q_token_stride, q_head_stride;
    size_t tokens, heads;
    size_t first_position;
    size_t positions; /* 0: causal */
    size_t window;    /* 0: all; causal only */
    bool many;        /* many tokens belong together, of which these are some: CK_AMX may then use
                         tiles of BF16 in two parts */
    const void *const *pages;
    ck_cache_type cache;
    size_t k_offset, v_offset; /* bytes */
    size_t page_size;          /* positions; a multiple of 16 */
    size_t row_bytes;          /* from one position to the next; 0: rows are side by side */
    size_t head_dim;           /* a multiple of 2, at most 512 */
    float scale;
    float *out; /* out + t * out_token_stride + h * out_head_stride */
    size_t out_token_stride, out_head_stride;
} ck_attention;

size_t ck_attention_scratch(size_t tokens, size_t heads, size_t page_size, size_t head_dim);

/* ---- everything else, one table per instruction set ------------------------------------------ */

typedef struct {
    /* Writes a buffer of CK_ACT_Q8. */
    void (*quantize)(const float *x, size_t cols, void *act);
    /* Writes a buffer of powers of two, with a factor of the token or of each four blocks, and for
       products of pairs or not; and puts some fields of the buffers of n tokens, ck_act_bytes(cols)
       apart, together to a panel. NULL but for CK_AVX512, CK_ZEN4, CK_AMX. */
    void (*quantize_pow2)(const float *x, size_t cols, bool fours, bool pairs, void *act);
    void (*panel)(const void *acts, size_t n, size_t cols, unsigned fields, void *panel);
    /* Writes a buffer of CK_ACT_I16. NULL but for CK_AVX2, CK_AVX512, CK_ZEN4, CK_AMX. */
    void (*words)(const float *x, size_t cols, void *act);
    /* Writes token `token` of a buffer of CK_ACT_BF16, with its low parts or without. NULL but for
       CK_AMX. */
    void (*split)(const float *x, size_t cols, size_t token, bool low, void *tiles);
    /* y = x / rms(x) * w; y may be x. n any. */
    void (*rms_norm)(const float *x, const float *w, float eps, size_t n, float *y);
    /* rms_norm of `heads` vectors of `head_dim`, `stride` floats apart, in place (q/k norm). */
    void (*rms_norm_heads)(float *x, const float *w, float eps, size_t head_dim, size_t heads,
                           size_t stride);
    /* y = (x - mean) / sqrt(variance + eps) * w + b; y may be x, b may be NULL. n any. */
    void (*layer_norm)(const float *x, const float *w, const float *b, float eps, size_t n,
                       float *y);
    void (*add)(float *y, const float *x, size_t n);            /* y += x */
    void (*scale)(float *y, float s, size_t n);                 /* y *= s */
    /* y = silu(gate) * up, or gelu(gate) * up, of `rows` rows of n, rows of gate and of up side by side,
       rows of y y_stride floats apart; y may be gate. */
    void (*silu_mul)(const float *gate, const float *up, size_t n, size_t rows, float *y,
                     size_t y_stride);
    void (*gelu_mul)(const float *gate, const float *up, size_t n, size_t rows, float *y,
                     size_t y_stride);
    /* y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))); y may be x. */
    void (*gelu)(const float *x, size_t n, float *y);
    /* Rotates `heads` vectors, `stride` floats apart, in place. cos_sin: rotary_dim/2 pairs
       (cos, sin). NEOX: pairs (i, i + rotary_dim/2); NORM: pairs (2i, 2i+1). */
    void (*rope_neox)(float *x, const float *cos_sin, size_t rotary_dim, size_t heads, size_t stride);
    void (*rope_norm)(float *x, const float *cos_sin, size_t rotary_dim, size_t heads, size_t stride);
    void (*f32_to_f16)(const float *x, size_t n, uint16_t *y);
    void (*f16_to_f32)(const uint16_t *x, size_t n, float *y);
    /* Greatest value's first index. n > 0; NaN counts as -inf. */
    size_t (*argmax)(const float *x, size_t n);
    /* y = exp(x - max) ; returns the sum. */
    float (*exp_sum)(const float *x, float max, size_t n, float *y);
    void (*attention)(const ck_attention *a, void *scratch);
    /* Reads n bytes as fast as it can, the lines of so many pages (at least one) in turn, and returns
       something that depends on all of them (to measure memory bandwidth). */
    uint64_t (*read_bytes)(const void *p, size_t n, size_t pages);
} ck_ops;

/* The table of an available instruction set; NULL for one that this build lacks. */
const ck_ops *ck_ops_for(ck_isa isa);

/* XXH64 of n bytes, on every processor the same: finds damaged bytes, not forged ones. */
uint64_t ck_checksum(const void *data, size_t n, uint64_t seed);

/* Moves a mapping of whole pages to another address, where it takes the place of what was mapped
   there: other threads find the one or the other, never nothing. False where the system cannot,
   for too many mappings or on another one than Linux: everything then is where it was. */
bool ck_take_place(void *from, void *to, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
