-- Sorting, ranks, searching and counting: what the sweep can't see.  Large sizes against Lua's own
-- sort, ties and NaNs, threads, messages, gradients of what was picked, both devices.
local nm = require "numoon"
local helper = require "spec.helper"

local devices = { "cpu" }
if nm.vulkan.is_available() then devices[2] = "vulkan" end

local inf, nan = math.huge, 0 / 0

-- The positions that sort a list stably, NaN as the largest.
local function order_of(list, descending)
  local at = {}
  for i = 1, #list do at[i] = i end
  local function less(a, b) return a == a and (b ~= b or a < b) end
  table.sort(at, function(i, j)
    local a, b = list[i], list[j]
    if descending then a, b = b, a end
    if less(a, b) then return true end
    if less(b, a) then return false end
    return i < j
  end)
  return at
end

-- Numbers of which many are equal, with a few NaNs, infinities and zeros of both signs.
local function awkward(n, seed)
  local rng, list = helper.rng(seed), {}
  local odd = { nan, inf, -inf, 0.0, -0.0 }
  for i = 1, n do
    list[i] = rng.int(1, 20) == 1 and rng.pick(odd) or rng.int(-n // 4, n // 4) / 8
  end
  return list
end

local function text_of(list)
  local out = {}
  for i, v in ipairs(list) do out[i] = v ~= v and "nan" or ("%a"):format(v) end
  return table.concat(out, " ")
end

for _, device in ipairs(devices) do
  describe("sort on " .. device, function()
    it("puts long lines of every length in order, stably", function()
      for _, n in ipairs { 2, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1023, 1025, 5000, 20000 } do
        for _, dtype in ipairs { "float32", "float64" } do
          local list = awkward(n, n)
          local x = nm.tensor(list, { dtype = dtype, device = device })
          for _, descending in ipairs { false, true } do
            local want = order_of(list, descending)
            local values, at = x:sort(1, descending)
            assert.same(want, at:totable())
            local picked = {}
            for i, j in ipairs(want) do picked[i] = list[j] end
            assert.equal(text_of(picked), text_of(values:totable()))
            local k = math.max(1, n // 10)
            assert.same(table.move(want, 1, k, 1, {}),
              select(2, x:topk(k, 1, descending)):totable())
          end
        end
      end
    end)

    it("keeps all digits of 64-bit integers, and their bounds", function()
      local list = { 1 << 53, (1 << 53) + 1, math.mininteger, math.maxinteger, 0, -1,
        math.maxinteger - 1, math.mininteger + 1, (1 << 53) + 1 }
      local x = nm.tensor(list, { device = device })
      local want = order_of(list)
      local values, at = x:sort()
      assert.same(want, at:totable())
      for i, j in ipairs(want) do assert.equal(list[j], values[i]:item()) end
    end)

    it("orders subnormals and NaNs of either sign", function()
      local bits = string.pack("<I4I4I4I4I4I4", 0x7fc00000, 1, 0xffc00001, 0x80000001, 0x80000000,
        0)
      local x = nm.frombuffer(bits, { dtype = "float32" }):to(device)
      assert.same({ 4, 5, 6, 2, 1, 3 }, select(2, x:sort()):totable())
      assert.same({ 1, 3, 2, 5, 6, 4 }, select(2, x:sort(1, true)):totable())
    end)

    it("takes long lines that are in order already, or repeat few elements", function()
      local n = 70001
      local ramp = nm.arange(0, n, { dtype = "int64", device = device })
      local lines = { ramp, ramp:flip(1), ramp:mul(0), ramp:remainder(3), ramp:floor_divide(999),
        ramp:remainder(512):mul(-7), ramp:eq(5),
        ramp:remainder(20):eq(0):to("int64") * ramp:remainder(901) }
      for _, dtype in ipairs { "float32", "int32", "int64", "float16" } do
        for _, line in ipairs(lines) do
          for _, descending in ipairs { false, true } do
            local x = line:to(dtype)
            local values, at = x:sort(1, descending)
            assert.is_true(values == x[at])
            local a, b = values:narrow(1, 1, n - 1), values:narrow(1, 2, n - 1)
            local later = at:narrow(1, 1, n - 1):lt(at:narrow(1, 2, n - 1))
            local before = descending and a:gt(b) or a:lt(b)
            assert.is_true(before:logical_or(a:eq(b):logical_and(later)):all():item())
          end
        end
      end
    end)

    it("takes many short lines, and dims in the middle", function()
      local rng, list = helper.rng(5), {}
      for i = 1, 700 * 3 * 2 do list[i] = rng.int(-4, 4) end
      local x = nm.tensor(list, { device = device, dtype = "int16" }):reshape(700, 3, 2)
      local values, at = x:sort(2)
      assert.is_true(values == x:gather(2, at))
      assert.is_true((values:narrow(2, 1, 2):le(values:narrow(2, 2, 2)):all():item()))
      assert.is_true(at:sort(2) == nm.tensor({ 1, 2, 3 }, { device = device }):reshape(1, 3, 1)
        :expand(700, 3, 2):contiguous())
    end)
  end)

  describe("ranks on " .. device, function()
    local function tensor(list) return nm.tensor(list, { device = device, dtype = "float64" }) end

    it("let NaN win, or leave it out", function()
      local x = tensor { { 3, nan, 1, nan }, { 4, 1, 2, 3 }, { nan, nan, nan, nan } }
      local values, at = x:median(2)
      assert.equal("nan 0x1p+1 nan", text_of(values:totable()))
      assert.same({ 2, 3, 1 }, at:totable())
      values, at = x:nanmedian(2)
      assert.equal("0x1p+0 0x1p+1 nan", text_of(values:totable()))
      assert.same({ 3, 3, 1 }, at:totable())
      assert.is_true(x:median():isnan():item())
      assert.equal(2.0, x:nanmedian():item())
      assert.equal("nan 0x1.4p+1 nan", text_of(x:quantile(0.5, 2):totable()))
      assert.equal("0x1p+1 0x1.4p+1 nan", text_of(x:nanquantile(0.5, 2):totable()))
    end)

    it("give the last position of the smallest of the most frequent", function()
      local x = tensor { { 5, 2, 5, 2, 1 }, { nan, nan, nan, 7, 3 }, { 1, 2, 3, 4, 5 } }
      local values, at = x:mode(2)
      assert.same({ 2.0, 3.0, 1.0 }, values:totable())
      assert.same({ 4, 5, 1 }, at:totable())
      values, at = nm.tensor({ true, false, true }, { device = device }):mode()
      assert.is_true(values:item())
      assert.equal(3, at:item())
    end)

    it("interpolate without overflow, and exactly at the ends", function()
      local x = nm.tensor({ -1.5e38, 1.5e38 }, { device = device })
      assert.equal(0.0, x:quantile(0.5):item())
      assert.equal(x[2]:item(), x:quantile(1):item())
      local tenths = nm.tensor({ 0.1, 0.7 }, { device = device })
      assert.equal(tenths[1]:item(), tenths:quantile(0):item())
      assert.equal(tenths[2]:item(), tenths:quantile(1.0):item())
    end)

    it("send gradients to where elements came from", function()
      local x = tensor { { 3, 1, 2 }, { 1, 1, 5 } }:requires_grad_()
      local function gradient(y, g)
        x.grad = nil
        y:backward(g and tensor(g))
        return x.grad:totable()
      end
      assert.same({ { 3, 1, 2 }, { 4, 5, 6 } }, gradient((x:sort()), { { 1, 2, 3 }, { 4, 5, 6 } }))
      assert.same({ { 7, 0, 0 }, { 0, 8, 9 } }, gradient((x:kthvalue(2, 1)), { 7, 8, 9 }))
      assert.same({ { 0, 0, 2 }, { 0, 2, 0 } }, gradient((x:median(2)), { 2, 2 }))
      assert.same({ { 0, 0, 0 }, { 0, 3, 0 } }, gradient((x:mode(2)), { 0, 3 }))
      assert.same({ { 0, 0, 0.5 }, { 0, 0.5, 0 } }, gradient(x:quantile(0.5)))
      for _, dim in ipairs { 1, 2 } do -- twice
        local y = x:sort(dim):pow(3):sum()
        local g = nm.grad(y, x, { create_graph = true })
        assert.is_true(g == x:square() * 3)
        assert.is_true(nm.grad(g:square():sum(), x) == x:pow(3) * 36)
      end
      -- of all, the median 1 stands in three places
      assert.same({ { 0, 2, 0 }, { 2, 2, 0 } }, gradient(x:median(), 6))
    end)
  end)

  describe("searching and counting on " .. device, function()
    local function tensor(list) return nm.tensor(list, { device = device }) end

    it("undo each other", function()
      local rng, list = helper.rng(9), {}
      for i = 1, 3000 do list[i] = rng.int(1, 400) end
      local x = tensor(list)
      local values, inverse, counts = x:unique { return_inverse = true, return_counts = true }
      assert.is_true(values[inverse] == x)
      local of, different = {}, 0
      for _, v in ipairs(list) do
        different = different + (of[v] and 0 or 1)
        of[v] = (of[v] or 0) + 1
      end
      assert.equal(different, #values)
      for i = 1, #values do assert.equal(of[values[i]:item()], counts[i]:item()) end
      local bins = x:bincount { minlength = 500 }
      assert.same({ 500 }, { #bins })
      assert.is_true(bins[values] == counts)
      local at = nm.searchsorted(values, x)
      assert.is_true(at == inverse)
      assert.is_true(nm.searchsorted(values, x, true) == inverse + 1)
      assert.is_true(nm.isin(x, values:narrow(1, 1, 10)) == inverse:le(10))
    end)

    it("sum weights of many elements as of few", function()
      local n = 40000
      local x = nm.arange(0, n, { device = device }):remainder(7) + 1
      local w = nm.ones(n, { device = device })
      assert.is_true(x:bincount(w) == x:bincount():to("float32"))
      assert.equal(n, x:bincount():sum():item())
      assert.same(nm.full({ 7 }, n // 7).shape, x:bincount().shape)
      assert.equal((n + 6) // 7, x:bincount()[1]:item())
    end)

    it("find slices that are alike", function()
      local x = tensor { { 2, 1 }, { 1, 9 }, { 2, 1 }, { 1, 2 }, { 2, 0 }, { 1, 9 } }
      local options = { dim = 1, return_inverse = true, return_counts = true }
      local rows, inverse, counts = x:unique(options)
      assert.same({ { 1, 2 }, { 1, 9 }, { 2, 0 }, { 2, 1 } }, rows:totable())
      assert.same({ 4, 2, 4, 1, 3, 2 }, inverse:totable())
      assert.same({ 1, 2, 1, 2 }, counts:totable())
    end)

    it("take 0 and -0 as equal, NaNs as different", function()
      local x = tensor { 0.0, -0.0, nan, 1.0, nan }
      local values, counts = x:unique { return_counts = true }
      assert.equal("0x0p+0 0x1p+0 nan nan", text_of(values:totable()))
      assert.same({ 2, 1, 1, 1 }, counts:totable())
      assert.same({ true, true, false, true, false }, nm.isin(x, x):totable())
    end)

    it("fill bins up to the last edge", function()
      local hist, edges = tensor { 0.0, 1.0, 1.5, 3.0, 3.5 }:histogram(3, { range = { 0, 3 } })
      assert.same({ 1.0, 2.0, 1.0 }, hist:totable())
      assert.same({ 0.0, 1.0, 2.0, 3.0 }, edges:totable())
      assert.same({ 1.0, 2.0, 1.0 }, tensor { 0.0, 1.0, 1.5, 3.0, nan }:histc(3, 0, 3):totable())
    end)
  end)
end

describe("quantile", function()
  it("counts further than float32 does", function()
    local n = (1 << 24) + 4 -- n - 1 would be rounded up
    local x = nm.zeros(n)
    x[n] = 7
    assert.same({ 0.0, 7.0 }, x:quantile(nm.tensor { 0.5, 1.0 }):totable())
  end)
end)

describe("the number of threads", function()
  local n = nm.get_num_threads()
  teardown(function() nm.set_num_threads(n) end)

  it("does not change what is sorted, searched or counted", function()
    nm.manual_seed(2)
    local x, i = nm.randn(300, 700), nm.randint(1, 40, { 50000 })
    local line = nm.sort(nm.randn(1000))
    local function all(threads)
      nm.set_num_threads(threads)
      local values, at = x:sort()
      local few, where = x:topk(5, 1)
      return nm.eval(values, at, few, where, nm.searchsorted(line, x), i:bincount())
    end
    local one = { all(1) }
    for _, threads in ipairs { 2, 5 } do
      for k, t in ipairs { all(threads) } do assert.is_true(t == one[k]) end
    end
  end)
end)

-- { line of Lua, what its message has to contain ... }
local refusals = {
  { "x:sort(3)", "sort", "dim 3", "1 to 2" },
  { "x:sort(0)", "sort", "count from 1" },
  { "x:topk(4)", "topk", "k is 4", "0 to 3", "dim 2" },
  { "x:topk(-1, 1)", "topk", "k is -1" },
  { "x:topk(1.5)", "topk", "integer" },
  { "x:gt(0):topk(1)", "topk", "bool", "uint8" },
  { "x:kthvalue(0)", "kthvalue", "k is 0", "1 to 3" },
  { "x:kthvalue(3, 1)", "kthvalue", "k is 3", "1 to 2", "dim 1" },
  { "nm.zeros(3, 0):median(2)", "median", "{3, 0}", "dim 2" },
  { "nm.zeros(3, 0):mode()", "mode", "{3, 0}" },
  { "nm.zeros(0, { dtype = 'int64' }):median()", "median", "no elements" },
  { "x:quantile(1.5)", "quantile", "1.5", "0 to 1" },
  { "x:quantile(nm.nan)", "quantile", "nan", "0 to 1" },
  { "x:quantile(nm.tensor { 0.5, nm.nan })", "quantile", "0 to 1" },
  { "x:quantile(nm.tensor { { 0.5 } })", "quantile", "at most 1 dim", "2 dims" },
  { "x:quantile(i)", "quantile", "float32", "int64" },
  { "x:quantile(0.5, { interpolation = 'cubic' })", "quantile", "linear", "cubic" },
  { "i:quantile(0.5)", "quantile", "int64", "float32" },
  { "nm.zeros(0):quantile(0.5)", "quantile", "{0}", "no elements" },
  { "nm.searchsorted(x, i)", "searchsorted", "{2, 3}", "{3}" },
  { "nm.searchsorted(nm.tensor(1.0), 2)", "searchsorted", "one dim" },
  { "nm.searchsorted(i, 2, { side = 'up' })", "searchsorted", "left", "right", "up" },
  { "nm.searchsorted(i, 2, { side = 'left', right = true })", "searchsorted", "one of them" },
  { "nm.searchsorted(i, 2, { sorter = nm.tensor { 0, 1, 2 } })", "searchsorted", "0", "from 1" },
  { "nm.searchsorted(i, 2, { sorter = nm.tensor { 1, 2 } })", "searchsorted", "{2}", "{3}" },
  { "nm.bucketize(i, x)", "bucketize", "{2, 3}", "one dim" },
  { "nm.isin(1, 2)", "isin", "tensor" },
  { "nm.tensor { 1, 0 }:bincount()", "bincount", "0", "begin at 1" },
  { "nm.tensor { -5 }:bincount()", "bincount", "-5" },
  { "x:bincount()", "bincount", "float32", "{2, 3}" },
  { "i:bincount(nm.ones(2))", "bincount", "{2}", "3 elements" },
  { "i:bincount({ minlength = -1 })", "bincount", "-1" },
  { "nm.tensor { math.maxinteger }:bincount()", "bincount" },
  { "x:histc(0)", "histc", "0 bins" },
  { "x:histc(3, 2, 1)", "histc", "max 1", "min 2" },
  { "(x / 0):histc(3)", "histc", "inf", "finite" },
  { "x:histogram(nm.tensor { 1.0 })", "histogram", "two or more", "{1}" },
  { "x:histogram(3, { range = { 1 } })", "histogram", "range" },
  { "x:histogram(3, { weight = i })", "histogram", "int64", "{3}" },
  { "i:histogram(3)", "histogram", "int64" },
  { "nm.zeros(2, 0):unique({ dim = 1 })", "unique", "{2, 0}", "dim 1" },
  { "nm.tensor(1.0):unique({ dim = 1 })", "unique", "0-d" },
}

describe("messages of what sorts and counts", function()
  local env = { nm = nm, math = math, i = nm.tensor { 1, 2, 3 },
    x = nm.tensor { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } } }
  for _, row in ipairs(refusals) do
    it("say what is right: " .. row[1], function()
      local f = assert(load("return " .. row[1], "=line", "t", env))
      local ok, message = pcall(f)
      assert.is_false(ok)
      for k = 2, #row do assert.is_truthy(message:find(row[k], 1, true), message) end
    end)
  end
end)
