/* scan.c: running sums, products and extremes along a dim. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(scan);
