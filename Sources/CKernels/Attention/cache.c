/* Rows of the cache, in portable C. */
#include "../isa.h"

size_t ck_cache_row_bytes(ck_cache_type type, size_t n) {
    switch (type) {
    case CK_CACHE_F32: return n * 4;
    case CK_CACHE_Q8_0: return (n + 31) / 32 * 34;
    default: return n * 2;
    }
}

void ck_cache_write(ck_cache_type type, const float *x, size_t n, void *row) {
    if (type == CK_CACHE_F32) {
        __builtin_memcpy(row, x, n * 4);
    } else if (type == CK_CACHE_Q8_0) {
        const size_t whole = n / 32 * 32;
        ck_q8_0.quantize(x, whole, row);
        if (whole == n) return;
        float rest[32] = {0};
        for (size_t i = whole; i < n; i++) rest[i - whole] = x[i];
        ck_q8_0.quantize(rest, 32, (char *)row + whole / 32 * 34);
    } else {
        uint16_t *half = row;
        for (size_t i = 0; i < n; i++) half[i] = ck_to_half(x[i]);
    }
}

void ck_cache_read(ck_cache_type type, const void *row, size_t n, float *y) {
    if (type == CK_CACHE_F32) {
        __builtin_memcpy(y, row, n * 4);
    } else if (type == CK_CACHE_Q8_0) {
        const size_t whole = n / 32 * 32;
        ck_q8_0.dequantize(row, whole, y);
        if (whole == n) return;
        float rest[32];
        ck_q8_0.dequantize((const char *)row + whole / 32 * 34, 32, rest);
        for (size_t i = whole; i < n; i++) y[i] = rest[i - whole];
    } else {
        const uint16_t *half = row;
        for (size_t i = 0; i < n; i++) y[i] = ck_half(half[i]);
    }
}
