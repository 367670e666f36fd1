/* isa_avx512.c: the loops for x86-64-v4: AVX-512 F, BW, CD, DQ, VL. */
#if defined(__x86_64__) && defined(__GNUC__)
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define ISA_TABLE nm__isa_avx512
#define ISA_NAME "avx512"
#include "cpu/isa_body.h"
#else
typedef int isa_avx512_is_empty; /* C wants a declaration in every file */
#endif
