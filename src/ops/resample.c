/* resample.c: interpolation, grid_sample, padding. */
#include "ops/families.h"

/* clang-format off */
static const nm_op ops[] = {
};
/* clang-format on */
NM_FAMILY(resample);
