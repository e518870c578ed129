/* The most 8-bit multiplications and additions a second that this machine's vector units do, in
   registers and on all threads: the line that prefill cannot pass. Prints one number, operations a
   second, and the instructions that were timed.

   usage: peak THREADS */
#define _GNU_SOURCE
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AMX_INT8__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static volatile int sink;

#if defined(__AVX512VNNI__)
static const char *const vector_name = "AVX-512 VNNI";
static double vector_operations(long rounds) {
    __m512i sum[16], a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(2);
    for (int i = 0; i < 16; i++) sum[i] = _mm512_set1_epi32(i);
    for (long r = 0; r < rounds; r++) {
        for (int i = 0; i < 16; i++) sum[i] = _mm512_dpbusd_epi32(sum[i], a, b);
        __asm__ volatile("" : "+v"(a), "+v"(b));
    }
    for (int i = 1; i < 16; i++) sum[0] = _mm512_add_epi32(sum[0], sum[i]);
    sink = _mm512_reduce_add_epi32(sum[0]);
    return (double)rounds * 16 * 128;
}
#elif defined(__AVX2__)
static const char *const vector_name = "AVX2";
static double vector_operations(long rounds) {
    __m256i sum[8], a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(2), one = _mm256_set1_epi16(1);
    for (int i = 0; i < 8; i++) sum[i] = _mm256_set1_epi32(i);
    for (long r = 0; r < rounds; r++) {
        for (int i = 0; i < 8; i++) {
            sum[i] = _mm256_add_epi32(sum[i],
                                      _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), one));
            /* Or one product would do for all sums. */
            __asm__ volatile("" : "+x"(a), "+x"(b));
        }
    }
    for (int i = 1; i < 8; i++) sum[0] = _mm256_add_epi32(sum[0], sum[i]);
    sink = _mm256_extract_epi32(sum[0], 0);
    return (double)rounds * 8 * 64;
}
#endif

#if defined(__AMX_INT8__)
static int may_use_tiles(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }
static double tile_operations(long rounds) {
    struct __attribute__((packed)) {
        uint8_t palette, row, zero[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = 16;
    _tile_loadconfig(&shape);
    _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3);
    _tile_zero(4); _tile_zero(5); _tile_zero(6); _tile_zero(7);
    for (long r = 0; r < rounds; r++) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    }
    _tile_release();
    return (double)rounds * 4 * 16 * 16 * 64 * 2;
}
#endif

static double (*work)(long);
static long rounds;

static void *run(void *operations) {
    *(double *)operations = work(rounds);
    return NULL;
}

static double measure(int threads) {
    pthread_t team[256];
    double done[256], best = 0;
    for (int pass = 0; pass < 5; pass++) {
        const double begin = now();
        for (int i = 0; i < threads; i++) pthread_create(&team[i], NULL, run, &done[i]);
        double sum = 0;
        for (int i = 0; i < threads; i++) pthread_join(team[i], NULL), sum += done[i];
        const double rate = sum / (now() - begin);
        if (rate > best) best = rate;
    }
    return best;
}

int main(int count, char **arguments) {
    int threads = count > 1 ? atoi(arguments[1]) : 1;
    if (threads < 1 || threads > 256) return 2;
    double best = 0;
    const char *name = "none";
#if defined(__AVX512VNNI__) || defined(__AVX2__)
    work = vector_operations;
    rounds = 8000000;
    best = measure(threads);
    name = vector_name;
#endif
#if defined(__AMX_INT8__)
    if (may_use_tiles()) {
        work = tile_operations;
        rounds = 4000000;
        const double tiles = measure(threads);
        if (tiles > best) best = tiles, name = "AMX";
    }
#endif
    printf("%.0f %s\n", best, name);
    return 0;
}
