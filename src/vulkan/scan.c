/* scan.c: the host of running sums, products, extremes and log-sums-exp. */
#include "vulkan/launch.h"

/* shaders/scan.comp: ORDER Push */
typedef struct scan_push {
  uint64_t x, y, index, total, place, lines_of;
  uint32_t count, stride, inner, chunk, chunks, x_at, y_at, index_at, first, end;
} scan_push;

enum { SCAN_STEP = 1024, SCAN_CHUNKS = 256, SCAN_GROUPS = 64 };

typedef struct scan_call {
  nm_vulkan *d;
  nm_scan_kind kind;
  const nm_view *x, *y, *index; /* index may be NULL */
  kernel_dims lines_of;
  int64_t lines;
  scan_push push;
} scan_call;

/* Goes over all chunks; memory: of the totals and their places, or NULL. */
static nm_status scan_pass(scan_call *c, bool totals, const nm_mem *memory) {
  static const nm_shader shaders[NM_NCLASSES] = {[NM_F32] = NM_SHADER_scan_f32,
                                                 [NM_F64] = NM_SHADER_scan_f64,
                                                 [NM_I32] = NM_SHADER_scan_i32,
                                                 [NM_I64] = NM_SHADER_scan_i64};
  nm_vulkan *d = c->d;
  scan_push *p = &c->push;
  kernel_launch l = {.d = d};
  kernel_touch_view(&l, c->x, false);
  if (!totals) kernel_touch_view(&l, c->y, true);
  if (!totals && c->index) kernel_touch_view(&l, c->index, true);
  if (memory) kernel_touch(&l, memory, memory->addr, memory->size, totals);
  const uint32_t spec[] = {c->x->dtype, c->kind, c->index != NULL, c->lines_of.n, totals};
  NM_TRY(vulkan_kernel(d, shaders[nm__dtypes[c->x->dtype].cls], 5, spec, &l.pipeline));
  kernel_use_dims(&l, &c->lines_of, &p->lines_of);
  int64_t n = c->lines * p->chunks;
  uint64_t each = ((uint64_t)p->chunk + SCAN_STEP) * (c->kind == NM_SCAN_LOGSUMEXP ? 100 : 4);
  return kernel_dispatch_over(&l, p, sizeof *p, &p->first, &p->end, n, 1, each);
}

nm_status vulkan_scan(nm_device *dev, nm_scan_kind kind, const nm_view *x, int dim,
                      const nm_view *y, const nm_view *index) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  int64_t length = x->ndim ? x->shape[dim] : 1, inner = 1; /* a 0-d tensor is a line of one */
  scan_call c = {.d = d, .kind = kind, .x = x, .y = y, .index = index, .lines = 1};
  for (int i = 0; i < x->ndim; i++) {
    if (i != dim) c.lines *= x->shape[i];
    if (i > dim) inner *= x->shape[i];
  }
  if (!c.lines || !length) return NM_OK;
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, c.lines * length));
  kernel_dims_of(&c.lines_of, x->ndim, x->shape, x->stride,
                 ((1u << NM_MAX_DIMS) - 1) & ~(1u << dim));
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype),
               py = kernel_place_of(kernel_addr(y), y->dtype);
  /* whole steps to a chunk */
  int64_t steps = (length + SCAN_STEP - 1) / SCAN_STEP, per_chunk = steps;
  if (c.lines < SCAN_GROUPS && steps >= 8) per_chunk = (steps + SCAN_CHUNKS - 1) / SCAN_CHUNKS;
  int64_t chunks = (steps + per_chunk - 1) / per_chunk;
  c.push = (scan_push){.x = px.words,
                       .y = py.words,
                       .index = index ? kernel_addr(index) : 0,
                       .count = (uint32_t)length,
                       .stride = x->ndim ? (uint32_t)x->stride[dim] : 0,
                       .inner = (uint32_t)inner,
                       .chunk = (uint32_t)(per_chunk * SCAN_STEP),
                       .chunks = (uint32_t)chunks,
                       .x_at = px.at,
                       .y_at = py.at};
  if (chunks == 1) return scan_pass(&c, false, NULL);
  size_t totals = (size_t)(c.lines * chunks) * nm__class_size[nm__dtypes[x->dtype].cls];
  nm_mem memory;
  NM_TRY(dev->cls->alloc(dev, totals + (size_t)(c.lines * chunks) * 4, &memory));
  c.push.total = memory.addr;
  c.push.place = memory.addr + totals;
  nm_status s = scan_pass(&c, true, &memory);
  if (s == NM_OK) s = scan_pass(&c, false, &memory);
  dev->cls->release(dev, &memory);
  return s;
}
