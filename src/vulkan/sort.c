/* sort.c: the hosts of sort and search. */
#include <string.h>

#include "vulkan/launch.h"

static const uint32_t all_dims = (1u << NM_MAX_DIMS) - 1;

/* ---- sort ---- */

/* shaders/sort.comp: ORDER TILE, PART, RESULTS, Push */
enum { SORT_TILE = 512, SORT_PART = 8 };
enum { SORT_LAST = 1, SORT_VALUES = 2, SORT_INDEX = 4 };
typedef struct sort_push {
  uint64_t x, y, index, from, to, lines_of;
  uint32_t stride, x_at, y_at, index_at, count, lines, wanted, segment, run, descending, base,
      first, end;
} sort_push;

typedef struct sort_call {
  nm_vulkan *d;
  const nm_view *x, *y, *index; /* y and index may be NULL */
  kernel_dims lines_of;
  sort_push push;
} sort_call;

/* One step over `n` work items (`groups_of` of them are a work group's), each about `cost`. */
static nm_status sort_step(sort_call *c, bool merge, bool last, const nm_mem *from,
                           const nm_mem *to, int64_t n, uint32_t groups_of, uint64_t cost) {
  nm_vulkan *d = c->d;
  bool wide = nm__dtype_size(c->x->dtype) == 8;
  const nm_shader shader = merge ? (wide ? NM_SHADER_sort_merge_wide : NM_SHADER_sort_merge_narrow)
                                 : (wide ? NM_SHADER_sort_tiles_wide : NM_SHADER_sort_tiles_narrow);
  uint32_t results = last ? SORT_LAST : 0;
  kernel_launch l = {.d = d};
  sort_push *p = &c->push;
  if (from) kernel_touch(&l, from, p->from = from->addr, from->size, false);
  if (!last) kernel_touch(&l, to, p->to = to->addr, to->size, true);
  if (!merge || last) kernel_touch_view(&l, c->x, false);
  if (last && c->y) results |= SORT_VALUES, kernel_touch_view(&l, c->y, true);
  if (last && c->index) results |= SORT_INDEX, kernel_touch_view(&l, c->index, true);
  const uint32_t spec[] = {c->x->dtype, c->lines_of.n, results};
  NM_TRY(vulkan_kernel(d, shader, 3, spec, &l.pipeline));
  kernel_use_dims(&l, &c->lines_of, &p->lines_of);
  return kernel_dispatch_over(&l, p, sizeof *p, &p->first, &p->end, n, groups_of, cost);
}

static nm_status sort_passes(sort_call *c, const nm_mem *one, const nm_mem *two) {
  sort_push *p = &c->push;
  int64_t length = p->count, lines = p->lines, wanted = p->wanted;
  int64_t per_tile = SORT_TILE / p->segment, per_line = (length + SORT_TILE - 1) / SORT_TILE;
  int64_t tiles = (lines + per_tile - 1) / per_tile * per_line;
  NM_TRY(sort_step(c, false, length <= SORT_TILE, NULL, one, tiles, 1, SORT_TILE * 256));
  for (int64_t run = SORT_TILE; run < length; run *= 2) {
    int64_t pairs = (length + 2 * run - 1) / (2 * run);
    int64_t parts = (kernel_min(wanted, 2 * run) + SORT_PART - 1) / SORT_PART;
    p->run = (uint32_t)run;
    NM_TRY(sort_step(c, true, 2 * run >= length, one, two, lines * pairs * parts, 256,
                     SORT_PART * 64));
    const nm_mem *was = one;
    one = two;
    two = was;
  }
  return NM_OK;
}

nm_status vulkan_sort(nm_device *dev, const nm_view *x, bool descending, int64_t n,
                      const nm_view *y, const nm_view *index, int base) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  int last = x->ndim - 1; /* a 0-d tensor is a line of one */
  int64_t length = last >= 0 ? x->shape[last] : 1, lines = 1;
  for (int i = 0; i < last; i++) lines *= x->shape[i];
  if (!lines || !length || !n) return NM_OK;
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, lines * length));
  sort_call c = {.d = d, .x = x, .y = y, .index = index};
  kernel_dims_of(&c.lines_of, last > 0 ? last : 0, x->shape, x->stride, all_dims);
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype), py = {0, 0};
  if (y) py = kernel_place_of(kernel_addr(y), y->dtype);
  c.push = (sort_push){.x = px.words,
                       .y = py.words,
                       .index = index ? kernel_addr(index) : 0,
                       .stride = last >= 0 ? (uint32_t)x->stride[last] : 0,
                       .x_at = px.at,
                       .y_at = py.at,
                       .count = (uint32_t)length,
                       .lines = (uint32_t)lines,
                       .wanted = (uint32_t)n,
                       .segment = kernel_power(length, SORT_TILE),
                       .descending = descending,
                       .base = (uint32_t)base};
  if (length <= SORT_TILE) return sort_passes(&c, NULL, NULL);
  size_t bytes = (size_t)(lines * length) * (nm__dtype_size(x->dtype) == 8 ? 12 : 8);
  nm_mem one, two;
  NM_TRY(dev->cls->alloc(dev, bytes, &one));
  nm_status s = dev->cls->alloc(dev, bytes, &two);
  if (s == NM_OK) {
    s = sort_passes(&c, &one, &two);
    dev->cls->release(dev, &two);
  }
  dev->cls->release(dev, &one);
  return s;
}

/* ---- search ---- */

/* shaders/search.comp: ORDER Push */
typedef struct search_push {
  uint64_t sorted, x, index;
  uint32_t sorted_line, sorted_step, n, x_line, x_step, m, sorted_at, x_at, index_at, first, end;
} search_push;

nm_status vulkan_search(nm_device *dev, const nm_view *sorted, const nm_view *x, bool right,
                        const nm_view *index) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  int64_t n = x->shape[0] * x->shape[1];
  if (!n) return NM_OK;
  kernel_launch l = {.d = d};
  NM_TRY(kernel_check_size(d, kernel_last(x)));
  NM_TRY(kernel_check_size(d, n));
  kernel_place px = kernel_place_of(kernel_addr(x), x->dtype), ps = {0, 0};
  kernel_touch_view(&l, x, false);
  kernel_touch_view(&l, index, true);
  if (sorted->shape[1]) {
    NM_TRY(kernel_check_size(d, kernel_last(sorted)));
    ps = kernel_place_of(kernel_addr(sorted), sorted->dtype);
    kernel_touch_view(&l, sorted, false);
  }
  const uint32_t spec[] = {x->dtype, right};
  bool wide = nm__dtype_size(x->dtype) == 8;
  NM_TRY(vulkan_kernel(d, wide ? NM_SHADER_search_wide : NM_SHADER_search_narrow, 2, spec,
                       &l.pipeline));
  search_push p = {.sorted = ps.words,
                   .x = px.words,
                   .index = kernel_addr(index),
                   .sorted_line = sorted->shape[0] == 1 ? 0 : (uint32_t)sorted->stride[0],
                   .sorted_step = (uint32_t)sorted->stride[1],
                   .n = (uint32_t)sorted->shape[1],
                   .x_line = (uint32_t)x->stride[0],
                   .x_step = (uint32_t)x->stride[1],
                   .m = (uint32_t)x->shape[1],
                   .sorted_at = ps.at,
                   .x_at = px.at};
  return kernel_dispatch_over(&l, &p, sizeof p, &p.first, &p.end, n, 128, 256);
}
