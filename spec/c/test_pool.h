/* test_pool.h: pooling against its definition: largest elements and their places, sums, and both
 * spread over their windows again. */
#ifndef NM_TEST_POOL_H
#define NM_TEST_POOL_H

#include "harness.h"

typedef struct pool_case {
  int dims;
  int64_t batch, x[3], o[3], size[3], step[3], pad[3], dilation[3];
} pool_case;

/* The place in (X...) of element k of window o, or -1. */
static int64_t pool_place(const pool_case *c, int64_t o, int64_t k) {
  int64_t stride = 1, at = 0;
  for (int d = c->dims - 1; d >= 0; d--) {
    int64_t m = o % c->o[d] * c->step[d] + k % c->size[d] * c->dilation[d] - c->pad[d];
    if (m < 0 || m >= c->x[d]) return -1;
    at += m * stride, stride *= c->x[d];
    o /= c->o[d], k /= c->size[d];
  }
  return at;
}

/* The first of the largest elements of window o: its place. */
static int64_t pool_largest(const pool_case *c, const val *x, int64_t o) {
  int64_t best = -1;
  for (int64_t k = 0; k < count(c->dims, c->size); k++) {
    int64_t at = pool_place(c, o, k);
    if (at < 0) continue;
    if (best < 0 || x[at].f > x[best].f || (isnan(x[at].f) && !isnan(x[best].f))) best = at;
  }
  return best;
}

static void test_maxima(nm_dtype dtype, int layout, const pool_case *c, bool with_index) {
  int64_t sx[4] = {c->batch}, so[4] = {c->batch}, nx = count(c->dims, c->x),
          no = count(c->dims, c->o);
  nm_pooling pool = {.kind = NM_POOL_MAX, .dims = c->dims, .divisor = 1};
  for (int d = 0; d < c->dims; d++) {
    sx[1 + d] = c->x[d], so[1 + d] = c->o[d], pool.size[d] = c->size[d];
    pool.step[d] = c->step[d], pool.pad[d] = c->pad[d], pool.dilation[d] = c->dilation[d];
  }
  testing("largest of %s, %s, %dd, %lld to %lld", nm__dtypes[dtype].name, layout_name[layout],
          c->dims, (long long)nx, (long long)no);
  /* few values, so that there are equal ones; and NaN, infinities and zeros of both signs */
  array x = make(dtype, layout, 1 + c->dims, sx, -2, 2, true),
        y = make(dtype, L_FLAT, 1 + c->dims, so, 0, 1, false),
        index = make(NM_INT64, L_FLAT, 1 + c->dims, so, 0, 1, false);
  nm_view vx = view(&x), vy = view(&y), vi = view(&index);
  call(dev->cls->pool(dev, &pool, &vx, &vy, with_index ? &vi : NULL));
  fetch(&y);
  fetch(&index);
  val *from = elements(&x);
  for (int64_t i = 0; i < c->batch * no; i++) {
    const val *plane = from + i / no * nx;
    int64_t where = pool_largest(c, plane, i % no);
    double want = plane[where].f, got = at(&y, i).f;
    if (!check(got == want || (isnan(got) && isnan(want)), "element %lld is %g, should be %g",
               (long long)i, got, want) ||
        (with_index &&
         !check(at(&index, i).i == where, "of element %lld place %lld, should be %lld",
                (long long)i, (long long)at(&index, i).i, (long long)where)))
      break;
  }
  free(from);
  drop(&x);
  drop(&y);
  drop(&index);
}

/* Sums, and with `spread` what they give back; with an index what the windows' largest get. */
static void test_sums(nm_dtype dtype, int layout, const pool_case *c, bool spread, bool by_index) {
  int64_t sx[4] = {c->batch}, so[4] = {c->batch}, nx = count(c->dims, c->x),
          no = count(c->dims, c->o), taps = count(c->dims, c->size);
  nm_pooling pool = {.kind = spread ? NM_POOL_SPREAD : NM_POOL_SUM, .dims = c->dims, .divisor = 3};
  if (by_index) pool.divisor = 1;
  for (int d = 0; d < c->dims; d++) {
    sx[1 + d] = c->x[d], so[1 + d] = c->o[d], pool.size[d] = c->size[d];
    pool.step[d] = c->step[d], pool.pad[d] = c->pad[d], pool.dilation[d] = c->dilation[d];
  }
  testing("sums%s%s of %s, %s, %dd, %lld to %lld", spread ? ", spread" : "",
          by_index ? " by index," : "", nm__dtypes[dtype].name, layout_name[layout], c->dims,
          (long long)nx, (long long)no);
  int64_t n = spread ? nx : no, numel = c->batch * n;
  array x = make(dtype, layout, 1 + c->dims, spread ? so : sx, -2, 2, false),
        y = make(dtype, L_FLAT, 1 + c->dims, spread ? sx : so, 0, 1, false),
        index = make(NM_INT64, L_FLAT, 1 + c->dims, so, 0, 1, false);
  double *want = calloc((size_t)numel + 1, sizeof *want),
         *size = calloc((size_t)numel + 1, sizeof *size);
  val *from = elements(&x);
  for (int64_t i = 0; i < c->batch * no; i++) {
    int64_t b = i / no, o = i % no, chosen = -1;
    for (int64_t k = 0; k < taps; k++) {
      int64_t at = pool_place(c, o, k);
      if (at < 0 || (by_index && chosen >= 0 && (i + k) % 3)) continue;
      chosen = at;
      if (by_index) continue;
      double v = from[spread ? b * no + o : b * nx + at].f;
      want[spread ? b * nx + at : i] += v, size[spread ? b * nx + at : i] += fabs(v);
    }
    if (!by_index) continue;
    ((int64_t *)(void *)index.host)[index.offset + i] = chosen;
    if (chosen < 0) continue;
    want[b * nx + chosen] += from[i].f, size[b * nx + chosen] += fabs(from[i].f);
  }
  call(dev->cls->write(dev, &index.mem, 0, (size_t)index.n * 8, index.host));
  nm_view vx = view(&x), vy = view(&y), vi = view(&index);
  call(dev->cls->pool(dev, &pool, &vx, &vy, by_index ? &vi : NULL));
  fetch(&y);
  double unit = dtype == NM_FLOAT64 ? 0x1p-53 : 0x1p-24;
  double own = dtype == NM_FLOAT16 ? 0x1p-11 : dtype == NM_BFLOAT16 ? 0x1p-8 : 0;
  for (int64_t i = 0; i < numel; i++) {
    double sum = want[i] / pool.divisor, got = at(&y, i).f;
    double slack = (double)(taps + 2) * unit * size[i] + own * fabs(sum) + 0x1p-24 * (own > 0);
    if (!check(fabs(got - sum) <= slack, "element %lld is %.17g, should be %.17g", (long long)i,
               got, sum))
      break;
  }
  free(want);
  free(size);
  free(from);
  drop(&x);
  drop(&y);
  drop(&index);
}

static void test_pooling(void) {
  static const pool_case cases[] = {
      {1, 3, {9}, {4}, {2}, {2}, {0}, {1}},
      {1, 2, {300}, {150}, {3}, {2}, {1}, {1}},
      {1, 2, {40}, {14}, {4}, {3}, {2}, {1}}, /* the last window ends behind x */
      {1, 1, {7}, {9}, {3}, {1}, {3}, {2}},
      {1, 1, {2}, {2}, {2}, {2}, {1}, {1}},
      {2, 3, {12, 35}, {6, 17}, {2, 2}, {2, 2}, {0, 0}, {1, 1}},
      {2, 2, {13, 36}, {7, 18}, {3, 3}, {2, 2}, {1, 1}, {1, 1}},
      {2, 2, {8, 20}, {8, 20}, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
      {2, 2, {9, 31}, {3, 8}, {2, 5}, {4, 3}, {0, 1}, {1, 2}}, /* some elements in no window */
      {2, 5, {6, 5}, {1, 1}, {6, 5}, {1, 1}, {0, 0}, {1, 1}},
      {3, 2, {4, 5, 18}, {2, 3, 9}, {2, 3, 2}, {2, 2, 2}, {0, 1, 0}, {1, 1, 1}},
      {3, 1, {5, 4, 6}, {5, 3, 4}, {3, 2, 2}, {1, 1, 1}, {1, 0, 0}, {1, 1, 2}},
      {2, 0, {6, 5}, {3, 2}, {2, 2}, {2, 2}, {0, 0}, {1, 1}},
  };
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d) || !nm__is_float((nm_dtype)d)) continue;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
      for (int layout = L_FLAT; layout < L_COUNT; layout++) {
        if (layout == L_SINGLE) continue;
        test_maxima((nm_dtype)d, layout, &cases[i], true);
        test_maxima((nm_dtype)d, layout, &cases[i], false);
        test_sums((nm_dtype)d, layout, &cases[i], false, false);
        test_sums((nm_dtype)d, layout, &cases[i], true, false);
        test_sums((nm_dtype)d, layout, &cases[i], true, true);
      }
  }
}

#endif
