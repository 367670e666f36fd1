// math_f32.glsl: elementary functions of float, within about 1 ulp; GLSL's own may be far off.
// Polynomials from Cephes (single) and FreeBSD's msun, re-rolled here.

#define HIGH(x) floatBitsToUint(x)
#define IS_NAN(x) ((floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u)
#define INF(T) uintBitsToFloat(0x7f800000u)
#define NOT_A_NUMBER(T) uintBitsToFloat(0x7fc00000u)

// a * 2^k, for k where the result may leave the range at either end
float nm_scale(const float a, const int k) {
  int n = clamp(k, -300, 300);
  int h = n >> 2, l = n - 3 * h;
  float s = uintBitsToFloat(uint(h + 127) << 23);
  return a * s * s * s * uintBitsToFloat(uint(l + 127) << 23);
}

// m in [1/sqrt 2, sqrt 2) and k with a = m 2^k, for positive finite a
float nm_split(const float a, out int k) {
  float x = a;
  k = 0;
  if (x < 1.17549435e-38) x *= 33554432.0, k = -25;
  uint bits = floatBitsToUint(x) + (0x3f800000u - 0x3f3504f3u);
  k += int(bits >> 23) - 127;
  return uintBitsToFloat((bits & 0x7fffffu) + 0x3f3504f3u);
}

// e^r for |r| below 0.7
float nm_exp_small(const float r) {
  float p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  return p * (r * r) + r + 1.0;
}

float nm_exp(const float a) {
  if (IS_NAN(a)) return a;
  float x = clamp(a, -110.0, 90.0), k = roundEven(x * 1.44269504);
  precise float r = (x - k * 0.693359375) + k * 2.12194440e-4; // ln 2 in two parts
  return nm_scale(nm_exp_small(r), int(k));
}

float nm_log(const float a) {
  if (!(a > 0.0)) return a == 0.0 ? -INF(float) : NOT_A_NUMBER(float);
  if (a == INF(float)) return a;
  int k;
  float f = nm_split(a, k) - 1.0, n = float(k);
  float s = f / (2.0 + f), z = s * s, w = z * z;
  float r = z * (0.66666662693 + w * 0.28498786688) + w * (0.40000972152 + w * 0.24279078841);
  float h = 0.5 * f * f;
  precise float y = s * (h + r) + n * 9.0580006145e-6 - h + f + n * 6.9313812256e-1;
  return y;
}

float nm_tanh(const float a) {
  if (a == float(0)) return a;
  float x = abs(a);
  if (x < 0.625) {
    float z = a * a, p = -5.70498872745e-3;
    p = p * z + 2.06390887954e-2;
    p = p * z - 5.37397155531e-2;
    p = p * z + 1.33314422036e-1;
    p = p * z - 3.33332819422e-1;
    return p * z * a + a;
  }
  if (IS_NAN(a)) return a;
  float y = 1.0 - 2.0 / (nm_exp(x + x) + 1.0); // infinite x gives 1
  return a < 0.0 ? -y : y;
}

float nm_sin_small(const float r) {
  float z = r * r, p = -1.9515295891e-4;
  p = p * z + 8.3321608736e-3;
  p = p * z - 1.6666654611e-1;
  return p * z * r + r;
}

float nm_cos_small(const float r) {
  float z = r * r, p = 2.443315711809948e-5;
  p = p * z - 1.388731625493765e-3;
  p = p * z + 4.166664568298827e-2;
  return p * z * z - 0.5 * z + 1.0;
}

// a = quadrant * pi/2 + r with |r| <= pi/4; NaN for what is not finite
int nm_reduce(const float a, out float r) {
  float x = abs(a);
  if (x <= 1024.0) { // pi/2 in four parts, the products with n exact
    float n = roundEven(a * 0.636619747);
    precise float t = a - n * 1.570556640625;
    precise float u = t - n * 2.396702766418457e-4;
    precise float v = u - n * 1.5890691429376602e-8;
    precise float w = v - n * 2.5633440682570896e-12;
    r = w;
    return int(n);
  }
  if (IS_NAN(a) || x == INF(float)) {
    r = NOT_A_NUMBER(float);
    return 0;
  }
  uint bits = floatBitsToUint(x), f[4];
  int q = nm_payne_hanek(uvec2(bits << 8 | 0x80000000u, 0u), int(bits >> 23) - 126, f);
  // the fraction of a quarter turn, signed, in 126 bits
  bool negative = nm_magnitude(f);
  int shift = nm_normalize(f);
  r = nm_scale(float(f[0]), -30 - shift) * HALF_PI_F32;
  if (negative) r = -r, q++;
  if (a < 0.0) r = -r, q = -q;
  return q;
}

// The tail of nm_log_pair: sum of 2 z^i / (2 i + 5)
float nm_log_tail(const float z) {
  float p = 2.0 / 13.0;
  p = p * z + 2.0 / 11.0;
  p = p * z + 2.0 / 9.0;
  p = p * z + 2.0 / 7.0;
  return p * z + 2.0 / 5.0;
}

// Polynomials that interpolate at Chebyshev points: (atan x - x) / x^3, (erf x - x) / x of z = x^2;
// erfc(x) e^(x^2) (1 + 2 x) of z = (x - 3) / (x + 3); lgamma(2 + z) / z; psi(x0 + z) / z.
float nm_atan_poly(const float z) {
  float p = -0.0644773008;
  p = p * z + 0.107424624;
  p = p * z - 0.142638379;
  p = p * z + 0.199995371;
  p = p * z - 0.333333317;
  return p;
}

float nm_erf_poly(const float z) {
  float p = -9.66704457e-06;
  p = p * z + 0.00011265959;
  p = p * z - 0.000848408041;
  p = p * z + 0.00522103181;
  p = p * z - 0.0268654307;
  p = p * z + 0.112837825;
  p = p * z - 0.376126385;
  p = p * z + 0.128379167;
  return p;
}

float nm_erfc_poly(const float z) {
  float p = -0.000717273139;
  p = p * z + 0.00182251773;
  p = p * z + 0.00251985876;
  p = p * z - 0.0237557283;
  p = p * z + 0.0683082416;
  p = p * z - 0.119275019;
  p = p * z + 0.129645198;
  p = p * z - 0.0475622507;
  p = p * z - 0.135621107;
  p = p * z + 1.25300806;
  return p;
}

float nm_lgamma_poly(const float z) {
  float p = -7.60355897e-6;
  p = p * z + 2.88489464e-5;
  p = p * z - 5.30008438e-5;
  p = p * z + 9.48290908e-5;
  p = p * z - 0.00021662045;
  p = p * z + 0.000510551676;
  p = p * z - 0.00119496346;
  p = p * z + 0.00289051631;
  p = p * z - 0.00738522224;
  p = p * z + 0.0205807947;
  p = p * z - 0.0673523173;
  p = p * z + 0.322467029;
  p = p * z + 0.422784328;
  return p;
}

float nm_digamma_poly(const float z) {
  float p = -0.00750966417;
  p = p * z + 0.0144418264;
  p = p * z - 0.0161615238;
  p = p * z + 0.0215814952;
  p = p * z - 0.0329281762;
  p = p * z + 0.0489234924;
  p = p * z - 0.0722253174;
  p = p * z + 0.107817732;
  p = p * z - 0.163941622;
  p = p * z + 0.258499891;
  p = p * z - 0.44276318;
  p = p * z + 0.967672229;
  return p;
}

// The next float after a towards b: one step of the bits, through 0 when the sign changes.
float nm_nextafter(const float a, const float b) {
  if (IS_NAN(a) || IS_NAN(b)) return NOT_A_NUMBER(float);
  if (a == b) return b;
  uint u = floatBitsToUint(a), sign = b > a ? 0u : 0x80000000u;
  if ((u << 1) == 0u) return uintBitsToFloat(sign | 1u);
  return uintBitsToFloat((b > a) == (u >> 31 == 0u) ? u + 1u : u - 1u);
}

#define T float
#define LOG10E 0.434294492
#define LOG10E_LOW -1.010305005e-8
#define LOG10_2 0.301025390625
#define LOG10_2_LOW 4.605038981e-6
#define STIRLING 0.418938533
#define ROOT 1.4616321325302124
#define ROOT_LOW 1.24381499389e-8
#define EPSILON 1.1920929e-7
#define SPLIT 4097.0
#define TWO_THIRDS 0.666666686534881591796875
#define TWO_THIRDS_LOW -1.98682149e-8
#define LOG2E 1.44269502162933349609375
#define LOG2E_LOW 1.92596303e-8
#define LN2 0.693147182464599609375
#define HALF_PI HALF_PI_F32
#define WHOLE 16777216.0
#include "float.glsl"
#include "special.glsl"
#undef T
#undef LOG10E
#undef LOG10E_LOW
#undef LOG10_2
#undef LOG10_2_LOW
#undef STIRLING
#undef ROOT
#undef ROOT_LOW
#undef EPSILON
#undef SPLIT
#undef TWO_THIRDS
#undef TWO_THIRDS_LOW
#undef LOG2E
#undef LOG2E_LOW
#undef LN2
#undef HALF_PI
#undef WHOLE
#undef HIGH
#undef IS_NAN
#undef INF
#undef NOT_A_NUMBER
