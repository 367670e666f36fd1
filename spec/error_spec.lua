-- Every message: at the caller's line, naming the op, what was given and what would be right.
local nm = require "numoon"
local helper = require "spec.helper"

local function environment()
  return {
    nm = nm,
    x = nm.tensor { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } },
    i = nm.tensor { 1, 2, 3 },
    leaf = nm.tensor({ 1.0, 2.0 }, { requires_grad = true }),
  }
end

-- { line of Lua, what its message has to contain ... }
local cases = {
  arguments = {
    { "nm.zeros(2, { dtpye = 'int64' })", "zeros", "no option 'dtpye'", "did you mean 'dtype'?" },
    { "nm.zeros(2, { dtype = 'flaot32' })", "zeros", "dtype", "flaot32", "did you mean 'float32'" },
    { "nm.zeros(2, { device = 'gpu' })", "gpu", "cpu", "vulkan" },
    { "nm.zeros(2, { 3 })", "zeros", "too many arguments", "table" },
    { "nm.zeros('2')", "zeros", "integer", '"2"' },
    { "nm.zeros(2.5)", "zeros", "2.5" },
    { "nm.zeros(-1)", "zeros", "-1" },
    { "nm.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1)", "zeros", "9 dims", "8" },
    { "nm.zeros(1 << 40, 1 << 40)", "zeros", "elements" },
    { "x:sum(0)", "sum", "dim", "is 0", "count from 1" },
    { "x:sum(3)", "sum", "3" },
    { "x:sum({ 1, 1 })", "sum", "twice" },
    { "x:sum(1, 2)", "sum", "keepdim", "true or false", "2" },
    { "x:sum(1, true, 3)", "sum", "too many arguments" },
    { "x:sum('1')", "sum", "dim", '"1"' },
    { "x:sum({ dim = 1, keepdims = true })", "no option 'keepdims'", "did you mean 'keepdim'?" },
    { "x:sum(1, { dim = 1 })", "sum", "dim", "twice" },
    { "x:exp(1)", "exp", "too many arguments" },
    { "x:exp({ foo = 1 })", "exp", "no option 'foo'" },
    { "nm.exp()", "exp", "argument 1", "missing" },
    { "nm.exp('a')", "exp", "argument 1", "tensor", '"a"' },
    { "nm.exp({ 1, 2 })", "exp", "argument 1", "tensor", "table" },
    { "nm.add(x)", "add", "argument 2", "missing" },
    { "x.exp()", "exp", "missing" },
    { "x.add_(1, 2)", "add_", "tensor" },
    { "nm.cat({ x, 1 })", "cat", "element 2", "tensor", "1" },
    { "nm.cat({ x, x }, 0)", "cat", "dim", "0" },
    { "nm.cat(x)", "cat", "list of tensors" },
    { "x:transpose(1)", "transpose", "missing" },
    { "x:add_(1, { out = x })", "add_", "out" },
    { "nm.exp(x, { out = 3 })", "exp", "out", "tensor", "3" },
    { "nm.exp(x, { out = nm.zeros(3) })", "exp", "{2, 3}", "{3}" },
    { "nm.exp(x, { out = nm.zeros(2, 3, { dtype = 'int64' }) })", "exp", "int64" },
    { "nm.set_num_threads(0)", "set_num_threads", "0" },
    { "nm.set_default_dtype('int64')", "set_default_dtype", "float", "int64" },
    { "nm.manual_seed('x')", "manual_seed", "integer" },
    { "nm.scope(3)", "scope", "function", "3" },
    { "nm.no_grad(3)", "no_grad", "function", "3" },
    { "nm.frombuffer('abc')", "frombuffer", "3 bytes", "float32" },
    { "nm.frombuffer('abcd', { shape = { 2 } })", "frombuffer", "{2}" },
    { "nm.from_blob(1, { 1 })", "from_blob", "light userdata" },
    { "x:to('float')  x:to('flot32')", "to", "flot32", "float32" },
    { "x:to({ dtyp = 'float64' })", "to", "dtyp", "dtype" },
  },
  values = {
    { "nm.tensor()", "tensor", "missing" },
    { "nm.tensor('abc')", "tensor", "abc" },
    { "nm.tensor({ 1, 'a' })", "tensor", "[2]", '"a"' },
    { "nm.tensor({ { 1, 2 }, { 3 } })", "tensor", "ragged", "[2]", "length 1", "2" },
    { "nm.tensor({ { 1, 2 }, 3 })", "tensor", "ragged", "[2]", "3" },
    { "nm.tensor({ 1, { 2 } })", "tensor", "ragged", "[2]" },
    { "nm.tensor({ { { 1 } }, { { 1, 2 } } })", "tensor", "ragged", "[2][1]" },
    { "local t = {} t[1] = t nm.tensor(t)", "tensor", "8" },
    { "nm.tensor({ 300 }, { dtype = 'uint8' })", "tensor", "300", "uint8" },
    { "nm.tensor({ 0 / 0 }, { dtype = 'int64' })", "tensor", "int64" },
    { "nm.tensor({ 1, 2, dtyp = 'int64' })", "tensor", "dtyp", "dtype" },
    { "nm.tensor({ 1, 2 }, { requires_grad = true })", "requires_grad", "int64" },
    { "x:item()", "item", "{2, 3}" },
    { "x.grad = nm.zeros(3)", "grad", "{3}", "{2, 3}" },
    { "x.grad = 1", "grad", "tensor", "1" },
    { "x.requires_grad = 1", "requires_grad", "true or false" },
    { "i.requires_grad = true", "requires_grad", "int64" },
  },
  fields = {
    { "return x.shap", "shap", "did you mean 'shape'?" },
    { "x:reshap(3, 2)", "reshap", "did you mean 'reshape'?" },
    { "x.foo = 1", "foo" },
    { "x.shape = { 3, 2 }", "shape", "can't be assigned" },
    { "x.gradd = nil", "gradd", "did you mean 'grad'?" },
    { "return nm.zeroes", "zeroes", "did you mean 'zeros'?" },
    { "return nm.vulkan.device", "device", "did you mean 'devices'?" },
    { "x:free() return x.shape", "closed" },
    { "x:free() return x + 1", "closed" },
    { "x:free() return nm.cat({ i, x })", "closed" },
  },
  operators = {
    { "return x + 'a'", "add", '"a"' },
    { "return x + {}", "add", "table" },
    { "return nil + x", "add", "nil" },
    { "return x + nm.zeros(4)", "add", "{2, 3}", "{4}" },
    { "return x % 2", "matmul", "remainder" },
    { "return 2 % x", "matmul", "remainder" },
    { "return x % x", "matmul", "{2, 3}" },
    { "return x < x", ":lt" },
    { "return x <= 1", ":le" },
    { "return 1 > x", ":gt" },
    { "return x & x", "bitwise_and", "float32" },
    { "return #nm.tensor(1)", "0-d" },
    { "return i // 0", "floor_divide", "zero" },
  },
  indexing = {
    { "return x[0]", "0", "count from 1" },
    { "return x[4]", "4", "2" },
    { "return x[-3]", "-3", "2" },
    { "return x[{ 1, 0 }]", "0", "count from 1" },
    { "return x[{ 1, 4 }]", "4", "3" },
    { "return x[{ 1, 1, 1 }]", "3", "2" },
    { "return x[{ { 1 } }]", "{1, -1}" },
    { "return x[{ { 1, 2, 0 } }]", "step", "positive" },
    { "return x[{ { 1, 2, -1 } }]", "step", "positive" },
    { "return x[{ { 0, 1 } }]", "0", "count from 1" },
    { "return x[{ { 1, 2, 3, 4 } }]", "slice", "nm.tensor" },
    { "return x[{ { 1, 'a' } }]", "slice", '"a"' },
    { "return x[{ 1, a = 1 }]", "names" },
    { "return x[{ 1, 'b' }]", '"b"' },
    { "return x[1.5]", "1.5" },
    { "return x[true]", "true" },
    { "return x[{ '...', '...' }]", "..." },
    { "return x[nm.tensor { 3 }]", "3", "2" },
    { "return x[nm.tensor { 0 }]", "0" },
    { "return x[nm.tensor { 1.0 }]", "float32" },
    { "return x[nm.tensor { true, false, true }]", "{3}", "{2, 3}" },
    { "return x[{ nm.tensor { 1, 2 }, nm.tensor { 1, 2, 3 } }]", "{2}", "{3}" },
    { "x[3] = 1", "3", "2" },
    { "x[1] = nil", "nil" },
    { "x[1] = 'a'", '"a"' },
    { "x[1] = nm.zeros(2)", "{2}", "{3}" },
    { "x[1] = { 1, 2 }", "{2}", "{3}" },
    { "leaf[1] = 1", "leaf", "no_grad" },
    { "x:get(1)", "get", "{2, 3}" },
    { "x:get(1, 0)", "get", "0" },
    { "x:get(1, 9)", "9", "3" },
    { "x:get(1, 'a')", "get", '"a"' },
    { "x:set(1, 1)", "set" },
    { "x:set(1, 1, 'a')", "set", '"a"' },
    { "x:set(1, 1, nil)", "set", "nil" },
  },
  autograd = {
    { "x:backward()", "backward", "requires" },
    { "(leaf * 2):backward()", "backward", "{2}" },
    { "local y = (leaf * leaf):sum() y:backward() y:backward()", "backward", "retain_graph" },
    { "leaf:add_(1)", "add_", "leaf" },
    { "nm.exp(leaf, { out = nm.zeros(2) })", "exp", "out" },
    { "nm.grad(leaf:sum(), 3)", "grad", "inputs", "3" },
    { "nm.grad(leaf:sum(), x)", "grad" },
    { "nm.autograd.gradcheck(nm.exp, x)", "gradcheck", "requires" },
    { "nm.autograd.gradcheck(nm.exp, leaf)", "gradcheck", "float64" },
    { "local y = leaf:exp() local z = y * y y:add_(1) z:sum():backward()", "in place" },
  },
}

for group, list in pairs(cases) do
  describe("errors of " .. group, function()
    for _, case in ipairs(list) do
      it(case[1], function()
        local message = helper.message(case[1], environment())
        for k = 2, #case do
          local hint = ("%q is not in: %s"):format(case[k], message)
          assert.is_truthy(message:find(case[k], 1, true), hint)
        end
      end)
    end
  end)
end

describe("the position of an error", function()
  local function line() return debug.getinfo(2, "l").currentline end

  it("is the line of the caller", function()
    local x, expected = nm.zeros(2), nil
    local _, message = pcall(function()
      expected = line() + 1
      x:sum(9)
    end)
    assert.are.equal(expected, tonumber(message:match("^spec/error_spec%.lua:(%d+): sum: ")))
  end)

  it("is the user's line for errors found inside numoon's Lua files", function()
    local _, message = pcall(function()
      local input = nm.zeros(2, { dtype = "float64", requires_grad = true })
      nm.autograd.gradcheck(function(x) return x:sum(9) end, input)
    end)
    assert.is_truthy(message:find("^spec/error_spec%.lua:%d+: sum"), message)
    _, message = pcall(function() return nm.no_grad(nm.exp, "a") end)
    assert.is_truthy(message:find("^spec/error_spec%.lua:%d+: exp"), message)
  end)

  it("is right inside coroutines, whose state survives", function()
    local co = coroutine.create(function()
      local x = nm.zeros(2)
      coroutine.yield(x)
      return x:sum(9)
    end)
    assert.is_true(coroutine.resume(co))
    local ok, message = coroutine.resume(co)
    assert.is_false(ok)
    assert.is_truthy(message:find("^spec/error_spec%.lua:%d+: sum"), message)
    local wrapped = coroutine.wrap(function()
      for i = 1, 3 do coroutine.yield((nm.ones(2) * i):sum():item()) end
      error("stop")
    end)
    assert.are.equal(2.0, wrapped())
    assert.are.equal(4.0, wrapped())
    assert.are.equal(6.0, wrapped())
    assert.is_false((pcall(wrapped)))
    assert.are.equal(3.0, nm.ones(3):sum():item())
  end)

  it("costs nothing that is held: many failures leave nothing behind", function()
    local x = nm.zeros(1000)
    collectgarbage()
    local before = nm.memory_stats().allocated
    for _ = 1, 2000 do
      pcall(nm.add, x, nm.zeros(7))
      pcall(nm.exp, x, { out = nm.zeros(3) })
      pcall(function() return x[nm.tensor { 5000 }] end)
      pcall(nm.tensor, { { 1, 2 }, { 3 } })
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(nm.memory_stats().allocated <= before + 4096)
  end)
end)
