// special.glsl: functions made from exp, log and square root, and the special ones; what float and
// double compute alike.  Included once per type, after float.glsl.  Within 4 ulp; the formulas are
// those of src/cpu/special.h and special.c, where double precision does not hide what cancels.

// ---- exponentials and logarithms ----

T nm_exp2(const T a) {
  if (IS_NAN(a)) return a;
  T x = clamp(a, T(-1200), T(1200)), k = roundEven(x);
  return nm_scale(nm_exp_small((x - k) * LN2), int(k));
}

// log2 a or log10 a: k + log m in the base, as a pair; per is the base's log of e, of two that of 2,
// whose high part times k is exact.
T nm_log_base(const T a, const T per, const T per_low, const T two, const T two_low) {
  if (!(a > T(0))) return a == T(0) ? -INF(T) : NOT_A_NUMBER(T);
  if (a == INF(T)) return a;
  int k;
  T m = nm_split(a, k), hi, lo, p, e, s, t;
  nm_log_pair(m, hi, lo);
  nm_two_product(hi, per, p, e);
  precise T rest = e + (hi * per_low + lo * per) + T(k) * two_low;
  nm_two_sum(T(k) * two, p, s, t);
  return s + (t + rest);
}
T nm_log2(const T a) { return nm_log_base(a, LOG2E, LOG2E_LOW, T(1), T(0)); }
T nm_log10(const T a) { return nm_log_base(a, LOG10E, LOG10E_LOW, LOG10_2, LOG10_2_LOW); }

// The error of u = e^x, u = 1 + x is undone by its exact logarithm (Kahan).
T nm_expm1(const T a) {
  T u = nm_exp(a);
  if (u == T(1) || IS_NAN(a)) return a;
  if (u == INF(T)) return u;
  precise T v = u - T(1);
  if (v == T(-1)) return v;
  return v * (a / nm_log(u));
}
T nm_log1p(const T a) {
  precise T u = T(1) + a;
  if (u == T(1) || a == INF(T)) return a;
  precise T v = u - T(1);
  return nm_log(u) * (a / v);
}

// ---- trigonometry ----

T nm_tan(const T a) {
  if (a == T(0)) return a;
  T r;
  int q = nm_reduce(a, r);
  T s = nm_sin_small(r), c = nm_cos_small(r);
  return (q & 1) != 0 ? -c / s : s / c;
}

// Turned by pi / 4 or pi / 2 into |x| <= tan(pi / 8), where it is x + x^3 P(x^2).
T nm_atan_positive(const T x) {
  bool far = x > T(2.41421356), near = x < T(0.41421356);
  T v = far ? T(-1) / x : near ? x : (x - T(1)) / (x + T(1)), z = v * v;
  T base = far ? HALF_PI : near ? T(0) : HALF_PI * T(0.5);
  return base + (z * v * nm_atan_poly(z) + v);
}
T nm_atan(const T a) { return nm_copysign(nm_atan_positive(abs(a)), a); }

T nm_atan2(const T y, const T x) {
  if (IS_NAN(x) || IS_NAN(y)) return NOT_A_NUMBER(T);
  T u = abs(x), v = abs(y), high = max(u, v), low = min(u, v);
  T t = nm_atan_positive(low == high ? (high == T(0) ? T(0) : T(1)) : low / high);
  if (v > u) t = HALF_PI - t;
  if (HIGH(x) >> 31 != 0u) t = T(2) * HALF_PI - t;
  return nm_copysign(t, y);
}

T nm_asin(const T a) {
  T x = abs(a), c = sqrt((T(1) - x) * (T(1) + x));
  if (!(x <= T(1))) return NOT_A_NUMBER(T);
  T t = x > c ? HALF_PI - nm_atan_positive(c / x) : nm_atan_positive(x / c);
  return nm_copysign(t, a);
}
T nm_acos(const T a) {
  T x = abs(a), c = sqrt((T(1) - x) * (T(1) + x));
  if (!(x <= T(1))) return NOT_A_NUMBER(T);
  T t = x > c ? nm_atan_positive(c / x) : HALF_PI - nm_atan_positive(x / c);
  return a < T(0) ? T(2) * HALF_PI - t : t;
}

// ---- hyperbolic functions ----

T nm_half_exp(const T x) { // e^x / 2, where e^x overflows too
  T w = nm_exp(x * T(0.5));
  return T(0.5) * w * w;
}
T nm_sinh(const T a) {
  T x = abs(a);
  if (IS_NAN(a)) return a;
  if (x > T(20)) return nm_copysign(nm_half_exp(x), a);
  T e = nm_expm1(x);
  return nm_copysign(T(0.5) * (e + e / (e + T(1))), a);
}
T nm_cosh(const T a) {
  T x = abs(a);
  if (IS_NAN(a)) return a;
  if (x > T(20)) return nm_half_exp(x);
  T e = nm_exp(x);
  return T(0.5) * e + T(0.5) / e;
}
T nm_asinh(const T a) {
  T x = abs(a);
  if (x > sqrt(WHOLE)) return nm_copysign(nm_log(x) + LN2, a);
  T s = x * x;
  return nm_copysign(nm_log1p(x + s / (T(1) + sqrt(s + T(1)))), a);
}
T nm_acosh(const T a) {
  if (a > sqrt(WHOLE)) return nm_log(a) + LN2;
  if (!(a >= T(1))) return NOT_A_NUMBER(T);
  T t = a - T(1);
  return nm_log1p(t + sqrt(t * (t + T(2))));
}
T nm_atanh(const T a) {
  T x = abs(a);
  if (!(x <= T(1))) return NOT_A_NUMBER(T);
  if (x == T(1)) return nm_copysign(INF(T), a);
  return nm_copysign(T(0.5) * nm_log1p(T(2) * x / (T(1) - x)), a);
}

// ---- the error function ----

T nm_erfc_far(const T a) {
  T x = min(a, T(30)), h, l;
  nm_two_product(x, x, h, l); // so that e^(-x^2) keeps its digits
  T e = nm_exp(-h) * (T(1) - l), z = (x - T(3)) / (x + T(3));
  return nm_erfc_poly(z) / (T(1) + T(2) * x) * e;
}
T nm_erf(const T a) {
  if (IS_NAN(a)) return a;
  T x = abs(a);
  return x < T(1) ? a * nm_erf_poly(a * a) + a : nm_copysign(T(1) - nm_erfc_far(x), a);
}
T nm_erfc(const T a) {
  if (IS_NAN(a)) return a;
  T x = abs(a);
  if (x < T(1)) { // erf(a) is a and a little more: 1 - a is exact where the rest could cancel
    precise T y = (T(1) - a) - a * nm_erf_poly(a * a);
    return y;
  }
  T y = nm_erfc_far(x);
  return a < T(0) ? T(2) - y : y;
}
T nm_erfinv(const T y) {
  T u = abs(y), x, slope = sqrt(HALF_PI * T(0.5));
  if (!(u < T(1))) return u == T(1) ? nm_copysign(INF(T), y) : NOT_A_NUMBER(T);
  if (u * u < T(1e-18)) return y * slope;
  if (u < T(0.5)) {
    x = u * T(0.93);
  } else {
    T l = nm_log((T(1) - u) * (T(1) + u)), t = T(4.33) + l * T(0.5);
    x = sqrt(sqrt(t * t - l * T(6.8027)) - t);
  }
  for (int i = 0; i < 4; i++) {
    precise T f = u < T(0.5) ? nm_erf(x) - u : (T(1) - u) - nm_erfc(x);
    T d = f * nm_exp(x * x) * slope;
    x -= d / (T(1) + x * d);
  }
  return nm_copysign(x, y);
}

// ---- the gamma function ----

T nm_sin_pi(const T x) { return nm_sin((x - roundEven(x)) * (T(2) * HALF_PI)); }

// log Gamma of x > 0: around 1 and 2 from (lgamma(2 + t)) / t, up to 10 by Gamma(x) = (x - 1)
// Gamma(x - 1), then Stirling's series (Abramowitz & Stegun 6.1.15, 6.1.41).
T nm_lgamma_positive(const T a) {
  T x = a;
  if (x < T(0.5)) return x * nm_lgamma_poly(x) - nm_log1p(x) - nm_log(x);
  if (x < T(1.25)) return (x - T(1)) * nm_lgamma_poly(x - T(1)) - nm_log1p(x - T(1));
  if (x < T(10)) {
    T p = T(1);
    while (x > T(3)) x -= T(1), p *= x;
    T t = x - T(2);
    return p == T(1) ? t * nm_lgamma_poly(t) : nm_log(p) + t * nm_lgamma_poly(t);
  }
  T w = T(1) / x, z = w * w;
  T s = T(1) / T(156);
  s = s * z - T(691) / T(360360);
  s = s * z + T(1) / T(1188);
  s = s * z - T(1) / T(1680);
  s = s * z + T(1) / T(1260);
  s = s * z - T(1) / T(360);
  s = s * z + T(1) / T(12);
  return (x - T(0.5)) * (nm_log(x) - T(1)) + (STIRLING + s * w);
}
T nm_lgamma(const T a) {
  T x = abs(a);
  if (IS_NAN(a)) return a;
  if (x == INF(T) || (a <= T(0) && floor(a) == a)) return INF(T);
  if (a > T(0)) return nm_lgamma_positive(a);
  if (x < EPSILON) return -nm_log(x);
  return nm_log(T(2) * HALF_PI / (x * abs(nm_sin_pi(x)))) - nm_lgamma_positive(x);
}

T nm_digamma(const T a) {
  if (a == T(0)) return nm_copysign(INF(T), HIGH(a) >> 31 != 0u ? T(1) : T(-1));
  T x = a, sum = T(0);
  if (a < T(0)) {
    if (floor(a) == a) return NOT_A_NUMBER(T);
    T part = a - roundEven(a), p = abs(part), pi = T(2) * HALF_PI; // a cotangent, 0 at 1 / 2
    sum = nm_copysign(p > T(0.25) ? pi * nm_tan(pi * (T(0.5) - p)) : pi / nm_tan(pi * p), -part);
    x = T(1) - a;
  }
  if (x < T(1)) sum -= T(1) / x, x += T(1);
  for (; x > T(2) && x < T(10); x -= T(1)) sum += T(1) / (x - T(1));
  if (x <= T(2)) {
    precise T z = (x - ROOT) - ROOT_LOW;
    return z * nm_digamma_poly(z) + sum;
  }
  if (!(x < WHOLE)) return nm_log(x) + sum;
  T w = T(1) / (x * x), s = T(1) / T(12);
  s = s * w - T(691) / T(32760);
  s = s * w + T(1) / T(132);
  s = s * w - T(1) / T(240);
  s = s * w + T(1) / T(252);
  s = s * w - T(1) / T(120);
  s = s * w + T(1) / T(12);
  return sum + (nm_log(x) - T(0.5) / x - s * w);
}

T nm_zeta_positive(const T s, const T q) {
  const float a[12] = {12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1.8924375803183791606e9,
                       7.47242496e10, -2.950130727918164224e12, 1.1646782814350067249e14,
                       -4.5979787224074726105e15, 1.8152105401943546773e17,
                       -7.1661652561756670113e18};
  T sum = T(0), x = q, term = T(0), integral = T(0);
  T end = q + max(T(9), floor(T(9) - q) + T(1));
  for (int n = -1;; n++) {
    bool first = n < 0; // the integral from the end; one call of pow, as what it becomes is long
    T power = nm_pow(first ? end : x, first ? T(1) - s : -s);
    if (first) {
      integral = power / (s - T(1));
      if (q > WHOLE) return integral; // q + 1 is q
      continue;
    }
    term = power;
    sum += term;
    if (n >= 9 && x > T(9)) break;
    x += T(1);
  }
  sum += integral;
  if (sum == INF(T) || IS_NAN(sum) || term == T(0)) return sum;
  sum -= T(0.5) * term;
  T r = s;
  for (int i = 0; i < 12; i++, r += T(2)) {
    term *= r / x;
    T t = term / T(a[i]);
    sum += t;
    if (abs(t) < abs(sum) * EPSILON * T(0.5)) break;
    term *= (r + T(1)) / x;
  }
  return sum;
}
T nm_zeta(const T s, const T q) {
  if (s == T(1)) return INF(T);
  if (!(s > T(1))) return NOT_A_NUMBER(T);
  if (IS_NAN(q)) return q;
  if (q <= T(0)) {
    if (floor(q) == q) return INF(T);
    if (floor(s) != s) return NOT_A_NUMBER(T);
    if (s > T(3) && q < T(-10000)) return NOT_A_NUMBER(T);
  }
  bool turned = q < T(0) && s <= T(3);
  T z = nm_zeta_positive(s, turned ? T(1) - q : q);
  if (!turned) return z;
  T part = (q - roundEven(q)) * (T(2) * HALF_PI), c = T(2) * HALF_PI / nm_sin(part);
  return s == T(2) ? c * c - z : c * c * c * nm_cos(part) + z;
}

// ---- and the rest ----

T nm_hypot(const T a, const T b) {
  T u = abs(a), v = abs(b);
  if (u == INF(T) || v == INF(T)) return INF(T);
  if (IS_NAN(a) || IS_NAN(b)) return NOT_A_NUMBER(T);
  T high = max(u, v), r = min(u, v) / high;
  return high == T(0) ? high : high * sqrt(T(1) + r * r);
}
T nm_frac(const T a) { precise T y = a - trunc(a); return y; }
T nm_fmax(const T a, const T b) { return IS_NAN(b) || a > b ? a : b; }
T nm_fmin(const T a, const T b) { return IS_NAN(b) || a < b ? a : b; }
T nm_heaviside(const T a, const T b) { return a == T(0) ? b : T(int(a > T(0))); }
