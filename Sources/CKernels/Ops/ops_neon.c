#include "../isa.h"

#if CK_ARM
#include "tables.h"

#define CK_LANES 4
#define CK_TARGET
#include "ops_vector.h"

#include "../Attention/attention_vector.h"
#include "table.h"

const ck_ops ck_ops_neon = CK_OPS_TABLE;
#endif
