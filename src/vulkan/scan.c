/* scan.c: the host of running sums, products and extremes. */
#include "vulkan/launch.h"

/* shaders/scan.comp: ORDER Push */
typedef struct scan_push {
  uint64_t x, y, index, lines_of;
  uint32_t count, stride, x_at, y_at, index_at, first, end;
} scan_push;

nm_status vulkan_scan(nm_device *dev, nm_scan_kind kind, const nm_view *x, const nm_view *y,
                      const nm_view *index) {
  static const nm_shader shaders[NM_NCLASSES] = {[NM_F32] = NM_SHADER_scan_f32,
                                                 [NM_F64] = NM_SHADER_scan_f64,
                                                 [NM_I32] = NM_SHADER_scan_i32,
                                                 [NM_I64] = NM_SHADER_scan_i64};
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  int last = x->ndim - 1; /* a 0-d tensor is a line of one */
  int64_t length = last >= 0 ? x->shape[last] : 1, lines = 1;
  for (int i = 0; i < last; i++) lines *= x->shape[i];
  if (!lines || !length) return NM_OK;
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, lines * length));
  kernel_dims lines_of;
  kernel_dims_of(&lines_of, last > 0 ? last : 0, x->shape, x->stride, (1u << NM_MAX_DIMS) - 1);
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype),
               py = kernel_place_of(kernel_addr(y), y->dtype);
  scan_push p = {.x = px.words,
                 .y = py.words,
                 .index = index ? kernel_addr(index) : 0,
                 .count = (uint32_t)length,
                 .stride = last >= 0 ? (uint32_t)x->stride[last] : 0,
                 .x_at = px.at,
                 .y_at = py.at};
  kernel_launch l = {.d = d};
  kernel_touch_view(&l, x, false);
  kernel_touch_view(&l, y, true);
  if (index) kernel_touch_view(&l, index, true);
  const uint32_t spec[] = {x->dtype, kind, index != NULL, lines_of.n};
  NM_TRY(vulkan_kernel(d, shaders[nm__dtypes[x->dtype].cls], 4, spec, &l.pipeline));
  kernel_use_dims(&l, &lines_of, &p.lines_of);
  uint64_t each = (uint64_t)length * 4;
  int64_t most = (int64_t)(d->stream.cost_cap / each) + 1;
  for (int64_t i = 0; i < lines; i += most) {
    p.first = (uint32_t)i;
    p.end = (uint32_t)kernel_min(lines, i + most);
    uint64_t now = p.end - p.first;
    NM_TRY(kernel_dispatch(&l, &p, sizeof p, kernel_grid(now, 1), 1, 1, now * each));
  }
  return NM_OK;
}
