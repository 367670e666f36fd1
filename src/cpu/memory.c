/* memory.c: the allocator of CPU tensors.  Freed memory is kept and given out again, because the
 * first touch of a fresh page costs thirty times what computing an element does.
 *
 * Up to SMALL_MAX bytes there are size classes: multiples of 64 up to 1 KiB, then four to a
 * doubling, each with a free list linked through the blocks.  The class follows from the size that
 * was asked for, so blocks have no header.  Above, blocks are whole pages, kept in the order of
 * their release; one is used again for a request that it fits closely, and the oldest go when more
 * than cache_limit is kept. A device belongs to one thread, so nothing is locked. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/cpu.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) __asan_poison_memory_region(p, n) /* so that use after release is seen */
#define SHOW(p, n) __asan_unpoison_memory_region(p, n)
#else
#define HIDE(p, n) ((void)0)
#define SHOW(p, n) ((void)0)
#endif

enum { ALIGN = 64, LINEAR = 16, PAGE = 4096, HUGE_PAGE = 2 << 20 };
#define SMALL_MAX ((size_t)ALIGN * LINEAR << ((NM_SMALL_CLASSES - LINEAR) / 4)) /* 4 MiB */

/* The class of a size, 1 <= bytes <= SMALL_MAX, and the capacity of its blocks. */
static int class_of(size_t bytes, size_t *capacity) {
  size_t lines = (bytes + ALIGN - 1) / ALIGN;
  if (lines <= LINEAR) {
    *capacity = lines * ALIGN;
    return (int)lines - 1;
  }
  int shift =
      63 - __builtin_clzll((unsigned long long)(lines - 1)) - 2; /* of a quarter of the doubling */
  size_t quarter = (lines - 1) >> shift;                         /* 4 .. 7 */
  *capacity = ((quarter + 1) << shift) * ALIGN;
  return LINEAR + (shift - 2) * 4 + (int)quarter - 4;
}

static void *fresh(nm_cpu *cpu, size_t capacity) {
  if (capacity > cpu->most) return NULL; /* the system might promise it and kill us for using it */
  size_t align = capacity >= HUGE_PAGE ? HUGE_PAGE : ALIGN;
  void *p = NULL;
  if (posix_memalign(&p, align, capacity)) {
    nm__cpu_trim(cpu, 0);
    if (posix_memalign(&p, align, capacity)) return NULL;
  }
#if defined(MADV_HUGEPAGE)
  if (capacity >= HUGE_PAGE) madvise(p, capacity, MADV_HUGEPAGE);
#endif
  return p;
}

/* The newest kept block that fits a request of `capacity` bytes closely; NULL if there is none. */
static void *reuse_big(nm_cpu *cpu, size_t *capacity) {
  nm_pool *pool = &cpu->pool;
  for (int i = pool->nbig - 1; i >= 0; i--) {
    nm_block b = pool->big[i];
    if (b.capacity < *capacity || b.capacity > *capacity + *capacity / 8 + 2 * PAGE) continue;
    memmove(&pool->big[i], &pool->big[i + 1], (size_t)(pool->nbig - 1 - i) * sizeof b);
    pool->nbig--;
    cpu->dev.cached -= b.capacity;
    *capacity = b.capacity;
    return b.ptr;
  }
  return NULL;
}

static void *take(nm_cpu *cpu, size_t bytes, size_t *capacity) {
  void *p;
  if (bytes <= SMALL_MAX) {
    void **list = &cpu->pool.small[class_of(bytes ? bytes : 1, capacity)];
    p = *list;
    if (!p) return fresh(cpu, *capacity);
    SHOW(p, *capacity);
    memcpy(list, p, sizeof p);
    cpu->dev.cached -= *capacity;
    return p;
  }
  *capacity = bytes < SIZE_MAX - PAGE ? (bytes + PAGE - 1) / PAGE * PAGE : SIZE_MAX;
  p = reuse_big(cpu, capacity);
  if (!p) return fresh(cpu, *capacity);
  SHOW(p, *capacity);
  return p;
}

static inline void hand_out(nm_device *dev, void *p, size_t bytes, size_t capacity, nm_mem *out) {
  dev->live += capacity;
  if (dev->live > dev->peak) dev->peak = dev->live;
  *out = (nm_mem){.ptr = p, .size = bytes, .handle = (void *)(uintptr_t)capacity};
}

NM_APART static nm_status alloc(nm_device *dev, size_t bytes, nm_mem *out) {
  size_t capacity;
  void *p = take((nm_cpu *)dev, bytes, &capacity);
  if (!p)
    return nm__error(dev->ctx, NM_ENOMEM, "out of memory: %zu bytes on cpu, where %zu are in use",
                     bytes, dev->live);
  hand_out(dev, p, bytes, capacity, out);
  return NM_OK;
}

/* A kept block of the smallest classes is handed out here: for small tensors this is half of what
 * they cost. */
nm_status nm__cpu_alloc(nm_device *dev, size_t bytes, nm_mem *out) {
  size_t line = (bytes - 1) / ALIGN; /* of 0 bytes: beyond all */
  void **list = &((nm_cpu *)dev)->pool.small[line < LINEAR ? line : 0], *p = *list;
  if (line >= LINEAR || !p) return alloc(dev, bytes, out);
  SHOW(p, (line + 1) * ALIGN);
  memcpy(list, p, sizeof p);
  dev->cached -= (line + 1) * ALIGN;
  hand_out(dev, p, bytes, (line + 1) * ALIGN, out);
  return NM_OK;
}

static bool keep_big(nm_pool *pool, void *p, size_t capacity) {
  if (pool->nbig == pool->big_capacity) {
    int n = pool->big_capacity ? 2 * pool->big_capacity : 16;
    nm_block *big = realloc(pool->big, (size_t)n * sizeof *big);
    if (!big) return false;
    pool->big = big;
    pool->big_capacity = n;
  }
  pool->big[pool->nbig++] = (nm_block){p, capacity};
  return true;
}

static inline void keep_small(nm_cpu *cpu, int class, void *p) {
  void **list = &cpu->pool.small[class];
  memcpy(p, list, sizeof *list);
  *list = p;
}

NM_APART static void release(nm_device *dev, nm_mem *mem, size_t capacity) {
  nm_cpu *cpu = (nm_cpu *)dev;
  size_t same;
  if (mem->size <= SMALL_MAX) {
    keep_small(cpu, class_of(mem->size ? mem->size : 1, &same), mem->ptr);
  } else if (!keep_big(&cpu->pool, mem->ptr, capacity)) {
    free(mem->ptr);
    capacity = 0;
  }
  if (capacity) HIDE(mem->ptr, capacity);
  dev->cached += capacity;
  mem->ptr = NULL;
  if (dev->cached > dev->cache_limit) nm__cpu_trim(cpu, dev->cache_limit);
}

void nm__cpu_release(nm_device *dev, nm_mem *mem) {
  size_t capacity = (size_t)(uintptr_t)mem->handle, cached = dev->cached + capacity;
  if (!mem->ptr) return;
  dev->live -= capacity;
  if (capacity > LINEAR * ALIGN || cached > dev->cache_limit) return release(dev, mem, capacity);
  keep_small((nm_cpu *)dev, (int)(capacity / ALIGN) - 1, mem->ptr);
  HIDE(mem->ptr, capacity);
  dev->cached = cached;
  mem->ptr = NULL;
}

void nm__cpu_trim(nm_cpu *cpu, size_t limit) {
  nm_pool *pool = &cpu->pool;
  int gone = 0;
  for (; gone < pool->nbig && cpu->dev.cached > limit; gone++) {
    SHOW(pool->big[gone].ptr, pool->big[gone].capacity);
    free(pool->big[gone].ptr);
    cpu->dev.cached -= pool->big[gone].capacity;
  }
  pool->nbig -= gone;
  if (gone) memmove(pool->big, pool->big + gone, (size_t)pool->nbig * sizeof *pool->big);
  for (int c = NM_SMALL_CLASSES - 1; c >= 0; c--) { /* few large ones rather than many small ones */
    while (pool->small[c] && cpu->dev.cached > limit) {
      void *p = pool->small[c];
      size_t capacity = c < LINEAR
                            ? (size_t)(c + 1) * ALIGN
                            : (size_t)((c - LINEAR) % 4 + 5) * ALIGN << ((c - LINEAR) / 4 + 2);
      SHOW(p, capacity);
      memcpy(&pool->small[c], p, sizeof p);
      free(p);
      cpu->dev.cached -= capacity;
    }
  }
}

void nm__cpu_pool_close(nm_cpu *cpu) {
  nm__cpu_trim(cpu, 0);
  free(cpu->pool.big);
}
