/* test_order.h: sort and search, against insertion and counting. */
#ifndef NM_TEST_ORDER_H
#define NM_TEST_ORDER_H

#include "harness.h"

/* Whether a stands before b in ascending order: NaN last, 0 and -0 alike. */
static bool ordered(nm_dtype d, val a, val b) {
  if (!nm__is_float(d)) return a.i < b.i;
  return isnan(a.f) ? false : isnan(b.f) || a.f < b.f;
}

static nm_dtype sorting_dtype;
static bool sorting_down;
static const val *sorting; /* the line's elements */

static int compare_positions(const void *p, const void *q) {
  int64_t i = *(const int64_t *)p, j = *(const int64_t *)q;
  val a = sorting[i], b = sorting[j];
  if (ordered(sorting_dtype, a, b)) return sorting_down ? 1 : -1;
  if (ordered(sorting_dtype, b, a)) return sorting_down ? -1 : 1;
  return i < j ? -1 : i > j;
}

static bool same_bits(nm_dtype d, val a, val b) {
  if (!nm__is_float(d)) return a.i == b.i;
  return (isnan(a.f) && isnan(b.f)) || (a.f == b.f && signbit(a.f) == signbit(b.f));
}

/* what: bit 0 for the elements, bit 1 for the positions */
static void test_sort(nm_dtype dtype, int layout, int ndim, const int64_t *shape, int64_t n,
                      bool descending, int what, double range) {
  int base = (int)(n % 2);
  int64_t length = ndim ? shape[ndim - 1] : 1, lines = count(ndim, shape) / length;
  testing("sort of %lld x %lld %s, %s, first %lld, %s, results %d", (long long)lines,
          (long long)length, nm__dtypes[dtype].name, layout_name[layout], (long long)n,
          descending ? "down" : "up", what);
  int64_t out[NM_MAX_DIMS];
  for (int d = 0; d < ndim; d++) out[d] = d == ndim - 1 ? n : shape[d];
  array x = make(dtype, layout, ndim, shape, -range, range, true),
        y = make(dtype, L_FLAT, ndim, out, 0, 1, false),
        ix = make(NM_INT64, L_FLAT, ndim, out, 0, 1, false);
  nm_view vx = view(&x), vy = view(&y), vi = view(&ix);
  call(dev->cls->sort(dev, &vx, descending, n, what & 1 ? &vy : NULL, what & 2 ? &vi : NULL, base));
  fetch(&y);
  fetch(&ix);
  int64_t *want = malloc(sizeof *want * (size_t)length);
  val *from_x = elements(&x);
  sorting_dtype = dtype, sorting_down = descending;
  for (int64_t l = 0; l < lines; l++) {
    sorting = from_x + l * length;
    for (int64_t i = 0; i < length; i++) want[i] = i;
    qsort(want, (size_t)length, sizeof *want, compare_positions);
    for (int64_t i = 0; i < n; i++) {
      val v = sorting[want[i]], got = at(&y, l * n + i);
      int64_t where = at(&ix, l * n + i).i - base;
      if (!check(!(what & 2) || where == want[i],
                 "line %lld: position %lld is %lld, should be %lld", (long long)l, (long long)i,
                 (long long)where, (long long)want[i]) ||
          !check(!(what & 1) || same_bits(dtype, v, got),
                 "line %lld: element %lld is %.9g|%lld, should be %.9g|%lld", (long long)l,
                 (long long)i, got.f, (long long)got.i, v.f, (long long)v.i)) {
        l = lines;
        break;
      }
    }
  }
  free(want);
  free(from_x);
  drop(&x);
  drop(&y);
  drop(&ix);
}

static void test_search(nm_dtype dtype, int layout, int64_t rows, int64_t b, int64_t n, int64_t m,
                        bool right) {
  testing("search of %lld x %lld %s in %lld x %lld, %s, %s", (long long)b, (long long)m,
          nm__dtypes[dtype].name, (long long)rows, (long long)n, layout_name[layout],
          right ? "right" : "left");
  int64_t line[] = {rows, n}, many[] = {b, m};
  array s = make(dtype, layout, 2, line, -20, 20, true),
        x = make(dtype, layout, 2, many, -20, 20, true),
        ix = make(NM_INT64, L_FLAT, 2, many, 0, 1, false);
  for (int64_t r = 0; r < rows; r++) /* insertion, in place */
    for (int64_t i = 1; i < n; i++)
      for (int64_t j = i; j > 0 && ordered(dtype, at(&s, r * n + j), at(&s, r * n + j - 1)); j--) {
        val v = at(&s, r * n + j), w = at(&s, r * n + j - 1);
        ref_store(dtype, s.host, place(&s, r * n + j), w);
        ref_store(dtype, s.host, place(&s, r * n + j - 1), v);
      }
  call(dev->cls->write(dev, &s.mem, 0, (size_t)s.n * nm__dtype_size(dtype), s.host));
  nm_view vs = view(&s), vx = view(&x), vi = view(&ix);
  call(dev->cls->search(dev, &vs, &vx, right, &vi));
  fetch(&ix);
  for (int64_t i = 0; i < b * m; i++) {
    int64_t want = 0, r = rows == 1 ? 0 : i / m;
    for (int64_t j = 0; j < n; j++) {
      val e = at(&s, r * n + j), v = at(&x, i);
      want += right ? !ordered(dtype, v, e) : ordered(dtype, e, v);
    }
    int64_t got = at(&ix, i).i;
    if (!check(got == want, "element %lld belongs at %lld, should be %lld", (long long)i,
               (long long)got, (long long)want))
      break;
  }
  drop(&s);
  drop(&x);
  drop(&ix);
}

static void test_orders(void) {
  static const int64_t shapes[][3] = {{1},       {7},       {100},    {512},      {513},
                                      {3000},    {70000},   {300, 5}, {40, 33},   {9, 512},
                                      {5, 1100}, {2, 3, 4}, {600, 1}, {3, 4, 40}, {5, 2},
                                      {9, 65},   {9, 129},  {9, 257}, {3, 2500}};
  static const int ndims[] = {1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 2, 3, 2, 2, 2, 2, 2};
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d) || !holds(NM_INT64)) continue;
    for (size_t s = 0; s < sizeof ndims / sizeof *ndims; s++) {
      int64_t length = shapes[s][ndims[s] - 1];
      bool down = s % 2;
      /* many equal elements, then few */
      test_sort((nm_dtype)d, L_FLAT, ndims[s], shapes[s], length, down, 3, 5);
      test_sort((nm_dtype)d, L_SWAPPED, ndims[s], shapes[s], length, !down, 1, 1000);
      test_sort((nm_dtype)d, L_STEPPED, ndims[s], shapes[s], (length + 1) / 2, down, 2, 5);
      test_sort((nm_dtype)d, L_EXPANDED, ndims[s], shapes[s], 1, down, 3, 1000);
      if (length > 3) test_sort((nm_dtype)d, L_PADDED, ndims[s], shapes[s], 3, !down, 3, 1000);
      if (length >= 100)
        test_sort((nm_dtype)d, L_STEPPED, ndims[s], shapes[s], length / 10, down, 3, 1000);
    }
    test_sort((nm_dtype)d, L_FLAT, 0, shapes[0], 1, false, 3, 5);
    for (int right = 0; right < 2; right++) {
      test_search((nm_dtype)d, L_FLAT, 1, 1, 30, 50, right);
      test_search((nm_dtype)d, L_SWAPPED, 3, 3, 17, 40, right);
      test_search((nm_dtype)d, L_STEPPED, 1, 4, 1, 5, right);
      test_search((nm_dtype)d, L_EXPANDED, 2, 2, 9, 3, right);
      test_search((nm_dtype)d, L_FLAT, 1, 1, 5, 5000, right);
    }
  }
  int before = ctx->num_threads;
  for (int threads = 2; is_cpu && threads < 5; threads++) {
    ctx->num_threads = threads;
    test_sort(NM_FLOAT32, L_SWAPPED, 2, (const int64_t[]){200, 700}, 700, false, 3, 100);
    test_sort(NM_INT64, L_FLAT, 2, (const int64_t[]){30000, 5}, 5, true, 3, 100);
    test_sort(NM_FLOAT32, L_STEPPED, 1, (const int64_t[]){300001}, 300001, true, 3, 1e4);
    test_sort(NM_INT16, L_FLAT, 1, (const int64_t[]){140000}, 100000, false, 1, 1e4);
    test_sort(NM_FLOAT64, L_SWAPPED, 2, (const int64_t[]){2, 150000}, 150000, false, 2, 100);
    test_sort(NM_INT64, L_FLAT, 1, (const int64_t[]){66000}, 66000, true, 3, 9e18);
    test_search(NM_FLOAT32, L_SWAPPED, 3, 3, 17, 9000, false);
  }
  ctx->num_threads = before;
}

#endif
