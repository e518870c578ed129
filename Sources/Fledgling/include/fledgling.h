#ifndef APUS_FLEDGLING_H
#define APUS_FLEDGLING_H

#include <stddef.h>

/// Start of the model file in the executable, aligned to 64 bytes; NULL when it was built without.
const void *fledgling_bytes(void);

/// Bytes of the model file; 0 when the executable was built without it.
size_t fledgling_length(void);

#endif
