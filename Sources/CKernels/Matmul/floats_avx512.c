#include "../isa.h"

#if CK_X86
#define CK_LANES 16
#define CK_TARGET CK_TARGET_AVX512
#include "floats.h"

CK_FLOATS(ck_f32_matmul_avx512, F32)
CK_FLOATS(ck_f16_matmul_avx512, F16)
CK_FLOATS(ck_bf16_matmul_avx512, BF16)
#endif
