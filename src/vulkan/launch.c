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

void kernel_use(kernel_launch *k, const void *data, size_t bytes, uint64_t *slot) {
  k->block[k->nblocks++] = (kernel_block){data, bytes, slot};
}

nm_status kernel_dispatch(kernel_launch *k, const void *push, size_t push_bytes, uint32_t x,
                          uint32_t y, uint32_t z, uint64_t cost) {
  nm_vulkan *d = k->d;
  VkCommandBuffer cmd;
  uint64_t at, bytes = 0;
  for (int i = 0; i < k->nblocks; i++) bytes += k->block[i].bytes;
  NM_TRY(vulkan_begin(d, bytes, &cmd, &at));
  const vulkan_buffer *host = vulkan_host_buffer(d);
  for (const kernel_block *b = k->block; b < k->block + k->nblocks; at += b++->bytes) {
    memcpy(host->map + at, b->data, b->bytes);
    *b->slot = host->addr + at;
  }
  if (!k->ordered) vulkan_order(d, k->noperands, k->access);
  k->ordered = true;
  for (int i = 0; i < k->noperands; i++) k->segment[i]->last_use = vulkan_recording(d);
  vulkan_dispatch(d, cmd, k->pipeline, push, (uint32_t)push_bytes, x, y, z);
  return vulkan_recorded(d, cost);
}

nm_status kernel_dispatch_over(kernel_launch *k, const void *push, size_t push_bytes,
                               uint32_t *first, uint32_t *end, int64_t n, uint32_t per_group,
                               uint64_t each) {
  int64_t most = (int64_t)(k->d->stream.cost_cap / each) / per_group * per_group + per_group;
  for (int64_t i = 0; i < n; i += most) {
    *first = (uint32_t)i;
    *end = (uint32_t)kernel_min(n, i + most);
    uint64_t now = *end - *first;
    NM_TRY(kernel_dispatch(k, push, push_bytes, kernel_grid(now, per_group), 1, 1, now * each));
  }
  return NM_OK;
}
