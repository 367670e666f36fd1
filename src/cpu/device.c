/* device.c: opening the CPU device, its table, and the choice of an instruction set. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/cpu.h"

/* How far this processor (and system) goes: 0 baseline, 1 x86-64-v3, 2 x86-64-v4. */
static int processor_level(void) {
#if defined(__x86_64__) && defined(__GNUC__)
#define HAS(feature) __builtin_cpu_supports(feature)
  __builtin_cpu_init();
  if (!(HAS("avx2") && HAS("fma") && HAS("bmi2"))) return 0; /* who has these has F16C and LZCNT */
  return HAS("avx512f") && HAS("avx512bw") && HAS("avx512cd") && HAS("avx512dq") && HAS("avx512vl")
             ? 2
             : 1;
#undef HAS
#else
  return 0;
#endif
}

/* The best loops that can run here; NUMOON_CPU lowers the choice, for tests:
 * sse2, avx2 or avx512 on x86-64, neon on AArch64. */
static const nm_isa *choose_isa(void) {
  const nm_isa *level[] = {nm__isa_baseline(), nm__isa_avx2(), nm__isa_avx512()};
  const nm_isa *best = level[0];
  const char *wish = getenv("NUMOON_CPU");
  for (int i = 0; i <= processor_level(); i++) {
    if (!level[i]) continue;
    best = level[i];
    if (wish && !strcmp(wish, best->name)) break;
  }
  return best;
}

static void cpu_close(nm_device *dev) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm__team_close(cpu);
  nm__cpu_pool_close(cpu);
  for (int w = 0; w < NM_MAX_THREADS; w++) free(cpu->scratch[w]);
  free(cpu);
}

static nm_status cpu_read(nm_device *dev, const nm_mem *mem, size_t offset, size_t bytes,
                          void *to) {
  (void)dev;
  if (bytes) memcpy(to, (const char *)mem->ptr + offset, bytes);
  return NM_OK;
}

static nm_status cpu_write(nm_device *dev, const nm_mem *mem, size_t offset, size_t bytes,
                           const void *from) {
  (void)dev;
  if (bytes) memcpy((char *)mem->ptr + offset, from, bytes);
  return NM_OK;
}

static nm_status cpu_sync(nm_device *dev) {
  (void)dev;
  return NM_OK;
}

static bool cpu_holds(nm_device *dev, nm_dtype dtype, const char **missing_feature) {
  (void)dev, (void)dtype;
  *missing_feature = NULL;
  return true;
}

static nm_loop *cpu_loop(nm_device *dev, nm_opcode op, nm_class cls) {
  return nm__ew_loop(((nm_cpu *)dev)->isa, op, cls);
}

static const nm_device_class cpu_class = {
    .name = "cpu",
    .fuses_reductions = true,
    .reduces_pairs = true,
    .nests_batches = true,
    .close = cpu_close,
    .alloc = nm__cpu_alloc,
    .release = nm__cpu_release,
    .read = cpu_read,
    .write = cpu_write,
    .sync = cpu_sync,
    .holds = cpu_holds,
    .run = nm__cpu_run,
    .loop = cpu_loop,
    .reduce = nm__cpu_reduce,
    .matmul = nm__cpu_matmul,
    .softmax = nm__cpu_softmax,
    .softmax_of = nm__cpu_softmax_of,
    .rows = nm__cpu_rows,
    .reverse = nm__cpu_reverse,
    .place = nm__cpu_place,
    .gather = nm__cpu_gather,
    .scatter = nm__cpu_scatter,
    .compress = nm__cpu_compress,
    .conv = nm__cpu_conv,
    .pool = nm__cpu_pool,
    .scan = nm__cpu_scan,
    .sort = nm__cpu_sort,
    .search = nm__cpu_search,
};

/* Bytes of a core's second cache; a guess where the system doesn't say. */
static size_t second_cache(void) {
#if defined(_SC_LEVEL2_CACHE_SIZE)
  long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes > 0) return (size_t)bytes;
#endif
  return (size_t)512 << 10;
}

nm_status nm__cpu_open(nm_context *ctx, nm_device **out) {
  nm_cpu *cpu = calloc(1, sizeof *cpu);
  if (!cpu) return nm__error(ctx, NM_ENOMEM, "out of memory: the cpu device");
  cpu->dev = (nm_device){.cls = &cpu_class, .ctx = ctx, .name = "cpu"};
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  size_t memory = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : (size_t)4 << 30;
  cpu->dev.cache_limit = memory / 4;
  cpu->most = memory * 2;
  cpu->cache = second_cache();
  cpu->isa = choose_isa();
  *out = &cpu->dev;
  return NM_OK;
}
