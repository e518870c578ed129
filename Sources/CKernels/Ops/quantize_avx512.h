/* Activations in bytes (act.h) and in words (words.h) with AVX-512. Bytes are made 16 blocks at a time:
   what a block is reduced to, its greatest value and its sums, is then one lane of a vector for each
   block. */
#include "../Matmul/transpose_avx512.h"
#include "../Matmul/panel.h"
#include "../Matmul/words.h"
#include "../act.h"

/* The columns of 32 that a block of the last `left` has. */
CK_TARGET CK_INLINE uint32_t columns_there(size_t left) {
    return left < 32 ? (1u << left) - 1 : 0xffffffff;
}

/* The greatest values of n blocks, at most 16, of the last `cols` columns from x on. */
CK_TARGET CK_INLINE __m512 peaks_of_blocks(const float *x, size_t cols, size_t n) {
    const __m512 zero = _mm512_setzero_ps();
    __m512i peaks[16];
    for (size_t i = 0; i < 16; i++) {
        peaks[i] = _mm512_setzero_si512();
        if (i >= n) continue;
        /* Another core may have written them: they take their time. */
        _mm_prefetch((const char *)(x + 32 * i + 1024), _MM_HINT_T0);
        _mm_prefetch((const char *)(x + 32 * i + 1040), _MM_HINT_T0);
        const uint32_t mask = columns_there(cols - 32 * i);
        const __m512 a = _mm512_abs_ps(_mm512_maskz_loadu_ps((__mmask16)mask, x + 32 * i));
        const __m512 b =
            _mm512_abs_ps(_mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 32 * i + 16));
        /* Of a number and NaN the second operand. */
        peaks[i] = _mm512_castps_si512(_mm512_max_ps(a, _mm512_max_ps(b, zero)));
    }
    ck_transpose16(peaks);
    __m512 peak = zero;
    for (int i = 0; i < 16; i++) peak = _mm512_max_ps(_mm512_castsi512_ps(peaks[i]), peak);
    return peak;
}

/* Lane L of halves[k]: the sum of half L % 2 of block 8 k + L / 2, of vectors of two blocks each. */
CK_TARGET CK_INLINE void sum_halves(const __m512i sums[8], __m512i halves[2]) {
    const __m512i in_order =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    CK_UNROLL
    for (int k = 0; k < 2; k++) {
        __m512i t[2];
        CK_UNROLL
        for (int i = 0; i < 2; i++) {
            const __m512i a = sums[4 * k + 2 * i], b = sums[4 * k + 2 * i + 1];
            t[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        }
        const __m512i u = _mm512_add_epi32(_mm512_unpacklo_epi64(t[0], t[1]),
                                           _mm512_unpackhi_epi64(t[0], t[1]));
        halves[k] = _mm512_permutexvar_epi32(in_order, u);
    }
}

/* The two halves of 16 blocks. */
CK_TARGET CK_INLINE __m512i add_halves(const __m512i halves[2]) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    return _mm512_add_epi32(_mm512_permutex2var_epi32(halves[0], even, halves[1]),
                            _mm512_permutex2var_epi32(halves[0], odd, halves[1]));
}

/* Writes these blocks, the first one being block `first` of the buffer: integers x * inverse, the
   scales `d`, sums times `scale`, and negative sums plus `start`; the sums of pairs only if asked for. */
CK_TARGET CK_INLINE void write_blocks(const float *x, size_t cols, size_t first, size_t n, char *base,
                                      const ck_act_layout *l, __m512 inverse, __m512 scale, __m512 d,
                                      __m512i start, const bool paired) {
    _Alignas(64) float factors[16];
    _mm512_store_ps(factors, inverse);
    /* Two blocks at a time; their bytes' sums of four. Packing has put four values of each vector into
       each lane. */
    const __m512i in_order =
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i sums[8], pairs[8], halves[2];
    CK_UNROLL
    for (size_t j = 0; j < 8; j++) {
        sums[j] = pairs[j] = _mm512_setzero_si512();
        if (2 * j >= n) continue;
        const size_t left = cols - 64 * j;
        const uint64_t mask = left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
        __m512i v[4];
        CK_UNROLL
        for (int i = 0; i < 4; i++) {
            const __mmask16 there = (__mmask16)(mask >> (16 * i));
            __m512 r = _mm512_maskz_loadu_ps(there, x + 64 * j + 16 * i);
            /* NaN becomes -127. */
            r = _mm512_max_ps(_mm512_mul_ps(r, _mm512_set1_ps(factors[2 * j + i / 2])),
                              _mm512_set1_ps(-127));
            v[i] = _mm512_cvtps_epi32(_mm512_maskz_min_ps(there, r, _mm512_set1_ps(127)));
        }
        const __m512i bytes = _mm512_permutexvar_epi32(
            in_order, _mm512_packs_epi16(_mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3])));
        _mm512_mask_storeu_epi32(base + 32 * first + 64 * j, 2 * j + 1 < n ? 0xffff : 0xff, bytes);
        sums[j] = _mm512_dpbusd_epi32(sums[j], _mm512_set1_epi8(1), bytes);
        if (paired) {
            const __m512i other = _mm512_xor_si512(_mm512_shuffle_epi32(bytes, _MM_PERM_CDAB),
                                                   _mm512_set1_epi8((char)0x80));
            pairs[j] = _mm512_maskz_dpbusd_epi32(0x5555, pairs[j], other, bytes);
        }
    }
    sum_halves(sums, halves);
    const __m512i all = add_halves(halves);

    const __mmask16 blocks = (__mmask16)((1u << n) - 1);
    _mm512_mask_storeu_ps(base + l->d + 4 * first, blocks, d);
    _mm512_mask_storeu_ps(base + l->s + 4 * first, blocks,
                          _mm512_mul_ps(scale, _mm512_cvtepi32_ps(all)));
    _mm512_mask_storeu_epi32(base + l->n8 + 4 * first, blocks,
                             _mm512_sub_epi32(start, _mm512_slli_epi32(all, 3)));
    _mm512_mask_storeu_epi32(base + l->n16 + 4 * first, blocks,
                             _mm512_sub_epi32(start, _mm512_slli_epi32(all, 4)));
    _mm512_mask_storeu_epi32(base + l->n128 + 4 * first, blocks,
                             _mm512_sub_epi32(start, _mm512_slli_epi32(all, 7)));
    if (paired) {
        __m512i of_pairs[2];
        sum_halves(pairs, of_pairs);
        _mm512_mask_storeu_epi32(base + l->pairs + 4 * first, blocks,
                                 _mm512_sub_epi32(start, add_halves(of_pairs)));
    }
    CK_UNROLL
    for (int k = 0; k < 2; k++) {
        const uint32_t some = n < 16 ? (1u << 2 * n) - 1 : 0xffffffff;
        const __mmask16 there = (__mmask16)(some >> (16 * k));
        const __m512i twice = _mm512_add_epi32(
            _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7), _mm512_set1_epi32(8 * k));
        const size_t at = 8 * first + 64 * (size_t)k;
        _mm512_mask_storeu_ps(base + l->s16 + at, there,
                              _mm512_mul_ps(_mm512_permutexvar_ps(twice, scale),
                                            _mm512_cvtepi32_ps(halves[k])));
        _mm512_mask_storeu_epi32(base + l->n32 + at, there,
                                 _mm512_sub_epi32(_mm512_permutexvar_epi32(twice, start),
                                                  _mm512_slli_epi32(halves[k], 5)));
    }
}

/* CK_ACT_Q8: the same bytes as those of other instruction sets. */
CK_TARGET static void quantize_by_16(const float *x, size_t cols, void *act) {
    const ck_act_layout l = ck_act_layout_of(cols);
    const __m512 limit = _mm512_set1_ps(127);
    for (size_t b = 0; b < l.blocks; b += 16) {
        const size_t n = l.blocks - b < 16 ? l.blocks - b : 16;
        const __m512 peak = peaks_of_blocks(x + 32 * b, cols - 32 * b, n);
        const __m512 scale = _mm512_div_ps(peak, limit);
        const __m512 inverse = _mm512_maskz_div_ps(
            _mm512_cmp_ps_mask(peak, _mm512_setzero_ps(), _CMP_GT_OQ), limit, peak);
        write_blocks(x + 32 * b, cols - 32 * b, b, n, act, &l, inverse, scale, scale,
                     _mm512_setzero_si512(), false);
    }
}
#define CK_QUANTIZE quantize_by_16

/* The least power of two that is not below t, a positive number. */
CK_TARGET CK_INLINE __m512 power_from(__m512 t) {
    return _mm512_castsi512_ps(_mm512_and_si512(
        _mm512_add_epi32(_mm512_castps_si512(t), _mm512_set1_epi32(0x7fffff)),
        _mm512_set1_epi32(0x7f800000)));
}

/* Scales beyond are not worth their place: with smaller ones a block counts as zeros, with greater
   ones a token as not a number. */
#define LEAST_SCALE 0x1p-100f
#define GREATEST_SCALE 0x1p100f

/* A power of two is up to twice the scale that a block needs, and the rounding that much coarser; so a
   factor is the one of some with which that costs the blocks of the factor together least: of eight for
   a whole token. */
CK_TARGET CK_INLINE float factor_of_token(const float *scales, size_t blocks) {
    static const float factors[8] = {1,          1.09050773f, 1.18920712f, 1.29683955f,
                                     1.41421356f, 1.54221083f, 1.68179283f, 1.83400809f};
    __m512 costs[8];
    for (int i = 0; i < 8; i++) costs[i] = _mm512_setzero_ps();
    for (size_t b = 0; b < blocks; b += 16) {
        const size_t n = blocks - b < 16 ? blocks - b : 16;
        const __m512 scale = _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), scales + b);
        CK_UNROLL
        for (int i = 0; i < 8; i++) {
            const __m512 power = power_from(_mm512_mul_ps(scale, _mm512_set1_ps(1 / factors[i])));
            const __m512 used = _mm512_mul_ps(power, _mm512_set1_ps(factors[i]));
            costs[i] = _mm512_fmadd_ps(used, used, costs[i]);
        }
    }
    float factor = factors[0], least = __builtin_inff();
    for (int i = 0; i < 8; i++) {
        const float cost = _mm512_reduce_add_ps(costs[i]);
        if (cost < least) least = cost, factor = factors[i];
    }
    return factor;
}

/* For each four of 16 blocks the one of their own scales, from 1 to 2. */
CK_TARGET CK_INLINE __m512 factors_of_fours(__m512 scale) {
    const __m512i mantissa = _mm512_set1_epi32(0x7fffff), one = _mm512_set1_epi32(0x3f800000);
    const __m512 own = _mm512_castsi512_ps(
        _mm512_or_si512(_mm512_and_si512(_mm512_castps_si512(scale), mantissa), one));
    __m512 factor = own, least = _mm512_set1_ps(__builtin_inff());
#define CK_TRY(lane)                                                                               \
    {                                                                                              \
        const __m512 f = _mm512_permute_ps(own, 0x55 * lane);                                      \
        const __m512 used = _mm512_mul_ps(power_from(_mm512_div_ps(scale, f)), f);                 \
        __m512 cost = _mm512_mul_ps(used, used);                                                   \
        cost = _mm512_add_ps(cost, _mm512_permute_ps(cost, 0xb1));                                 \
        cost = _mm512_add_ps(cost, _mm512_permute_ps(cost, 0x4e));                                 \
        const __mmask16 better = _mm512_cmp_ps_mask(cost, least, _CMP_LT_OQ);                      \
        least = _mm512_mask_mov_ps(least, better, cost);                                           \
        factor = _mm512_mask_mov_ps(factor, better, f);                                            \
    }
    CK_TRY(0) CK_TRY(1) CK_TRY(2) CK_TRY(3)
#undef CK_TRY
    return factor;
}

/* A buffer of powers of two. */
CK_TARGET __attribute__((unused)) static void quantize_pow2(const float *x, size_t cols, bool fours,
                                                            bool pairs, void *act) {
    const ck_act_layout l = ck_act_layout_of(cols);
    char *base = act;
    float *d = (float *)(base + l.d), *f = (float *)(base + l.f);
    __m512 greatest = _mm512_setzero_ps();
    const __m512 unit = _mm512_set1_ps(pairs ? 1 / CK_PAIRS_GREATEST : 1 / 127.0f);
    for (size_t b = 0; b < l.blocks; b += 16) {
        const size_t n = l.blocks - b < 16 ? l.blocks - b : 16;
        const __m512 scale = _mm512_mul_ps(peaks_of_blocks(x + 32 * b, cols - 32 * b, n), unit);
        _mm512_mask_storeu_ps(d + b, (__mmask16)((1u << n) - 1), scale);
        greatest = _mm512_max_ps(scale, greatest);
    }
    const bool counts = _mm512_reduce_max_ps(greatest) < GREATEST_SCALE;
    const __m512 of_token = _mm512_set1_ps(fours ? 1 : factor_of_token(d, l.blocks));
    const __m512 one = _mm512_set1_ps(1);
    for (size_t b = 0; b < l.blocks; b += 16) {
        const size_t n = l.blocks - b < 16 ? l.blocks - b : 16;
        const __m512 scale = _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), d + b);
        const __m512 factor = fours ? factors_of_fours(scale) : of_token;
        const __m512 told = counts ? factor : _mm512_set1_ps(__builtin_nanf(""));
        _mm512_mask_storeu_ps(f + b / 4, (__mmask16)((1u << (n + 3) / 4) - 1),
                              _mm512_permutexvar_ps(_mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0,
                                                                      0, 0, 0, 0, 0),
                                                    told));
        const __m512 power = power_from(
            _mm512_min_ps(_mm512_max_ps(_mm512_div_ps(scale, factor), _mm512_set1_ps(LEAST_SCALE)),
                          _mm512_set1_ps(GREATEST_SCALE)));
        const __m512 magic = _mm512_mul_ps(power, _mm512_set1_ps(12582912.0f));
        const __m512 inverse = _mm512_div_ps(one, _mm512_mul_ps(power, factor));
        const __m512i start = _mm512_castps_si512(magic);
        if (pairs)
            write_blocks(x + 32 * b, cols - 32 * b, b, n, base, &l, inverse, power, magic, start, true);
        else
            write_blocks(x + 32 * b, cols - 32 * b, b, n, base, &l, inverse, power, magic, start, false);
    }
}

/* `count` numbers of each of n tokens, `stride` bytes apart, as [count][6]: eight of each at a time. */
CK_TARGET CK_INLINE void interleave(const char *from, size_t stride, size_t n, size_t count, char *to) {
    /* From the numbers of tokens 0 and 1 in one vector, 2 and 3 in a second, then of 4 and 5. */
    _Alignas(64) static const uint8_t token[48] = {
        0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5,
        0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5,
    };
    _Alignas(64) static const uint8_t place[48] = {
        0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3,
        4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7,
    };
    __m512i index[3];
    __mmask16 last[3];
    CK_UNROLL
    for (int j = 0; j < 3; j++) {
        const __m512i t = _mm512_cvtepu8_epi32(_mm_load_si128((const __m128i *)(token + 16 * j)));
        const __m512i k = _mm512_cvtepu8_epi32(_mm_load_si128((const __m128i *)(place + 16 * j)));
        last[j] = _mm512_cmpgt_epi32_mask(t, _mm512_set1_epi32(3));
        index[j] = _mm512_add_epi32(_mm512_slli_epi32(_mm512_and_si512(t, _mm512_set1_epi32(3)), 3), k);
    }
    for (size_t i = 0; i < count; i += 8, from += 32, to += 32 * CK_PANEL_TOKENS) {
        const size_t some = count - i < 8 ? count - i : 8;
        const __mmask8 there = (__mmask8)((1u << some) - 1);
        const uint64_t kept = ((uint64_t)1 << (some * CK_PANEL_TOKENS)) - 1;
        __m512i pair[3];
        CK_UNROLL
        for (size_t p = 0; p < 3; p++) {
            __m256i row[2];
            CK_UNROLL
            for (size_t t = 0; t < 2; t++)
                row[t] = _mm256_maskz_loadu_epi32(there,
                                                  from + (2 * p + t < n ? 2 * p + t : 0) * stride);
            pair[p] = _mm512_inserti64x4(_mm512_castsi256_si512(row[0]), row[1], 1);
        }
        CK_UNROLL
        for (int j = 0; j < 3; j++) {
            __m512i v = _mm512_permutex2var_epi32(pair[0], index[j], pair[1]);
            v = _mm512_mask_permutexvar_epi32(v, last[j], index[j], pair[2]);
            _mm512_mask_storeu_epi32(to + 64 * j, (__mmask16)(kept >> (16 * j)), v);
        }
    }
}

/* CK_ACT_Q8_PANELS, CK_ACT_Q8_POW2 and CK_ACT_Q8_FOURS (panel.h). */
CK_TARGET __attribute__((unused)) static void panel(const void *acts, size_t n, size_t cols,
                                                    unsigned fields, void *to) {
    const ck_act_layout l = ck_act_layout_of(cols);
    const ck_panel_layout p = ck_panel_layout_of(cols);
    const struct {
        unsigned field;
        size_t from, to, count;
    } parts[] = {
        {0, 0, 0, 8 * l.blocks},
        {0, l.d, p.d, l.blocks},
        {0, l.f, p.f, (l.blocks + 3) / 4},
        {CK_FIELD_S, l.s, p.s, l.blocks},
        {CK_FIELD_N8, l.n8, p.n8, l.blocks},
        {CK_FIELD_N16, l.n16, p.n16, l.blocks},
        {CK_FIELD_N32, l.n32, p.n32, 2 * l.blocks},
        {CK_FIELD_N128, l.n128, p.n128, l.blocks},
        {CK_FIELD_PAIRS, l.pairs, p.pairs, l.blocks},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if ((parts[i].field & ~fields) == 0)
            interleave((const char *)acts + parts[i].from, l.bytes, n, parts[i].count,
                       (char *)to + parts[i].to);
}

/* Activations in words (words.h). */
CK_TARGET __attribute__((unused)) static void words(const float *x, size_t cols, void *act) {
    const ck_words_layout l = ck_words_layout_of(cols);
    int16_t *q = act;
    float *d = (float *)((char *)act + l.d);
    for (size_t b = 0; b < l.blocks; b++, x += CK_WORDS_BLOCK, q += CK_WORDS_BLOCK) {
        const size_t left = cols - b * CK_WORDS_BLOCK;
        const uint32_t mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
        const __m512 v[2] = {_mm512_maskz_loadu_ps((__mmask16)mask, x),
                             _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 16)};
        const float square = _mm512_reduce_add_ps(
            _mm512_fmadd_ps(v[0], v[0], _mm512_mul_ps(v[1], v[1])));
        const float peak =
            _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(v[0]), _mm512_abs_ps(v[1])));
        const float scale = ck_words_scale(square, peak);
        d[b] = scale;
        const __m512 inverse = _mm512_set1_ps(scale == 0 ? 0 : 1 / scale);
        CK_UNROLL
        for (int i = 0; i < 2; i++)
            _mm256_store_si256((__m256i *)(q + 16 * i),
                               _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(v[i], inverse))));
    }
}
