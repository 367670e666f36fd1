/* test_kernels.h: random numbers, reductions, products, softmax, gather, scatter; one thread
 * against two. */
#ifndef NM_TEST_KERNELS_H
#define NM_TEST_KERNELS_H

#include "harness.h"
#include "test_move.h"

/* ---- random numbers ---- */

static double unit53(uint32_t high, uint32_t low) {
  return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

static double ref_rand(bool normal, nm_class cls, uint64_t key, uint64_t counter, int64_t i) {
  uint32_t w[4];
  const double turn = 6.283185307179586476925;
  if (cls == NM_F32) {
    nm__philox(key, counter + (uint64_t)i / 4, w);
    if (!normal) return (w[i % 4] >> 8) * 0x1p-24;
    int j = 2 * ((int)(i % 4) / 2);
    double r = sqrt(-2 * log(((w[j] >> 8) + 1) * 0x1p-24)), u = (w[j + 1] >> 8) * 0x1p-24;
    return r * (i % 2 ? sin(turn * u) : cos(turn * u));
  }
  nm__philox(key, counter + (uint64_t)i / 2, w);
  if (!normal) return i % 2 ? unit53(w[2], w[3]) : unit53(w[0], w[1]);
  double r = sqrt(-2 * log(unit53(w[0], w[1]) + 0x1p-53)), u = unit53(w[2], w[3]);
  return r * (i % 2 ? sin(turn * u) : cos(turn * u));
}

static void test_random(nm_class cls, bool normal, int64_t n) {
  nm_dtype dtype = nm__class_dtype[cls];
  testing("%s of %s, %d elements", normal ? "randn" : "rand", nm__dtypes[dtype].name, (int)n);
  array out = make(dtype, L_FLAT, 1, &n, 0, 1, false);
  nm_program p;
  start(&p, 1, &n);
  p.nconst = 2;
  p.konst_class[0] = p.konst_class[1] = NM_I64;
  p.konst[0].u64 = ref_bits();
  p.konst[1].u64 = n % 2 ? ref_bits() : 0xfffffffeu; /* the low word overflows */
  p.out[p.nout++] = operand(&out, add(&p, normal ? NM_I_randn : NM_I_rand, cls, 0, 0, 1, 0));
  call(dev->cls->run(dev, &p));
  fetch(&out);
  double slack = !normal ? 0 : cls == NM_F32 ? 4e-6 : 4e-15, sum = 0, squares = 0;
  for (int64_t i = 0; i < n; i++) {
    double got = at(&out, i).f, want = ref_rand(normal, cls, p.konst[0].u64, p.konst[1].u64, i);
    sum += got, squares += got * got;
    if (!check(fabs(got - want) <= slack, "element %d is %.17g, should be %.17g", (int)i, got,
               want))
      break;
  }
  if (n >= 10000) {
    double mean = sum / (double)n, var = squares / (double)n - mean * mean;
    check(fabs(mean - (normal ? 0 : 0.5)) < 0.03 && fabs(var - (normal ? 1 : 1.0 / 12)) < 0.05,
          "mean %g, variance %g", mean, var);
  }
  drop(&out);
}

/* ---- reductions ---- */

static const char *const reduction_name[] = {"sum",    "prod", "max", "min",    "argmax",
                                             "argmin", "any",  "all", "squares"};

/* What reducing `dims` of values (row-major) gives for one output and beside it, and the sum of
 * their sizes. */
static val ref_reduce(nm_reduction kind, bool real, int ndim, const int64_t *shape, uint32_t dims,
                      const val *v, int64_t output, double *scale, val *also) {
  int64_t inner = 1, base = 0, step[NM_MAX_DIMS], total = 1;
  for (int d = ndim - 1, first = 1; d >= 0; d--, first = 0) {
    (void)first;
    step[d] = inner;
    inner *= shape[d];
    if (dims >> d & 1) {
      total *= shape[d];
    } else {
      base += output % shape[d] * step[d];
      output /= shape[d];
    }
  }
  val y = {kind == NM_R_PROD, kind == NM_R_PROD || kind == NM_R_ALL};
  long double sum = kind == NM_R_PROD, square = 0;
  *scale = 0;
  int64_t best = -1;
  val extreme = {0, 0};
  for (int64_t k = 0; k < total; k++) {
    int64_t rest = k, from = base;
    for (int d = ndim - 1; d >= 0; d--)
      if (dims >> d & 1) {
        from += rest % shape[d] * step[d];
        rest /= shape[d];
      }
    val x = v[from];
    *scale += fabs(x.f);
    square += (long double)x.f * x.f;
    if (kind == NM_R_SUM || kind == NM_R_SQUARES)
      sum += x.f, y.i = (int64_t)((uint64_t)y.i + (uint64_t)x.i);
    if (kind == NM_R_PROD) sum *= x.f, y.i = (int64_t)((uint64_t)y.i * (uint64_t)x.i);
    if (kind == NM_R_ANY) y.i |= real ? x.f != 0 : x.i != 0;
    if (kind == NM_R_ALL) y.i &= real ? x.f != 0 : x.i != 0;
    if (kind >= NM_R_MAX && kind <= NM_R_ARGMIN) {
      bool max = kind == NM_R_MAX || kind == NM_R_ARGMAX;
      bool take = best < 0 || (real ? !isnan(extreme.f) &&
                                          (isnan(x.f) || (max ? x.f > extreme.f : x.f < extreme.f))
                                    : (max ? x.i > extreme.i : x.i < extreme.i));
      if (take) best = k, extreme = x;
    }
  }
  if (kind == NM_R_SUM || kind == NM_R_PROD) y.f = (double)sum;
  if (kind == NM_R_MAX || kind == NM_R_MIN) y = extreme;
  if (kind == NM_R_ARGMAX || kind == NM_R_ARGMIN) y.i = best, *also = extreme;
  if (kind == NM_R_SQUARES) {
    also->f = (double)(sum / total);
    y.f = (double)(square - sum * sum / total);
  }
  return y;
}

static bool is_pair(nm_reduction kind) {
  return kind == NM_R_ARGMAX || kind == NM_R_ARGMIN || kind == NM_R_SQUARES;
}

static nm_dtype reduced_dtype(nm_reduction kind, nm_dtype d) {
  if (kind == NM_R_ANY || kind == NM_R_ALL) return NM_BOOL;
  if (kind == NM_R_ARGMAX || kind == NM_R_ARGMIN) return NM_INT64;
  if (kind == NM_R_MAX || kind == NM_R_MIN || kind == NM_R_SQUARES) return d;
  return nm__is_float(d) ? d : NM_INT64;
}

/* Reduces an input, or (fused) the input times itself plus a constant, which is stored as well. */
static void test_reduce(nm_reduction kind, nm_dtype dtype, int layout, int ndim,
                        const int64_t *shape, uint32_t dims, bool fused) {
  bool real = nm__is_float(dtype);
  nm_class cls = nm__dtype_class(dtype);
  testing("%s%s of %s, %s, %dd {%d,%d,%d,%d}, mask %x", fused ? "fused " : "", reduction_name[kind],
          nm__dtypes[dtype].name, layout_name[layout], ndim, (int)shape[0],
          ndim > 1 ? (int)shape[1] : 1, ndim > 2 ? (int)shape[2] : 1, ndim > 3 ? (int)shape[3] : 1,
          dims);
  int64_t n = count(ndim, shape), nout = 1;
  for (int d = 0; d < ndim; d++)
    if (!(dims >> d & 1)) nout *= shape[d];
  double lo = kind == NM_R_PROD ? 0.9 : -3, hi = kind == NM_R_PROD ? 1.1 : kind == NM_R_ANY ? 0 : 3;
  bool extreme = kind >= NM_R_MAX && kind <= NM_R_ARGMIN, awkward = real && extreme && ref_below(2);
  array x = make(dtype, layout, ndim, shape, lo, hi, awkward),
        stored = make(dtype, L_FLAT, ndim, shape, 0, 1, false);
  if (kind == NM_R_ANY || kind == NM_R_ALL || ref_below(4) == 0) { /* many equal elements */
    for (int64_t i = 0; i < x.n; i++) {
      val v = ref_load(dtype, x.host, i);
      v.f = kind == NM_R_ALL ? 1 : kind == NM_R_ANY ? 0 : floor(v.f);
      v.i = kind == NM_R_ALL ? 1 : kind == NM_R_ANY ? 0 : v.i / 2;
      if (ref_below(97) == 0 && kind >= NM_R_ANY) v.f = kind == NM_R_ANY ? 0.5 : 0, v.i = !v.i;
      ref_store(dtype, x.host, i, v);
    }
  }
  for (int k = extreme ? ref_below(5) : 0; k > 0; k--) { /* few, that win */
    val rare = {ref_below(2) ? 100 : ref_below(2) ? -100 : NAN, ref_below(2) ? 100 : -100};
    ref_store(dtype, x.host, ref_below((int)x.n), ref_narrow(dtype, rare));
  }
  call(dev->cls->write(dev, &x.mem, 0, (size_t)x.n * nm__dtype_size(dtype), x.host));
  nm_dtype result = reduced_dtype(kind, dtype);
  if (!holds(result)) {
    drop(&x);
    drop(&stored);
    return;
  }
  array out = make(result, L_FLAT, 1, &nout, 0, 1, false),
        also = make(dtype, L_FLAT, 1, &nout, 0, 1, false);
  bool pair = is_pair(kind) && dev->cls->reduces_pairs;
  dev->cls->release(dev, &out.mem);
  dev->cls->release(dev, &also.mem);
  out.offset = 0, out.n = nout;
  also.offset = 0, also.n = nout;
  call(nm__mem_alloc(dev, (size_t)nout * nm__dtype_size(result), &out.mem));
  call(nm__mem_alloc(dev, (size_t)nout * nm__dtype_size(dtype), &also.mem));
  nm_program p;
  start(&p, ndim, shape);
  p.in[p.nin++] = operand(&x, 0);
  int src = 0;
  if (fused) {
    src = add(&p, NM_I_add, cls, 0, 0, 0, 0);
    if (nm__is_narrow(dtype)) src = add(&p, NM_I_narrow, cls, dtype, src, 0, 0);
    p.out[p.nout++] = operand(&stored, src);
  }
  nm_reduce r = {.kind = kind,
                 .program = &p,
                 .src = (uint8_t)src,
                 .src_dtype = dtype,
                 .reduced = dims,
                 .out = &out.mem,
                 .also = pair ? &also.mem : NULL,
                 .out_dtype = result,
                 .out_numel = nout};
  call(dev->cls->reduce(dev, &r));
  fetch(&out);
  if (pair) fetch(&also);
  if (fused) fetch(&stored);
  val *v = elements(&x);
  bool good = true;
  for (int64_t i = 0; fused && i < n; i++) {
    v[i].f += v[i].f, v[i].i = (int64_t)((uint64_t)v[i].i * 2), v[i] = ref_narrow(dtype, v[i]);
    if (good)
      good = check(real ? at(&stored, i).f == v[i].f || isnan(v[i].f) : at(&stored, i).i == v[i].i,
                   "stored element %d", (int)i);
  }
  for (int64_t i = 0; i < nout; i++) {
    double scale, got_f = at(&out, i).f;
    val beside = {0, 0}, want = ref_reduce(kind, real, ndim, shape, dims, v, i, &scale, &beside),
        got = at(&out, i), got_beside = pair ? at(&also, i) : beside;
    bool ok;
    double own = dtype == NM_FLOAT16 ? 0x1p-10 : dtype == NM_BFLOAT16 ? 0x1p-7 : 0;
    double fine = dtype == NM_FLOAT64 ? 0x1p-52 : 0x1p-23, count_ = (double)(n / nout);
    if (kind == NM_R_SQUARES) {
      /* as a sum's; what rounding leaves where all elements are alike */
      double slack = want.f * fine * 32 +
                     scale * scale * (fine * fine * 16 / count_ + 0x1p-60 /* want's own */);
      double least = dtype == NM_FLOAT16 ? 0x1p-25 : 0; /* half of the smallest above 0 */
      ok = fabs(got_f - want.f) <= slack + own * want.f + least ||
           (dtype == NM_FLOAT16 && want.f > 65504 && isinf(got_f));
      check(fabs(got_beside.f - beside.f) <= scale / count_ * fine * 8 + own * fabs(beside.f),
            "mean %d is %.17g, should be %.17g", (int)i, got_beside.f, beside.f);
    } else if (pair) {
      check(real ? got_beside.f == beside.f || (isnan(got_beside.f) && isnan(beside.f))
                 : got_beside.i == beside.i,
            "extreme %d is %.17g|%lld, should be %.17g|%lld", (int)i, got_beside.f,
            (long long)got_beside.i, beside.f, (long long)beside.i);
    }
    if (kind == NM_R_SQUARES) {
      /* done */
    } else if (nm__is_float(result) && (kind == NM_R_SUM || kind == NM_R_PROD)) {
      double unit = dtype == NM_FLOAT64 ? 0x1p-52 : 0x1p-23,
             half = fabs(ref_narrow(result, want).f - want.f);
      /* float32 goes on in more precision after a tile; float64 has chains of a few hundred
       * additions */
      double slack = kind == NM_R_SUM ? scale * unit * (dtype == NM_FLOAT64 ? 16 : 4)
                                      : fabs(want.f) * unit * (double)(n / nout + 2);
      ok = fabs(got_f - want.f) <= half + slack + own / 2 * fabs(want.f) * 1.01;
    } else if (nm__is_float(result)) {
      ok = got.f == want.f || (isnan(got.f) && isnan(want.f)) || (!is_cpu && tiny(want.f, cls));
    } else {
      ok = got.i == want.i;
    }
    if (!check(ok, "output %d is %.17g|%lld, should be %.17g|%lld", (int)i, got.f, (long long)got.i,
               want.f, (long long)want.i))
      break;
  }
  free(v);
  drop(&x);
  drop(&stored);
  drop(&out);
  drop(&also);
}

static void test_reductions(void) {
  int64_t four[] = {3, 5, 4, 7}, with_ones[] = {1, 9, 1, 6};
  bool fuses = dev->cls->fuses_reductions;
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d)) continue;
    for (int kind = 0; kind <= NM_R_SQUARES; kind++) {
      if (d == NM_BOOL && kind == NM_R_PROD) continue;
      if (kind == NM_R_SQUARES && !(dev->cls->reduces_pairs && nm__is_float((nm_dtype)d))) continue;
      for (uint32_t mask = 0; mask < 16; mask++) {
        test_reduce((nm_reduction)kind, (nm_dtype)d, L_FLAT, 4, four, mask, false);
        if (mask % 3 == 0)
          test_reduce((nm_reduction)kind, (nm_dtype)d, ref_below(L_COUNT), 4, four, mask, false);
        if (fuses)
          test_reduce((nm_reduction)kind, (nm_dtype)d, ref_below(L_COUNT), 4, four, mask, true);
      }
      test_reduce((nm_reduction)kind, (nm_dtype)d, L_SWAPPED, 4, with_ones, (uint32_t)ref_below(16),
                  false);
      int64_t scalar[] = {1};
      test_reduce((nm_reduction)kind, (nm_dtype)d, L_FLAT, 0, scalar, 0, false);
      if (kind < NM_R_MAX || kind == NM_R_ANY || kind == NM_R_ALL) {
        int64_t empty[] = {3, 0, 2};
        test_reduce((nm_reduction)kind, (nm_dtype)d, L_FLAT, 3, empty, 2, false);
        test_reduce((nm_reduction)kind, (nm_dtype)d, L_FLAT, 3, empty, 7, false);
      }
    }
  }
  static const int64_t large[][3] = {{511, 1, 1},   {513, 1, 1},   {100003, 1, 1}, {700, 300, 1},
                                     {3, 70000, 1}, {70000, 3, 1}, {40, 40, 40},   {2, 600, 90},
                                     {90, 2, 600},  {5000, 7, 2},  {300, 5, 70},   {7, 9000, 1},
                                     {50, 63, 1},   {50, 64, 1},   {50, 129, 1},   {20, 255, 1},
                                     {256, 100, 1}, {257, 512, 1}, {9, 513, 1},    {1, 64, 2}};
  for (size_t s = 0; s < sizeof large / sizeof *large; s++)
    for (int kind = 0; kind <= NM_R_SQUARES; kind++)
      for (uint32_t mask = 1; mask < 8; mask++) {
        nm_dtype d = kinds[ref_below((int)(sizeof kinds / sizeof *kinds))];
        if (kind == NM_R_SQUARES && !(dev->cls->reduces_pairs && nm__is_float(d))) continue;
        if (!holds(d) || kind == NM_R_PROD || (mask != 1 && mask != 2 && mask != 5 && mask != 7))
          continue;
        test_reduce((nm_reduction)kind, d, ref_below(3) ? L_FLAT : ref_below(L_COUNT), 3, large[s],
                    mask, fuses && ref_below(2));
      }
}

/* ---- products ---- */

static array make_view(nm_dtype d, int layout, int64_t b, int64_t r, int64_t c, double lo,
                       double hi) {
  int64_t shape[] = {b, r, c};
  array a = make(d, layout, 3, shape, lo, hi, false);
  if (layout == L_SINGLE) memset(a.stride, 0, sizeof a.stride);
  return a;
}

static void test_matmul(nm_dtype dtype, int la, int lx, int64_t b, int64_t m, int64_t n,
                        int64_t k) {
  bool real = nm__is_float(dtype);
  testing("matmul of %s, %s by %s, %d x (%d, %d, %d)", nm__dtypes[dtype].name, layout_name[la],
          layout_name[lx], (int)b, (int)m, (int)k, (int)n);
  array a = make_view(dtype, la, b, m, k, real ? -2 : -9, real ? 2 : 9),
        x = make_view(dtype, lx, b, k, n, real ? -2 : -9, real ? 2 : 9);
  array y = make_view(dtype, L_FLAT, b, m, n, 0, 1);
  nm_view va = view(&a), vx = view(&x), vy = view(&y);
  call(dev->cls->matmul(dev, &va, &vx, &vy));
  int64_t total = b * m * n;
  val behind = ref_load(dtype, y.host, y.offset + total);
  fetch(&y);
  val after = ref_load(dtype, y.host, y.offset + total);
  check(after.f == behind.f && after.i == behind.i, "written behind the result");
  val *from_a = elements(&a), *from_x = elements(&x);
  for (int64_t i = 0; i<total; i += total> 3000 ? 7 : 1) {
    int64_t batch = i / (m * n), row = i / n % m, column = i % n;
    long double exact = 0;
    double scale = 0;
    uint64_t whole = 0;
    for (int64_t l = 0; l < k; l++) {
      val p = from_a[(batch * m + row) * k + l], q = from_x[(batch * k + l) * n + column];
      exact += (long double)p.f * q.f, scale += fabs(p.f * q.f);
      whole += (uint64_t)p.i * (uint64_t)q.i;
    }
    double sum = (double)exact;
    val got = at(&y, i), want = ref_narrow(dtype, (val){.f = sum, .i = (int64_t)whole});
    double unit = dtype == NM_FLOAT64 ? 0x1p-52 : 0x1p-23, own = dtype == NM_FLOAT16    ? 0x1p-10
                                                                 : dtype == NM_BFLOAT16 ? 0x1p-7
                                                                                        : 0;
    bool ok = real ? fabs(got.f - sum) <= scale * unit * (8 + (double)k / 8) + own * fabs(sum)
                   : got.i == want.i;
    if (!check(ok, "element %d is %.17g|%lld, should be %.17g|%lld", (int)i, got.f,
               (long long)got.i, sum, (long long)want.i))
      break;
  }
  free(from_a);
  free(from_x);
  drop(&a);
  drop(&x);
  drop(&y);
}

/* Batches of batches: heads that lie between the rows, or, `across`, between the columns, give the
 * sums of products, and the same bits as each by itself. */
static void test_nested_products(bool across, int64_t b, int64_t heads, int64_t m, int64_t n,
                                 int64_t k) {
  testing("matmul of %d x %d x (%d, %d, %d)", (int)b, (int)heads, (int)m, (int)k, (int)n);
  array a = make_view(NM_FLOAT32, L_FLAT, b, across ? k : m, heads * (across ? m : k), -2, 2),
        x = make_view(NM_FLOAT32, L_FLAT, b, across ? k : n, heads * (across ? n : k), -2, 2);
  array y = make_view(NM_FLOAT32, L_FLAT, b, heads * m, n, 0, 1),
        z = make_view(NM_FLOAT32, L_FLAT, b, heads * m, n, 0, 1);
  nm_view va = view(&a), vx = view(&x), vy = view(&y);
  va.ndim = vx.ndim = vy.ndim = 4;
  const int64_t sizes[3][4] = {{b, heads, m, k}, {b, heads, k, n}, {b, heads, m, n}},
                strides[3][4] = {
                    {m * heads * k, across ? m : k, across ? 1 : heads * k, across ? heads * m : 1},
                    {n * heads * k, across ? n : k, across ? heads * n : 1, across ? 1 : heads * k},
                    {heads * m * n, m * n, n, 1}};
  nm_view *const all[3] = {&va, &vx, &vy};
  for (int v = 0; v < 3; v++) {
    memcpy(all[v]->shape, sizes[v], sizeof sizes[v]);
    memcpy(all[v]->stride, strides[v], sizeof strides[v]);
  }
  call(dev->cls->matmul(dev, &va, &vx, &vy));
  fetch(&y);
  val *from_a = elements(&a), *from_x = elements(&x);
  for (int64_t i = 0; i < b * heads * m * n; i += 13) {
    int64_t head = i / (m * n), row = i / n % m, column = i % n;
    val *p = from_a + head / heads * strides[0][0] + head % heads * strides[0][1];
    val *q = from_x + head / heads * strides[1][0] + head % heads * strides[1][1];
    double sum = 0, scale = 0;
    for (int64_t l = 0; l < k; l++) {
      double one = p[row * strides[0][2] + l * strides[0][3]].f *
                   q[l * strides[1][2] + column * strides[1][3]].f;
      sum += one, scale += fabs(one);
    }
    val got = at(&y, i);
    if (!check(fabs(got.f - sum) <= scale * 0x1p-23 * (8 + (double)k / 8),
               "element %d is %.9g, should be %.9g", (int)i, got.f, sum))
      break;
  }
  free(from_a);
  free(from_x);
  vy.mem = &z.mem, vy.offset = z.offset;
  for (int v = 0; v < 3; v++) { /* one of both batches */
    all[v]->ndim = 3;
    memmove(all[v]->shape, all[v]->shape + 1, 3 * sizeof *all[v]->shape);
    memmove(all[v]->stride, all[v]->stride + 1, 3 * sizeof *all[v]->stride);
    all[v]->shape[0] = 1;
  }
  for (int64_t i = 0; i < b; i++)
    for (int64_t h = 0; h < heads; h++) {
      nm_view part[3];
      for (int v = 0; v < 3; v++) {
        part[v] = *all[v];
        part[v].offset += i * strides[v][0] + h * strides[v][1];
      }
      call(dev->cls->matmul(dev, &part[0], &part[1], &part[2]));
    }
  fetch(&z);
  bool same = true;
  for (int64_t i = 0; i < b * heads * m * n && same; i++) {
    val one = at(&y, i), other = at(&z, i);
    same = check(one.f == other.f, "element %d is %.9g, by itself %.9g", (int)i, one.f, other.f);
  }
  drop(&a);
  drop(&x);
  drop(&y);
  drop(&z);
}

/* The number of threads changes no bit, however factors are packed and y is shared. */
static void test_product_threads(int la, int lx, int64_t m, int64_t n, int64_t k) {
  int before = ctx->num_threads;
  array a = make_view(NM_FLOAT32, la, 1, m, k, -2, 2),
        x = make_view(NM_FLOAT32, lx, 1, k, n, -2, 2);
  char *first = NULL;
  for (int threads = 1; threads <= 4; threads++) {
    testing("matmul of (%d, %d, %d) with %d threads", (int)m, (int)k, (int)n, threads);
    ctx->num_threads = threads;
    array y = make_view(NM_FLOAT32, L_FLAT, 1, m, n, 0, 1);
    nm_view va = view(&a), vx = view(&x), vy = view(&y);
    y.offset = vy.offset = 0;
    call(dev->cls->matmul(dev, &va, &vx, &vy));
    fetch(&y);
    size_t bytes = (size_t)(m * n) * 4;
    if (first) check(!memcmp(first, y.host, bytes), "other bits than with one");
    if (!first) first = memcpy(malloc(bytes), y.host, bytes);
    drop(&y);
  }
  free(first);
  ctx->num_threads = before;
  drop(&a);
  drop(&x);
}

static void test_products(void) {
  static const int sizes[][4] = {
      {1, 1, 1, 1},      {1, 4, 4, 4},    {2, 3, 5, 7},    {1, 1, 37, 129}, {3, 65, 1, 70},
      {2, 1, 1, 300},    {1, 17, 19, 23}, {1, 33, 65, 31}, {2, 64, 64, 64}, {1, 130, 70, 90},
      {1, 13, 100, 600}, {1, 3, 2, 0},    {0, 3, 2, 4},    {4, 25, 33, 9}};
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d) || d == NM_BOOL) continue;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      const int *z = sizes[s];
      test_matmul((nm_dtype)d, L_FLAT, L_FLAT, z[0], z[1], z[2], z[3]);
      test_matmul((nm_dtype)d, L_SWAPPED, L_FLAT, z[0], z[1], z[2], z[3]);
      test_matmul((nm_dtype)d, L_FLAT, L_SWAPPED, z[0], z[1], z[2], z[3]);
      test_matmul((nm_dtype)d, L_SWAPPED, L_SWAPPED, z[0], z[1], z[2], z[3]);
      test_matmul((nm_dtype)d, L_STEPPED, ref_below(L_COUNT), z[0], z[1], z[2], z[3]);
      test_matmul((nm_dtype)d, ref_below(L_COUNT), L_EXPANDED, z[0], z[1], z[2], z[3]);
    }
  }
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 1, 300, 270, 1100);
  test_matmul(NM_INT64, L_FLAT, L_SWAPPED, 1, 40, 300, 70);
  test_matmul(NM_FLOAT32, L_SWAPPED, L_SWAPPED, 1, 260, 500, 33);
  /* every height of a tile, and columns about its width */
  static const int widths[] = {1,  2,  5,  8,  9,  15, 16, 17, 23, 24,
                               25, 31, 32, 33, 41, 64, 72, 80, 89};
  static const nm_dtype classes[] = {NM_FLOAT32, NM_FLOAT64, NM_INT32, NM_INT64};
  for (int c = 0; c < 4; c++)
    for (int m = 2; m <= 25 && holds(classes[c]); m++)
      for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        test_matmul(classes[c], m % 2 ? L_FLAT : L_SWAPPED, m % 5 ? L_FLAT : L_SWAPPED, 1, m,
                    widths[w], 19);
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 1, 70, 600, 1024); /* rows a page apart */
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 1, 520, 1024, 20);
  /* groups of columns: strips of a are kept, or packed first; more rows than a panel has */
  test_matmul(NM_FLOAT32, L_FLAT, L_SWAPPED, 1, 40, 600, 600);
  test_matmul(NM_FLOAT32, L_SWAPPED, L_FLAT, 1, 40, 600, 600);
  test_matmul(NM_FLOAT16, L_FLAT, L_FLAT, 1, 40, 600, 600);
  test_matmul(NM_FLOAT32, L_FLAT, L_SWAPPED, 1, 3100, 270, 20);
  /* columns of a in many pages, in few places of the second cache, and used by many columns of x */
  test_matmul(NM_FLOAT32, L_SWAPPED, L_FLAT, 1, 520, 140, 150);
  test_matmul(NM_FLOAT32, L_SWAPPED, L_FLAT, 2, 1024, 36, 520);
  test_matmul(NM_FLOAT64, L_SWAPPED, L_FLAT, 1, 70, 270, 60);
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 2, 1, 5003, 12); /* a vector in pieces */
  test_matmul(NM_FLOAT64, L_SWAPPED, L_FLAT, 1, 2051, 1, 9);
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 1, 301, 33, 70); /* rows fetched ahead */
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 1, 500, 70, 40); /* tall, wide, and long sums */
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 1, 20, 6300, 30);
  test_matmul(NM_FLOAT32, L_FLAT, L_SWAPPED, 1, 500, 70, 40);
  test_matmul(NM_FLOAT32, L_FLAT, L_FLAT, 2, 9, 33, 9001);
  test_matmul(NM_FLOAT16, L_SWAPPED, L_FLAT, 2, 3, 5, 9001);
  test_matmul(NM_FLOAT64, L_FLAT, L_FLAT, 1, 1, 1, 50000);
  test_matmul(NM_FLOAT32, L_FLAT, L_SWAPPED, 1, 1, 1500, 700);
  test_matmul(NM_FLOAT32, L_SWAPPED, L_FLAT, 1, 1500, 1, 700);
  test_product_threads(L_FLAT, L_FLAT, 130, 600, 1024);
  test_product_threads(L_SWAPPED, L_FLAT, 600, 300, 300);
  test_product_threads(L_FLAT, L_SWAPPED, 1030, 300, 530);
  test_product_threads(L_FLAT, L_SWAPPED, 1030, 100, 530);
  test_product_threads(L_FLAT, L_SWAPPED, 1030, 70, 100);
  test_product_threads(L_FLAT, L_SWAPPED, 66, 130, 60);
  if (!dev->cls->nests_batches) return;
  test_nested_products(false, 3, 5, 7, 6, 4);
  test_nested_products(false, 2, 8, 40, 60, 32);
  test_nested_products(false, 2, 3, 1, 9, 20);
  test_nested_products(false, 1, 2, 5, 3, 9000);
  /* rows and columns in many pages are copied first; the next head's are fetched */
  test_nested_products(true, 2, 9, 53, 45, 130);
  test_nested_products(true, 3, 20, 29, 75, 131);
  test_nested_products(true, 2, 70, 40, 35, 64);
  test_nested_products(false, 2, 16, 61, 90, 64);
}

/* ---- softmax ---- */

static void test_softmax(nm_dtype dtype, int layout, bool log_, int ndim, const int64_t *shape,
                         int dim, int awkward) {
  testing("%ssoftmax of %s, %s, %dd, %d along dim %d%s", log_ ? "log_" : "", nm__dtypes[dtype].name,
          layout_name[layout], ndim, (int)(ndim ? shape[dim] : 1), dim, awkward ? ", awkward" : "");
  array x = make(dtype, layout, ndim, shape, -6, 6, false),
        y = make(dtype, L_FLAT, ndim, shape, 0, 1, false);
  if (is_cpu && y.n > 200000) { /* past the caches, and where rows allow it by whole cache lines */
    if (shape[ndim - 1] % 16 == 0) y.offset = 0;
    make_room(&y);
  }
  for (int64_t i = 0; awkward && i < x.n; i++)
    if (awkward == 2 || ref_below(5) == 0)
      ref_store(dtype, x.host, i, (val){.f = awkward == 3 ? 80 : -INFINITY});
  call(dev->cls->write(dev, &x.mem, 0, (size_t)x.n * nm__dtype_size(dtype), x.host));
  nm_view vx = view(&x), vy = view(&y);
  call(dev->cls->softmax(dev, &vx, dim, &vy, log_));
  fetch(&y);
  int64_t n = count(ndim, shape), length = ndim ? shape[dim] : 1, inner = 1;
  for (int d = dim + 1; d < ndim; d++) inner *= shape[d];
  double unit = dtype == NM_FLOAT64 ? 0x1p-52 : 0x1p-23, own = dtype == NM_FLOAT16    ? 0x1p-10
                                                               : dtype == NM_BFLOAT16 ? 0x1p-7
                                                                                      : 0;
  for (int64_t line = 0; length && line < n / length; line++) {
    int64_t i = line / inner * length * inner + line % inner;
    long double sum = 0;
    double most = -INFINITY;
    for (int64_t j = 0; j < length; j++) most = fmax(most, at(&x, i + j * inner).f);
    for (int64_t j = 0; j < length; j++) sum += expl((long double)at(&x, i + j * inner).f - most);
    bool good = true;
    for (int64_t j = 0; j < length && good; j++) {
      long double z = (long double)at(&x, i + j * inner).f - most;
      double want = (double)(log_ ? z - logl(sum) : expl(z) / sum), got = at(&y, i + j * inner).f;
      double slack = log_ ? (fabs(want) + fabs((double)z) + 1) * unit * 4
                          : want * unit * (8 - (double)z) + (dtype == NM_FLOAT64 ? 0 : 1e-44);
      if (dtype == NM_FLOAT16) slack += 6e-8;
      if (dtype == NM_BFLOAT16) slack += 0x1p-134; /* half the spacing of its subnormals */
      good = check(isnan(want) ? isnan(got)
                               : got == want || fabs(got - want) <= slack + own * fabs(want),
                   "element %d is %.9g, should be %.9g", (int)(i + j * inner), got, want);
    }
    if (!good) break;
  }
  drop(&x);
  drop(&y);
}

/* Of what a program computes: the bits that come out where that was stored before. */
static void test_softmax_of(nm_dtype dtype, int layout, bool log_, int64_t rows, int64_t n) {
  testing("softmax of sums of %s, %s, %d x %d", nm__dtypes[dtype].name, layout_name[layout],
          (int)rows, (int)n);
  int64_t shape[] = {rows, n};
  nm_class cls = nm__dtype_class(dtype);
  array x = make(dtype, layout, 2, shape, -3, 3, false), sums[2], y[2];
  nm_program p;
  for (int k = 0; k < 2; k++) {
    sums[k] = make(dtype, L_FLAT, 2, shape, 0, 1, false);
    y[k] = make(dtype, L_FLAT, 2, shape, 0, 1, false);
    start(&p, 2, shape);
    p.in[p.nin++] = operand(&x, 0);
    int src = add(&p, NM_I_add, cls, 0, 0, 0, 0);
    if (nm__is_narrow(dtype)) src = add(&p, NM_I_narrow, cls, dtype, src, 0, 0);
    p.out[p.nout++] = operand(&sums[k], src);
    nm_view vs = view(&sums[k]), vy = view(&y[k]);
    if (k == 0) call(dev->cls->run(dev, &p));
    call(k ? dev->cls->softmax_of(dev, &p, (uint8_t)src, &vy, log_)
           : dev->cls->softmax(dev, &vs, 1, &vy, log_));
    fetch(&sums[k]);
    fetch(&y[k]);
  }
  for (int64_t i = 0; i < rows * n; i++)
    if (!check(at(&y[0], i).f == at(&y[1], i).f && at(&sums[0], i).f == at(&sums[1], i).f,
               "element %d is %.9g, should be %.9g", (int)i, at(&y[1], i).f, at(&y[0], i).f))
      break;
  for (int k = 0; k < 2; k++) drop(&sums[k]), drop(&y[k]);
  drop(&x);
}

static void test_softmaxes(void) {
  static const struct {
    int ndim, dim;
    int64_t shape[3];
  } cases[] = {{0, 0, {1}},        {1, 0, {5}},          {2, 1, {4, 10}},   {2, 1, {3, 700}},
               {3, 2, {2, 3, 33}}, {2, 1, {6, 1}},       {2, 1, {2, 3000}}, {2, 1, {0, 4}},
               {2, 1, {4, 0}},     {2, 0, {10, 4}},      {2, 0, {700, 3}},  {3, 1, {2, 40, 33}},
               {3, 0, {9, 2, 5}},  {3, 1, {2, 3, 1100}}, {2, 1, {1100, 7}}};
  for (int d = NM_FLOAT32; d <= NM_BFLOAT16; d++) {
    if (!holds((nm_dtype)d)) continue;
    for (size_t s = 0; s < sizeof cases / sizeof *cases; s++)
      for (int l = 0; l < 2; l++) {
        static const int layouts[] = {L_FLAT, L_SWAPPED, L_STEPPED, L_EXPANDED, L_PADDED};
        for (int k = 0; k < 5; k++)
          test_softmax((nm_dtype)d, layouts[k], l, cases[s].ndim, cases[s].shape, cases[s].dim,
                       k < 2 ? 0 : ref_below(4));
      }
    /* what is cut into chunks, or past the caches */
    for (int l = 0; is_cpu && l < 2; l++) {
      test_softmax((nm_dtype)d, L_FLAT, l, 2, (const int64_t[]){2, 150000}, 1, l);
      test_softmax((nm_dtype)d, L_STEPPED, l, 2, (const int64_t[]){1, 70001}, 1, 3);
      test_softmax((nm_dtype)d, L_FLAT, l, 2, (const int64_t[]){1500, 70}, 0, 1);
    }
  }
  static const int64_t sizes[][2] = {{1, 1}, {3, 5}, {700, 10}, {70, 128}, {3, 5003}, {2, 65536}};
  for (int d = NM_FLOAT32; dev->cls->softmax_of && d <= NM_BFLOAT16; d++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      test_softmax_of((nm_dtype)d, L_FLAT, s % 2, sizes[s][0], sizes[s][1]);
      test_softmax_of((nm_dtype)d, L_STEPPED, !(s % 2), sizes[s][0], sizes[s][1]);
    }
  if (!is_cpu) return;
  test_softmax(NM_FLOAT32, L_FLAT, false, 2, (const int64_t[]){300, 7001}, 1, 0);
  test_softmax(NM_FLOAT32, L_FLAT, true, 2, (const int64_t[]){70000, 31}, 1, 0);
  for (int k = 0; k < 4; k++) { /* rows that end with a cache line */
    test_softmax(NM_FLOAT32, L_FLAT, k & 1, 2, (const int64_t[]){40, 7008}, 1, k);
    test_softmax(NM_FLOAT32, L_FLAT, k & 1, 2, (const int64_t[]){300, 1040}, 1, 0);
  }
  test_softmax(NM_FLOAT32, L_FLAT, false, 2, (const int64_t[]){301, 7001}, 0, 0);
}

/* ---- gather and scatter ---- */

static void fill_index(array *ix, int64_t below) {
  for (int64_t i = 0; i < ix->n; i++)
    ref_store(NM_INT64, ix->host, i, (val){.i = below > 0 ? ref_below((int)below) : 0});
  call(dev->cls->write(dev, &ix->mem, 0, (size_t)ix->n * 8, ix->host));
}

/* The place in t of element i of `shape`, with coordinate `dim` replaced. */
static int64_t redirected(const array *t, int ndim, const int64_t *shape, int64_t i, int dim,
                          int64_t to) {
  int64_t where = t->offset;
  for (int d = ndim - 1; d >= 0; d--) {
    where += (d == dim ? to : i % shape[d]) * t->stride[d];
    i /= shape[d];
  }
  return where;
}

/* The index as a caller may give it: from ctx->base on, or from the end. */
static void give_index(array *ix, int64_t n) {
  for (int64_t i = 0; i < ix->n; i++) {
    int64_t p = ref_load(NM_INT64, ix->host, i).i;
    ref_store(NM_INT64, ix->host, i, (val){.i = ref_below(2) ? p - n : p + ctx->base});
  }
  call(dev->cls->write(dev, &ix->mem, 0, (size_t)ix->n * 8, ix->host));
}

/* large: the result goes past the caches; whole: rows of the last dim have one position each */
static void test_gather_into(nm_dtype dtype, int layout, int index_layout, int ndim,
                             const int64_t *shape, int dim, bool given, bool large, bool whole) {
  testing("gather of %s, %s by %s%s, %dd, dim %d", nm__dtypes[dtype].name, layout_name[layout],
          layout_name[index_layout], given ? " as given" : "", ndim, dim);
  int64_t wide[NM_MAX_DIMS], total = count(ndim, shape);
  for (int d = 0; d < ndim; d++) wide[d] = shape[d] + (d == dim ? 3 : ref_below(2));
  array x = make(dtype, layout, ndim, wide, -100, 100, false),
        ix = make(NM_INT64, index_layout, ndim, shape, 0, 1, false);
  array y = make(dtype, L_FLAT, ndim, shape, 0, 1, false);
  if (large) y.offset = 0, make_room(&y);
  if (whole) ix.layout = NM_STRIDED, ix.stride[ndim - 1] = 0;
  fill_index(&ix, wide[dim]);
  int64_t *to = malloc((size_t)(total + 1) * sizeof *to);
  if (!to) exit(2);
  for (int64_t i = 0; i < total; i++) to[i] = at(&ix, i).i;
  if (given) give_index(&ix, wide[dim]);
  nm_view vx = view(&x), vi = view(&ix), vy = view(&y);
  bool inside = false;
  call(dev->cls->gather(dev, &vx, dim, &vi, &vy, given ? &inside : NULL));
  check(inside == given, "inside: %d", inside);
  fetch(&y);
  for (int64_t i = 0; i < total; i++) {
    val got = at(&y, i), want = ref_load(dtype, x.host, redirected(&x, ndim, shape, i, dim, to[i]));
    if (!check(got.f == want.f && got.i == want.i, "element %d is %.9g|%lld, should be %.9g|%lld",
               (int)i, got.f, (long long)got.i, want.f, (long long)want.i))
      break;
  }
  if (given && total) {
    ref_store(NM_INT64, ix.host, place(&ix, ref_below((int)total)),
              (val){.i = ref_below(2) ? wide[dim] + ctx->base : -wide[dim] - 1});
    call(dev->cls->write(dev, &ix.mem, 0, (size_t)ix.n * 8, ix.host));
    call(dev->cls->gather(dev, &vx, dim, &vi, &vy, &inside));
    check(!inside, "a position outside was not found");
  }
  free(to);
  drop(&x);
  drop(&ix);
  drop(&y);
}

static void test_gather(nm_dtype dtype, int layout, int index_layout, int ndim,
                        const int64_t *shape, int dim) {
  for (int given = 0; given < (dev->cls->place ? 2 : 1); given++)
    test_gather_into(dtype, layout, index_layout, ndim, shape, dim, given, false, false);
}

/* What a place holds after a scatter to it; what is tried has no NaN. */
static val ref_folded(nm_scatter_mode mode, val a, val b) {
  switch (mode) {
  case NM_SCATTER_ADD: return (val){a.f + b.f, a.i + b.i};
  case NM_SCATTER_PROD: return (val){a.f * b.f, a.i * b.i};
  case NM_SCATTER_MAX: return (val){a.f > b.f ? a.f : b.f, a.i > b.i ? a.i : b.i};
  case NM_SCATTER_MIN: return (val){a.f < b.f ? a.f : b.f, a.i < b.i ? a.i : b.i};
  default: return b;
  }
}

static void test_scatter(nm_dtype dtype, nm_scatter_mode mode, int layout, int index_layout,
                         int ndim, const int64_t *shape, int dim) {
  bool set = mode == NM_SCATTER_SET;
  static const char *const mode_name[] = {"set", "add", "prod", "max", "min"};
  testing("scatter %s of %s, %s by %s, %dd, dim %d", mode_name[mode], nm__dtypes[dtype].name,
          layout_name[layout], layout_name[index_layout], ndim, dim);
  int64_t wide[NM_MAX_DIMS];
  for (int d = 0; d < ndim; d++)
    wide[d] = shape[d] + (d == dim ? (set ? 2 : -(shape[d] > 3 ? 3 : 0)) : ref_below(2));
  int target = layout == L_EXPANDED || layout == L_SINGLE ? L_FLAT : layout;
  array y = make(dtype, target, ndim, wide, 0, 4, false),
        ix = make(NM_INT64, index_layout, ndim, shape, 0, 1, false);
  array src = make(dtype, layout, ndim, shape, 0, 4, false);
  if (nm__is_float(dtype)) {                    /* quarters: sums are exact whatever their order */
    int most = mode == NM_SCATTER_PROD ? 4 : 8; /* products must not become infinite */
    for (array *t = &y; t; t = t == &y ? &src : NULL) {
      for (int64_t i = 0; i < t->n; i++)
        ref_store(dtype, t->host, i, (val){.f = (ref_below(most) + 1) * 0.25});
      call(dev->cls->write(dev, &t->mem, 0, (size_t)t->n * nm__dtype_size(dtype), t->host));
    }
  }
  fill_index(&ix, wide[dim]);
  if (set) { /* distinct along dim: which of equal indices wins is not promised */
    for (int64_t i = 0; i < count(ndim, shape); i++) {
      int64_t rest = i;
      for (int d = ndim - 1; d > dim; d--) rest /= shape[d];
      ref_store(NM_INT64, ix.host, place(&ix, i), (val){.i = (rest % shape[dim] + 1) % wide[dim]});
    }
    call(dev->cls->write(dev, &ix.mem, 0, (size_t)ix.n * 8, ix.host));
  }
  nm_view vy = view(&y), vi = view(&ix), vs = view(&src);
  call(dev->cls->scatter(dev, &vy, dim, &vi, &vs, mode));
  array want = y;
  want.host = malloc((size_t)y.n * nm__dtype_size(dtype));
  memcpy(want.host, y.host, (size_t)y.n * nm__dtype_size(dtype));
  for (int64_t i = 0; i < count(ndim, shape); i++) {
    int64_t to = redirected(&want, ndim, shape, i, dim, at(&ix, i).i);
    val a = ref_load(dtype, want.host, to), b = at(&src, i);
    ref_store(dtype, want.host, to, ref_narrow(dtype, ref_folded(mode, a, b)));
  }
  fetch(&y);
  for (int64_t i = 0; i < y.n; i++) {
    val a = ref_load(dtype, y.host, i), b = ref_load(dtype, want.host, i);
    if (!check(a.f == b.f && a.i == b.i, "memory element %d is %.9g|%lld, should be %.9g|%lld",
               (int)i, a.f, (long long)a.i, b.f, (long long)b.i))
      break;
  }
  free(want.host);
  drop(&y);
  drop(&ix);
  drop(&src);
}

static void test_indexing(void) {
  static const int64_t shapes[][3] = {{50, 1, 1}, {6, 9, 1}, {40, 1, 1},   {3, 4, 5},
                                      {1, 1, 1},  {3, 0, 2}, {200, 60, 1}, {3, 300, 2}};
  static const int ndims[] = {1, 2, 2, 3, 1, 3, 2, 3};
  for (int d = 0; d < NM_NDTYPES; d++) {
    if (!holds((nm_dtype)d) || !holds(NM_INT64)) continue;
    for (size_t s = 0; s < sizeof ndims / sizeof *ndims; s++)
      for (int dim = 0; dim < ndims[s]; dim++) {
        test_gather((nm_dtype)d, L_FLAT, L_FLAT, ndims[s], shapes[s], dim);
        test_gather((nm_dtype)d, L_SWAPPED, L_EXPANDED, ndims[s], shapes[s], dim);
        test_gather((nm_dtype)d, L_STEPPED, L_SWAPPED, ndims[s], shapes[s], dim);
        test_gather((nm_dtype)d, L_EXPANDED, L_FLAT, ndims[s], shapes[s], dim);
        test_scatter((nm_dtype)d, NM_SCATTER_SET, L_FLAT, L_FLAT, ndims[s], shapes[s], dim);
        test_scatter((nm_dtype)d, NM_SCATTER_SET, L_SWAPPED, L_FLAT, ndims[s], shapes[s], dim);
        for (int mode = NM_SCATTER_ADD; mode <= NM_SCATTER_MIN; mode++) {
          test_scatter((nm_dtype)d, (nm_scatter_mode)mode, L_FLAT, L_SWAPPED, ndims[s], shapes[s],
                       dim);
          test_scatter((nm_dtype)d, (nm_scatter_mode)mode, L_SWAPPED, L_FLAT, ndims[s], shapes[s],
                       dim);
          test_scatter((nm_dtype)d, (nm_scatter_mode)mode, L_EXPANDED, L_EXPANDED, ndims[s],
                       shapes[s], dim);
        }
      }
  }
  static const int64_t line[] = {40001}, lines[] = {2, 33000};
  test_gather(NM_FLOAT32, L_FLAT, L_FLAT, 1, line, 0); /* longer than a task */
  test_gather(NM_FLOAT32, L_FLAT, L_FLAT, 2, lines, 0);
  static const int64_t large[][2] = {{130, 1100}, {2100, 72}, {3, 70000}};
  for (int k = 0; is_cpu && k < 12; k++) {
    bool whole = k % 2, given = k / 2 % 2;
    for (int dim = 0; dim < 2; dim++)
      test_gather_into(NM_FLOAT32, k % 5 ? L_FLAT : L_SWAPPED, L_FLAT, 2, large[k / 4], dim, given,
                       true, whole);
  }
}

/* ---- threads ---- */

/* Runs each kind of work with one thread and with several and compares the bits. */
static void test_threads(void) {
  int64_t shape[] = {700, 900}, flat = 700 * 900;
  int before = ctx->num_threads;
  array x = make(NM_FLOAT32, L_SWAPPED, 2, shape, -2, 2, false),
        z = make(NM_FLOAT32, L_FLAT, 2, shape, -2, 2, false);
  for (int test = 0; test < 9; test++) {
    testing("threads, test %d", test);
    char *first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
      ctx->num_threads = threads;
      array y = make(NM_FLOAT32, L_FLAT, 1, &flat, 0, 0, false);
      nm_program p;
      start(&p, 2, shape);
      p.in[p.nin++] = operand(&x, 0);
      p.in[p.nin++] = operand(&z, 0);
      p.nconst = 2;
      p.konst_class[0] = p.konst_class[1] = NM_I64;
      p.konst[0].u64 = 42, p.konst[1].u64 = 7;
      int r = add(&p, NM_I_randn, NM_F32, 0, 2, 3, 0);
      r = add(&p, NM_I_mul, NM_F32, 0, r, 0, 0);
      r = add(&p, NM_I_tanh, NM_F32, 0, r, 0, 0);
      r = add(&p, NM_I_add, NM_F32, 0, r, 1, 0);
      nm_view vx = view(&x), vz = view(&z),
              vy = {.mem = &y.mem,
                    .dtype = NM_FLOAT32,
                    .ndim = 2,
                    .shape = {700, 900},
                    .stride = {900, 1}};
      nm_reduce red = {.kind = test % 2 ? NM_R_SUM : NM_R_MAX,
                       .program = &p,
                       .src = (uint8_t)r,
                       .src_dtype = NM_FLOAT32,
                       .reduced = (uint32_t)(test - 1) / 2 + 1,
                       .out = &y.mem,
                       .out_dtype = NM_FLOAT32};
      red.out_numel = red.reduced == 1 ? 900 : red.reduced == 2 ? 700 : 1;
      if (test == 0) {
        y.offset = 0;
        p.out[p.nout++] = operand(&y, r);
        call(dev->cls->run(dev, &p));
      } else if (test <= 6) {
        if (dev->cls->fuses_reductions) {
          call(dev->cls->reduce(dev, &red));
        }
      } else if (test == 7) {
        call(dev->cls->softmax(dev, &vx, 1, &vy, false));
      } else {
        nm_view a = {.mem = vx.mem,
                     .dtype = NM_FLOAT32,
                     .ndim = 3,
                     .offset = vx.offset,
                     .shape = {1, 700, 700},
                     .stride = {0, vx.stride[0], vx.stride[1]}};
        nm_view b = {.mem = vz.mem,
                     .dtype = NM_FLOAT32,
                     .ndim = 3,
                     .offset = vz.offset,
                     .shape = {1, 700, 900},
                     .stride = {0, 900, 1}};
        nm_view c = {.mem = &y.mem,
                     .dtype = NM_FLOAT32,
                     .ndim = 3,
                     .shape = {1, 700, 900},
                     .stride = {630000, 900, 1}};
        call(dev->cls->matmul(dev, &a, &b, &c));
      }
      fetch(&y);
      if (first)
        check(!memcmp(first, y.host, (size_t)flat * 4), "%d threads give other bits than one",
              threads);
      if (!first) first = memcpy(malloc((size_t)flat * 4), y.host, (size_t)flat * 4);
      drop(&y);
    }
    free(first);
  }
  ctx->num_threads = before;
  drop(&x);
  drop(&z);
}

#endif
