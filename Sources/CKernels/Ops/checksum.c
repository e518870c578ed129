/* XXH64, from its specification (github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Bytes are
   read as little-endian numbers. */
#include "../isa.h"

static const uint64_t P1 = 0x9E3779B185EBCA87u, P2 = 0xC2B2AE3D27D4EB4Fu, P3 = 0x165667B19E3779F9u,
                      P4 = 0x85EBCA77C2B2AE63u, P5 = 0x27D4EB2F165667C5u;

static inline uint64_t turn(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static inline uint64_t load(const unsigned char *p, size_t n) {
    uint64_t x = 0;
    __builtin_memcpy(&x, p, n);
    return x;
}

static inline uint64_t step(uint64_t lane, uint64_t input) {
    return turn(lane + input * P2, 31) * P1;
}

uint64_t ck_checksum(const void *data, size_t n, uint64_t seed) {
    const unsigned char *p = data, *const end = p + n;
    uint64_t sum;
    if (n >= 32) {
        uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
        for (; end - p >= 32; p += 32) {
            a = step(a, load(p, 8));
            b = step(b, load(p + 8, 8));
            c = step(c, load(p + 16, 8));
            d = step(d, load(p + 24, 8));
        }
        sum = turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18);
        sum = (sum ^ step(0, a)) * P1 + P4;
        sum = (sum ^ step(0, b)) * P1 + P4;
        sum = (sum ^ step(0, c)) * P1 + P4;
        sum = (sum ^ step(0, d)) * P1 + P4;
    } else {
        sum = seed + P5;
    }
    sum += n;
    for (; end - p >= 8; p += 8) sum = turn(sum ^ step(0, load(p, 8)), 27) * P1 + P4;
    if (end - p >= 4) {
        sum = turn(sum ^ load(p, 4) * P1, 23) * P2 + P3;
        p += 4;
    }
    for (; p < end; p++) sum = turn(sum ^ *p * P5, 11) * P1;
    sum = (sum ^ sum >> 33) * P2;
    sum = (sum ^ sum >> 29) * P3;
    return sum ^ sum >> 32;
}
