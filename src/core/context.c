/* context.c: opening and closing contexts, their devices, errors and struct pools. */
#include "core/context.h"
#include "core/philox.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

nm_context *nm_open(void) {
  nm_context *ctx = calloc(1, sizeof *ctx);
  if (!ctx) return NULL;
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  ctx->num_threads = cores > 0 ? (int)cores : 1;
  ctx->fusion = ctx->grad_enabled = true;
  ctx->default_dtype = NM_FLOAT32;
  ctx->seed = 67280421310721u; /* PyTorch's default seed: runs are repeatable until one is set */
  if (nm__cpu_open(ctx, &ctx->cpu) != NM_OK) {
    free(ctx);
    return NULL;
  }
  ctx->default_device = ctx->cpu;
  return ctx;
}

void nm_close(nm_context *ctx) {
  for (int i = 0; i < NM_MAX_DEVICES; i++)
    if (ctx->vulkan[i]) ctx->vulkan[i]->cls->close(ctx->vulkan[i]);
  ctx->cpu->cls->close(ctx->cpu);
  for (int k = 0; k < NM_POOLED; k++) {
    void *p = ctx->pool[k];
    while (p) {
      void *next;
      memcpy(&next, p, sizeof next);
      free(p);
      p = next;
    }
  }
  free(ctx->temps.list);
  free(ctx);
}

nm_status nm__error(nm_context *ctx, nm_status code, const char *format, ...) {
  va_list ap;
  int n = 0;
  if (ctx->applying) n = snprintf(ctx->message, sizeof ctx->message, "%s: ", ctx->applying);
  va_start(ap, format);
  vsnprintf(ctx->message + n, sizeof ctx->message - (size_t)n, format, ap);
  va_end(ap);
  return ctx->status = code;
}

const char *nm_message(const nm_context *ctx) { return ctx->message; }

void nm_set_num_threads(nm_context *ctx, int n) { ctx->num_threads = n < 1 ? 1 : n; }
int nm_get_num_threads(const nm_context *ctx) { return ctx->num_threads; }

bool nm_set_grad_enabled(nm_context *ctx, bool on) {
  bool was = ctx->grad_enabled;
  ctx->grad_enabled = on && !ctx->inference;
  return was;
}

bool nm_set_inference_mode(nm_context *ctx, bool on) {
  bool was = ctx->inference;
  ctx->inference = on;
  if (on) ctx->grad_enabled = false;
  return was;
}

void nm_manual_seed(nm_context *ctx, uint64_t seed) {
  ctx->seed = seed;
  ctx->counter = 0;
}

uint64_t nm__random_counter(nm_context *ctx, int64_t n) {
  uint64_t first = ctx->counter;
  ctx->counter += nm__philox_blocks(n);
  return first;
}

nm_status nm__device_get(nm_context *ctx, const char *name, nm_device **out) {
  if (!name) return *out = ctx->default_device, NM_OK;
  if (!strcmp(name, "cpu")) return *out = ctx->cpu, NM_OK;
  if (strncmp(name, "vulkan", 6) || (name[6] && name[6] != ':'))
    return nm__error(ctx, NM_EINVAL,
                     "no device '%s': devices are \"cpu\", \"vulkan\" and \"vulkan:1\"", name);
  char *end = NULL;
  long index = name[6] ? strtol(name + 7, &end, 10) : 0;
  if (end && (*end || end == name + 7 || index < 0 || index >= NM_MAX_DEVICES))
    return nm__error(ctx, NM_EINVAL,
                     "no device '%s': the number is that of vulkaninfo's GPU, 0 to %d", name,
                     NM_MAX_DEVICES - 1);
  if (!ctx->vulkan[index]) {
#ifdef NUMOON_VULKAN
    NM_TRY(nm__vulkan_open(ctx, (int)index, &ctx->vulkan[index]));
#else
    return nm__error(ctx, NM_ENOTSUP, "device '%s': this module was built without Vulkan", name);
#endif
  }
  *out = ctx->vulkan[index];
  return NM_OK;
}
