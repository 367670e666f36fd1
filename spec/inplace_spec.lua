-- Writes in place under the tape: into leaves, results and views, by ops and by indexing; what was
-- saved before them; lists of views.
local nm = require "numoon"
local core = require "numoon.core"
local helper = require "spec.helper"

local same = helper.same
local leaf, failure = helper.leaf, helper.failure

describe("a value that was changed in place", function()
  it("after backward came to need it is an error that names the op", function()
    local x = leaf { 1.0, 2.0 }
    local y = x * 2
    local z = y * y
    y:add_(1)
    local message = failure(z.backward, z:sum())
    assert.matches("mul", message)
    assert.matches("in place", message)
    assert.is_nil(x.grad)
    local e = (x * 1):exp()
    local r = e:sum()
    e:mul_(2)
    assert.matches("exp", failure(r.backward, r))
  end)

  it("through a view, or its base, too", function()
    local x = leaf { 1.0, 2.0 }
    local y = x * 2
    local z = (y * y):sum()
    y[1] = 5
    assert.matches("mul", failure(z.backward, z))
    local v = (x * 2)
    local w = (v[{ { 1, 1 } }] * v[{ { 2, 2 } }]):sum()
    v:zero_()
    assert.matches("mul", failure(w.backward, w))
  end)

  it("under no_grad too", function()
    local x = leaf { 1.0, 2.0 }
    local z = (x * x):sum()
    nm.no_grad(function() x:add_(1) end)
    assert.matches("mul", failure(z.backward, z))
  end)

  it("is an error where an op reads the view that it changes", function()
    local x = leaf { 1.0, 2.0 }
    local y = x * 2
    y[{ { 1, 1 } }]:mul_(y[{ { 2, 2 } }])
    assert.matches("mul", failure(y.backward, y:sum()))
  end)

  it("is right where no derivative reads it", function()
    local x = leaf { 1.0, 2.0 }
    local y = x * 2
    local z = y + 1
    y:mul_(100)
    z:sum():backward()
    same(x.grad, { 2.0, 2.0 })
    local w = x:sigmoid()
    local r = w + w
    w:zero_()
    assert.matches("sigmoid", failure(r.backward, r:sum()))
  end)
end)

describe("in-place ops", function()
  it("on a leaf that requires a gradient are an error", function()
    local x = leaf { 1.0, 2.0 }
    assert.matches("leaf", failure(x.add_, x, 1))
    assert.matches("leaf", failure(function() x[1] = 3 end))
    assert.matches("leaf", failure(function() x:narrow(1, 1, 1):zero_() end))
    assert.matches("leaf", failure(x.set, x, 1, 3))
    same(x, { 1.0, 2.0 })
    nm.no_grad(function()
      x:add_(1)
      x[1] = 7
    end)
    same(x, { 7.0, 3.0 })
    assert.is_true(x.is_leaf)
  end)

  it("on a leaf that requires none make it part of the graph", function()
    local x, y = leaf { 1.0, 2.0 }, nm.ones(2, { dtype = "float64" })
    y:mul_(x)
    assert.is_true(y.requires_grad)
    assert.is_false(y.is_leaf);
    (y * y):sum():backward()
    same(x.grad, { 2.0, 4.0 })
  end)

  -- A function of x with an in-place op in it, and the same written without: both must agree.
  local pairs_of_functions = {
    { "of a result", function(x)
      local y = x * 2
      y:exp_()
      y:mul_(x)
      return y
    end, function(x) return (x * 2):exp() * x end },
    { "of a result by itself", function(x)
      local y = x * 2
      y:mul_(y)
      y:sub_(y * 3)
      return y
    end, function(x)
      local y = (x * 2) * (x * 2)
      return y - y * 3
    end },
    { "of a row", function(x)
      local y = x * 1
      y[1]:mul_(x[2])
      return y * x
    end, function(x) return nm.stack({ x[1] * x[2], x[2], x[3] }) * x end },
    { "of a column", function(x)
      local y = x * 1
      y[{ {}, 2 }]:exp_()
      return y
    end, function(x)
      return nm.stack({ x[{ {}, 1 }], x[{ {}, 2 }]:exp(), x[{ {}, 3 }] }, 2)
    end },
    { "of a view of a view", function(x)
      local y = x * 1
      local v = y.T[{ { 1, 2 } }]
      v[2]:square_()
      return y * 2
    end, function(x)
      return nm.stack({ x[{ {}, 1 }], x[{ {}, 2 }]:square(), x[{ {}, 3 }] }, 2) * 2
    end },
    { "of a base, seen through a view", function(x)
      local y = x * 1
      local v = y[2]
      y:mul_(x)
      return v * v
    end, function(x)
      local v = x[2] * x[2]
      return v * v
    end },
    { "of one view, seen through another", function(x)
      local y = x * 1
      local a, b = y[{ { 1, 2 } }], y[{ { 2, 3 } }]
      a:add_(b)
      return b * 3
    end, function(x) return nm.stack({ x[2] + x[3], x[3] }) * 3 end },
    { "of a view by its base", function(x)
      local y = x * 1
      y[1]:add_(y:sum(1))
      return y
    end, function(x) return nm.stack({ x[1] + x:sum(1), x[2], x[3] }) end },
    { "by a value of another shape", function(x)
      local y = x * 1
      y:mul_(x[1])
      y:add_(x[{ {}, { 1, 1 } }])
      return y
    end, function(x) return x * x[1] + x[{ {}, { 1, 1 } }] end },
    { "that forget what was there", function(x)
      local y = x * 1
      y:copy_(x * x)
      y[2]:fill_(x[{ 1, 1 }])
      y[3]:zero_()
      return y
    end, function(x)
      return nm.stack({ x[1] * x[1], x[{ 1, 1 }]:expand(3), x[3] * 0 })
    end },
    { "into zeros", function(x)
      local y = nm.zeros(3, 3, { dtype = "float64" })
      y[1] = x[2]
      y[{ {}, 3 }] = x[{ {}, 1 }] * x[{ {}, 2 }]
      return y
    end, function(x)
      local p = x[{ {}, 1 }] * x[{ {}, 2 }]
      local zero = x[1] * 0
      local first = nm.cat({ x[2][{ { 1, 2 } }], p[{ { 1, 1 } }] })
      local second = nm.cat({ zero[{ { 1, 2 } }], p[{ { 2, 2 } }] })
      local third = nm.cat({ zero[{ { 1, 2 } }], p[{ { 3, 3 } }] })
      return nm.stack({ first, second, third })
    end },
    { "after a reshape", function(x)
      local y = x * 1
      y:reshape(9)[{ { 1, 9, 2 } }]:mul_(2)
      return y * x
    end, function(x)
      local w = nm.tensor({ 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0 }, { dtype = "float64" })
      return x * w:reshape(3, 3) * x
    end },
  }

  for _, row in ipairs(pairs_of_functions) do
    it(row[1] .. " have the gradient of the form without", function()
      local start = { { 0.5, -1.25, 2.0 }, { 1.5, 0.75, -0.5 }, { -2.0, 1.0, 0.25 } }
      local w = nm.arange(1, 10):to("float64") / 8
      local function gradient(f)
        local x = leaf(start)
        local y = f(x);
        (y * w[{ { 1, y:numel() } }]:reshape(y.shape)):sum():backward()
        return y, x.grad
      end
      local y, g = gradient(row[2])
      local z, h = gradient(row[3])
      same(y, z:totable(), 1e-12)
      same(g, h:totable(), 1e-12)
      local x = leaf(start)
      assert.is_true(nm.autograd.gradcheck(row[2], x))
      assert.is_true(nm.autograd.gradgradcheck(row[2], x))
    end)
  end

  it("leave a result as it is that was made of what they change", function()
    local x = nm.tensor { 1.0, 2.0, 3.0, 4.0 }
    local v = x[{ { 2, 3 } }]
    local y = v * 10
    x[{ { 2, 3 } }] = y
    same(y, { 20.0, 30.0 })
    local z = v + 1
    v:copy_(z)
    same(z, { 21.0, 31.0 })
    same(x, { 1.0, 21.0, 31.0, 4.0 })
    local t = leaf { 0.5, 1.0, 1.5 } -- exp saves its result
    local w = t * 1
    w[{ { 1, 2 } }]:exp_()
    w:sum():backward()
    same(t.grad, { math.exp(0.5), math.exp(1), 1.0 }, 1e-14)
  end)

  it("out = refuses what is tracked", function()
    local x, y = leaf { 1.0, 2.0 }, nm.zeros(2, { dtype = "float64" })
    assert.matches("out", failure(nm.mul, x, x, { out = y }))
    nm.no_grad(function() nm.mul(x, x, { out = y }) end)
    same(y, { 1.0, 4.0 })
  end)
end)

describe("random graphs", function()
  -- Views of views, writes through them and results of them, a few of each, drawn from a seed.
  local function graph(seed)
    return function(x)
      local rng = helper.rng(seed)
      local pool = { x * 1, x * 0.5 }
      local function pick() return rng.pick(pool) end
      -- A tensor that can be combined with t: of its shape, or of one value.
      local function partner(t)
        for _ = 1, 6 do
          local u = pick()
          if u.shape == t.shape then return u end
        end
        return pick():sum() * 0.1
      end
      local views = {
        function(t) return t.ndim > 0 and #t > 0 and t[rng.int(1, #t)] or t:unsqueeze(1) end,
        function(t) return t.ndim > 0 and #t > 1 and t[{ { 2, -1 } }] or t:reshape(-1) end,
        function(t) return t.ndim > 0 and t[{ "...", { 1, -1, 2 } }] or t:view(1) end,
        function(t) return t.T end,
        function(t) return t:reshape(-1) end,
      }
      local writes = {
        function(t) t:mul_(0.75) end,
        function(t) t:add_(partner(t)) end,
        function(t) t:mul_(partner(t)) end,
        function(t) t:sin_() end,
        function(t) t:copy_(partner(t)) end,
        function(t) if t.ndim > 0 and #t > 0 then t[-1] = partner(t[1]) end end,
        function(t) if t.ndim > 0 then t[t:gt(0.3217)] = 0.25 end end,
        function(t) if t.ndim > 0 and #t > 1 then t[{ { 1, 1 } }]:sub_(t[{ { 2, 2 } }]) end end,
      }
      local results = {
        function(t) return t + partner(t) end,
        function(t) return t * partner(t) end,
        function(t) return t:sin() end,
        function(t) return t:clone() end,
        function(t) return t.ndim > 0 and t:sum(1) or t * 2 end,
      }
      for _ = 1, rng.int(4, 14) do
        local kind = rng.int(1, 3)
        if kind == 2 then rng.pick(writes)(pick())
        else pool[#pool + 1] = rng.pick(kind == 1 and views or results)(pick()) end
      end
      local total = 0
      for i, t in ipairs(pool) do total = total + t:sum() * (i / 8) end
      return total
    end
  end

  it("with views and writes have the right derivatives, or say what was changed", function()
    local checked, refused = 0, 0
    for seed = 1, 400 do
      local f = graph(seed)
      local x = leaf { { 0.5, -1.25, 0.8 }, { 1.5, 0.7, -0.4 } }
      core.record_short(true)
      local fused = f(x):item()
      core.record_short(false)
      nm.set_fusion(false)
      local alone = f(x):item()
      nm.set_fusion(true)
      assert.equal(alone, fused, "seed " .. seed)
      local ok, message = pcall(nm.autograd.gradcheck, f, x)
      if ok then
        checked = checked + 1
      elseif message:find("changed in place", 1, true) then
        refused = refused + 1
      else
        error(("seed %d: %s"):format(seed, message), 0)
      end
    end
    assert.is_true(checked > refused, ("%d checked, %d refused"):format(checked, refused))
  end)
end)

describe("indexing", function()
  local start = { { 0.5, -1.25, 2.0, 3.0 }, { 1.5, 0.75, -0.5, 1.0 }, { -2.0, 1.0, 0.25, 0.5 } }
  local index = nm.tensor { 3, 1, 3 }
  local columns = nm.tensor { 4, -2, 1 }
  local keys = {
    { "an integer", 2 }, { "a negative integer", -1 }, { "two integers", { 2, 3 } },
    { "all", { {} } }, { "a slice", { { 2, 3 } } }, { "slices", { { 1, 3, 2 }, { 2, 4 } } },
    { "an integer and a slice", { {}, { 1, -1, 3 } } }, { "an ellipsis", { "...", 2 } },
    { "a new dim", { nm.newaxis, 2 } }, { "an empty slice", { { 3, 2 } } },
    { "an index tensor with repeats", index }, { "an index tensor of columns", { {}, columns } },
    { "two index tensors", { index, columns } },
    { "an index tensor and an integer", { index, 2 } },
    { "an index tensor and a slice", { index, { 2, 3 } } },
    { "a mask", nm.tensor(start):gt(0.6) },
    { "a mask of rows", nm.tensor { true, false, true } },
    { "a mask of columns", { {}, nm.tensor { true, false, false, true } } },
  }

  for _, row in ipairs(keys) do
    local key = row[2]
    it("by " .. row[1] .. " has its gradients, read and written", function()
      local x = leaf(start)
      assert.is_true(nm.autograd.gradcheck(function(t) return t[key] * 2 end, x))
      assert.is_true(nm.autograd.gradgradcheck(function(t) return t[key]:square() end, x))
      local shape = x[key].shape
      local n = x[key]:numel()
      local value = leaf(0.5)
      local repeats = row[1]:find("repeats") or row[1]:find("index tensor and") -- which one wins?
      local function put(t, v)
        local y = t * 1
        y[key] = v
        return y
      end
      if not repeats then assert.is_true(nm.autograd.gradcheck(put, { x, value })) end
      if n > 0 and not repeats then
        local values = nm.linspace(1, 2, n, { dtype = "float64" }):reshape(shape)
        assert.is_true(nm.autograd.gradcheck(put, { x, values:requires_grad_() }))
        assert.is_true(nm.autograd.gradgradcheck(put, { x, values }))
      end
      local function constant(t)
        local y = t * 2
        y[key] = 3
        return y
      end
      assert.is_true(nm.autograd.gradcheck(constant, x))
    end)
  end

  it("adds up the gradients of what is read twice", function()
    local x = leaf { 1.0, 2.0, 3.0 }
    x[nm.tensor { 1, 1, 3, 1 }]:sum():backward()
    same(x.grad, { 3.0, 0.0, 1.0 })
  end)

  it("of single elements is tracked too", function()
    local x = leaf { 1.0, 2.0, 3.0 }
    local y = x * 2
    y:set(2, 10)
    assert.equal(10.0, y:get(2))
    y:sum():backward()
    same(x.grad, { 2.0, 0.0, 2.0 })
  end)
end)

describe("a list of views", function()
  it("has the gradients of its parts", function()
    local x = leaf { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } }
    local a, b = table.unpack(x:split({ 1, 2 }, 2));
    (a * a).sum(a * a):backward()
    same(x.grad, { { 2.0, 0.0, 0.0 }, { 8.0, 0.0, 0.0 } })
    b:sum():backward()
    same(x.grad, { { 2.0, 1.0, 1.0 }, { 8.0, 1.0, 1.0 } })
    x.grad = nil
    local sum = 0
    for i, row in ipairs(x:unbind()) do sum = sum + row:sum() * i end
    for i, part in ipairs(x:chunk(3, 2)) do sum = sum + part:square():sum() * i end
    sum:backward()
    same(x.grad, { { 1 + 2.0, 1 + 8.0, 1 + 18.0 }, { 2 + 8.0, 2 + 20.0, 2 + 36.0 } })
    assert.is_true(nm.autograd.gradgradcheck(function(t)
      return nm.cat(t:square():split(2, 2), 2):prod(2)
    end, x))
  end)

  it("may be written, one by one", function()
    local x = leaf { 1.0, 2.0, 3.0 }
    local y = x * 2
    local parts = y:unbind()
    parts[1]:mul_(parts[2] * 1)
    parts[3]:square_()
    y:sum():backward()
    same(x.grad, { 2 * 4.0, 2 * 2.0 + 2, 2 * 2 * 6.0 })
  end)
end)

describe("a view made with the tape off", function()
  it("can't be written while it is on, where its base has a history", function()
    local x = leaf { 1.0, 2.0 }
    local y = x * 2
    local v = nm.no_grad(function() return y[{ { 1, 1 } }] end)
    assert.matches("no_grad", failure(v.mul_, v, 2))
    assert.matches("no_grad", failure(function() v[1] = x[1] end))
    assert.is_false(v.requires_grad)
    nm.no_grad(v.mul_, v, 2)
    same(y, { 4.0, 4.0 })
    y:add_(1)
    assert.matches("no_grad", failure(function() return v * x end))
    assert.is_false(v.requires_grad) -- what only looks is no error
    assert.is_string(tostring(v))
    y:sum():backward()
    same(x.grad, { 2.0, 2.0 })
  end)

  it("of what has none is as good as any other", function()
    local x, y = leaf { 1.0, 2.0 }, nm.zeros(2, { dtype = "float64" })
    local v = nm.no_grad(function() return y[{ { 1, 1 } }] end)
    v:add_(3)
    same(y, { 3.0, 0.0 })
    assert.matches("no_grad", failure(v.mul_, v, x[1]))
    local d = nm.no_grad(function() return (x * 1):detach() end)
    d:mul_(x)
    d:sum():backward()
    same(x.grad, { 1.0, 2.0 })
  end)
end)
