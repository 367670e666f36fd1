/* isa_quick.h: loops over the quick forms of functions (mathf_f32.h).  They take CHECKED elements
 * that are all in the form's domain, and leave others to the loop over the function itself.  So few
 * are looked at together that memory delivers the next ones while these are computed. */

enum { CHECKED = 128 };

static inline bool all_within(int n, const float *a, float limit) {
  uint32_t most = 0; /* of the bits, which are in the order of what they stand for, NaN above all */
  for (int i = 0; i < n; i++) {
    uint32_t u = bits_f32(a[i]) & 0x7fffffffu;
    most = u > most ? u : most;
  }
  return most <= bits_f32(limit);
}
static inline bool all_normal(int n, const float *a) { /* and above 0 */
  uint32_t most = 0;
  for (int i = 0; i < n; i++) {
    uint32_t u = bits_f32(a[i]) - bits_f32(0x1p-126f);
    most = u > most ? u : most;
  }
  return most < bits_f32(INF) - bits_f32(0x1p-126f);
}
#define ALL(name, T, I, condition)                                                                 \
  static inline bool name(int n, const T *a, const T *b) {                                         \
    I outside = 0;                                                                                 \
    (void)b;                                                                                       \
    for (int i = 0; i < n; i++) outside |= !(condition);                                           \
    return !outside;                                                                               \
  }
ALL(all_quotients_fit, float, int32_t, quotient_fits(a[i], b[i]))
ALL(all_squares_fit, float, int32_t, squares_fit(a[i], b[i]))
ALL(all_exp_fit_f64, double, int64_t, __builtin_fabs(a[i]) <= 708)
ALL(all_turns_fit_f64, double, int64_t, turns_fit_f64(a[i]))
ALL(all_powers_fit_f64, double, int64_t, power_fits_f64(a[i], b[i]))
ALL(all_quotients_fit_f64, double, int64_t, quotient_fits_f64(a[i], b[i]))
ALL(all_squares_fit_f64, double, int64_t, squares_fit_f64(a[i], b[i]))
#undef ALL

/* clang-format off */
/*    name          class T      whether all k are inside        value */
#define QUICK_F32                                                                                  \
QUICK(exp,          f32, float,  all_within(k, a, 87),           exp_f32_quick(a[i]))              \
QUICK(sigmoid,      f32, float,  all_within(k, a, 87),           sigmoid_f32_quick(a[i]))          \
QUICK(sin,          f32, float,  all_within(k, a, 0x1p16f),      sin_f32_quick(a[i]))              \
QUICK(cos,          f32, float,  all_within(k, a, 0x1p16f),      cos_f32_quick(a[i]))              \
QUICK(tan,          f32, float,  all_within(k, a, 0x1p16f),      tan_f32_quick(a[i]))              \
QUICK(log,          f32, float,  all_normal(k, a),               log_f32_quick(a[i]))              \
QUICK(log2,         f32, float,  all_normal(k, a),               log2_f32_quick(a[i]))             \
QUICK(log10,        f32, float,  all_normal(k, a),               log10_f32_quick(a[i]))            \
QUICK(lgamma,       f32, float,  all_normal(k, a),               lgamma_f32_quick(a[i]))           \
QUICK(digamma,      f32, float,  all_normal(k, a),               digamma_f32_quick(a[i]))          \
QUICK(floor_divide, f32, float,  all_quotients_fit(k, a, b),     floordiv_f32_quick(a[i], b[i]))   \
QUICK(remainder,    f32, float,  all_quotients_fit(k, a, b),     remainder_f32_quick(a[i], b[i]))  \
QUICK(fmod,         f32, float,  all_quotients_fit(k, a, b),     fmod_f32_quick(a[i], b[i]))       \
QUICK(hypot,        f32, float,  all_squares_fit(k, a, b),       hypot_f32_quick(a[i], b[i]))
#define QUICK_F64                                                                                  \
QUICK(exp,          f64, double, all_exp_fit_f64(k, a, b),       exp_f64_quick(a[i]))              \
QUICK(sin,          f64, double, all_turns_fit_f64(k, a, b),     sin_f64_quick(a[i]))              \
QUICK(cos,          f64, double, all_turns_fit_f64(k, a, b),     cos_f64_quick(a[i]))              \
QUICK(tan,          f64, double, all_turns_fit_f64(k, a, b),     tan_f64_quick(a[i]))              \
QUICK(floor_divide, f64, double, all_quotients_fit_f64(k, a, b), floordiv_f64_quick(a[i], b[i]))   \
QUICK(remainder,    f64, double, all_quotients_fit_f64(k, a, b), remainder_f64_quick(a[i], b[i]))  \
QUICK(fmod,         f64, double, all_quotients_fit_f64(k, a, b), fmod_f64_quick(a[i], b[i]))       \
QUICK(hypot,        f64, double, all_squares_fit_f64(k, a, b),   hypot_f64_quick(a[i], b[i]))
/* clang-format on */

#define QUICK(name, t, T, inside, value)                                                           \
  static void quick_##name##_##t(int n, void *y_, const void *a_, const void *b_, const void *c) { \
    T *y = y_;                                                                                     \
    const T *a = a_, *b = b_;                                                                      \
    for (int k; n > 0; n -= k, y += k, a += k, b += k) {                                           \
      k = n < CHECKED ? n : CHECKED;                                                               \
      if (inside)                                                                                  \
        EACH(k) y[i] = value;                                                                      \
      else                                                                                         \
        loop_##name##_##t(k, y, a, b, c);                                                          \
    }                                                                                              \
  }
QUICK_F32
QUICK_F64
#undef QUICK
