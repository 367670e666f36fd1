/* api_test.c: the library as a C program sees it, through numoon.h alone: no Lua, positions from 0.
 *
 *   api_test        ends with "N passed, N failed"; the exit status tells whether any failed
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "numoon.h"

static int passed, failed;

static void check(int ok, const char *what, const char *message) {
  if (ok) {
    passed++;
    return;
  }
  failed++;
  printf("FAILED: %s (%s)\n", what, message);
}
#define CHECK(cond) check((cond) != 0, #cond, nm_message(ctx))

#define T(t) {.kind = NM_ARG_TENSOR, .as.tensor = (t)}
#define INT(v) {.kind = NM_ARG_INT, .as.integer = (v)}

static nm_tensor *floats(nm_context *ctx, int ndim, const int64_t *shape, const float *data) {
  nm_tensor *t = NULL;
  if (nm_empty(ctx, ndim, shape, NM_FLOAT32, NULL, &t) != NM_OK) return NULL;
  nm_write(ctx, t, data, (size_t)nm_numel(t) * sizeof *data);
  return t;
}

static void creates_and_computes(nm_context *ctx) {
  const int64_t shape[2] = {2, 3};
  const float data[6] = {1, 2, 3, 4, 5, 6};
  nm_tensor *a = floats(ctx, 2, shape, data), *y = NULL, *t = NULL;
  CHECK(a && nm_ndim(a) == 2 && nm_shape(a)[1] == 3 && nm_strides(a)[0] == 3 && nm_numel(a) == 6 && nm_dtype_of(a) == NM_FLOAT32);
  const nm_value_arg mul[2] = {T(a), T(a)}, transpose[3] = {T(a), INT(0), INT(1)};
  CHECK(nm_call(ctx, "mul", 2, mul, 1, &y) == NM_OK);
  float out[6] = {0};
  CHECK(nm_read(ctx, y, out, sizeof out) == NM_OK && out[5] == 36);
  nm_release(ctx, y);
  CHECK(nm_call(ctx, "transpose", 3, transpose, 1, &t) == NM_OK);
  const nm_value_arg product[2] = {T(a), T(t)};
  CHECK(nm_call(ctx, "matmul", 2, product, 1, &y) == NM_OK);
  CHECK(nm_read(ctx, y, out, 4 * sizeof *out) == NM_OK && out[0] == 14 && out[1] == 32 && out[3] == 77);
  nm_release(ctx, y);
  nm_release(ctx, t);
  const nm_value_arg argmax[2] = {T(a), INT(-1)};
  int64_t at[2] = {-1, -1};
  CHECK(nm_call(ctx, "argmax", 2, argmax, 1, &y) == NM_OK);
  CHECK(nm_read(ctx, y, at, sizeof at) == NM_OK && at[0] == 2 && at[1] == 2); /* from 0 */
  nm_release(ctx, y);
  nm_release(ctx, a);
}

static void differentiates(nm_context *ctx) {
  const int64_t shape[1] = {2};
  const float data[2] = {2, 3};
  nm_tensor *x = floats(ctx, 1, shape, data), *y = NULL, *s = NULL;
  CHECK(nm_set_requires_grad(ctx, x, true) == NM_OK);
  const nm_value_arg square[2] = {T(x), INT(2)};
  CHECK(nm_call(ctx, "pow", 2, square, 1, &y) == NM_OK);
  const nm_value_arg sum[1] = {T(y)};
  CHECK(nm_call(ctx, "sum", 1, sum, 1, &s) == NM_OK);
  CHECK(nm_backward(ctx, s, NULL, false, false) == NM_OK);
  float g[2] = {0};
  CHECK(nm_grad(x) && nm_read(ctx, nm_grad(x), g, sizeof g) == NM_OK && g[0] == 4 && g[1] == 6);
  CHECK(nm_backward(ctx, s, NULL, false, false) == NM_EINVAL && strstr(nm_message(ctx), "retain_graph"));
  nm_release(ctx, s);
  nm_release(ctx, y);
  nm_release(ctx, x);
}

static int released;
static void release(void *arg) { released += *(int *)arg; }

static void shares_memory(nm_context *ctx) {
  float host[4] = {1, 2, 3, 4};
  const int64_t shape[1] = {4};
  int one = 1;
  nm_tensor *t = NULL;
  void *data = NULL;
  CHECK(nm_from_blob(ctx, host, 1, shape, NM_FLOAT32, release, &one, &t) == NM_OK);
  CHECK(nm_data(ctx, t, &data) == NM_OK && data == host);
  const float other[4] = {5, 6, 7, 8};
  CHECK(nm_write(ctx, t, other, sizeof other) == NM_OK && host[3] == 8);
  host[0] = 9;
  float out[4];
  CHECK(nm_read(ctx, t, out, sizeof out) == NM_OK && out[0] == 9);
  CHECK(released == 0);
  nm_release(ctx, t);
  CHECK(released == 1);
}

static void refuses_nonsense(nm_context *ctx) {
  const int64_t shape[1] = {2}, huge[2] = {INT64_MAX, 2}, negative[1] = {-1};
  const float data[2] = {1, 2};
  nm_tensor *x = floats(ctx, 1, shape, data), *y = NULL;
  const nm_value_arg one[1] = {T(x)}, number[1] = {INT(1)}, null[1] = {T(NULL)};
  CHECK(nm_call(ctx, "no such op", 0, NULL, 1, &y) == NM_EINVAL);
  CHECK(nm_call(ctx, "mul", 1, one, 1, &y) == NM_EINVAL);
  CHECK(nm_call(ctx, "sum", 1, number, 1, &y) == NM_EINVAL);
  CHECK(nm_call(ctx, "sum", 1, null, 1, &y) == NM_EINVAL);
  CHECK(nm_empty(ctx, 2, huge, NM_FLOAT32, NULL, &y) == NM_EINVAL);
  CHECK(nm_empty(ctx, 1, negative, NM_FLOAT32, NULL, &y) == NM_EINVAL);
  CHECK(nm_empty(ctx, 1, shape, NM_FLOAT32, "gpu", &y) == NM_EINVAL);
  const int64_t large[1] = {INT64_MAX / 16};
  CHECK(nm_empty(ctx, 1, large, NM_FLOAT32, NULL, &y) == NM_ENOMEM);
  CHECK(nm_read(ctx, x, NULL, 1) == NM_EINVAL);
  nm_release(ctx, x);
}

/* Contexts in several threads at once know nothing of each other. */
static void *own_context(void *arg) {
  double *result = arg;
  nm_context *ctx = nm_open();
  if (!ctx) return NULL;
  nm_manual_seed(ctx, 7);
  const int64_t size[2] = {300, 300};
  const nm_value_arg shape[1] = {{.kind = NM_ARG_INTS, .n = 2, .as.ints = size}};
  nm_tensor *a = NULL, *y = NULL, *s = NULL;
  float sum = 0;
  if (nm_call(ctx, "rand", 1, shape, 1, &a) == NM_OK) {
    const nm_value_arg product[2] = {T(a), T(a)};
    if (nm_call(ctx, "matmul", 2, product, 1, &y) == NM_OK) {
      const nm_value_arg total[1] = {T(y)};
      if (nm_call(ctx, "sum", 1, total, 1, &s) == NM_OK) nm_read(ctx, s, &sum, sizeof sum);
    }
  }
  nm_release(ctx, a);
  nm_release(ctx, y);
  nm_release(ctx, s);
  nm_close(ctx);
  *result = (double)sum;
  return NULL;
}

static void runs_in_threads(nm_context *ctx) {
  enum { N = 4 };
  pthread_t thread[N];
  double result[N] = {0};
  for (int i = 0; i < N; i++) CHECK(pthread_create(&thread[i], NULL, own_context, &result[i]) == 0);
  for (int i = 0; i < N; i++) pthread_join(thread[i], NULL);
  for (int i = 0; i < N; i++) CHECK(result[i] == result[0] && result[i] > 6e6 && result[i] < 7.5e6);
}

int main(void) {
  nm_context *ctx = nm_open();
  if (!ctx) return 1;
  creates_and_computes(ctx);
  differentiates(ctx);
  shares_memory(ctx);
  refuses_nonsense(ctx);
  runs_in_threads(ctx);
  nm_close(ctx);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
