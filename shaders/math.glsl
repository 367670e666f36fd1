// math.glsl: numoon's scalar functions, once for emitted programs and kernels alike.
// With NM_F64 and NM_I64 those for double and int64_t too.
#ifdef NM_F64
#extension GL_EXT_shader_explicit_arithmetic_types_float64 : require
#endif
#ifdef NM_I64
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#endif

#include "narrow.glsl"
#include "payne_hanek.glsl"
#include "math_f32.glsl"
#ifdef NM_F64
#include "math_f64.glsl"
#endif

#define T int
#define WIDTH 32
#include "math_int.glsl"
#undef T
#undef WIDTH
#ifdef NM_I64
#define T int64_t
#define WIDTH 64
#include "math_int.glsl"
#undef T
#undef WIDTH
#endif

#include "philox.glsl"

// Float to integer: truncates, out of range saturates, NaN gives 0.
int nm_to_i32(const float a) {
  if (!(abs(a) < 2147483648.0)) return a > 0.0 ? 2147483647 : a < 0.0 ? -2147483647 - 1 : 0;
  return int(a);
}
#ifdef NM_F64
int nm_to_i32(const double a) {
  if (!(abs(a) < 2147483648.0lf)) return a > 0.0lf ? 2147483647 : a < 0.0lf ? -2147483647 - 1 : 0;
  return int(a);
}
#endif
#ifdef NM_I64
const int64_t NM_LEAST_I64 = int64_t(0x8000000000000000UL);
int64_t nm_to_i64(const float a) {
  if (!(abs(a) < 9223372036854775808.0))
    return a > 0.0 ? ~NM_LEAST_I64 : a < 0.0 ? NM_LEAST_I64 : int64_t(0);
  return int64_t(a);
}
#ifdef NM_F64
int64_t nm_to_i64(const double a) {
  if (!(abs(a) < 9223372036854775808.0lf))
    return a > 0.0lf ? ~NM_LEAST_I64 : a < 0.0lf ? NM_LEAST_I64 : int64_t(0);
  return int64_t(a);
}
#endif
#endif
