/* search.c: where elements belong among sorted ones. */
#include "ops/order.h"

#include "autograd/node.h"
#include "ops/families.h"

#include <string.h>

/* ---- searchsorted, bucketize ---- */

/* x and the sorted elements in one dtype that holds both. */
static nm_tensor *widened(nm_op_call *c, nm_tensor **sorted, const nm_value_arg *x) {
  nm_context *ctx = c->ctx;
  nm_tensor *s = *sorted, *t = NULL;
  nm_dtype dtype = (nm_dtype)s->dtype;
  if (x->kind == NM_ARG_TENSOR) {
    dtype = nm__promote(dtype, (nm_dtype)x->as.tensor->dtype);
    t = nm__t_cast(ctx, x->as.tensor, dtype);
  } else {
    if (!nm__is_float(dtype)) dtype = x->kind == NM_ARG_FLOAT ? NM_FLOAT64 : NM_INT64;
    nm_value_arg full[5] = {nm__arg_ints(0, NULL), *x, nm__arg_str(nm__dtype_name((int)dtype)),
                            nm__arg_str(nm__device_of(s)->name), nm__arg_none()};
    t = nm__t(ctx, nm__known(ctx, NM_OP_full), full);
  }
  *sorted = nm__t_cast(ctx, s, dtype);
  return t;
}

/* Positions of x, in its shape, in the last dim of sorted: of one line, or of as many as x has. */
static nm_status search_results(nm_op_call *c, nm_tensor *sorted, const nm_value_arg *x, bool right,
                                bool narrow) {
  nm_context *ctx = c->ctx;
  int mark = nm__scope(ctx), last = sorted->ndim - 1;
  nm_tensor *t = widened(c, &sorted, x);
  if (!t || !sorted) return nm__result(c, mark, NULL);
  int64_t lines = 1, n = sorted->shape[last];
  for (int d = 0; d < last; d++) lines *= sorted->shape[d];
  int64_t m = last ? t->shape[last] : nm_numel(t);
  int64_t of_sorted[2] = {lines, n}, of_x[2] = {lines, m};
  nm_tensor *at = nm__t_search(ctx, nm__t_reshape(ctx, sorted, 2, of_sorted),
                               nm__t_reshape(ctx, t, 2, of_x), right);
  at = nm__t_positions(ctx, nm__t_reshape(ctx, at, t->ndim, t->shape));
  return nm__result(c, mark, narrow ? nm__t_cast(ctx, at, NM_INT32) : at);
}

static nm_status side_arg(const nm_op_call *c, bool *right) {
  const char *side = nm__given(c, 3) ? c->args[3].as.string : NULL;
  *right = nm__bool_arg(c, 2, false);
  if (!side) return NM_OK;
  if (strcmp(side, "left") != 0 && strcmp(side, "right") != 0)
    return nm__op_error(c, NM_EINVAL, "side is \"left\" or \"right\", not \"%s\"", side);
  if (*right && *side == 'l')
    return nm__op_error(c, NM_EINVAL, "side is \"left\" and right is true: give one of them");
  *right = *side == 'r';
  return NM_OK;
}

static nm_status searchsorted_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *sorted = nm__tensor_arg(c, 0), *x = nm__tensor_arg(c, 1),
            *order = nm__tensor_arg(c, 4);
  nm_device *dev;
  bool right;
  char one[NM_SHAPE_TEXT], two[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(side_arg(c, &right));
  bool fits = sorted->ndim == 1 || (x && sorted->ndim > 1 && x->ndim == sorted->ndim);
  for (int d = 0; fits && sorted->ndim > 1 && d < sorted->ndim - 1; d++)
    fits = sorted->shape[d] == x->shape[d];
  if (!fits)
    return nm__op_error(c, NM_EINVAL,
                        "shape %s of the sorted elements for %s: it has one dim, or the same "
                        "sizes but for the last",
                        nm__shape_text(sorted->ndim, sorted->shape, one),
                        x ? nm__shape_text(x->ndim, x->shape, two) : "a number");
  if (order && !nm__same_shape(order, sorted->ndim, sorted->shape))
    return nm__op_error(c, NM_EINVAL, "sorter has shape %s, what it sorts has %s",
                        nm__shape_text(order->ndim, order->shape, one),
                        nm__shape_text(sorted->ndim, sorted->shape, two));
  int mark = nm__scope(ctx);
  if (order) {
    int last = sorted->ndim - 1;
    order = nm__index_values(c, order, sorted->shape[last]);
    sorted = order ? nm__t_pick(ctx, sorted, last, order) : NULL;
    if (!sorted) return nm__result(c, mark, NULL);
  }
  nm_status s = search_results(c, sorted, &c->args[1], right, nm__bool_arg(c, 5, false));
  nm__unscope(ctx, mark, NULL);
  return s;
}

static nm_status bucketize_forward(nm_op_call *c) {
  nm_tensor *edges = nm__tensor_arg(c, 1);
  nm_device *dev;
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__same_device(c, &dev));
  if (edges->ndim != 1)
    return nm__op_error(c, NM_EINVAL, "boundaries have shape %s, they have one dim",
                        nm__shape_text(edges->ndim, edges->shape, text));
  return search_results(c, edges, &c->args[0], nm__bool_arg(c, 2, false),
                        nm__bool_arg(c, 3, false));
}

/* ---- isin ---- */

/* Between where an element would go in front of those like it and where behind, there are some. */
static nm_status isin_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0), *test = nm__tensor_arg(c, 1);
  nm_device *dev;
  NM_TRY(nm__same_device(c, &dev));
  if (!x && !test)
    return nm__op_error(c, NM_EINVAL, "one of elements and test_elements is a tensor");
  int mark = nm__scope(ctx);
  nm_dtype dtype = nm__result_type(ctx, 2, c->args);
  if (!x) x = nm__number_tensor(ctx, test, &c->args[0]);
  if (!test) test = nm__number_tensor(ctx, x, &c->args[1]);
  x = nm__t_cast(ctx, x, dtype);
  test = x ? nm__t_cast(ctx, test, dtype) : NULL;
  if (!test) return nm__result(c, mark, NULL);
  int64_t n = nm_numel(test), of_x[2] = {1, nm_numel(x)}, of_test[2] = {1, n};
  nm_tensor *flat = nm__t_reshape(ctx, x, 2, of_x), *sorted = NULL, *in = NULL;
  test = flat ? nm__t_reshape(ctx, test, 2, of_test) : NULL;
  if (test && nm__t_order(ctx, test, 1, false, n, &sorted, 0))
    in = nm__t2(ctx, NM_I_lt, nm__t_search(ctx, sorted, flat, false),
                nm__t_search(ctx, sorted, flat, true));
  in = nm__t2(ctx, NM_I_logical_and, in, nm__t2(ctx, NM_I_eq, flat, flat)); /* NaN is in nothing */
  if (nm__bool_arg(c, 3, false)) in = nm__t1(ctx, NM_I_logical_not, in);
  return nm__result(c, mark, in ? nm__t_reshape(ctx, in, x->ndim, x->shape) : NULL);
}

#define RIGHT                                                                                      \
  { "right", NM_P_BOOL, NM_OPTIONAL, "false" }
#define NARROW                                                                                     \
  { "out_int32", NM_P_BOOL, NM_NAMED, "false" }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "searchsorted",
   NM_PARAMS({"sorted_sequence", NM_P_TENSOR, 0, NULL}, {"values", NM_P_OPERAND, 0, NULL}, RIGHT,
             {"side", NM_P_STRING, NM_NAMED, NULL}, {"sorter", NM_P_TENSOR, NM_NAMED, NULL},
             NARROW),
   .doc = "where values belong in the sorted last dim: the first position whose element is not "
          "below the value, or with right = true (or side = \"right\") is above it; from "
          "1 to N + 1; sorter: the positions that sort the elements, where they aren't sorted",
   .shapes = "(N), (...) -> (...); (..., N), (..., M) -> (..., M)",
   .errors = "leading sizes that differ",
   .flags = NM_ANYWHERE | NM_OUT, .forward = searchsorted_forward, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.searchsorted(nm.tensor{1, 3, 5}, nm.tensor{3, 4})"},
  {.name = "bucketize",
   NM_PARAMS({"input", NM_P_OPERAND, 0, NULL}, {"boundaries", NM_P_TENSOR, 0, NULL}, RIGHT, NARROW),
   .doc = "the number of the bucket of each element: the first position whose boundary is not "
          "below it, or with right = true is above it; from 1 to N + 1",
   .shapes = "(...), (N) -> (...)", .errors = "boundaries of other than one dim",
   .flags = NM_ANYWHERE | NM_OUT, .forward = bucketize_forward, .dtypes = "fi",
   .lo = -3, .hi = 3, .example = "nm.bucketize(nm.tensor{3, 4}, nm.tensor{1, 3, 5})"},
  {.name = "isin",
   NM_PARAMS({"elements", NM_P_OPERAND, 0, NULL}, {"test_elements", NM_P_OPERAND, 0, NULL},
             {"assume_unique", NM_P_BOOL, NM_NAMED, "false"},
             {"invert", NM_P_BOOL, NM_NAMED, "false"}),
   .doc = "true where an element is among test_elements; with invert = true where it is not",
   .shapes = "(...), (...) -> (...)", .errors = "two numbers",
   .flags = NM_ANYWHERE, .forward = isin_forward, .dtypes = "fib",
   .lo = -3, .hi = 3, .example = "nm.isin(nm.tensor{1, 2, 3}, nm.tensor{3, 1})"},
};
/* clang-format on */
NM_FAMILY(search);
