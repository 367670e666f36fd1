/* pool.c: the host of pooling. */
#include "vulkan/launch.h"

/* shaders/pool.comp: ORDER Windows */
typedef struct pool_windows {
  uint32_t x[3], y[3], x_stride[3];
  int32_t size[3], step[3], pad[3], dilation[3];
} pool_windows;

/* shaders/pool.comp: ORDER Push */
typedef struct pool_push {
  uint64_t x, y, index, windows;
  union {
    float narrow;
    double wide;
  } divisor;
  uint32_t x_b, x_at, y_at, index_at, first, end;
} pool_push;

nm_status vulkan_pool(nm_device *dev, const nm_pooling *pool, const nm_view *x, const nm_view *y,
                      const nm_view *index) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  pool_windows w;
  int64_t numel = y->shape[0], each = 1;
  for (int i = 0; i < 3; i++) {
    int from = i - (3 - pool->dims);
    bool there = from >= 0;
    w.x[i] = there ? (uint32_t)x->shape[1 + from] : 1;
    w.y[i] = there ? (uint32_t)y->shape[1 + from] : 1;
    w.x_stride[i] = there ? (uint32_t)x->stride[1 + from] : 0;
    w.size[i] = there ? (int32_t)pool->size[from] : 1;
    w.step[i] = there ? (int32_t)pool->step[from] : 1;
    w.pad[i] = there ? (int32_t)pool->pad[from] : 0;
    w.dilation[i] = there ? (int32_t)pool->dilation[from] : 1;
    numel *= w.y[i], each *= w.size[i];
  }
  if (!numel) return NM_OK;
  kernel_launch l = {.d = d};
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, numel));
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype),
               py = kernel_place_of(kernel_addr(y), y->dtype);
  kernel_touch_view(&l, x, false);
  kernel_touch_view(&l, y, true);
  if (index) kernel_touch_view(&l, index, pool->kind == NM_POOL_MAX);
  const uint32_t spec[] = {y->dtype, pool->kind, index != NULL};
  bool wide = nm__dtype_class(y->dtype) == NM_F64;
  NM_TRY(vulkan_kernel(d, wide ? NM_SHADER_pool_f64 : NM_SHADER_pool_f32, 3, spec, &l.pipeline));
  pool_push p = {.x = px.words,
                 .y = py.words,
                 .index = index ? kernel_addr(index) : 0,
                 .x_b = (uint32_t)x->stride[0],
                 .x_at = px.at,
                 .y_at = py.at};
  if (wide)
    p.divisor.wide = pool->divisor;
  else
    p.divisor.narrow = (float)pool->divisor;
  kernel_use(&l, &w, sizeof w, &p.windows);
  return kernel_dispatch_over(&l, &p, sizeof p, &p.first, &p.end, numel, 128,
                              (uint64_t)each * 4 + 16);
}
