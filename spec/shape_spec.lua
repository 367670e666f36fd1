-- What the sweep cannot see of ops that change shapes: what shares memory, gradients where memory
-- is shared, writes through such views, messages.
local nm = require "numoon"
local helper = require "spec.helper"

local function refuses(pattern, f)
  local ok, message = pcall(f)
  assert.is_false(ok)
  assert.is_truthy(message:find(pattern), message)
end

local function leaf(...)
  return (nm.randn(..., { dtype = "float64" })):requires_grad_()
end

describe("views", function()
  it("of a diagonal, of windows and of parts share memory", function()
    local t = nm.zeros(3, 4)
    t:diagonal(1):fill_(7)
    helper.same(t, { { 0.0, 7.0, 0.0, 0.0 }, { 0.0, 0.0, 7.0, 0.0 }, { 0.0, 0.0, 0.0, 7.0 } })
    local x = nm.arange(6)
    local windows = x:unfold(1, 3, 1)
    x[3] = 100
    helper.same(windows, { { 0, 1, 100 }, { 1, 100, 3 }, { 100, 3, 4 }, { 3, 4, 5 } })
    x:tensor_split(3)[2]:zero_()
    helper.same(x, { 0, 1, 0, 0, 4, 5 })
    x:unflatten(1, { 2, 3 }):movedim(1, 2)[1]:fill_(9)
    helper.same(x, { 9, 1, 0, 9, 4, 5 })
  end)

  it("whose elements share memory are not written", function()
    local x = nm.arange(6.0)
    refuses("share memory", function() x:unfold(1, 3, 1):add_(1) end)
    refuses("share memory", function() x:as_strided({ 2, 2 }, { 1, 1 })[{}] = 1 end)
    x:unfold(1, 2, 2):add_(1) -- these do not overlap
    helper.same(x, { 1.0, 2.0, 3.0, 4.0, 5.0, 6.0 })
  end)

  it("become other views in place", function()
    local x = nm.arange(6):reshape(1, 2, 3)
    local y = x
    x:squeeze_():t_():unsqueeze_(1)
    assert.is_true(rawequal(x, y))
    helper.same(x, { { { 0, 3 }, { 1, 4 }, { 2, 5 } } })
    refuses("leaf", function() leaf({ 2, 3 }):transpose_(1, 2) end)
    refuses("before ':'", function() return x.squeeze_({ input = x }) end)
    local w = leaf({ 2, 3 })
    local z = w * 2
    z:transpose_(1, 2)
    assert.are.equal("{3, 2}", tostring(z.shape));
    (z * nm.arange(6):reshape(3, 2)):sum():backward()
    helper.same(w.grad, { { 0.0, 4.0, 8.0 }, { 2.0, 6.0, 10.0 } })
  end)

  it("of a detached part have a history of their own", function()
    local x = nm.arange(12.0):reshape(3, 4)
    local w = nm.tensor({ 2.0, 3.0 }, { requires_grad = true })
    local y = x[2]:detach()
    y[{ { 1, 2 } }]:mul_(w);
    (y * nm.tensor { 1.0, 10.0, 100.0, 1000.0 }):sum():backward()
    helper.same(w.grad, { 4.0, 50.0 })
    refuses("detached", function() x.T:detach()[2]:mul_(nm.ones(3, { requires_grad = true })) end)
  end)
end)

describe("gradients", function()
  it("of windows that overlap add up", function()
    local x = leaf({ 6 })
    x:unfold(1, 3, 1):sum():backward()
    helper.same(x.grad, { 1.0, 2.0, 3.0, 3.0, 2.0, 1.0 })
    for _, row in ipairs { { { 7 }, 1, 3, 2 }, { { 2, 5, 2 }, 2, 4, 1 }, { { 2, 5 }, -1, 2, 3 } } do
      local function f(t) return t:unfold(row[2], row[3], row[4]):square() end
      assert.is_true(nm.autograd.gradcheck(f, leaf(row[1])))
      assert.is_true(nm.autograd.gradgradcheck(f, leaf(row[1])))
    end
  end)

  it("of as_strided go to the elements of the storage", function()
    local x = leaf({ 5 })
    x:as_strided({ 3, 3 }, { 1, 1 }):sum():backward()
    helper.same(x.grad, { 1.0, 2.0, 3.0, 2.0, 1.0 })
    x.grad = nil
    x[{ { 2, 3 } }]:as_strided({ 2 }, { 2 }, 0):sum():backward() -- beyond the view it is asked of
    helper.same(x.grad, { 1.0, 0.0, 1.0, 0.0, 0.0 })
    local function f(t) return t:as_strided({ 2, 2, 2 }, { 2, 1, 0 }, 1):square() end
    assert.is_true(nm.autograd.gradcheck(f, x))
    assert.is_true(nm.autograd.gradgradcheck(f, x))
  end)

  it("pass through a write to a diagonal", function()
    local w = nm.tensor({ 2.0, 3.0 }, { requires_grad = true })
    local y = nm.ones(2, 3)
    y:diagonal(1):mul_(w)
    helper.same(y, { { 1.0, 2.0, 1.0 }, { 1.0, 1.0, 3.0 } });
    (y * nm.arange(6.0):reshape(2, 3)):sum():backward()
    helper.same(w.grad, { 1.0, 5.0 })
  end)

  it("of scatter_reduce are those of a product with zeros, and shared by ties", function()
    local x = nm.tensor({ 2.0, 3.0 }, { requires_grad = true })
    local src = nm.tensor({ 0.0, 4.0, 5.0, 0.0, 0.0, 0.0 }, { requires_grad = true })
    local index = nm.tensor { 1, 1, 1, 2, 2, 2 }
    x:scatter_reduce(1, index, src, "prod"):sum():backward()
    helper.same(x.grad, { 0.0, 0.0 })
    helper.same(src.grad, { 40.0, 0.0, 0.0, 0.0, 0.0, 0.0 })
    x.grad, src.grad = nil, nil
    nm.zeros(2):scatter_reduce(1, index, src, "amax"):sum():backward()
    helper.same(src.grad, { 0.0, 0.0, 1.0, 0.25, 0.25, 0.25 })
  end)
end)

describe("scatter with reduce", function()
  it("adds or multiplies in order", function()
    local x, index = nm.tensor { 1, 2, 3 }, nm.tensor { 1, 1, 3 }
    helper.same(x:scatter(1, index, nm.tensor { 5, 6, 7 }, { reduce = "add" }), { 12, 2, 10 })
    helper.same(x:scatter(1, index, 3, { reduce = "multiply" }), { 9, 2, 9 })
    x:scatter_(1, index, 2, { reduce = "multiply" })
    helper.same(x, { 4, 2, 6 })
    refuses("\"add\" or \"multiply\", not \"max\"", function()
      return x:scatter(1, index, 2, { reduce = "max" })
    end)
    local a = leaf({ 3 })
    local b = leaf({ 3 })
    for _, how in ipairs { "add", "multiply" } do
      assert.is_true(nm.autograd.gradcheck(function(p, q)
        return p:scatter(1, index, q, { reduce = how })
      end, { a, b }))
    end
  end)

  it("starts from the identity where the tensor is left out", function()
    local x, index = nm.tensor { 1, 2, 3 }, nm.tensor { 1, 1, 3 }
    local src = nm.tensor { -5, -6, -7 }
    for how, want in pairs { sum = { -11, 2, -7 }, prod = { 30, 2, -7 }, mean = { -6, 2, -7 },
      amax = { -5, 2, -7 }, amin = { -6, 2, -7 } } do
      helper.same(x:scatter_reduce(1, index, src, how, false), want)
    end
    local nan = nm.tensor { 0 / 0, 1.0 }
    for _, how in ipairs { "amax", "amin" } do
      local y = nm.zeros(2):scatter_reduce(1, nm.tensor { 1, 1 }, nan, how)
      assert.is_true(y:isnan():get(1))
    end
  end)
end)

describe("arrangement", function()
  it("copies, also where nothing moves", function()
    for _, f in ipairs {
      function(x) return x:flip({}) end, function(x) return x:roll(0, 1) end,
      function(x) return x:rot90(4) end, function(x) return x:tile(1) end,
      function(x) return x:diag(0):diag() end, function(x) return x:repeat_interleave(1, 1) end,
    } do
      local x = nm.ones(2, 2)
      f(x):zero_()
      helper.same(x, { { 1.0, 1.0 }, { 1.0, 1.0 } })
    end
  end)

  it("turns from the first dim towards the second", function()
    local x = nm.tensor { { 1, 2 }, { 3, 4 } }
    helper.same(x:rot90(), { { 2, 4 }, { 1, 3 } })
    helper.same(x:rot90(-1), { { 3, 1 }, { 4, 2 } })
    helper.same(x:rot90(1, { 2, 1 }), { { 3, 1 }, { 4, 2 } })
  end)

  it("keeps triangles also far from the diagonal", function()
    local x = nm.ones(2, 3)
    for _, k in ipairs { math.maxinteger, 1 << 40, 5 } do
      assert.is_true(x:tril(k) == x)
      assert.is_true(x:triu(-k) == x)
      assert.are.equal(0.0, x:triu(k):sum():item())
      assert.are.equal(0, x:diagonal(k):numel())
    end
    assert.are.equal(0, x:diagonal(math.mininteger):numel())
    helper.same(nm.full({ 2, 2 }, 0 / 0):tril():isnan(), { { true, false }, { true, true } })
  end)

  it("names the positions of triangles, which are an index", function()
    local x = nm.arange(9):reshape(3, 3)
    local at = nm.tril_indices(3, 3, -1)
    helper.same(at, { { 2, 3, 3 }, { 1, 1, 2 } })
    helper.same(x[{ at[1], at[2] }], { 3, 6, 7 })
  end)

  it("repeats as often as a list says, and says where from", function()
    helper.same(nm.repeat_interleave(nm.tensor { 2, 0, 1 }), { 1, 1, 3 })
    refuses("must not be negative", function()
      return nm.arange(2):repeat_interleave(nm.tensor { 1, -1 })
    end)
    refuses("a list as long as the dim, 3", function()
      return nm.arange(3):repeat_interleave(nm.tensor { 1, 2 })
    end)
  end)

  it("splits at positions that count from 1", function()
    local parts = nm.arange(5):tensor_split { 2, 4 }
    helper.same(parts[1], { 0 })
    helper.same(parts[2], { 1, 2 })
    helper.same(parts[3], { 3, 4 })
    refuses("positions count from 1", function() return nm.arange(5):tensor_split { 0 } end)
    refuses("must add up to 5", function() return nm.arange(5):split { 2 } end)
    assert.are.equal(3, #nm.arange(5):split(2))
  end)
end)

describe("one_hot", function()
  it("counts labels from 1, and refuses others", function()
    helper.same(nm.one_hot(nm.tensor { 1, 3 }), { { 1, 0, 0 }, { 0, 0, 1 } })
    refuses("label 0: classes count from 1", function() return nm.one_hot(nm.tensor { 0 }) end)
    refuses("label 4 of 3 classes", function() return nm.one_hot(nm.tensor { 4 }, 3) end)
    refuses("give num_classes", function()
      return nm.one_hot(nm.zeros(0, { dtype = "int64" }))
    end)
    assert.are.equal("{0, 3}", tostring(nm.one_hot(nm.zeros(0, { dtype = "int64" }), 3).shape))
  end)
end)

describe("as_strided", function()
  it("reaches no element outside of the storage", function()
    local x = nm.zeros(6)
    for _, args in ipairs {
      { { 7 }, { 1 } }, { { 2 }, { 6 } }, { { 1 }, { 1 }, 6 }, { { 1 }, { 1 }, -1 },
      { { 2 }, { math.maxinteger } }, { { 3, 1 << 30 }, { 1 << 62, 1 << 60 } },
    } do
      refuses("reaches out of the 6", function() return x:as_strided(table.unpack(args)) end)
    end
    refuses("flip", function() return x:as_strided({ 2 }, { -1 }) end)
    assert.are.equal(0, x:as_strided({ 0 }, { 1 }, 6):numel())
  end)
end)

describe("out = of what creates", function()
  it("has the dtype of where it goes", function()
    local y = nm.ones(3, { dtype = "int64" })
    nm.zeros(3, { out = y })
    helper.same(y, { 0, 0, 0 })
    nm.arange(1, 4, { out = y })
    helper.same(y, { 1, 2, 3 })
    refuses("shape", function() return nm.zeros(4, { out = y }) end)
  end)
end)
