-- Random ops: against Philox in plain Lua, by their moments, and by how their numbers are
-- distributed; the same on every device, and from the same state.
local nm = require "numoon"
local draws = require "spec.sweep.draws"
local families = require "spec.sweep.families"

local devices = { "cpu" }
if nm.vulkan.is_available() then devices[2] = "vulkan" end

describe("random numbers", function()
  for _, row in ipairs(draws.rows) do
    it("of " .. row[1] .. " have their range, mean and deviation", function()
      draws.check(row[2], row[3])
    end)
  end

  it("come with a row for each op that draws", function()
    local rows = {}
    for _, row in ipairs(draws.rows) do rows[row[1]] = true end
    assert.same(families.random, rows)
  end)

  for _, dtype in ipairs { "float32", "float64", "float16", "bfloat16" } do
    it("are Philox's in " .. dtype, function()
      draws.check_philox("rand", 1003, dtype)
      draws.check_philox("randn", 1003, dtype)
    end)
  end
end)

-- ---- distributions ----

local N = 1000000

-- Kolmogorov's statistic: the largest distance between the share of numbers up to x and F(x), where
-- the numbers jump.  Beyond 1.95 / sqrt(N) one of a thousand samples lies; the seeds are fixed.
local function kolmogorov(x, cdf)
  local n = x:numel()
  local sorted = x:to("float64"):flatten():sort()
  local f, k = cdf(sorted), nm.arange(1, n + 1, { dtype = "float64" })
  local above, below = (k / n - f):max():item(), (f - (k - 1) / n):max():item()
  local distance = math.max(above, below)
  assert.is_true(distance <= 1.95 / math.sqrt(n), ("distance %g of %d"):format(distance, n))
end

-- Pearson's statistic of counts.  With k - 1 degrees of freedom its mean is k - 1 and its variance
-- twice that; Wilson and Hilferty's cube is normal, and beyond 3.09 one of a thousand lies.
local function pearson(counts, shares)
  local n, sum, free = 0, 0.0, #counts - 1
  for _, c in ipairs(counts) do n = n + c end
  for i, c in ipairs(counts) do
    local want = shares[i] * n
    assert.is_true(want > 0 or c == 0, "a draw with probability 0")
    if want > 0 then sum = sum + (c - want) ^ 2 / want else free = free - 1 end
  end
  local s = 2 / (9 * free)
  local z = ((sum / free) ^ (1 / 3) - (1 - s)) / math.sqrt(s)
  assert.is_true(z <= 3.09, ("chi-square %g of %d, z = %g"):format(sum, free, z))
end

local function counted(x, low, high)
  local counts = {}
  for v = low, high do counts[#counts + 1] = x:eq(v):sum():item() end
  assert.equal(x:numel(), (function()
    local sum = 0
    for _, c in ipairs(counts) do sum = sum + c end
    return sum
  end)())
  return counts
end

local function same(n, value)
  local list = {}
  for i = 1, n do list[i] = value end
  return list
end

local function bell(mean, std)
  return function(x) return (((x - mean) / (std * math.sqrt(2))):erf() + 1) / 2 end
end

local continuous = {
  { "rand", function(d) return nm.rand(N, { device = d }) end, function(x) return x end },
  { "rand, float64", function(d) return nm.rand(N, { device = d, dtype = "float64" }) end,
    function(x) return x end },
  { "randn", function(d) return nm.randn(N, { device = d }) end, bell(0, 1) },
  { "uniform_", function(d) return nm.empty(N, { device = d }):uniform_(-1, 3) end,
    function(x) return (x + 1) / 4 end },
  { "normal", function(d) return nm.normal(2, 0.5, { N }, { device = d }) end, bell(2, 0.5) },
  { "normal_", function(d) return nm.empty(N, { device = d }):normal_(2, 0.5) end, bell(2, 0.5) },
  { "log_normal_", function(d) return nm.empty(N, { device = d }):log_normal_(0, 0.5) end,
    function(x) return bell(0, 0.5)(x:log()) end },
  { "exponential_", function(d) return nm.empty(N, { device = d }):exponential_(3) end,
    function(x) return -(x * -3):expm1() end },
  { "cauchy_", function(d) return nm.empty(N, { device = d }):cauchy_(1, 2) end,
    function(x) return ((x - 1) / 2):atan() / math.pi + 0.5 end },
}

describe("a million draws", function()
  for _, device in ipairs(devices) do
    for k, row in ipairs(continuous) do
      it(("of %s on %s lie as they should (Kolmogorov-Smirnov)"):format(row[1], device), function()
        nm.manual_seed(100 + k)
        kolmogorov(row[2](device):cpu(), row[3])
      end)
    end

    it("of whole numbers on " .. device .. " lie as they should (chi-square)", function()
      local on = { device = device }
      nm.manual_seed(7)
      pearson(counted(nm.randint(-5, 12, { N }, on), -5, 11), same(17, 1 / 17))
      pearson(counted(nm.zeros(N, on):random_(3, 9), 3, 8), same(6, 1 / 6))
      pearson(counted(nm.zeros(N, { device = device, dtype = "uint8" }):random_():to("int64"), 0,
        255), same(256, 1 / 256))
      -- of a span of more than 2^53, the high and the low bits
      local wide = nm.randint(math.mininteger, math.maxinteger, { N }, on)
      pearson(counted((wide:to("float64") / 2.0 ^ 60):floor():to("int64"), -8, 7), same(16, 1 / 16))
      pearson(counted(wide:bitwise_and(15), 0, 15), same(16, 1 / 16))
      local tries, shares = nm.empty(N, on):geometric_(0.25):clamp(1, 20), {}
      for t = 1, 19 do shares[t] = 0.25 * 0.75 ^ (t - 1) end
      shares[20] = 0.75 ^ 19
      pearson(counted(tries, 1, 20), shares)
      for _, p in ipairs { 0.25, 0.001, 1 / 3 } do
        local ones = nm.bernoulli(nm.full({ N }, p, on)):sum():item()
        pearson({ N - ones, ones }, { 1 - p, p })
      end
      local ones = nm.zeros(N, on):bernoulli_(0.125):sum():item()
      pearson({ N - ones, ones }, { 0.875, 0.125 })
      assert.equal(0, nm.zeros(N, on):bernoulli_(0):sum():item())
      assert.equal(N, nm.zeros(N, on):bernoulli_(1):sum():item())
    end)

    it("from weights on " .. device .. " lie as they should (chi-square)", function()
      nm.manual_seed(11)
      local weights = { 0.0, 1.0, 2.0, 0.0, 4.0, 0.5, 0.0 }
      local shares = {}
      for i, w in ipairs(weights) do shares[i] = w / 7.5 end
      local w = nm.tensor(weights, { device = device })
      pearson(counted(w:multinomial(N, true), 1, 7), shares)
      -- without replacement: the first is drawn by weight, the second from what is left
      local pairs_of = w:expand(N // 4, 7):multinomial(2)
      pearson(counted(pairs_of[{ {}, 1 }], 1, 7), shares)
      local both, at = pairs_of[{ {}, 1 }] * 10 + pairs_of[{ {}, 2 }], {}
      local counts, odds = {}, {}
      for i, a in ipairs(weights) do
        for j, b in ipairs(weights) do
          if i ~= j and a > 0 and b > 0 then
            at[#at + 1] = 10 * i + j
            counts[#at] = both:eq(at[#at]):sum():item()
            odds[#at] = a / 7.5 * b / (7.5 - a)
          end
        end
      end
      pearson(counts, odds)
      local all = w:expand(1000, 7):multinomial(4):sort(2)
      assert.is_true(all == nm.tensor({ { 2, 3, 5, 6 } }, { device = device }):expand(1000, 4))
    end)
  end

  it("of permutations come in every order (chi-square)", function()
    nm.manual_seed(13)
    local counts, index = same(24, 0), {}
    for _ = 1, 24000 do
      local p = nm.randperm(4):totable()
      local key = table.concat(p)
      if not index[key] then
        index[key] = 0
        for _ in pairs(index) do index[key] = index[key] + 1 end
      end
      counts[index[key]] = counts[index[key]] + 1
    end
    pearson(counts, same(24, 1 / 24))
  end)
end)

describe("the stream", function()
  local makers = {
    function(d) return nm.rand(1001, { device = d }) end,
    function(d) return nm.rand(1001, { device = d, dtype = "float64" }) end,
    function(d) return nm.randint(-100, 100, { 1001 }, { device = d }) end,
    function(d) return nm.randint(math.mininteger, 0, { 1001 }, { device = d }) end,
    function(d) return nm.randperm(1001, { device = d }) end,
    function(d) return nm.zeros(1001, { device = d }):bernoulli_(0.3) end,
    function(d) return nm.linspace(0, 1, 1001, { device = d }):bernoulli() end,
    function(d) return nm.zeros(1001, { device = d }):uniform_(2, 5) end,
    function(d) return nm.zeros(1001, { device = d, dtype = "int64" }):random_() end,
    function(d) return nm.linspace(1, 9, 1001, { device = d }):multinomial(500, true) end,
    function(d) return nm.linspace(1, 9, 1001, { device = d }):multinomial(500) end,
  }

  it("is the same on every device and for any number of threads, bit for bit", function()
    local before = nm.get_num_threads()
    for k, make in ipairs(makers) do
      local wanted
      for _, threads in ipairs { 1, 3 } do
        nm.set_num_threads(threads)
        for _, device in ipairs(devices) do
          nm.manual_seed(17)
          local got = make(device):cpu()
          wanted = wanted or got
          assert.is_true(got == wanted, ("maker %d on %s"):format(k, device))
        end
      end
    end
    nm.set_num_threads(before)
  end)

  it("goes on where a state was taken", function()
    nm.manual_seed(19)
    nm.rand(7)
    local state = nm.get_rng_state()
    local first = {}
    for k, make in ipairs(makers) do first[k] = make "cpu" end
    assert.is_false(nm.rand(5) == nm.rand(5))
    nm.set_rng_state(state)
    for k, make in ipairs(makers) do assert.is_true(make "cpu" == first[k], k) end
    nm.manual_seed(20)
    local other = nm.rand(5)
    nm.manual_seed(21)
    assert.is_false(nm.rand(5) == other)
  end)
end)

describe("draws refuse, and say what to do:", function()
  local function refuses(message, f, ...)
    local ok, why = pcall(f, ...)
    assert.is_false(ok)
    assert.truthy(why:find(message, 1, true), why)
  end

  it("what has no meaning", function()
    local x, whole = nm.ones(3), nm.ones(3, { dtype = "int64" })
    refuses("give dtype = \"float32\", or use randint_like", nm.rand_like, whole)
    refuses("no whole number is at least 3 and below 3", nm.randint, 3, 3, { 2 })
    refuses("a probability lies in 0 to 1", x.bernoulli, x, 1.5)
    refuses("a probability lies in 0 to 1", x.bernoulli, x * 2)
    refuses("floating dtype", whole.bernoulli, whole)
    refuses("std is negative", x.normal_, x, 0, -1)
    refuses("an std is negative", nm.normal, 0.0, -x)
    refuses("give a size", nm.normal, 0, 1)
    refuses("tensors say the size", nm.normal, x, 1, { 3 })
    refuses("from 2 is above to 1", x.uniform_, x, 2, 1)
    refuses("above 0", x.exponential_, x, 0)
    refuses("between 0 and 1", x.geometric_, x, 1)
    refuses("above 0", x.cauchy_, x, 0, 0)
    refuses("is not within uint8", whole.random_, whole:to("uint8"), 300)
    refuses("4 samples of 3 elements: replacement = true allows that", x.multinomial, x, 4)
    refuses("0 samples", x.multinomial, x, 0)
    refuses("not negative", x.multinomial, -x, 1)
    refuses("not negative", x.multinomial, x / 0, 1)
    refuses("fewer than 2 of the weights are above 0", x.multinomial, nm.tensor { 0, 1.0, 0 }, 2)
    refuses("fewer than 1 of the weights are above 0", x.multinomial, nm.zeros(2, 3), 1, true)
    refuses("1 or 2 dims", x.multinomial, nm.ones(1, 2, 3), 1)
    refuses("convert with :to(\"float32\")", whole.multinomial, whole, 1)
  end)
end)
