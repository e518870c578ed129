#include "../isa.h"
#include "tables.h"

const ck_ops *ck_ops_for(ck_isa isa) {
    switch (isa) {
    case CK_SCALAR:
        return &ck_ops_scalar;
#if CK_X86
    case CK_AVX2:
        return &ck_ops_avx2;
    case CK_AVX512:
    case CK_ZEN4:
        return &ck_ops_avx512;
    case CK_AMX:
        return &ck_ops_amx;
#endif
#if CK_ARM
    case CK_NEON:
        return &ck_ops_neon;
#endif
    default:
        return NULL;
    }
}

/* Keys and values of a block of positions, queries and outputs of a block of queries (padded to 16
   dimensions), scores of a few, and 17 numbers per query: see attention_vector.h; or the same over tiles, see
   attention_amx.h. */
size_t ck_attention_scratch(size_t tokens, size_t heads, size_t page_size, size_t head_dim) {
    (void)tokens, (void)heads, (void)page_size;
    const size_t padded = (head_dim + 15) & ~(size_t)15;
    const size_t vectors = 4 * (2 * 64 * padded + 2 * 192 * padded + 6 * 64 + 17 * 192) + 64;
#if CK_X86
    const size_t tiles = 4 * (2 * 128 * padded + 2 * 256 * padded + 4 * 32 * 128 + 2 * 256);
    return tiles > vectors ? tiles : vectors;
#else
    return vectors;
#endif
}
