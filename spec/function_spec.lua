-- nm.autograd.Function: what forward and backward may take, give, save, write and declare, its own
-- derivatives, mistakes, depth and memory.
local nm = require "numoon"
local helper = require "spec.helper"

local same, Function = helper.same, nm.autograd.Function
local leaf, failure = helper.leaf, helper.failure

local Exp = Function { -- saves its result
  name = "Exp",
  forward = function(ctx, x)
    local y = x:exp()
    ctx:save_for_backward(y)
    return y
  end,
  backward = function(ctx, g) return g * ctx.saved_tensors[1] end,
}

local Mul = Function { -- saves its arguments
  name = "Mul",
  forward = function(ctx, a, b)
    ctx:save_for_backward(a, b)
    return a * b
  end,
  backward = function(ctx, g)
    local a, b = table.unpack(ctx.saved_tensors)
    return g * b, g * a
  end,
}

local Double = Function {
  forward = function(_, x) return x * 2 end,
  backward = function(_, g) return g * 2 end,
}

describe("a Function", function()
  it("has the derivative that it says", function()
    local x, y = leaf { 0.5, -1.0 }, leaf { 2.0, 3.0 }
    local e = Exp.apply(x)
    assert.equal("<Exp>", e.grad_fn)
    assert.is_false(e.is_leaf);
    (Mul.apply(e, y) * 3):sum():backward()
    same(x.grad, { 6 * math.exp(0.5), 9 * math.exp(-1.0) }, 1e-14)
    same(y.grad, { 3 * math.exp(0.5), 3 * math.exp(-1.0) }, 1e-14)
  end)

  it("has derivatives of any order", function()
    local x, y = leaf { 0.5, -1.0 }, leaf { 2.0, 3.0 }
    assert.is_true(nm.autograd.gradcheck(Exp.apply, x))
    assert.is_true(nm.autograd.gradgradcheck(Exp.apply, x))
    assert.is_true(nm.autograd.gradgradcheck(Mul.apply, { x, y }))
    local d = Exp.apply(x):sum()
    for _ = 1, 4 do
      d = nm.grad(d, x, { create_graph = true })
      same(d, { math.exp(0.5), math.exp(-1.0) }, 1e-14)
      d = d:sum()
    end
    local third = Mul.apply(Mul.apply(y, y), y):sum()
    for _, f in ipairs { function(v) return 3 * v * v end, function(v) return 6 * v end,
      function() return 6.0 end } do
      third = nm.grad(third, y, { create_graph = true })
      same(third, { f(2.0), f(3.0) })
      third = third:sum()
    end
  end)

  it("works in every float dtype, and on Vulkan", function()
    for _, device in ipairs(nm.vulkan.is_available() and { "cpu", "vulkan" } or { "cpu" }) do
      for _, dtype in ipairs { "float32", "float16" } do
        local x = leaf({ 1.0, 2.0 }, { dtype = dtype, device = device })
        Mul.apply(x, x):sum():backward()
        assert.equal(dtype, x.grad.dtype)
        assert.equal(device, x.grad.device)
        same(x.grad:cpu(), { 2.0, 4.0 })
      end
    end
  end)

  it("takes arguments of any kind, in any order", function()
    local Scale = Function {
      forward = function(ctx, k, x, options, nothing)
        assert.is_nil(nothing)
        ctx.k = k * options.twice
        same(ctx.needs_input_grad, { false, true, false, false })
        return x * ctx.k
      end,
      backward = function(ctx, g) return nil, g * ctx.k end,
    }
    local x = leaf { 1.0 }
    Scale.apply(5, x, { twice = 2 }, nil):sum():backward()
    same(x.grad, { 10.0 })
  end)

  it("gives results of any number and kind", function()
    local seen
    local Parts = Function {
      forward = function(ctx, x)
        local sign = x:sign()
        ctx:mark_non_differentiable(sign)
        return x * 2, "text", sign, x:gt(0), x * 3, x * 4, x * 5, nil
      end,
      backward = function(_, a, sign, mask, ...)
        seen = { sign:totable(), mask.dtype }
        local b, c, d = ...
        return a * 2 + b * 3 + c * 4 + d * 5
      end,
    }
    local x = leaf { 1.0, -2.0 }
    local results = table.pack(Parts.apply(x))
    assert.equal(8, results.n)
    assert.equal("text", results[2])
    assert.is_true(results[1].requires_grad)
    assert.is_false(results[3].requires_grad)
    assert.is_false(results[4].requires_grad);
    (results[1] + results[5] + results[6] * 10):sum():backward() -- the last but one stays unused
    same(x.grad, { 45.0, 45.0 })
    same(seen, { { 0.0, 0.0 }, "bool" }) -- zeros where nothing came
  end)

  it("gets nil instead of zeros if it wants", function()
    local got
    local Two = Function {
      forward = function(ctx, x)
        ctx:set_materialize_grads(false)
        return x * 2, x * 3
      end,
      backward = function(_, a, b)
        got = { a == nil, b ~= nil }
        return b * 3
      end,
    }
    local x = leaf { 1.0 }
    select(2, Two.apply(x)):sum():backward()
    same(got, { true, true })
    same(x.grad, { 3.0 })
  end)

  it("may have no gradient for an argument", function()
    local First = Function {
      forward = function(_, a, b) return a + b end,
      backward = function(ctx, g)
        same(ctx.needs_input_grad, { true, true })
        return g
      end,
    }
    local a, b = leaf { 1.0 }, leaf { 2.0 }
    First.apply(a, b):sum():backward()
    same(a.grad, { 1.0 })
    assert.is_nil(b.grad)
    assert.is_falsy(nm.grad(First.apply(a, b):sum(), { a, b }, { allow_unused = true })[2])
  end)

  it("has its gradients summed to the arguments' shapes, and cast", function()
    local Add = Function {
      forward = function(_, a, b) return a + b end,
      backward = function(_, g) return g, g end,
    }
    local a, b = leaf { { 1.0 }, { 2.0 } }, leaf({ 1.0, 2.0, 3.0 }, { dtype = "float32" })
    Add.apply(a, b):sum():backward()
    same(a.grad, { { 3.0 }, { 3.0 } })
    same(b.grad, { 2.0, 2.0, 2.0 })
    assert.equal("float32", b.grad.dtype)
  end)

  it("runs off the tape, and on it nowhere", function()
    local enabled
    local F = Function {
      forward = function(_, x)
        enabled = nm.is_grad_enabled()
        return x * 2
      end,
      backward = function(_, g) return g * 2 end,
    }
    local x = leaf { 1.0 }
    F.apply(x)
    assert.is_false(enabled)
    assert.is_false(nm.no_grad(F.apply, x).requires_grad)
    assert.is_false(F.apply(nm.ones(2)).requires_grad)
    assert.is_false(nm.inference_mode(F.apply, x).requires_grad)
    pcall(Function { forward = error, backward = error }.apply, x)
    assert.is_true(nm.is_grad_enabled())
  end)

  it("may walk a graph of its own in backward", function()
    local Checkpoint = Function { -- computes forward again when it is needed
      forward = function(ctx, f, x)
        ctx.f = f
        ctx:save_for_backward(x)
        return f(x)
      end,
      backward = function(ctx, g)
        local x = ctx.saved_tensors[1]:detach():requires_grad_()
        local y = nm.enable_grad(ctx.f, x)
        y:backward(g)
        return nil, x.grad
      end,
    }
    local x = leaf { 0.5, 1.0 }
    local function f(t) return (t * t):exp() end
    local function deep(t) return Checkpoint.apply(f, Checkpoint.apply(f, t)) end
    local got = nm.grad(deep(x):sum(), x)
    same(got, nm.grad(f(f(x)):sum(), x):totable(), 1e-12)
  end)
end)

describe("what a Function saves", function()
  it("is freed by backward, and an error when it is asked for again", function()
    local x = leaf { 1.0 }
    local y = Exp.apply(x)
    y:sum():backward(nil, { retain_graph = true })
    y:sum():backward()
    assert.matches("retain_graph", failure(y.backward, y:sum()))
    local z = Double.apply(x) -- saves nothing
    z:sum():backward()
    z:sum():backward()
  end)

  it("must not be changed in place", function()
    local x = leaf { 1.0, 2.0 }
    local a = x * 1
    local y = Mul.apply(a, a)
    a:add_(1)
    assert.matches("Mul needs was changed in place", failure(y.backward, y:sum()))
    local e = Exp.apply(x)
    local r = e * 1
    e:mul_(2)
    assert.matches("Exp needs was changed in place", failure(r.backward, r:sum()))
  end)

  it("has holes where nil was saved, and can be had after forward only", function()
    local x, list = leaf { 1.0 }, nil
    local Holes = Function {
      forward = function(ctx, t)
        assert.matches("before backward", failure(function() return ctx.saved_tensors end))
        ctx:save_for_backward(nil, t, nil)
        return t * 1
      end,
      backward = function(ctx, g)
        list = ctx.saved_tensors
        return g
      end,
    }
    Holes.apply(x):sum():backward()
    assert.equal(3, list.n)
    assert.is_nil(list[1])
    same(list[2], { 1.0 })
    assert.is_nil(list[3])
  end)

  it("may be none of arguments and results", function()
    local Norm = Function {
      forward = function(ctx, x)
        local s = x:square():sum():sqrt()
        ctx:save_for_backward(x, s)
        return s
      end,
      backward = function(ctx, g)
        local x, s = table.unpack(ctx.saved_tensors)
        return g * x / s
      end,
    }
    local x = leaf { 3.0, 4.0 }
    Norm.apply(x):backward()
    same(x.grad, { 0.6, 0.8 }, 1e-15)
  end)
end)

describe("a Function that writes in place", function()
  local Square_ = Function {
    name = "Square_",
    forward = function(ctx, x)
      ctx:save_for_backward(x:clone())
      ctx:mark_dirty(x)
      return x:square_()
    end,
    backward = function(ctx, g) return 2 * ctx.saved_tensors[1] * g end,
  }

  it("gives back the tensor itself, with a new history", function()
    local x = leaf { 2.0, 3.0 }
    local y = x * 1
    local z = Square_.apply(y)
    assert.is_true(rawequal(y, z))
    assert.equal("<Square_>", y.grad_fn)
    Square_.apply(y):sum():backward()
    same(x.grad, { 4 * 8.0, 4 * 27.0 })
  end)

  it("amends the history of what it was a view of", function()
    local x = leaf { { 1.0, 2.0 }, { 3.0, 4.0 } }
    local y = x * 1
    local row, other, column = y[1], y[1], y[{ {}, 1 }]
    Square_.apply(row)
    same(y, { { 1.0, 4.0 }, { 3.0, 4.0 } });
    (y * 1 + row * 10 + other * 100 + column:sum() * 1000):sum():backward()
    same(x.grad, { { 2 * (1 + 2 * 110 + 4000.0), 4 * (1 + 220.0) }, { 4001.0, 1.0 } })
  end)

  it("makes what was saved of the tensor before an error", function()
    local x = leaf { 2.0 }
    local y = x * 1
    local z = y * y
    Square_.apply(y)
    assert.matches("changed in place", failure(z.backward, z:sum()))
  end)

  it("takes no leaf that requires a gradient", function()
    local x = leaf { 2.0 }
    assert.matches("Square_: a leaf", failure(Square_.apply, x))
    assert.matches("leaf", failure(function() Square_.apply(leaf({ 2.0, 3.0 })[{ { 1, 1 } }]) end))
    local plain = nm.tensor { 3.0 }
    assert.is_false(Square_.apply(plain).requires_grad)
    same(plain, { 9.0 })
  end)

  it("must give the tensor back", function()
    local F = Function {
      forward = function(ctx, x)
        ctx:mark_dirty(x)
        return x * 1
      end,
      backward = function(_, g) return g end,
    }
    assert.matches("mark_dirty", failure(F.apply, leaf { 1.0 } * 1))
  end)
end)

describe("a Function that returns its argument", function()
  local Same = Function {
    name = "Same",
    forward = function(_, x) return x end,
    backward = function(_, g) return g * 5 end,
  }
  local Flat = Function {
    forward = function(_, x) return x:reshape({ -1 }) end,
    backward = function(_, g) return g:reshape(2, 2) end,
  }

  it("gives another tensor, which can't be written in place", function()
    local x = leaf { 1.0 }
    local y = Same.apply(x)
    assert.is_false(rawequal(x, y))
    assert.is_true(x.is_leaf)
    assert.matches("Function", failure(y.mul_, y, 2))
    y:sum():backward()
    same(x.grad, { 5.0 })
    local both = Function {
      forward = function(_, t) return t, t end,
      backward = function(_, a, b) return a + b * 10 end,
    }
    local a, b = both.apply(x);
    (a + b * 2):sum():backward()
    same(x.grad, { 26.0 })
  end)

  it("or a view of it, whose history can't be amended", function()
    local x = leaf { { 1.0, 2.0 }, { 3.0, 4.0 } }
    local base = x * 1
    local y = Flat.apply(base)
    assert.matches("Function", failure(function() y[1] = 3 end));
    (y * y):sum():backward()
    same(x.grad, { { 2.0, 4.0 }, { 6.0, 8.0 } })
    local z = Flat.apply(base)
    base:mul_(2)
    assert.matches("history", failure(function() return z * 2 end))
  end)
end)

describe("once_differentiable", function()
  local Cube = Function {
    name = "Cube", once_differentiable = true,
    forward = function(ctx, x)
      ctx:save_for_backward(x)
      return x ^ 3
    end,
    backward = function(ctx, g) return 3 * ctx.saved_tensors[1] ^ 2 * g end,
  }

  it("makes a second derivative an error", function()
    local x = leaf { 2.0 }
    Cube.apply(x):sum():backward()
    same(x.grad, { 12.0 })
    local g = nm.grad((Cube.apply(x) * x):sum(), x, { create_graph = true })
    same(g, { 32.0 })
    assert.is_true(g.requires_grad)
    assert.matches("Cube is once_differentiable", failure(g.backward, g:sum()))
  end)
end)

describe("a Function's mistakes", function()
  local function backward(f)
    return Function { name = "Bad", forward = function(_, x) return x * 1 end, backward = f }
  end

  it("are gradients of a wrong number, kind, shape or device", function()
    local x = leaf { 1.0, 2.0 }
    local cases = {
      ["Bad: backward gave gradient 2, but forward took 1"] = function(_, g) return g, g end,
      ["Bad: backward must give a tensor or nil for argument 1, got 3"] = function() return 3 end,
      ["Bad gave a gradient of shape {3}.*shape {2}"] = function()
        return nm.ones(3, { dtype = "float64" })
      end,
      ["Bad gave a gradient of dtype bool"] = function(_, g) return g:gt(0) end,
    }
    if nm.vulkan.is_available() then
      cases["Bad gave a gradient on vulkan"] = function(_, g) return g:vulkan() end
    end
    for text, f in pairs(cases) do
      local y = backward(f).apply(x):sum()
      assert.matches(text, failure(y.backward, y))
      assert.is_nil(x.grad)
    end
    local two = Function { name = "Bad", forward = function(_, t, k) return t * k end,
      backward = function(_, g) return g, g end }
    local y = two.apply(x, 2):sum()
    assert.matches("argument 2, which is no tensor", failure(y.backward, y))
  end)

  it("are errors where they were made", function()
    local x = leaf { 1.0 }
    local y = backward(function() error("boom") end).apply(x)
    assert.matches("function_spec.lua:%d+: boom", failure(y.backward, y:sum()))
    local z = backward(function(_, g) return g:reshape(7) end).apply(x)
    assert.matches("function_spec.lua:%d+: reshape", failure(z.backward, z:sum()))
  end)

  it("are definitions without parts", function()
    assert.matches("forward", failure(Function, { backward = print }))
    assert.matches("backward", failure(Function, { forward = print, backward = 3 }))
    assert.matches("did you mean 'forward'", failure(Function, { forwrad = print }))
    assert.matches("did you mean 'apply'", failure(function() return Exp.aply end))
  end)
end)

describe("a graph of Functions", function()
  it("of 100 000 calls needs no recursion", function()
    local x = leaf { 1.0 }
    local Next = Function {
      forward = function(_, t) return t + 1e-5 end,
      backward = function(_, g) return g end,
    }
    local y = x
    for _ = 1, 100000 do y = Next.apply(y) end
    y:sum():backward()
    same(x.grad, { 1.0 })
    y = nil -- luacheck: ignore 311
    collectgarbage()
  end)

  it("goes with its tensors, and ctx with it", function()
    local alive = setmetatable({}, { __mode = "k" })
    local Token = Function {
      forward = function(ctx, x)
        ctx.token = {}
        alive[ctx.token] = true
        local y = x * 2
        ctx:save_for_backward(x, y)
        return y
      end,
      backward = function(_, g) return g * 2 end,
    }
    local function run(walk)
      local x = nm.ones(1000, { requires_grad = true })
      local y = Token.apply(Token.apply(x))
      if walk then y:sum():backward() end
    end
    local function collect()
      for _ = 1, 3 do
        collectgarbage()
        for _ = 1, 100 do nm.eval(nm.ones(1000) + 1):free() end
      end
      collectgarbage()
    end
    run(true)
    collect()
    local before = nm.memory_stats().allocated
    for i = 1, 40 do run(i % 2 == 0) end
    collect()
    Token.apply(leaf { 1.0 }) -- what is gone leaves when the next one comes
    collect()
    assert.is_true(nm.memory_stats().allocated <= before)
    local n = 0
    for _ in pairs(alive) do n = n + 1 end
    assert.is_true(n <= 1)
  end)
end)
