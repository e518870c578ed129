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
#define CK_TARGET_AMX                                                                              \
    __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,"         \
                          "avx512dq,avx512vnni,avx512bf16,amx-tile,amx-bf16"),                     \
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

/* Keeps compilers from adding up integers in an order of their own, which may need more registers than there
   are. Of a vector of x86. */
#define CK_KEEP(v) __asm__ volatile("" : "+x"(v))

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

/* Explicit vectors: unpackers need them on every instruction set, and compilers do not see through
   writes of bytes that might change what is read next. */
typedef uint8_t ck_u8x32 __attribute__((vector_size(32)));
typedef uint8_t ck_u8x16_any __attribute__((vector_size(16), aligned(1)));
typedef uint8_t ck_u8x32_any __attribute__((vector_size(32), aligned(1)));

/* 16 bytes to 16 low halves, then 16 high ones. */
CK_INLINE void ck_halves16(const void *bytes, uint8_t *u) {
    const ck_u8x16_any q = *(const ck_u8x16_any *)bytes;
    *(ck_u8x16_any *)u = q & 15;
    *(ck_u8x16_any *)(u + 16) = q >> 4;
}

/* Adds 16 to u[j] where bit j of four bytes is set, j < 32. */
CK_INLINE void ck_add_fifth_bits(const uint8_t bits[4], uint8_t *u) {
    typedef uint32_t u32x8 __attribute__((vector_size(32)));
    uint32_t word;
    __builtin_memcpy(&word, bits, 4);
    const ck_u8x32 all = (ck_u8x32)(word - (u32x8){0});
    const ck_u8x32 spread =
        __builtin_shufflevector(all, all, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18,
                                18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
    const ck_u8x32 mask = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                           1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    *(ck_u8x32_any *)u |= (ck_u8x32)((spread & mask) != 0) & 16;
}

CK_INLINE size_t ck_align64(size_t n) { return (n + 63) & ~(size_t)63; }

#endif
