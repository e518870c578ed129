#include "../isa.h"

#if CK_X86
#define CK_LANES 8
#define CK_TARGET CK_TARGET_AVX2
#include "floats.h"

CK_FLOATS(ck_f32_matmul_avx2, F32)
CK_FLOATS(ck_f16_matmul_avx2, F16)
CK_FLOATS(ck_bf16_matmul_avx2, BF16)
#endif
