--- What every elementwise instruction computes, in plain Lua: on doubles, on 64-bit integers.
--
-- float, int: the value from a, b, c (bools come as 0 and 1).  ulps: how far a result in float32 or
-- float64 may be from the exact one, beside its own rounding; none: the result is the exact one,
-- rounded.
local families = require "spec.sweep.families"

local reference = {}

local fmod = math.fmod

local function rint(x)
  if math.abs(x) >= 0x1p52 or x ~= x then return x end
  local y = math.floor(x)
  local rest = x - y
  if rest > 0.5 or (rest == 0.5 and y % 2 == 1) then y = y + 1 end
  return (y == 0 and (x < 0 or 1 / x < 0)) and -0.0 or y + 0.0
end

-- math.floor and math.ceil give integers, and lose the sign of zero.
local function whole(f)
  return function(x)
    if math.abs(x) >= 0x1p52 or x ~= x then return x end
    local y = f(x) + 0.0
    return (y == 0 and (x < 0 or 1 / x < 0)) and -0.0 or y
  end
end
local floor, ceil = whole(math.floor), whole(math.ceil)

local function remainder(a, b)
  local r = fmod(a, b)
  if r ~= 0 and r == r and (b < 0) ~= (r < 0) then r = r + b end
  return r
end

local function copysign(x, like)
  local negative = like < 0 or (like == 0 and 1 / like < 0)
  return negative and -x or x
end

-- PyTorch's rule for floats: from the remainder, so that it fits `remainder`.
local function floor_divide(a, b)
  if b == 0 then return a / b end
  local r = fmod(a, b)
  local q = (a - r) / b
  if r ~= 0 and (b < 0) ~= (r < 0) then q = q - 1 end
  if q == 0 then return copysign(0.0, a / b) end
  local y = floor(q)
  return q - y > 0.5 and y + 1 or y
end

local function tanh(x)
  if x == 0 then return x end
  if math.abs(x) < 0x1p-20 then return x - x * x * x / 3 end
  if math.abs(x) > 20 then return copysign(1.0, x) end
  -- expm1 by its Taylor series where exp - 1 would cancel
  local a = 2 * math.abs(x)
  local e = math.exp(a) - 1
  if a < 0.5 then
    local term, n = a, 1
    e = a
    while term > 1e-20 do
      n = n + 1
      term = term * a / n
      e = e + term
    end
  end
  return copysign(e / (e + 2), x)
end

local function larger(a, b) return (a > b or a ~= a) and a or b end
local function smaller(a, b) return (a < b or a ~= a) and a or b end
local function sign(a) return a > 0 and 1 or a < 0 and -1 or 0 end

local function int_floor_divide(a, b)
  if b == -1 then return -a end
  return a // b
end

local function int_fmod(a, b)
  if b == -1 then return 0 end
  return fmod(a, b)
end

local function int_pow(a, b)
  if b < 0 then return a == 1 and 1 or a == -1 and (b % 2 == 0 and 1 or -1) or 0 end
  local y = 1
  while b > 0 do
    if b & 1 == 1 then y = y * a end
    a, b = a * a, b >> 1
  end
  return y
end

-- Shifts by what is not below the width leave no bit, or only the sign; Lua's >> fills with zeros.
local function shift_left(a, b) return b < 0 and 0 or a << b end
local function shift_right(a, b)
  b = b < 0 and 63 or math.min(b, 63)
  return a >= 0 and a >> b or ~(~a >> b)
end

local function same(a) return a end

-- -0 stays what it is.
local function sqrt(a) return a == 0 and a or math.sqrt(a) end

local function both(f) return { float = f, int = f } end

reference.ops = {
  add = both(function(a, b) return a + b end),
  sub = both(function(a, b) return a - b end),
  mul = both(function(a, b) return a * b end),
  div = { float = function(a, b) return a / b end },
  floor_divide = { float = floor_divide, int = int_floor_divide },
  remainder = { float = remainder, int = function(a, b) return b == -1 and 0 or a % b end },
  fmod = { float = fmod, int = int_fmod },
  pow = { float = function(a, b) return a ^ b end, int = int_pow, ulps = 1.5 },
  maximum = both(larger),
  minimum = both(smaller),
  neg = both(function(a) return -a end),
  abs = { float = function(a) return copysign(a, a) end, int = math.abs },
  sign = { float = function(a) return sign(a) + 0.0 end, int = sign },
  square = both(function(a) return a * a end),
  relu = {
    float = function(a) return a <= 0 and 0.0 or a end,
    int = function(a) return larger(a, 0) end,
  },
  sqrt = { float = sqrt },
  rsqrt = { float = function(a) return 1 / sqrt(a) end, ulps = 1 },
  reciprocal = { float = function(a) return 1 / a end },
  exp = { float = math.exp, ulps = 2 },
  log = { float = math.log, ulps = 2 },
  sin = { float = math.sin, ulps = 2 },
  cos = { float = math.cos, ulps = 2 },
  tanh = { float = tanh, ulps = 3 },
  sigmoid = { float = function(a) return 1 / (1 + math.exp(-a)) end, ulps = 3 },
  floor = { float = floor, int = same },
  ceil = { float = ceil, int = same },
  trunc = { float = function(a) return copysign(floor(math.abs(a)), a) end, int = same },
  round = { float = rint, int = same },
  eq = both(function(a, b) return a == b end),
  ne = both(function(a, b) return a ~= b end),
  lt = both(function(a, b) return a < b end),
  le = both(function(a, b) return a <= b end),
  gt = both(function(a, b) return a > b end),
  ge = both(function(a, b) return a >= b end),
  isnan = both(function(a) return a ~= a end),
  isinf = both(function(a) return a == math.huge or a == -math.huge end),
  isfinite = both(function(a) return a == a and a ~= math.huge and a ~= -math.huge end),
  logical_not = both(function(a) return a == 0 end),
  logical_and = both(function(a, b) return a ~= 0 and b ~= 0 end),
  logical_or = both(function(a, b) return a ~= 0 or b ~= 0 end),
  logical_xor = both(function(a, b) return (a ~= 0) ~= (b ~= 0) end),
  bitwise_and = { int = function(a, b) return a & b end },
  bitwise_or = { int = function(a, b) return a | b end },
  bitwise_xor = { int = function(a, b) return a ~ b end },
  bitwise_not = { int = function(a) return ~a end, bool = function(a) return 1 - a end },
  bitwise_left_shift = { int = shift_left },
  bitwise_right_shift = { int = shift_right },
  where = both(function(a, b, c) if a ~= 0 then return b else return c end end),
}

for name, row in pairs(families.reference) do reference.ops[name] = row end

-- ---- random numbers, from the paper's description of Philox4x32-10 ----

local function philox(key, counter)
  local M = 0xffffffff
  local k0, k1 = key & M, key >> 32
  local c = { counter & M, counter >> 32, 0, 0 }
  for _ = 1, 10 do
    local p0, p1 = 0xD2511F53 * c[1], 0xCD9E8D57 * c[3]
    c = { (p1 >> 32) ~ c[2] ~ k0, p1 & M, (p0 >> 32) ~ c[4] ~ k1, p0 & M }
    k0, k1 = (k0 + 0x9E3779B9) & M, (k1 + 0xBB67AE85) & M
  end
  return c
end

local function uniform(w, j, double)
  if double then return ((w[2 * j + 1] << 21) ~ (w[2 * j + 2] >> 11)) * 0x1p-53 end
  return (w[j + 1] >> 8) * 0x1p-24
end

--- The n numbers that rand or randn draw at a state of the stream.
function reference.random(n, state, dtype, normal)
  local double = dtype == "float64"
  local per = double and 2 or 4
  local list = {}
  for i = 0, n - 1 do
    local w, j = philox(state.seed, state.counter + i // per), i % per
    if not normal then
      list[i + 1] = uniform(w, j, double)
    else
      local first = double and 0 or j - j % 2
      local u1 = uniform(w, first, double) + (double and 0x1p-53 or 0x1p-24)
      local u2 = uniform(w, first + 1, double)
      local r = math.sqrt(-2 * math.log(u1))
      list[i + 1] = r * (j % 2 == 0 and math.cos or math.sin)(2 * math.pi * u2)
    end
  end
  return list
end

return reference
