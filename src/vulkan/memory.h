/* memory.h: device memory in large blocks, cut into segments.
 *
 * A segment is 256-aligned and belongs to one nm_mem.  What is released goes back to its block at
 * once, though work in flight may still use it: later work is ordered behind by barriers on the
 * same addresses (stream.h), and the host touches a segment only after its last use. */
#ifndef NM_VULKAN_MEMORY_H
#define NM_VULKAN_MEMORY_H

#include "core/device.h"
#include "vulkan/loader.h"

typedef struct nm_vulkan nm_vulkan;
typedef struct vulkan_block vulkan_block;

typedef struct vulkan_segment { /* nm_mem.handle */
  vulkan_block *block;
  uint64_t offset, size;
  struct vulkan_segment *prev, *next;           /* neighbours in the block */
  struct vulkan_segment *prev_free, *next_free; /* in a bin */
  uint64_t last_use;                            /* the submission that uses it last */
  bool free;
} vulkan_segment;

typedef struct vulkan_buffer { /* a buffer with its own memory */
  VkBuffer buffer;
  VkDeviceMemory memory;
  VkDeviceAddress addr;
  uint8_t *map; /* NULL if the host cannot reach it */
  uint64_t size;
} vulkan_buffer;

struct vulkan_block {
  vulkan_buffer buffer;
  vulkan_segment *first;
  vulkan_block *prev, *next;
  int arena;
};

enum { VULKAN_BINS = 56, VULKAN_ARENAS = 2 };
typedef struct vulkan_arena { /* free segments by size: bin b holds sizes in [2^b, 2^(b+1)) */
  vulkan_segment *bins[VULKAN_BINS];
  uint64_t filled; /* bit b: bins[b] is not empty */
} vulkan_arena;

typedef struct vulkan_memory {
  uint32_t device_type, upload_type, download_type; /* indices of memory types */
  bool host_writes, host_reads; /* the host may write, and quickly read, device memory itself */
  uint64_t heap, largest;       /* bytes of the heap, of one allocation */
  uint64_t held;                /* bytes of all blocks */
  uint64_t used;                /* bytes of the segments in use */
  vulkan_block *blocks;
  vulkan_arena arenas[VULKAN_ARENAS]; /* small requests, large ones */
  vulkan_buffer download;
} vulkan_memory;

nm_status vulkan_memory_open(nm_vulkan *d, bool host_access);
void vulkan_memory_close(nm_vulkan *d);
nm_status vulkan_buffer_new(nm_vulkan *d, uint64_t size, uint32_t type, vulkan_buffer *out);
void vulkan_buffer_free(nm_vulkan *d, vulkan_buffer *b);

nm_status vulkan_alloc(nm_device *dev, size_t bytes, nm_mem *out);
void vulkan_release(nm_device *dev, nm_mem *mem);
nm_status vulkan_read(nm_device *dev, const nm_mem *mem, size_t offset, size_t bytes, void *to);
nm_status vulkan_write(nm_device *dev, const nm_mem *mem, size_t offset, size_t bytes,
                       const void *from);
/* Frees blocks that nothing uses, work in flight neither, until at most `keep` bytes are cached. */
void vulkan_trim(nm_vulkan *d, uint64_t keep);

#endif
