-- The sweep: every public op of the registry, on every dtype that it takes, on tensors that lie in
-- memory in every way, in all the forms in which it can be called; against PyTorch (where Python
-- has it) and plain Lua, fused against unfused, CPU against Vulkan, backward against differences.
--
-- An op for which no arguments can be made fails, so that none can be forgotten.  What was covered
-- is printed at the end, a line for each op.
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local case = require "spec.sweep.case"
local coverage = require "spec.sweep.coverage"
local devices = require "spec.sweep.devices"
local draws = require "spec.sweep.draws"
local families = require "spec.sweep.families"
local gradients = require "spec.sweep.gradients"
local oracle = require "spec.sweep.oracle"
local nonsense = require "spec.sweep.nonsense"
local promotion = require "spec.sweep.promotion"
local reference = require "spec.sweep.reference"
local tolerance = require "spec.sweep.tolerance"
local tools = require "spec.sweep.tools"

-- NUMOON_SWEEP="sum mean" sweeps these alone.
local only = os.getenv("NUMOON_SWEEP")
local chosen = only and tools.set(only)
local names = {}
for name, op in pairs(nm.ops) do
  local public = op.func or op.method or op.inplace
  if public and (not chosen or chosen[name]) then names[#names + 1] = name end
end
table.sort(names)

-- ---- running everything once ----

local random, undefined, apart = families.random, families.undefined, families.apart
local cases, reasons = {}, {}
local asked, answers, result_types = {}, nil, nil
local conventions = gradients.convention_cases()
local has_oracle = oracle.available()
local has_vulkan = nm.vulkan.is_available()

for number, name in ipairs(names) do
  cases[name], reasons[name] = case.all(nm.ops[name], number)
  for _, c in ipairs(cases[name] or {}) do
    if has_oracle and not (random[name] or undefined[name] or apart[name] and apart[name](c)) then
      asked[#asked + 1] = c
      c.asked = #asked
    end
  end
end

if has_oracle then
  for _, c in ipairs(conventions) do
    asked[#asked + 1] = c
    c.asked = #asked
  end
end

-- Runs f for each case and reports the first few that raise.
local function each(list, f)
  local failed, n = {}, 0
  for _, c in ipairs(list) do
    local ok, why = pcall(f, c)
    if not ok then
      n = n + 1
      if #failed < 6 then failed[#failed + 1] = case.text(c) .. ": " .. tostring(why) end
    end
  end
  if n == 0 then return end
  error(("%d of %d cases:\n  %s"):format(n, #list, table.concat(failed, "\n  ")), 0)
end

local function expect_same(what, got, want, bounds, bits)
  if #got ~= #want then error(("%s: %d results, expected %d"):format(what, #got, #want), 0) end
  for i = 1, #want do
    local text = tolerance.difference(got[i], want[i], bounds and bounds[i], bits)
    if text then error(("%s: result %d: %s"):format(what, i, text), 0) end
  end
end

-- A tensor as a pending value, and a few more instructions after a result.
local function recorded(t) return nm.where(true, t, t) end

local function continued(...)
  local out = {}
  for i = 1, select("#", ...) do
    local y = select(i, ...)
    local kind = arrays.kind(y.dtype)
    out[i] = kind == "f" and y * 0.5 + y or kind == "i" and y + y or ~y
  end
  return table.unpack(out)
end

-- ---- against PyTorch ----

-- Alike on one side: PyTorch's answer as numoon counts.
local function adapted(c, answer)
  local which = families.positions[c.op.name]
  for _, place in ipairs(type(which) == "table" and which or { which }) do
    local r = answer[place]
    for i, v in ipairs(r and r.dtype == "int64" and r.list or {}) do r.list[i] = v + 1 end
  end
  return answer
end

local function check_oracle(c, got, message)
  local answer = answers[c.asked]
  if answer.error then
    if got and c.listed then
      error("PyTorch refuses (" .. answer.error .. "), numoon does not", 0)
    end
    return
  end
  if not got then
    if c.listed then error("PyTorch computes it, numoon refuses: " .. message, 0) end
    return
  end
  answer = adapted(c, answer)
  local bounds = {}
  for i, r in ipairs(answer) do bounds[i] = tolerance.of(c, r, 2) end
  expect_same("PyTorch", got, answer, bounds, not tolerance.any_zero[c.op.name])
end

-- ---- against plain Lua ----

local function broadcast(shape, array)
  local strides, step, shift = {}, 1, #shape - #array.shape
  for d = #array.shape, 1, -1 do
    strides[d + shift] = array.shape[d] > 1 and step or 0
    step = step * array.shape[d]
  end
  local list = {}
  local function walk(d, at)
    if d > #shape then
      list[#list + 1] = array.list[at]
      return
    end
    for i = 0, shape[d] - 1 do walk(d + 1, at + i * (strides[d] or 0)) end
  end
  walk(1, 1)
  return list
end

local function as_number(v) return v == true and 1 or v == false and 0 or v end

-- The dtype that a result is computed in, as the case's own dtypes say it.
local function is_float_case(c, result)
  if arrays.kind(result.dtype) == "f" then return true end
  if result.dtype ~= "bool" then return false end
  for k = 1, c.args.n do
    local v = c.args[k]
    if arrays.is(v) and arrays.kind(v.dtype) == "f" or math.type(v) == "float" then return true end
  end
  return false
end

local function expected(c, result)
  local row = reference.ops[c.op.name]
  local floats = is_float_case(c, result)
  local f = floats and row.float or result.dtype == "bool" and row.bool or row.int
  local lists = {}
  for k = 1, c.args.n do
    local v = c.args[k]
    lists[k] = broadcast(result.shape, arrays.is(v) and v or { shape = {}, list = { v } })
  end
  local out = { dtype = result.dtype, shape = result.shape, list = {} }
  for i = 1, arrays.count(result.shape) do
    local x = {}
    for k = 1, #lists do
      x[k] = as_number(lists[k][i])
      if floats and math.type(x[k]) == "integer" then
        x[k] = arrays.round(x[k] + 0.0, result.dtype == "bool" and "float32" or result.dtype)
      end
    end
    local y = f(x[1], x[2], x[3])
    if result.dtype == "bool" then
      if type(y) == "number" then y = y ~= 0 end
    elseif arrays.kind(result.dtype) == "f" then
      local rounded = arrays.round(y, result.dtype)
      if not row.ulps or math.abs(rounded) == math.huge then y = rounded end
    else
      y = arrays.wrap(y, result.dtype)
    end
    out.list[i] = y
  end
  return out
end

local dividing = tools.set "floor_divide remainder fmod"

local function divides_by_zero(c)
  if not dividing[c.op.name] then return false end
  local v = c.args[2]
  if not arrays.is(v) then return v == 0 end
  for _, x in ipairs(v.list) do
    if x == 0 then return true end
  end
  return false
end

local function check_reference(c, got)
  if arrays.kind(c.dtype) ~= "f" and divides_by_zero(c) then return end
  local want = expected(c, got[1])
  expect_same("plain Lua", got, { want }, { tolerance.of(c, want, 1) }, true)
end

-- ---- the specs ----

describe("every op", function()
  setup(function()
    if has_oracle then answers, result_types = oracle.run(asked) end
  end)

  it("has arguments to be tried with", function()
    local missing = {}
    for _, name in ipairs(names) do
      if not cases[name] then missing[#missing + 1] = name .. ": " .. reasons[name] end
    end
    assert.equal("", table.concat(missing, "\n"))
    for _, name in ipairs(names) do
      local known = reference.ops[name] or not nm.ops[name].elementwise
      assert.is_truthy(known, name .. " has no reference in plain Lua")
    end
    for _, name in ipairs(families.names()) do
      assert.is_table(nm.ops[name], name .. " has arguments, but is no op")
    end
  end)

  for _, name in ipairs(names) do
    local op = nm.ops[name]
    local list = cases[name] or {}

    it(name .. " gives the right values", function()
      each(list, function(c)
        local got, message = case.run(c, "cpu")
        if c.asked then check_oracle(c, got, message) end
        if not got then return end
        coverage.add(c)
        if reference.ops[name] then check_reference(c, got) end
      end)
      if reference.ops[name] then coverage.reference(name, "lua") end
      if random[name] then coverage.reference(name, "draws") end
      if #list > 0 and list[1].asked then coverage.reference(name, "torch") end
    end)

    it(name .. " does the same in every form", function()
      if random[name] or undefined[name] then return end
      each(list, function(c)
        local plain = case.run(c, "cpu")
        if not plain then return end
        for form, run in pairs(case.forms) do
          local got = run(c, plain)
          if got and (form ~= "inplace" or got[1].dtype == plain[1].dtype) then
            expect_same(form, { got[1] }, { plain[1] }, nil, true)
          end
        end
      end)
    end)

    it(name .. " gives the same bits in one program with others and alone", function()
      if random[name] or undefined[name] then return end
      each(list, function(c)
        nm.set_fusion(false)
        local alone = case.run(c, "cpu", recorded, continued)
        nm.set_fusion(true)
        local fused, message = case.run(c, "cpu", recorded, continued)
        if (alone == nil) ~= (fused == nil) then
          error("refused one way only: " .. tostring(message), 0)
        end
        if alone then expect_same("fused", fused, alone, nil, true) end
      end)
    end)

    it(name .. " refuses nonsense in its own name", function()
      each({ list[1] }, nonsense.try)
    end)

    if op.differentiable then
      it(name .. " has the right derivatives", function()
        local n = 0
        each(list, function(c)
          local wanted = c.dtype == "float64" and not c.edges
            and (c.first or c.layout == "contiguous")
          if not (wanted and case.run(c, "cpu")) then return end
          if gradients.check(c) then n = n + 1 end
          gradients.check_inplace(c)
        end)
        coverage.set(name, "grad", n)
        coverage.set(name, "gradgrad", n)
      end)
    end

    if has_vulkan and not undefined[name] then
      it(name .. " gives the same on Vulkan", function()
        local n = 0
        each(list, function(c)
          if devices.compare(c) then n = n + 1 end
        end)
        assert.is_true(n > 0, "nothing was compared")
        coverage.set(name, "vulkan", n)
      end)
    end
  end

  teardown(function()
    local notes = {}
    if not has_oracle then
      notes[1] = "There is no Python with torch: plain Lua was the reference."
    end
    if not has_vulkan then
      notes[#notes + 1] = "There is no Vulkan: devices were not compared."
    end
    io.write("\n", coverage.text(names, notes), "\n")
  end)
end)

describe("derivatives at kinks, ties and zeros", function()
  for _, c in ipairs(conventions) do
    it("are PyTorch's: " .. case.text(c), function()
      if not c.asked then return pending("there is no PyTorch") end
      local answer = answers[c.asked]
      assert.is_nil(answer.error)
      local want = table.move(answer, #answer - #c.grads + 1, #answer, 1, {})
      expect_same("gradient", gradients.weighted(c), want, { { 1e-12 }, { 1e-12 } })
    end)
  end
end)

describe("the dtype of a result", function()
  local function make(dtype, shape) return nm.zeros(shape, { dtype = dtype }) end
  local others = {
    tensor = function(place) return make(arrays.order[place], { 2 }) end,
    scalar = function(place) return make(arrays.order[place], {}) end,
    number = function(place) return ({ 1, 1.0, true })[place] end,
  }
  for kind, other in pairs(others) do
    it("follows from a tensor and a " .. kind, function()
      for _, dtype in ipairs(arrays.order) do
        for place = 1, kind == "number" and 3 or #arrays.order do
          local want = promotion.of(kind, dtype, place)
          local a, b = make(dtype, { 2 }), other(place)
          local text = ("%s with %s %d"):format(dtype, kind, place)
          assert.equal(want, nm.add(a, b).dtype, text)
          assert.equal(want, nm.add(b, a).dtype, text)
          assert.equal(want, nm.where(make("bool", { 2 }), a, b).dtype, text)
          assert.equal("bool", nm.eq(a, b).dtype, text)
          local floats = want:find("float") and want or "float32"
          assert.equal(floats, nm.div(a, b).dtype, text)
          if has_oracle then assert.equal(result_types[kind][dtype][place], want, text) end
        end
      end
    end)
  end
end)

describe("the number of threads", function()
  local x, y, index
  local n = nm.get_num_threads()
  setup(function()
    nm.manual_seed(1)
    x, y = nm.randn(500, 700), nm.randn(700, 300)
    index = nm.randint(1, 501, { 3000, 700 })
  end)
  teardown(function() nm.set_num_threads(n) end)

  local computations = {
    ["elementwise programs"] = function() return x:exp() + x.T:reshape(500, 700) end,
    ["a sum"] = function() return x:sum() end,
    ["sums over dims"] = function() return nm.cat { x:sum(1), x:sum(2) } end,
    ["a fused reduction"] = function() return (x - 1):square():mean() end,
    ["a product over a dim"] = function() return (x * 0.1 + 1):prod(2) end,
    ["positions"] = function() return x:argmax() end,
    ["softmax"] = function() return x:softmax(2) end,
    ["matrix products"] = function() return x:matmul(y) end,
    ["random numbers"] = function() return nm.cat { nm.rand(300001), nm.randn(300001) } end,
    ["gather"] = function() return x:gather(1, index) end,
    ["scatter_add"] = function() return x:scatter_add(1, index, nm.ones(3000, 700)) end,
  }
  for name, f in pairs(computations) do
    it("does not change a bit of " .. name, function()
      local function with(threads)
        nm.set_num_threads(threads)
        nm.manual_seed(3)
        return nm.eval(f())
      end
      local one = with(1)
      assert.is_true(one == with(2))
      assert.is_true(one == with(5))
    end)
  end
end)

describe("random numbers", function()
  for _, row in ipairs(draws.rows) do
    it("of " .. row[1] .. " have their range, mean and deviation", function()
      draws.check(row[2], row[3])
    end)
  end

  it("come with a row for each op that draws", function()
    local rows = {}
    for _, row in ipairs(draws.rows) do rows[row[1]] = true end
    assert.same(random, rows)
  end)

  for _, dtype in ipairs { "float32", "float64", "float16", "bfloat16" } do
    it("are Philox's in " .. dtype, function()
      draws.check_philox("rand", 1003, dtype)
      draws.check_philox("randn", 1003, dtype)
    end)
  end
end)
