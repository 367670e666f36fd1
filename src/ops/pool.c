/* pool.c: pooling and unfolding: windows over the spatial dims. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(pool);
