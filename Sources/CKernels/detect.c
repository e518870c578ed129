#include "isa.h"

#if CK_X86 && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

/* The registers of tiles are saved for a process only once it has asked (arch_prctl,
   ARCH_REQ_XCOMP_PERM of XFEATURE_XTILE_DATA; Linux 5.16). Asking again changes nothing. */
static bool tiles_permitted(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }
#else
static inline bool tiles_permitted(void) { return false; }
#endif

bool ck_isa_available(ck_isa isa) {
    switch (isa) {
    case CK_SCALAR:
        return true;
#if CK_X86
    case CK_AVX2:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
    case CK_AVX512:
        __builtin_cpu_init();
        return ck_isa_available(CK_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
    case CK_ZEN4:
        __builtin_cpu_init();
        return ck_isa_available(CK_AVX512) && __builtin_cpu_is("amd");
    case CK_AMX:
        __builtin_cpu_init();
        return ck_isa_available(CK_AVX512) && __builtin_cpu_supports("avx512bf16") &&
               __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
               tiles_permitted();
#endif
#if CK_ARM
    case CK_NEON:
        return true;
#endif
    default:
        return false;
    }
}

ck_isa ck_isa_best(void) {
    static const ck_isa order[] = {CK_AMX, CK_ZEN4, CK_AVX512, CK_AVX2, CK_NEON};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (ck_isa_available(order[i])) return order[i];
    return CK_SCALAR;
}

size_t ck_isa_pages(ck_isa isa) { return isa == CK_AVX512 || isa == CK_AMX ? 8 : 1; }

const char *ck_isa_name(ck_isa isa) {
    static const char *const names[CK_ISA_COUNT] = {"scalar", "avx2", "avx512", "neon",
                                                     "amx",    "zen4"};
    return (unsigned)isa < CK_ISA_COUNT ? names[isa] : "unknown";
}
