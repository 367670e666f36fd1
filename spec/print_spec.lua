-- tostring: the exact text, and that Lua reads it back.
local nm = require "numoon"
local helper = require "spec.helper"

local function lines(...) return table.concat({ ... }, "\n") end

-- What Lua makes of the text of a tensor, as a tensor.
local function read(text)
  local value = assert(load("return " .. text, "=text"))()
  if type(value) == "table" then value.device = nil end
  return nm.tensor(value)
end

local cases = {
  { "a number", function() return nm.tensor(3.5) end, "3.5" },
  { "an integer", function() return nm.tensor(7) end, "7" },
  { "a boolean", function() return nm.tensor(true) end, "true" },
  { "whole floats as floats", function() return nm.tensor { 1.0, 2.0 } end, "{1.0, 2.0}" },
  { "integers", function() return nm.tensor { 1, -20, 300 } end, "{  1, -20, 300}" },
  { "booleans", function() return nm.tensor { true, false } end, "{ true, false}" },
  { "as many digits as are needed", function() return nm.tensor { 0.1, 0.5, 1 / 3 } end,
    "{0.1       , 0.5       , 0.33333334}" },
  { "float64", function() return nm.tensor({ 0.1, 1 / 3 }, { dtype = "float64" }) end,
    '{0.1               , 0.3333333333333333, dtype = "float64"}' },
  { "float16", function() return nm.tensor({ 0.1, 2.0 }, { dtype = "float16" }) end,
    '{0.1, 2.0, dtype = "float16"}' },
  { "bfloat16", function() return nm.tensor({ 0.1, 3.0 }, { dtype = "bfloat16" }) end,
    '{0.1, 3.0, dtype = "bfloat16"}' },
  { "int32", function() return nm.tensor({ 1, 2 }, { dtype = "int32" }) end,
    '{1, 2, dtype = "int32"}' },
  { "large and small numbers", function() return nm.tensor { 1e20, 1.5e-9, 12345678.0 } end,
    "{   1.0e+20,    1.5e-09, 12345678.0}" },
  { "what is no number", function() return nm.tensor { 0 / 0, math.huge, -math.huge, 1.5 } end,
    "{ 0/0,  1/0, -1/0,  1.5}" },
  { "two dims", function() return nm.tensor { { 1, 2 }, { 30, 4 } } end,
    lines("{{ 1,  2},", " {30,  4}}") },
  { "three dims with a blank line", function() return nm.arange(1, 9):reshape(2, 2, 2) end,
    lines("{{{1, 2},", "  {3, 4}},", "", " {{5, 6},", "  {7, 8}}}") },
  { "a dtype behind the last row", function() return nm.ones(2, 2, { dtype = "float64" }) end,
    lines("{{1.0, 1.0},", ' {1.0, 1.0}, dtype = "float64"}') },
  { "a 0-d tensor's dtype as a comment",
    function() return nm.tensor(2.0, { dtype = "float64" }) end, '2.0 -- dtype = "float64"' },
  { "nothing", function() return nm.tensor {} end, "{}" },
  { "no integers", function() return nm.tensor({}, { dtype = "int64" }) end, '{dtype = "int64"}' },
  { "empty rows", function() return nm.zeros(2, 0) end, lines("{{},", " {}} -- shape {2, 0}") },
  { "no rows", function() return nm.zeros(0, 3) end, "{} -- shape {0, 3}" },
  { "a leaf with a gradient", function() return nm.tensor({ 1.0 }, { requires_grad = true }) end,
    "{1.0, requires_grad=true}" },
  { "grad_fn", function() return nm.tensor({ 2.0 }, { requires_grad = true }) * 3 end,
    "{6.0} -- grad_fn=<mul>" },
  { "a summary", function() return nm.arange(2000) end,
    "{   0,    1,    2, ..., 1997, 1998, 1999} -- shape {2000}" },
  { "a summary of two dims", function() return nm.arange(10000):reshape(100, 100) end, lines(
    "{{   0,    1,    2, ...,   97,   98,   99},", " { 100,  101,  102, ...,  197,  198,  199},",
    " { 200,  201,  202, ...,  297,  298,  299},", " ...,",
    " {9700, 9701, 9702, ..., 9797, 9798, 9799},", " {9800, 9801, 9802, ..., 9897, 9898, 9899},",
    " {9900, 9901, 9902, ..., 9997, 9998, 9999}} -- shape {100, 100}") },
  { "a long row over several lines", function() return nm.arange(30) end, lines(
    "{ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,",
    " 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}") },
}

describe("tostring", function()
  for _, case in ipairs(cases) do
    it("shows " .. case[1], function() assert.are.equal(case[3], tostring(case[2]())) end)
  end

  it("is joined by ..", function()
    assert.are.equal("x = {1, 2}", "x = " .. nm.tensor { 1, 2 })
    assert.are.equal("{1, 2}!", nm.tensor { 1, 2 } .. "!")
    assert.are.equal("{1, 2}{3}", nm.tensor { 1, 2 } .. nm.tensor { 3 })
    assert.are.equal("shape {2}", "shape " .. nm.tensor { 1, 2 }.shape)
  end)

  it("computes what is pending", function()
    local y = nm.tensor { 1.0, 2.0 } * 2 + 1
    assert.are.equal("{3.0, 5.0}", tostring(y))
  end)

  it("reads back as the same tensor, in every dtype", function()
    local rng = helper.rng(3)
    local range = { int8 = 127, uint8 = 127, int16 = 32767, int32 = (1 << 31) - 1,
      int64 = math.maxinteger }
    for _, dtype in ipairs { "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16",
      "int8", "uint8", "bool" } do
      for _ = 1, 30 do
        local shape = {}
        for d = 1, rng.int(1, 4) do shape[d] = rng.int(1, 3) end
        local t = nm.tensor(helper.nested(shape, function()
          if dtype == "bool" then return rng.int(0, 1) == 1 end
          if range[dtype] then return rng.int(0, range[dtype]) end
          return (rng.int(1, 1 << 30) / 3.7) * 10.0 ^ rng.int(-12, -5) * rng.pick { 1, -1 }
        end), { dtype = dtype })
        local back = read(tostring(t))
        assert.are.equal(dtype, back.dtype)
        assert.is_true(t == back, tostring(t))
      end
    end
  end)

  it("reads back the extremes", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local list = { 1.17549435e-38, 3.4028234e38, 1e-45, 16777216.0, 16777217.0, 0.0, -0.0,
        123456789.0, 1e7, 1e8 }
      local t = nm.tensor(list, { dtype = dtype })
      local back = read(tostring(t))
      assert.are.equal(dtype, back.dtype)
      helper.same(t, back)
      assert.are.equal(-math.huge, 1 / back:get(7))
    end
    local odd = read(tostring(nm.tensor { 0 / 0, math.huge, -math.huge }))
    assert.is_true(odd:get(1) ~= odd:get(1))
    helper.same(odd[{ { 2, 3 } }], { math.huge, -math.huge })
    local ends = { math.mininteger, math.maxinteger }
    helper.same(read(tostring(nm.tensor(ends))), ends)
  end)

  it("reads back the narrow floats, all of them", function()
    for _, dtype in ipairs { "float16", "bfloat16" } do
      local bytes = {}
      for n = 0, 65535, 7 do
        local exponent = dtype == "float16" and n >> 10 & 31 == 31 or n >> 7 & 255 == 255
        if not exponent then bytes[#bytes + 1] = string.pack("<I2", n) end
      end
      local all = nm.frombuffer(table.concat(bytes), { dtype = dtype })
      for first = 1, #all, 900 do
        local t = all[{ { first, first + 899 } }]
        assert.are.equal(t:tobytes(), read(tostring(t)):tobytes())
      end
    end
  end)

  it("follows the default dtype", function()
    nm.set_default_dtype("float64")
    local wide = tostring(nm.tensor { 1.5 })
    local narrow = tostring(nm.tensor({ 1.5 }, { dtype = "float32" }))
    nm.set_default_dtype("float32")
    assert.are.equal("{1.5}", wide)
    assert.are.equal('{1.5, dtype = "float32"}', narrow)
  end)

  it("does not disturb the tape or the tensor", function()
    local x = nm.ones(2000, { requires_grad = true })
    local y = x * 2
    assert.is_truthy(tostring(y):find("grad_fn=<mul>", 1, true))
    y:sum():backward()
    assert.are.equal(2.0, x.grad:get(1))
  end)
end)
