/* test_powers.h: powers of all sizes, of bases beside the ends of what tables go by, where errors
 * of the logarithm show most; and C's special cases, a few and all of them among ordinary elements.
 */

/* a b of `n` pairs, by the device */
static void check_powers(nm_class cls, int64_t n, const double *a, const double *b) {
  nm_dtype d = nm__class_dtype[cls];
  array base = make(d, L_FLAT, 1, &n, 0, 1, false), power = make(d, L_FLAT, 1, &n, 0, 1, false);
  array out = make(d, L_FLAT, 1, &n, 0, 1, false);
  for (int64_t k = 0; k < n; k++) {
    ref_store(d, base.host, place(&base, k), (val){.f = a[k]});
    ref_store(d, power.host, place(&power, k), (val){.f = b[k]});
  }
  call(dev->cls->write(dev, &base.mem, 0, (size_t)base.n * nm__dtype_size(d), base.host));
  call(dev->cls->write(dev, &power.mem, 0, (size_t)power.n * nm__dtype_size(d), power.host));
  nm_program p;
  start(&p, 1, &n);
  p.in[p.nin++] = operand(&base, 0);
  p.in[p.nin++] = operand(&power, 1);
  p.out[p.nout++] = operand(&out, add(&p, NM_I_pow, cls, 0, 0, 1, 0));
  call(dev->cls->run(dev, &p));
  fetch(&out);
  for (int64_t k = 0; k < n; k++) {
    val x = at(&base, k), e = at(&power, k), got = at(&out, k);
    long double want = ref_float(NM_I_pow, cls, x.f, e.f);
    if (!check(close(d, cls, got, want, 2, true),
               "%a to the power %a is %a, should be %a (%.2f ulp)", x.f, e.f, got.f, (double)want,
               ref_ulps(cls, got.f, want)))
      break;
  }
  drop(&base);
  drop(&power);
  drop(&out);
}

static void test_powers(nm_class cls) {
  enum { ENDS = 32, BESIDE = 3, N = ENDS * BESIDE * 4 * 6 };
  static const double lift[] = {1, 0.5, 0x1p-20, 0x1p40};
  static double a[N], b[N];
  double step = cls == NM_F32 ? 0x1p-23 : 0x1p-52, most = cls == NM_F32 ? 127.9 : 1023.9;
  double sizes[] = {0.4, -10.3, most, 4 - most, 2 * most, -2 * most};
  testing("pow of %s, all sizes", nm__dtypes[nm__class_dtype[cls]].name);
  for (int k = 0; k < N; k++) {
    double m = k / 24 % ENDS ? (k / 24 % ENDS + 30.5) / 31.25 : 1;
    a[k] = (m + (k / 24 / ENDS - 1) * step) * lift[k / 6 % 4];
    if (cls == NM_F32) a[k] = (float)a[k];
    b[k] = a[k] == 1 ? sizes[k % 6] : sizes[k % 6] / log2(a[k]);
  }
  check_powers(cls, N, a, b);

  static const double odd[] = {0.0,      -0.0,      1,       -1,     0.5,      -0.5,      2,
                               -2,       3,         -3,      1.5,    INFINITY, NAN,       1e9,
                               0x1p-149, 0x1p-1070, 1e300,   -1e300, -1e9,     -INFINITY, 0x1p53,
                               255,      1025,      -1075.5, -150,   -127.5,   1e-30};
  enum { ODD = sizeof odd / sizeof *odd };
  for (int k = 0; k < ODD * ODD; k++) a[k] = odd[k / ODD], b[k] = odd[k % ODD];
  testing("pow of %s, special cases", nm__dtypes[nm__class_dtype[cls]].name);
  check_powers(cls, ODD * ODD, a, b);
  check_powers(cls, 7, a + ODD, b + ODD);
}
