/* What memory is asked for in advance by a thread that reads weights in ascending order.

   Asked for line by line, one page after the other, an Intel Xeon's core gets about 11 GB/s, however far
   ahead; with the lines of eight pages in turn it gets 16 to 18. So the share of a thread is taken in windows
   of `pages` pages, and reading `pages` lines of one window asks for a line of each page of a later one.
   What is asked for past the end of the share are the lines that the thread reads next. */
#ifndef CK_STREAM_H
#define CK_STREAM_H

#include "../isa.h"

enum {
    CK_STREAM_PAGE = 4096,
    CK_STREAM_LEAST = 8192 /* bytes ahead where lines are asked for in their order; measured on Zen */
};

typedef struct {
    const char *next;  /* from where on more is asked for */
    const char *begin; /* of the share, of `size` bytes */
    const char *then;  /* less that size: where line t lies that is no longer of the share; or NULL */
    size_t size, lead; /* lead: bytes from what is read to the window that is asked for */
    size_t pages;      /* a power of two; 0: nothing is asked for */
} ck_stream;

/* Asks for line t, counted in bytes from the beginning of the share, of each page of a window. */
CK_INLINE void ck_stream_lines(const ck_stream *s, size_t t) {
    const size_t last = t + (s->pages - 1) * CK_STREAM_PAGE;
    if (last < s->size) {
        for (const char *p = s->begin + t; p <= s->begin + last; p += CK_STREAM_PAGE) ck_prefetch(p);
        return;
    }
    for (; t <= last; t += CK_STREAM_PAGE)
        if (t < s->size) ck_prefetch(s->begin + t);
        else if (s->then) ck_prefetch(s->then + t);
}

/* Reading has come to `at`: from where on more is asked for. Cheap where that is further on. */
CK_INLINE const char *ck_stream_ask(ck_stream *s, const char *at) {
    const char *next = s->next;
    for (; at >= next; next += s->pages * 64) {
        const size_t done = (size_t)(next - s->begin), window = s->pages * CK_STREAM_PAGE;
        ck_stream_lines(s, (done & -window) + s->lead
                               + ((done & (window - 1)) >> __builtin_ctzll(s->pages)));
    }
    return s->next = next;
}

/* Before rows row0 ..< row1 are read, `together` bytes of them at the same time. The first rows of a share
   are asked for at once. */
CK_INLINE ck_stream ck_stream_begin(const ck_matmul *m, size_t row0, size_t row1, size_t together) {
    const ck_reading r = m->reading;
    const char *first = (const char *)m->weights + row0 * m->row_bytes;
    ck_stream s = {.next = (const char *)UINTPTR_MAX};
    if (r.pages == 0) return s;
    s.pages = r.pages;
    s.begin = r.begin ? r.begin : first;
    s.size = r.begin ? (size_t)((const char *)r.end - s.begin) : (row1 - row0) * m->row_bytes;
    s.then = r.then ? (const char *)r.then - s.size : NULL;
    const size_t window = s.pages * CK_STREAM_PAGE, stride = s.pages * 64;
    const size_t done = (size_t)(first - s.begin);
    s.lead = (window > CK_STREAM_LEAST ? window : CK_STREAM_LEAST) + ((together + window - 1) & -window);
    s.next = first + (-done & (stride - 1));
    if (done == 0)
        for (size_t w = 0; w < s.lead; w += window)
            for (size_t t = 0; t < CK_STREAM_PAGE; t += 64) ck_stream_lines(&s, w + t);
    return s;
}

#endif
