/* Speed of the matrix products: bytes of weights a second with one token, and operations a second
   with many. Built and run by Benchmarks/kernels. */
#include "ckernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *aligned(size_t n) {
    void *p = NULL;
    if (posix_memalign(&p, 64, (n + 63) / 64 * 64) != 0) exit(1);
    memset(p, 0, (n + 63) / 64 * 64);
    return p;
}

int main(int argc, char **argv) {
    const size_t cols = argc > 1 ? (size_t)atol(argv[1]) : 1024, megabytes = 256;
    const size_t tokens = argc > 2 ? (size_t)atol(argv[2]) : 512;
    printf("%-8s %-8s %14s %16s\n", "set", "format", "1 token GB/s", "tokens GOPS");
    for (int isa = 0; isa < CK_ISA_COUNT; isa++) {
        if (!ck_isa_available((ck_isa)isa)) continue;
        const ck_ops *ops = ck_ops_for((ck_isa)isa);
        for (size_t f = 0; f < ck_format_count; f++) {
            const ck_format *format = ck_formats[f];
            if (format->matmul[isa] == NULL || format->quantize == NULL || cols % format->block) continue;
            const size_t row_bytes = cols / format->block * format->block_bytes;
            const size_t rows = (megabytes << 20) / row_bytes / 16 * 16, few = 1024;
            const size_t x_bytes = format->activation == CK_ACT_F32 ? cols * 4 : ck_act_bytes(cols);
            unsigned fields;
            const ck_activation form =
                ck_format_activation(format, (ck_isa)isa, tokens, CK_FEW_EQUAL, &fields);
            const bool tiled = form == CK_ACT_BF16;
            const bool words = form == CK_ACT_I16, exact = form == CK_ACT_Q8_PANELS;
            const bool fours = form == CK_ACT_Q8_FOURS;
            const bool panels = exact || fours || form == CK_ACT_Q8_POW2;
            const size_t own_bytes = words    ? ck_words_bytes(cols)
                                     : panels ? ck_panel_bytes(cols)
                                              : ck_act_bytes(cols);
            char *own = aligned(tokens * own_bytes);
            char *tiles = aligned((tokens + 15) / 16 * ck_tiles_bytes(cols));
            float *values = aligned(cols * 4), *y = aligned((rows > tokens * few ? rows : tokens * few) * 4);
            char *weights = aligned(rows * row_bytes), *x = aligned(tokens * x_bytes);
            void *scratch = aligned(ck_matmul_scratch(cols));
            unsigned state = 1;
            for (size_t i = 0; i < cols; i++) {
                state = state * 1664525u + 1013904223u;
                values[i] = (float)(int)(state >> 8) / (1 << 23) - 1;
            }
            format->quantize(values, cols, weights);
            for (size_t r = 1; r < rows; r++) memcpy(weights + r * row_bytes, weights, row_bytes);
            for (size_t t = 0; t < tokens; t++) {
                if (format->activation == CK_ACT_F32) memcpy(x + t * x_bytes, values, cols * 4);
                else ops->quantize(values, cols, x + t * x_bytes);
                if (tiled) ops->split(values, cols, t, fields & CK_FIELD_LOW, tiles);
                if (words) ops->words(values, cols, own + t * own_bytes);
            }
            if (panels) {
                char *acts = aligned(6 * ck_act_bytes(cols));
                for (size_t t = 0; t < 6; t++) {
                    char *act = acts + t * ck_act_bytes(cols);
                    if (exact) ops->quantize(values, cols, act);
                    else ops->quantize_pow2(values, cols, fours, fields & CK_FIELD_PAIRS, act);
                }
                for (size_t p = 0; p < ck_panels(tokens); p++)
                    ops->panel(acts, 6, cols, fields, own + p * own_bytes);
                free(acts);
            }
            ck_matmul m = {.weights = weights, .row_bytes = row_bytes, .rows = rows, .cols = cols,
                           .x = x, .x_stride = x_bytes, .form = format->activation, .tokens = 1,
                           .y = y, .y_stride = rows,
                           .reading = {.pages = ck_isa_pages((ck_isa)isa)}};
            double one = 1e9, many = 1e9;
            for (int i = 0; i < (isa == CK_SCALAR ? 1 : 3); i++) {
                const double start = now();
                format->matmul[isa](&m, 0, isa == CK_SCALAR ? rows / 16 / 16 * 16 : rows, scratch);
                const double share = isa == CK_SCALAR ? 1.0 / 16 : 1.0;
                if ((now() - start) / share < one) one = (now() - start) / share;
            }
            m.rows = m.y_stride = few;
            m.tokens = isa == CK_SCALAR ? 16 : tokens;
            m.form = form;
            if (tiled) m.x = tiles, m.x_stride = ck_tiles_bytes(cols);
            if (words || panels) m.x = own, m.x_stride = own_bytes;
            /* Many short runs: some of them are undisturbed on a busy machine too. */
            const double until = now() + 0.3;
            do {
                const double start = now();
                format->matmul[isa](&m, 0, few, scratch);
                if (now() - start < many) many = now() - start;
            } while (now() < until);
            printf("%-8s %-8s %14.1f %16.1f\n", ck_isa_name((ck_isa)isa), format->name,
                   (double)(rows * row_bytes) / one * 1e-9,
                   2.0 * (double)(few * cols * m.tokens) / many * 1e-9);
            fflush(stdout);
            free(values), free(y), free(weights), free(x), free(scratch), free(tiles), free(own);
        }
    }
    return 0;
}
