/* The operations in portable C, in double where it matters: the oracle of the others. */
#include "../act.h"
#include "tables.h"

#include <math.h>

static void quantize(const float *x, size_t cols, void *act) {
    const ck_act_layout l = ck_act_layout_of(cols);
    char *base = act;
    float *d = (float *)(base + l.d), *s = (float *)(base + l.s), *s16 = (float *)(base + l.s16);
    int32_t *n8 = (int32_t *)(base + l.n8), *n16 = (int32_t *)(base + l.n16),
            *n128 = (int32_t *)(base + l.n128), *n32 = (int32_t *)(base + l.n32);
    for (size_t b = 0; b < l.blocks; b++) {
        const size_t n = cols - 32 * b < 32 ? cols - 32 * b : 32;
        const float *v = x + 32 * b;
        float peak = 0;
        for (size_t j = 0; j < n; j++)
            if (fabsf(v[j]) > peak) peak = fabsf(v[j]);
        const float scale = peak / 127, inverse = peak > 0 ? 127 / peak : 0;
        int32_t sums[2] = {0, 0};
        for (size_t j = 0; j < 32; j++) {
            float r = j < n ? v[j] * inverse : 0;
            r = r > -127 ? r : -127;
            r = r < 127 ? r : 127;
            const int32_t q = (int32_t)ck_bits_of_float(r + 12582912.0f) - 0x4b400000;
            ((int8_t *)base)[32 * b + j] = (int8_t)q;
            sums[j / 16] += q;
        }
        const int32_t sum = sums[0] + sums[1];
        d[b] = scale;
        s[b] = scale * (float)sum;
        n8[b] = -8 * sum;
        n16[b] = -16 * sum;
        n128[b] = -128 * sum;
        for (int h = 0; h < 2; h++) {
            s16[2 * b + h] = scale * (float)sums[h];
            n32[2 * b + h] = -32 * sums[h];
        }
    }
}

static void rms_norm(const float *x, const float *w, float eps, size_t n, float *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
    const float scale = 1 / sqrtf((float)(sum / (double)n) + eps);
    for (size_t i = 0; i < n; i++) y[i] = x[i] * scale * w[i];
}

static void rms_norm_heads(float *x, const float *w, float eps, size_t head_dim, size_t heads,
                           size_t stride) {
    for (size_t h = 0; h < heads; h++)
        rms_norm(x + h * stride, w, eps, head_dim, x + h * stride);
}

static void layer_norm(const float *x, const float *w, const float *b, float eps, size_t n,
                       float *y) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
    const double scale = 1 / sqrt(squares / (double)n + eps);
    for (size_t i = 0; i < n; i++) y[i] = (float)((x[i] - mean) * scale * w[i] + (b ? b[i] : 0));
}

static void add(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static void scale(float *y, float s, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] *= s;
}

static double gelu_of(double v) {
    return v / (1 + exp(-1.5957691216057308 * (v + 0.044715 * v * v * v)));
}

static void gelu(const float *x, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = (float)gelu_of(x[i]);
}

static double silu_of(double v) { return v / (1 + exp(-v)); }

static void silu_mul(const float *gate, const float *up, size_t n, size_t rows, float *y,
                     size_t y_stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            y[r * y_stride + i] = (float)(silu_of(gate[r * n + i]) * up[r * n + i]);
}

static void gelu_mul(const float *gate, const float *up, size_t n, size_t rows, float *y,
                     size_t y_stride) {
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            y[r * y_stride + i] = (float)(gelu_of(gate[r * n + i]) * up[r * n + i]);
}

static void rope_neox(float *x, const float *cos_sin, size_t rotary_dim, size_t heads,
                      size_t stride) {
    const size_t half = rotary_dim / 2;
    for (size_t h = 0; h < heads; h++, x += stride)
        for (size_t i = 0; i < half; i++) {
            const float a = x[i], b = x[i + half], c = cos_sin[2 * i], s = cos_sin[2 * i + 1];
            x[i] = a * c - b * s;
            x[i + half] = a * s + b * c;
        }
}

static void rope_norm(float *x, const float *cos_sin, size_t rotary_dim, size_t heads,
                      size_t stride) {
    for (size_t h = 0; h < heads; h++, x += stride)
        for (size_t i = 0; i + 1 < rotary_dim; i += 2) {
            const float a = x[i], b = x[i + 1], c = cos_sin[i], s = cos_sin[i + 1];
            x[i] = a * c - b * s;
            x[i + 1] = a * s + b * c;
        }
}

static void f32_to_f16(const float *x, size_t n, uint16_t *y) {
    for (size_t i = 0; i < n; i++) y[i] = ck_to_half(x[i]);
}

static void f16_to_f32(const uint16_t *x, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = ck_half(x[i]);
}

static size_t argmax(const float *x, size_t n) {
    size_t best = 0;
    float peak = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (x[i] > peak) {
            peak = x[i];
            best = i;
        }
    return best;
}

static float exp_sum(const float *x, float max, size_t n, float *y) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        y[i] = expf(x[i] - max);
        sum += y[i];
    }
    return (float)sum;
}

static float element(const ck_attention *a, size_t position, size_t offset, size_t d) {
    const char *page = a->pages[position / a->page_size];
    const size_t packed = ck_cache_row_bytes(a->cache, a->head_dim);
    page += offset + position % a->page_size * (a->row_bytes ? a->row_bytes : packed);
    if (a->cache == CK_CACHE_Q8_0) {
        uint16_t scale;
        const char *block = page + d / 32 * 34;
        __builtin_memcpy(&scale, block, 2);
        return ck_half(scale) * (float)((const int8_t *)block)[2 + d % 32];
    }
    return a->cache == CK_CACHE_F32 ? ((const float *)page)[d]
                                    : ck_half(((const uint16_t *)page)[d]);
}

static void attention(const ck_attention *a, void *scratch) {
    double *sum = scratch;
    for (size_t t = 0; t < a->tokens; t++)
        for (size_t h = 0; h < a->heads; h++) {
            const float *q = a->q + t * a->q_token_stride + h * a->q_head_stride;
            double peak = -INFINITY, total = 0;
            for (size_t d = 0; d < a->head_dim; d++) sum[d] = 0;
            const size_t end = a->positions ? a->positions : a->first_position + t + 1;
            for (size_t p = a->window && end > a->window ? end - a->window : 0; p < end; p++) {
                double score = 0;
                for (size_t d = 0; d < a->head_dim; d++)
                    score += (double)q[d] * element(a, p, a->k_offset, d);
                score *= a->scale;
                const double higher = score > peak ? score : peak;
                const double factor = exp(peak - higher), weight = exp(score - higher);
                for (size_t d = 0; d < a->head_dim; d++)
                    sum[d] = sum[d] * factor + weight * element(a, p, a->v_offset, d);
                total = total * factor + weight;
                peak = higher;
            }
            float *y = a->out + t * a->out_token_stride + h * a->out_head_stride;
            for (size_t d = 0; d < a->head_dim; d++) y[d] = (float)(sum[d] / total);
        }
}

static uint64_t read_bytes(const void *p, size_t n, size_t pages) {
    (void)pages;
    const unsigned char *c = p;
    uint64_t sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        __builtin_memcpy(&word, c + i, 8);
        sum ^= word;
    }
    for (; i < n; i++) sum ^= (uint64_t)c[i] << (i % 8 * 8);
    return sum;
}

#include "table.h"
const ck_ops ck_ops_scalar = CK_OPS_TABLE;
