/* create.c: new tensors: constants, ranges, random numbers.  Constants, ranges and random numbers
 * are instructions: they take no memory until they are needed, and fuse into what reads them. */
#include "core/philox.h"
#include "fuse/fuse.h"
#include "ops/families.h"

#include <math.h>
#include <stdlib.h>

/* What a creating op makes: params `first`.. are dtype, device, requires_grad. */
typedef struct spec {
  nm_device *dev;
  nm_dtype dtype;
  nm_dims s;
} spec;

static nm_status options(const nm_op_call *c, int first, nm_dtype dtype, nm_device *dev,
                         spec *out) {
  const char *feature;
  NM_TRY(nm__dtype_arg(c, first, dtype, &out->dtype));
  NM_TRY(nm__device_arg(c, first + 1, dev, &out->dev));
  if (!out->dev->cls->holds(out->dev, out->dtype, &feature))
    return nm__op_error(c, NM_ENOTSUP, "%s cannot hold %s: it lacks %s", out->dev->name,
                        nm__dtype_name((int)out->dtype), feature);
  if (nm__bool_arg(c, first + 2, false) && !nm__is_float(out->dtype))
    return nm__op_error(c, NM_EINVAL, "%s can't require a gradient: only floating dtypes do",
                        nm__dtype_name((int)out->dtype));
  return NM_OK;
}

static nm_status created(nm_op_call *c, int first, nm_tensor *t) {
  if (!t) return c->ctx->status;
  t->requires_grad = nm__bool_arg(c, first + 2, false);
  c->out[0] = t;
  return NM_OK;
}

static nm_tensor *full(const spec *p, const nm_value_arg *number) {
  nm_class cls = nm__dtype_class(p->dtype);
  nm_input in = {.bits = nm__bits_of(number, cls)};
  if (p->dtype == NM_BOOL)
    in.bits.i32 = number->kind == NM_ARG_FLOAT ? number->as.number != 0 : number->as.integer != 0;
  return nm__record(p->dev, NM_I_copy, p->dtype, cls, p->s.ndim, p->s.dim, 1, &in);
}

nm_tensor *nm__t_full(nm_context *ctx, nm_device *dev, nm_dtype dtype, int ndim,
                      const int64_t *shape, double number) {
  spec p = {.dev = dev, .dtype = dtype, .s = {.ndim = ndim}};
  for (int d = 0; d < ndim; d++) p.s.dim[d] = shape[d];
  nm_value_arg a = nm__arg_float(number);
  return nm__temp(ctx, full(&p, &a));
}

static nm_tensor *random_values(const spec *p, nm_opcode op) {
  nm_context *ctx = p->dev->ctx;
  nm_input in[2] = {{.bits = {.u64 = ctx->seed}},
                    {.bits = {.u64 = nm__random_counter(ctx, nm__count(p->s.ndim, p->s.dim))}}};
  return nm__record(p->dev, op, p->dtype, nm__dtype_class(p->dtype), p->s.ndim, p->s.dim, 2, in);
}

/* ---- filled with one value, or with random numbers: by size, and like another tensor ---- */

typedef enum filler { EMPTY, ZEROS, ONES, FULL, RAND, RANDN, RANDINT } filler;

static filler filler_of(const nm_op *op) {
  static const char *const names[] = {"empty", "zeros", "ones", "full", "randint", "randn", "rand"};
  static const filler fillers[] = {EMPTY, ZEROS, ONES, FULL, RANDINT, RANDN, RAND};
  for (int i = 0;; i++) {
    const char *n = names[i], *o = op->name;
    while (*n && *n == *o) n++, o++;
    if (!*n && (!*o || *o == '_')) return fillers[i];
  }
}

static nm_dtype widest_float(const spec *p) {
  const char *feature;
  return p->dev->cls->holds(p->dev, NM_FLOAT64, &feature) ? NM_FLOAT64 : NM_FLOAT32;
}

/* floor(u * span) as int64, of new uniform numbers u. */
static nm_tensor *whole_below(const spec *p, double span) {
  nm_context *ctx = p->dev->ctx;
  spec u = *p;
  u.dtype = widest_float(p);
  nm_tensor *r = nm__temp(ctx, random_values(&u, NM_I_rand));
  return nm__t_cast(ctx, nm__t1(ctx, NM_I_floor, nm__t2s(ctx, NM_I_mul, r, span)), NM_INT64);
}

/* Whole numbers in low .. high - 1 from uniform ones.  These have 53 bits: a larger span is cut into
 * blocks of 2^11, of which one is drawn, then a place in it; what is left at the end of the span,
 * less than a block of 2^42, is not drawn. */
static nm_tensor *random_integers(const nm_op_call *c, const spec *p, const nm_value_arg *low,
                                  const nm_value_arg *high) {
  nm_context *ctx = c->ctx;
  if (high->as.integer <= low->as.integer) {
    nm__op_error(c, NM_EINVAL, "no whole number is at least %lld and below %lld",
                 (long long)low->as.integer, (long long)high->as.integer);
    return NULL;
  }
  int mark = nm__scope(ctx);
  uint64_t span = (uint64_t)high->as.integer - (uint64_t)low->as.integer;
  nm_tensor *r;
  if (span <= 1ull << 53) {
    r = whole_below(p, (double)span);
  } else {
    r = nm__t2s(ctx, NM_I_mul, whole_below(p, (double)(span >> 11)), 2048);
    r = nm__t2(ctx, NM_I_add, r, whole_below(p, 2048));
  }
  nm_value_arg plus[2] = {nm__arg_t(r), *low};
  r = r ? nm__t(ctx, nm__op_of(NM_I_add), plus) : NULL;
  return nm__unscope(ctx, mark, nm__t_cast(ctx, r, p->dtype));
}

/* `at`: of the first parameter after the size (or the tensor): value, or low and high, then the
 * options. */
static nm_status fill(nm_op_call *c, spec *p, int at, int options_at) {
  filler f = filler_of(c->op);
  nm_value_arg number = f == ONES ? nm__arg_int(1) : f == FULL ? c->args[at] : nm__arg_int(0);
  nm_tensor *t = NULL;
  switch (f) {
  case EMPTY: t = nm__tensor_empty(c->ctx, p->dev, p->dtype, p->s.ndim, p->s.dim); break;
  case RAND:
  case RANDN:
    if (!nm__is_float(p->dtype))
      return nm__op_error(
          c, NM_EINVAL,
          "%s has no random numbers between 0 and 1: give dtype = \"float32\", or use randint%s",
          nm__dtype_name((int)p->dtype), c->op->params[0].kind == NM_P_TENSOR ? "_like" : "");
    t = random_values(p, f == RAND ? NM_I_rand : NM_I_randn);
    break;
  case RANDINT: t = random_integers(c, p, &c->args[at], &c->args[at + 1]); break;
  default: t = full(p, &number); break;
  }
  return created(c, options_at, t);
}

static nm_status sized_forward(nm_op_call *c) { /* empty zeros ones rand randn (size) */
  spec p;
  NM_TRY(nm__sizes_arg(c, 0, &p.s));
  NM_TRY(options(c, 1, c->ctx->default_dtype, c->ctx->default_device, &p));
  return fill(c, &p, 1, 1);
}

static nm_status full_forward(nm_op_call *c) {
  spec p;
  NM_TRY(nm__sizes_arg(c, 0, &p.s));
  int kind = (int)c->args[1].kind;
  nm_dtype standard = kind == NM_ARG_INT    ? NM_INT64
                      : kind == NM_ARG_BOOL ? NM_BOOL
                                            : c->ctx->default_dtype;
  NM_TRY(options(c, 2, standard, c->ctx->default_device, &p));
  return fill(c, &p, 1, 2);
}

static nm_status randint_forward(nm_op_call *c) {
  spec p;
  NM_TRY(nm__sizes_arg(c, 2, &p.s));
  NM_TRY(options(c, 3, NM_INT64, c->ctx->default_device, &p));
  return fill(c, &p, 0, 3);
}

static nm_status like_forward(nm_op_call *c) {
  nm_tensor *t = nm__tensor_arg(c, 0);
  spec p;
  p.s = nm__dims_of(t);
  int options_at = c->nargs - 3;
  NM_TRY(options(c, options_at, (nm_dtype)t->dtype, nm__device_of(t), &p));
  return fill(c, &p, 1, options_at);
}

/* ---- ranges ---- */

#define MOST ((int64_t)1 << 50) /* elements: their number is exact in double */

/* n values start + k * step, computed in int64 or in the widest float of the device. */
static nm_tensor *progression(const spec *p, int64_t n, const nm_value_arg *start,
                              const nm_value_arg *step, bool integral) {
  nm_context *ctx = p->dev->ctx;
  int64_t shape[1] = {n};
  nm_dtype compute = integral ? NM_INT64 : widest_float(p);
  int mark = nm__scope(ctx);
  nm_tensor *k = nm__temp(ctx, nm__record(p->dev, NM_I_index, NM_INT64, NM_I64, 1, shape, 0, NULL));
  k = nm__t_cast(ctx, k, compute);
  if (k) {
    nm_value_arg times[2] = {nm__arg_t(k), *step};
    k = nm__t(ctx, nm__op_of(NM_I_mul), times);
  }
  if (k) {
    nm_value_arg plus[2] = {nm__arg_t(k), *start};
    k = nm__t(ctx, nm__op_of(NM_I_add), plus);
  }
  return nm__unscope(ctx, mark, nm__t_cast(ctx, k, p->dtype));
}

nm_tensor *nm__t_counting(nm_context *ctx, nm_device *dev, int64_t n) {
  return nm__temp(ctx, nm__record(dev, NM_I_index, NM_INT64, NM_I64, 1, &n, 0, NULL));
}

/* How many of a, a + s, a + 2 s, ... come before b (or at it): exact, where doubles are not. */
static double count_integers(int64_t a, int64_t b, int64_t s, bool inclusive) {
  if (s > 0 ? a > b : a < b) return 0;
  uint64_t span = s > 0 ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
  uint64_t step = s > 0 ? (uint64_t)s : -(uint64_t)s, n = span / step;
  return (double)n + (inclusive || span % step != 0);
}

/* arange(end), arange(start, end, step), half-open; range(first, last, step), inclusive. */
static nm_status range_forward(nm_op_call *c) {
  bool inclusive = c->op->name[0] == 'r';
  nm_value_arg start = c->args[0], end = c->args[1], step = c->args[2];
  if (!nm__given(c, 1)) {
    if (inclusive) return nm__op_error(c, NM_EINVAL, "argument 'last' is missing");
    end = start;
    start = nm__arg_int(0);
  }
  if (!nm__given(c, 2)) step = nm__arg_int(1);
  bool integral = start.kind == NM_ARG_INT && end.kind == NM_ARG_INT && step.kind == NM_ARG_INT;
  const nm_value_arg given[3] = {start, end, step};
  const nm_op_call v = {.ctx = c->ctx, .op = c->op, .nargs = 3, .args = given};
  double a = nm__float_arg(&v, 0, 0), b = nm__float_arg(&v, 1, 0), s = nm__float_arg(&v, 2, 1), n;
  if (s == 0) return nm__op_error(c, NM_EINVAL, "step is 0");
  if (!isfinite(a) || !isfinite(b) || !isfinite(s))
    return nm__op_error(c, NM_EINVAL, "start, end and step must be finite");
  if (integral)
    n = count_integers(start.as.integer, end.as.integer, step.as.integer, inclusive);
  else
    n = inclusive ? floor((b - a) / s) + 1 : ceil((b - a) / s);
  if (n > (double)MOST) return nm__op_error(c, NM_EINVAL, "%.0f elements are too many", n);
  spec p;
  NM_TRY(options(c, 3, integral ? NM_INT64 : c->ctx->default_dtype, c->ctx->default_device, &p));
  return created(c, 3, progression(&p, n > 0 ? (int64_t)n : 0, &start, &step, integral));
}

/* linspace(start, stop, steps), logspace(start, stop, steps, base). */
static nm_status linspace_forward(nm_op_call *c) {
  bool powers = c->op->name[1] == 'o';
  int first = powers ? 4 : 3;
  int64_t n = c->args[2].as.integer;
  double a = nm__float_arg(c, 0, 0), b = nm__float_arg(c, 1, 0);
  spec p;
  if (n < 0)
    return nm__op_error(c, NM_EINVAL, "steps is %lld, it must not be negative", (long long)n);
  if (n > MOST) return nm__op_error(c, NM_EINVAL, "%lld elements are too many", (long long)n);
  NM_TRY(options(c, first, c->ctx->default_dtype, c->ctx->default_device, &p));
  nm_value_arg start = nm__arg_float(a),
               step = nm__arg_float(n > 1 ? (b - a) / (double)(n - 1) : 0);
  if (!powers) return created(c, first, progression(&p, n, &start, &step, false));
  spec exponent = p; /* rounded once, at the end */
  exponent.dtype = widest_float(&p);
  int mark = nm__scope(c->ctx);
  nm_tensor *e = nm__temp(c->ctx, progression(&exponent, n, &start, &step, false));
  nm_tensor *y = nm__ts2(c->ctx, NM_I_pow, nm__float_arg(c, 3, 10), e);
  return created(c, first, nm__unscope(c->ctx, mark, nm__t_cast(c->ctx, y, p.dtype)));
}

static nm_status eye_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  int64_t n = c->args[0].as.integer, m = nm__int_arg(c, 1, n);
  spec p = {.s = {.ndim = 2, .dim = {n, m}}};
  if (n < 0 || m < 0 || nm__checked_count(&p.s) < 0)
    return nm__op_error(c, NM_EINVAL, "%lld rows and %lld columns", (long long)n, (long long)m);
  NM_TRY(options(c, 2, ctx->default_dtype, ctx->default_device, &p));
  int mark = nm__scope(ctx);
  nm_tensor *k =
                nm__temp(ctx, nm__record(p.dev, NM_I_index, NM_INT64, NM_I64, 2, p.s.dim, 0, NULL)),
            *on;
  nm_value_arg by[2] = {nm__arg_t(k), nm__arg_int(m + 1)},
               below[2] = {nm__arg_t(k), nm__arg_int(m * (m + 1 < n ? m + 1 : n))};
  on = nm__t2s(ctx, NM_I_eq, k ? nm__t(ctx, nm__op_of(NM_I_remainder), by) : NULL,
               0); /* every (m + 1)th element is on */
  on = nm__t2(ctx, NM_I_logical_and, on,
              k ? nm__t(ctx, nm__op_of(NM_I_lt), below) : NULL); /* the diagonal */
  nm_tensor *t = nm__unscope(ctx, mark, nm__t_cast(ctx, on, p.dtype));
  return created(c, 2, t);
}

/* ---- random choices ---- */

/* Fisher-Yates with one word of the stream per swap; made on the host, so that it is the same
 * everywhere. */
static nm_status randperm_forward(nm_op_call *c) {
  nm_context *ctx = c->ctx;
  int64_t n = c->args[0].as.integer;
  spec p;
  if (n < 0 || n > INT64_MAX / 16) return nm__op_error(c, NM_EINVAL, "n is %lld", (long long)n);
  NM_TRY(options(c, 1, NM_INT64, ctx->default_device, &p));
  int64_t *list = malloc(n ? (size_t)n * sizeof *list : 1);
  if (!list) return nm__op_error(c, NM_ENOMEM, "out of memory");
  uint64_t counter = nm__random_counter(ctx, n);
  for (int64_t i = 0; i < n; i++) list[i] = i + ctx->base;
  for (int64_t i = n - 1; i > 0; i--) {
    uint32_t w[4];
    nm__philox(ctx->seed, counter + (uint64_t)i / 2, w);
    uint64_t bits = (uint64_t)w[2 * (i & 1)] << 32 | w[2 * (i & 1) + 1];
    int64_t j = (int64_t)(bits % (uint64_t)(i + 1)), swap = list[i];
    list[i] = list[j];
    list[j] = swap;
  }
  int mark = nm__scope(ctx);
  nm_tensor *t = nm__t_empty_of(ctx, p.dev, NM_INT64, 1, &n);
  if (t && nm_write(ctx, t, list, (size_t)n * sizeof *list) != NM_OK) t = NULL;
  free(list);
  t = nm__unscope(ctx, mark, nm__t_cast(ctx, t, p.dtype));
  return created(c, 1, t);
}

#define OPTIONS                                                                                    \
  {"dtype", NM_P_DTYPE, NM_NAMED, NULL}, {"device", NM_P_DEVICE, NM_NAMED, NULL}, {                \
    "requires_grad", NM_P_BOOL, NM_NAMED, "false"                                                  \
  }
#define SIZE                                                                                       \
  { "size", NM_P_SIZES, NM_OPTIONAL, NULL }
#define X                                                                                          \
  { "input", NM_P_TENSOR, 0, NULL }
/* clang-format off */
static const nm_op ops[] = {
  {.name = "empty", NM_PARAMS(SIZE, OPTIONS),
   .doc = "a tensor whose elements are undefined",
   .shapes = "-> size", .errors = "a negative size; a dtype that the device cannot hold",
   .flags = NM_FUNCTION | NM_OUT, .forward = sized_forward, .dtypes = "fib", .example = "nm.empty(2, 3).shape"},
  {.name = "zeros", NM_PARAMS(SIZE, OPTIONS),
   .doc = "a tensor of zeros",
   .shapes = "-> size", .errors = "a negative size; a dtype that the device cannot hold",
   .flags = NM_FUNCTION | NM_OUT, .forward = sized_forward, .dtypes = "fib", .example = "nm.zeros(2, 3)"},
  {.name = "ones", NM_PARAMS(SIZE, OPTIONS),
   .doc = "a tensor of ones",
   .shapes = "-> size", .errors = "a negative size; a dtype that the device cannot hold",
   .flags = NM_FUNCTION | NM_OUT, .forward = sized_forward, .dtypes = "fib", .example = "nm.ones(2, 3)"},
  {.name = "rand", NM_PARAMS(SIZE, OPTIONS),
   .doc = "uniform random numbers in [0, 1); Philox4x32-10, the same on every device",
   .shapes = "-> size", .errors = "a dtype that is no float",
   .flags = NM_FUNCTION | NM_OUT, .forward = sized_forward, .dtypes = "f", .example = "nm.rand(2, 3)"},
  {.name = "randn", NM_PARAMS(SIZE, OPTIONS),
   .doc = "random numbers of the standard normal distribution; Philox4x32-10 and Box-Muller",
   .shapes = "-> size", .errors = "a dtype that is no float",
   .flags = NM_FUNCTION | NM_OUT, .forward = sized_forward, .dtypes = "f", .example = "nm.randn(2, 3)"},
  {.name = "full",
   NM_PARAMS({"size", NM_P_INTS, 0, NULL}, {"fill_value", NM_P_NUMBER, 0, NULL}, OPTIONS),
   .doc = "a tensor of one number; an integer gives int64, a boolean bool",
   .shapes = "-> size", .errors = "a negative size; a dtype that the device cannot hold",
   .flags = NM_FUNCTION | NM_OUT, .forward = full_forward, .dtypes = "fib", .example = "nm.full({2, 3}, 7)"},
  {.name = "randint",
   NM_PARAMS({"low", NM_P_INT, 0, NULL}, {"high", NM_P_INT, 0, NULL}, {"size", NM_P_INTS, 0, NULL},
             OPTIONS),
   .doc = "random whole numbers from low to high - 1",
   .shapes = "-> size", .errors = "a high that is not above low",
   .flags = NM_FUNCTION | NM_OUT, .forward = randint_forward, .dtypes = "fi",
   .example = "nm.randint(1, 7, {2, 3})"},
  {.name = "empty_like", NM_PARAMS(X, OPTIONS),
   .doc = "as empty, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "fib",
   .example = "nm.empty_like(nm.ones(2, 3)).shape"},
  {.name = "zeros_like", NM_PARAMS(X, OPTIONS),
   .doc = "as zeros, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "fib",
   .example = "nm.zeros_like(nm.ones(2, 3))"},
  {.name = "ones_like", NM_PARAMS(X, OPTIONS),
   .doc = "as ones, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "fib",
   .example = "nm.ones_like(nm.ones(2, 3))"},
  {.name = "rand_like", NM_PARAMS(X, OPTIONS),
   .doc = "as rand, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)", .errors = "a dtype that is no float",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "f",
   .example = "nm.rand_like(nm.ones(2, 3))"},
  {.name = "randn_like", NM_PARAMS(X, OPTIONS),
   .doc = "as randn, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)", .errors = "a dtype that is no float",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "f",
   .example = "nm.randn_like(nm.ones(2, 3))"},
  {.name = "full_like", NM_PARAMS(X, {"fill_value", NM_P_NUMBER, 0, NULL}, OPTIONS),
   .doc = "as full, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "fib",
   .example = "nm.full_like(nm.ones(2, 3), 7)"},
  {.name = "randint_like",
   NM_PARAMS(X, {"low", NM_P_INT, 0, NULL}, {"high", NM_P_INT, 0, NULL}, OPTIONS),
   .doc = "as randint, with the shape, dtype and device of input",
   .shapes = "(...) -> (...)", .errors = "a high that is not above low",
   .flags = NM_FUNCTION, .forward = like_forward, .dtypes = "fi",
   .example = "nm.randint_like(nm.ones(2, 3), 1, 7)"},
  {.name = "arange",
   NM_PARAMS({"start", NM_P_NUMBER, 0, "0"}, {"stop", NM_P_NUMBER, NM_OPTIONAL, NULL},
             {"step", NM_P_NUMBER, NM_OPTIONAL, "1"}, OPTIONS),
   .doc = "start, start + step, ... below stop; integers give int64",
   .shapes = "-> (ceil((stop - start) / step))", .errors = "a step of 0",
   .flags = NM_FUNCTION | NM_OUT, .forward = range_forward, .dtypes = "fi",
   .example = "nm.arange(0, 10, 2)"},
  {.name = "range",
   NM_PARAMS({"first", NM_P_NUMBER, 0, NULL}, {"last", NM_P_NUMBER, 0, NULL},
             {"step", NM_P_NUMBER, NM_OPTIONAL, "1"}, OPTIONS),
   .doc = "first, first + step, ... up to last, which is included; integers give int64",
   .shapes = "-> (floor((last - first) / step) + 1)", .errors = "a step of 0",
   .flags = NM_FUNCTION | NM_OUT, .forward = range_forward, .dtypes = "fi", .example = "nm.range(1, 10)"},
  {.name = "linspace",
   NM_PARAMS({"start", NM_P_FLOAT, 0, NULL}, {"stop", NM_P_FLOAT, 0, NULL},
             {"steps", NM_P_INT, 0, NULL}, OPTIONS),
   .doc = "steps numbers from start to stop, both included, evenly spaced",
   .shapes = "-> (steps)", .errors = "a negative number of steps",
   .flags = NM_FUNCTION | NM_OUT, .forward = linspace_forward, .dtypes = "f",
   .example = "nm.linspace(0, 1, 5)"},
  {.name = "logspace",
   NM_PARAMS({"start", NM_P_FLOAT, 0, NULL}, {"stop", NM_P_FLOAT, 0, NULL},
             {"steps", NM_P_INT, 0, NULL}, {"base", NM_P_FLOAT, NM_OPTIONAL, "10"}, OPTIONS),
   .doc = "steps numbers from base ^ start to base ^ stop, both included, their exponents evenly "
          "spaced",
   .shapes = "-> (steps)", .errors = "a negative number of steps",
   .flags = NM_FUNCTION | NM_OUT, .forward = linspace_forward, .dtypes = "f",
   .example = "nm.logspace(0, 3, 4)"},
  {.name = "eye", NM_PARAMS({"n", NM_P_INT, 0, NULL}, {"m", NM_P_INT, NM_OPTIONAL, "n"}, OPTIONS),
   .doc = "ones on the diagonal, zeros elsewhere",
   .shapes = "-> (n, m)", .errors = "a negative size",
   .flags = NM_FUNCTION | NM_OUT, .forward = eye_forward, .dtypes = "fib", .example = "nm.eye(3)"},
  {.name = "randperm", NM_PARAMS({"n", NM_P_INT, 0, NULL}, OPTIONS),
   .doc = "the index positions of n elements in random order",
   .shapes = "-> (n)", .errors = "a negative n",
   .flags = NM_FUNCTION | NM_OUT, .forward = randperm_forward, .dtypes = "i", .example = "nm.randperm(5)"},
};
/* clang-format on */
NM_FAMILY(create);
