-- Hooks and kept gradients: when they are called and with what, what they may do to a gradient,
-- errors in them, backward inside of them, and who keeps them alive.
local nm = require "numoon"
local helper = require "spec.helper"

local same = helper.same
local leaf, failure = helper.leaf, helper.failure

-- Everything that is garbage is gone, and what hooks kept too.
local function collect()
  for _ = 1, 4 do
    collectgarbage()
    for _ = 1, 300 do nm.ones(64):free() end -- the library looks after what is kept as it is used
  end
  collectgarbage()
end

describe("a hook", function()
  it("of a leaf is called once, with the whole gradient", function()
    local x, seen = leaf { 1.0, 2.0 }, {}
    x:register_hook(function(g) seen[#seen + 1] = g:totable() end)
    local y = x * x + x * 3;
    (y + x):sum():backward()
    same(seen, { { 6.0, 8.0 } })
    same(x.grad, { 6.0, 8.0 })
  end)

  it("of a result is called once, before its derivative", function()
    local x, seen = leaf { 3.0 }, {}
    local y = x * 2
    y:register_hook(function(g)
      assert.is_nil(x.grad)
      seen[#seen + 1] = g:item()
    end);
    (y * 5 + y * y):sum():backward()
    same(seen, { 5.0 + 12.0 })
  end)

  it("may give another gradient, to the next hook and to what is below", function()
    local x, seen = leaf { 1.0, 2.0 }, {}
    local y = x * 3
    y:register_hook(function(g) return g + 1 end)
    y:register_hook(function(g) seen = g:totable() return g * 10 end)
    x:register_hook(function(g) return g:neg() end)
    y:sum():backward()
    same(seen, { 2.0, 2.0 })
    same(x.grad, { -60.0, -60.0 })
    y:sum():backward() -- nothing is saved here
    same(x.grad, { -120.0, -120.0 })
  end)

  it("of a result gets what came to it, also in nm.grad", function()
    local x = leaf { 2.0 }
    local y = x * x
    local calls = 0
    y:register_hook(function(g)
      calls = calls + 1
      return g * 100
    end)
    local z = (y * y):sum()
    same(nm.grad(z, y, { retain_graph = true }), { 800.0 })
    same(nm.grad(z, x, { retain_graph = true }), { 3200.0 })
    assert.equal(2, calls)
    x:register_hook(function(g) return g + 1 end)
    same(nm.grad(z, x, { retain_graph = true }), { 3201.0 })
    same(nm.grad(z, { x, x })[2], { 3201.0 })
    assert.is_nil(x.grad)
  end)

  it("is not called for what was not asked for", function()
    local x, y, calls = leaf { 2.0 }, leaf { 3.0 }, 0
    y:register_hook(function() calls = calls + 1 end)
    local branch = y * 2
    branch:register_hook(function() calls = calls + 1 end)
    nm.grad((x * branch):sum(), x)
    assert.equal(0, calls)
    x:register_hook(function() calls = calls + 1 end)
    nm.no_grad(function() return x * 2 end)
    assert.equal(0, calls)
  end)

  it("ends with its handle's remove", function()
    local x, calls = leaf { 1.0 }, 0
    local handle = x:register_hook(function() calls = calls + 1 end)
    local other
    other = x:register_hook(function() other:remove() end); -- in the middle of a walk
    (x * 2):sum():backward();
    (x * 2):sum():backward()
    assert.equal(2, calls)
    handle:remove()
    handle:remove();
    (x * 2):sum():backward()
    assert.equal(2, calls)
    do
      local _ <close> = x:register_hook(function() calls = calls + 1 end);
      (x * 2):sum():backward()
    end
    (x * 2):sum():backward()
    assert.equal(3, calls)
  end)

  it("may be any value that can be called", function()
    local x, sum = leaf { 1.0 }, 0
    x:register_hook(setmetatable({}, { __call = function(_, g) sum = sum + g:item() end }));
    (x * 2):sum():backward()
    assert.equal(2.0, sum)
  end)

  it("stays with what the tensor was when it is written in place later", function()
    local x, seen = leaf { 2.0 }, {}
    local y = x * 3
    y:register_hook(function(g) seen.before = g:item() end)
    y:mul_(y * 1)
    y:register_hook(function(g) seen.after = g:item() end);
    (y * 5):sum():backward()
    same({ seen.before, seen.after }, { 60.0, 5.0 })
    same(x.grad, { 180.0 })
  end)

  it("of a view knows the view alone", function()
    local x, seen = leaf { 1.0, 2.0, 3.0 }, nil
    local y = x * 2
    local v = y[{ { 2, 3 } }]
    v:register_hook(function(g) seen = g:totable() return g * 0 end);
    (v * v):sum():backward()
    same(seen, { 8.0, 12.0 })
    same(x.grad, { 0.0, 0.0, 0.0 })
  end)

  it("sees a gradient with a history under create_graph", function()
    local x, tracked = leaf { 2.0 }, nil
    x:register_hook(function(g)
      tracked = g.requires_grad
      return g * g
    end)
    local g = nm.grad((x * x * x):sum(), x, { create_graph = true })
    assert.is_true(tracked)
    same(g, { 144.0 }) -- 9 x^4
    x:register_hook(function(h) return h * 2 end)
    local second = nm.grad(g:sum(), x)
    same(second, { 2 * (36.0 * 8) ^ 2 }); -- both hooks
    (x * x):sum():backward()
    assert.is_false(tracked)
  end)

  it("works on Vulkan", function()
    if not nm.vulkan.is_available() then return pending("there is no Vulkan") end
    local x = nm.tensor({ 1.0, 2.0 }, { device = "vulkan", requires_grad = true })
    x:register_hook(function(g) return g * 2 end)
    local y = x * 3
    y:retain_grad();
    (y * y):sum():backward()
    same(x.grad:cpu(), { 36.0, 72.0 })
    same(y.grad:cpu(), { 6.0, 12.0 })
  end)
end)

describe("a hook's mistakes", function()
  it("are errors where backward was called", function()
    local x = leaf { 1.0, 2.0 }
    local y = x * 2
    local handle = y:register_hook(function() error("boom") end)
    assert.matches("hooks_spec.lua:%d+: boom", failure(y.backward, y:sum()))
    assert.is_nil(x.grad)
    handle:remove()
    local object = { "an object" }
    handle = y:register_hook(function() error(object) end)
    assert.equal(object, failure(y.backward, y:sum()))
    handle:remove()
    y:sum():backward() -- the graph is as it was
    same(x.grad, { 2.0, 2.0 })
    assert.is_true(nm.is_grad_enabled())
  end)

  it("are another shape, dtype, device or kind of value", function()
    local x = leaf { 1.0, 2.0 }
    for text, f in pairs {
      ["{2} into {}"] = function(g) return g:sum() end,
      ["float64 on cpu into float32"] = function(g) return g:float() end,
      ["tensor or nil, got 1"] = function() return 1 end,
    } do
      local y = x * 2
      y:register_hook(f)
      assert.matches(text, failure(y.backward, y:sum()))
    end
    if nm.vulkan.is_available() then
      local y = x * 2
      y:register_hook(function(g) return g:vulkan() end)
      assert.matches("on vulkan", failure(y.backward, y:sum()))
    end
    assert.matches("function", failure(x.register_hook, x, 3))
    local plain = nm.ones(2)
    assert.matches("requires? a gradient", failure(plain.register_hook, plain, print))
    assert.matches("requires? a gradient", failure(plain.retain_grad, plain))
  end)

  it("are a yield, too, and do no harm", function()
    local x = leaf { 1.0 }
    x:register_hook(function() coroutine.yield() end)
    local co = coroutine.create(function() (x * 2):sum():backward() end)
    local ok, message = coroutine.resume(co)
    assert.is_false(ok)
    assert.matches("yield", message)
  end)

  it("are to let go of what the walk works on", function()
    local x = leaf { 2.0 }
    local y = x * x
    local z = (y * 3):sum()
    y:register_hook(function(g)
      y:free()
      z:free()
      collectgarbage()
      return g * 2
    end)
    z:backward()
    same(x.grad, { 24.0 })
  end)
end)

describe("backward inside of a hook", function()
  it("through another graph", function()
    local x, w = leaf { 2.0 }, leaf { 5.0 }
    local y = x * x
    y:register_hook(function(g)
      nm.enable_grad(function() (w * w):sum():backward() end)
      return g * w:detach()
    end)
    y:sum():backward()
    same(x.grad, { 20.0 })
    same(w.grad, { 10.0 })
  end)

  it("through the graph that is being walked", function()
    local x = leaf { 2.0 }
    local y = x * x
    local z = (y * y):sum()
    local inner
    y:register_hook(function(g)
      if not inner then
        inner = true
        inner = nm.grad(z, x, { retain_graph = true }):item()
      end
      return g
    end)
    z:backward(nil, { retain_graph = true })
    assert.equal(32.0, inner)
    same(x.grad, { 32.0 })
    z:backward()
    same(x.grad, { 64.0 })
  end)

  it("in a coroutine that ends before the walk goes on", function()
    local x, seen = leaf { 2.0 }, 0
    local y = x * x
    y:register_hook(function(g)
      return coroutine.wrap(function()
        local w = leaf { 1.0 }
        w:register_hook(function() seen = seen + 1 end)
        nm.enable_grad(function() (w * 2):sum():backward() end)
        return g * 2
      end)()
    end)
    x:register_hook(function() collectgarbage() seen = seen + 1 end)
    y:sum():backward()
    same(x.grad, { 8.0 })
    assert.equal(2, seen)
  end)
end)

describe("retain_grad", function()
  it("keeps the gradient of a result, and nothing else does", function()
    local x = leaf { 1.0, 2.0 }
    local y, z = x * 3, x * 4
    y:retain_grad()
    y:retain_grad()
    same({ x.retains_grad, y.retains_grad, z.retains_grad }, { false, true, false });
    (y * y + z):sum():backward()
    same(y.grad, { 6.0, 12.0 })
    assert.is_nil(z.grad)
    x:retain_grad() -- a leaf's is kept anyhow
    same(x.grad, { 22.0, 40.0 })
  end)

  it("keeps what hooks made of it, in whatever order they came", function()
    local x = leaf { 1.0 }
    local y = x * 3
    y:retain_grad()
    y:register_hook(function(g) return g * 7 end)
    y:sum():backward()
    same(y.grad, { 7.0 })
  end)

  it("adds up", function()
    local x = leaf { 1.0 }
    local y = x * 3
    y:retain_grad()
    y:sum():backward()
    y:sum():backward()
    same(y.grad, { 2.0 })
    y.grad = nil
    y:sum():backward(nil, { create_graph = true })
    same(y.grad, { 1.0 })
  end)

  it("moves along when the tensor is written in place", function()
    local x = leaf { 2.0 }
    local y = x * 3
    y:retain_grad()
    y:mul_(x)
    y:mul_(2);
    (y * 5):sum():backward()
    same(y.grad, { 5.0 })
    local base = x * 1
    local v = base:reshape(1, 1)
    v:retain_grad()
    base:mul_(3);
    (v * 4):sum():backward()
    same(v.grad, { { 4.0 } })
  end)

  it("of a tensor that is gone is no more", function()
    local x = leaf { 2.0 }
    local z
    do
      local y <close> = x * 3
      y:retain_grad()
      z = y * 2
    end
    z:sum():backward()
    same(x.grad, { 6.0 })
  end)
end)

describe("the life of a hook", function()
  it("is as long as the graph's, though its tensor has no name", function()
    local calls = 0
    local x = leaf { 1.0 }
    local function loss()
      local y = x * 2
      y:register_hook(function(g)
        calls = calls + 1
        assert.equal(2.0, y:item()) -- the box is still there
        return g * 3
      end)
      return (y * 1):sum()
    end
    local z = loss()
    collect()
    z:backward()
    assert.equal(1, calls)
    same(x.grad, { 6.0 })
  end)

  it("of a leaf, too", function()
    local function loss()
      local w = leaf { 3.0 }
      local out = {}
      w:register_hook(function(g) out.grad, out.value = g:item(), w:item() end)
      return (w * w):sum(), out
    end
    local z, out = loss()
    collect()
    z:backward()
    same({ out.grad, out.value }, { 6.0, 3.0 })
  end)

  it("does not end with a box that is closed", function()
    local x, calls = leaf { 1.0 }, 0
    local z
    do
      local y <close> = x * 2
      y:register_hook(function(g) calls = calls + 1 return g * 2 end)
      z = (y * 1):sum()
    end
    collect()
    z:backward()
    nm.scope(function()
      local y = x * 2
      y:register_hook(function() calls = calls + 1 end)
      z = (y * 1):sum():keep()
    end)
    collect()
    z:backward()
    assert.equal(2, calls)
    same(x.grad, { 6.0 })
  end)

  it("ends with the graph, though the hook names its tensor", function()
    local alive = setmetatable({}, { __mode = "k" })
    local x = leaf { 1.0 }
    local function make(walk)
      local y, token = x * 2, {}
      alive[token] = true
      y:register_hook(function() return token and y and nil end)
      local z = (y * y):sum()
      if walk then z:backward() end
      local w = leaf { 2.0 }
      alive[w] = true
      w:register_hook(function() return w and token and nil end)
      return walk and z or w * 3
    end
    collect()
    local before = nm.memory_stats().allocated
    for i = 1, 20 do make(i % 2 == 0) end
    local held = { make(true) }
    collect()
    assert.is_not_nil(next(alive))
    assert.equal(1, #held)
    held[1] = nil
    collect()
    assert.is_nil(next(alive))
    x.grad = nil
    collect()
    assert.is_true(nm.memory_stats().allocated <= before)
  end)

  it("of a long chain does not take a collection for each link", function()
    local before
    local function make(n)
      local y = nm.ones(1000, { requires_grad = true })
      for i = 1, n do
        y = y * 1.5
        y:register_hook(function(g) return i > 1 and g or nil end)
      end
      nm.eval(y)
      y = nil -- luacheck: ignore 311
      collect()
    end
    make(1)
    before = nm.memory_stats().allocated
    make(60)
    assert.is_true(nm.memory_stats().allocated <= before)
  end)

  it("does not make a leaf's hooks pile up when they are removed", function()
    local x = leaf { 1.0 }
    local function run(n)
      for _ = 1, n do
        local handle = x:register_hook(function() end);
        (x * 2):sum():backward()
        handle:remove()
      end
      collect()
      return collectgarbage("count")
    end
    run(1000)
    local before = run(1000)
    local after = run(5000)
    assert.is_true(after <= before + 64, ("%.0f KB, then %.0f"):format(before, after))
  end)
end)
