/* mremap(2) takes a variable number of arguments, which Swift cannot give it. */
#if defined(__linux__)
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/mman.h>
#endif

#include "ckernels.h"

bool ck_take_place(void *from, void *to, size_t bytes) {
#if defined(__linux__)
    return mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to;
#else
    (void)from, (void)to, (void)bytes;
    return false;
#endif
}
