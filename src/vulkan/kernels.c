/* kernels.c: the hosts of matmul and softmax. */
#include <string.h>

#include "vulkan/launch.h"

static const uint32_t all_dims = (1u << NM_MAX_DIMS) - 1;

static int64_t count(const nm_view *v) {
  int64_t n = 1;
  for (int d = 0; d < v->ndim; d++) n *= v->shape[d];
  return n;
}

/* ---- matmul ---- */

/* shaders/matmul.comp: ORDER Push */
typedef struct matmul_push {
  uint64_t a, x, y;
  uint32_t m, n, k, a_b, a_m, a_k, x_b, x_k, x_n, a_at, x_at, y_at, first_tile, first_batch, add;
} matmul_push;

/* Of K in a dispatch: so that it doesn't take long, and because Mesa's software driver leaves an
 * invocation's loops after 65535 turns, without a word. */
enum { K_PIECE = 16384 };

typedef struct tiling { /* outputs of an invocation down and across; tiles of the product */
  uint32_t rows, columns;
  int64_t down, across;
} tiling;

/* Large tiles use what they read more often; but there should be some for every part of a GPU. */
static tiling tile(const nm_vulkan *d, int64_t batches, int64_t m, int64_t n, nm_dtype dtype) {
  const uint32_t most = nm__dtype_size(dtype) == 8 ? 4 : 8; /* what 32 KiB of shared memory hold */
  const bool few = d->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  tiling t = {kernel_power((m + 15) / 16, most), kernel_power((n + 15) / 16, most), 0, 0};
  for (;;) {
    t.down = (m + 16 * t.rows - 1) / (16 * t.rows);
    t.across = (n + 16 * t.columns - 1) / (16 * t.columns);
    if (few || t.rows * t.columns <= 4 || batches * t.down * t.across >= 256) return t;
    if (t.rows >= t.columns)
      t.rows /= 2;
    else
      t.columns /= 2;
  }
}

/* One dispatch, unless it would take long or be too many groups: then some tiles' rows, or
 * matrices. */
static nm_status matmul_piece(kernel_launch *l, matmul_push *p, const tiling *t, int64_t batches) {
  uint64_t row = (uint64_t)t->across * t->rows * t->columns * 256 * (uint64_t)(p->k + 1);
  uint64_t most = l->d->stream.cost_cap / row + 1;
  int64_t tiles = kernel_min(t->down, kernel_min((int64_t)most, 65535));
  int64_t matrices = kernel_min(batches, kernel_min(1 + (int64_t)most / tiles, 65535));
  for (int64_t b = 0; b < batches; b += matrices) {
    for (int64_t i = 0; i < t->down; i += tiles) {
      int64_t nb = kernel_min(matrices, batches - b), ni = kernel_min(tiles, t->down - i);
      p->first_batch = (uint32_t)b;
      p->first_tile = (uint32_t)i;
      NM_TRY(kernel_dispatch(l, p, sizeof *p, (uint32_t)t->across, (uint32_t)ni, (uint32_t)nb,
                             (uint64_t)(nb * ni) * row));
    }
  }
  return NM_OK;
}

nm_status vulkan_matmul(nm_device *dev, const nm_view *a, const nm_view *x, const nm_view *y) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  const int64_t batches = y->shape[0], m = y->shape[1], n = y->shape[2], k = a->shape[2];
  if (!count(y)) return NM_OK;
  static const nm_shader shaders[] = {[NM_F32] = NM_SHADER_matmul_f32,
                                      [NM_F64] = NM_SHADER_matmul_f64,
                                      [NM_I32] = NM_SHADER_matmul_i32,
                                      [NM_I64] = NM_SHADER_matmul_i64};
  tiling t = tile(d, batches, m, n, y->dtype);
  const uint32_t spec[] = {y->dtype, t.rows, t.columns, a->stride[2] <= a->stride[1],
                           x->stride[2] <= x->stride[1]};
  const nm_view *views[] = {a, x, y};
  kernel_place place[3];
  for (int i = 0; i < 3; i++) {
    place[i] = kernel_place_of(kernel_addr(views[i]), views[i]->dtype);
    if (count(views[i])) NM_TRY(kernel_check_size(d, kernel_last(views[i])));
  }
  if (t.across > 65535)
    return nm__error(dev->ctx, NM_ENOTSUP, "device '%s': a product with %lld columns is too wide",
                     dev->name, (long long)n);
  matmul_push p = {.a = place[0].words,
                   .x = place[1].words,
                   .y = place[2].words,
                   .y_at = place[2].at,
                   .m = (uint32_t)m,
                   .n = (uint32_t)n,
                   .a_b = (uint32_t)a->stride[0],
                   .a_m = (uint32_t)a->stride[1],
                   .a_k = (uint32_t)a->stride[2],
                   .x_b = (uint32_t)x->stride[0],
                   .x_k = (uint32_t)x->stride[1],
                   .x_n = (uint32_t)x->stride[2]};
  for (int64_t k0 = 0; k0 == 0 || k0 < k; k0 += K_PIECE) { /* once where K is 0 */
    kernel_launch l = {.d = d};
    NM_TRY(vulkan_kernel(d, shaders[nm__dtype_class(y->dtype)], 5, spec, &l.pipeline));
    for (int i = 0; i < 3; i++)
      if (count(views[i])) kernel_touch_view(&l, views[i], i == 2);
    p.k = (uint32_t)kernel_min(k - k0, K_PIECE);
    p.a_at = place[0].at + (uint32_t)(k0 * a->stride[2]);
    p.x_at = place[1].at + (uint32_t)(k0 * x->stride[1]);
    p.add = k0 > 0;
    NM_TRY(matmul_piece(&l, &p, &t, batches));
  }
  return NM_OK;
}

/* ---- softmax ---- */

/* shaders/softmax.comp: ORDER Push */
typedef struct softmax_push {
  uint64_t x, y, rows_of;
  uint32_t rows, count, stride, inner, x_at, y_at, first, end;
} softmax_push;

nm_status vulkan_softmax(nm_device *dev, const nm_view *x, int dim, const nm_view *y, bool log) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  int64_t n = count(x);
  if (!n) return NM_OK;
  int64_t length = x->ndim ? x->shape[dim] : 1, rows = n / length, inner = 1; /* 0-d: one of one */
  for (int k = dim + 1; k < x->ndim; k++) inner *= x->shape[k];
  uint32_t per_group = 256 / kernel_power(length / 8, 256);
  kernel_dims rows_of;
  kernel_dims_of(&rows_of, x->ndim, x->shape, x->stride, all_dims & ~(1u << dim));
  const uint32_t spec[] = {x->dtype, log, per_group, rows_of.n};
  kernel_launch l = {.d = d};
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, n));
  kernel_touch_view(&l, x, false);
  kernel_touch_view(&l, y, true);
  nm_shader shader = x->dtype == NM_FLOAT64 ? NM_SHADER_softmax_f64 : NM_SHADER_softmax_f32;
  NM_TRY(vulkan_kernel(d, shader, 4, spec, &l.pipeline));
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype),
               py = kernel_place_of(kernel_addr(y), y->dtype);
  softmax_push p = {.x = px.words,
                    .y = py.words,
                    .x_at = px.at,
                    .y_at = py.at,
                    .rows = (uint32_t)rows,
                    .count = (uint32_t)length,
                    .stride = x->ndim ? (uint32_t)x->stride[dim] : 0,
                    .inner = (uint32_t)inner};
  kernel_use_dims(&l, &rows_of, &p.rows_of);
  uint64_t each = (uint64_t)length * 100 + 256;
  return kernel_dispatch_over(&l, &p, sizeof p, &p.first, &p.end, rows, per_group, each);
}
