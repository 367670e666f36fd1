/* isa_none.h: the place of a table of loops that was not built. */
#include "cpu/cpu.h"

const nm_isa *ISA_TABLE(void) { return NULL; }
