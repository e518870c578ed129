/* The tiled product for AVX2: as the one for AVX-512, with 8 rows a register. Bytes of 128 and more
   would overflow the 16-bit sums of vpmaddubsw, so formats of offset 128 are multiplied as signed
   magnitudes. */

typedef struct {
    uint8_t *bytes;     /* [cols/4][16][4] */
    float *scale, *min; /* [groups][16] */
} tile_avx2;

CK_TARGET_AVX2 static void unpack_tile_avx2(const ck_matmul *m, size_t row, size_t rows,
                                            tile_avx2 tile) {
    _Alignas(64) uint8_t u[CK_CHUNK];
    _Alignas(64) float scale[16], min[16];
    for (size_t col = 0; col < m->cols; col += CK_CHUNK) {
        const size_t cols = m->cols - col < CK_CHUNK ? m->cols - col : CK_CHUNK;
        const size_t g0 = col / CK_GROUP, groups = cols / CK_GROUP;
        for (size_t i = 0; i < 16; i++) {
            const size_t r = row + (i < rows ? i : rows - 1);
            unpack((const CK_BLOCK *)((const char *)m->weights + r * m->row_bytes) + col / CK_COLS,
                   cols / CK_COLS, u, scale, min);
            uint32_t *to = (uint32_t *)(tile.bytes + col * 16) + i;
            const uint32_t *from = (const uint32_t *)u;
            for (size_t k = 0; k < cols / 4; k++) to[16 * k] = from[k];
            for (size_t g = 0; g < groups; g++) {
                tile.scale[(g0 + g) * 16 + i] = scale[g];
                if (CK_HAS_MIN) tile.min[(g0 + g) * 16 + i] = min[g];
            }
        }
    }
}

/* dot += u * x for four columns of 8 rows. */
CK_TARGET_AVX2 CK_INLINE __m256i dot4_avx2(__m256i dot, __m256i u, __m256i x) {
    __m256i pairs;
    if (CK_OFFSET == 128) {
        const __m256i w = _mm256_xor_si256(u, _mm256_set1_epi8((char)0x80));
        pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    } else {
        pairs = _mm256_maddubs_epi16(u, x);
    }
    return _mm256_add_epi32(dot, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* One tile times T <= 2 tokens. */
CK_TARGET_AVX2 CK_INLINE void tile_tokens_avx2(const ck_matmul *m, size_t row, size_t rows,
                                               tile_avx2 tile, size_t token, const int T) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const char *x = (const char *)m->x + token * m->x_stride;
    const size_t stride = m->x_stride;
    const size_t offsets = CK_OFFSET == 8 ? l.n8 : CK_OFFSET == 16 ? l.n16 : l.n32;
    const size_t sums = CK_GROUP == 32 ? l.s : l.s16;
    __m256 acc[2][2];
    CK_UNROLL
    for (int t = 0; t < T; t++) acc[t][0] = acc[t][1] = _mm256_setzero_ps();
    const size_t groups = m->cols / CK_GROUP;
    for (size_t g = 0; g < groups; g++) {
        __m256i dot[2][2];
        CK_UNROLL
        for (int t = 0; t < T; t++)
            dot[t][0] = dot[t][1] =
                CK_OFFSET && CK_OFFSET != 128
                    ? _mm256_set1_epi32(*(const int32_t *)(x + t * stride + offsets + 4 * g))
                    : _mm256_setzero_si256();
        const uint8_t *w = tile.bytes + g * CK_GROUP * 16;
        const char *xq = x + g * CK_GROUP;
        CK_UNROLL
        for (int k = 0; k < CK_GROUP / 4; k++) {
            const __m256i u0 = _mm256_load_si256((const __m256i *)(w + 64 * k));
            const __m256i u1 = _mm256_load_si256((const __m256i *)(w + 64 * k + 32));
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const __m256i v =
                    _mm256_set1_epi32(*(const int32_t *)(xq + t * stride + 4 * k));
                dot[t][0] = dot4_avx2(dot[t][0], u0, v);
                dot[t][1] = dot4_avx2(dot[t][1], u1, v);
            }
        }
        CK_UNROLL
        for (int h = 0; h < 2; h++) {
            const __m256 scale = _mm256_load_ps(tile.scale + g * 16 + 8 * h);
            CK_UNROLL
            for (int t = 0; t < T; t++) {
                const float d = *(const float *)(x + t * stride + l.d + 4 * (g * CK_GROUP / 32));
                acc[t][h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[t][h]),
                                            _mm256_mul_ps(scale, _mm256_set1_ps(d)), acc[t][h]);
            }
            if (CK_HAS_MIN) {
                const __m256 min = _mm256_load_ps(tile.min + g * 16 + 8 * h);
                CK_UNROLL
                for (int t = 0; t < T; t++) {
                    const float s = *(const float *)(x + t * stride + sums + 4 * g);
                    acc[t][h] = _mm256_fmadd_ps(min, _mm256_set1_ps(s), acc[t][h]);
                }
            }
        }
    }
    CK_UNROLL
    for (int t = 0; t < T; t++) {
        float *y = m->y + (token + t) * m->y_stride + row;
        _Alignas(32) float sums16[16];
        _mm256_store_ps(sums16, acc[t][0]);
        _mm256_store_ps(sums16 + 8, acc[t][1]);
        for (size_t i = 0; i < rows; i++) {
            float value = sums16[i] + (m->bias ? m->bias[row + i] : 0);
            y[i] = m->accumulate ? y[i] + value : value;
        }
    }
}

/* One row times up to 8 tokens: the row is unpacked piece by piece into the nearest cache. */
CK_TARGET_AVX2 static void row_tokens_avx2(const ck_matmul *m, size_t row) {
    const ck_act_layout l = ck_act_layout_of(m->cols);
    const CK_BLOCK *blocks = (const CK_BLOCK *)((const char *)m->weights + row * m->row_bytes);
    _Alignas(64) uint8_t u[CK_CHUNK];
    _Alignas(64) float scale[16], min[16];
    const __m256i ones = _mm256_set1_epi16(1), offset = _mm256_set1_epi8((char)CK_OFFSET);
    __m256 acc[8];
    for (size_t t = 0; t < m->tokens; t++) acc[t] = _mm256_setzero_ps();
    for (size_t col = 0; col < m->cols; col += CK_CHUNK) {
        const size_t cols = m->cols - col < CK_CHUNK ? m->cols - col : CK_CHUNK;
        const CK_BLOCK *b = blocks + col / CK_COLS;
        for (size_t i = 0; i < cols / CK_COLS * sizeof(CK_BLOCK); i += 64)
            _mm_prefetch((const char *)b + 2048 + i, _MM_HINT_T0);
        if (cols == CK_CHUNK)
            unpack(b, CK_CHUNK / CK_COLS, u, scale, min);
        else
            unpack(b, cols / CK_COLS, u, scale, min);
        for (size_t t = 0; t < m->tokens; t++) {
            const char *x = (const char *)m->x + t * m->x_stride;
            const float *d = (const float *)(x + l.d) + col / 32;
            const float *s = (const float *)(x + l.s) + col / 32;
            __m256 sum = acc[t];
            for (size_t g = 0; g < cols / 32; g++) {
                __m256i w = _mm256_load_si256((const __m256i *)(u + 32 * g));
                __m256i v = _mm256_loadu_si256((const __m256i *)(x + col + 32 * g));
                if (CK_OFFSET != 0) {
                    w = _mm256_sub_epi8(w, offset);
                    v = _mm256_sign_epi8(v, w);
                    w = _mm256_abs_epi8(w);
                }
                const __m256i dot = _mm256_madd_epi16(_mm256_maddubs_epi16(w, v), ones);
                const __m256 factor =
                    CK_GROUP == 32 ? _mm256_set1_ps(scale[g])
                                   : _mm256_set_m128(_mm_set1_ps(scale[2 * g + 1]),
                                                     _mm_set1_ps(scale[2 * g]));
                sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot),
                                      _mm256_mul_ps(factor, _mm256_set1_ps(d[g])), sum);
                if (CK_HAS_MIN)
                    sum = _mm256_fmadd_ps(_mm256_zextps128_ps256(_mm_set_ss(min[g])),
                                          _mm256_zextps128_ps256(_mm_set_ss(s[g])), sum);
            }
            acc[t] = sum;
        }
    }
    for (size_t t = 0; t < m->tokens; t++) {
        __m128 v = _mm_add_ps(_mm256_castps256_ps128(acc[t]), _mm256_extractf128_ps(acc[t], 1));
        v = _mm_add_ps(v, _mm_movehl_ps(v, v));
        const float value = _mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v))) +
                            (m->bias ? m->bias[row] : 0);
        float *y = m->y + t * m->y_stride + row;
        *y = m->accumulate ? *y + value : value;
    }
}

CK_TARGET_AVX2 static void matmul_avx2(const ck_matmul *m, size_t row0, size_t row1,
                                       void *scratch) {
    if (m->tokens <= 8) {
        for (size_t row = row0; row < row1; row++) row_tokens_avx2(m, row);
        return;
    }
    tile_avx2 tile;
    tile.bytes = scratch;
    tile.scale = (float *)(tile.bytes + 16 * ck_align64(m->cols));
    tile.min = tile.scale + m->cols / CK_GROUP * 16;
    for (size_t row = row0; row < row1; row += 16) {
        const size_t rows = row1 - row < 16 ? row1 - row : 16;
        unpack_tile_avx2(m, row, rows, tile);
        size_t t = 0;
        for (; t + 2 <= m->tokens; t += 2) tile_tokens_avx2(m, row, rows, tile, t, 2);
        if (t < m->tokens) tile_tokens_avx2(m, row, rows, tile, t, 1);
    }
}
