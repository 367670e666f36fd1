/* mask.c: elements kept where a mask is true.  The mask is cut into chunks; one pass counts what is
 * true in each, so that the second knows where its elements go. */
#include "cpu/cpu.h"

enum { CHUNK = 16 * 1024 };

typedef struct compress_job {
  const nm_isa *isa;
  const uint8_t *mask;
  const char *x; /* NULL: positions */
  char *y;
  int64_t n, size;
  int64_t *first; /* for each chunk, first how many it has, then where they begin; and the end */
} compress_job;

static int64_t chunk_length(const compress_job *c, int64_t task) {
  int64_t left = c->n - task * CHUNK;
  return left < CHUNK ? left : CHUNK;
}

static void count_work(void *arg, nm_job *job, int worker) {
  const compress_job *c = arg;
  int64_t task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0)
    c->first[task] = c->isa->count_true(chunk_length(c, task), c->mask + task * CHUNK);
}

static void compress_work(void *arg, nm_job *job, int worker) {
  const compress_job *c = arg;
  nm_compress_loop *loop = c->isa->compress[__builtin_ctz((unsigned)c->size)];
  int64_t task;
  (void)worker;
  while ((task = nm__next_task(job)) >= 0) {
    int64_t start = task * CHUNK, n = chunk_length(c, task), first = c->first[task],
            many = c->first[task + 1] - first;
    char *y = c->y + first * c->size;
    if (c->x)
      loop(n, many, c->mask + start, c->x + start * c->size, y);
    else
      c->isa->positions(n, many, c->mask + start, start, (int64_t *)(void *)y);
  }
}

nm_status nm__cpu_compress(nm_device *dev, const nm_view *x, const nm_view *mask, nm_mem *out,
                           int64_t *n) {
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_mem firsts;
  compress_job c = {.isa = cpu->isa, .n = 1, .mask = (uint8_t *)mask->mem->ptr + mask->offset};
  for (int d = 0; d < mask->ndim; d++) c.n *= mask->shape[d];
  c.size = x ? (int64_t)nm__dtype_size(x->dtype) : (int64_t)sizeof(int64_t);
  if (x) c.x = (char *)x->mem->ptr + x->offset * c.size;
  int64_t tasks = (c.n + CHUNK - 1) / CHUNK, total = 0;
  NM_TRY(nm__mem_alloc(dev, (size_t)(tasks + 1) * sizeof *c.first, &firsts));
  c.first = firsts.ptr;
  nm__parallel(cpu, nm__workers(cpu, tasks, (double)c.n / 8), tasks, count_work, &c);
  for (int64_t t = 0; t < tasks; t++) {
    int64_t many = c.first[t];
    c.first[t] = total;
    total += many;
  }
  c.first[tasks] = *n = total;
  nm_status s = nm__mem_alloc(dev, (size_t)(total * c.size), out);
  if (s == NM_OK) {
    c.y = out->ptr;
    nm__parallel(cpu, nm__workers(cpu, tasks, (double)c.n * 2), tasks, compress_work, &c);
  }
  dev->cls->release(dev, &firsts);
  return s;
}
