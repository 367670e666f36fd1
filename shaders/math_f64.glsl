// math_f64.glsl: elementary functions of double, within about 1 ulp; GLSL has none.
// Coefficients from FreeBSD's msun (exp, log, sin, cos) and Cephes (tanh).  Works on 32-bit words.

#define HIGH(x) unpackDouble2x32(x).y
#define IS_NAN(x) nm_nan64(x)
#define INF(T) packDouble2x32(uvec2(0u, 0x7ff00000u))
#define NOT_A_NUMBER(T) packDouble2x32(uvec2(0u, 0x7ff80000u))

bool nm_nan64(const double x) {
  uvec2 w = unpackDouble2x32(x);
  uint h = w.y & 0x7fffffffu;
  return h > 0x7ff00000u || (h == 0x7ff00000u && w.x != 0u);
}

double nm_power_of_two(const int k) { return packDouble2x32(uvec2(0u, uint(k + 1023) << 20)); }

double nm_scale(const double a, const int k) {
  int n = clamp(k, -2200, 2200);
  int h = n >> 2, l = n - 3 * h;
  double s = nm_power_of_two(h);
  return a * s * s * s * nm_power_of_two(l);
}

double nm_split(const double a, out int k) {
  double x = a;
  k = 0;
  if (x < 2.2250738585072014e-308lf) x *= 18014398509481984.0lf, k = -54;
  uvec2 w = unpackDouble2x32(x);
  uint high = w.y + (0x3ff00000u - 0x3fe6a09eu);
  k += int(high >> 20) - 1023;
  return packDouble2x32(uvec2(w.x, (high & 0xfffffu) + 0x3fe6a09eu));
}

double nm_exp_small(const double r) {
  double t = r * r, c = 4.13813679705723846039e-08lf;
  c = c * t - 1.65339022054652515390e-06lf;
  c = c * t + 6.61375632143793436117e-05lf;
  c = c * t - 2.77777777770155933842e-03lf;
  c = c * t + 1.66666666666666019037e-01lf;
  c = r - t * c;
  return 1.0lf + (r * c / (2.0lf - c) + r);
}

double nm_exp(const double a) {
  if (IS_NAN(a)) return a;
  double x = clamp(a, -760.0lf, 720.0lf), k = roundEven(x * 1.44269504088896338700lf);
  precise double hi = x - k * 6.93147180369123816490e-01lf;
  precise double lo = k * 1.90821492927058770002e-10lf;
  precise double r = hi - lo;
  double t = r * r, c = 4.13813679705723846039e-08lf;
  c = c * t - 1.65339022054652515390e-06lf;
  c = c * t + 6.61375632143793436117e-05lf;
  c = c * t - 2.77777777770155933842e-03lf;
  c = c * t + 1.66666666666666019037e-01lf;
  c = r - t * c;
  precise double y = 1.0lf + ((r * c / (2.0lf - c) - lo) + hi);
  return nm_scale(y, int(k));
}

double nm_log(const double a) {
  if (!(a > 0.0lf)) return a == 0.0lf ? -INF(double) : NOT_A_NUMBER(double);
  if (a == INF(double)) return a;
  int k;
  double f = nm_split(a, k) - 1.0lf, n = double(k);
  double s = f / (2.0lf + f), z = s * s, w = z * z;
  double r = z * (6.666666666666735130e-01lf + w * (2.857142874366239149e-01lf +
             w * (1.818357216161805012e-01lf + w * 1.479819860511658591e-01lf))) +
             w * (3.999999999940941908e-01lf + w * (2.222219843214978396e-01lf +
             w * 1.531383769920937332e-01lf));
  double h = 0.5lf * f * f;
  precise double y = s * (h + r) + n * 1.90821492927058770002e-10lf - h + f +
                     n * 6.93147180369123816490e-01lf;
  return y;
}

double nm_tanh(const double a) {
  if (a == double(0)) return a;
  double x = abs(a);
  if (x < 0.625lf) {
    double z = a * a;
    double p = (-9.64399179425052238628e-1lf * z - 9.92877231001918586564e1lf) * z -
               1.61468768441708447952e3lf;
    double q = ((z + 1.12811678491632931402e2lf) * z + 2.23548839060100448583e3lf) * z +
               4.84406305325125486048e3lf;
    return a + a * z * (p / q);
  }
  if (IS_NAN(a)) return a;
  double y = 1.0lf - 2.0lf / (nm_exp(x + x) + 1.0lf);
  return a < 0.0lf ? -y : y;
}

double nm_sin_small(const double r) {
  double z = r * r, p = 1.58969099521155010221e-10lf;
  p = p * z - 2.50507602534068634195e-08lf;
  p = p * z + 2.75573137070700676789e-06lf;
  p = p * z - 1.98412698298579493134e-04lf;
  p = p * z + 8.33333333332248946124e-03lf;
  p = p * z - 1.66666666666666324348e-01lf;
  return p * z * r + r;
}

double nm_cos_small(const double r) {
  double z = r * r, p = -1.13596475577881948265e-11lf;
  p = p * z + 2.08757232129817482790e-09lf;
  p = p * z - 2.75573143513906633035e-07lf;
  p = p * z + 2.48015872894767294178e-05lf;
  p = p * z - 1.38888888888741095749e-03lf;
  p = p * z + 4.16666666666666019037e-02lf;
  double h = 0.5lf * z;
  precise double w = 1.0lf - h;
  precise double e = (1.0lf - w) - h;
  return w + (e + z * z * p);
}

int nm_reduce(const double a, out double r) {
  double x = abs(a);
  if (x <= 100000.0lf) { // pi/2 in four parts of 33 bits, the products with n exact
    double n = roundEven(a * 6.36619772367581382433e-01lf);
    precise double t = a - n * 1.57079632673412561417e+00lf;
    precise double u = t - n * 6.07710050630396597660e-11lf;
    precise double v = u - n * 2.02226624871116645580e-21lf;
    precise double w = v - n * 8.47842766036889956997e-32lf;
    r = w;
    return int(n);
  }
  if (IS_NAN(a) || x == INF(double)) {
    r = NOT_A_NUMBER(double);
    return 0;
  }
  uvec2 w = unpackDouble2x32(x);
  uint f[4];
  int q = nm_payne_hanek(uvec2(0x80000000u | (w.y & 0xfffffu) << 11 | w.x >> 21, w.x << 11),
                         int(w.y >> 20) - 1022, f);
  bool negative = nm_magnitude(f);
  int shift = nm_normalize(f);
  double m = double(f[0]) * 4294967296.0lf + double(f[1] & ~0x7ffu); // 53 bits
  r = nm_scale(m, -62 - shift) * HALF_PI_F64;
  if (negative) r = -r, q++;
  if (a < 0.0lf) r = -r, q = -q;
  return q;
}

double nm_log_tail(const double z) {
  double p = 2.0lf / 25.0lf;
  p = p * z + 2.0lf / 23.0lf;
  p = p * z + 2.0lf / 21.0lf;
  p = p * z + 2.0lf / 19.0lf;
  p = p * z + 2.0lf / 17.0lf;
  p = p * z + 2.0lf / 15.0lf;
  p = p * z + 2.0lf / 13.0lf;
  p = p * z + 2.0lf / 11.0lf;
  p = p * z + 2.0lf / 9.0lf;
  p = p * z + 2.0lf / 7.0lf;
  return p * z + 2.0lf / 5.0lf;
}

// Polynomials that interpolate at Chebyshev points: (atan x - x) / x^3, (erf x - x) / x of z = x^2;
// erfc(x) e^(x^2) (1 + 2 x) of z = (x - 3) / (x + 3); lgamma(2 + z) / z; psi(x0 + z) / z.
double nm_atan_poly(const double z) {
  double p = 0.0162580593058208947lf;
  p = p * z - 0.0345455368799094248lf;
  p = p * z + 0.0455061883540767154lf;
  p = p * z - 0.052302403518543289lf;
  p = p * z + 0.058788999072497676lf;
  p = p * z - 0.066664223512632334lf;
  p = p * z + 0.076922962336369749lf;
  p = p * z - 0.0909090874859850434lf;
  p = p * z + 0.11111111105056605lf;
  p = p * z - 0.142857142856588071lf;
  p = p * z + 0.199999999999998013lf;
  p = p * z - 0.333333333333333315lf;
  return p;
}

double nm_erf_poly(const double z) {
  double p = -4.23094582429334246e-12lf;
  p = p * z + 8.70904512905175943e-11lf;
  p = p * z - 1.21645600572830445e-9lf;
  p = p * z + 1.47924012094047424e-8lf;
  p = p * z - 1.6364642158167608e-7lf;
  p = p * z + 1.64620454414684182e-6lf;
  p = p * z - 1.49256475675193321e-5lf;
  p = p * z + 1.20553329028887357e-4lf;
  p = p * z - 8.5483270219348297e-4lf;
  p = p * z + 5.22397762542329853e-3lf;
  p = p * z - 0.0268661706451298402lf;
  p = p * z + 0.112837916709551206lf;
  p = p * z - 0.376126389031837538lf;
  p = p * z + 0.128379167095512586lf;
  return p;
}

double nm_erfc_poly(const double z) {
  double p = -3.11607018698339468e-8lf;
  p = p * z + 1.65839114104317954e-7lf;
  p = p * z - 1.01255712457622193e-7lf;
  p = p * z - 6.96815215744273103e-7lf;
  p = p * z + 3.65091638764610615e-7lf;
  p = p * z + 3.51025372108424698e-6lf;
  p = p * z - 7.44647335053933137e-7lf;
  p = p * z - 2.01097994794142165e-5lf;
  p = p * z + 4.95427317494976411e-6lf;
  p = p * z + 1.25100607723383991e-4lf;
  p = p * z - 1.05160690094237115e-4lf;
  p = p * z - 7.7983236605520779e-4lf;
  p = p * z + 1.88869045296594117e-3lf;
  p = p * z + 2.52939181963295241e-3lf;
  p = p * z - 0.023770514924152053lf;
  p = p * z + 0.0683080273439165414lf;
  p = p * z - 0.119273663415146655lf;
  p = p * z + 0.129645158702761387lf;
  p = p * z - 0.0475622943534525916lf;
  p = p * z - 0.13562110612458117lf;
  p = p * z + 1.25300805826972961lf;
  return p;
}

double nm_lgamma_poly(const double z) {
  double p = 3.79993975079911151e-10lf;
  p = p * z - 2.02461367548143611e-9lf;
  p = p * z + 4.22662729553978907e-9lf;
  p = p * z - 4.99365502823152785e-9lf;
  p = p * z + 7.84546458911277878e-9lf;
  p = p * z - 2.14124145346013073e-8lf;
  p = p * z + 5.02212688425820898e-8lf;
  p = p * z - 1.02312886427309296e-7lf;
  p = p * z + 2.10861787572350983e-7lf;
  p = p * z - 4.47945318671995224e-7lf;
  p = p * z + 9.55468799430080135e-7lf;
  p = p * z - 2.03975850718865232e-6lf;
  p = p * z + 4.3748284781036008e-6lf;
  p = p * z - 9.43934327240427341e-6lf;
  p = p * z + 2.0507209191329483e-5lf;
  p = p * z - 4.49262617590803092e-5lf;
  p = p * z + 9.94575146308275293e-5lf;
  p = p * z - 0.00022315475573758098lf;
  p = p * z + 0.000509669524489576907lf;
  p = p * z - 0.0011927539118771098lf;
  p = p * z + 0.00289051033075735792lf;
  p = p * z - 0.00738555102866821078lf;
  p = p * z + 0.0205808084277841301lf;
  p = p * z - 0.0673523010531981714lf;
  p = p * z + 0.322467033424113203lf;
  p = p * z + 0.422784335098467134lf;
  return p;
}

double nm_digamma_poly(const double z) {
  double p = 0.000119814663304066568lf;
  p = p * z - 0.000280857053157448086lf;
  p = p * z + 0.000280828022460241026lf;
  p = p * z - 0.000282011501860605029lf;
  p = p * z + 0.000470870033009788014lf;
  p = p * z - 0.000755868192329093767lf;
  p = p * z + 0.00109061950837315404lf;
  p = p * z - 0.00157399127885365767lf;
  p = p * z + 0.00230275760968201657lf;
  p = p * z - 0.0033700957127346734lf;
  p = p * z + 0.00492707838071975313lf;
  p = p * z - 0.00720451751783269482lf;
  p = p * z + 0.0105387680306669295lf;
  p = p * z - 0.0154247663548877489lf;
  p = p * z + 0.0225976493920858022lf;
  p = p * z - 0.0331611264762319558lf;
  p = p * z + 0.0488042881309697779lf;
  p = p * z - 0.0721995612561170258lf;
  p = p * z + 0.107824050691748496lf;
  p = p * z - 0.163942705442412101lf;
  p = p * z + 0.25849976095564825lf;
  p = p * z - 0.442763168983592081lf;
  p = p * z + 0.967672245447621204lf;
  return p;
}

double nm_nextafter(const double a, const double b) {
  if (IS_NAN(a) || IS_NAN(b)) return NOT_A_NUMBER(double);
  if (a == b) return b;
  uvec2 w = unpackDouble2x32(a);
  if ((w.y << 1) == 0u && w.x == 0u) return packDouble2x32(uvec2(1u, b > a ? 0u : 0x80000000u));
  if ((b > a) == (w.y >> 31 == 0u)) return packDouble2x32(uvec2(w.x + 1u, w.x == ~0u ? w.y + 1u : w.y));
  return packDouble2x32(uvec2(w.x - 1u, w.x == 0u ? w.y - 1u : w.y));
}

#define T double
#define LOG10E 0.4342944819032518lf
#define LOG10E_LOW 1.09831965021676511e-17lf
#define LOG10_2 0.30102999566315702396lf
#define LOG10_2_LOW 8.2417125860235717261e-13lf
#define STIRLING 0.41893853320467274178lf
#define ROOT 1.4616321449683622lf
#define ROOT_LOW 9.5499954299656977e-17lf
#define EPSILON 2.220446049250313e-16lf
#define SPLIT 134217729.0lf
#define TWO_THIRDS 0.66666666666666662966lf
#define TWO_THIRDS_LOW 3.70074341541718826e-17lf
#define LOG2E 1.44269504088896338700lf
#define LOG2E_LOW 2.03552737409310331e-17lf
#define LN2 0.69314718055994528623lf
#define HALF_PI HALF_PI_F64
#define WHOLE 9007199254740992.0lf
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
