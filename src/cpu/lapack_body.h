/* lapack_body.h: the tasks of lapack.h in one precision; included with REAL and T(x). */

#define CALL(x) (lapack.T(x))

static bool T(finite)(const REAL *a, int64_t n) {
  REAL sum = 0;
  for (int64_t i = 0; i < n; i++) sum += a[i] * 0; /* 0, or NaN */
  return sum == 0;
}

static int T(lu)(const nm_lapack_call *c, REAL *a, int32_t *pivots) {
  int info = 0;
  CALL(getrf)(&c->m, &c->n, a, &c->m, pivots, &info);
  return info > 0 ? 0 : info; /* a zero pivot is no failure of the factorization */
}

static int T(inverse)(const nm_lapack_call *c, REAL *a) {
  int n = c->n, info = 0, lwork = n * 64;
  int32_t *pivots = malloc((size_t)n * sizeof *pivots);
  REAL *work = malloc((size_t)lwork * sizeof *work);
  if (pivots && work) {
    CALL(getrf)(&n, &n, a, &n, pivots, &info);
    if (!info) CALL(getri)(&n, a, &n, pivots, work, &lwork, &info);
  } else {
    info = NM_LA_NO_MEMORY;
  }
  free(pivots);
  free(work);
  return info;
}

static int T(solve)(const nm_lapack_call *c, REAL *a, REAL *b) {
  int n = c->n, info = 0;
  int32_t *pivots = malloc((size_t)n * sizeof *pivots);
  if (!pivots) return NM_LA_NO_MEMORY;
  CALL(getrf)(&n, &n, a, &n, pivots, &info);
  if (!info) CALL(getrs)("N", &n, &c->k, a, &n, pivots, b, &n, &info, 1);
  free(pivots);
  return info;
}

static int T(triangular)(const nm_lapack_call *c, REAL *a, REAL *b) {
  int info = 0;
  CALL(trtrs)(c->upper ? "U" : "L", "N", c->unit ? "U" : "N", &c->n, &c->k, a, &c->n, b, &c->n,
              &info, 1, 1, 1);
  return info;
}

static int T(cholesky)(const nm_lapack_call *c, REAL *a) {
  int n = c->n, info = 0;
  CALL(potrf)("L", &n, a, &n, &info, 1);
  for (int j = 1; j < n; j++)
    for (int i = 0; i < j; i++) a[(size_t)j * (size_t)n + (size_t)i] = 0;
  return info;
}

static int T(qr)(const nm_lapack_call *c, REAL *a, REAL *p) {
  int m = c->m, n = c->n, q = c->k, r = m < n ? m : n, ld = m + n, info = 0;
  int lwork = 64 * (n > q ? n : q) + 1;
  REAL *tau = malloc((size_t)(r + 1) * sizeof *tau), *work = malloc((size_t)lwork * sizeof *work);
  if (tau && work) {
    CALL(geqrf)(&m, &n, a, &m, tau, work, &lwork, &info);
    for (int j = 0; j < q; j++) {
      REAL *to = p + (size_t)j * (size_t)ld;
      if (j < r) memcpy(to, a + (size_t)j * (size_t)m, (size_t)m * sizeof *to);
      for (int i = 0; i < n; i++) to[m + i] = i < j ? 0 : a[(size_t)i * (size_t)m + (size_t)j];
    }
    if (!info) CALL(orgqr)(&m, &q, &r, p, &ld, tau, work, &lwork, &info);
  } else {
    info = NM_LA_NO_MEMORY;
  }
  free(tau);
  free(work);
  return info;
}

/* p NULL: only the values, into s. */
static int T(svd)(const nm_lapack_call *c, REAL *a, REAL *p, REAL *values) {
  int m = c->m, n = c->n, r = m < n ? m : n, full = c->k > r, ld = m + n + 1, info = 0, query = -1;
  int nu = full ? m : r, nv = full ? n : r, rows = nu > nv ? nu : nv;
  const char *job = !p ? "N" : full ? "A" : "S";
  if (p && r == 0) { /* any orthogonal matrices do */
    memset(p, 0, (size_t)rows * (size_t)ld * sizeof *p);
    for (int j = 0; j < rows; j++) p[(size_t)j * (size_t)ld + (size_t)j] = 1;
    return 0;
  }
  if (!T(finite)(a, (int64_t)m * n)) return NM_LA_NOT_FINITE;
  REAL size = 0, unused = 0, *s = values, *vt = NULL, *work = NULL;
  int ldvt = p ? nv : 1, ldu = p ? ld : m;
  int32_t *iwork = malloc((size_t)(8 * r + 1) * sizeof *iwork);
  if (p) {
    s = malloc((size_t)(r + 1) * sizeof *s);
    vt = malloc((size_t)nv * (size_t)n * sizeof *vt + 1);
    memset(p, 0, (size_t)rows * (size_t)ld * sizeof *p);
  }
  CALL(gesdd)(job, &m, &n, a, &m, s ? s : &unused, p ? p : &unused, &ldu, vt ? vt : &unused, &ldvt,
              &size, &query, iwork, &info, 1);
  int lwork = (int)(size * (REAL)1.01) + 1;
  work = malloc((size_t)lwork * sizeof *work);
  if (!iwork || !s || (p && !vt) || !work)
    info = NM_LA_NO_MEMORY;
  else
    CALL(gesdd)(job, &m, &n, a, &m, s, p ? p : &unused, &ldu, vt ? vt : &unused, &ldvt, work,
                &lwork, iwork, &info, 1);
  for (int j = 0; p && info == 0 && j < rows; j++) {
    REAL *to = p + (size_t)j * (size_t)ld;
    if (j < nv)
      for (int i = 0; i < n; i++) to[m + i] = vt[(size_t)i * (size_t)nv + (size_t)j];
    if (j < r) to[m + n] = s[j];
  }
  free(iwork);
  free(vt);
  free(work);
  if (p) free(s);
  return info;
}

/* In place in p, whose columns are n + 1 apart (or, for the values alone, in a, n apart). */
static int T(eigh)(const nm_lapack_call *c, REAL *p, REAL *values) {
  int n = c->n, ld = values ? n : n + 1, info = 0;
  int lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n;
  REAL *w = values ? values : malloc((size_t)(n + 1) * sizeof *w);
  REAL *work = malloc((size_t)lwork * sizeof *work);
  int32_t *iwork = malloc((size_t)liwork * sizeof *iwork);
  for (int j = 0; j < n && !info; j++) {
    int first = c->upper ? 0 : j, count = c->upper ? j + 1 : n - j;
    if (!T(finite)(p + (size_t)j * (size_t)ld + first, count)) info = NM_LA_NOT_FINITE;
  }
  if (!w || !work || !iwork)
    info = NM_LA_NO_MEMORY;
  else if (!info)
    CALL(syevd)(values ? "N" : "V", c->upper ? "U" : "L", &n, p, &ld, w, work, &lwork, iwork,
                &liwork, &info, 1, 1);
  for (int j = 0; !values && !info && j < n; j++) p[(size_t)j * (size_t)ld + (size_t)n] = w[j];
  if (!values) free(w);
  free(work);
  free(iwork);
  return info;
}

static int T(eig)(const nm_lapack_call *c, REAL *a, REAL *p) {
  int n = c->n, ld = n + 1, one = 1, info = 0, query = -1;
  if (!T(finite)(a, (int64_t)n * n)) return NM_LA_NOT_FINITE;
  REAL size = 0, unused = 0, *w = malloc((size_t)(2 * n + 1) * sizeof *w), *work = NULL;
  if (!w) return NM_LA_NO_MEMORY;
  CALL(geev)("N", "V", &n, a, &n, w, w + n, &unused, &one, p, &ld, &size, &query, &info, 1, 1);
  int lwork = (int)(size * (REAL)1.01) + 1;
  work = malloc((size_t)lwork * sizeof *work);
  if (!work)
    info = NM_LA_NO_MEMORY;
  else
    CALL(geev)("N", "V", &n, a, &n, w, w + n, &unused, &one, p, &ld, work, &lwork, &info, 1, 1);
  for (int j = 0; !info && j < n; j++)
    if (w[n + j] != 0) info = NM_LA_COMPLEX;
  for (int j = 0; !info && j < n; j++) p[(size_t)j * (size_t)ld + (size_t)n] = w[j];
  free(w);
  free(work);
  return info;
}

static int T(lstsq)(const nm_lapack_call *c, REAL *a, REAL *b, REAL *s, int32_t *rank) {
  int m = c->m, n = c->n, ldb = m > n ? m : n, r = m < n ? m : n, info = 0, lwork = -1;
  REAL rcond = (REAL)c->rcond, size = 0, *work = &size;
  int32_t few = 0, *iwork = &few;
  int32_t *order = calloc((size_t)n + 1, sizeof *order);
  if (!order) return NM_LA_NO_MEMORY;
  if (!T(finite)(a, (int64_t)m * n)) info = NM_LA_NOT_FINITE;
  for (int pass = 0; pass < 2 && !info; pass++) {
    switch (c->driver) {
    case NM_LA_GELS:
      CALL(gels)("N", &m, &n, &c->k, a, &m, b, &ldb, work, &lwork, &info, 1);
      *rank = r;
      break;
    case NM_LA_GELSY:
      CALL(gelsy)(&m, &n, &c->k, a, &m, b, &ldb, order, &rcond, rank, work, &lwork, &info);
      break;
    case NM_LA_GELSD:
      CALL(gelsd)(&m, &n, &c->k, a, &m, b, &ldb, s, &rcond, rank, work, &lwork, iwork, &info);
      break;
    case NM_LA_GELSS:
      CALL(gelss)(&m, &n, &c->k, a, &m, b, &ldb, s, &rcond, rank, work, &lwork, &info);
      break;
    }
    if (pass || info) break;
    lwork = (int)(size * (REAL)1.01) + 1;
    work = malloc((size_t)lwork * sizeof *work);
    iwork = malloc(((size_t)few + 1) * sizeof *iwork);
    if (!work || !iwork) info = NM_LA_NO_MEMORY;
  }
  free(order);
  if (work != &size) free(work);
  if (iwork != &few) free(iwork);
  return info;
}

static int T(run)(const nm_lapack_call *c, int64_t i) {
  REAL *a = c->a ? (REAL *)c->a + i * c->a_step : NULL,
       *b = c->b ? (REAL *)c->b + i * c->b_step : NULL,
       *s = c->c ? (REAL *)c->c + i * c->c_step : NULL;
  int32_t *pivots = c->pivots ? c->pivots + i * c->pivots_step : NULL;
  switch (c->task) {
  case NM_LA_LU: return T(lu)(c, a, pivots);
  case NM_LA_INVERSE: return T(inverse)(c, a);
  case NM_LA_SOLVE: return T(solve)(c, a, b);
  case NM_LA_TRIANGULAR: return T(triangular)(c, a, b);
  case NM_LA_CHOLESKY: return T(cholesky)(c, a);
  case NM_LA_QR: return T(qr)(c, a, b);
  case NM_LA_SVD: return T(svd)(c, a, b, NULL);
  case NM_LA_SVD_VALUES: return T(svd)(c, a, NULL, b);
  case NM_LA_EIGH: return T(eigh)(c, b, NULL);
  case NM_LA_EIGH_VALUES: return T(eigh)(c, a, b);
  case NM_LA_EIG: return T(eig)(c, a, b);
  case NM_LA_LSTSQ: return T(lstsq)(c, a, b, s, pivots);
  }
  return 0;
}

#undef CALL
#undef REAL
#undef T
