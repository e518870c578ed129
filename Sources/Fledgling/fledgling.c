#include "fledgling.h"

// The file is data of the executable: nothing to install, and its pages are read on demand.
// Builds notice when the file changes or goes, but not when it comes: touch this file then.
#pragma clang diagnostic ignored "-Wc23-extensions"

#if __has_embed("fledgling.gguf") == __STDC_EMBED_FOUND__

// Tensor data is aligned within the file, so the file itself must be too.
_Alignas(64) static const unsigned char bytes[] = {
#embed "fledgling.gguf"
};

const void *fledgling_bytes(void) { return bytes; }
size_t fledgling_length(void) { return sizeof bytes; }

#else

const void *fledgling_bytes(void) { return NULL; }
size_t fledgling_length(void) { return 0; }

#endif
