-- The tape: what accumulates and what is freed, graphs of any depth, derivatives of derivatives,
-- memory, devices.
local nm = require "numoon"
local helper = require "spec.helper"

local same = helper.same
local leaf, failure = helper.leaf, helper.failure

describe("gradients", function()
  it("accumulate until they are cleared", function()
    local x = leaf { 1.0, 2.0 };
    (x * x):sum():backward()
    same(x.grad, { 2.0, 4.0 });
    (x * 3):sum():backward()
    same(x.grad, { 5.0, 7.0 })
    x.grad = nil
    assert.is_nil(x.grad);
    (x * 3):sum():backward()
    same(x.grad, { 3.0, 3.0 })
  end)

  it("belong to one leaf, though the same numbers go to several", function()
    local a, b = leaf { 1.0 }, leaf { 2.0 };
    (a + b):sum():backward()
    a.grad:add_(10)
    same(a.grad, { 11.0 })
    same(b.grad, { 1.0 })
  end)

  it("come from a gradient of the result's shape", function()
    local x = leaf { { 1.0, 2.0 }, { 3.0, 4.0 } }
    local y = x * x
    assert.matches("shape", failure(y.backward, y))
    assert.matches("shape", failure(y.backward, y, nm.ones(2, { dtype = "float64" })))
    y:backward(nm.tensor({ { 1.0, 0.0 }, { 0.0, 2.0 } }, { dtype = "float64" }))
    same(x.grad, { { 2.0, 0.0 }, { 0.0, 16.0 } })
  end)

  it("of parts are summed in place of the whole's, which hooks see", function()
    local x = nm.randn(3, 4, 5):requires_grad_()
    local y, seen = x * 2, 0
    y:register_hook(function(g) seen = g:clone() end)
    local w = nm.randn(4, 5)
    local function loss(z, a, b, c)
      return (a * w + (b * b) * c + a * a):sum() + z:narrow(2, 2, 2):square():sum() + z:sum()
    end
    loss(y, y[1], y[2], y[3]):backward()
    local copies = nm.stack { y[1], y[2], y[3] }:detach():requires_grad_()
    local parts = nm.unbind(copies, 1)
    loss(copies, table.unpack(parts)):backward()
    same(copies.grad, seen, 1e-5)
    same(copies.grad * 2, x.grad, 1e-5)
  end)

  it("of any parts of any view are what a tape that is kept says", function()
    local rng = helper.rng(7)
    local int, pick = rng.int, rng.pick
    local function some() return int(1, 3) == 1 end
    local function part(y)
      local dim, kind = int(1, y.ndim), int(1, 6)
      local n = y.shape[dim]
      if kind == 1 then return y:select(dim, int(1, n)) end
      if kind == 2 then return y:transpose(1, dim) end
      if kind == 3 then return y:unfold(dim, int(1, math.min(n, 2)), int(1, 2)) end
      local first = int(1, n)
      local z = y:narrow(dim, first, int(kind == 4 and 0 or 1, n - first + 1))
      return kind == 6 and nm.numel(z) > 0 and part(z) or z
    end
    local function parts_of(y)
      local all, dim = {}, int(1, y.ndim)
      if some() then all = y:unbind(dim) elseif some() then all = y:chunk(2, dim) end
      for _ = 1, int(1, 3) do table.insert(all, int(1, #all + 1), part(y)) end
      if #all > 1 and some() then table.remove(all, int(1, #all)) end
      return all
    end
    for i = 1, 400 do
      local dtype = i % 8 == 0 and "float16" or i % 8 == 1 and "float64" or "float32"
      local x = nm.randint(-3, 4, { 2, 4, 3 }, { dtype = dtype }):requires_grad_()
      local y, seen, sum = (x * 2):permute(pick { { 1, 2, 3 }, { 2, 3, 1 }, { 3, 1, 2 } }), {}, 0
      if some() then y = y:reshape(y.shape[1], -1) end
      if some() then y:register_hook(function(g) table.insert(seen, g:detach():clone()) end) end
      for k, p in ipairs(parts_of(y)) do sum = sum + (p * (p * 0.5 + k)):sum() end
      local options = { create_graph = true, allow_unused = true }
      local expected = nm.grad(sum * 1, x, options) -- whole numbers: exact in any order
      local got = nm.grad(sum * 1, x, { allow_unused = true })
      same(expected and expected:detach(), got)
      same(seen[1], seen[2])
      assert.is_true(not got or got:is_contiguous())
    end
  end)

  it("of a view lie as the view does", function()
    local x = nm.randn(2, 5, 12):requires_grad_()
    local y = (x * 1):view(2, 5, 3, 4):permute(3, 1, 4, 2)
    local grads = {}
    y:register_hook(function(g) grads[1] = g end)
    local k = y[2]
    k:register_hook(function(g) grads[2] = g end);
    (y[1].mT % k):sum():backward()
    same(y:stride(), grads[1]:stride())
    assert.is_true(grads[2].mT:is_contiguous())
  end)

  it("that a number is all that comes to them are the same when somebody looks", function()
    local mask, w = nm.randn(3, 4), nm.randn(3, 4)
    local forms = {
      function(x) return x / 3 end,
      function(x) return 2 * (x * 0.25 - mask) end,
      function(x) return mask + x / -7 end,
      function(x) return mask - x * 2 end,
      function(x) return 3 / x end,
      function(x) return x / 1e-30 * 1e-30 / 1e-20 end,
      function(x) return x * x / 2 + x * 2 end,
      function(x) return (x / 2):unsqueeze(1) / 2 end,
      function(x) return (x / 2 + nm.zeros(2, 1, 1)) * 2 end,
    }
    for k, f in ipairs(forms) do
      for _, dtype in ipairs { "float32", "float64", "bfloat16" } do
        local x = nm.randn(3, 4, { dtype = dtype }):requires_grad_()
        local function loss(t)
          return ((k % 2 == 0 and t:softmax(-1) or t:softmax(-1, { dtype = "float64" })) * w):sum()
        end
        loss(f(x)):backward()
        local seen, scores = 0, f(x)
        scores:register_hook(function() seen = seen + 1 end)
        local expected = nm.grad(loss(scores), x)
        local difference = (x.grad - expected):abs():amax():item()
        local most = expected:abs():amax():item() * (dtype == "bfloat16" and 0.02 or 1e-6)
        assert.is_true(difference <= most, ("form %d, %s: %g"):format(k, dtype, difference))
        assert.equal(1, seen)
      end
    end
    local x = nm.randn(3, 4):requires_grad_()
    local scores, g = x / 4, nm.randn(3, 4)
    local y, given = scores:softmax(-1), g:clone()
    scores:retain_grad()
    y:backward(g)
    same(given, g)
    same((y * (g - (g * y):sum(-1, true))):detach(), scores.grad, 1e-6)
    same(scores.grad / 4, x.grad, 1e-7)
  end)

  it("of a sum of products are tensors of their own", function()
    local w = nm.randn(40, 30)
    local x, y = nm.randn(40, 30):requires_grad_(), nm.randn(30, 40):requires_grad_()
    local kept = w:clone();
    (x * w + (y * 1).mT * w):sum():backward()
    same(kept, x.grad)
    same(kept.mT, y.grad)
    x.grad:mul_(2)
    nm.grad((x * w):sum(), x):zero_()
    w:add_(1)
    same(kept * 2, x.grad)
    same(kept + 1, w)
    same(kept.mT, y.grad)
  end)

  it("of parts don't change what was given", function()
    local x = nm.randn(3, 4):requires_grad_()
    local y, given = x * 2, nm.ones(3, 4)
    nm.autograd.backward({ y, y[2] * 3 }, { given, nm.ones(4) })
    same(nm.ones(3, 4), given)
    same({ { 2, 2, 2, 2 }, { 8, 8, 8, 8 }, { 2, 2, 2, 2 } }, x.grad)
  end)

  it("need something that asks for them", function()
    local y = nm.ones(1) * 2
    assert.matches("requires", failure(y.backward, y))
    assert.matches("int64", failure(nm.tensor, { 1, 2 }, { requires_grad = true }))
  end)

  it("are of the leaf's dtype", function()
    for _, dtype in ipairs { "float64", "float32", "float16", "bfloat16" } do
      local x = leaf({ 1.0, 2.0 }, { dtype = dtype })
      local y = x:to("float64") * nm.tensor({ 2.0, 3.0 }, { dtype = "float64" })
      y:sum():backward()
      assert.equal(dtype, x.grad.dtype)
      same(x.grad, { 2.0, 3.0 })
    end
    local half, double = leaf({ 0.5 }, { dtype = "float16" }), leaf { 3.0 };
    (half * double):sum():backward()
    assert.equal("float16", half.grad.dtype)
    assert.equal("float64", double.grad.dtype)
    same(half.grad, { 3.0 })
    same(double.grad, { 0.5 })
  end)

  it("of an integer in between are none", function()
    local x = leaf { 1.5, 2.5 }
    assert.is_false(x:to("int64").requires_grad)
    assert.is_false(x:gt(2).requires_grad)
    assert.is_false(x:argmax().requires_grad)
    local y = x * x:gt(2)
    y:sum():backward()
    same(x.grad, { 0.0, 1.0 })
  end)

  it("are summed over what was broadcast", function()
    local a, b, c = leaf { { 1.0 }, { 2.0 } }, leaf { 3.0, 4.0, 5.0 }, leaf(2.0)
    local y = a * b + c;
    (y * nm.arange(1, 7):reshape(2, 3):to("float64")):sum():backward()
    same(a.grad, { { 1.0 * 3 + 2 * 4 + 3 * 5 }, { 4.0 * 3 + 5 * 4 + 6 * 5 } })
    same(b.grad, { 1.0 + 4 * 2, 2.0 + 5 * 2, 3.0 + 6 * 2 })
    same(c.grad, 21.0)
    assert.equal(0, c.grad.ndim)
    local d = leaf { { { 1.0 } } };
    (d * nm.ones(2, 1, 4, 3, { dtype = "float64" })):sum():backward()
    same(d.grad, { { { 24.0 } } })
  end)

  it("of a tensor that is used many times are the sum", function()
    local x = leaf { 2.0 }
    local y = x
    for _ = 1, 200 do y = y + x end
    y:sum():backward()
    same(x.grad, { 201.0 })
    x.grad = nil
    local parts = {}
    for i = 1, 50 do parts[i] = x * i end
    nm.cat(parts):sum():backward()
    same(x.grad, { 1275.0 })
    x.grad = nil;
    (x * x * x):sum():backward()
    same(x.grad, { 12.0 })
  end)

  it("of inputs in the middle of a graph", function()
    local x = leaf { 3.0 }
    local y = x * x
    local z = y * y
    same(nm.grad(z:sum(), y), { 18.0 })
    local gx, gy = table.unpack(nm.grad((x * x * y):sum(), { x, y }))
    same(gy, { 9.0 })
    same(gx, { 6.0 * 9 + 9 * 6 })
    assert.is_nil(x.grad)
  end)

  it("of what an output does not depend on are an error, or none", function()
    local x, y = leaf { 1.0 }, leaf { 2.0 }
    assert.matches("allow_unused", failure(nm.grad, (x * x):sum(), { x, y }))
    local grads = nm.grad((x * x):sum(), { x, y }, { allow_unused = true })
    same(grads[1], { 2.0 })
    assert.is_falsy(grads[2])
  end)
end)

describe("backward", function()
  it("of several tensors is that of their sum, in one walk", function()
    local x, calls = leaf { 1.0, 2.0 }, 0
    local shared = x * x
    shared:register_hook(function() calls = calls + 1 end)
    local weight = nm.tensor({ 10.0, 100.0 }, { dtype = "float64" })
    nm.autograd.backward({ shared:sum(), shared * 2 }, { false, weight })
    same(x.grad, { 2 * 21.0, 4 * 201.0 })
    assert.equal(1, calls)
    x.grad = nil
    nm.autograd.backward((x * 3):sum())
    same(x.grad, { 3.0, 3.0 })
    local two = { x:sum(), x:sum() }
    assert.matches("2 tensors, but 1 grad_tensors", failure(nm.autograd.backward, two, { false }))
  end)

  it("goes to the inputs alone, leaves or not", function()
    local x, w = leaf { 2.0 }, leaf { 3.0 }
    local y = x * x
    local z = (y * w):sum()
    z:backward(nil, { inputs = { x }, retain_graph = true })
    same(x.grad, { 12.0 })
    assert.is_nil(w.grad)
    z:backward(nil, { inputs = { y, w }, retain_graph = true })
    same(y.grad, { 3.0 })
    same(w.grad, { 4.0 })
    same(x.grad, { 12.0 })
    z:backward(nil, { inputs = y, retain_graph = true })
    same(y.grad, { 6.0 })
    y:retain_grad()
    z:backward(nil, { inputs = { y, x, x } })
    same(y.grad, { 9.0 }) -- once
    same(x.grad, { 24.0 })
    assert.matches("empty", failure(z.backward, z, nil, { inputs = {} }))
    assert.matches("input 1 does not", failure(z.backward, z, nil, { inputs = { nm.ones(1) } }))
    assert.matches("did you mean 'inputs'", failure(z.backward, z, nil, { inptus = { x } }))
  end)

  it("leaves a graph only where it is told to", function()
    local x = leaf { 2.0 }
    local y = (x ^ 3):sum()
    y:backward(nil, { create_graph = true })
    assert.is_true(x.grad.requires_grad)
    local first = x.grad
    first:sum():backward() -- 6 x, added to what is there
    same(x.grad, { 24.0 })
    x.grad = nil;
    (x ^ 3):sum():backward()
    assert.is_false(x.grad.requires_grad)
  end)

  it("may be called in coroutines, in turn", function()
    local x = leaf { 1.0 }
    local function work()
      for i = 1, 3 do
        (x * i):sum():backward()
        coroutine.yield()
      end
    end
    local a, b = coroutine.wrap(work), coroutine.wrap(work)
    for _ = 1, 3 do
      a()
      b()
    end
    same(x.grad, { 12.0 })
  end)
end)

describe("the graph", function()
  it("is freed by backward, unless it is retained", function()
    local x = leaf { 2.0 }
    local y = (x * x):sum()
    y:backward(nil, { retain_graph = true })
    y:backward()
    same(x.grad, { 8.0 })
    assert.matches("retain_graph", failure(y.backward, y))
    same(x.grad, { 8.0 })
  end)

  it("holds nothing for ops that save nothing", function()
    local x = leaf { 2.0 }
    local y = (x + 1):sum()
    y:backward()
    y:backward()
    same(x.grad, { 2.0 })
  end)

  it("is not recorded under no_grad, nor behind detach", function()
    local x = leaf { 2.0 }
    local y = nm.no_grad(function() return x * x end)
    assert.is_false(y.requires_grad)
    do
      local _ <close> = nm.no_grad()
      assert.is_false((x * x).requires_grad)
      nm.enable_grad(function() assert.is_true((x * x).requires_grad) end)
    end
    assert.is_true((x * x).requires_grad)
    pcall(nm.no_grad, error, "out of it")
    assert.is_true(nm.is_grad_enabled())
    local d = x:detach()
    assert.is_false(d.requires_grad)
    assert.is_true(d.is_leaf);
    (x * d):sum():backward()
    same(x.grad, { 2.0 })
    nm.no_grad(function() d:mul_(3) end)
    same(x, { 6.0 }) -- shared memory
  end)

  it("of a million ops needs no recursion", function()
    local x = leaf { 1.0 }
    local y = x
    for _ = 1, 1000000 do y = y + 1e-6 end
    y:sum():backward()
    same(x.grad, { 1.0 })
    assert.is_true(math.abs(y:item() - 2) < 1e-6)
    y = nil -- luacheck: ignore 311
    collectgarbage()
  end)

  it("of 100 000 ops that save needs none either", function()
    local x = leaf { 1.0 }
    local y = x
    for _ = 1, 100000 do y = y * 1.00001 end
    y:sum():backward()
    assert.is_true(math.abs(x.grad:item() - 1.00001 ^ 100000) < 1e-6)
    y = nil -- luacheck: ignore 311
    collectgarbage()
  end)

  it("of 100 000 ops is let go without recursion, never walked", function()
    local x = leaf { 1.0 }
    local y = x
    for _ = 1, 100000 do y = y * x end
    y:free()
    collectgarbage()
    same(nm.grad((x * 2):sum(), x), { 2.0 })
  end)

  it("is as wide as one likes", function()
    local leaves = {}
    for i = 1, 500 do leaves[i] = leaf { i + 0.0 } end
    nm.stack(leaves):square():sum():backward()
    for i, x in ipairs(leaves) do assert.equal(2.0 * i, x.grad:item()) end
  end)

  it("gives what was computed without fusion", function()
    local function gradient()
      local x = nm.arange(-4, 4):to("float32") / 3
      x:requires_grad_()
      local y = ((x * 2 + 1):tanh() * (x - 1):sigmoid()):exp() * 1
      y:mul_(x)
      y[{ { 2, 4 } }] = y[{ { 4, 6 } }] * 3
      y:sum():backward()
      return x.grad:totable()
    end
    local fused = gradient()
    nm.set_fusion(false)
    local alone = gradient()
    nm.set_fusion(true)
    same(fused, alone)
  end)
end)

describe("higher derivatives", function()
  it("of x^4", function()
    local x = leaf { 1.5, -2.0 }
    local y = (x ^ 4):sum()
    local d = y
    for n, f in ipairs {
      function(v) return 4 * v ^ 3 end, function(v) return 12 * v ^ 2 end,
      function(v) return 24 * v end, function() return 24.0 end } do
      d = nm.grad(n == 1 and d or d:sum(), x, { create_graph = true })
      same(d, { f(1.5), f(-2.0) }, 1e-12)
    end
  end)

  it("of x * x * x * x", function()
    local x = leaf { 1.5 }
    local d = (x * x * x * x):sum()
    d = nm.grad(d, x, { create_graph = true })
    same(d, { 4 * 1.5 ^ 3 }, 1e-12)
    d = nm.grad(d:sum(), x, { create_graph = true })
    same(d, { 12 * 1.5 ^ 2 }, 1e-12)
    d = nm.grad(d:sum(), x)
    same(d, { 24 * 1.5 }, 1e-12)
    assert.is_false(d.requires_grad)
  end)

  it("of exp, tanh and sigmoid, which read their own result", function()
    local x = leaf { 0.3 }
    local e = math.exp(0.3)
    local d = nm.grad(x:exp():sum(), x, { create_graph = true })
    for _ = 1, 4 do
      same(d, { e }, 1e-14)
      d = nm.grad(d:sum(), x, { create_graph = true })
    end
    local t = (e - 1 / e) / (e + 1 / e)
    d = nm.grad(nm.grad(x:tanh():sum(), x, { create_graph = true }):sum(), x)
    same(d, { -2 * t * (1 - t * t) }, 1e-14)
    local s = 1 / (1 + 1 / e)
    d = nm.grad(nm.grad(x:sigmoid():sum(), x, { create_graph = true }):sum(), x)
    same(d, { s * (1 - s) * (1 - 2 * s) }, 1e-14)
  end)

  it("through a gradient that is part of a loss", function()
    local x, w = leaf { 1.0, 2.0 }, leaf { 3.0, 4.0 }
    local g = nm.grad((w * x * x):sum(), x, { create_graph = true }); -- 2 w x
    (g * g):sum():backward()
    same(x.grad, { 8.0 * 9 * 1, 8.0 * 16 * 2 })
    same(w.grad, { 8.0 * 3 * 1, 8.0 * 4 * 4 })
  end)

  it("accumulate with create_graph", function()
    local x = leaf { 2.0 }
    local y = (x ^ 3):sum()
    y:backward(nil, { create_graph = true })
    same(x.grad, { 12.0 })
    local second = nm.grad(x.grad:sum(), x)
    same(second, { 12.0 })
  end)
end)

describe("memory", function()
  local function step(w, x, t)
    local e = (x:matmul(w):tanh() - t):square():mean()
    e:backward()
    nm.no_grad(function() w:sub_(w.grad * 0.1) end)
    w.grad:zero_()
  end

  it("does not grow over a thousand steps of training", function()
    nm.manual_seed(3)
    local w = nm.randn(16, 8):requires_grad_()
    local x, t = nm.randn(32, 16), nm.rand(32, 8)
    local function run(n)
      for _ = 1, n do step(w, x, t) end
      collectgarbage()
      collectgarbage()
      return collectgarbage("count"), nm.memory_stats().allocated
    end
    local lua, device = run(100)
    local lua_after, device_after = run(1000)
    assert.is_true(lua_after <= lua + 16, ("Lua: %.0f KB, then %.0f"):format(lua, lua_after))
    assert.is_true(device_after <= device, ("%d bytes, then %d"):format(device, device_after))
  end)

  it("of a graph goes with it", function()
    collectgarbage()
    collectgarbage()
    local before = nm.memory_stats().allocated
    do
      local x = nm.ones(1000, { requires_grad = true })
      local y = x
      for _ = 1, 100 do y = (y * 1.01):exp():log() end
      y:sum():backward()
      y = nil -- luacheck: ignore 311
      local z = x
      for _ = 1, 100 do z = z * x end -- never walked
      nm.eval(z)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, nm.memory_stats().allocated)
  end)

  it("of a graph that writes in place has no cycle", function()
    collectgarbage()
    collectgarbage()
    local before = nm.memory_stats().allocated
    for _ = 1, 20 do
      local x = nm.ones(100, 10, { requires_grad = true })
      local y = x * 2
      local v = y[1]
      y:mul_(y)
      v:exp_()
      y[{ { 2, 3 } }] = y[{ { 4, 5 } }] * v
      nm.eval(y, v)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, nm.memory_stats().allocated)
  end)
end)

describe("devices", function()
  it("pass gradients between them", function()
    if not nm.vulkan.is_available() then return pending("there is no Vulkan") end
    local x = leaf({ 1.0, 2.0, 3.0 }, { dtype = "float32" })
    local y = (x * 2):to("vulkan")
    local z = (y:square() + y:exp()):to("cpu") * x
    z:sum():backward()
    assert.equal("cpu", x.grad.device)
    local w = leaf({ 1.0, 2.0, 3.0 }, { dtype = "float32" })
    local u = w * 2;
    ((u:square() + u:exp()) * w):sum():backward()
    local a, b = x.grad:totable(), w.grad:totable()
    for i = 1, 3 do assert.is_true(math.abs(a[i] - b[i]) <= 1e-5 * math.abs(b[i])) end
  end)

  it("keep the gradient of a leaf where the leaf is", function()
    if not nm.vulkan.is_available() then return pending("there is no Vulkan") end
    local x = leaf({ 1.0, 2.0 }, { dtype = "float32", device = "vulkan" });
    (x:cpu() * nm.tensor { 3.0, 4.0 }):sum():backward()
    assert.equal("vulkan", x.grad.device)
    same(x.grad:cpu(), { 3.0, 4.0 })
    local y = x * x
    assert.matches("vulkan", failure(y.backward, y, nm.ones(2)))
  end)

  it("write in place and index alike", function()
    if not nm.vulkan.is_available() then return pending("there is no Vulkan") end
    local function gradient(device)
      local x = nm.tensor({ { 0.5, -1.25 }, { 1.5, 0.75 } }, { device = device })
      x:requires_grad_()
      local y = x * 2
      y[1]:mul_(y[2] * 1)
      y[nm.tensor({ 2 }, { device = device })] = x[{ { 1, 1 } }] * 3
      y[x:gt(1)] = 0
      y:sum():backward()
      return x.grad:cpu():totable()
    end
    same(gradient("vulkan"), gradient("cpu"))
  end)
end)
