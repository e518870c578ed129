#include "../isa.h"

#if CK_X86
#include "tables.h"

#define CK_LANES 8
#define CK_TARGET CK_TARGET_AVX2
#include "ops_vector.h"
#include "words_avx2.h"

#include "../Attention/attention_vector.h"
#include "table.h"

const ck_ops ck_ops_avx2 = CK_OPS_TABLE;
#endif
