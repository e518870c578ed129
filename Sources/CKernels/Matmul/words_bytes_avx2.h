/* The product of weights of 8 bits for AVX2: many tokens in words. */
#include "words_avx2.h"

CK_TARGET_AVX2 CK_INLINE void unpack_bytes(const char *const p[8], size_t cols, int16_t *words,
                                           float *scale) {
    for (size_t b = 0; b < cols / 32; b++, words += 512, scale += 16) {
        __m128i d = _mm_setzero_si128();
#define CK_D(i) d = _mm_insert_epi16(d, (int16_t)((const CK_BLOCK *)p[i])[b].d, i)
        CK_D(0), CK_D(1), CK_D(2), CK_D(3), CK_D(4), CK_D(5), CK_D(6), CK_D(7);
#undef CK_D
        _mm256_store_ps(scale, _mm256_cvtph_ps(d));
        CK_UNROLL
        for (int h = 0; h < 2; h++) {
            __m256i v[8];
            CK_UNROLL
            for (int i = 0; i < 8; i++)
                v[i] = _mm256_cvtepi8_epi16(
                    _mm_loadu_si128((const __m128i *)(((const CK_BLOCK *)p[i])[b].qs + 16 * h)));
            ck_transpose8(v);
            CK_UNROLL
            for (int i = 0; i < 8; i++)
                _mm256_store_si256((__m256i *)(words + (8 * h + i) * 32), v[i]);
        }
    }
}

CK_TARGET_AVX2 static void matmul_avx2(const ck_matmul *m, size_t row0, size_t row1, void *scratch) {
    if (m->form == CK_ACT_I16)
        matmul_words(m, row0, row1, scratch, sizeof(CK_BLOCK), unpack_bytes);
    else
        gemv_avx2(m, row0, row1, scratch);
}
