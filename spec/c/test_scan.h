/* test_scan.h: running sums, products, extremes and log-sums-exp, against a plain loop. */
#ifndef NM_TEST_SCAN_H
#define NM_TEST_SCAN_H

#include "harness.h"
#include "test_move.h"

static const char *const scan_name[NM_SCAN_KINDS] = {"sum", "product", "maximum", "minimum",
                                                     "log-sum-exp"};

/* Whether w, which comes later, is taken instead of v: equal ones count, and NaN. */
static bool scan_takes(nm_scan_kind kind, bool real, val v, val w) {
  if (!real) return kind == NM_SCAN_MAX ? w.i >= v.i : w.i <= v.i;
  if (isnan(w.f) || isnan(v.f)) return isnan(w.f);
  return kind == NM_SCAN_MAX ? w.f >= v.f : w.f <= v.f;
}

/* A step of a float scan errs by a few units of what it is computed in, of the magnitudes that have
 * come together; the result is rounded to its dtype. */
static bool scan_near(nm_dtype d, val got, long double want, long double size, int64_t steps) {
  double unit = d == NM_FLOAT64 ? 0x1p-53 : 0x1p-24;
  double own = d == NM_FLOAT16 ? 0x1p-11 : d == NM_BFLOAT16 ? 0x1p-8 : unit;
  long double bound = (long double)(8 * (double)(steps + 1) * unit) * size + own * fabsl(want);
  if (d == NM_FLOAT16) bound += 0x1p-25L; /* half of the smallest number */
  if (d == NM_FLOAT16 && fabsl(want) > 65504) return fabs(got.f) >= 65504;
  return fabsl(got.f - want) <= bound;
}

/* large: the result goes past the caches */
static void test_scan_into(nm_scan_kind kind, nm_dtype dtype, int layout, int ndim,
                           const int64_t *shape, int dim, bool indexed, bool large) {
  int64_t length = ndim ? shape[dim] : 1, inner = 1, total = count(ndim, shape);
  bool real = nm__is_float(dtype), extreme = kind == NM_SCAN_MAX || kind == NM_SCAN_MIN;
  for (int d = dim + 1; d < ndim; d++) inner *= shape[d];
  testing("running %s of %lld x %lld x %lld %s, %s", scan_name[kind],
          (long long)(total / length / inner), (long long)length, (long long)inner,
          nm__dtypes[dtype].name, layout_name[layout]);
  double low = kind == NM_SCAN_PROD && real ? 0.9 : -4, high = low < 0 ? 5 : 1.1;
  array x = make(dtype, layout, ndim, shape, low, high, extreme),
        y = make(dtype, L_FLAT, ndim, shape, 0, 1, false),
        ix = make(NM_INT64, L_FLAT, ndim, shape, 0, 1, false);
  if (large) y.offset = 0, make_room(&y);
  nm_view vx = view(&x), vy = view(&y), vi = view(&ix);
  call(dev->cls->scan(dev, kind, &vx, dim, &vy, indexed ? &vi : NULL));
  fetch(&y);
  fetch(&ix);
  bool good = true;
  for (int64_t l = 0; good && l < total / length; l++) {
    int64_t begin = l / inner * length * inner + l % inner, where = 0;
    long double sum = kind == NM_SCAN_PROD ? 1 : 0, size = 0;
    uint64_t whole = kind == NM_SCAN_PROD;
    val best = at(&x, begin);
    for (int64_t k = 0; good && k < length; k++) {
      int64_t i = begin + k * inner;
      val v = at(&x, i), got = at(&y, i);
      if (extreme) {
        if (scan_takes(kind, real, best, v)) best = v, where = k;
        bool same = !real           ? got.i == best.i
                    : isnan(best.f) ? isnan(got.f)
                                    : got.f == best.f && signbit(got.f) == signbit(best.f);
        good =
            check(same, "line %lld, element %lld is %.9g|%lld, should be %.9g|%lld", (long long)l,
                  (long long)k, got.f, (long long)got.i, best.f, (long long)best.i) &&
            (!indexed ||
             check(at(&ix, i).i == where, "line %lld, place %lld is %lld, not %lld", (long long)l,
                   (long long)k, (long long)at(&ix, i).i, (long long)where));
      } else if (!real) {
        whole = kind == NM_SCAN_SUM ? whole + (uint64_t)v.i : whole * (uint64_t)v.i;
        good = check((uint64_t)got.i == whole, "line %lld, element %lld is %lld, should be %lld",
                     (long long)l, (long long)k, (long long)got.i, (long long)whole);
      } else {
        long double want;
        if (kind == NM_SCAN_SUM)
          sum += v.f, size += fabs(v.f);
        else if (kind == NM_SCAN_PROD)
          sum *= v.f, size = fabsl(sum);
        else
          sum += expl(v.f), size = 4 + logl((long double)(k + 2));
        want = kind == NM_SCAN_LOGSUMEXP ? logl(sum) : sum;
        good = check(scan_near(dtype, got, want, size, k),
                     "line %lld, element %lld is %.17g, should be %.17Lg", (long long)l,
                     (long long)k, got.f, want);
      }
    }
  }
  drop(&x);
  drop(&y);
  drop(&ix);
}

static void test_scan(nm_scan_kind kind, nm_dtype dtype, int layout, int ndim, const int64_t *shape,
                      int dim, bool indexed) {
  test_scan_into(kind, dtype, layout, ndim, shape, dim, indexed, false);
}

/* Rows that are aligned to cache lines, rows that are not, rows of several chunks. */
static void test_large_scans(nm_dtype dtype) {
  static const int64_t shapes[][2] = {{140, 1024}, {140, 1029}, {1, 150003}};
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
    for (int kind = NM_SCAN_SUM; kind <= NM_SCAN_MAX; kind++) {
      int layout = k == 1 ? L_FLAT : L_PADDED;
      if (k == 2 && kind == NM_SCAN_PROD) continue; /* it comes to nothing */
      test_scan_into((nm_scan_kind)kind, dtype, layout, 2, shapes[k], 1, false, true);
    }
}

static void test_scans(void) {
  static const struct {
    int ndim, dim;
    int64_t shape[4];
  } cases[] = {{0, 0, {1}},          {1, 0, {1}},         {1, 0, {7}},        {1, 0, {511}},
               {1, 0, {1025}},       {2, 1, {5, 700}},    {2, 0, {700, 5}},   {2, 0, {3, 1100}},
               {3, 1, {2, 300, 3}},  {3, 0, {40, 2, 9}},  {3, 2, {2, 3, 40}}, {2, 1, {300, 3}},
               {4, 2, {2, 2, 9, 2}}, {3, 1, {2, 5, 520}}, {1, 0, {20000}}};
  for (int kind = 0; kind < NM_SCAN_KINDS; kind++)
    for (int d = 0; d < NM_NDTYPES; d++) {
      bool real = nm__is_float((nm_dtype)d), extreme = kind == NM_SCAN_MAX || kind == NM_SCAN_MIN;
      if (!holds((nm_dtype)d) || !holds(NM_INT64)) continue;
      if (!extreme && !real && (d != NM_INT64 || kind == NM_SCAN_LOGSUMEXP)) continue;
      for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        static const int layouts[] = {L_FLAT, L_SWAPPED, L_STEPPED, L_EXPANDED, L_PADDED};
        test_scan((nm_scan_kind)kind, (nm_dtype)d, layouts[(k + (size_t)d) % 5], cases[k].ndim,
                  cases[k].shape, cases[k].dim, extreme && k % 2);
      }
    }
  int before = ctx->num_threads;
  for (int threads = 1; is_cpu && threads < 4; threads += 2) {
    ctx->num_threads = threads;
    test_large_scans(NM_FLOAT32);
    test_large_scans(NM_FLOAT64);
    test_large_scans(NM_INT64);
  }
  for (int threads = 2; is_cpu && threads < 5; threads++) {
    ctx->num_threads = threads;
    test_scan(NM_SCAN_SUM, NM_FLOAT32, L_STEPPED, 1, (const int64_t[]){300001}, 0, false);
    test_scan(NM_SCAN_MAX, NM_INT16, L_FLAT, 1, (const int64_t[]){300001}, 0, true);
    test_scan(NM_SCAN_MIN, NM_FLOAT64, L_FLAT, 2, (const int64_t[]){150000, 3}, 0, true);
    test_scan(NM_SCAN_SUM, NM_INT64, L_SWAPPED, 2, (const int64_t[]){200, 700}, 0, false);
    test_scan(NM_SCAN_LOGSUMEXP, NM_FLOAT64, L_FLAT, 2, (const int64_t[]){2, 140000}, 1, false);
  }
  ctx->num_threads = before;
  test_scan(NM_SCAN_MAX, NM_FLOAT32, L_FLAT, 1, (const int64_t[]){300001}, 0, true);
  test_scan(NM_SCAN_PROD, NM_INT64, L_STEPPED, 2, (const int64_t[]){3, 20000}, 1, false);
}

#endif
