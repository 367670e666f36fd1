/* isa_avx512.c: the loops for x86-64-v4: AVX-512 F, BW, CD, DQ, VL.  GCC is told here; for another
 * compiler build this file with -march=x86-64-v4, or there is no such table. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#endif
#define ISA_TABLE nm__isa_avx512
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define ISA_NAME "avx512"
#include "cpu/isa_body.h"
#else
#include "cpu/isa_none.h"
#endif
