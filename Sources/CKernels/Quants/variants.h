/* The columns of a format's table that this build has. */
#if CK_X86
#define CK_MATMUL_VARIANTS                                                                         \
    {[CK_SCALAR] = matmul_scalar, [CK_AVX2] = matmul_avx2, [CK_AVX512] = matmul_avx512,            \
     [CK_AMX] = matmul_amx, [CK_ZEN4] = matmul_zen4}
#else
#define CK_MATMUL_VARIANTS {[CK_SCALAR] = matmul_scalar}
#endif
