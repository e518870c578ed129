/* Attention of many queries over tiles of BF16, for caches of 16 and 8 bits. Queries, keys, weights
   of positions and values are each the sum of a high and a low part; the product of two low parts is
   left out, so that a result differs from that over floats by about 2^-16.

   A query's result does not depend on what is computed with it: blocks of positions begin at
   multiples of TILED_POSITIONS, and every sum runs in order.

   Tiles and vectors work at the same time: 32 queries at a time get their scores, then their weights, then
   their sums of values, and while tiles make the scores of some and the sums of those two before, vectors
   make the weights of those between. */

enum { TILED_QUERIES = 256, TILED_POSITIONS = 128, PAIR = 32 };

typedef struct {
    char *keys;    /* [2 parts][positions / 16][dim / 32] tiles: 32 dimensions of 16 positions */
    char *values;  /* [2 parts][positions / 32][dim / 16] tiles: 32 positions of 16 dimensions */
    char *queries; /* [2 parts][queries / 16][dim / 32] tiles */
    char *weights; /* twice [2 parts][2][positions / 32] tiles: of 32 queries */
    float *out;    /* [queries][dim] */
    float *scores; /* twice [PAIR][TILED_POSITIONS] */
    float *peak, *total;
    size_t dim, queries_part, keys_part, weights_part;
} tiled_space;

/* Up to 32 queries from q and what they have to do with a block of positions. */
typedef struct {
    size_t q, queries; /* of the space; 0: none */
    size_t near;       /* positions up to the last that one of them sees, in multiples of 32 */
    float *scores;
    char *weights;
    size_t weighed; /* queries */
} tiled_pair;

/* What vectors do while tiles are multiplied. */
typedef struct {
    const ck_attention *a;
    const tiled_space *s;
    size_t q0;       /* the space's first query */
    size_t p0, n;    /* positions of the block */
    tiled_pair pair;
} tiled_weighing;

CK_TARGET_AMX CK_INLINE void split_row(const void *row, const ck_cache_type type, size_t d,
                                       __m512i *high, __m512i *low) {
    const __m512 x[2] = {(__m512)load_part(row, type, d), (__m512)load_part(row, type, d + 16)};
    ck_amx_split32(x, high, low);
}

/* Keys and values of 32 positions from `at` in the block, of which `n` exist. */
CK_TARGET_AMX CK_INLINE void load_tiles(const ck_attention *a, const ck_cache_type type,
                                        size_t position, size_t at, size_t n,
                                        const tiled_space *s) {
    _Alignas(64) static const uint16_t in_turn[2][32] = {
        {0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
         8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47},
        {16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55,
         24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63},
    };
    const __m512i turns[2] = {_mm512_load_si512(in_turn[0]), _mm512_load_si512(in_turn[1])};
    const size_t row_bytes = a->row_bytes ? a->row_bytes : ck_cache_row_bytes(type, a->head_dim);
    const char *rows[PAIR];
    for (size_t j = 0; j < PAIR && j < n; j++)
        rows[j] = (const char *)a->pages[(position + j) / a->page_size]
                  + (position + j) % a->page_size * row_bytes;
    for (size_t d = 0; d < s->dim; d += 32) {
        for (size_t first = 0; first < PAIR; first += 16) {
            __m512i parts[2][16];
            for (size_t j = 0; j < 16; j++) {
                parts[0][j] = parts[1][j] = _mm512_setzero_si512();
                if (first + j < n)
                    split_row(rows[first + j] + a->k_offset, type, d, &parts[0][j], &parts[1][j]);
            }
            char *to = s->keys + ((at + first) / 16 * (s->dim / 32) + d / 32) * CK_AMX_TILE;
            for (int part = 0; part < 2; part++, to += s->keys_part) {
                ck_transpose16(parts[part]);
                for (int i = 0; i < 16; i++) _mm512_store_si512(to + 64 * i, parts[part][i]);
            }
        }
        for (size_t pair = 0; pair < 16; pair++) {
            __m512i parts[2][2];
            for (size_t j = 0; j < 2; j++) {
                parts[0][j] = parts[1][j] = _mm512_setzero_si512();
                if (2 * pair + j < n)
                    split_row(rows[2 * pair + j] + a->v_offset, type, d, &parts[0][j],
                              &parts[1][j]);
            }
            char *to = s->values + (at / 32 * (s->dim / 16) + d / 16) * CK_AMX_TILE + pair * 64;
            for (int part = 0; part < 2; part++, to += s->keys_part)
                for (int half = 0; half < 2; half++)
                    _mm512_store_si512(to + half * CK_AMX_TILE,
                                       _mm512_permutex2var_epi16(parts[part][0], turns[half],
                                                                 parts[part][1]));
        }
    }
}

/* Turns a query's scores, powers of two, of which it sees `first` ..< `seen`, into weights. */
CK_TARGET_AMX CK_INLINE void weigh(const tiled_space *s, const tiled_pair *pair, size_t i,
                                   size_t first, size_t seen) {
    const size_t q = pair->q + i, n = pair->near;
    float *scores = pair->scores + i * TILED_POSITIONS;
    char *to = pair->weights + i / 16 * (TILED_POSITIONS / 32 * CK_AMX_TILE) + i % 16 * 64;
    if (first >= seen) {
        for (size_t j = 0; j < n; j += 32, to += CK_AMX_TILE) {
            _mm512_store_si512(to, _mm512_setzero_si512());
            _mm512_store_si512(to + s->weights_part, _mm512_setzero_si512());
        }
        return;
    }
    for (size_t j = 0; j < first; j++) scores[j] = -__builtin_inff();
    for (size_t j = seen; j < n; j++) scores[j] = -__builtin_inff();
    __m512 m = _mm512_load_ps(scores);
    for (size_t j = 16; j < n; j += 16) m = _mm512_max_ps(m, _mm512_load_ps(scores + j));
    const float highest = _mm512_reduce_max_ps(m);
    if (highest > s->peak[q]) {
        const float factor = power_of(splat(s->peak[q] - highest))[0];
        float *out = s->out + q * s->dim;
        for (size_t d = 0; d < s->dim; d += 16) store(out + d, load(out + d) * splat(factor));
        s->total[q] *= factor;
        s->peak[q] = highest;
    }
    const vf peak = splat(s->peak[q]);
    vf sum = splat(0);
    for (size_t j = 0; j < n; j += 32, to += CK_AMX_TILE) {
        const vf e0 = power_of(load(scores + j) - peak);
        const vf e1 = power_of(load(scores + j + 16) - peak);
        sum += e0;
        sum += e1;
        const __m512 x[2] = {(__m512)e0, (__m512)e1};
        __m512i high, low;
        ck_amx_split32(x, &high, &low);
        _mm512_store_si512(to, high);
        _mm512_store_si512(to + s->weights_part, low);
    }
    s->total[q] += sum_of(sum);
}

/* The next query's weights, if there is one. */
CK_TARGET_AMX static void weigh_next(tiled_weighing *w) {
    tiled_pair *pair = &w->pair;
    if (pair->weighed == pair->queries) return;
    const size_t i = pair->weighed++;
    const size_t own = w->a->first_position + (w->q0 + pair->q + i) / w->a->heads + 1;
    const size_t seen =
        w->a->positions || own >= w->p0 + w->n ? w->n : own <= w->p0 ? 0 : own - w->p0;
    const size_t gone = w->a->window && own > w->a->window ? own - w->a->window : 0;
    weigh(w->s, pair, i, gone > w->p0 ? gone - w->p0 : 0, seen);
}

CK_TARGET_AMX CK_INLINE void add_products(void) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(3, 5, 7);
}

/* Registers 0 ... 3 += two rows of tiles x two columns, over `steps` tiles in two parts: low x high, high x
   high and high x low, so that no tile is loaded twice. Two queries are weighed in the time of a step. */
CK_TARGET_AMX CK_INLINE void add_three_products(const char *a, size_t a_part, size_t a_next,
                                                const char *b, size_t b_part, size_t b_next,
                                                size_t b_step, size_t steps,
                                                tiled_weighing *meanwhile) {
    for (size_t i = 0; i < steps; i++, a += CK_AMX_TILE, b += b_step) {
        _tile_loadd(4, a + a_part, 64);
        _tile_loadd(6, b, 64);
        _tile_loadd(5, a + a_part + a_next, 64);
        _tile_loadd(7, b + b_next, 64);
        add_products();
        weigh_next(meanwhile);
        _tile_loadd(4, a, 64);
        _tile_loadd(5, a + a_next, 64);
        add_products();
        _tile_loadd(6, b + b_part, 64);
        _tile_loadd(7, b + b_part + b_next, 64);
        add_products();
        weigh_next(meanwhile);
    }
}

CK_TARGET_AMX CK_INLINE void score_pair(const tiled_space *s, const tiled_pair *pair,
                                        tiled_weighing *meanwhile) {
    const size_t steps = s->dim / 32, row = steps * CK_AMX_TILE;
    const size_t stride = TILED_POSITIONS * 4;
    for (size_t p = 0; p < pair->near; p += PAIR) {
        float *c = pair->scores + p;
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        add_three_products(s->queries + pair->q / 16 * row, s->queries_part, row,
                           s->keys + p / 16 * row, s->keys_part, row, CK_AMX_TILE, steps,
                           meanwhile);
        _tile_stored(0, c, stride);
        _tile_stored(1, c + 16, stride);
        _tile_stored(2, c + 16 * TILED_POSITIONS, stride);
        _tile_stored(3, c + 16 * TILED_POSITIONS + 16, stride);
    }
}

/* out += weights x values. */
CK_TARGET_AMX CK_INLINE void add_values(const tiled_space *s, const tiled_pair *pair,
                                        tiled_weighing *meanwhile) {
    const size_t columns = s->dim / 16, stride = s->dim * 4;
    for (size_t d = 0; d < columns; d += 2) {
        float *c = s->out + pair->q * s->dim + d * 16, *c2 = c + 16 * s->dim;
        _tile_loadd(0, c, stride);
        _tile_loadd(1, c + 16, stride);
        _tile_loadd(2, c2, stride);
        _tile_loadd(3, c2 + 16, stride);
        add_three_products(pair->weights, s->weights_part, TILED_POSITIONS / 32 * CK_AMX_TILE,
                           s->values + d * CK_AMX_TILE, s->keys_part, CK_AMX_TILE,
                           columns * CK_AMX_TILE, pair->near / 32, meanwhile);
        _tile_stored(0, c, stride);
        _tile_stored(1, c + 16, stride);
        _tile_stored(2, c2, stride);
        _tile_stored(3, c2 + 16, stride);
    }
}

/* The next 32 queries from *q of `count`, or as many as are left, of which one sees a position of the block; *q
   goes on behind them. */
CK_TARGET_AMX CK_INLINE tiled_pair pair_from(const tiled_weighing *w, size_t *q, size_t count,
                                             size_t turn) {
    const size_t all = (w->n + PAIR - 1) & ~(size_t)(PAIR - 1);
    tiled_pair pair = {.scores = w->s->scores + turn * PAIR * TILED_POSITIONS,
                       .weights = w->s->weights + turn * 2 * w->s->weights_part};
    while (*q < count && pair.queries == 0) {
        const size_t some = count - *q < PAIR ? count - *q : PAIR;
        const size_t last = w->a->first_position + (w->q0 + *q + some - 1) / w->a->heads;
        pair.q = *q;
        *q += some;
        if (!w->a->positions && last < w->p0) continue;
        /* Positions behind the last query's own have no weight. */
        const size_t near = (last - w->p0 + PAIR) & ~(size_t)(PAIR - 1);
        pair.near = w->a->positions || near > all ? all : near;
        pair.queries = some;
    }
    return pair;
}

CK_TARGET_AMX CK_INLINE void attention_tiled_over(const ck_attention *a, const ck_cache_type type,
                                                  void *scratch) {
    tiled_space s = {.dim = a->head_dim};
    s.queries_part = TILED_QUERIES * s.dim * 2;
    s.keys_part = TILED_POSITIONS * s.dim * 2;
    s.weights_part = PAIR * TILED_POSITIONS * 2;
    s.keys = scratch;
    s.values = s.keys + 2 * s.keys_part;
    s.queries = s.values + 2 * s.keys_part;
    s.weights = s.queries + 2 * s.queries_part;
    s.scores = (float *)(s.weights + 4 * s.weights_part);
    s.out = s.scores + 2 * PAIR * TILED_POSITIONS;
    s.peak = s.out + TILED_QUERIES * s.dim;
    s.total = s.peak + TILED_QUERIES;

    ck_amx_begin();
    const size_t all = a->tokens * a->heads;
    for (size_t q0 = 0; q0 < all; q0 += TILED_QUERIES) {
        const size_t count = all - q0 < TILED_QUERIES ? all - q0 : TILED_QUERIES;
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            const float *from = a->q + t * a->q_token_stride + h * a->q_head_stride;
            char *to = s.queries + i / 16 * (s.dim / 32) * CK_AMX_TILE + i % 16 * 64;
            const __m512 scale = _mm512_set1_ps(a->scale * POWER_FACTOR);
            for (size_t d = 0; d < s.dim; d += 32, to += CK_AMX_TILE) {
                const __m512 x[2] = {_mm512_mul_ps(_mm512_loadu_ps(from + d), scale),
                                     _mm512_mul_ps(_mm512_loadu_ps(from + d + 16), scale)};
                __m512i high, low;
                ck_amx_split32(x, &high, &low);
                _mm512_store_si512(to, high);
                _mm512_store_si512(to + s.queries_part, low);
            }
            for (size_t d = 0; d < s.dim; d += 16) store(s.out + i * s.dim + d, splat(0));
            s.peak[i] = -__builtin_inff();
            s.total[i] = 0;
        }
        const size_t end =
            a->positions ? a->positions : a->first_position + (q0 + count - 1) / a->heads + 1;
        /* Blocks that even the first query of these does not see are left out. */
        const size_t own = a->first_position + q0 / a->heads + 1;
        const size_t begin =
            a->window && own > a->window
                ? (own - a->window) / TILED_POSITIONS * TILED_POSITIONS
                : 0;
        for (size_t p0 = begin; p0 < end; p0 += TILED_POSITIONS) {
            const size_t n = end - p0 < TILED_POSITIONS ? end - p0 : TILED_POSITIONS;
            for (size_t p = 0; p < n; p += PAIR) load_tiles(a, type, p0 + p, p, n - p, &s);
            tiled_weighing between = {.a = a, .s = &s, .q0 = q0, .p0 = p0, .n = n};
            tiled_pair last = {0};
            size_t q = 0, turn = 0;
            do {
                const tiled_pair next = pair_from(&between, &q, count, turn);
                turn ^= 1;
                score_pair(&s, &next, &between);
                if (last.queries) add_values(&s, &last, &between);
                while (between.pair.weighed < between.pair.queries) weigh_next(&between);
                last = between.pair;
                between.pair = next;
            } while (last.queries || between.pair.queries);
        }
        for (size_t i = 0; i < count; i++) {
            const size_t t = (q0 + i) / a->heads, h = (q0 + i) % a->heads;
            float *y = a->out + t * a->out_token_stride + h * a->out_head_stride;
            const vf factor = splat(1 / s.total[i]);
            for (size_t d = 0; d < s.dim; d += 16)
                _mm512_storeu_ps(y + d, (__m512)(load(s.out + i * s.dim + d) * factor));
        }
    }
    _tile_release();
}

/* Tiles for many tokens, where the shapes fill them and the cache is none for exact comparisons. */
CK_TARGET_AMX static void attention_or_tiled(const ck_attention *a, void *scratch) {
    const bool fits = a->many && a->head_dim % 32 == 0 && a->head_dim <= 256;
    if (fits && a->cache == CK_CACHE_F16)
        attention_tiled_over(a, CK_CACHE_F16, scratch);
    else if (fits && a->cache == CK_CACHE_Q8_0)
        attention_tiled_over(a, CK_CACHE_Q8_0, scratch);
    else
        attention(a, scratch);
}
