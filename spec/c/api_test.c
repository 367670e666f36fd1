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

static nm_tensor *apply(nm_context *ctx, const char *op, nm_tensor *a, nm_tensor *b) {
  const nm_value_arg args[2] = {T(a), T(b)};
  nm_tensor *y = NULL;
  CHECK(nm_call(ctx, op, b ? 2 : 1, args, 1, &y) == NM_OK);
  return y;
}

static float first(nm_context *ctx, nm_tensor *t) {
  float out[2] = {-1, -1};
  CHECK(t && nm_read(ctx, t, out, sizeof out) == NM_OK);
  return out[0];
}

static int calls;

static nm_status doubles(nm_context *ctx, void *user, nm_tensor *grad, nm_tensor **other) {
  const nm_value_arg args[2] = {T(grad), T(grad)};
  (void)user;
  calls++;
  return nm_call(ctx, "add", 2, args, 1, other);
}

static nm_status fails(nm_context *ctx, void *user, nm_tensor *grad, nm_tensor **other) {
  (void)user, (void)grad, (void)other;
  return nm_call(ctx, "no such op", 0, NULL, 0, NULL), NM_EINVAL;
}

static void calls_hooks(nm_context *ctx) {
  const int64_t shape[1] = {2};
  const float data[2] = {2, 3};
  int one = 1;
  nm_hook *hook = NULL, *other = NULL;
  nm_tensor *x = floats(ctx, 1, shape, data);
  CHECK(nm_register_hook(ctx, x, doubles, release, &one, NULL) == NM_EINVAL);
  CHECK(nm_retain_grad(ctx, x) == NM_EINVAL);
  CHECK(nm_set_requires_grad(ctx, x, true) == NM_OK);
  nm_tensor *y = apply(ctx, "mul", x, x), *s = apply(ctx, "sum", y, NULL);
  released = calls = 0;
  CHECK(nm_register_hook(ctx, y, doubles, release, &one, NULL) == NM_OK);
  CHECK(nm_register_hook(ctx, x, doubles, release, &one, &hook) == NM_OK);
  CHECK(nm_retain_grad(ctx, y) == NM_OK);
  CHECK(nm_backward(ctx, s, NULL, true, false) == NM_OK);
  CHECK(calls == 2 && first(ctx, nm_grad(x)) == 16 && first(ctx, nm_grad(y)) == 2);
  nm_hook_remove(hook);
  nm_hook_remove(hook);
  CHECK(released == 1);
  CHECK(nm_backward_all(ctx, 1, &s, NULL, 1, &x, true, false) == NM_OK);
  CHECK(calls == 3 && first(ctx, nm_grad(x)) == 24 && first(ctx, nm_grad(y)) == 4);
  CHECK(nm_register_hook(ctx, x, fails, NULL, NULL, &other) == NM_OK);
  CHECK(nm_backward(ctx, s, NULL, true, false) == NM_EINVAL && strstr(nm_message(ctx), "no such op"));
  nm_hook_release(other);
  nm_hook_release(hook);
  nm_release(ctx, s);
  nm_release(ctx, y);
  nm_release(ctx, x);
  CHECK(released == 2);
}

/* y = x * k with a derivative that is wrong on purpose: g * x */
static nm_status wrong(nm_context *ctx, void *user, nm_node *node, int noutputs, nm_tensor *const *g,
                       int ninputs, const bool *wanted, nm_tensor **out) {
  (void)user;
  nm_tensor *x = NULL;
  if (noutputs != 1 || ninputs != 1 || !wanted[0] || !g[0]) return NM_EINVAL;
  CHECK(nm_saved_tensor(ctx, node, 1, &x) == NM_EINVAL && !x);
  nm_status status = nm_saved_tensor(ctx, node, 0, &x);
  if (status != NM_OK) return status;
  const nm_value_arg args[2] = {T(g[0]), T(x)};
  status = nm_call(ctx, "mul", 2, args, 1, out);
  nm_release(ctx, x);
  return status;
}

static const char *place(void *user) { return user; }

static void calls_functions(nm_context *ctx) {
  const int64_t shape[1] = {2};
  const float data[2] = {2, 3};
  int one = 1;
  const uint8_t plain[1] = {0};
  const nm_function f = {.name = "wrong", .backward = wrong, .release = release, .user = &one};
  nm_tensor *x = floats(ctx, 1, shape, data), *y;
  nm_node *node;
  released = 0;
  nm_set_grad_enabled(ctx, false);
  y = apply(ctx, "mul", x, x);
  nm_set_grad_enabled(ctx, true);
  CHECK(nm_record(ctx, &f, 1, &x, 1, &y, plain, 1, &x, &node) == NM_OK && !node && !released);
  CHECK(nm_set_requires_grad(ctx, x, true) == NM_OK);
  CHECK(nm_record(ctx, &f, 1, &x, 1, &y, plain, 1, &x, &node) == NM_OK && node);
  nm_tensor *s = apply(ctx, "sum", y, NULL), *g = NULL, *gg = NULL;
  CHECK(nm_gradients(ctx, 1, &s, NULL, 1, &x, true, true, false, &g) == NM_OK && first(ctx, g) == 2);
  nm_tensor *t = apply(ctx, "sum", g, NULL);
  CHECK(nm_gradients(ctx, 1, &t, NULL, 1, &x, false, false, false, &gg) == NM_OK && first(ctx, gg) == 1);
  CHECK(!released);
  nm_release(ctx, s);
  nm_release(ctx, t);
  nm_release(ctx, g);
  nm_release(ctx, gg);
  nm_release(ctx, y);
  CHECK(released == 1);
  const nm_anomaly how = {.on = true, .check_nan = true, .locate = place, .user = "a place"};
  CHECK(!nm_set_anomaly(ctx, how).on);
  const nm_value_arg minus[1] = {T(x)};
  CHECK(nm_call(ctx, "neg", 1, minus, 1, &y) == NM_OK);
  t = apply(ctx, "sqrt", y, NULL);
  s = apply(ctx, "sum", t, NULL);
  CHECK(nm_backward(ctx, s, NULL, false, false) == NM_EINVAL && strstr(nm_message(ctx), "sqrt was called at a place"));
  CHECK(nm_set_anomaly(ctx, (nm_anomaly){.on = false}).on);
  nm_release(ctx, s);
  nm_release(ctx, t);
  nm_release(ctx, y);
  CHECK(!nm_set_inference_mode(ctx, true));
  y = apply(ctx, "mul", x, x);
  CHECK(nm_set_inference_mode(ctx, false) && nm_is_inference(y) && !nm_is_inference(x));
  nm_set_grad_enabled(ctx, true);
  const nm_value_arg both[2] = {T(x), T(y)};
  CHECK(nm_call(ctx, "mul", 2, both, 1, &t) == NM_EINVAL && strstr(nm_message(ctx), "inference"));
  nm_release(ctx, y);
  nm_release(ctx, x);
}

static void shares_memory(nm_context *ctx) {
  float host[4] = {1, 2, 3, 4};
  const int64_t shape[1] = {4};
  int one = 1;
  released = 0;
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

/* Two steps of a parameter with one element at a gradient of 1, and none where there is none. */
static void takes_steps(nm_context *ctx) {
  const int64_t shape[1] = {1};
  const float two = 2, one = 1;
  nm_tensor *p = floats(ctx, 1, shape, &two), *g = floats(ctx, 1, shape, &one), *buffer = NULL;
  const nm_sgd sgd = {.lr = 0.5, .momentum = 0.5, .dampening = 0.25};
  const nm_adam adam = {.lr = 0.5, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .maximize = true};
  nm_adam_state state = {0};
  float at = 0;
  CHECK(nm_sgd_step(ctx, p, &buffer, &sgd) == NM_OK && !buffer);
  CHECK(nm_adam_step(ctx, p, &state, &adam) == NM_OK && !state.step && !state.exp_avg);
  CHECK(nm_set_requires_grad(ctx, p, true) == NM_OK && nm_set_grad(ctx, p, g) == NM_OK);
  CHECK(nm_sgd_step(ctx, p, &buffer, &sgd) == NM_OK && buffer);
  CHECK(nm_read(ctx, p, &at, sizeof at) == NM_OK && at == 1.5f);
  CHECK(nm_sgd_step(ctx, p, &buffer, &sgd) == NM_OK);
  CHECK(nm_read(ctx, p, &at, sizeof at) == NM_OK && at == 0.875f); /* 1.5 - (0.5 + 0.75) / 2 */
  for (int i = 0; i < 2; i++) CHECK(nm_adam_step(ctx, p, &state, &adam) == NM_OK);
  CHECK(nm_read(ctx, p, &at, sizeof at) == NM_OK && fabsf(at - 1.875f) < 1e-5f && state.step == 2);
  CHECK(nm_set_grad_enabled(ctx, true)); /* it still was */
  nm_release(ctx, state.exp_avg);
  nm_release(ctx, state.exp_avg_sq);
  nm_release(ctx, buffer);
  nm_release(ctx, g);
  nm_release(ctx, p);
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
  calls_hooks(ctx);
  calls_functions(ctx);
  shares_memory(ctx);
  refuses_nonsense(ctx);
  takes_steps(ctx);
  runs_in_threads(ctx);
  nm_close(ctx);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
