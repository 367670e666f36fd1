/* families.h: inside ops/: the tables of the registry, one per family, and what families share. */
#ifndef NM_FAMILIES_H
#define NM_FAMILIES_H

#include "autograd/node.h"
#include "ops/args.h"

extern const nm_op nm__elementwise_ops[NM_NOPCODES]; /* by opcode; SPECIAL rows are no ops */
nm_status nm__elementwise_forward(nm_op_call *c);

typedef struct nm_family {
  const nm_op *op;
  int n;
} nm_family;
/* NM_FAMILY(x) ends x.c: its static table `ops` becomes nm__family_x. */
#define NM_FAMILY(x) const nm_family nm__family_##x = {ops, (int)(sizeof ops / sizeof *ops)}
#define NM_PARAMS(...)                                                                             \
  .params = (const nm_param[]){__VA_ARGS__},                                                       \
  .nparams = (uint8_t)(sizeof((const nm_param[]){__VA_ARGS__}) / sizeof(nm_param))
/* clang-format off */
#define NM_FAMILIES(X)                                                                            \
  X(create) X(shape) X(part) X(split) X(copy) X(join) X(arrange) X(compose) X(activation)          \
  X(reduce) X(statistics) X(scan) X(sort) X(search) X(unique) X(product) X(algebra) X(linalg)      \
  X(rows) X(gather) X(select) X(conv) X(pool) X(resample) X(draw)
/* clang-format on */
#define X(name) extern const nm_family nm__family_##name;
NM_FAMILIES(X)
#undef X

/* Ends a derivative: notes a failure (then g is NULL). */
static inline nm_tensor *nm__gradient(nm_grad_call *b, nm_tensor *g) {
  if (!g) b->status = b->ctx->status;
  return g;
}
/* The gradient of an op whose result has the elements of its input (the walk sums what it repeats).
 */
nm_tensor *nm__same_backward(nm_grad_call *b, int i);
/* A view of t on the tape of no one. */
nm_status nm__view_result(nm_op_call *c, nm_tensor *t, int ndim, const int64_t *shape,
                          const int64_t *stride, int64_t offset);
/* t itself if it is contiguous, else a row-major copy; a temporary. */
nm_tensor *nm__contiguous(nm_context *ctx, nm_tensor *t);
/* Checks that an index tensor is int64 or int32 with all values inside a dim of n, and gives it as
 * int64 counted from 0; a temporary, NULL on failure. */
nm_tensor *nm__index_values(nm_op_call *c, nm_tensor *index, int64_t n);

#endif
