/* launch.c: see launch.h. */
#include "vulkan/launch.h"

#include <string.h>

void kernel_dims_of(kernel_dims *out, int ndim, const int64_t *shape, const int64_t *stride,
                    uint32_t mask) {
  memset(out, 0, sizeof *out);
  uint32_t n = 0;
  for (int d = 0; d < ndim; d++) {
    if (!(mask >> d & 1) || shape[d] == 1) continue;
    if (n && out->stride[n - 1] == (uint64_t)(stride[d] * shape[d]))
      out->shape[n - 1] *= (uint32_t)shape[d];
    else
      out->shape[n++] = (uint32_t)shape[d];
    out->stride[n - 1] = (uint32_t)stride[d];
  }
  out->n = n;
}

kernel_place kernel_place_of(uint64_t addr, nm_dtype dtype) {
  return (kernel_place){addr & ~3ull, (uint32_t)((addr & 3) / nm__dtype_size(dtype))};
}

int64_t kernel_last(const nm_view *v) {
  int64_t last = 0;
  for (int d = 0; d < v->ndim; d++) last += (v->shape[d] - 1) * v->stride[d];
  return last;
}

nm_status kernel_check_size(nm_vulkan *d, int64_t last) {
  if (last < (1 << 30)) return NM_OK;
  return nm__error(d->base.ctx, NM_ENOTSUP,
                   "device '%s': this op reaches over at most 2^30 elements, not %lld",
                   d->base.name, (long long)last + 1);
}

void kernel_touch(kernel_launch *k, const nm_mem *mem, uint64_t addr, uint64_t bytes, bool write) {
  k->access[k->noperands] =
      (vulkan_access){addr & ~3ull, (addr + bytes - 1) | 3u, write}; /* whole words */
  k->segment[k->noperands++] = mem->handle;
}

void kernel_touch_view(kernel_launch *k, const nm_view *v, bool write) {
  kernel_touch(k, v->mem, kernel_addr(v), (uint64_t)(kernel_last(v) + 1) * nm__dtype_size(v->dtype),
               write);
}

void kernel_use_dims(kernel_launch *k, const kernel_dims *dims, uint64_t *slot) {
  k->dims[k->ndims] = dims;
  k->slot[k->ndims++] = slot;
}

nm_status kernel_dispatch(kernel_launch *k, const void *push, size_t push_bytes, uint32_t x,
                          uint32_t y, uint32_t z, uint64_t cost) {
  nm_vulkan *d = k->d;
  VkCommandBuffer cmd;
  uint64_t at;
  NM_TRY(vulkan_begin(d, (uint64_t)k->ndims * sizeof(kernel_dims), &cmd, &at));
  const vulkan_buffer *host = vulkan_host_buffer(d);
  for (int i = 0; i < k->ndims; i++, at += sizeof(kernel_dims)) {
    memcpy(host->map + at, k->dims[i], sizeof(kernel_dims));
    *k->slot[i] = host->addr + at;
  }
  if (!k->ordered) vulkan_order(d, k->noperands, k->access);
  k->ordered = true;
  for (int i = 0; i < k->noperands; i++) k->segment[i]->last_use = vulkan_recording(d);
  vulkan_dispatch(d, cmd, k->pipeline, push, (uint32_t)push_bytes, x, y, z);
  return vulkan_recorded(d, cost);
}
