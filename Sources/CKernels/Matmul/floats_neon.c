#include "../isa.h"

#if CK_ARM
#define CK_LANES 4
#define CK_TARGET
#include "floats.h"

CK_FLOATS(ck_f32_matmul_neon, F32)
CK_FLOATS(ck_f16_matmul_neon, F16)
CK_FLOATS(ck_bf16_matmul_neon, BF16)
#endif
