/* Writers of blocks, compiled for each instruction set from one body: a format defines
   quantize_blocks before it includes this file and lists `quantize`. Bodies keep multiplications and
   additions apart, so that every instruction set writes the same bytes. */
#ifndef CK_WRITERS_H
#define CK_WRITERS_H

#include "../isa.h"

#if CK_X86
#define CK_BEST(name)                                                                              \
    (ck_isa_available(CK_AVX512) ? name##_avx512                                                   \
                                 : ck_isa_available(CK_AVX2) ? name##_avx2 : name##_scalar)
#endif

CK_INLINE void quantize_blocks(const float *x, size_t n, void *blocks);

#if CK_X86
static void quantize_scalar(const float *x, size_t n, void *blocks) {
    quantize_blocks(x, n, blocks);
}
CK_TARGET_AVX2 static void quantize_avx2(const float *x, size_t n, void *blocks) {
    quantize_blocks(x, n, blocks);
}
CK_TARGET_AVX512 static void quantize_avx512(const float *x, size_t n, void *blocks) {
    quantize_blocks(x, n, blocks);
}
static void quantize(const float *x, size_t n, void *blocks) {
    CK_BEST(quantize)(x, n, blocks);
}
#else
static void quantize(const float *x, size_t n, void *blocks) { quantize_blocks(x, n, blocks); }
#endif

#endif
