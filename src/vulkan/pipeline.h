/* pipeline.h: compute pipelines, found by a key of bytes; one layout for all, 128 bytes of push
 * constants.
 *
 * The cache is bounded; the pipeline that was used longest ago goes first.  What the driver
 * compiled is kept on disk between runs: $NUMOON_CACHE, else $XDG_CACHE_HOME/numoon, else
 * ~/.cache/numoon; NUMOON_CACHE=off keeps nothing.  A file that is not in order is ignored. */
#ifndef NM_VULKAN_PIPELINE_H
#define NM_VULKAN_PIPELINE_H

#include "vulkan/memory.h"
#include "vulkan/shader.h"

enum {
  VULKAN_PUSH_WORDS = 32,
  VULKAN_PIPELINES = 1024,
  VULKAN_BUCKETS = 2048,
  VULKAN_MAX_SPEC = 8
};

typedef struct vulkan_pipeline {
  VkPipeline pipeline;
  struct vulkan_pipeline *chain; /* of its bucket */
  struct vulkan_pipeline *newer, *older;
  uint64_t hash, last_use;
  uint32_t key_size;
  uint8_t key[];
} vulkan_pipeline;

typedef struct vulkan_pipelines {
  VkPipelineLayout layout;
  VkPipelineCache cache;
  bool changed; /* since it was read from disk */
  int count;
  vulkan_pipeline *newest, *oldest;
  vulkan_pipeline *buckets[VULKAN_BUCKETS];
} vulkan_pipelines;

nm_status vulkan_pipelines_open(nm_vulkan *d);
void vulkan_pipelines_close(nm_vulkan *d);

/* The pipeline with this key, or NULL. */
vulkan_pipeline *vulkan_pipeline_find(nm_vulkan *d, const void *key, size_t size);
/* Makes it, from SPIR-V whose entry point is main; spec: the values of the constant ids 0 to
 * nspec-1. */
nm_status vulkan_pipeline_new(nm_vulkan *d, const void *key, size_t size, const uint32_t *words,
                              size_t count, int nspec, const uint32_t *spec, vulkan_pipeline **out);
/* One of the shaders made at build time. */
nm_status vulkan_kernel(nm_vulkan *d, nm_shader shader, int nspec, const uint32_t *spec,
                        vulkan_pipeline **out);

/* Records a dispatch into what vulkan_begin gave; to be followed by vulkan_recorded. */
void vulkan_dispatch(nm_vulkan *d, VkCommandBuffer cmd, vulkan_pipeline *p, const void *push,
                     uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z);

#endif
