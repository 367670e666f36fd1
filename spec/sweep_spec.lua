-- The sweep: every public op of the registry, on every dtype that it takes, on tensors that lie in
-- memory in every way, in all the forms in which it can be called; against PyTorch (where Python
-- has it) and plain Lua, fused against unfused, CPU against Vulkan, backward against differences.
--
-- An op for which no arguments can be made fails, so that none can be forgotten; so does one that
-- was compared with nothing but itself.  What was covered is printed at the end, a line for each op
-- (docs/coverage.md); NUMOON_COVERAGE names a file for these lines.
local nm = require "numoon"
local core = require "numoon.core"
local arrays = require "spec.sweep.arrays"
local case = require "spec.sweep.case"
local coverage = require "spec.sweep.coverage"
local devices = require "spec.sweep.devices"
local families = require "spec.sweep.families"
local gradients = require "spec.sweep.gradients"
local oracle = require "spec.sweep.oracle"
local nonsense = require "spec.sweep.nonsense"
local plain = require "spec.sweep.plain"
local reference = require "spec.sweep.reference"
local tolerance = require "spec.sweep.tolerance"
local tools = require "spec.sweep.tools"

-- NUMOON_SWEEP="sum mean" sweeps these alone; NUMOON_SWEEP_PART="2/4" every fourth op from the
-- second on.
local names = tools.chosen(nm.ops, os.getenv "NUMOON_SWEEP", os.getenv "NUMOON_SWEEP_PART")

-- ---- the cases, and what the oracle is asked ----

local random, undefined, apart = families.random, families.undefined, families.apart
local has_oracle = oracle.available()
local has_vulkan = nm.vulkan.is_available()

local function is_asked(c)
  local name = c.op.name
  return has_oracle and not (random[name] or apart[name] and apart[name](c))
end

-- All cases together take gigabytes: those of an op are made again when its turn comes.
local number_of_first, reasons = {}, {}
local current = {}

local function cases_of(name)
  if current.name ~= name then
    local list, reason = case.all(nm.ops[name], tools.seed(name))
    current, reasons[name] = { name = name, list = list or {} }, reason
    local number = number_of_first[name]
    for _, c in ipairs(number and current.list or {}) do
      if is_asked(c) then c.asked, number = number, number + 1 end
    end
  end
  return current.list
end

for _, name in ipairs(names) do
  local first
  for _, c in ipairs(cases_of(name)) do
    if is_asked(c) then
      local number = oracle.ask(c)
      first = first or number
    end
  end
  number_of_first[name], current = first, {}
end

local conventions = gradients.convention_cases(names)
for _, c in ipairs(has_oracle and conventions or {}) do c.asked = oracle.ask(c) end

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

-- Results whose elements are not set: dtypes and shapes are what there is to compare.
local function blank(results)
  local list = {}
  for i, r in ipairs(results) do list[i] = { dtype = r.dtype, shape = r.shape, list = {} } end
  return list
end

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
  local answer = oracle.answer(c.asked)
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
  coverage.reference(c.op.name, "torch")
  if undefined[c.op.name] then return expect_same("PyTorch", blank(got), blank(answer)) end
  answer = adapted(c, answer)
  local bounds = {}
  for i, r in ipairs(answer) do bounds[i] = tolerance.of(c, r, 2) end
  expect_same("PyTorch", got, answer, bounds, not tolerance.any_zero[c.op.name])
end

-- ---- against plain Lua ----

local function check_plain(c, got)
  local want = plain.expected(c, got[1])
  if not want then return end
  coverage.reference(c.op.name, "lua")
  expect_same("plain Lua", got, { want }, { tolerance.of(c, want, 1) }, true)
end

-- ---- the specs ----

describe("every op", function()
  setup(function()
    oracle.run()
  end)

  it("has arguments to be tried with", function()
    local missing = {}
    for _, name in ipairs(names) do
      if reasons[name] then missing[#missing + 1] = name .. ": " .. reasons[name] end
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

    it(name .. " gives the right values", function()
      each(cases_of(name), function(c)
        local got, message = case.run(c, "cpu")
        if c.asked then check_oracle(c, got, message) end
        if not got then return end
        coverage.add(c, got)
        if reference.ops[name] then check_plain(c, got) end
        if random[name] then coverage.reference(name, "draws") end -- see random_spec.lua
      end)
    end)

    it(name .. " does the same in every form", function()
      if random[name] or undefined[name] then return end
      each(cases_of(name), function(c)
        local wanted = case.run(c, "cpu")
        if not wanted then return end
        for form, run in pairs(case.forms) do
          local got = run(c, wanted)
          if got and (form ~= "inplace" or got[1].dtype == wanted[1].dtype) then
            expect_same(form, { got[1] }, { wanted[1] }, nil, true)
          end
        end
      end)
    end)

    it(name .. " gives the same bits in one program with others and alone", function()
      if random[name] or undefined[name] then return end
      each(cases_of(name), function(c)
        nm.set_fusion(false)
        local alone = case.run(c, "cpu", recorded, continued)
        nm.set_fusion(true)
        core.record_short(true)
        local fused, message = case.run(c, "cpu", recorded, continued)
        core.record_short(false)
        if (alone == nil) ~= (fused == nil) then
          error("refused one way only: " .. tostring(message), 0)
        end
        if alone then expect_same("fused", fused, alone, nil, true) end
      end)
    end)

    it(name .. " refuses nonsense in its own name", function()
      each({ cases_of(name)[1] }, nonsense.try)
    end)

    if op.differentiable then
      it(name .. " has the right derivatives", function()
        local n = 0
        each(cases_of(name), function(c)
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

    if has_vulkan then
      it(name .. " gives the same on Vulkan", function()
        local n = 0
        each(cases_of(name), function(c)
          if devices.compare(c) then n = n + 1 end
        end)
        assert.is_true(n > 0, "nothing was compared")
        coverage.set(name, "vulkan", n)
      end)
    end
  end

  it("is covered without a hole", function()
    local holes = {}
    for _, name in ipairs(names) do
      for _, hole in ipairs(coverage.holes(nm.ops[name], has_oracle, has_vulkan)) do
        holes[#holes + 1] = name .. ": " .. hole
      end
    end
    assert.equal("", table.concat(holes, "\n"))
  end)

  teardown(function()
    local swept, notes = {}, {}
    for i, name in ipairs(names) do swept[i] = nm.ops[name] end
    if not has_oracle then
      notes[1] = "There is no Python with torch: plain Lua was the reference."
    end
    if not has_vulkan then
      notes[#notes + 1] = "There is no Vulkan: devices were not compared."
    end
    io.write("\n", coverage.text(swept, notes), "\n")
    if os.getenv "NUMOON_COVERAGE" then coverage.save(swept, os.getenv "NUMOON_COVERAGE") end
  end)
end)

-- Both sides compute it in float64, by formulas of a few operations.
local function close_to(results)
  local list = {}
  for i, r in ipairs(results) do
    list[i] = {}
    for k, y in ipairs(r.list) do list[i][k] = 1e-12 * math.max(1, math.abs(y)) end
  end
  return list
end

describe("derivatives at kinks, ties and zeros", function()
  for _, c in ipairs(conventions) do
    it("are PyTorch's: " .. case.text(c), function()
      if not c.asked then return pending("there is no PyTorch") end
      local answer = oracle.answer(c.asked)
      assert.is_nil(answer.error)
      local want = table.move(answer, #answer - #c.grads + 1, #answer, 1, {})
      expect_same("gradient", gradients.weighted(c), want, close_to(want))
    end)
  end
end)
