/* linalg.c: nm.linalg: factorizations, through LAPACKE on the host. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(linalg);
