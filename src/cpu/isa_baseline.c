/* isa_baseline.c: the loops for whatever every processor of this architecture has. */
#define ISA_TABLE nm__isa_baseline
#if defined(__x86_64__)
#define ISA_NAME "sse2"
#elif defined(__aarch64__)
#define ISA_NAME "neon"
#else
#define ISA_NAME "baseline"
#endif
#include "cpu/isa_body.h"
