/* isa_baseline.c: the loops for whatever every processor of this architecture has. */
#define ISA_TABLE nm__isa_baseline
#define ISA_NAME "sse2"
#include "cpu/isa_body.h"
