/* Readers of values, compiled for each instruction set from one body: a format defines
   dequantize_values before it includes this file and lists `dequantize`. */
#ifndef CK_READERS_H
#define CK_READERS_H

#include "writers.h"

#if CK_X86
static void dequantize_scalar(const void *blocks, size_t n, float *y) {
    dequantize_values(blocks, n, y);
}
CK_TARGET_AVX2 static void dequantize_avx2(const void *blocks, size_t n, float *y) {
    dequantize_values(blocks, n, y);
}
CK_TARGET_AVX512 static void dequantize_avx512(const void *blocks, size_t n, float *y) {
    dequantize_values(blocks, n, y);
}
static void dequantize(const void *blocks, size_t n, float *y) {
    CK_BEST(dequantize)(blocks, n, y);
}
#else
static void dequantize(const void *blocks, size_t n, float *y) { dequantize_values(blocks, n, y); }
#endif

#endif
