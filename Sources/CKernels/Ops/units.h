/* The functions of gated units, of vectors of CK_LANES floats. */
#include "../vectors.h"

CK_TARGET CK_INLINE vf gelu_of(vf x) {
    /* (1 + tanh(z)) / 2 is 1 / (1 + exp(-2 z)). */
    const vf z = x * fma_(x * x, splat(0.044715f * 1.59576912f), splat(1.59576912f));
    return x / (splat(1) + exp_of(-z));
}

CK_TARGET CK_INLINE vf silu_of(vf x) { return x / (splat(1) + exp_of(-x)); }
