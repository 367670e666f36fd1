-- Reductions and scans: what the sweep's small tensors do not show: accuracy over many elements,
-- extremes, threads, derivatives at zeros, messages.
local nm = require "numoon"

local function with_threads(n, f)
  local before = nm.get_num_threads()
  nm.set_num_threads(n)
  local ok, why = pcall(f)
  nm.set_num_threads(before)
  assert(ok, why)
end

local function relative(got, want) return math.abs(got - want) / math.abs(want) end

-- The largest relative distance between the elements of two tensors.
local function apart(got, want)
  want = want:to("float64")
  return ((got:to("float64") - want) / want):abs():max():item()
end

local function refuses(message, f, ...)
  local ok, why = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(why:find(message, 1, true), why)
end

local devices = { "cpu" }
if nm.vulkan.is_available() then devices[2] = "vulkan" end
local U = 2.0 ^ -24 -- the unit roundoff of float32

describe("a sum of many float32", function()
  -- 512 elements are added in float, 16 in a row and then by halves, all beyond in double: it errs
  -- by 22 roundings at most, here by 4.  NumPy's pairwise sums of the same numbers are off by 2074
  -- units and by 8.
  it("of 10^8 elements is right to the last digits", function()
    local n = 100000000
    local tenth = nm.tensor(0.1):to("float64"):item()
    assert.is_true(relative(nm.full({ n }, 0.1):sum():item(), n * tenth) <= 4 * U)
    nm.manual_seed(1)
    local x = nm.rand(n)
    nm.eval(x)
    local exact = x:to("float64"):sum():item()
    assert.is_true(relative(x:sum():item(), exact) <= 4 * U)
    assert.is_true(relative(x:mean():item(), exact / n) <= 4 * U)
    local table_of = x:reshape { 10000, 10000 }
    local double = table_of:to("float64")
    for dim = 1, 2 do assert.is_true(apart(table_of:sum(dim), double:sum(dim)) <= 4 * U) end
    x:close()
  end)

  it("does not depend on the number of threads, nor does a scan", function()
    nm.manual_seed(2)
    local x = nm.randn(600000)
    local shaped = { x, x:reshape { 3, 200000 }, x:reshape { 200000, 3 },
      x:reshape { 2, 500, 600 } }
    for _, t in ipairs(shaped) do
      for dim = 1, t.ndim do
        local function all()
          local list = { t:sum(dim), t:cumsum(dim), t:cumprod(dim), t:logcumsumexp(dim) }
          list[5], list[6] = t:cummax(dim)
          list[7], list[8] = t:cummin(dim)
          nm.eval(table.unpack(list))
          return list
        end
        local wanted
        with_threads(1, function() wanted = all() end)
        for threads = 2, 4, 2 do
          with_threads(threads, function()
            for k, y in ipairs(all()) do assert.is_true(y == wanted[k], k) end
          end)
        end
      end
    end
  end)

  -- 26 MB: results of so many bytes are written past the caches, line by line where they can be.
  it("is run on the same way in parts, and where the result goes past the caches", function()
    nm.manual_seed(6)
    local x = nm.randn(6500000)
    for _, shape in ipairs { { 6500000 }, { 2, 3250000 }, { 6500, 1000 } } do
      local t, dim, wanted = x:reshape(shape), #shape, nil
      with_threads(1, function() wanted = nm.eval(t:cumsum(dim)) end)
      local size = t:to("float64"):abs():cumsum(dim)
      local distance = (wanted:to("float64") - t:to("float64"):cumsum(dim)):abs()
      assert.is_true((distance / size):max():item() <= 2 * U)
      with_threads(3, function() assert.is_true(t:cumsum(dim) == wanted) end)
    end
  end)

  for _, device in ipairs(devices) do
    -- On a GPU: 32 in a row, again in a row for each invocation, then by halves.
    it("is as good along every dim on " .. device, function()
      nm.manual_seed(3)
      for _, shape in ipairs { { 4000000 }, { 1000, 4000 }, { 4000, 1000 }, { 200, 100, 200 } } do
        local x = nm.rand(shape, { device = device })
        nm.eval(x)
        local exact = x:cpu():to("float64")
        for dim = 1, #shape do
          assert.is_true(apart(x:sum(dim):cpu(), exact:sum(dim)) <= 96 * U)
          assert.is_true(apart(x:mean(dim):cpu(), exact:mean(dim)) <= 96 * U)
        end
      end
    end)

    -- The mean is subtracted first: nothing of the digits that elements have in common is left.
    it("has variances of numbers far from 0 on " .. device, function()
      nm.manual_seed(4)
      local x = nm.rand(1000, 1000, { device = device }) + 1000
      nm.eval(x)
      local exact = x:cpu():to("float64")
      for dim = 1, 2 do
        assert.is_true(apart(x:var(dim):cpu(), exact:var(dim)) <= 128 * U)
        local std, mean = x:std_mean(dim)
        assert.is_true(apart(std:cpu(), exact:std(dim)) <= 128 * U)
        assert.is_true(apart(mean:cpu(), exact:mean(dim)) <= 96 * U)
      end
    end)

    it("runs on along lines of any length on " .. device, function()
      nm.manual_seed(5)
      for _, shape in ipairs { { 1 }, { 1023 }, { 1025 }, { 9000 }, { 140000 }, { 70000, 3 },
        { 3, 70000 }, { 40, 700, 3 } } do
        local x = nm.rand(shape, { device = device })
        nm.eval(x)
        local exact = x:cpu():to("float64")
        for dim = 1, #shape do
          assert.is_true(apart(x:cumsum(dim):cpu(), exact:cumsum(dim)) <= 512 * U)
          assert.is_true(apart(x:logcumsumexp(dim):cpu() + 1, exact:logcumsumexp(dim) + 1)
            <= 4096 * U)
          local values, at = (x * 100):floor():cummax(dim)
          local want, places = (exact:to("float32") * 100):floor():cummax(dim)
          assert.is_true(values:cpu() == want and at:cpu() == places)
          local whole = (x * 100):to("int64")
          assert.is_true(whole:cumsum(dim):cpu() == whole:cpu():cumsum(dim))
          assert.is_true(whole:cumprod(dim):cpu() == whole:cpu():cumprod(dim))
        end
      end
    end)

    it("agrees with itself in plain Lua on " .. device, function()
      local x = nm.randint(-3, 4, { 2000 }, { device = device })
      local list, sum, most, place = x:totable(), 0, math.mininteger, 0
      local sums, tops, places = {}, {}, {}
      for i, v in ipairs(list) do
        sum = sum + v
        if v >= most then most, place = v, i end
        sums[i], tops[i], places[i] = sum, most, place
      end
      local values, at = x:cummax(1)
      assert.same(sums, x:cumsum(1):totable())
      assert.same(tops, values:totable())
      assert.same(places, at:totable())
    end)

    it("of exponentials neither overflows nor vanishes on " .. device, function()
      local inf = math.huge
      local function lse(list) return nm.tensor(list, { device = device }):logsumexp(1):item() end
      local two = math.log(2)
      assert.is_true(relative(lse { 1000.0, 1000.0 }, 1000 + two) <= 4 * U)
      assert.is_true(relative(lse { -1000.0, -1000.0 }, -1000 + two) <= 4 * U)
      assert.equal(1000.0, lse { 1000.0, -1000.0 })
      assert.equal(-inf, lse { -inf, -inf })
      assert.equal(inf, lse { inf, 0.0 })
      assert.equal(inf, lse { inf, -inf })
      local nan = lse { 0 / 0, 1.0 }
      assert.is_true(nan ~= nan)
      local run = nm.tensor({ -inf, -1000.0, -1000.0, 1000.0, inf }, { device = device })
      run = run:logcumsumexp(1):totable()
      assert.equal(-inf, run[1])
      assert.equal(-1000.0, run[2])
      assert.is_true(relative(run[3], -1000 + two) <= 4 * U)
      assert.equal(1000.0, run[4])
      assert.equal(inf, run[5])
    end)

    it("of exponentials has a gradient where these overflow on " .. device, function()
      local x = nm.tensor({ -math.huge, 1000.0, 1000.0, -1000.0 },
        { device = device, requires_grad = true })
      x:logsumexp(1):backward()
      assert.same({ 0.0, 0.5, 0.5, 0.0 }, x.grad:totable())
      x.grad = nil
      x:logcumsumexp(1):backward(nm.tensor({ 1.0, 1.0, -2.0, 4.0 }, { device = device }))
      local g = x.grad:totable()
      for k, want in ipairs { 0.0, 2.0, 1.0, 0.0 } do
        assert.is_true(math.abs(g[k] - want) <= 1e-3, ("%d: %g"):format(k, g[k]))
      end
    end)
  end
end)

describe("products with zeros", function()
  local lines = {
    { 2.0, 0.0, 3.0, 4.0 }, { 0.0, 2.0, 0.0, 5.0 }, { 0.0, 0.0, 0.0, 2.0 }, { 1.0, 2.0, 0.0, 0.0 },
    { 0.0, 0.0, 0.0, 0.0 },
  }
  it("have the right first and second derivatives", function()
    for _, line in ipairs(lines) do
      for _, f in ipairs {
        function(x) return x:prod() end,
        function(x) return x:reshape({ 2, 2 }):prod(2, true) end,
        function(x) return x:cumprod(1) end,
        function(x) return x:reshape({ 2, 2 }):cumprod(1) end,
      } do
        local x = nm.tensor(line, { dtype = "float64", requires_grad = true })
        assert.is_true(nm.autograd.gradcheck(f, { x }))
        assert.is_true(nm.autograd.gradgradcheck(f, { x }))
      end
    end
  end)
end)

describe("reductions refuse, and say what to do:", function()
  it("what there is no result for", function()
    local none, x = nm.zeros(0, 3), nm.ones(2, 3)
    refuses("dim 1 has no elements", none.amax, none, 1)
    refuses("dim 1 has no elements", none.aminmax, none, { dim = 1 })
    refuses("there is no result for no elements", none.norm, none, -1, 1)
    assert.same({ 0.0, 0.0, 0.0 }, none:norm(2, 1):totable())
    assert.same({ -math.huge, -math.huge, -math.huge }, none:logsumexp(1):totable())
    refuses("nm.linalg.norm(x, \"nuc\")", x.norm, x, "nuc")
    refuses("p is a number or \"fro\"", x.norm, x, "inf")
    refuses("give one of them", x.var, x, { correction = 1, unbiased = true })
    refuses("convert with :to(\"float32\")", function() return nm.arange(3):nanmean() end)
    refuses("bool holds no sums", x.cumsum, x, 1, { dtype = "bool" })
  end)
end)
