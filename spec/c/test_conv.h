/* test_conv.h: the general convolution, against its definition; one thread against several. */
#ifndef NM_TEST_CONV_H
#define NM_TEST_CONV_H

#include "harness.h"

typedef struct conv_case {
  int dims, groups;
  int64_t n, in, out; /* samples, channels of a group */
  int64_t x[3], w[3], y[3], stride[3], low[3], lhs[3], rhs[3];
} conv_case;

/* Where in the input, along dim d, the tap of a weight falls for a place in the result; or -1. */
static int64_t tapped(const conv_case *c, int d, int64_t place, int64_t tap) {
  int64_t m = place * c->stride[d] + tap * c->rhs[d] - c->low[d];
  return m >= 0 && m % c->lhs[d] == 0 && m / c->lhs[d] < c->x[d] ? m / c->lhs[d] : -1;
}

/* The sum that one element of y is, and the sum of the absolute values; of a case in 3 dims. */
static double conv_element(const conv_case *c, const val *x, const val *w, int64_t at_y,
                           double *size) {
  int64_t place[3], i = at_y;
  for (int d = 2; d >= 0; d--) place[d] = i % c->y[d], i /= c->y[d];
  int64_t o = i % (c->out * c->groups), n = i / (c->out * c->groups);
  int64_t channel = (n * c->groups + o / c->out) * c->in, tap[3];
  const val *weight = w + o * c->in * c->w[0] * c->w[1] * c->w[2];
  double sum = *size = 0;
  for (int64_t k = 0; k < c->in; k++)
    for (tap[0] = 0; tap[0] < c->w[0]; tap[0]++)
      for (tap[1] = 0; tap[1] < c->w[1]; tap[1]++)
        for (tap[2] = 0; tap[2] < c->w[2]; tap[2]++, weight++) {
          int64_t from = channel + k;
          bool inside = true;
          for (int d = 0; d < 3 && inside; d++) {
            int64_t m = tapped(c, d, place[d], tap[d]);
            inside = m >= 0;
            from = from * c->x[d] + m;
          }
          if (!inside) continue;
          double product = x[from].f * weight->f;
          sum += product, *size += fabs(product);
        }
  return sum;
}

/* The same case with three dims, of which the new ones have size 1. */
static conv_case in_three_dims(const conv_case *c) {
  conv_case wide = *c;
  for (int d = c->dims; d < 3; d++) {
    wide.x[d] = wide.w[d] = wide.y[d] = wide.stride[d] = wide.lhs[d] = wide.rhs[d] = 1;
    wide.low[d] = 0;
  }
  return wide;
}

/* The view with dim d as groups and what is in each. */
static nm_view grouped(nm_view v, int d, int64_t groups) {
  for (int k = v.ndim++; k > d; k--) v.shape[k] = v.shape[k - 1], v.stride[k] = v.stride[k - 1];
  v.shape[d] = groups, v.shape[d + 1] /= groups;
  v.stride[d] = v.stride[d + 1] * v.shape[d + 1];
  return v;
}

/* x and w lie in one layout; with another than the flat one there is a bias. */
static void test_conv(nm_dtype dtype, int layout, const conv_case *c) {
  testing("convolution of %s, %s, %dd, groups %d of %lld to %lld channels", nm__dtypes[dtype].name,
          layout_name[layout], c->dims, c->groups, (long long)c->in, (long long)c->out);
  int64_t sx[5] = {c->n, c->in * c->groups}, sw[5] = {c->out * c->groups, c->in},
          sy[5] = {c->n, c->out * c->groups};
  nm_conv conv = {.dims = c->dims};
  int64_t depth = c->in;
  for (int d = 0; d < c->dims; d++) {
    sx[2 + d] = c->x[d], sw[2 + d] = c->w[d], sy[2 + d] = c->y[d];
    conv.stride[d] = c->stride[d], conv.low[d] = c->low[d];
    conv.lhs[d] = c->lhs[d], conv.rhs[d] = c->rhs[d];
    depth *= c->w[d];
  }
  array x = make(dtype, layout, c->dims + 2, sx, -2, 2, false),
        w = make(dtype, layout, c->dims + 2, sw, -2, 2, false),
        bias = make(dtype, L_FLAT, 1, &sy[1], -2, 2, false),
        y = make(dtype, L_FLAT, c->dims + 2, sy, 0, 1, false);
  nm_view vx = grouped(view(&x), 1, c->groups), vw = grouped(view(&w), 0, c->groups),
          vy = grouped(view(&y), 1, c->groups), vb = grouped(view(&bias), 0, c->groups);
  call(dev->cls->conv(dev, &conv, &vx, &vw, layout == L_FLAT ? NULL : &vb, &vy));
  fetch(&y);
  conv_case wide = in_three_dims(c);
  val *from_x = elements(&x), *from_w = elements(&w);
  /* depth products and sums, and one rounding to a half */
  double unit = dtype == NM_FLOAT64 ? 0x1p-53 : 0x1p-24;
  double own = dtype == NM_FLOAT16 ? 0x1p-11 : dtype == NM_BFLOAT16 ? 0x1p-8 : 0;
  for (int64_t i = 0, n = count(c->dims + 2, sy); i < n; i++) {
    double size, want = conv_element(&wide, from_x, from_w, i, &size), got = at(&y, i).f;
    if (layout != L_FLAT) {
      double b = at(&bias, i / count(c->dims, c->y) % sy[1]).f;
      want += b, size += fabs(b);
    }
    double slack = (double)(depth + 2) * unit * size + own * fabs(want) + 0x1p-24 * (own > 0);
    if (!check(fabs(got - want) <= slack, "element %lld is %.17g, should be %.17g", (long long)i,
               got, want))
      break;
  }
  free(from_x);
  free(from_w);
  drop(&x);
  drop(&w);
  drop(&bias);
  drop(&y);
}

/* The number of threads changes no bit. */
static void test_conv_threads(int64_t in, const int64_t *sw, const int64_t *sy) {
  int64_t sx[4] = {sy[0], in, 40, 41};
  nm_conv conv = {2, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
  int before = ctx->num_threads;
  array x = make(NM_FLOAT32, L_SWAPPED, 4, sx, -2, 2, false),
        w = make(NM_FLOAT32, L_FLAT, 4, sw, -2, 2, false);
  char *first = NULL;
  for (int threads = 1; threads <= 4; threads++) {
    testing("convolution with a kernel of %d x %d and %d threads", (int)sw[2], (int)sw[3], threads);
    ctx->num_threads = threads;
    array y = make(NM_FLOAT32, L_FLAT, 4, sy, 0, 0, false);
    nm_view vx = grouped(view(&x), 1, 1), vw = grouped(view(&w), 0, 1),
            vy = grouped(view(&y), 1, 1);
    y.offset = vy.offset = 0;
    call(dev->cls->conv(dev, &conv, &vx, &vw, NULL, &vy));
    fetch(&y);
    size_t bytes = (size_t)count(4, sy) * 4;
    if (first) check(!memcmp(first, y.host, bytes), "other bits than with one");
    if (!first) first = memcpy(malloc(bytes), y.host, bytes);
    drop(&y);
  }
  free(first);
  ctx->num_threads = before;
  drop(&x);
  drop(&w);
}

/* An infinite element is in the sums that it belongs to and in no other, wherever it lies. */
static void test_conv_infinite(int64_t samples, int64_t outs, int64_t step) {
  const conv_case c = {2,       1,      samples, 3,      outs,   {9, 10},
                       {9, 10}, {3, 3}, {1, 1},  {1, 1}, {1, 1}, {1, 1}};
  const conv_case wide = in_three_dims(&c);
  int64_t sx[4] = {samples, 3, 9, 10}, sw[4] = {outs, 3, 9, 10}, sy[4] = {samples, outs, 3, 3};
  nm_conv conv = {2, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
  for (int64_t place = 0; place < samples * 3 * 9 * 10; place += step) {
    testing("a gradient of %d outputs' weights with an infinity at %d", (int)outs, (int)place);
    array x = make(NM_FLOAT32, L_FLAT, 4, sx, 1, 2, false),
          w = make(NM_FLOAT32, L_FLAT, 4, sw, 1, 2, false),
          y = make(NM_FLOAT32, L_FLAT, 4, sy, 0, 1, false);
    ((float *)(void *)x.host)[x.offset + place] = INFINITY;
    call(dev->cls->write(dev, &x.mem, 0, (size_t)x.n * 4, x.host));
    nm_view vx = grouped(view(&x), 1, 1), vw = grouped(view(&w), 0, 1),
            vy = grouped(view(&y), 1, 1);
    call(dev->cls->conv(dev, &conv, &vx, &vw, NULL, &vy));
    fetch(&y);
    val *from_x = elements(&x), *from_w = elements(&w);
    for (int64_t i = 0; i < count(4, sy); i++) {
      double size, want = conv_element(&wide, from_x, from_w, i, &size), got = at(&y, i).f;
      check(isinf(want) ? got == want : fabs(got - want) <= 300 * 0x1p-24 * size,
            "element %lld is %g, should be %g", (long long)i, got, want);
    }
    free(from_x);
    free(from_w);
    drop(&x);
    drop(&w);
    drop(&y);
  }
}

static void test_convolutions(void) {
  static const conv_case cases[] = {
      {1, 1, 2, 3, 4, {9}, {3}, {7}, {1}, {0}, {1}, {1}},
      {1, 2, 1, 3, 5, {20}, {4}, {12}, {2}, {3}, {1}, {2}},
      {1, 1, 1, 2, 3, {7}, {3}, {15}, {1}, {2}, {3}, {1}}, /* transposed */
      {1, 1, 1, 2, 3, {9}, {2}, {3}, {1}, {-2}, {1}, {1}}, /* cropped */
      {1, 1, 1, 1, 1, {4}, {2}, {9}, {2}, {5}, {2}, {3}}, /* all at once, some places all padding */
      {1, 3, 2, 1, 1, {300}, {5}, {300}, {1}, {2}, {1}, {1}}, /* depthwise */
      {1, 1, 3, 40, 70, {50}, {7}, {44}, {1}, {0}, {1}, {1}},
      {1, 1, 4, 6, 5, {900}, {890}, {11}, {1}, {0}, {1}, {1}}, /* as the gradient of weights */
      {1, 1, 2, 0, 3, {5}, {2}, {4}, {1}, {0}, {1}, {1}},      /* nothing to sum */
      {1, 1, 0, 2, 3, {5}, {2}, {4}, {1}, {0}, {1}, {1}},
      {2, 1, 2, 3, 4, {6, 7}, {2, 3}, {5, 5}, {1, 1}, {0, 0}, {1, 1}, {1, 1}},
      {2, 2, 1, 4, 3, {9, 8}, {3, 2}, {5, 9}, {2, 1}, {1, 2}, {1, 1}, {1, 3}},
      {2, 1, 2, 3, 2, {4, 5}, {3, 3}, {8, 14}, {1, 1}, {1, 2}, {2, 3}, {1, 1}},
      {2, 1, 2, 16, 24, {30, 31}, {3, 3}, {30, 31}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      {2, 1, 5, 1, 7, {8, 16}, {8, 16}, {1, 1}, {1, 1}, {0, 0}, {1, 1}, {1, 1}}, /* in place */
      {3, 1, 5, 1, 7, {4, 2, 9}, {4, 2, 8}, {1, 1, 2}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}},
      {2, 1, 5, 65, 130, {4, 4}, {1, 1}, {4, 4}, {1, 1}, {0, 0}, {1, 1}, {1, 1}},
      {3, 2, 2, 2, 3, {4, 5, 3}, {2, 3, 2}, {3, 4, 2}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}},
      {3, 1, 1, 2, 3, {5, 4, 6}, {2, 2, 3}, {3, 7, 4}, {2, 1, 1}, {1, 1, 0}, {1, 2, 1}, {1, 1, 1}},
      /* the kernel backwards, as gradients of inputs; y backwards */
      {1, 1, 2, 3, 4, {30}, {4}, {27}, {1}, {-3}, {1}, {-1}},
      {2, 1, 2, 9, 5, {12, 13}, {3, 4}, {25, 38}, {1, 1}, {-1, 0}, {2, 3}, {-1, -1}},
      {2, 1, 2, 2, 3, {8, 9}, {2, 3}, {6, 5}, {-1, -1}, {-6, -5}, {1, 1}, {1, 1}},
      {2, 1, 2, 3, 4, {30, 20}, {28, 18}, {3, 3}, {-1, -2}, {-2, -4}, {1, 1}, {1, 1}},
      /* both at once, with parts and phases in common */
      {2, 1, 1, 3, 9, {20, 41}, {3, 2}, {9, 21}, {4, 6}, {1, 0}, {2, 3}, {3, 1}},
      /* vectors of outputs: strips and lone vectors, stretches of a row, steps (columns of
       * both phases, of either first), parts with and without taps, more parts than that takes */
      {2, 1, 2, 20, 32, {7, 7}, {3, 3}, {7, 7}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      {2, 1, 1, 20, 47, {5, 6}, {3, 3}, {5, 6}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      {2, 2, 1, 20, 40, {13, 17}, {3, 3}, {7, 9}, {2, 2}, {1, 1}, {1, 1}, {1, 1}},
      {2, 1, 1, 20, 33, {11, 70}, {3, 3}, {5, 34}, {2, 2}, {0, 0}, {1, 1}, {1, 1}},
      {2, 1, 2, 20, 33, {8, 69}, {3, 4}, {4, 36}, {2, 2}, {1, 3}, {1, 1}, {1, 1}},
      {1, 1, 1, 40, 64, {150}, {7}, {150}, {1}, {3}, {1}, {1}},
      {2, 1, 1, 40, 32, {7, 9}, {3, 3}, {13, 17}, {1, 1}, {1, 1}, {2, 2}, {-1, -1}},
      {2, 1, 1, 50, 32, {7, 7}, {2, 2}, {19, 20}, {1, 1}, {1, 1}, {3, 3}, {1, 1}},
      {2, 1, 1, 50, 32, {7, 5}, {2, 2}, {13, 24}, {1, 1}, {1, 1}, {2, 5}, {1, 1}},
      {3, 1, 1, 5, 32, {4, 5, 9}, {3, 3, 3}, {4, 5, 9}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
  };
  static const conv_case large[] = {
      /* several slabs, in every dim */
      {1, 1, 1, 40, 3, {6000}, {5}, {6002}, {1}, {3}, {1}, {1}},
      {2, 1, 1, 70, 9, {66, 67}, {3, 3}, {66, 34}, {1, 2}, {1, 1}, {1, 1}, {1, 1}},
      {3,
       1,
       1,
       33,
       2,
       {9, 19, 40},
       {3, 3, 3},
       {9, 19, 40},
       {1, 1, 1},
       {1, 1, 1},
       {1, 1, 1},
       {1, 1, 1}},
      /* gradients of weights: dense, with steps, from a dilated x, depthwise, in three dims */
      {2, 1, 5, 3, 7, {31, 33}, {29, 31}, {3, 3}, {1, 1}, {0, 0}, {1, 1}, {1, 1}},
      {2, 1, 9, 3, 7, {40, 64}, {40, 64}, {1, 1}, {1, 1}, {0, 0}, {1, 1}, {1, 1}},
      {2, 1, 90, 1, 7, {41, 31}, {41, 31}, {1, 1}, {1, 1}, {0, 0}, {1, 1}, {1, 1}},
      {2, 1, 2, 2, 130, {56, 57}, {28, 29}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {2, 2}},
      {2, 2, 3, 20, 2, {9, 11}, {17, 21}, {3, 2}, {-1, -1}, {1, 0}, {2, 2}, {1, 1}},
      {2, 5, 1, 4, 1, {14, 14}, {14, 14}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      /* of many outputs: several units, lone vectors, parts of a row, of channels, with steps */
      {2, 1, 20, 2, 60, {30, 47}, {30, 47}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      {2, 2, 20, 7, 48, {7, 7}, {7, 7}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      {1, 1, 30, 2, 32, {1400}, {1399}, {4}, {1}, {1}, {1}, {1}},
      {2, 1, 20, 2, 160, {29, 38}, {15, 19}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {2, 2}},
      {3, 1, 9, 2, 32, {5, 6, 7}, {5, 6, 7}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
      {3,
       1,
       2,
       3,
       4,
       {5, 12, 13},
       {5, 12, 13},
       {3, 3, 3},
       {1, 1, 1},
       {1, 1, 1},
       {1, 1, 1},
       {1, 1, 1}},
  };
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d) || !nm__is_float((nm_dtype)d)) continue;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
      for (int layout = L_FLAT; layout < L_COUNT; layout++)
        if (layout != L_SINGLE) test_conv((nm_dtype)d, layout, &cases[i]);
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
      test_conv((nm_dtype)d, d == NM_FLOAT32 ? L_PADDED : L_FLAT, &large[i]);
  }
  test_conv_infinite(2, 4, 9);
  test_conv_infinite(20, 32, 9 * 31);
  static const int64_t small[4] = {7, 5, 3, 3}, many[4] = {3, 7, 40, 41},
                       large_w[4] = {7, 5, 40, 41}, few[4] = {3, 7, 3, 3};
  static const int64_t deep_w[4] = {32, 64, 3, 3}, outs[4] = {3, 32, 40, 41},
                       many_w[4] = {32, 5, 40, 41}, outs_w[4] = {20, 32, 3, 3};
  if (!is_cpu) return;
  test_conv_threads(5, small, many);
  test_conv_threads(5, large_w, few);
  test_conv_threads(5, many_w, outs_w);
  test_conv_threads(64, deep_w, outs);
}

#endif
