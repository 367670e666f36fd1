/* activation.c: activations: compositions, each a line or two. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(activation);
