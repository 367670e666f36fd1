/* memory.c: the sub-allocator, and copies between device and host.
 *
 * Blocks are VkBuffers over memory of their own.  Segments of a block are a list without gaps; free
 * neighbours are merged at once, so that two free ones never touch. */
#include "vulkan/vulkan.h"

#include <stdlib.h>
#include <string.h>

enum { GRANULE = 256, SMALL = 1 << 20, SMALL_BLOCK = 8 << 20, LARGE_BLOCK = 64 << 20, SCAN = 16 };
enum { DOWNLOAD_CHUNK = 8 << 20 };

/* ---- choice of memory types ---- */

/* The best type among `allowed`: `must` all there, then most points; -1 if there is none.  Points:
 * the size of the heap first, where asked, then the flags in `like`, then few others. */
static int choose_type(const VkPhysicalDeviceMemoryProperties *m, uint32_t allowed,
                       VkMemoryPropertyFlags must, VkMemoryPropertyFlags like, bool large) {
  const VkMemoryPropertyFlags known =
      VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  int best = -1, best_points = 0;
  uint64_t best_heap = 0;
  for (uint32_t i = 0; i < m->memoryTypeCount; i++) {
    VkMemoryPropertyFlags flags = m->memoryTypes[i].propertyFlags;
    if (!(allowed >> i & 1) || (flags & must) != must || (flags & ~known)) continue;
    uint64_t heap = large ? m->memoryHeaps[m->memoryTypes[i].heapIndex].size : 0;
    int points = 2 * __builtin_popcount(flags & like) - __builtin_popcount(flags & ~like & ~must);
    if (best < 0 || heap > best_heap || (heap == best_heap && points > best_points))
      best = (int)i, best_points = points, best_heap = heap;
  }
  return best;
}

static VkBufferCreateInfo buffer_info(uint64_t size) {
  return (VkBufferCreateInfo){
      .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
      .size = size,
      .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
               VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT};
}

nm_status vulkan_memory_open(nm_vulkan *d, bool host_access) {
  VkPhysicalDeviceMemoryProperties m;
  d->vk.GetPhysicalDeviceMemoryProperties(d->physical, &m);
  VkBufferCreateInfo info = buffer_info(GRANULE);
  VkBuffer probe;
  NM_TRY(vulkan_check(d, d->vk.CreateBuffer(d->device, &info, NULL, &probe), "vkCreateBuffer"));
  VkMemoryRequirements need;
  d->vk.GetBufferMemoryRequirements(d->device, probe, &need);
  d->vk.DestroyBuffer(d->device, probe, NULL);

  const VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  const VkMemoryPropertyFlags host =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  const VkMemoryPropertyFlags cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  int device = choose_type(&m, need.memoryTypeBits, local, host | cached, true);
  int upload = choose_type(&m, need.memoryTypeBits, host, 0, false);
  int download = choose_type(&m, need.memoryTypeBits, host, cached, false);
  if (device < 0 || upload < 0)
    return nm__error(d->base.ctx, NM_ENOTSUP,
                     "device '%s' has no memory for buffers of the kind that is needed",
                     d->base.name);
  VkMemoryPropertyFlags flags = m.memoryTypes[device].propertyFlags;
  vulkan_memory *mem = &d->memory;
  mem->device_type = (uint32_t)device;
  mem->upload_type = (uint32_t)upload;
  mem->download_type = (uint32_t)download;
  mem->host_writes = host_access && (flags & host) == host;
  mem->host_reads = mem->host_writes && (flags & cached);
  mem->heap = m.memoryHeaps[m.memoryTypes[device].heapIndex].size;
  VkPhysicalDeviceMaintenance3Properties limits = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
  VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                   .pNext = &limits};
  d->vk.GetPhysicalDeviceProperties2(d->physical, &p);
  mem->largest =
      limits.maxMemoryAllocationSize < mem->heap ? limits.maxMemoryAllocationSize : mem->heap;
  d->base.cache_limit = (size_t)(mem->heap / 2);
  return NM_OK;
}

/* ---- buffers ---- */

nm_status vulkan_buffer_new(nm_vulkan *d, uint64_t size, uint32_t type, vulkan_buffer *out) {
  memset(out, 0, sizeof *out);
  out->size = size;
  VkBufferCreateInfo info = buffer_info(size);
  VkResult r = d->vk.CreateBuffer(d->device, &info, NULL, &out->buffer);
  if (r == VK_SUCCESS) {
    VkMemoryRequirements need;
    d->vk.GetBufferMemoryRequirements(d->device, out->buffer, &need);
    VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                       .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
    VkMemoryAllocateInfo alloc = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                  .pNext = &flags,
                                  .allocationSize = need.size,
                                  .memoryTypeIndex = type};
    r = d->vk.AllocateMemory(d->device, &alloc, NULL, &out->memory);
  }
  if (r == VK_SUCCESS) r = d->vk.BindBufferMemory(d->device, out->buffer, out->memory, 0);
  bool mapped = type != d->memory.device_type || d->memory.host_writes ||
                type == d->memory.upload_type || type == d->memory.download_type;
  if (r == VK_SUCCESS && mapped) {
    void *map = NULL;
    r = d->vk.MapMemory(d->device, out->memory, 0, VK_WHOLE_SIZE, 0, &map);
    out->map = map;
  }
  if (r != VK_SUCCESS) {
    vulkan_buffer_free(d, out);
    return vulkan_check(d, r, "vkAllocateMemory");
  }
  VkBufferDeviceAddressInfo at = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                  .buffer = out->buffer};
  out->addr = d->vk.GetBufferDeviceAddress(d->device, &at);
  return NM_OK;
}

void vulkan_buffer_free(nm_vulkan *d, vulkan_buffer *b) {
  if (b->buffer) d->vk.DestroyBuffer(d->device, b->buffer, NULL);
  if (b->memory) d->vk.FreeMemory(d->device, b->memory, NULL); /* unmaps */
  memset(b, 0, sizeof *b);
}

/* ---- segments ---- */

static int bin_of(uint64_t size) { return 63 - __builtin_clzll(size); }

static void bin_add(vulkan_arena *a, vulkan_segment *s) {
  int b = bin_of(s->size);
  s->free = true;
  s->prev_free = NULL;
  s->next_free = a->bins[b];
  if (s->next_free) s->next_free->prev_free = s;
  a->bins[b] = s;
  a->filled |= 1ull << b;
}

static void bin_remove(vulkan_arena *a, vulkan_segment *s) {
  int b = bin_of(s->size);
  s->free = false;
  if (s->next_free) s->next_free->prev_free = s->prev_free;
  if (s->prev_free)
    s->prev_free->next_free = s->next_free;
  else
    a->bins[b] = s->next_free;
  if (!a->bins[b]) a->filled &= ~(1ull << b);
}

/* A free segment of at least `size` bytes, or NULL: from its own bin if one is found soon, else
 * from the next that is filled, where any will do. */
static vulkan_segment *find(const vulkan_arena *a, uint64_t size) {
  int b = bin_of(size), n = 0;
  for (vulkan_segment *s = a->bins[b]; s && n < SCAN; s = s->next_free, n++)
    if (s->size >= size) return s;
  uint64_t above = a->filled & ~((2ull << b) - 1);
  return above ? a->bins[__builtin_ctzll(above)] : NULL;
}

/* Cuts what exceeds `size` off a segment; the rest becomes a free one.  Out of host memory: no cut.
 */
static void split(vulkan_arena *a, vulkan_segment *s, uint64_t size) {
  if (s->size == size) return;
  vulkan_segment *rest = malloc(sizeof *rest);
  if (!rest) return;
  *rest = (vulkan_segment){.block = s->block,
                           .offset = s->offset + size,
                           .size = s->size - size,
                           .prev = s,
                           .next = s->next,
                           .last_use = s->last_use};
  if (rest->next) rest->next->prev = rest;
  s->next = rest;
  s->size = size;
  bin_add(a, rest);
}

/* Takes the segment behind s, which is free, into s. */
static void merge_next(vulkan_arena *a, vulkan_segment *s) {
  vulkan_segment *n = s->next;
  bin_remove(a, n);
  s->size += n->size;
  s->next = n->next;
  if (s->next) s->next->prev = s;
  if (n->last_use > s->last_use) s->last_use = n->last_use;
  free(n);
}

/* ---- blocks ---- */

static void count_cached(nm_vulkan *d) {
  d->base.cached = (size_t)(d->memory.held - d->memory.used);
}

/* A new block with one free segment, which is returned through `out`. */
static nm_status block_new(nm_vulkan *d, int arena, uint64_t size, vulkan_segment **out) {
  vulkan_block *b = calloc(1, sizeof *b);
  vulkan_segment *s = calloc(1, sizeof *s);
  nm_status status = b && s ? vulkan_buffer_new(d, size, d->memory.device_type, &b->buffer)
                            : nm__error(d->base.ctx, NM_ENOMEM, "out of memory");
  if (status != NM_OK) {
    free(b);
    free(s);
    return status;
  }
  b->arena = arena;
  b->first = s;
  b->next = d->memory.blocks;
  if (b->next) b->next->prev = b;
  d->memory.blocks = b;
  s->block = b;
  s->size = size;
  d->memory.held += size;
  bin_add(&d->memory.arenas[arena], s);
  *out = s;
  return NM_OK;
}

static void block_free(nm_vulkan *d, vulkan_block *b) {
  if (b->prev)
    b->prev->next = b->next;
  else
    d->memory.blocks = b->next;
  if (b->next) b->next->prev = b->prev;
  d->memory.held -= b->buffer.size;
  vulkan_buffer_free(d, &b->buffer);
  for (vulkan_segment *s = b->first, *next; s; s = next) {
    next = s->next;
    free(s);
  }
  free(b);
}

void vulkan_trim(nm_vulkan *d, uint64_t keep) {
  uint64_t done = vulkan_completed(d);
  for (vulkan_block *b = d->memory.blocks, *next; b; b = next) {
    next = b->next;
    if (d->memory.held - d->memory.used <= keep) break;
    vulkan_segment *s = b->first;
    if (!s->free || s->next || s->last_use > done) continue;
    bin_remove(&d->memory.arenas[b->arena], s);
    block_free(d, b);
  }
  count_cached(d);
}

void vulkan_memory_close(nm_vulkan *d) {
  while (d->memory.blocks) block_free(d, d->memory.blocks);
  vulkan_buffer_free(d, &d->memory.download);
}

/* ---- the device class ---- */

/* When nothing fits: a new block, of the usual size if there is room, else of just the size. */
static nm_status grow(nm_vulkan *d, int arena, uint64_t size, vulkan_segment **out) {
  uint64_t usual = arena ? LARGE_BLOCK : SMALL_BLOCK;
  if (usual > d->memory.heap / 16) usual = d->memory.heap / 16 / GRANULE * GRANULE;
  if (size < usual / 2 && block_new(d, arena, usual, out) == NM_OK) return NM_OK;
  if (block_new(d, arena, size, out) == NM_OK) return NM_OK;
  NM_TRY(vulkan_usable(d));
  NM_TRY(vulkan_wait_all(d)); /* what is cached may be in use still */
  vulkan_trim(d, 0);
  return block_new(d, arena, size, out);
}

nm_status vulkan_alloc(nm_device *dev, size_t bytes, nm_mem *out) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  uint64_t size = bytes ? ((uint64_t)bytes + GRANULE - 1) / GRANULE * GRANULE : GRANULE;
  if (size < bytes || size > d->memory.largest)
    return nm__error(dev->ctx, NM_ENOMEM,
                     "device '%s': %zu bytes of memory are more than it gives at once (%llu)",
                     dev->name, bytes, (unsigned long long)d->memory.largest);
  int arena = size > SMALL;
  vulkan_segment *s = find(&d->memory.arenas[arena], size);
  if (!s) NM_TRY(grow(d, arena, size, &s));
  bin_remove(&d->memory.arenas[arena], s);
  split(&d->memory.arenas[arena], s, size);
  d->memory.used += s->size;
  dev->live += bytes;
  if (dev->live > dev->peak) dev->peak = dev->live;
  count_cached(d);
  *out = (nm_mem){.addr = s->block->buffer.addr + s->offset, .size = bytes, .handle = s};
  return NM_OK;
}

void vulkan_release(nm_device *dev, nm_mem *mem) {
  nm_vulkan *d = vulkan_of(dev);
  vulkan_segment *s = mem->handle;
  if (!s) return;
  vulkan_arena *a = &d->memory.arenas[s->block->arena];
  d->memory.used -= s->size;
  dev->live -= mem->size;
  if (s->next && s->next->free) merge_next(a, s);
  if (s->prev && s->prev->free) {
    vulkan_segment *p = s->prev;
    bin_remove(a, p);
    bin_add(a, s); /* merge_next takes a free one */
    merge_next(a, p);
    s = p;
  }
  bin_add(a, s);
  count_cached(d);
  if (dev->cached > dev->cache_limit && !s->prev && !s->next) vulkan_trim(d, dev->cache_limit);
  *mem = (nm_mem){0};
}

static nm_status check_range(nm_vulkan *d, const nm_mem *mem, size_t offset, size_t bytes) {
  NM_TRY(vulkan_usable(d));
  if (offset > mem->size || bytes > mem->size - offset)
    return nm__error(d->base.ctx, NM_EINVAL, "%zu bytes at %zu are outside of a block of %zu",
                     bytes, offset, mem->size);
  return NM_OK;
}

/* Orders and records a copy between a segment and a host buffer. */
static void record_copy(nm_vulkan *d, VkCommandBuffer cmd, const nm_mem *mem, size_t offset,
                        const vulkan_buffer *host, uint64_t at, uint64_t bytes, bool to_device) {
  vulkan_segment *s = mem->handle;
  vulkan_access access = {mem->addr + offset, mem->addr + offset + bytes - 1, to_device};
  vulkan_order(d, 1, &access);
  VkBufferCopy c = {.srcOffset = to_device ? at : s->offset + offset,
                    .dstOffset = to_device ? s->offset + offset : at,
                    .size = bytes};
  VkBuffer device = s->block->buffer.buffer;
  d->vk.CmdCopyBuffer(cmd, to_device ? host->buffer : device, to_device ? device : host->buffer, 1,
                      &c);
  s->last_use = vulkan_recording(d);
}

nm_status vulkan_write(nm_device *dev, const nm_mem *mem, size_t offset, size_t bytes,
                       const void *from) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(check_range(d, mem, offset, bytes));
  if (!bytes) return NM_OK;
  vulkan_segment *s = mem->handle;
  if (d->memory.host_writes && s->last_use <= vulkan_completed(d)) {
    memcpy(s->block->buffer.map + s->offset + offset, from, bytes);
    return NM_OK;
  }
  for (size_t done = 0;
       done < bytes;) { /* through the submission's host memory, in order, without waiting */
    size_t n = bytes - done < VULKAN_HOST_CHUNK ? bytes - done : VULKAN_HOST_CHUNK;
    VkCommandBuffer cmd;
    uint64_t at;
    NM_TRY(vulkan_begin(d, n, &cmd, &at));
    const vulkan_buffer *host = vulkan_host_buffer(d);
    memcpy(host->map + at, (const char *)from + done, n);
    record_copy(d, cmd, mem, offset + done, host, at, n, true);
    NM_TRY(vulkan_recorded(d, n / 4));
    done += n;
  }
  return NM_OK;
}

nm_status vulkan_read(nm_device *dev, const nm_mem *mem, size_t offset, size_t bytes, void *to) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(check_range(d, mem, offset, bytes));
  if (!bytes) return NM_OK;
  vulkan_segment *s = mem->handle;
  if (d->memory.host_reads) {
    NM_TRY(vulkan_wait(d, s->last_use));
    memcpy(to, s->block->buffer.map + s->offset + offset, bytes);
    return NM_OK;
  }
  vulkan_buffer *host = &d->memory.download;
  if (!host->buffer) NM_TRY(vulkan_buffer_new(d, DOWNLOAD_CHUNK, d->memory.download_type, host));
  for (size_t done = 0; done < bytes;) {
    size_t n = bytes - done < DOWNLOAD_CHUNK ? bytes - done : DOWNLOAD_CHUNK;
    VkCommandBuffer cmd;
    NM_TRY(vulkan_begin(d, 0, &cmd, NULL));
    record_copy(d, cmd, mem, offset + done, host, 0, n, false);
    NM_TRY(vulkan_wait(d, s->last_use));
    memcpy((char *)to + done, host->map, n);
    done += n;
  }
  return NM_OK;
}
