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
/* The parameters that ops with positions along a dim begin with. */
#define NM_ALONG                                                                                   \
  {"input", NM_P_TENSOR, 0, NULL}, {"dim", NM_P_DIM, 0, NULL}, { "index", NM_P_TENSOR, 0, NULL }
/* clang-format off */
#define NM_FAMILIES(X)                                                                            \
  X(create) X(shape) X(part) X(split) X(copy) X(join) X(arrange) X(compose) X(activation) X(loss) \
  X(reduce) X(statistics) X(scan) X(sort) X(quantile) X(search) X(unique) X(histogram) X(matmul)  \
  X(product) X(algebra) X(einsum) X(factor) X(spectral) X(equations) X(linalg) X(norms) X(rows)   \
  X(pick) X(gather) X(normalize) X(select) X(mask) X(conv) X(pool) X(fold) X(resample) X(grid)    \
  X(draw)
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
/* min where x <= min, max where x >= max: on the bounds the gradient is 0. */
nm_tensor *nm__t_between(nm_context *ctx, nm_tensor *x, double min, double max);
/* t itself if it is contiguous, else a row-major copy; a temporary. */
nm_tensor *nm__contiguous(nm_context *ctx, nm_tensor *t);
/* Checks that an index tensor is int64 or int32 with all values inside a dim of n, and gives it as
 * int64 counted from 0; a temporary, NULL on failure. */
nm_tensor *nm__index_values(nm_op_call *c, nm_tensor *index, int64_t n);
/* gather and scatter with positions from nm__index_values: `at` has x's dims; x[.., at, ..], and x
 * with src (of at's shape) there. */
nm_tensor *nm__t_pick(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at);
nm_tensor *nm__t_put(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at, nm_tensor *src,
                     nm_scatter_mode mode);
/* gather by an index as it was given; where nobody needs its positions later, it is checked by the
 * pass that reads it.  A temporary, NULL on failure. */
nm_tensor *nm__pick_given(nm_op_call *c, nm_tensor *x, int dim, nm_tensor *index);
nm_status nm__put_inplace(nm_context *ctx, nm_tensor *x, int dim, nm_tensor *at, nm_tensor *src,
                          nm_scatter_mode mode);
/* Refuses a t (which may be NULL) of another dtype than x's. */
nm_status nm__same_dtype(const nm_op_call *c, const char *name, const nm_tensor *t,
                         const nm_tensor *x);
/* Where the elements of t are not zero: positions in its row-major order, from 0; a temporary. */
nm_tensor *nm__nonzero(nm_context *ctx, nm_tensor *t);
/* The elements of x where a bool mask is true, both broadcast to s, as one row; a temporary. */
nm_tensor *nm__masked(nm_context *ctx, nm_tensor *x, nm_tensor *mask, const nm_dims *s);
/* t[ix] = value, or += value and so on, as a part of another op. */
nm_status nm__index_put(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix,
                        const nm_value_arg *value, nm_scatter_mode mode);
/* 0, 1, ..., n - 1 in int64; it takes no memory. */
nm_tensor *nm__t_counting(nm_context *ctx, nm_device *dev, int64_t n);
/* A number as a 0-d tensor of the dtype and device of another. */
nm_tensor *nm__number_tensor(nm_context *ctx, nm_tensor *like, const nm_value_arg *number);

#endif
