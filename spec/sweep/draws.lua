--- Random ops: against Philox in plain Lua, their range and moments, the same draws from a seed.
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local reference = require "spec.sweep.reference"

local draws = {}

-- What numbers an op draws for a call: { call, low, high, mean, deviation, integers }.  high is not
-- reached.
local N = 20000
local function of(low, high, whole)
  local width = high - low
  local variance = whole and (width * width - 1) / 12 or width * width / 12
  return { low = low, high = high, mean = (low + high - (whole and 1 or 0)) / 2,
    deviation = math.sqrt(variance), whole = whole }
end
local normal = { low = -math.huge, high = math.huge, mean = 0, deviation = 1 }
local function bell(mean, deviation)
  return { low = -math.huge, high = math.huge, mean = mean, deviation = deviation }
end
local ones = function() return nm.ones(N) end

draws.rows = {
  { "rand", function() return nm.rand(N) end, of(0, 1) },
  { "rand_like", function() return nm.rand_like(ones()) end, of(0, 1) },
  { "randn", function() return nm.randn(N) end, normal },
  { "randn_like", function() return nm.randn_like(ones()) end, normal },
  { "randint", function() return nm.randint(-3, 5, { N }) end, of(-3, 5, true) },
  { "randint_like", function() return nm.randint_like(ones(), 10, 20) end, of(10, 20, true) },
  { "uniform", function() return ones():uniform_(-1, 3) end, of(-1, 3) },
  { "normal_", function() return ones():normal_(2, 0.5) end, bell(2, 0.5) },
  { "normal", function() return nm.normal(-1, 3, { N }) end, bell(-1, 3) },
  { "normal", function() return nm.normal(ones(), 3) end, bell(1, 3) },
  { "normal", function() return nm.normal(2, ones() * 0.5) end, bell(2, 0.5) },
  -- of exp(m + s z): e^(m + s^2 / 2), and that times sqrt(e^(s^2) - 1)
  { "log_normal", function() return ones():log_normal_(0, 0.25) end,
    { low = 0, high = math.huge, mean = math.exp(1 / 32),
      deviation = math.exp(1 / 32) * math.sqrt(math.exp(1 / 16) - 1) } },
  { "exponential", function() return ones():exponential_(2) end,
    { low = 0, high = math.huge, mean = 0.5, deviation = 0.5, tailed = true } },
  { "geometric", function() return ones():geometric_(0.5) end,
    { low = 1, high = math.huge, mean = 2, deviation = math.sqrt(2), whole = true,
      tailed = true } },
  -- it has no moments; of the arctangent it has those of uniform numbers
  { "cauchy", function() return (ones():cauchy_(1, 2) - 1):div(2):atan() end,
    of(-math.pi / 2, math.pi / 2 + 1e-6) },
  { "random", function() return ones():random_(3, 11) end, of(3, 11, true) },
  { "multinomial", function() return nm.ones(7):multinomial(N, true) end, of(1, 8, true) },
  { "bernoulli", function() return nm.bernoulli(nm.full({ N }, 0.25)) end,
    { low = 0, high = 1.5, mean = 0.25, deviation = math.sqrt(0.25 * 0.75), whole = true } },
  { "randperm", function() return nm.randperm(N) end, of(1, N + 1, true) },
}

--- The checks of one row; they raise.
function draws.check(make, wanted)
  nm.manual_seed(5)
  local first, second = make():totable(), make():totable()
  nm.manual_seed(5)
  local again = make():totable()
  local differ, sum, squares = false, 0.0, 0.0
  for i, x in ipairs(first) do
    assert(x == again[i], "the same seed gives other numbers")
    assert(x >= wanted.low and x < wanted.high, "out of range: " .. x)
    assert(not wanted.whole or x == math.floor(x), "not whole: " .. x)
    differ = differ or x ~= second[i]
    sum = sum + x
    squares = squares + (x - wanted.mean) ^ 2
  end
  assert(differ, "the stream stands still")
  -- five standard errors: of the mean, and of the variance, whose own is at most sqrt(2) times that
  local n = #first
  local mean, deviation = sum / n, math.sqrt(squares / n)
  -- (of exponential and geometric numbers, with a kurtosis of 9.5 at most, 1.5 times that)
  local error_of_mean = wanted.deviation / math.sqrt(n)
  local of_deviation = error_of_mean * (wanted.tailed and 1.5 or 1)
  assert(math.abs(mean - wanted.mean) < 5 * error_of_mean, "mean " .. mean)
  assert(math.abs(deviation - wanted.deviation) < 5 * of_deviation, "deviation " .. deviation)
end

--- rand and randn of n numbers against plain Lua.
function draws.check_philox(name, n, dtype)
  nm.manual_seed(0x1234567890abcdef)
  nm.rand(n) -- so that the counter is not at its start
  local state = nm.get_rng_state()
  local got = nm[name](n, { dtype = dtype }):totable()
  local normal_numbers = name == "randn"
  local source = dtype == "float64" and dtype or "float32"
  local want = reference.random(n, state, source, normal_numbers)
  for i = 1, n do
    if normal_numbers then
      -- 2 pi u2 is rounded to within pi u, log and sqrt are within 2 ulp, and r is below 9
      local u = 2.0 ^ -arrays.dtypes[source].digits
      local bound = 64 * u + (dtype ~= source and arrays.ulp(want[i], dtype) or 0)
      assert(math.abs(got[i] - want[i]) <= bound, ("%s: %d: %.17g, expected %.17g"):format(dtype, i,
        got[i], want[i]))
    else
      local w = arrays.round(want[i], dtype)
      assert(got[i] == w, ("%s: %d: %.17g, expected %.17g"):format(dtype, i, got[i], w))
    end
  end
end

return draws
