-- The dtypes of results: what PyTorch gives for every pair of dtypes, kept as data
-- (spec/data/promotion.lua), which a PyTorch of the same version must still say.
local nm = require "numoon"
local util = require "numoon.util"
local data = require "spec.data.promotion"
local arrays = require "spec.sweep.arrays"
local oracle = require "spec.sweep.oracle"

-- ORDER: the columns of the data are in the order of arrays.order.
local letters = "fdhbliscuo"
local letter_of = {}
for i, dtype in ipairs(arrays.order) do letter_of[dtype] = letters:sub(i, i) end

-- Decided otherwise: an op, and what holds where it is not PyTorch's.
local otherwise = {
  -- PyTorch has no kernel for integers, or for two dtypes; here they are promoted as elsewhere
  frac = "fdhbffffff", hypot = data.binary.atan2, nextafter = data.binary.atan2,
  heaviside = data.binary.add,
  in_place = { hypot = data.in_place.atan2, nextafter = data.in_place.atan2,
    heaviside = data.in_place.add },
}

local function make(dtype, shape) return nm.ones(shape, { dtype = dtype }) end

local others = {
  tensor = function(place) return make(arrays.order[place], { 2 }) end,
  scalar = function(place) return make(arrays.order[place], {}) end,
  number = function(place) return ({ 1, 1.0, true })[place] end,
}
local kinds = { "tensor", "scalar", "number" }
local counts = { tensor = 10, scalar = 10, number = 3 }

-- The letter of the first result, "-" where f refuses.
local function letter(f, ...)
  local ok, y = pcall(f, ...)
  return ok and letter_of[y.dtype] or "-"
end

-- Compares a row of letters with the data's; what PyTorch was not asked matches anything.
local function expect_row(text, got, want)
  for i = 1, #want do
    if want:sub(i, i) == "?" then got = got:sub(1, i - 1) .. "?" .. got:sub(i + 1) end
  end
  assert.equal(want, got, text)
end

local function function_of(name)
  if name == "where" then
    local condition = make("bool", { 2 })
    return function(a, b) return nm.where(condition, a, b) end
  end
  return nm[name]
end

-- A row for each dtype of the first operand.
local function each_pair(tables, f)
  for _, kind in ipairs(kinds) do
    local rows = tables[kind]
    for row, dtype in ipairs(rows and arrays.order or {}) do
      local got = {}
      for place = 1, counts[kind] do got[place] = f(dtype, others[kind](place)) end
      expect_row(("%s and another %s"):format(dtype, kind), table.concat(got), rows[row])
    end
  end
end

describe("the dtype of a result", function()
  it("is promoted from two operands, whichever comes first", function()
    each_pair(data.types, function(dtype, y) return letter(nm.add, make(dtype, { 2 }), y) end)
    each_pair(data.types, function(dtype, y) return letter(nm.add, y, make(dtype, { 2 })) end)
  end)

  for _, name in ipairs(util.keys(data.binary)) do
    it("of " .. name .. " is PyTorch's", function()
      assert.is_table(nm.ops[name])
      local f = function_of(name)
      each_pair(otherwise[name] or data.binary[name], function(dtype, other)
        return letter(f, make(dtype, { 2 }), other)
      end)
    end)
  end

  for group, dims in pairs { unary = {}, along = { 1 } } do
    for _, name in ipairs(util.keys(data[group])) do
      it("of " .. name .. " is PyTorch's", function()
        assert.is_table(nm.ops[name])
        local got = {}
        for i, dtype in ipairs(arrays.order) do
          got[i] = letter(nm[name], make(dtype, { 2 }), table.unpack(dims))
        end
        expect_row(name, table.concat(got), otherwise[name] or data[group][name])
      end)
    end
  end
end)

describe("the dtype of what is written to", function()
  for _, name in ipairs(util.keys(data.in_place)) do
    it("must hold the result of " .. name .. "_", function()
      local method = nm.zeros(1)[name .. "_"]
      each_pair(otherwise.in_place[name] or data.in_place[name], function(dtype, other)
        local x = make(dtype, { 2 })
        local ok = pcall(method, x, other)
        if ok then assert.equal(dtype, x.dtype) end
        return ok and "+" or "-"
      end)
    end)
  end

  local calls = {
    add = function(x, y) return nm.add(x, x, { out = y }) end,
    div = function(x, y) return nm.div(x, x, { out = y }) end,
    eq = function(x, y) return nm.eq(x, x, { out = y }) end,
    exp = function(x, y) return nm.exp(x, { out = y }) end,
  }
  for name, f in pairs(calls) do
    it("must hold the result of " .. name .. " by out =", function()
      for row, dtype in ipairs(arrays.order) do
        local got = {}
        for place, to in ipairs(arrays.order) do
          local ok, y = pcall(f, make(dtype, { 2 }), make(to, { 2 }))
          if ok then assert.equal(to, y.dtype) end
          got[place] = ok and "+" or "-"
        end
        assert.equal(data.out[name][row], table.concat(got), dtype)
      end
    end)
  end

  it("may be of the kind that the result is, or of a wider one", function()
    for row, from in ipairs(arrays.order) do
      for place, to in ipairs(arrays.order) do
        local ok = pcall(nm.add, make(from, { 2 }), make(from, { 2 }), { out = make(to, { 2 }) })
        assert.equal(data.can_cast[row]:sub(place, place) == "+", ok, from .. " to " .. to)
      end
    end
  end)
end)

describe("the data of these specs", function()
  it("is what PyTorch says", function()
    if not oracle.available() then return pending "there is no PyTorch" end
    local pipe = assert(io.popen(oracle.python .. " spec/data/promotion.py"))
    local text = pipe:read "a"
    pipe:close()
    if not text:find(('version = "%s"'):format(data.version), 1, true) then
      return pending("the data are of PyTorch " .. data.version)
    end
    local file = assert(io.open "spec/data/promotion.lua")
    assert.equal(file:read "a", text)
    file:close()
  end)
end)
