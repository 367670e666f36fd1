/* openblas.c: OpenBLAS called from C, by the names of the benchmark's cases.
 *
 * openblas [=NAME ...] prints a line for each case, or for those that are named; --list names them
 * all, --info says which OpenBLAS this is.  Results go into memory that is there before. */
#include "limit.h"
#include <cblas.h>
#include <stdint.h>
#include <string.h>

enum kind { F32, F64, F32_BT, GEMV, GEMV_T };

struct problem {
  const char *name;
  enum kind kind;
  int batch, m, n, k; /* a matrix times a vector: n is 1 */
  int calls;          /* in one sample */
  void *a, *b, *c;
};

static const struct problem problems[] = {
    {.name = "matmul_64", F32, 1, 64, 64, 64},
    {.name = "matmul_128", F32, 1, 128, 128, 128},
    {.name = "matmul_256", F32, 1, 256, 256, 256},
    {.name = "matmul_512", F32, 1, 512, 512, 512},
    {.name = "matmul_1024", F32, 1, 1024, 1024, 1024},
    {.name = "matmul_2048", F32, 1, 2048, 2048, 2048},
    {.name = "matmul_f64_1024", F64, 1, 1024, 1024, 1024},
    {.name = "matmul_bt_1024", F32_BT, 1, 1024, 1024, 1024},
    {.name = "bmm_32x128x128", F32, 32, 128, 128, 128},
    {.name = "matvec_4096", GEMV, 1, 4096, 1, 4096},
    {.name = "matvec_t_4096", GEMV_T, 1, 4096, 1, 4096},
    {.name = "matmul_tall_100000x64x64", F32, 1, 100000, 64, 64},
};
enum { PROBLEMS = sizeof problems / sizeof *problems };

static void multiply(const struct problem *p, int i) {
  const float *a = (float *)p->a + (size_t)i * p->m * p->k;
  const float *b = (float *)p->b + (size_t)i * p->k * p->n;
  float *c = (float *)p->c + (size_t)i * p->m * p->n;
  switch (p->kind) {
  case F32:
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->m, p->n, p->k, 1, a, p->k, b, p->n, 0,
                c, p->n);
    break;
  case F32_BT:
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, p->m, p->n, p->k, 1, a, p->k, b, p->k, 0,
                c, p->n);
    break;
  case F64:
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, p->m, p->n, p->k, 1, p->a, p->k, p->b,
                p->n, 0, p->c, p->n);
    break;
  case GEMV:
  case GEMV_T:
    cblas_sgemv(CblasRowMajor, p->kind == GEMV ? CblasNoTrans : CblasTrans, p->m, p->k, 1, a, p->k,
                b, 1, 0, c, 1);
    break;
  }
}

static void work(void *context, int thread, int threads) {
  const struct problem *p = context;
  (void)thread, (void)threads;
  for (int call = 0; call < p->calls; call++)
    for (int i = 0; i < p->batch; i++) multiply(p, i);
}

static void *randoms(const struct problem *p, size_t count) {
  size_t bytes = count * (p->kind == F64 ? sizeof(double) : sizeof(float));
  void *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!mem) exit(1);
  for (size_t i = 0; i < count; i++) {
    double x = rand() / (double)RAND_MAX - 0.5;
    if (p->kind == F64)
      ((double *)mem)[i] = x;
    else
      ((float *)mem)[i] = (float)x;
  }
  return mem;
}

static void measure(struct problem p) {
  double flop = 2.0 * p.batch * p.m * p.n * p.k;
  size_t batch = (size_t)p.batch;
  p.calls = 1 + (int)(2e7 / flop); /* short products: several to a sample */
  p.a = randoms(&p, batch * p.m * p.k);
  p.b = randoms(&p, batch * p.k * p.n);
  p.c = randoms(&p, batch * p.m * p.n);
  report(&(struct limit){.name = p.name,
                         .work = work,
                         .context = &p,
                         .amount = 1e-9 * flop,
                         .unit = "GFLOP/s",
                         .ops = p.calls,
                         .own_threads = 1,
                         .note = p.batch > 1 ? "a loop over the products" : ""});
  free(p.a), free(p.b), free(p.c);
}

int main(int argc, char **argv) {
  openblas_set_num_threads(thread_count());
  if (argc == 2 && !strcmp(argv[1], "--info")) {
    char note[200];
    snprintf(note, sizeof note, "%.90s, kernels of %.40s", openblas_get_config(),
             openblas_get_corename());
    print_info(note);
    return 0;
  }
  for (int i = 0; i < PROBLEMS; i++) {
    int chosen = argc == 1;
    if (argc == 2 && !strcmp(argv[1], "--list")) printf("%s\n", problems[i].name);
    for (int k = 1; k < argc; k++)
      chosen |= argv[k][0] == '=' && !strcmp(argv[k] + 1, problems[i].name);
    if (chosen) measure(problems[i]);
  }
  return 0;
}
