/* unique.c: the distinct values, with their counts and places. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(unique);
