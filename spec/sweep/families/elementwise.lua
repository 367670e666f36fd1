--- Elementwise ops beyond arithmetic: elementary and special functions in plain Lua, by series and
-- continued fractions, and what is made of them.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain = tools.pack, tools.with, tools.plain
local abs, exp, log, sqrt, floor = math.abs, math.exp, math.log, math.sqrt, math.floor
local inf, nan, pi = math.huge, 0 / 0, math.pi

local family = {}

local function copysign(x, like)
  local negative = like < 0 or (like == 0 and 1 / like < 0)
  return negative and -abs(x) or abs(x)
end

-- ---- exponentials, logarithms and what is made of them ----

-- By the Taylor series where exp(x) - 1 would cancel.
local function expm1(x)
  if abs(x) > 0.5 or x ~= x or x == 0 then return x == 0 and x or exp(x) - 1 end
  local sum, term, n = x, x, 1
  repeat
    n = n + 1
    term = term * x / n
    sum = sum + term
  until abs(term) < abs(sum) * 1e-18
  return sum
end

-- The rounding error of 1 + x is divided out of its logarithm (Kahan).
local function log1p(x)
  local u = 1 + x
  if u == 1 or x == inf then return x end
  return log(u) * (x / (u - 1))
end

local function half_exp(x) return exp(x / 2) * (exp(x / 2) / 2) end

local function sinh(a)
  local x = abs(a)
  if a ~= a then return a end
  if x > 20 then return copysign(half_exp(x), a) end
  local e = expm1(x)
  return copysign((e + e / (e + 1)) / 2, a)
end

local function cosh(a)
  local x = abs(a)
  if x > 20 then return half_exp(x) end
  return (exp(x) + exp(-x)) / 2
end

local function asinh(a)
  local x = abs(a)
  if a ~= a then return a end
  if x > 1e9 then return copysign(log(x) + log(2), a) end
  return copysign(log1p(x + x * x / (1 + sqrt(1 + x * x))), a)
end

local function acosh(x)
  if x > 1e9 then return log(x) + log(2) end
  if x < 1 or x ~= x then return nan end
  return log1p(x - 1 + sqrt((x - 1) * (x + 1)))
end

local function atanh(a)
  local x = abs(a)
  if x > 1 or x ~= x then return nan end
  return copysign(x == 1 and inf or log1p(2 * x / (1 - x)) / 2, a)
end

local function odd(f) -- -0 stays what it is
  return function(a) return a == 0 and a or f(a) end
end

-- ---- the error function ----

-- e^(-x^2) with the rounding error of x^2 put back.
local function gauss(x)
  local h = string.unpack("f", string.pack("f", x))
  return exp(-h * h) * exp(-(x - h) * (x + h))
end

-- 2 / sqrt(pi) e^(-x^2) (x + 2/3 x^3 + 4/15 x^5 + ...): all terms have one sign.
local function erf_series(x)
  local sum, term, n = x, x, 0
  repeat
    n = n + 1
    term = term * 2 * x * x / (2 * n + 1)
    sum = sum + term
  until abs(term) <= abs(sum) * 1e-18
  return 2 / sqrt(pi) * gauss(x) * sum
end

-- The continued fraction of Laplace, from far enough.
local function erfc_fraction(x)
  if x > 30 then return 0.0 end
  local f = x
  for k = 800, 1, -1 do f = x + k / 2 / f end
  return gauss(x) / (sqrt(pi) * f)
end

local function erf(a)
  local x = abs(a)
  if a ~= a or a == 0 then return a end
  return copysign(x < 1 and erf_series(x) or 1 - erfc_fraction(x), a)
end

local function erfc(a)
  if a ~= a then return a end
  if a < 0.5 then return a < -6 and 2.0 or a < -1 and 2 - erfc_fraction(-a) or 1 - erf(a) end
  return erfc_fraction(a)
end

-- Newton's steps for erfc, from where its slope is not too small.
local function erfinv(y)
  local u = abs(y)
  if u >= 1 or u ~= u then return u == 1 and copysign(inf, y) or nan end
  if u < 1e-12 then return y * (sqrt(pi) / 2) end
  local x = 0.0
  for _ = 1, 60 do
    local rest = u < 0.5 and erf(x) - u or (1 - u) - erfc(x)
    x = x - rest * sqrt(pi) / 2 / gauss(x)
  end
  return copysign(x, y)
end

-- ---- the gamma function ----

-- zeta(k) - 1, so that the series around 2 converge like 2^-k.
local zeta_rest = {}
for k = 2, 60 do
  local sum, n = 0.0, 200
  local tail = n ^ (1 - k) / (k - 1) - n ^ -k / 2.0 + k * n ^ (-k - 1) / 12
    - k * (k + 1) * (k + 2) * n ^ (-k - 3) / 720
  for i = n, 2, -1 do sum = sum + i ^ -k end
  zeta_rest[k] = sum + tail
end

local euler = 0.57721566490153286

-- log Gamma(2 + z), |z| <= 1/2 (Abramowitz & Stegun 6.1.33), and its derivative.
local function lgamma_around_2(z)
  local sum = 0.0
  for k = 60, 2, -1 do sum = sum + (k % 2 == 0 and 1 or -1) * zeta_rest[k] * z ^ k / k end
  return sum + z * (1 - euler)
end

local function digamma_around_2(z)
  local sum = 0.0
  for k = 60, 2, -1 do sum = sum + (k % 2 == 0 and 1 or -1) * zeta_rest[k] * z ^ (k - 1) end
  return sum + (1 - euler)
end

local function lgamma(x)
  if x ~= x then return x end
  if abs(x) == inf or x <= 0 and floor(x) == x then return inf end
  if x < 0 then return log(pi / abs(x * math.sin(pi * math.fmod(x, 2)))) - lgamma(-x) end
  if x > 100 then return (x - 0.5) * log(x) - x + 0.5 * log(2 * pi) + 1 / (12 * x) end
  local shift = 0.0
  while x < 1.5 do
    shift, x = shift - log(x), x + 1
  end
  while x > 2.5 do
    x = x - 1
    shift = shift + log(x)
  end
  return shift + lgamma_around_2(x - 2)
end

local function digamma(x)
  if x ~= x then return x end
  if x == 0 then return copysign(inf, -1 / x) end
  if x < 0 and floor(x) == x or x == -inf then return nan end
  if x < 0 then
    local part = math.fmod(x, 1)
    return digamma(1 - x) - (abs(part) == 0.5 and 0 or pi / math.tan(pi * part))
  end
  if x > 100 then return log(x) - 1 / (2 * x) - 1 / (12 * x * x) end
  local shift = 0.0
  while x < 1.5 do
    shift, x = shift - 1 / x, x + 1
  end
  while x > 2.5 do
    x = x - 1
    shift = shift + 1 / x
  end
  return shift + digamma_around_2(x - 2)
end

-- ---- the rest ----

local function hypot(a, b)
  a, b = abs(a), abs(b)
  if a == inf or b == inf then return inf end
  if a ~= a or b ~= b then return nan end
  local high, low = math.max(a, b), math.min(a, b)
  return high == 0 and 0.0 or high * sqrt(1 + (low / high) * (low / high))
end

local function frac(a)
  if a ~= a or abs(a) == inf then return nan end
  return a - copysign(floor(abs(a)) + 0.0, a)
end

-- What follows a in the order of the floats that halves are computed in, and of doubles.
local function nextafter(a, b, _, dtype)
  if a ~= a or b ~= b then return nan end
  if a == b then return b end
  local float, int = "<f", "<i4"
  if dtype == "float64" then float, int = "<d", "<i8" end
  if a == 0 then return copysign(string.unpack(float, string.pack(int, 1)), b) end
  local bits = string.unpack(int, string.pack(float, a))
  return (string.unpack(float, string.pack(int, bits + ((b > a) == (a > 0) and 1 or -1))))
end

local function heaviside(a, b) return a == 0 and b or a > 0 and 1 or 0 end
local function fmax(a, b) return (a > b or b ~= b) and a or b end
local function fmin(a, b) return (a < b or b ~= b) and a or b end

-- An op is within 3 ulp and its own rounding (spec/special_spec.lua measures that); a formula here
-- adds up to two.
local function row(f) return { float = f, ulps = 5 } end

family.reference = {
  exp2 = row(function(a) return 2.0 ^ a end),
  expm1 = row(expm1),
  log2 = row(function(a) return log(a, 2) end),
  log10 = row(function(a) return log(a, 10) end),
  log1p = row(odd(log1p)),
  tan = row(math.tan), asin = row(math.asin), acos = row(math.acos), atan = row(math.atan),
  atan2 = row(math.atan),
  sinh = row(sinh), cosh = row(cosh), asinh = row(asinh), acosh = row(acosh), atanh = row(atanh),
  erf = row(erf), erfc = row(erfc), erfinv = row(erfinv),
  lgamma = row(lgamma), digamma = row(digamma),
  frac = { float = frac },
  fmax = { float = fmax, int = fmax }, fmin = { float = fmin, int = fmin },
  hypot = row(hypot),
  copysign = { float = copysign },
  nextafter = { float = nextafter },
  heaviside = { float = heaviside, int = heaviside },
}

-- They go through 0, where what is taken away from a sum is as large as the sum.
local function with_roots(_, result)
  local out, u = {}, bounds.accumulator(result.dtype)
  for i, y in ipairs(result.list) do
    out[i] = 8 * u * math.max(1, abs(y)) + 2 * bounds.unit(result.dtype) * abs(y)
  end
  return out
end

-- x log y is as near as the logarithm: a relative distance.
local function near(steps)
  return function(_, result)
    local out, u = {}, bounds.accumulator(result.dtype)
    for i, y in ipairs(result.list) do
      out[i] = (steps * u + 2 * bounds.unit(result.dtype)) * abs(y)
    end
    return out
  end
end

family.bounds = {
  lgamma = with_roots, digamma = with_roots, polygamma = with_roots,
  logit = with_roots, -- log of a quotient near 1
  xlogy = near(8),
}

family.any_zero = tools.set "fmax fmin xlogy"

-- No ties: only one side has a derivative there.
local function untied(g)
  local function other(shape) return g:array(shape, nil, g.low + 0.5, g.high - 0.75) end
  local list = { pack(g:array(g.shape), other(g.shape)) }
  if not plain(g) then return list end
  list[2] = pack(g:array({ 3, 1 }), other({ 4 }))
  list[3] = pack(g:array(g.shape), other({}))
  list[4] = pack(g:array(g.shape), arrays.kind(g.dtype) == "f" and 1.5 or 1)
  list[5] = pack(2, other(g.shape))
  list[6] = pack(g:array(g.shape), g:array(g.shape, "int32"))
  return list
end

family.arguments = {
  fmax = untied, fmin = untied,
  nan_to_num = function(g)
    local list = { pack(g:array(g.shape)), pack(g:array(g.shape), 1.5) }
    if plain(g) then list[3] = pack(g:array(g.shape), 0, 9) end
    if plain(g) then list[4] = with({ posinf = 2.5, neginf = -3 }, g:array(g.shape)) end
    return list
  end,
  logit = function(g)
    return { pack(g:array(g.shape)), pack(g:array(g.shape), 0.25) }
  end,
  polygamma = function(g)
    local list = {}
    for n = 0, plain(g) and g.layout == "contiguous" and 4 or 1 do
      list[n + 1] = pack(n, g:array(g.shape))
    end
    return list
  end,
}

local specials = { 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, inf, -inf, nan }
local function array_of(g, list, shape)
  local out = {}
  for i, x in ipairs(list) do out[i] = arrays.round(x, g.dtype) end
  return { dtype = g.dtype, shape = shape or { #list }, list = out }
end
local function each_with_each(columns)
  return function(g)
    if arrays.kind(g.dtype) ~= "f" then return {} end
    return { pack(array_of(g, specials, { #specials, 1 }), array_of(g, columns)) }
  end
end

family.edges = {
  -- the sign of a NaN means nothing
  copysign = each_with_each { 0.0, -0.0, 1.0, -2.5, inf, -inf },
  -- nothing far left of 0: the sum would have to be taken from there
  xlogy = each_with_each(specials),
  nan_to_num = function(g)
    if arrays.kind(g.dtype) ~= "f" then return {} end
    return { pack(array_of(g, specials)), pack(array_of(g, specials), 1, 2, 3) }
  end,
  logit = function(g)
    if arrays.kind(g.dtype) ~= "f" then return {} end
    local list = { 0.0, 1.0, 0.5, -1.0, 2.0, nan }
    return { pack(array_of(g, list)), pack(array_of(g, list), 0.125) }
  end,
}

family.apart = {
  -- the next bfloat16 there; here, as all halves, the next float32, rounded
  nextafter = function(c) return c.dtype == "bfloat16" end,
  -- trigamma is good to 1e-9 there
  polygamma = function(c) return c.dtype == "float64" and c.args[1] == 1 end,
}

local array = tools.float64
family.conventions = {
  { "fmax", pack(array { 1.0, 2.0, 3.0, nan, 1.0, nan }, array { 1.0, 3.0, 2.0, 1.0, nan, nan }) },
  { "fmin", pack(array { 1.0, 2.0, 3.0, nan, 1.0, nan }, array { 1.0, 3.0, 2.0, 1.0, nan, nan }) },
  { "copysign", pack(array { 0.0, -1.0, 2.0, -0.0 }, array { -1.0, 1.0, -0.0, 0.0 }) },
  { "hypot", pack(array { 3.0, 0.0 }, array { 0.0, 2.0 }) },
  { "atan2", pack(array { 0.0, 1.0, -1.0 }, array { 1.0, 0.0, -1.0 }) },
  { "frac", pack(array { 1.0, -1.5 }) },
  { "xlogy", pack(array { 0.0, 0.0, 2.0, 1.0 }, array { 2.0, 0.5, 3.0, 1.0 }) },
  { "nan_to_num", pack(array { nan, inf, -inf, 1.0 }) },
  { "logit", pack(array { 0.1, 0.25, 0.5, 0.75, 0.9 }, 0.25) },
  { "asin", pack(array { 0.0, 0.5 }) },
  { "expm1", pack(array { 0.0, -800.0, 1e-9 }) },
  { "log1p", pack(array { 0.0, 1e-300, 1e300 }) },
}

return family
