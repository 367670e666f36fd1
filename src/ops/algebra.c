/* algebra.c: products written in others: einsum, tensordot, kron, cdist, cross. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(algebra);
