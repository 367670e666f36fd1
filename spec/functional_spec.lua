-- nm.autograd.functional, and what gradcheck takes.
local nm = require "numoon"
local helper = require "spec.helper"

local failure = helper.failure

local same, functional = helper.same, nm.autograd.functional

local function tensor(values) return nm.tensor(values, { dtype = "float64" }) end
local function leaf(values) return tensor(values):requires_grad_() end

describe("a Jacobian", function()
  it("has the sizes of the result and of the input", function()
    local x = tensor { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } }
    local j = functional.jacobian(function(t) return t:sum(2) end, x)
    same(j, { { { 1.0, 1.0, 1.0 }, { 0.0, 0.0, 0.0 } }, { { 0.0, 0.0, 0.0 }, { 1.0, 1.0, 1.0 } } })
    assert.is_false(j.requires_grad)
    same(functional.jacobian(function(t) return t:square():sum() end, x), (x * 2):totable())
    local empty = functional.jacobian(function(t) return t[{ { 2, 1 } }] end, x)
    assert.equal("{0, 3, 2, 3}", tostring(empty.shape))
  end)

  it("is a list where there are several inputs or results", function()
    local a, b = tensor { 1.0, 2.0 }, tensor { 3.0, 4.0 }
    local j = functional.jacobian(function(x, y) return x * y, x:sum() end, { a, b })
    same(j[1][1], { { 3.0, 0.0 }, { 0.0, 4.0 } })
    same(j[1][2], { { 1.0, 0.0 }, { 0.0, 2.0 } })
    same(j[2][1], { 1.0, 1.0 })
    same(j[2][2], { 0.0, 0.0 }) -- does not depend on it
  end)

  it("can be part of a graph", function()
    local x = leaf { 1.0, 2.0 }
    local j = functional.jacobian(function(t) return t ^ 3 end, x, { create_graph = true })
    j:sum():backward()
    same(x.grad, { 6.0, 12.0 })
    local off = nm.no_grad(functional.jacobian, function(t) return t * 2 end, x)
    same(off, { { 2.0, 0.0 }, { 0.0, 2.0 } })
  end)

  it("takes functions of tensors only", function()
    assert.matches("jacobian: the result", failure(functional.jacobian, function() end, leaf(1.0)))
    assert.matches("jacobian: inputs", failure(functional.jacobian, print, 3))
    assert.matches("create_graph", failure(functional.jacobian, print, leaf(1.0),
      { creategraph = true }))
  end)
end)

describe("a Hessian", function()
  it("is the Jacobian of the gradient", function()
    local a, b = tensor { 1.0, 2.0 }, tensor(3.0)
    same(functional.hessian(function(x) return (x ^ 3):sum() + x[1] * x[2] end, a),
      { { 6.0, 1.0 }, { 1.0, 12.0 } })
    local h = functional.hessian(function(x, y) return (x * x * y):sum() end, { a, b })
    same(h[1][1], { { 6.0, 0.0 }, { 0.0, 6.0 } })
    same(h[1][2], { 2.0, 4.0 })
    same(h[2][1], { 2.0, 4.0 })
    same(h[2][2], 0.0)
    assert.matches("one element", failure(functional.hessian, function(x) return x end, a))
    local linear = functional.hessian(function(x) return x:sum() end, a)
    same(linear, { { 0.0, 0.0 }, { 0.0, 0.0 } })
  end)
end)

describe("products", function()
  local x, v = tensor { 1.0, 2.0, 3.0 }, tensor { 1.0, 10.0, 100.0 }
  local function f(t) return nm.stack { t[1] * t[2], t[2] * t[3] } end

  it("of a vector with the Jacobian", function()
    local y, g = functional.vjp(f, x, tensor { 1.0, 10.0 })
    same(y, { 2.0, 6.0 })
    same(g, { 2.0, 31.0, 20.0 })
    local _, one = functional.vjp(function(t) return t:sum() end, x)
    same(one, { 1.0, 1.0, 1.0 })
    local results, list = functional.vjp(function(a, b) return a * b, a end, { x, v },
      { nm.ones_like(x), nm.ones_like(x) })
    same(results[2], x:totable())
    same(list[1], (v + 1):totable())
    same(list[2], x:totable())
    assert.matches("v must be like the results", failure(functional.vjp, f, x, x))
    assert.matches("v is missing", failure(functional.vjp, f, x))
  end)

  it("of the Jacobian with a vector", function()
    local y, d = functional.jvp(f, x, v)
    same(y, { 2.0, 6.0 })
    same(d, { 12.0, 230.0 })
    local _, list = functional.jvp(function(a, b) return a * b, b end, { x, v }, { v, x })
    same(list[1], (v * v + x * x):totable())
    same(list[2], x:totable())
    assert.matches("v must be like the inputs", failure(functional.jvp, f, x, tensor { 1.0 }))
  end)

  it("of the Hessian with a vector", function()
    local y, d = functional.hvp(function(t) return (t ^ 3):sum() end, x, v)
    same(y, 36.0)
    same(d, { 6.0, 120.0, 1800.0 })
  end)
end)

describe("gradcheck", function()
  local check, second = nm.autograd.gradcheck, nm.autograd.gradgradcheck

  it("takes lists, numbers, index tensors, several results", function()
    local a, b = leaf { { 1.0, 2.0 }, { 3.0, 4.5 } }, leaf { { 0.5, 0.25 } }
    local index = nm.tensor { 2, 1, 2 }
    for _, f in ipairs { check, second } do
      assert.is_true(f(nm.cat, { { a, b }, 1 }))
      assert.is_true(f(function(x, i) return x:square():index_select(1, i) end, { a, index }))
      assert.is_true(f(function(x, k) return (x * k):exp(), x:argmax(), x:sum(1) end, { b, 2 }))
      assert.is_true(f(function(x) return (x * x):split(1) end, a))
      assert.is_true(f(function(x, nothing, y) return x * y, nothing end,
        { a, nil, b, n = 3 }))
    end
  end)

  it("takes leaves of any layout, on any device", function()
    local x = tensor { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } }.T[{ { 1, -1, 2 } }]:requires_grad_()
    assert.is_false(x:is_contiguous())
    assert.is_true(check(function(t)
      assert.is_true(t.shape == x.shape)
      return t:square():sum(1)
    end, x))
    if nm.vulkan.is_available() then
      local y = tensor({ 0.5, 2.0 }):vulkan():requires_grad_()
      assert.is_true(second(function(t) return t:exp() end, y))
    end
  end)

  it("finds what is wrong, and says where", function()
    local x = leaf { 1.0, 2.0 }
    local wrong = nm.autograd.Function { forward = function(_, t) return t * t end,
      backward = function(_, g) return g * 3 end }
    assert.matches("gradcheck: d output 1, element 1 / d input 1, element {1}: 3 by backward",
      failure(check, wrong.apply, x), 1, true)
    local ok, message = check(wrong.apply, x, { raise_exception = false })
    assert.is_false(ok)
    assert.matches("by differences", message)
    assert.is_true(check(wrong.apply, x, { atol = 10 }))
    assert.matches("input 2[1]", failure(check, function(a, list)
      return a * list[1]:detach()
    end, { x, { leaf { 3.0, 4.0 } } }), 1, true)
    local detached = function(t) return (t * t):detach() * t end
    assert.is_false(second(detached, x, { raise_exception = false }))
  end)

  it("wants float64, and something to check", function()
    assert.matches("no input requires a gradient", failure(check, print, { nm.ones(2) }))
    assert.matches("must be float64", failure(check, print, nm.ones(2, { requires_grad = true })))
    assert.matches("inputs must be", failure(check, print, 3))
  end)
end)
