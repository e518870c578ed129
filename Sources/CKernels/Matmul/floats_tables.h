/* The products of the float formats, one file per instruction set. */
#ifndef CK_FLOATS_TABLES_H
#define CK_FLOATS_TABLES_H

#include "../isa.h"

enum {
    CK_FLOATS_FEW = 12,          /* up to so many tokens packed rows are read as they are */
    CK_WORDS_TILE_COLS = 1024,   /* of a tile of 32 rows: 64 KiB and the scales */
    CK_WORDS_TILE_BYTES = 32 * 2 * CK_WORDS_TILE_COLS + 32 * 4 * CK_WORDS_TILE_COLS / 32
};

#define CK_DECLARE(name)                                                                           \
    void name##_avx2(const ck_matmul *, size_t, size_t, void *);                                   \
    void name##_avx512(const ck_matmul *, size_t, size_t, void *);                                 \
    void name##_amx(const ck_matmul *, size_t, size_t, void *);                                    \
    void name##_neon(const ck_matmul *, size_t, size_t, void *);
CK_DECLARE(ck_f32_matmul)
CK_DECLARE(ck_f16_matmul)
CK_DECLARE(ck_bf16_matmul)
#undef CK_DECLARE

#if CK_X86
#define CK_FLOAT_VARIANTS(name)                                                                    \
    {[CK_SCALAR] = matmul_scalar, [CK_AVX2] = name##_avx2, [CK_AVX512] = name##_avx512,            \
     [CK_AMX] = name##_amx, [CK_ZEN4] = name##_avx512}
#elif CK_ARM
#define CK_FLOAT_VARIANTS(name) {[CK_SCALAR] = matmul_scalar, [CK_NEON] = name##_neon}
#else
#define CK_FLOAT_VARIANTS(name) {[CK_SCALAR] = matmul_scalar}
#endif

#endif
