/* What AMX adds to the operations of AVX-512. */
#include "../isa.h"

#if CK_X86
#include "../Matmul/amx.h"
#include "tables.h"

#define CK_LANES 16
#define CK_TARGET CK_TARGET_AVX512
#include "ops_vector.h"
#include "../Matmul/transpose_avx512.h"
#include "quantize_avx512.h"
#include "../Attention/attention_vector.h"
#include "../Attention/attention_amx.h"
#define CK_QUANTIZE_POW2 quantize_pow2
#define CK_PANEL panel
#define CK_WORDS words
#define CK_SPLIT ck_amx_split
#define CK_ATTENTION attention_or_tiled
#include "table.h"

const ck_ops ck_ops_amx = CK_OPS_TABLE;
#endif
