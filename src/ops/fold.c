/* fold.c: blocks of images as columns, and images as sums of blocks. */
#include "fuse/fuse.h"
#include "ops/window.h"

/* Parameters from `first` on: kernel_size, dilation, padding, stride. */
static nm_status read_blocks(const nm_op_call *c, int first, nm_windows *w) {
  const nm_tensor *x = nm__tensor_arg(c, 0);
  char text[NM_SHAPE_TEXT];
  NM_TRY(nm__each_arg(c, first, 2, 0, 1, w->size));
  NM_TRY(nm__each_arg(c, first + 1, 2, 1, 1, w->dilation));
  NM_TRY(nm__each_arg(c, first + 2, 2, 0, 0, w->pad));
  NM_TRY(nm__each_arg(c, first + 3, 2, 1, 1, w->step));
  for (int d = 0; d < 2; d++) {
    int64_t room = w->in[d] + 2 * w->pad[d] - w->dilation[d] * (w->size[d] - 1) - 1;
    w->out[d] = room < 0 ? 0 : room / w->step[d] + 1;
    if (w->out[d] < 1)
      return nm__op_error(c, NM_EINVAL,
                          "the kernel reaches beyond an image of %lld x %lld with its "
                          "padding (input has shape %s)",
                          (long long)w->in[0], (long long)w->in[1],
                          nm__shape_text(x->ndim, x->shape, text));
  }
  return NM_OK;
}

/* Where the elements of the blocks are in the padded image: (B, K * O), and its size. */
static nm_tensor *block_places(nm_context *ctx, nm_device *dev, const nm_windows *w,
                               int64_t *height, int64_t *width) {
  nm_tensor *at = NULL;
  int64_t shape[2] = {1, 1}, size[2];
  for (int d = 0; d < 2; d++) {
    size[d] = w->in[d] + 2 * w->pad[d];
    shape[1] *= w->size[d] * w->out[d];
  }
  for (int d = 0; d < 2; d++) {
    nm_tensor *k =
        nm__whole(ctx, NM_I_mul, nm__counting_along(ctx, dev, 4, d, w->size[d]), w->dilation[d]);
    nm_tensor *o =
        nm__whole(ctx, NM_I_mul, nm__counting_along(ctx, dev, 4, 2 + d, w->out[d]), w->step[d]);
    k = nm__whole(ctx, NM_I_mul, nm__t2(ctx, NM_I_add, k, o), d ? 1 : size[1]);
    at = d ? nm__t2(ctx, NM_I_add, at, k) : k;
  }
  *height = size[0], *width = size[1];
  at = nm__t_reshape(ctx, at, 2, shape);
  shape[0] = w->batch;
  return nm__t_expand(ctx, at, 2, shape);
}

static nm_status unfold_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_windows w = {0}, all;
  int64_t h, width, shape[3];
  char text[NM_SHAPE_TEXT];
  if ((x->ndim != 3 && x->ndim != 4) || !nm__count(3, x->shape + x->ndim - 3))
    return nm__op_error(c, NM_EINVAL, "input of shape %s must be (N, C, H, W) or (C, H, W)",
                        nm__shape_text(x->ndim, x->shape, text));
  int lead = x->ndim - 2;
  w.dims = 2, w.batch = 1;
  for (int d = 0; d < lead; d++) w.batch *= x->shape[d];
  w.in[0] = x->shape[lead], w.in[1] = x->shape[lead + 1];
  NM_TRY(read_blocks(c, 1, &w));
  int mark = nm__scope(ctx);
  nm_tensor *at = block_places(ctx, nm__device_of(x), &w, &h, &width);
  all = w; /* the whole padded image, as one window of its size */
  for (int d = 0; d < 2; d++) all.out[d] = all.dilation[d] = all.step[d] = 1;
  all.size[0] = h, all.size[1] = width;
  int64_t flat[2] = {w.batch, h * width};
  x = nm__surrounded(ctx, nm__flattened(ctx, x, &w, w.in), &all, 0);
  nm_tensor *y = nm__t_pick(ctx, nm__t_reshape(ctx, x, 2, flat), 1, at);
  const int64_t *lead_size = nm__tensor_arg(c, 0)->shape;
  for (int d = 0; d < lead; d++) shape[d] = lead_size[d];
  shape[lead - 1] *= w.size[0] * w.size[1];
  shape[lead] = w.out[0] * w.out[1];
  return nm__result(c, mark, nm__t_reshape(ctx, y, lead + 1, shape));
}

static nm_status fold_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  nm_tensor *x = nm__tensor_arg(c, 0);
  nm_windows w = {.dims = 2};
  int64_t h, width, shape[4];
  char text[NM_SHAPE_TEXT];
  nm__shape_text(x->ndim, x->shape, text);
  if ((x->ndim != 2 && x->ndim != 3) || !nm__count(2, x->shape + x->ndim - 2))
    return nm__op_error(c, NM_EINVAL, "input of shape %s must be (N, C * K, L) or (C * K, L)",
                        text);
  int lead = x->ndim - 1;
  NM_TRY(nm__each_arg(c, 1, 2, 0, 1, w.in));
  NM_TRY(read_blocks(c, 2, &w));
  int64_t taps = w.size[0] * w.size[1], places = w.out[0] * w.out[1];
  if (x->shape[lead - 1] % taps || x->shape[lead] != places)
    return nm__op_error(c, NM_EINVAL,
                        "input of shape %s: for these sizes it must be (N, C * %lld, %lld)", text,
                        (long long)taps, (long long)places);
  w.batch = nm_numel(x) / (taps * places);
  int mark = nm__scope(ctx);
  nm_tensor *at = block_places(ctx, nm__device_of(x), &w, &h, &width);
  int64_t flat[2] = {w.batch, h * width}, blocks[2] = {w.batch, taps * places};
  int64_t image[3] = {w.batch, h, width}, start[3] = {0, w.pad[0], w.pad[1]}, one[3] = {1, 1, 1},
          inner[3] = {w.batch, w.in[0], w.in[1]};
  nm_tensor *zeros = nm__t_full(ctx, nm__device_of(x), (nm_dtype)x->dtype, 2, flat, 0);
  nm_tensor *y = nm__t_put(ctx, zeros, 1, at, nm__t_reshape(ctx, x, 2, blocks), NM_SCATTER_ADD);
  y = nm__t_slice(ctx, nm__t_reshape(ctx, y, 3, image), start, one, inner);
  for (int d = 0; d < lead; d++) shape[d] = x->shape[d];
  shape[lead - 1] /= taps;
  shape[lead] = w.in[0], shape[lead + 1] = w.in[1];
  return nm__result(c, mark, nm__t_reshape(ctx, y, lead + 2, shape));
}

#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
#define EACH(name, standard)                                                                       \
  { name, NM_P_EACH, NM_OPTIONAL, standard }
#define SIZE(name)                                                                                 \
  { name, NM_P_EACH, 0, NULL }
#define EVERYWHERE (NM_FUNCTION | NM_OUT | NM_COMPOSED)
/* clang-format off */
#define BLOCKS SIZE("kernel_size"), EACH("dilation", "1"), EACH("padding", "0"), EACH("stride", "1")
static const nm_op ops[] = {
  {.name = "nn.functional.unfold", NM_PARAMS(X, BLOCKS),
   .doc = "the blocks of kernel_size of images, each as a column",
   .shapes = "(N, C, H, W) -> (N, C * K1 * K2, L), L blocks; or without N",
   .errors = "a kernel that reaches beyond the padded image",
   .flags = EVERYWHERE, .forward = unfold_forward, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.nn.functional.unfold(nm.arange(9.0):reshape(1, 1, 3, 3), 2)"},
  {.name = "nn.functional.fold", NM_PARAMS(X, SIZE("output_size"), BLOCKS),
   .doc = "images of output_size, each element the sum of what the blocks have for it: the gradient "
          "of unfold as an op",
   .shapes = "(N, C * K1 * K2, L) -> (N, C, H, W); or without N",
   .errors = "a number of rows or blocks that the sizes do not give",
   .flags = EVERYWHERE, .forward = fold_forward, .dtypes = "f", .lo = -3, .hi = 3,
   .example = "nm.nn.functional.fold(nm.ones(1, 4, 4), {3, 3}, 2)"},
};
/* clang-format on */
NM_FAMILY(fold);
