/* The operations of ck_ops over vectors of CK_LANES floats. */
#include "../act.h"
#include "units.h"

#if CK_LANES != 16 /* quantize_avx512.h */
CK_TARGET static void quantize(const float *x, size_t cols, void *act) {
    const ck_act_layout l = ck_act_layout_of(cols);
    char *base = act;
    float *d = (float *)(base + l.d), *s = (float *)(base + l.s), *s16 = (float *)(base + l.s16);
    int32_t *n8 = (int32_t *)(base + l.n8), *n16 = (int32_t *)(base + l.n16),
            *n128 = (int32_t *)(base + l.n128), *n32 = (int32_t *)(base + l.n32);
    enum { vectors = 32 / CK_LANES, half = 16 / CK_LANES };
    for (size_t b = 0; b < l.blocks; b++) {
        float padded[32];
        const float *from = x + 32 * b;
        if (cols - 32 * b < 32) {
            for (size_t j = 0; j < 32; j++) padded[j] = 32 * b + j < cols ? from[j] : 0;
            from = padded;
        }
        vf v[vectors], greatest = splat(0);
        CK_UNROLL
        for (int i = 0; i < vectors; i++) {
            v[i] = load(from + CK_LANES * i);
            const vf size = (vf)((vi)v[i] & 0x7fffffff);
            greatest = choose(size > greatest, size, greatest);
        }
        const float peak = max_of(greatest);
        const float scale = peak / 127, inverse = peak > 0 ? 127 / peak : 0;
        int32_t sums[2] = {0, 0};
        CK_UNROLL
        for (int i = 0; i < vectors; i++) {
            vf r = v[i] * splat(inverse);
            /* NaN becomes -127: comparisons with it fail. */
            r = choose(r > splat(-127), r, splat(-127));
            r = choose(r < splat(127), r, splat(127));
            const vi n = (vi)(r + splat(12582912.0f)) - 0x4b400000;
            int8_t *to = (int8_t *)base + 32 * b + CK_LANES * i;
            *(vb_any *)to = __builtin_convertvector(n, vb);
            sums[i / half] += __builtin_reduce_add(n);
        }
        const int32_t sum = sums[0] + sums[1];
        d[b] = scale;
        s[b] = scale * (float)sum;
        s16[2 * b] = scale * (float)sums[0];
        s16[2 * b + 1] = scale * (float)sums[1];
        n8[b] = -8 * sum;
        n16[b] = -16 * sum;
        n128[b] = -128 * sum;
        n32[2 * b] = -32 * sums[0];
        n32[2 * b + 1] = -32 * sums[1];
    }
}
#endif

CK_TARGET CK_INLINE float inverse_rms(const float *x, float eps, size_t n) {
    vd sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        const vd v = __builtin_convertvector(load(x + i), vd);
        sum += v * v;
    }
    double total = sum_of_double(&sum);
    for (; i < n; i++) total += (double)x[i] * x[i];
    return 1 / __builtin_sqrtf((float)(total / (double)n) + eps);
}

CK_TARGET static void rms_norm(const float *x, const float *w, float eps, size_t n, float *y) {
    const float scale = inverse_rms(x, eps, n);
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        store(y + i, load(x + i) * splat(scale) * load(w + i));
    for (; i < n; i++) y[i] = x[i] * scale * w[i];
}

CK_TARGET static void rms_norm_heads(float *x, const float *w, float eps, size_t head_dim,
                                     size_t heads, size_t stride) {
    for (size_t h = 0; h < heads; h++)
        rms_norm(x + h * stride, w, eps, head_dim, x + h * stride);
}

CK_TARGET static void layer_norm(const float *x, const float *w, const float *b, float eps,
                                 size_t n, float *y) {
    vd sum = {0}, squares = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) sum += __builtin_convertvector(load(x + i), vd);
    double total = sum_of_double(&sum);
    for (; i < n; i++) total += (double)x[i];
    const double mean = total / (double)n;
    for (i = 0; i + CK_LANES <= n; i += CK_LANES) {
        const vd v = __builtin_convertvector(load(x + i), vd) - mean;
        squares += v * v;
    }
    total = sum_of_double(&squares);
    for (; i < n; i++) total += ((double)x[i] - mean) * ((double)x[i] - mean);
    const double scale = 1 / __builtin_sqrt(total / (double)n + (double)eps);
    for (i = 0; i + CK_LANES <= n; i += CK_LANES) {
        const vd v = (__builtin_convertvector(load(x + i), vd) - mean) * scale;
        const vf offset = b ? load(b + i) : splat(0);
        store(y + i, fma_(__builtin_convertvector(v, vf), load(w + i), offset));
    }
    for (; i < n; i++)
        y[i] = (float)(((double)x[i] - mean) * scale) * w[i] + (b ? b[i] : 0);
}

CK_TARGET static void add(float *y, const float *x, size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) store(y + i, load(y + i) + load(x + i));
    for (; i < n; i++) y[i] += x[i];
}

CK_TARGET static void scale(float *y, float s, size_t n) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) store(y + i, load(y + i) * splat(s));
    for (; i < n; i++) y[i] *= s;
}

#define CK_GATE(name, function)                                                                    \
    CK_TARGET static void name(const float *gate, const float *up, size_t n, size_t rows, float *y, \
                               size_t y_stride) {                                                  \
        for (size_t r = 0; r < rows; r++, gate += n, up += n, y += y_stride) {                     \
            size_t i = 0;                                                                          \
            for (; i + CK_LANES <= n; i += CK_LANES)                                               \
                store(y + i, function(load(gate + i)) * load(up + i));                             \
            if (i < n)                                                                             \
                store_some(y + i,                                                                  \
                           function(load_some(gate + i, n - i, 0)) * load_some(up + i, n - i, 0),  \
                           n - i);                                                                 \
        }                                                                                          \
    }
CK_GATE(silu_mul, silu_of)
CK_GATE(gelu_mul, gelu_of)
#undef CK_GATE

CK_TARGET static void gelu(const float *x, size_t n, float *y) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) store(y + i, gelu_of(load(x + i)));
    if (i < n) store_some(y + i, gelu_of(load_some(x + i, n - i, 0)), n - i);
}

CK_TARGET static void rope_neox(float *x, const float *cos_sin, size_t rotary_dim, size_t heads,
                                size_t stride) {
    const size_t half = rotary_dim / 2;
    for (size_t h = 0; h < heads; h++, x += stride)
        for (size_t i = 0; i < half; i++) {
            const float a = x[i], b = x[i + half], c = cos_sin[2 * i], s = cos_sin[2 * i + 1];
            x[i] = a * c - b * s;
            x[i + half] = a * s + b * c;
        }
}

CK_TARGET static void rope_norm(float *x, const float *cos_sin, size_t rotary_dim, size_t heads,
                                size_t stride) {
    for (size_t h = 0; h < heads; h++, x += stride)
        for (size_t i = 0; i + 1 < rotary_dim; i += 2) {
            const float a = x[i], b = x[i + 1], c = cos_sin[i], s = cos_sin[i + 1];
            x[i] = a * c - b * s;
            x[i + 1] = a * s + b * c;
        }
}

CK_TARGET static void f32_to_f16(const float *x, size_t n, uint16_t *y) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES)
        *(vh_any *)(y + i) = __builtin_convertvector(load(x + i), vh);
    for (; i < n; i++) y[i] = ck_to_half(x[i]);
}

CK_TARGET static void f16_to_f32(const uint16_t *x, size_t n, float *y) {
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) store(y + i, load_f16(x + i));
    for (; i < n; i++) y[i] = ck_half(x[i]);
}

CK_TARGET static size_t argmax(const float *x, size_t n) {
    const float lowest = -__builtin_inff();
    vf greatest = splat(lowest);
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        const vf v = load(x + i);
        greatest = choose(v > greatest, v, greatest);
    }
    float peak = max_of(greatest);
    for (; i < n; i++) peak = x[i] > peak ? x[i] : peak;
    if (peak == lowest) return 0;
    for (i = 0; x[i] != peak; i++) {}
    return i;
}

CK_TARGET static float exp_sum(const float *x, float max, size_t n, float *y) {
    vd sum = {0};
    size_t i = 0;
    for (; i + CK_LANES <= n; i += CK_LANES) {
        const vf e = exp_of(load(x + i) - splat(max));
        store(y + i, e);
        sum += __builtin_convertvector(e, vd);
    }
    double total = sum_of_double(&sum);
    if (i < n) {
        const vf e = exp_of(load_some(x + i, n - i, -__builtin_inff()) - splat(max));
        store_some(y + i, e, n - i);
        for (size_t j = 0; j < n - i; j++) total += (double)e[j];
    }
    return (float)total;
}

CK_TARGET static uint64_t read_bytes(const void *p, size_t n, size_t pages) {
    typedef uint64_t v8 __attribute__((vector_size(CK_LANES * 4), aligned(1)));
    typedef uint64_t v8a __attribute__((vector_size(CK_LANES * 4)));
    enum { PAGE = 4096, LINE = 64 };
    const char *c = p;
    v8a all = {0};
    size_t i = 0;
    for (; i + pages * PAGE <= n; i += pages * PAGE)
        for (size_t line = 0; line < PAGE; line += LINE)
            for (size_t page = 0; page < pages; page++)
                for (size_t j = 0; j < LINE; j += CK_LANES * 4)
                    all ^= *(const v8 *)(c + i + page * PAGE + line + j);
    uint64_t sum = 0;
    for (int k = 0; k < CK_LANES / 2; k++) sum ^= all[k];
    for (; i < n; i++) sum ^= (uint64_t)(unsigned char)c[i] << (i % 8 * 8);
    return sum;
}
