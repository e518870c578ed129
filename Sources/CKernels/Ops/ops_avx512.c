#include "../isa.h"

#if CK_X86
#include "tables.h"

#define CK_LANES 16
#define CK_TARGET CK_TARGET_AVX512
#include "ops_vector.h"
#include "../Matmul/transpose_avx512.h"
#include "../Attention/attention_vector.h"
#include "table.h"

const ck_ops ck_ops_avx512 = CK_OPS_TABLE;
#endif
