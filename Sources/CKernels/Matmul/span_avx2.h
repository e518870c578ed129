/* Spans: so many columns of a row as AVX2 unpacks at once, four blocks of 32 or one of 256. Which columns lie
   where follows from the size of the groups alone, so that a format's file has no tables, only

     load_span()   the unpacking of one span

   and the products of gemv_avx2.h and tile_avx2.h are the same for all of them. */
#include "../isa.h"

enum {
    SPAN_COLS = CK_COLS == 32 ? 128 : 256,
    SPAN_BYTES = SPAN_COLS / CK_COLS * sizeof(CK_BLOCK),
    SPAN_U = SPAN_COLS / 32,
    SPAN_GROUPS = SPAN_COLS / CK_GROUP,
    SPAN_SCALES = (SPAN_GROUPS + 7) / 8,
    SPAN_DOTS = SPAN_GROUPS / 2,      /* sums of integers, each of which serves two groups ... */
    SPAN_DOT_U = SPAN_U / SPAN_DOTS, /* ... and takes so many registers: a group fills a half of each */
};

typedef struct {
    __m256i u[SPAN_U];          /* bytes without sign, or with sign where CK_OFFSET is 128 */
    __m256 scale[SPAN_SCALES]; /* of the groups, in order */
    __m256 min;                /* the same, but for its sign: CK_MIN_SIGN */
} span;

/* The 16 columns in half h of the registers: those of groups of 32 are two such sixteens. */
CK_INLINE size_t span_place(size_t h) {
    static const uint8_t of_twos[4] = {0, 2, 1, 3};
    return CK_GROUP == 32 ? h / 4 * 4 + of_twos[h % 4] : h;
}

enum { SPAN_LANES = SPAN_DOTS < 4 ? SPAN_DOTS : 4 };

/* The lanes of each sum's two groups. Compilers that know them take two instructions instead of one. */
CK_TARGET_AVX2 CK_INLINE void lanes_of_dots(__m256i lanes[SPAN_LANES]) {
    CK_UNROLL
    for (int k = 0; k < SPAN_LANES; k++) {
        lanes[k] = _mm256_setr_epi32(2 * k, 2 * k, 2 * k, 2 * k, 2 * k + 1, 2 * k + 1, 2 * k + 1,
                                     2 * k + 1);
        CK_KEEP(lanes[k]);
    }
}

CK_TARGET_AVX2 CK_INLINE span load_span(const uint8_t *p);

/* Two blocks' 16 bytes side by side: their first 16 columns in the low halves of the bytes. */
CK_TARGET_AVX2 CK_INLINE __m256i two_of_16(const uint8_t *a, const uint8_t *b) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)a)),
                                   _mm_loadu_si128((const __m128i *)b), 1);
}

CK_TARGET_AVX2 CK_INLINE void split_halves(__m256i both, __m256i u[2]) {
    const __m256i low = _mm256_set1_epi8(15);
    u[0] = _mm256_and_si256(both, low);
    u[1] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
}

/* 16 bytes' low halves, and their high ones. */
CK_TARGET_AVX2 CK_INLINE __m256i low_and_high(const uint8_t *p) {
    const __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p));
    return _mm256_and_si256(_mm256_srlv_epi32(both, _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4)),
                            _mm256_set1_epi8(15));
}

/* F16 that four blocks begin with, put together beside the vector units, which have enough to do. */
CK_TARGET_AVX2 CK_INLINE __m256 four_halves(const uint8_t *p) {
    uint64_t all = 0;
    CK_UNROLL
    for (int i = 3; i >= 0; i--) {
        uint16_t h;
        __builtin_memcpy(&h, p + i * sizeof(CK_BLOCK), 2);
        all = all << 16 | h;
    }
    return _mm256_zextps128_ps256(_mm_cvtph_ps(_mm_cvtsi64_si128((long long)all)));
}

/* Pairs of F16 that four blocks begin with: the first ones in lanes 0 ... 3, the second ones behind. */
CK_TARGET_AVX2 CK_INLINE __m256 four_pairs(const uint8_t *p) {
    uint64_t twos[2];
    CK_UNROLL
    for (int i = 0; i < 2; i++) {
        uint32_t a, b;
        __builtin_memcpy(&a, p + 2 * i * sizeof(CK_BLOCK), 4);
        __builtin_memcpy(&b, p + (2 * i + 1) * sizeof(CK_BLOCK), 4);
        twos[i] = (uint64_t)b << 32 | a;
    }
    const __m128i h = _mm_set_epi64x((long long)twos[1], (long long)twos[0]);
    return _mm256_permutevar8x32_ps(_mm256_cvtph_ps(h), _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
}

/* Adds the fifth bits to two blocks' elements: bit j of a word belongs to element j. */
CK_TARGET_AVX2 CK_INLINE void add_fifth_bits(const uint8_t *a, const uint8_t *b, __m256i u[2]) {
    const __m256i words = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_cvtsi32_si128(*(const int32_t *)a)),
        _mm_cvtsi32_si128(*(const int32_t *)b), 1);
    const __m256i bits = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0, 0x0101010101010101);
    const __m256i fifth = _mm256_set1_epi8(16);
    CK_UNROLL
    for (int i = 0; i < 2; i++) {
        const __m256i own =
            _mm256_shuffle_epi8(words, _mm256_add_epi8(byte, _mm256_set1_epi8((char)(2 * i))));
        const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(own, bits), bits);
        u[i] = _mm256_or_si256(u[i], _mm256_and_si256(set, fifth));
    }
}

/* Four blocks of 5 bits: their 16 bytes of four each, and their fifths. */
CK_TARGET_AVX2 CK_INLINE void four_of_five_bits(const uint8_t *qs, const uint8_t *qh, __m256i u[4]) {
    CK_UNROLL
    for (size_t i = 0; i < 2; i++) {
        const size_t a = 2 * i * sizeof(CK_BLOCK), b = a + sizeof(CK_BLOCK);
        split_halves(two_of_16(qs + a, qs + b), u + 2 * i);
        add_fifth_bits(qh + a, qh + b, u + 2 * i);
    }
}
