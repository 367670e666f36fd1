/* lapack.c: opens LAPACK and runs its functions on batches of matrices. */
#include "cpu/lapack.h"

#include "cpu/cpu.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

/* The functions that are called, as Fortran passes arguments: by reference, and behind them the
 * length of each string.  Each exists as s... for float and as d... for double. */
/* clang-format off */
#define LAPACK(X)                                                                                  \
  X(getrf, (const int *, const int *, REAL *, const int *, int32_t *, int *))                      \
  X(getrs, (const char *, const int *, const int *, const REAL *, const int *, const int32_t *,    \
            REAL *, const int *, int *, size_t))                                                   \
  X(getri, (const int *, REAL *, const int *, const int32_t *, REAL *, const int *, int *))        \
  X(trtrs, (const char *, const char *, const char *, const int *, const int *, const REAL *,      \
            const int *, REAL *, const int *, int *, size_t, size_t, size_t))                      \
  X(potrf, (const char *, const int *, REAL *, const int *, int *, size_t))                        \
  X(geqrf, (const int *, const int *, REAL *, const int *, REAL *, REAL *, const int *, int *))    \
  X(orgqr, (const int *, const int *, const int *, REAL *, const int *, const REAL *, REAL *,      \
            const int *, int *))                                                                   \
  X(gesdd, (const char *, const int *, const int *, REAL *, const int *, REAL *, REAL *,           \
            const int *, REAL *, const int *, REAL *, const int *, int32_t *, int *, size_t))      \
  X(syevd, (const char *, const char *, const int *, REAL *, const int *, REAL *, REAL *,          \
            const int *, int32_t *, const int *, int *, size_t, size_t))                           \
  X(geev, (const char *, const char *, const int *, REAL *, const int *, REAL *, REAL *, REAL *,   \
           const int *, REAL *, const int *, REAL *, const int *, int *, size_t, size_t))          \
  X(gels, (const char *, const int *, const int *, const int *, REAL *, const int *, REAL *,       \
           const int *, REAL *, const int *, int *, size_t))                                       \
  X(gelsy, (const int *, const int *, const int *, REAL *, const int *, REAL *, const int *,       \
            int32_t *, const REAL *, int32_t *, REAL *, const int *, int *))                       \
  X(gelsd, (const int *, const int *, const int *, REAL *, const int *, REAL *, const int *,       \
            REAL *, const REAL *, int32_t *, REAL *, const int *, int32_t *, int *))               \
  X(gelss, (const int *, const int *, const int *, REAL *, const int *, REAL *, const int *,       \
            REAL *, const REAL *, int32_t *, REAL *, const int *, int *))
/* clang-format on */

static struct {
  void *library;
  int (*get_threads)(void); /* OpenBLAS's; NULL for other libraries */
  void (*set_threads)(int);
#define REAL float
#define X(name, parameters) void(*s##name) parameters;
  LAPACK(X)
#undef X
#undef REAL
#define REAL double
#define X(name, parameters) void(*d##name) parameters;
  LAPACK(X)
#undef X
#undef REAL
} lapack;

static pthread_once_t once = PTHREAD_ONCE_INIT;

#ifdef _WIN32
static void *open_library(const char *name) { return (void *)LoadLibraryA(name); }
static void *symbol(const char *name) {
  return (void *)(uintptr_t)GetProcAddress((HMODULE)lapack.library, name);
}
static void close_library(void) { FreeLibrary((HMODULE)lapack.library); }
static const char *const libraries[] = {"libopenblas.dll", "liblapack.dll"};
#else
static void *open_library(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
static void *symbol(const char *name) { return dlsym(lapack.library, name); }
static void close_library(void) { dlclose(lapack.library); }
#ifdef __APPLE__
static const char *const libraries[] = {
    "/System/Library/Frameworks/Accelerate.framework/Accelerate", "libopenblas.dylib"};
#else
static const char *const libraries[] = {"liblapack.so.3", "libopenblas.so.0", "liblapack.so",
                                        "libopenblas.so"};
#endif
#endif

static bool find(const char *name, void *function) {
  void *found = symbol(name);
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

static void open_once(void) {
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    bool all = true;
    lapack.library = open_library(libraries[i]);
    if (!lapack.library) continue;
#define X(name, parameters)                                                                        \
  all = all && find("s" #name "_", &lapack.s##name) && find("d" #name "_", &lapack.d##name);
    LAPACK(X)
#undef X
    if (all) {
      find("openblas_get_num_threads", &lapack.get_threads);
      find("openblas_set_num_threads", &lapack.set_threads);
      return;
    }
    close_library();
    lapack.library = NULL;
  }
}

#define REAL float
#define T(name) s##name
#include "cpu/lapack_body.h"

#define REAL double
#define T(name) d##name
#include "cpu/lapack_body.h"

static void work(void *arg, nm_job *job, int worker) {
  const nm_lapack_call *c = arg;
  (void)worker;
  for (int64_t i; (i = nm__next_task(job)) >= 0;) c->info[i] = c->wide ? drun(c, i) : srun(c, i);
}

/* Many matrices are shared out among numoon's threads, each computed by one; a single large one is
 * left to OpenBLAS, with as many threads.  Below that size results do not depend on their number.
 */
nm_status nm__lapack(nm_context *ctx, const nm_lapack_call *c) {
  enum { LARGE = 512 };
  nm_cpu *cpu = (nm_cpu *)ctx->cpu;
  pthread_once(&once, open_once);
  if (!lapack.library)
    return nm__error(
        ctx, NM_ENOTSUP,
        "LAPACK is not installed (Debian's package libopenblas0-pthread, or liblapack3)");
  double n = c->m > c->n ? c->m : c->n;
  int workers = nm__workers(cpu, c->count, (double)c->count * (n * n * n * 4 + 4096));
  int was = 0, want = c->count == 1 && n >= LARGE ? ctx->num_threads : 1;
  if (lapack.set_threads && lapack.get_threads) {
    was = lapack.get_threads();
    if (was != want) lapack.set_threads(want);
  }
  nm__parallel(cpu, workers, c->count, work, (void *)(uintptr_t)c);
  if (was && was != want) lapack.set_threads(was);
  return NM_OK;
}
