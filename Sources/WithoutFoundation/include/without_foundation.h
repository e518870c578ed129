/* Nothing to call: see without_foundation.c. */
