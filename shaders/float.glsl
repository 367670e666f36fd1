// float.glsl: what float and double compute alike.  Included once per type, with
//   T        the type
//   HIGH(x)  its high word (sign, exponent and the top of the fraction); IS_NAN(x)
// and constants INF, NOT_A_NUMBER of that type.  Parameters are `const`: glslang then passes
// them by value.

T nm_square(const T a) { precise T y = a * a; return y; }
T nm_reciprocal(const T a) { precise T y = T(1) / a; return y; }
T nm_rsqrt(const T a) { precise T y = T(1) / sqrt(a); return y; }
T nm_same(const T a) { return a; }
T nm_where(const int a, const T b, const T c) { return a != 0 ? b : c; }

bool nm_isnan(const T a) { return IS_NAN(a); }
bool nm_isinf(const T a) { return abs(a) == INF(T); }
bool nm_isfinite(const T a) { return !IS_NAN(a) && abs(a) != INF(T); }
bool nm_fnot(const T a) { return a == T(0); }
bool nm_fland(const T a, const T b) { return a != T(0) && b != T(0); }
bool nm_flor(const T a, const T b) { return a != T(0) || b != T(0); }
bool nm_flxor(const T a, const T b) { return (a != T(0)) != (b != T(0)); }

T nm_fsign(const T a) { return T(int(a > T(0)) - int(a < T(0))); }
T nm_frelu(const T a) { return a > T(0) || IS_NAN(a) ? a : T(0); }
T nm_fmaximum(const T a, const T b) { return IS_NAN(a) || a > b ? a : b; }
T nm_fminimum(const T a, const T b) { return IS_NAN(a) || a < b ? a : b; }

T nm_copysign(const T a, const T b) { return (HIGH(a) ^ HIGH(b)) >> 31 != 0u ? -a : a; }

// The exact remainder, by long division: subtracts b times falling powers of two.
T nm_fmod(const T a, const T b) {
  T r = abs(a), d = abs(b);
  if (IS_NAN(a) || IS_NAN(b) || r == INF(T) || d == T(0)) return NOT_A_NUMBER(T);
  if (d > r) return a;
  T t = d;
  while (t <= r * T(0.5)) t += t;
  while (t >= d) {
    if (r >= t) r -= t;
    t *= T(0.5);
  }
  return nm_copysign(r, a);
}

T nm_remainder(const T a, const T b) {
  T r = nm_fmod(a, b);
  if (r != T(0) && (r < T(0)) != (b < T(0))) r += b;
  return r;
}

// PyTorch's: from the exact remainder, so that it agrees with it.
T nm_floordiv(const T a, const T b) {
  if (b == T(0)) return a / b;
  T r = nm_fmod(a, b);
  precise T q = (a - r) / b;
  if (r != T(0) && (r < T(0)) != (b < T(0))) q -= T(1);
  if (q == T(0)) return nm_copysign(T(0), a / b);
  T f = floor(q);
  return q - f > T(0.5) ? f + T(1) : f;
}

// a + b and a * b with their rounding errors: the sum of the pair is exact (Knuth; Dekker).
void nm_two_sum(const T a, const T b, out T hi, out T lo) {
  precise T s = a + b;
  precise T c = s - a;
  precise T e = (a - (s - c)) + (b - c);
  hi = s, lo = e;
}

void nm_two_product(const T a, const T b, out T hi, out T lo) {
  precise T p = a * b;
  precise T ca = a * SPLIT, cb = b * SPLIT;
  precise T ah = ca - (ca - a), bh = cb - (cb - b);
  precise T al = a - ah, bl = b - bh;
  precise T e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
  hi = p, lo = e;
}

// The natural logarithm of m in [1/sqrt 2, sqrt 2) as a pair.  With s = (m - 1) / (m + 1):
// log m = 2 s + 2/3 s^3 + s^5 tail(s^2); the first two terms are carried in pairs.
void nm_log_pair(const T m, out T hi, out T lo) {
  T d, dl, p, e;
  nm_two_sum(m, T(1), d, dl);
  precise T f = m - T(1); // exact
  precise T s = f / d;
  nm_two_product(s, d, p, e);
  precise T sl = (((f - p) - e) - s * dl) / d;
  T z, zl, c, cl, t, tl;
  nm_two_product(s, s, z, zl);
  precise T zt = zl + T(2) * s * sl;
  nm_two_product(z, s, c, cl);
  precise T ct = cl + zt * s + z * sl; // s^3 = c + ct
  nm_two_product(c, TWO_THIRDS, t, tl);
  precise T tt = tl + ct * TWO_THIRDS + c * TWO_THIRDS_LOW + c * z * nm_log_tail(z);
  nm_two_sum(T(2) * s, t, hi, lo);
  precise T l = lo + (tt + T(2) * sl);
  nm_two_sum(hi, l, hi, lo);
}

T nm_pow(const T a, const T b) {
  if (b == T(0) || a == T(1)) return T(1);
  if (IS_NAN(a) || IS_NAN(b)) return NOT_A_NUMBER(T);
  T x = abs(a), y = abs(b), r;
  bool whole = floor(y) == y;
  bool odd = y < WHOLE && whole && floor(y * T(0.5)) != y * T(0.5);
  if (y == INF(T)) {
    return x == T(1) ? T(1) : (x > T(1)) == (b > T(0)) ? INF(T) : T(0);
  } else if (x == T(0) || x == INF(T)) {
    r = (x == T(0)) == (b < T(0)) ? INF(T) : T(0);
  } else if (a < T(0) && !whole) {
    return NOT_A_NUMBER(T);
  } else { // 2^(b log2 x), the exponent as a pair
    int k;
    T m = nm_split(x, k), hi, lo, p, e, q, u;
    nm_log_pair(m, hi, lo);
    nm_two_product(hi, LOG2E, p, e);
    precise T t = e + (hi * LOG2E_LOW + lo * LOG2E);
    nm_two_sum(T(k), p, hi, lo);
    precise T l = lo + t;
    nm_two_sum(hi, l, hi, lo);
    T w = clamp(b, -WHOLE, WHOLE); // beyond, x^b is 0 or infinite; nothing may overflow on the way
    nm_two_product(hi, w, q, u);
    precise T v = u + lo * w;
    T n = roundEven(clamp(q + v, -T(4096), T(4096)));
    precise T f = (q - n) + v;
    r = nm_scale(nm_exp_small(clamp(f, T(-1), T(1)) * LN2), int(n));
  }
  return odd && HIGH(a) >> 31 != 0u ? -r : r;
}

T nm_sin(const T a) {
  if (a == T(0)) return a;
  T r;
  int q = nm_reduce(a, r);
  T y = (q & 1) != 0 ? nm_cos_small(r) : nm_sin_small(r);
  return (q & 2) != 0 ? -y : y;
}

T nm_cos(const T a) {
  T r;
  int q = nm_reduce(a, r) + 1;
  T y = (q & 1) != 0 ? nm_cos_small(r) : nm_sin_small(r);
  return (q & 2) != 0 ? -y : y;
}

// e^-|a| is at most 1, so that neither tail overflows or cancels
T nm_sigmoid(const T a) {
  T e = nm_exp(-abs(a));
  return (a < T(0) ? e : T(1)) / (T(1) + e);
}

// Box-Muller, from u in (0, 1] and v in [0, 1): sin and cos of 2 pi v exactly by quarter turns.
T nm_normal(const T u, const T v, const bool odd) {
  T t = v * T(4), n = roundEven(t);
  T angle = (t - n) * HALF_PI;
  int q = int(n) + (odd ? 0 : 1);
  T y = (q & 1) != 0 ? nm_cos_small(angle) : nm_sin_small(angle);
  return sqrt(T(-2) * nm_log(u)) * ((q & 2) != 0 ? -y : y);
}
