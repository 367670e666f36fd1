-- Elementary and special functions: float64 against values to many digits (spec/data/special.lua),
-- float32 against float64 over dense grids, on both devices; and forms that must be stable.
local nm = require "numoon"
local util = require "numoon.util"
local values = require "spec.data.special"

local F = nm.nn.functional
local inf, nan = math.huge, 0 / 0

local devices = { "cpu" }
if nm.vulkan.is_available() then devices[2] = "vulkan" end

local digits = { float64 = 53, float32 = 24 }
local least = { float64 = 0x1p-1074, float32 = 0x1p-149 }

local function words(text) return text:gmatch "%S+" end
local function single(x) return string.unpack("f", string.pack("f", x)) end

-- The distance of neighbours at y.
local function ulp(y, dtype)
  y = math.abs(y)
  if y < 2.0 ^ (dtype == "float64" and -1022 or -126) then return least[dtype] end
  local e = math.floor(math.log(y, 2))
  if 2.0 ^ e > y then e = e - 1 elseif 2.0 ^ (e + 1) <= y then e = e + 1 end
  return 2.0 ^ (e - digits[dtype] + 1)
end

-- How far got is from want, in ulps; the same infinities, zeros and NaNs are no distance apart.
local function distance(got, want, dtype)
  if got ~= got or want ~= want then return (got ~= got) == (want ~= want) and 0 or inf end
  local rounded = dtype == "float32" and single(want) or want
  if got == rounded then
    return (got ~= 0 or want ~= 0 or 1 / got == 1 / want) and 0 or inf
  end
  if math.abs(got) == inf or math.abs(rounded) == inf then
    -- at the end of the range either neighbour will do
    local top = 0x1.fffff0p127
    return dtype == "float32" and math.abs(got) >= top and math.abs(want) >= top and 0 or inf
  end
  return math.abs(got - want) / ulp(want, dtype)
end

local function worst(got, want, args, dtype)
  local most, at = 0, 1
  for i, w in ipairs(want) do
    local d = distance(got[i], w, dtype)
    if d > most then most, at = d, i end
  end
  local x = {}
  for k, column in ipairs(args) do x[k] = ("%a"):format(column[at]) end
  return most, ("(%s) is %.17g, expected %.17g: %.2f ulp"):format(table.concat(x, ", "),
    got[at] or nan, want[at] or nan, most)
end

-- Within 4 ulp of what the exact value is rounded to.
local allowed = 4.5

describe("values to many digits", function()
  for _, device in ipairs(devices) do
    for _, dtype in ipairs { "float64", "float32" } do
      for _, name in ipairs(util.keys(values)) do
        it(("are those of %s in %s on %s"):format(name, dtype, device), function()
          local rows = values[name]
          local columns, want = {}, {}
          for k = 1, #rows[1] - 1 do columns[k] = {} end
          for i, row in ipairs(rows) do
            for k = 1, #columns do columns[k][i] = row[k] end
            want[i] = row[#row]
          end
          local args = {}
          for k, column in ipairs(columns) do
            args[k] = nm.tensor(column, { dtype = dtype, device = device })
          end
          local most, text = worst(nm[name](table.unpack(args)):totable(), want, columns, dtype)
          assert.is_true(most <= allowed, name .. text)
        end)
      end
    end
  end
end)

-- Every exponent, the neighbourhoods of 0, 1, -1 and 2, the middle densely, and the ends.
local function grid()
  local x = {}
  local function add(v) x[#x + 1] = single(v) end
  for e = -149, 127 do
    for k = 0, 7 do
      local v = (1 + k / 8 + (k * 7 % 16) / 4096) * 2.0 ^ e
      add(v)
      add(-v)
    end
  end
  for i = -2000, 2000 do
    add(i / 500 + 1e-4 * (i % 7))
    add(i / 37)
    add(1 - i / 1e7)
    add(-1 + math.abs(i) / 1e6)
    add(2 + i / 1e6)
    add(1.4616321 + i / 1e6)
  end
  for _, v in ipairs { 0.0, -0.0, 1, -1, inf, -inf, nan } do x[#x + 1] = v end
  return x
end

describe("float32 is within 4 ulp of float64", function()
  local list = grid()
  local x = nm.tensor(list)
  local wide = x:to("float64")
  local function check(name, device, within)
    local got, want = nm[name](x:to(device)):totable(), nm[name](wide):totable()
    for i, v in ipairs(list) do
      if within and not within(v) then got[i] = want[i] end
    end
    local most, text = worst(got, want, { list }, "float32")
    assert.is_true(most <= allowed, name .. text)
  end
  for _, device in ipairs(devices) do
    for name in words [[exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh
      cosh tanh asinh acosh atanh erf erfc erfinv sigmoid rsqrt]] do
      it(name .. " on " .. device, function() check(name, device) end)
    end
    for name in words "lgamma digamma" do
      it(name .. " on " .. device, function()
        check(name, device, device ~= "cpu" and function(v) return v >= 0 end or nil)
      end)
    end
  end

  -- Between their poles lgamma and digamma have roots, where a sum cancels: there the distance is
  -- measured in ulps of its terms.
  it("left of 0, by what the sum is made of", function()
    local some = {}
    for i = 1, 4000 do some[i] = single(-i / 397 - 1e-3) end
    local t = nm.tensor(some)
    for _, device in ipairs(devices) do
      for name in words "lgamma digamma" do
        local got, want = nm[name](t:to(device)):totable(), nm[name](t:to("float64")):totable()
        for i, w in ipairs(want) do
          local size = math.max(math.abs(w), name == "lgamma" and 16 or 4)
          local d = math.abs(got[i] - w) / ulp(size, "float32")
          assert.is_true(d <= allowed, ("%s(%a) on %s: %.2f"):format(name, some[i], device, d))
        end
      end
    end
  end)
end)

-- Loops over ordinary elements take another way than those with a NaN among them.
describe("an element's value does not depend on its neighbours", function()
  for _, dtype in ipairs { "float32", "float64" } do
    local x = nm.linspace(0.01, 9, 400, { dtype = dtype })
    local y = nm.linspace(5, 0.3, 400, { dtype = dtype })
    local odd = nm.tensor({ nan }, { dtype = dtype })
    local function check(name, ...)
      local alone, among, args = nm[name](...), {}, { ... }
      for k, t in ipairs(args) do among[k] = nm.cat { t, odd } end
      assert.same(alone:totable(), nm[name](table.unpack(among)):narrow(1, 1, 400):totable())
    end
    for name in words "exp sigmoid sin cos tan log log2 log10 lgamma digamma" do
      it(("of %s in %s"):format(name, dtype), function() check(name, x) end)
    end
    for name in words "fmod remainder floor_divide hypot pow" do
      it(("of %s in %s"):format(name, dtype), function() check(name, x, y) end)
    end
  end
end)

describe("pairs", function()
  it("of every sign and size have their angle and their length", function()
    local list = { 0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 1e30, 3e38, -3e38, 0.3, -7.0, inf, -inf }
    local y = nm.tensor(list):reshape(-1, 1)
    local x = nm.tensor(list)
    for _, device in ipairs(devices) do
      for _, name in ipairs { "atan2", "hypot" } do
        local got = nm[name](y:to(device), x:to(device)):reshape(-1):totable()
        local n = 0
        for _, a in ipairs(list) do
          for _, b in ipairs(list) do
            n = n + 1
            a, b = single(a), single(b)
            local want = math.atan(a, b)
            if name == "hypot" then
              want = (math.abs(a) == inf or math.abs(b) == inf) and inf or math.sqrt(a * a + b * b)
            end
            local d = distance(got[n], want, "float32")
            assert.is_true(d <= allowed, ("%s(%a, %a) on %s"):format(name, a, b, device))
          end
        end
      end
    end
  end)

  it("follow each other without a gap", function()
    for _, device in ipairs(devices) do
      for dtype, step in pairs { float32 = 0x1p-23, float64 = 0x1p-52 } do
        local x = nm.tensor({ 1.0, 1.0, 0.0, -0.0, 2.0, -1.0 }, { dtype = dtype, device = device })
        local to = nm.tensor({ 2.0, 0.0, 1.0, -1.0, 2.0, -inf }, { dtype = dtype, device = device })
        local y = x:nextafter(to):totable()
        assert.same({ 1 + step, 1 - step / 2, least[dtype], -least[dtype], 2.0, -1 - step }, y)
      end
    end
  end)
end)

describe("-0", function()
  it("is kept by what is odd", function()
    for _, device in ipairs(devices) do
      for name in words [[sin tan asin atan sinh tanh asinh atanh erf erfinv expm1 log1p
        trunc round]] do
        local y = nm[name](nm.tensor({ -0.0 }, { device = device })):item()
        assert.is_true(y == 0 and 1 / y == -inf, name .. " on " .. device)
      end
    end
  end)
end)

describe("an integer compared with a number", function()
  it("that it can't hold is compared with the number itself", function()
    for _, device in ipairs(devices) do
      for _, dtype in ipairs { "int32", "int16", "int8", "uint8" } do
        local x = nm.tensor({ 2, 0 }, { dtype = dtype, device = device })
        for _, n in ipairs { 1 << 40, 1 << 32, (1 << 32) + 2, math.maxinteger } do
          assert.same({ true, true }, x:lt(n):totable())
          assert.same({ false, false }, x:eq(n):totable())
          assert.same({ true, true }, x:gt(-n):totable())
          assert.same({ true, true }, x:ne(-n):totable())
        end
      end
    end
  end)
end)

describe("stable forms", function()
  local function gradient(f, list)
    local x = nm.tensor(list):requires_grad_()
    local y = f(x)
    y:sum():backward()
    return y:detach():totable(), x.grad:totable()
  end

  it("of softplus, logsigmoid and mish hold at 1000", function()
    local y, g = gradient(F.softplus, { -1000.0, 1000.0 })
    assert.same({ 0.0, 1000.0 }, y)
    assert.same({ 0.0, 1.0 }, g)
    y, g = gradient(F.logsigmoid, { -1000.0, 1000.0 })
    assert.same({ -1000.0, 0.0 }, y)
    assert.same({ 1.0, 0.0 }, g)
    y, g = gradient(F.mish, { -1000.0, 1000.0 })
    assert.same({ 0.0, 1000.0 }, y)
    assert.same({ 0.0, 1.0 }, g)
  end)

  it("of exponential units have no NaN far out", function()
    for _, f in ipairs { F.elu, F.selu, F.celu, F.gelu, F.silu, nm.sigmoid } do
      local y, g = gradient(f, { -1000.0, 1000.0, -100.0, 100.0 })
      for i = 1, 4 do
        assert.is_true(y[i] == y[i] and math.abs(y[i]) < inf)
        assert.is_true(g[i] == g[i] and math.abs(g[i]) < inf)
      end
    end
  end)

  it("of gelu have the derivative that the tape makes of the formula", function()
    for _, dtype in ipairs { "float64", "float32", "bfloat16" } do
      local x = nm.linspace(-12, 12, 97, { dtype = dtype }):requires_grad_()
      local g = nm.linspace(3, -2, 97, { dtype = dtype })
      for _, form in ipairs { "none", "tanh" } do
        local once = nm.grad(F.gelu(x, form), x, g)
        local again = nm.grad(F.gelu(x, form), x, g, { create_graph = true })
        local error = (again:detach():double() - once:double()):abs():amax():item()
        assert.is_true(error < ({ float64 = 1e-13, float32 = 1e-5, bfloat16 = 0.02 })[dtype])
      end
    end
    local tail = nm.tensor({ -8.0 }, { dtype = "float64" }):requires_grad_()
    local slope = nm.grad(F.gelu(tail):sum(), tail):item()
    assert.is_true(math.abs(slope / -3.979607261e-14 - 1) < 1e-9)
  end)

  it("of gelu keep the digits of the left tail", function()
    -- x Phi(x) to 17 digits
    local want = -8 * 6.2209605742717841e-16
    local got = F.gelu(nm.tensor({ -8.0 }, { dtype = "float64" })):item()
    assert.is_true(math.abs(got / want - 1) < 1e-14)
  end)

  it("of the cross entropy are exact for sure answers", function()
    local target = nm.tensor { 0, 1.0, 0, 1 }
    local y, g = gradient(function(x)
      return F.binary_cross_entropy_with_logits(x, target, { reduction = "none" })
    end, { -1000.0, 1000.0, 1000.0, -1000.0 })
    assert.same({ 0.0, 0.0, 1000.0, 1000.0 }, y)
    assert.same({ 0.0, 0.0, 1.0, -1.0 }, g)
    -- log(1 + e^-20), which is lost beside 20
    local tail = F.binary_cross_entropy_with_logits(nm.tensor { -20.0 }, nm.tensor { 0.0 }):item()
    assert.is_true(math.abs(tail / 2.0611536181902037e-9 - 1) < 1e-6)
  end)

  it("of the cross entropy of probabilities cost at most 100", function()
    local target = nm.tensor { 0, 1.0, 1, 0 }
    local y, g = gradient(function(x)
      return F.binary_cross_entropy(x, target, { reduction = "none" })
    end, { 0.0, 1.0, 0.0, 1.0 })
    assert.same({ 0.0, 0.0, 100.0, 100.0 }, y)
    for i = 1, 4 do assert.is_true(math.abs(g[i]) < inf) end
  end)
end)

describe("what they refuse", function()
  local x = nm.ones(2, 3)
  it("is said with a way out", function()
    assert.error_matches(function() F.gelu(x, "erf") end, '"none" or "tanh", got "erf"')
    assert.error_matches(function() x:to("int64"):elu() end, 'convert with :to%("float32"%)')
    assert.error_matches(function() x:hardtanh(1, -1) end, "min_val 1 is above max_val %-1")
    assert.error_matches(function() x:softshrink(-1) end, "lambd %-1 is negative")
    assert.error_matches(function() x:glu() end, "dim 2 must have an even size")
    assert.error_matches(function() x:prelu(nm.ones(2)) end, "1 element, or 3")
    assert.error_matches(function() x:sub(nm.tensor { true }) end, "can't be subtracted")
    assert.error_matches(function() nm.polygamma(-1, x) end, "n is %-1")
    assert.error_matches(function()
      F.binary_cross_entropy(x, nm.ones(2, 1))
    end, "must be the same")
    assert.error_matches(function()
      F.binary_cross_entropy(x, x, { reduction = "max" })
    end, 'got "max"')
    assert.error_matches(function()
      F.binary_cross_entropy(x, x, { weight = nm.ones(2, 2) })
    end, "do not broadcast")
    assert.error_matches(function()
      F.binary_cross_entropy(x, x, { weight = nm.ones(2, 2, 3) })
    end, "{2, 2, 3}, which does not broadcast to {2, 3}")
  end)
end)
