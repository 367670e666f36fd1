/* isa_pool.h: the inner loops of pooling, see pool_body.h. */
#define CLASS f32
#define T float
#include "cpu/pool_body.h"
#define CLASS f64
#define T double
#include "cpu/pool_body.h"
