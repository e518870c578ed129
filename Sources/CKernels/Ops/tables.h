#ifndef CK_TABLES_H
#define CK_TABLES_H

#include "ckernels.h"

extern const ck_ops ck_ops_scalar, ck_ops_avx2, ck_ops_avx512, ck_ops_amx, ck_ops_neon;

#endif
