/* launch.h: what the hosts of kernels share: views as kernels see them, and dispatching. */
#ifndef NM_VULKAN_LAUNCH_H
#define NM_VULKAN_LAUNCH_H

#include "vulkan/vulkan.h"

/* shaders/kernel.glsl: ORDER Dims.  Row-major numbers over `n` dims become positions; n itself
 * is a specialization constant. */
typedef struct kernel_dims {
  uint32_t shape[NM_MAX_DIMS], stride[NM_MAX_DIMS], n;
} kernel_dims;

/* The dims in `mask`, those of size one dropped and those merged that lie alike. */
void kernel_dims_of(kernel_dims *out, int ndim, const int64_t *shape, const int64_t *stride,
                    uint32_t mask);

typedef struct kernel_place {
  uint64_t words;
  uint32_t at;
} kernel_place; /* a word's address, elements from there */
kernel_place kernel_place_of(uint64_t addr, nm_dtype dtype);
static inline uint64_t kernel_addr(const nm_view *v) {
  return v->mem->addr + (uint64_t)v->offset * nm__dtype_size(v->dtype);
}
int64_t kernel_last(const nm_view *v); /* the greatest position of a view that is not empty */
/* NM_ENOTSUP when positions go beyond what kernels count with. */
nm_status kernel_check_size(nm_vulkan *d, int64_t last);

enum { KERNEL_MAX_OPERANDS = 6, KERNEL_MAX_BLOCKS = 4 };
typedef struct kernel_block { /* parameters that push constants have no room for */
  const void *data;
  size_t bytes;   /* whole words */
  uint64_t *slot; /* where in the push constants their address goes */
} kernel_block;

typedef struct kernel_launch { /* filled by kernel_touch; one or more dispatches with the same
                                  operands */
  nm_vulkan *d;
  vulkan_pipeline *pipeline;
  int noperands, nblocks;
  vulkan_access access[KERNEL_MAX_OPERANDS];
  vulkan_segment *segment[KERNEL_MAX_OPERANDS];
  kernel_block block[KERNEL_MAX_BLOCKS];
  bool ordered; /* behind what came before */
} kernel_launch;

void kernel_touch(kernel_launch *k, const nm_mem *mem, uint64_t addr, uint64_t bytes, bool write);
void kernel_touch_view(kernel_launch *k, const nm_view *v, bool write);
/* The data must stay until the last dispatch. */
void kernel_use(kernel_launch *k, const void *data, size_t bytes, uint64_t *slot);
static inline void kernel_use_dims(kernel_launch *k, const kernel_dims *dims, uint64_t *slot) {
  kernel_use(k, dims, sizeof *dims, slot);
}
nm_status kernel_dispatch(kernel_launch *k, const void *push, size_t push_bytes, uint32_t x,
                          uint32_t y, uint32_t z, uint64_t cost);

/* Dispatches over n work items, `per_group` of them a work-group's and each about `each`, in as many
 * pieces as the stream's cap on cost asks for: *first and *end, in the push constants, are the items
 * of a piece. */
nm_status kernel_dispatch_over(kernel_launch *k, const void *push, size_t push_bytes,
                               uint32_t *first, uint32_t *end, int64_t n, uint32_t per_group,
                               uint64_t each);

/* Work-groups for n items, in a grid's x, where invocations stride over the rest. */
static inline uint32_t kernel_grid(uint64_t n, uint32_t per_group) {
  uint64_t groups = (n + per_group - 1) / per_group;
  return groups < 16384 ? (uint32_t)groups : 16384;
}
static inline int64_t kernel_min(int64_t a, int64_t b) { return a < b ? a : b; }
/* The least power of two that is not below n, at most `most`. */
static inline uint32_t kernel_power(int64_t n, uint32_t most) {
  uint32_t p = 1;
  while (p < most && p < n) p *= 2;
  return p;
}

#endif
