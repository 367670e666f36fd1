local util = require "numoon.util"

local function failure(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches("^%S*util_spec%.lua:%d+: ", message)
  return (message:gsub("^%S*util_spec%.lua:%d+: ", ""))
end

describe("numoon.util", function()
  it("finds the nearest name, if it is near", function()
    local names = { "dtype", "device", "requires_grad", "out" }
    for wrong, right in pairs {
      dtpye = "dtype", dtyp = "dtype", Device = "device", require_grad = "requires_grad",
      oot = "out", requiresgrad = "requires_grad", devcie = "device",
    } do
      assert.equal(right, util.nearest(wrong, names))
    end
    for _, wrong in ipairs { "", "x", "shape", "gradient", "in" } do
      assert.is_nil(util.nearest(wrong, names))
    end
    assert.is_nil(util.nearest(3, names))
    assert.equal("; did you mean 'out'?", util.hint("ou", names))
    assert.equal("", util.hint("weight", names))
    assert.equal("ab", util.nearest("a", { "ac", "ab" }))
  end)

  it("checks options and fills in what was left out", function()
    local defaults = { bias = true, p = 0.5, device = util.none, betas = { 1, 2 } }
    local options = util.options("f", nil, defaults)
    assert.same({ bias = true, p = 0.5, betas = { 1, 2 } }, options)
    assert.is_false(rawequal(options.betas, defaults.betas))
    options = util.options("f", { bias = false, device = "cpu", p = 1 }, defaults)
    assert.same({ bias = false, p = 1, device = "cpu", betas = { 1, 2 } }, options)
    assert.equal("f: unknown option 'devise'; did you mean 'device'?",
      failure(util.options, "f", { devise = 1 }, defaults))
    assert.equal("f: unknown option '1'", failure(util.options, "f", { 7 }, defaults))
    assert.equal("f: option 'p' must be a number, got 'half'",
      failure(util.options, "f", { p = "half" }, defaults))
    assert.equal("f: options must be a table, got 3", failure(util.options, "f", 3, defaults))
  end)

  it("checks values", function()
    assert.equal(3, util.integer("f", "n", 3.0, 0))
    assert.equal("integer", math.type(util.integer("f", "n", 3.0, 0)))
    for _, bad in ipairs { 2.5, -1, "3", 0 / 0, math.huge } do
      assert.matches("^f: n must be an integer of at least 0, got ",
        failure(util.integer, "f", "n", bad, 0))
    end
    assert.equal("f: n must be an integer of at least 1, got nil",
      failure(util.integer, "f", "n", nil, 1))
    assert.equal(0.5, util.number("f", "p", 0.5, 0, 1))
    for _, bad in ipairs { 1.5, -0.1, "0.5", 0 / 0 } do
      assert.matches("^f: p must be a number from 0 to 1, got ",
        failure(util.number, "f", "p", bad, 0, 1))
    end
    assert.equal("f: lr must be a number of at least 0, got -1",
      failure(util.number, "f", "lr", -1, 0))
    assert.equal("a", util.choice("f", "x", "a", { "a", "b" }))
    assert.equal("f: x must be one of 'mean', 'sum', got 'summ'; did you mean 'sum'?",
      failure(util.choice, "f", "x", "summ", { "mean", "sum" }))
  end)

  it("puts errors at the line of the caller, also inside of callbacks and coroutines", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local function check() util.integer("f", "n", "x", 0) end
    local expected = ("^%%S*util_spec%%.lua:%d: f: n must be"):format(line)
    assert.matches(expected, select(2, pcall(check)))
    local ok, message = coroutine.resume(coroutine.create(check))
    assert.is_false(ok)
    assert.matches(expected, message)
    ok, message = pcall(table.sort, { 2, 1 }, check)
    assert.is_false(ok)
    assert.matches(expected, message)
  end)

  it("makes a table strict", function()
    local t = util.strict("lib", { Linear = 1, Conv = 2 })
    assert.equal(1, t.Linear)
    assert.equal("lib has no field 'linear'; did you mean 'Linear'?",
      failure(function() return t.linear end))
    assert.equal("lib has no field 'zebra'", failure(function() return t.zebra end))
  end)
end)
