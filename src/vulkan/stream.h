/* stream.h: the order of work.  Commands are recorded, submitted in batches to the one queue, and
 * counted by a timeline semaphore: submission n signals n.  Only who reads waits.
 *
 * A command states which addresses it reads and writes; where that meets something since the last
 * barrier (a write with anything, a read with a write), a barrier goes in front.  Each submission
 * has host memory for parameters and uploads, reused when the submission is done. */
#ifndef NM_VULKAN_STREAM_H
#define NM_VULKAN_STREAM_H

#include "vulkan/memory.h"

enum { VULKAN_SLOTS = 4, VULKAN_HOST_CHUNK = 2 << 20, VULKAN_RANGES = 128 };

typedef struct vulkan_access { /* first and last byte */
  uint64_t first, last;
  bool write;
} vulkan_access;

typedef struct vulkan_slot {
  VkCommandPool pool;
  VkCommandBuffer cmd;
  vulkan_buffer host;
  uint64_t value; /* what its last submission signals */
} vulkan_slot;

typedef struct vulkan_stream {
  VkSemaphore timeline;
  uint64_t submitted, completed;
  vulkan_slot slots[VULKAN_SLOTS];
  int slot; /* the one recorded into, or the next one */
  bool recording;
  uint64_t host_used; /* bytes of the slot's host memory */
  int commands, limit;
  uint64_t cost, cost_cap;
  VkPipeline bound;
  int nranges;
  vulkan_access ranges[VULKAN_RANGES]; /* since the last barrier */
} vulkan_stream;

nm_status vulkan_stream_open(nm_vulkan *d);
void vulkan_stream_close(nm_vulkan *d);

/* Gives the command buffer to record into, with `bytes` of host memory at offset *at of
 * vulkan_host_buffer. To be followed by one command and vulkan_recorded. */
nm_status vulkan_begin(nm_vulkan *d, uint64_t bytes, VkCommandBuffer *cmd, uint64_t *at);
const vulkan_buffer *vulkan_host_buffer(nm_vulkan *d);
/* Puts a barrier in front of a command with these accesses, if one is needed. */
void vulkan_order(nm_vulkan *d, int n, const vulkan_access *accesses);
/* Counts a command that took about `cost` simple operations; submits when enough has gathered. */
nm_status vulkan_recorded(nm_vulkan *d, uint64_t cost);

nm_status vulkan_flush(nm_vulkan *d);
/* Waits until submission `value` is done, submitting it first if need be. */
nm_status vulkan_wait(nm_vulkan *d, uint64_t value);
nm_status vulkan_wait_all(nm_vulkan *d);
uint64_t vulkan_completed(nm_vulkan *d); /* the last submission that is done */
uint64_t
vulkan_recording(const nm_vulkan *d); /* the number that the one being recorded will have */

#endif
