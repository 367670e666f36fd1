/* index.c: the hosts of gather and scatter.
 *
 * What a scatter writes more than once into one place must take effect in order.  Where there are
 * many lines along the dim, an invocation walks each.  Few long lines are sorted by their index
 * first, stably, so that what meets in one place stands in a row, in order; an invocation walks
 * each row, and all places are written at once. */
#include <string.h>

#include "vulkan/launch.h"

static const uint32_t all_dims = (1u << NM_MAX_DIMS) - 1;

static int64_t count(const nm_view *v) {
  int64_t n = 1;
  for (int d = 0; d < v->ndim; d++) n *= v->shape[d];
  return n;
}

/* ---- gather ---- */

/* shaders/gather.comp: ORDER Push */
typedef struct gather_push {
  uint64_t x, index, y, x_of, index_of;
  uint32_t stride, x_at, index_at, y_at, first, end;
} gather_push;

nm_status vulkan_gather(nm_device *dev, const nm_view *x, int dim, const nm_view *index,
                        const nm_view *y, bool *inside) {
  (void)inside; /* there is no place */
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  int64_t n = count(index);
  if (!n) return NM_OK;
  kernel_launch l = {.d = d};
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, kernel_last(index)));
  NM_TRY(kernel_check_size(d, n));
  kernel_touch_view(&l, x, false);
  kernel_touch_view(&l, index, false);
  kernel_touch_view(&l, y, true);
  int64_t other[NM_MAX_DIMS]; /* x's strides over index's shape, the dim left to the index */
  for (int i = 0; i < index->ndim; i++) other[i] = i == dim ? 0 : x->stride[i];
  kernel_dims x_of, index_of;
  kernel_dims_of(&x_of, index->ndim, index->shape, other, all_dims);
  kernel_dims_of(&index_of, index->ndim, index->shape, index->stride, all_dims);
  const uint32_t spec[] = {(uint32_t)nm__dtype_size(x->dtype), x_of.n, index_of.n};
  NM_TRY(vulkan_kernel(d, NM_SHADER_gather, 3, spec, &l.pipeline));
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype),
               py = kernel_place_of(kernel_addr(y), y->dtype);
  gather_push p = {.x = px.words,
                   .index = kernel_addr(index),
                   .y = py.words,
                   .x_at = px.at,
                   .y_at = py.at,
                   .stride = (uint32_t)(index->ndim ? x->stride[dim] : 0)};
  kernel_use_dims(&l, &x_of, &p.x_of);
  kernel_use_dims(&l, &index_of, &p.index_of);
  return kernel_dispatch_over(&l, &p, sizeof p, &p.first, &p.end, n, 128, 32);
}

/* ---- scatter ---- */

typedef struct scatter_call {
  nm_vulkan *d;
  const nm_view *y, *index, *src;
  nm_scatter_mode mode;
  kernel_dims y_of, src_of; /* over the lines: the index's shape without the dim */
  uint32_t lines_of;        /* the dims of the lines, as a mask */
  int64_t lines, length;
  uint32_t y_stride, index_stride, src_stride; /* along the dim */
} scatter_call;

/* shaders/scatter.comp: ORDER Push */
typedef struct scatter_push {
  uint64_t y, index, src, y_of, index_of, src_of;
  uint32_t lines, y_stride, index_stride, src_stride, y_at, index_at, src_at, first, end;
} scatter_push;

static nm_status scatter_lines(scatter_call *c) {
  static const nm_shader shaders[] = {[NM_F32] = NM_SHADER_scatter_f32,
                                      [NM_F64] = NM_SHADER_scatter_f64,
                                      [NM_I32] = NM_SHADER_scatter_i32,
                                      [NM_I64] = NM_SHADER_scatter_i64};
  nm_vulkan *d = c->d;
  kernel_launch l = {.d = d};
  kernel_touch_view(&l, c->y, true);
  kernel_touch_view(&l, c->index, false);
  kernel_touch_view(&l, c->src, false);
  kernel_dims index_of;
  kernel_dims_of(&index_of, c->index->ndim, c->index->shape, c->index->stride, c->lines_of);
  const uint32_t spec[] = {c->y->dtype, c->mode, c->y_of.n, index_of.n, c->src_of.n};
  NM_TRY(vulkan_kernel(d, shaders[nm__dtype_class(c->y->dtype)], 5, spec, &l.pipeline));
  kernel_place py = kernel_place_of(kernel_addr(c->y), c->y->dtype),
               ps = kernel_place_of(kernel_addr(c->src), c->src->dtype);
  scatter_push p = {.y = py.words,
                    .index = kernel_addr(c->index),
                    .src = ps.words,
                    .lines = (uint32_t)c->lines,
                    .y_stride = c->y_stride,
                    .index_stride = c->index_stride,
                    .src_stride = c->src_stride,
                    .y_at = py.at,
                    .src_at = ps.at};
  kernel_use_dims(&l, &c->y_of, &p.y_of);
  kernel_use_dims(&l, &index_of, &p.index_of);
  kernel_use_dims(&l, &c->src_of, &p.src_of);
  /* A line is walked by one invocation, so few lines take as long as many; parts of lines follow in
   * order. */
  const uint64_t each = (uint64_t)(c->lines > 1024 ? c->lines : 1024) * 32;
  int64_t most = (int64_t)(d->stream.cost_cap / each) + 1;
  for (int64_t j = 0; j < c->length; j += most) {
    p.first = (uint32_t)j;
    p.end = (uint32_t)kernel_min(c->length, j + most);
    l.ordered = false;
    NM_TRY(kernel_dispatch(&l, &p, sizeof p, kernel_grid((uint64_t)c->lines, 64), 1, 1,
                           (p.end - p.first) * each));
  }
  return NM_OK;
}

/* shaders/scatter_sorted.comp: ORDER Push */
typedef struct sorted_push {
  uint64_t y, key, from, src, y_of, key_of, src_of;
  uint32_t lines, count, y_stride, src_stride, y_at, src_at, first, end;
} sorted_push;

/* key (places in y, sorted) and from (places in src) have `key_of` of the lines. */
static nm_status scatter_sorted(scatter_call *c, const nm_view *key, const nm_view *from,
                                const kernel_dims *key_of) {
  static const nm_shader shaders[] = {[NM_F32] = NM_SHADER_scatter_sorted_f32,
                                      [NM_F64] = NM_SHADER_scatter_sorted_f64,
                                      [NM_I32] = NM_SHADER_scatter_sorted_i32,
                                      [NM_I64] = NM_SHADER_scatter_sorted_i64};
  nm_vulkan *d = c->d;
  kernel_launch l = {.d = d};
  kernel_touch_view(&l, c->y, true);
  kernel_touch_view(&l, key, false);
  kernel_touch_view(&l, from, false);
  kernel_touch_view(&l, c->src, false);
  const uint32_t spec[] = {c->y->dtype, c->mode, c->y_of.n, key_of->n, c->src_of.n};
  NM_TRY(vulkan_kernel(d, shaders[nm__dtype_class(c->y->dtype)], 5, spec, &l.pipeline));
  kernel_place py = kernel_place_of(kernel_addr(c->y), c->y->dtype),
               ps = kernel_place_of(kernel_addr(c->src), c->src->dtype);
  sorted_push p = {.y = py.words,
                   .key = kernel_addr(key),
                   .from = kernel_addr(from),
                   .src = ps.words,
                   .lines = (uint32_t)c->lines,
                   .count = (uint32_t)c->length,
                   .y_stride = c->y_stride,
                   .src_stride = c->src_stride,
                   .y_at = py.at,
                   .src_at = ps.at};
  kernel_use_dims(&l, &c->y_of, &p.y_of);
  kernel_use_dims(&l, key_of, &p.key_of);
  kernel_use_dims(&l, &c->src_of, &p.src_of);
  return kernel_dispatch_over(&l, &p, sizeof p, &p.first, &p.end, c->lines * c->length, 128, 64);
}

/* Sorts the index along the dim; once for lines that share it (its strides there are 0). */
static nm_status sort_and_scatter(scatter_call *c, int dim) {
  nm_device *dev = &c->d->base;
  nm_view lines = *c->index, key = {.dtype = NM_INT64, .ndim = 2}, from;
  int64_t stride[NM_MAX_DIMS] = {0}, sorted = 1; /* of a line among the sorted ones */
  lines.ndim = 0;
  for (int i = c->index->ndim - 1; i >= 0; i--) {
    if (i == dim || c->index->stride[i] == 0) continue;
    stride[i] = sorted * c->length;
    sorted *= c->index->shape[i];
  }
  for (int i = 0; i < c->index->ndim; i++) {
    if (i == dim || c->index->stride[i] == 0) continue;
    lines.shape[lines.ndim] = c->index->shape[i];
    lines.stride[lines.ndim++] = c->index->stride[i];
  }
  lines.shape[lines.ndim] = c->length;
  lines.stride[lines.ndim++] = c->index->stride[dim];
  kernel_dims key_of;
  kernel_dims_of(&key_of, c->index->ndim, c->index->shape, stride, c->lines_of);
  key.shape[0] = sorted, key.shape[1] = c->length;
  key.stride[0] = c->length, key.stride[1] = 1;
  from = key;
  size_t bytes = (size_t)(sorted * c->length) * 8;
  nm_mem one, two;
  NM_TRY(dev->cls->alloc(dev, bytes, &one));
  nm_status s = dev->cls->alloc(dev, bytes, &two);
  if (s == NM_OK) {
    key.mem = &one, from.mem = &two;
    s = vulkan_sort(dev, &lines, false, c->length, &key, &from, 0);
    if (s == NM_OK) s = scatter_sorted(c, &key, &from, &key_of);
    dev->cls->release(dev, &two);
  }
  dev->cls->release(dev, &one);
  return s;
}

nm_status vulkan_scatter(nm_device *dev, const nm_view *y, int dim, const nm_view *index,
                         const nm_view *src, nm_scatter_mode mode) {
  enum { FEW_LINES = 2048, LONG = 256 };
  scatter_call c = {.d = vulkan_of(dev), .y = y, .index = index, .src = src, .mode = mode};
  NM_TRY(vulkan_usable(c.d));
  int64_t n = count(index);
  if (!n) return NM_OK;
  NM_TRY(kernel_check_size(c.d, kernel_last(y)));
  NM_TRY(kernel_check_size(c.d, kernel_last(index)));
  NM_TRY(kernel_check_size(c.d, n));
  c.lines_of = index->ndim ? all_dims & ~(1u << dim) : 0;
  kernel_dims_of(&c.y_of, index->ndim, index->shape, y->stride, c.lines_of);
  kernel_dims_of(&c.src_of, index->ndim, index->shape, src->stride, c.lines_of);
  c.length = index->ndim ? index->shape[dim] : 1;
  c.lines = n / c.length;
  if (index->ndim) {
    c.y_stride = (uint32_t)y->stride[dim];
    c.index_stride = (uint32_t)index->stride[dim];
    c.src_stride = (uint32_t)src->stride[dim];
  }
  if (c.lines < FEW_LINES && c.length > LONG) return sort_and_scatter(&c, dim);
  return scatter_lines(&c);
}
