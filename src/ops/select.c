/* select.c: elements chosen by positions or masks, and written there. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(select);
