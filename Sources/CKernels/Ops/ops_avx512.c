#include "../isa.h"

#if CK_X86
#include "tables.h"

#define CK_LANES 16
#define CK_TARGET CK_TARGET_AVX512
#include "ops_vector.h"
#include "../Matmul/transpose_avx512.h"
#include "quantize_avx512.h"
#include "../Attention/attention_vector.h"
#define CK_QUANTIZE_POW2 quantize_pow2
#define CK_PANEL panel
#define CK_WORDS words
#include "table.h"

const ck_ops ck_ops_avx512 = CK_OPS_TABLE;
#endif
