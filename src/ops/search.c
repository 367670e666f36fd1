/* search.c: positions in sorted values: searchsorted, bucketize; histograms. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(search);
