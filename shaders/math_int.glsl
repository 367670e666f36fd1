// math_int.glsl: what int and int64_t compute alike; nothing traps, everything wraps.
// Included once per type T, of WIDTH bits.

T nm_square(const T a) { return a * a; }
T nm_same(const T a) { return a; }
T nm_where(const int a, const T b, const T c) { return a != 0 ? b : c; }
T nm_iheaviside(const T a, const T b) { return a == T(0) ? b : a > T(0) ? T(1) : T(0); }
T nm_irelu(const T a) { return a > T(0) ? a : T(0); }

bool nm_false(const T a) { return false; }
bool nm_true(const T a) { return true; }
bool nm_inot(const T a) { return a == T(0); }
bool nm_iland(const T a, const T b) { return a != T(0) && b != T(0); }
bool nm_ilor(const T a, const T b) { return a != T(0) || b != T(0); }
bool nm_ilxor(const T a, const T b) { return (a != T(0)) != (b != T(0)); }

// The quotient towards zero; 0 where b is 0, and the least number stays itself over -1.
T nm_quotient(const T a, const T b) {
  if (b == T(0)) return T(0);
  return b == T(-1) ? -a : a / b;
}

T nm_fmod(const T a, const T b) { return b == T(0) ? T(0) : a - nm_quotient(a, b) * b; }

T nm_remainder(const T a, const T b) {
  T r = nm_fmod(a, b);
  return r != T(0) && (r ^ b) < T(0) ? r + b : r;
}

T nm_floordiv(const T a, const T b) {
  T q = nm_quotient(a, b), r = a - q * b;
  return b != T(0) && r != T(0) && (r ^ b) < T(0) ? q - T(1) : q;
}

T nm_pow(const T a, const T b) {
  if (b < T(0)) return a == T(1) ? T(1) : a == T(-1) ? ((b & T(1)) != T(0) ? a : -a) : T(0);
  T y = T(1), x = a, n = b;
  for (; n != T(0); n >>= 1) {
    if ((n & T(1)) != T(0)) y *= x;
    x *= x;
  }
  return y;
}

// A shift by b is one by less than WIDTH bits if no higher bit of b is set.
T nm_shl(const T a, const T b) { return (b & T(~(WIDTH - 1))) != T(0) ? T(0) : a << int(b); }
T nm_shr(const T a, const T b) { return a >> ((b & T(~(WIDTH - 1))) != T(0) ? WIDTH - 1 : int(b)); }
