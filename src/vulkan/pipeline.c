/* pipeline.c: making, finding and keeping pipelines. */
#include "vulkan/vulkan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a, over 64-bit steps where there are enough bytes */
static uint64_t hash_bytes(const void *data, size_t n) {
  const uint8_t *p = data;
  uint64_t h = 0xcbf29ce484222325u;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t w;
    memcpy(&w, p, 8);
    h = (h ^ w) * 0x100000001b3u;
    h ^= h >> 29;
  }
  for (; n; p++, n--) h = (h ^ *p) * 0x100000001b3u;
  return h ^ h >> 32;
}

/* ---- the cache on disk ---- */

typedef struct cache_header { /* in front of what the driver gave */
  char magic[8];
  uint64_t size, hash;
} cache_header;
static const char cache_magic[8] = "numoon1";

/* The path of this device's file, with the folders made if `make`; false if nothing is to be kept.
 */
static bool cache_path(nm_vulkan *d, bool make, char *path, size_t size) {
  const char *own = getenv("NUMOON_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  char folder[512];
  int n;
  if (own && !strcmp(own, "off")) return false;
  if (own && *own)
    n = snprintf(folder, sizeof folder, "%s", own);
  else if (xdg && *xdg == '/')
    n = snprintf(folder, sizeof folder, "%s/numoon", xdg);
  else if (home && *home == '/')
    n = snprintf(folder, sizeof folder, "%s/.cache/numoon", home);
  else
    return false;
  if (n < 0 || (size_t)n >= sizeof folder) return false;
  for (char *p = folder + 1; make && *p; p++) {
    if (*p != '/') continue;
    *p = 0;
    mkdir(folder, 0700); /* what is there already stays */
    *p = '/';
  }
  if (make && mkdir(folder, 0700) && errno != EEXIST) return false;
  char id[2 * VK_UUID_SIZE + 1];
  for (uint32_t i = 0; i < VK_UUID_SIZE; i++)
    snprintf(id + 2 * i, 3, "%02x", d->properties.pipelineCacheUUID[i]);
  n = snprintf(path, size, "%s/%s-%08x-%08x.pipelines", folder, id, d->properties.deviceID,
               d->properties.driverVersion);
  return n > 0 && (size_t)n < size;
}

/* The driver's bytes, to be freed; NULL if there are none in order. */
static void *cache_read(nm_vulkan *d, size_t *size) {
  char path[1024];
  if (!cache_path(d, false, path, sizeof path)) return NULL;
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  cache_header h;
  void *data = NULL;
  if (fread(&h, sizeof h, 1, f) == 1 && !memcmp(h.magic, cache_magic, 8) && h.size < (256u << 20)) {
    data = malloc(h.size ? h.size : 1);
    if (data && (fread(data, 1, h.size, f) != h.size || hash_bytes(data, h.size) != h.hash)) {
      free(data);
      data = NULL;
    }
    *size = h.size;
  }
  fclose(f);
  return data;
}

/* Written beside and renamed, so that a reader sees all of it or none.  Failing is no error. */
static void cache_write(nm_vulkan *d) {
  char path[1024], beside[1064];
  size_t size = 0;
  if (!d->pipelines.changed || d->base.lost || !cache_path(d, true, path, sizeof path)) return;
  if (d->vk.GetPipelineCacheData(d->device, d->pipelines.cache, &size, NULL) != VK_SUCCESS || !size)
    return;
  void *data = malloc(size);
  if (!data) return;
  if (d->vk.GetPipelineCacheData(d->device, d->pipelines.cache, &size, data) == VK_SUCCESS) {
    cache_header h = {.size = size, .hash = hash_bytes(data, size)};
    memcpy(h.magic, cache_magic, 8);
    snprintf(beside, sizeof beside, "%s.%ld-%p", path, (long)getpid(), (void *)d);
    FILE *f = fopen(beside, "wb");
    bool good = f && fwrite(&h, sizeof h, 1, f) == 1 && fwrite(data, 1, size, f) == size;
    if (f && fclose(f)) good = false;
    if (f && (!good || rename(beside, path))) remove(beside);
  }
  free(data);
}

nm_status vulkan_pipelines_open(nm_vulkan *d) {
  VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, VULKAN_PUSH_WORDS * 4};
  VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                     .pushConstantRangeCount = 1,
                                     .pPushConstantRanges = &range};
  NM_TRY(vulkan_check(d, d->vk.CreatePipelineLayout(d->device, &info, NULL, &d->pipelines.layout),
                      "vkCreatePipelineLayout"));
  size_t size = 0;
  void *data = cache_read(d, &size);
  VkPipelineCacheCreateInfo cache = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                     .initialDataSize = data ? size : 0,
                                     .pInitialData = data};
  VkResult r = d->vk.CreatePipelineCache(d->device, &cache, NULL, &d->pipelines.cache);
  free(data);
  return vulkan_check(d, r, "vkCreatePipelineCache");
}

/* ---- the cache in memory ---- */

static void unlink_age(vulkan_pipelines *c, vulkan_pipeline *p) {
  if (p->newer)
    p->newer->older = p->older;
  else
    c->newest = p->older;
  if (p->older)
    p->older->newer = p->newer;
  else
    c->oldest = p->newer;
}

static void link_newest(vulkan_pipelines *c, vulkan_pipeline *p) {
  p->newer = NULL;
  p->older = c->newest;
  if (p->older)
    p->older->newer = p;
  else
    c->oldest = p;
  c->newest = p;
}

static void drop(nm_vulkan *d, vulkan_pipeline *p) {
  vulkan_pipelines *c = &d->pipelines;
  vulkan_pipeline **at = &c->buckets[p->hash % VULKAN_BUCKETS];
  while (*at != p) at = &(*at)->chain;
  *at = p->chain;
  unlink_age(c, p);
  c->count--;
  if (d->stream.bound == p->pipeline) d->stream.bound = VK_NULL_HANDLE;
  d->vk.DestroyPipeline(d->device, p->pipeline, NULL);
  free(p);
}

void vulkan_pipelines_close(nm_vulkan *d) {
  while (d->pipelines.newest) drop(d, d->pipelines.newest);
  if (d->pipelines.cache) {
    cache_write(d);
    d->vk.DestroyPipelineCache(d->device, d->pipelines.cache, NULL);
  }
  if (d->pipelines.layout) d->vk.DestroyPipelineLayout(d->device, d->pipelines.layout, NULL);
}

vulkan_pipeline *vulkan_pipeline_find(nm_vulkan *d, const void *key, size_t size) {
  vulkan_pipelines *c = &d->pipelines;
  uint64_t hash = hash_bytes(key, size);
  for (vulkan_pipeline *p = c->buckets[hash % VULKAN_BUCKETS]; p; p = p->chain) {
    if (p->hash != hash || p->key_size != size || memcmp(p->key, key, size)) continue;
    if (p != c->newest) {
      unlink_age(c, p);
      link_newest(c, p);
    }
    return p;
  }
  return NULL;
}

static nm_status create(nm_vulkan *d, const uint32_t *words, size_t count, int nspec,
                        const uint32_t *spec, VkPipeline *out) {
  VkShaderModuleCreateInfo code = {
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = count * 4, .pCode = words};
  VkShaderModule module;
  NM_TRY(vulkan_check(d, d->vk.CreateShaderModule(d->device, &code, NULL, &module),
                      "vkCreateShaderModule"));
  VkSpecializationMapEntry entries[VULKAN_MAX_SPEC];
  for (int i = 0; i < nspec; i++)
    entries[i] = (VkSpecializationMapEntry){(uint32_t)i, (uint32_t)i * 4, 4};
  VkSpecializationInfo constants = {(uint32_t)nspec, entries, (size_t)nspec * 4, spec};
  VkComputePipelineCreateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .layout = d->pipelines.layout,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = module,
                .pName = "main",
                .pSpecializationInfo = nspec ? &constants : NULL}};
  VkResult r = d->vk.CreateComputePipelines(d->device, d->pipelines.cache, 1, &info, NULL, out);
  d->vk.DestroyShaderModule(d->device, module, NULL);
  return vulkan_check(d, r, "vkCreateComputePipelines");
}

nm_status vulkan_pipeline_new(nm_vulkan *d, const void *key, size_t size, const uint32_t *words,
                              size_t count, int nspec, const uint32_t *spec,
                              vulkan_pipeline **out) {
  vulkan_pipelines *c = &d->pipelines;
  if (c->count >= VULKAN_PIPELINES) {
    NM_TRY(vulkan_wait(d, c->oldest->last_use));
    drop(d, c->oldest);
  }
  vulkan_pipeline *p = malloc(sizeof *p + size);
  if (!p) return nm__error(d->base.ctx, NM_ENOMEM, "out of memory");
  *p = (vulkan_pipeline){.hash = hash_bytes(key, size), .key_size = (uint32_t)size};
  memcpy(p->key, key, size);
  nm_status status = create(d, words, count, nspec, spec, &p->pipeline);
  if (status != NM_OK) {
    free(p);
    return status;
  }
  c->changed = true;
  c->count++;
  vulkan_pipeline **bucket = &c->buckets[p->hash % VULKAN_BUCKETS];
  p->chain = *bucket;
  *bucket = p;
  link_newest(c, p);
  *out = p;
  return NM_OK;
}

nm_status vulkan_kernel(nm_vulkan *d, nm_shader shader, int nspec, const uint32_t *spec,
                        vulkan_pipeline **out) {
  /* Keys of programs start with a byte that is never 255; see run.c. */
  uint32_t key[1 + VULKAN_MAX_SPEC] = {0xff000000u | 255u | (uint32_t)shader << 8};
  memcpy(key + 1, spec, (size_t)nspec * 4);
  size_t size = (size_t)(1 + nspec) * 4;
  *out = vulkan_pipeline_find(d, key, size);
  if (*out) return NM_OK;
  const nm_shader_words *s = &nm__shaders[shader];
  return vulkan_pipeline_new(d, key, size, s->words, s->count, nspec, spec, out);
}

void vulkan_dispatch(nm_vulkan *d, VkCommandBuffer cmd, vulkan_pipeline *p, const void *push,
                     uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z) {
  if (d->stream.bound != p->pipeline) {
    d->vk.CmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, p->pipeline);
    d->stream.bound = p->pipeline;
  }
  d->vk.CmdPushConstants(cmd, d->pipelines.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes,
                         push);
  d->vk.CmdDispatch(cmd, x, y, z);
  p->last_use = vulkan_recording(d);
}
