/* test_rows.h: what is computed by rows, beside the formulas of core/device.h in long double. */

static double unit_of(nm_dtype dtype) { return dtype == NM_FLOAT64 ? 0x1p-52 : 0x1p-23; }
static double own_of(nm_dtype dtype) { /* rounding to the dtype itself */
  return dtype == NM_FLOAT16 ? 0x1p-10 : dtype == NM_BFLOAT16 ? 0x1p-7 : 0;
}

static void near_value(const array *y, int64_t i, long double want, double slack) {
  double got = at(y, i).f, w = (double)want;
  slack += own_of(y->dtype) * fabs(w) + (y->dtype == NM_FLOAT16 ? 6e-8 : 0);
  check(isnan(w) ? isnan(got) : got == w || fabs(got - w) <= slack,
        "element %d is %.9g, should be %.9g (+- %.3g)", (int)i, got, w, slack);
}

typedef struct row_case {
  nm_dtype dtype;
  int rows, n;
  bool centered, learned; /* learned: with weight and bias */
  double lo, hi;          /* of x */
} row_case;

/* Rows with their mean taken off and their spread made 1, and the derivative of that. */
static void test_norm(const row_case *c) {
  testing("norm of %s, %d rows of %d in %g .. %g%s%s", nm__dtypes[c->dtype].name, c->rows, c->n,
          c->lo, c->hi, c->centered ? ", centered" : "", c->learned ? ", learned" : "");
  const int64_t shape[] = {c->rows, c->n}, pairs[] = {c->rows, 2};
  nm_dtype kept = c->dtype == NM_FLOAT64 ? NM_FLOAT64 : NM_FLOAT32;
  array x = make(c->dtype, L_FLAT, 2, shape, c->lo, c->hi, false),
        g = make(c->dtype, L_FLAT, 2, shape, -2, 2, false),
        w = make(c->dtype, L_FLAT, 1, shape + 1, -2, 2, false),
        b = make(c->dtype, L_FLAT, 1, shape + 1, -2, 2, false),
        y = make(c->dtype, L_FLAT, 2, shape, 0, 1, false),
        dx = make(c->dtype, L_FLAT, 2, shape, 0, 1, false),
        dw = make(c->dtype, L_FLAT, 1, shape + 1, 0, 1, false),
        db = make(c->dtype, L_FLAT, 1, shape + 1, 0, 1, false),
        stats = make(kept, L_FLAT, 2, pairs, 0, 1, false);
  if (x.n > 200000) make_room(&y), make_room(&dx);
  nm_view vx = view(&x), vg = view(&g), vw = view(&w), vb = view(&b), vy = view(&y),
          vdx = view(&dx), vdw = view(&dw), vdb = view(&db), vs = view(&stats);
  nm_rows r = {.kind = NM_ROWS_NORM,
               .centered = c->centered,
               .eps = 1e-5,
               .rows = c->rows,
               .n = c->n,
               .x = &vx,
               .y = &vy,
               .stats = &vs};
  if (c->learned) r.w = &vw, r.b = &vb;
  call(dev->cls->rows(dev, &r));
  r.kind = NM_ROWS_NORM_BACK;
  r.g = &vg, r.b = NULL, r.y = &vdx, r.dw = &vdw, r.db = &vdb;
  call(dev->cls->rows(dev, &r));
  fetch(&y), fetch(&dx), fetch(&dw), fetch(&db);
  double unit = unit_of(c->dtype);
  long double *sum = calloc((size_t)c->n * 4, sizeof *sum), /* dw, db, and of sizes */
      *sum_b = sum + c->n, *size = sum_b + c->n, *size_b = size + c->n;
  for (int row = 0; row < c->rows; row++) {
    int64_t first = (int64_t)row * c->n;
    long double mean = 0, squares = 0, most = 0, total = 0, dot = 0, size_total = 0, size_dot = 0;
    for (int i = 0; i < c->n; i++) mean += at(&x, first + i).f;
    mean = c->centered ? mean / c->n : 0;
    for (int i = 0; i < c->n; i++) {
      long double v = at(&x, first + i).f, d = v - mean;
      squares += d * d;
      most = fabsl(v) > most ? fabsl(v) : most;
    }
    long double scale = 1 / sqrtl(squares / c->n + 1e-5L);
    double slack = unit * (double)(4 + 4 * most * scale); /* of (x - mean) scale */
    for (int i = 0; i < c->n; i++) {
      long double z = (at(&x, first + i).f - mean) * scale, v = at(&g, first + i).f,
                  wi = c->learned ? at(&w, i).f : 1, bi = c->learned ? at(&b, i).f : 0;
      near_value(&y, first + i, z * wi + bi,
                 slack * (double)(fabsl(wi) * (1 + fabsl(z))) + unit * (double)fabsl(bi));
      total += v * wi, size_total += fabsl(v * wi);
      dot += v * wi * z, size_dot += fabsl(v * wi) * (1 + fabsl(z));
      sum[i] += v * z, sum_b[i] += v;
      size[i] += fabsl(v) * ((1 + fabsl(z)) * slack + 8 * unit * fabsl(z));
      size_b[i] += fabsl(v) * 8 * unit;
    }
    total = c->centered ? total / c->n : 0, size_total /= c->n, dot /= c->n, size_dot /= c->n;
    for (int i = 0; i < c->n; i++) {
      long double z = (at(&x, first + i).f - mean) * scale,
                  v = at(&g, first + i).f * (c->learned ? at(&w, i).f : 1);
      near_value(&dx, first + i, scale * (v - total - z * dot),
                 4 * slack * (double)(scale * (fabsl(v) + size_total + (1 + fabsl(z)) * size_dot)));
    }
  }
  for (int i = 0; i < c->n; i++) {
    near_value(&dw, i, sum[i], (double)size[i]);
    near_value(&db, i, sum_b[i], (double)size_b[i]);
  }
  free(sum);
  array *all[] = {&x, &g, &w, &b, &y, &dx, &dw, &db, &stats};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

/* over: the result takes the place of g. */
static void test_softmax_back(nm_dtype dtype, bool log_, bool over, int rows, int n) {
  double factor = over ? -0.75 : 1;
  testing("derivative of %ssoftmax of %s, %d rows of %d%s", log_ ? "log_" : "",
          nm__dtypes[dtype].name, rows, n, over ? ", in place and scaled" : "");
  const int64_t shape[] = {rows, n};
  array x = make(dtype, L_FLAT, 2, shape, log_ ? -8 : 0, log_ ? 0 : 1, false),
        g = make(dtype, L_FLAT, 2, shape, -2, 2, false),
        y = make(dtype, L_FLAT, 2, shape, 0, 1, false);
  if (x.n > 200000) make_room(over ? &g : &y);
  nm_view vx = view(&x), vg = view(&g), vy = view(&y);
  nm_rows r = {.kind = log_ ? NM_ROWS_LOG_SOFTMAX_BACK : NM_ROWS_SOFTMAX_BACK,
               .rows = rows,
               .n = n,
               .factor = factor,
               .x = &vx,
               .g = &vg,
               .y = over ? &vg : &vy};
  array given = g, *result = over ? &g : &y;
  size_t bytes = (size_t)g.n * nm__dtype_size(dtype);
  given.host = memcpy(malloc(bytes), g.host, bytes);
  call(dev->cls->rows(dev, &r));
  fetch(result);
  for (int row = 0; row < rows; row++) {
    int64_t first = (int64_t)row * n;
    long double sum = 0, size = 0;
    for (int i = 0; i < n; i++) {
      long double v = at(&given, first + i).f * (log_ ? 1 : at(&x, first + i).f);
      sum += v, size += fabsl(v);
    }
    for (int i = 0; i < n; i++) {
      long double v = at(&given, first + i).f, z = at(&x, first + i).f, e = log_ ? expl(z) : z;
      near_value(result, first + i, log_ ? v - e * sum : (v - sum) * e * factor,
                 16 * unit_of(dtype) * (double)((size + fabsl(v)) * (log_ ? e + 1 : e)));
    }
  }
  free(given.host);
  drop(&x);
  drop(&g);
  drop(&y);
}

static void test_rows(void) {
  static const int shapes[][2] = {{1, 1},  {3, 5},     {7, 16},   {8, 33},   {9, 64},
                                  {23, 9}, {17, 1030}, {40, 700}, {3, 5000}, {4100, 12}};
  if (!dev->cls->rows) return;
  for (int d = NM_FLOAT32; d <= NM_BFLOAT16; d++) {
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
      int rows = shapes[s][0], n = shapes[s][1];
      for (int k = 0; k < 4; k++) test_norm(&(row_case){(nm_dtype)d, rows, n, k & 1, k & 2, -3, 3});
      for (int l = 0; l < 3; l++) test_softmax_back((nm_dtype)d, l == 1, l == 2, rows, n);
    }
    test_norm(&(row_case){(nm_dtype)d, 11, 300, true, true, 1000, 1001});
  }
  test_norm(&(row_case){NM_FLOAT32, 40, 7001, true, true, -3, 3}); /* past the caches */
  test_softmax_back(NM_FLOAT32, true, false, 40, 7001);
  for (int over = 0; over < 2; over++) {
    test_softmax_back(NM_FLOAT32, false, over, 40, 7001);
    test_softmax_back(NM_FLOAT32, false, over, 9, NM_LONGEST_ROW);
  }
}
