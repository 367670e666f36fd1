/* arrange.c: the elements in another arrangement: flip, roll, tile, triangles, diagonals. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(arrange);
