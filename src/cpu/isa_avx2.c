/* isa_avx2.c: the loops for x86-64-v3: AVX2, FMA, F16C.  GCC is told here; for another compiler
 * build this file with -march=x86-64-v3, or there is no such table. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("arch=x86-64-v3")
#endif
#define ISA_TABLE nm__isa_avx2
#if defined(__AVX2__) && defined(__FMA__)
#define ISA_NAME "avx2"
#include "cpu/isa_body.h"
#else
#include "cpu/isa_none.h"
#endif
