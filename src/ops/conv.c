/* conv.c: convolutions and their transposes, 1-d to 3-d. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(conv);
