/* context.h: what a context holds.  One thread at a time uses a context and everything made in it.
 */
#ifndef NM_CONTEXT_H
#define NM_CONTEXT_H

#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "core/error.h"

enum { NM_MAX_DEVICES = 8 };
enum { NM_LINE = 64, NM_POOLED = 16 }; /* structs up to NM_POOLED lines are kept for reuse */

typedef struct nm_temps { /* tensors to release when a scope of C code ends, see tensor.h */
  nm_tensor **list;
  int n, capacity;
} nm_temps;

struct nm_context {
  char message[768];
  const char *applying; /* the op that was called from outside: messages begin with it */
  nm_status status;     /* of the last failure */
  int num_threads;
  bool fusion;
  bool
      records_short; /* also what would be computed at once because it is short, see fuse/short.c */
  bool grad_enabled, inference; /* inference: what is made is never tracked */
  nm_anomaly anomaly;
  char blamed[192]; /* with anomaly detection: "sqrt was called at a.lua:3", of what failed */
  int hooking;      /* hooks that are running: their lists stay as they are */
  int base;         /* what index values and positions in messages count from: 0, for Lua 1 */
  nm_dtype default_dtype;
  uint64_t seed, counter; /* the random stream: philox key and the next block */
  nm_device *cpu, *vulkan[NM_MAX_DEVICES], *default_device;
  size_t debt;           /* bytes taken since the host's collector was last told */
  uint64_t sequence;     /* of tape nodes, in order of creation */
  uint32_t epoch;        /* of program builds: marks in values are valid for one */
  size_t structs;        /* bytes of values, storages, tensors and tape nodes in use */
  void *pool[NM_POOLED]; /* free structs by their size in lines, linked through their first word */
  nm_temps temps;
  const struct nm_op *known[128]; /* ops that C code applies, see nm__known */
  nm_program program;    /* the one that is being built; a build never starts inside another */
  struct nm_node *dying; /* tape nodes to free, see autograd/node.c */
  bool reaping;
  int ngenerators;
};

/* Names what messages begin with, unless a caller has; end with what this returned. */
static inline const char *nm__begin(nm_context *ctx, const char *name) {
  const char *outer = ctx->applying;
  if (!outer) ctx->applying = name;
  return outer;
}
static inline nm_status nm__end(nm_context *ctx, const char *outer, nm_status s) {
  ctx->applying = outer;
  return s;
}

/* The first of the philox counters for a random tensor of n elements, which are used up. */
uint64_t nm__random_counter(nm_context *ctx, int64_t n);

/* A struct from a free list or from malloc, contents undefined; NULL when out of memory. */
static inline void *nm__struct_new(nm_context *ctx, size_t size) {
  size_t k = (size - 1) / NM_LINE;
  void *p = k < NM_POOLED ? ctx->pool[k] : NULL;
  if (p)
    memcpy(&ctx->pool[k], p, sizeof p);
  else if (!(p = malloc((k + 1) * NM_LINE)))
    return NULL;
  ctx->debt += size;
  ctx->structs += size;
  return p;
}
static inline void nm__struct_free(nm_context *ctx, void *p, size_t size) {
  size_t k = (size - 1) / NM_LINE;
  ctx->structs -= size;
  if (k >= NM_POOLED) {
    free(p);
    return;
  }
  memcpy(p, &ctx->pool[k], sizeof p);
  ctx->pool[k] = p;
}

/* Finds or opens a device by name ("cpu", "vulkan", "vulkan:1"); NULL is the default device. */
nm_status nm__device_get(nm_context *ctx, const char *name, nm_device **out);
/* Allocates on a device; when it is full, drops the caches and tries once more. */
static inline nm_status nm__mem_alloc(nm_device *dev, size_t bytes, nm_mem *out) {
  NM_TRY(dev->cls->alloc(dev, bytes, out));
  dev->ctx->debt += bytes;
  return NM_OK;
}

#endif
