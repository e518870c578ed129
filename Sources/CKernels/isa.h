/* Which code runs where: attributes of functions and the instruction sets this build contains. */
#ifndef CK_ISA_H
#define CK_ISA_H

#include "ckernels.h"

#if defined(__x86_64__)
#define CK_X86 1
#include <immintrin.h>
#define CK_TARGET_AVX2 __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")))
#define CK_TARGET_AVX512                                                                           \
    __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,"         \
                          "avx512dq,avx512vnni"),                                 \
                   min_vector_width(512)))
#else
#define CK_X86 0
#endif

#if defined(__aarch64__)
#define CK_ARM 1
#else
#define CK_ARM 0
#endif

/* Before a loop of a constant few rounds whose arrays shall live in registers. */
#define CK_UNROLL _Pragma("clang loop unroll(full)")

#define CK_INLINE static inline __attribute__((always_inline, unused))

/* Becomes the conversion instruction where the surrounding function may use it. */
CK_INLINE float ck_half(uint16_t bits) {
    _Float16 h;
    __builtin_memcpy(&h, &bits, 2);
    return (float)h;
}

CK_INLINE uint16_t ck_to_half(float x) {
    _Float16 h = (_Float16)x;
    uint16_t bits;
    __builtin_memcpy(&bits, &h, 2);
    return bits;
}

CK_INLINE float ck_float_of_bits(uint32_t bits) {
    float x;
    __builtin_memcpy(&x, &bits, 4);
    return x;
}

CK_INLINE uint32_t ck_bits_of_float(float x) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, 4);
    return bits;
}

CK_INLINE size_t ck_align64(size_t n) { return (n + 63) & ~(size_t)63; }

#endif
