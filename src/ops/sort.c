/* sort.c: order: sort, topk, and what follows from them. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(sort);
