/* isa_avx2.c: the loops for x86-64-v3: AVX2, FMA, F16C. */
#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("arch=x86-64-v3")
#define ISA_TABLE nm__isa_avx2
#define ISA_NAME "avx2"
#include "cpu/isa_body.h"
#else
typedef int isa_avx2_is_empty; /* C wants a declaration in every file */
#endif
