/* special.c: special functions of double that the C library has not, one element at a time. */
#include <math.h>
#include <stdbool.h>

#include "core/program.h"
#include "cpu/mathf.h"

#define PI 3.14159265358979323846

/* psi(x) = d log Gamma(x) / dx.  x < 0: psi(1 - x) - pi / tan(pi x).  Below 10 moved into [1, 2] by
 * psi(x + 1) = psi(x) + 1 / x and there (x - x0) P(x - x0), with the root x0, so that its digits
 * are right too; from 10 on log x - 1 / (2 x) - sum B_2k / (2 k x^2k) (Abramowitz & Stegun 6.3.5-7,
 * 6.3.18). */
double nm__digamma(double x) {
  static const double tail[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                1.0 / 132, -691.0 / 32760, 1.0 / 12,  -3617.0 / 8160};
  double sum = 0;
  if (x == 0) return -copysign(INFINITY, x);
  if (x < 0) {
    if (x == floor(x)) return NAN;
    double part = x - rint(x), p = fabs(part); /* of a cotangent that is 0 at 1 / 2 */
    sum = copysign(p > 0.25 ? PI * tan(PI * (0.5 - p)) : PI / tan(PI * p), -part);
    x = 1 - x;
  }
  if (x < 1) sum -= 1 / x, x += 1;
  for (; x > 2 && x < 10; x -= 1) sum += 1 / (x - 1);
  if (x <= 2) {
    double z = (x - 0x1.762d86356be3fp+0) - 9.5499954299656977e-17;
    double p = 0x1.f68a03dec6dcdp-14;
    p = madd_f64(p, z, -0x1.267ffdbb08424p-12);
    p = madd_f64(p, z, 0x1.267832c19b228p-12);
    p = madd_f64(p, z, -0x1.27b5e2d7659d6p-12);
    p = madd_f64(p, z, 0x1.edbe364772d08p-12);
    p = madd_f64(p, z, -0x1.8c4ae95441423p-11);
    p = madd_f64(p, z, 0x1.1de63c7bbe152p-10);
    p = madd_f64(p, z, -0x1.9c9cc444786f9p-10);
    p = madd_f64(p, z, 0x1.2dd3b93f97102p-9);
    p = madd_f64(p, z, -0x1.b9b9a5bdbd590p-9);
    p = madd_f64(p, z, 0x1.42e6a88290ab5p-8);
    p = madd_f64(p, z, -0x1.d827bf1f5f789p-8);
    p = madd_f64(p, z, 0x1.59559804137d7p-7);
    p = madd_f64(p, z, -0x1.f970518576ab7p-7);
    p = madd_f64(p, z, 0x1.723d6946c03afp-6);
    p = madd_f64(p, z, -0x1.0fa7ec36d8904p-5);
    p = madd_f64(p, z, 0x1.8fce02adaa9bap-5);
    p = madd_f64(p, z, -0x1.27baba2616d1fp-4);
    p = madd_f64(p, z, 0x1.b9a5b63717c80p-4);
    p = madd_f64(p, z, -0x1.4fc1317257e71p-3);
    p = madd_f64(p, z, 0x1.08b4294d5034fp-2);
    p = madd_f64(p, z, -0x1.c563b54aa1a35p-2);
    p = madd_f64(p, z, 0x1.ef72bc8ee38acp-1);
    return madd_f64(p, z, sum);
  }
  double w = 1 / (x * x), power = w, series = 0;
  if (x > 1e17) return log(x) + sum;
  for (int k = 0; k < 8; k++, power *= w) series += tail[k] * power;
  return sum + log(x) - 0.5 / x - series;
}

/* zeta(s, q) = sum over k >= 0 of (q + k)^-s, for s > 1: ten terms or more, up to q + k > 9, then
 * the integral, half a term and derivatives (Euler-Maclaurin; Abramowitz & Stegun 23.2, 3.6.28).  q
 * < 0: for s = 2 and 3 by reflection, as derivatives of psi(1 - x) - psi(x) = pi / tan(pi x). */
double nm__zeta(double s, double q) {
  /* (2 k)! / B_2k */
  static const double a[] = {12.0,
                             -720.0,
                             30240.0,
                             -1209600.0,
                             47900160.0,
                             -1.8924375803183791606e9,
                             7.47242496e10,
                             -2.950130727918164224e12,
                             1.1646782814350067249e14,
                             -4.5979787224074726105e15,
                             1.8152105401943546773e17,
                             -7.1661652561756670113e18};
  if (s == 1) return INFINITY;
  if (!(s > 1)) return NAN;
  if (q != q) return q;
  if (q <= 0) {
    if (q == floor(q)) return INFINITY;
    if (s != floor(s)) return NAN;
    double part = q - rint(q), sine = sin(PI * part), c = PI / sine;
    if (s == 2) return c * c - nm__zeta(2, 1 - q);
    if (s == 3) return c * c * c * cos(PI * part) + nm__zeta(3, 1 - q);
    if (q < -10000) return NAN;
  }
  double sum = 0, x = q, term;
  if (q > 0x1p53) return pow(q, 1 - s) / (s - 1); /* q + 1 is q: the integral is all there is */
  for (int n = 0;; n++, x += 1) {
    term = pow(x, -s);
    sum += term;
    if (n >= 9 && x > 9) break;
  }
  sum += pow(x, 1 - s) / (s - 1);
  if (!isfinite(sum) || term == 0) return sum;
  sum -= 0.5 * term;
  for (int i = 0; i < 12; i++, s += 2) {
    term *= s / x;
    sum += term / a[i];
    if (fabs(term / a[i]) < fabs(sum) * 0x1p-53) break;
    term *= (s + 1) / x;
  }
  return sum;
}
