/* statistics.c: statistics of the elements: norms, NaN-skipping sums, medians, quantiles, counts. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(statistics);
