-- The binding: values in and out, arguments, operators, fields, modes, and the registry.
local nm = require "numoon"
local helper = require "spec.helper"

local same = helper.same

describe("nm.tensor", function()
  it("takes the dtype from the values", function()
    assert.are.equal("int64", nm.tensor { 1, 2 }.dtype)
    assert.are.equal("float32", nm.tensor { 1.0, 2.0 }.dtype)
    assert.are.equal("float32", nm.tensor { 1, 2.5 }.dtype)
    assert.are.equal("bool", nm.tensor { true, false }.dtype)
    assert.are.equal("int64", nm.tensor { true, 2 }.dtype)
    assert.are.equal("float32", nm.tensor { true, 0.5 }.dtype)
    assert.are.equal("int64", nm.tensor(3).dtype)
    assert.are.equal("float32", nm.tensor(3.0).dtype)
    assert.are.equal("bool", nm.tensor(false).dtype)
    assert.are.equal("float32", nm.tensor({}).dtype)
    same(nm.tensor { 1, 2.5, true }, { 1.0, 2.5, 1.0 })
  end)

  it("takes the shape from the nesting", function()
    assert.are.equal("{}", tostring(nm.tensor(1).shape))
    assert.are.equal("{0}", tostring(nm.tensor({}).shape))
    assert.are.equal("{2, 0}", tostring(nm.tensor({ {}, {} }).shape))
    assert.are.equal("{2, 1, 3}", tostring(nm.tensor { { { 1, 2, 3 } }, { { 4, 5, 6 } } }.shape))
    same(nm.tensor { { { 1, 2, 3 } }, { { 4, 5, 6 } } }, { { { 1, 2, 3 } }, { { 4, 5, 6 } } })
  end)

  it("casts to the dtype that is asked for", function()
    same(nm.tensor({ 1, 2 }, { dtype = "float64" }), { 1.0, 2.0 })
    same(nm.tensor({ 1.9, -1.9 }, { dtype = "int32" }), { 1, -1 })
    same(nm.tensor({ 0, 2, 0.5 }, { dtype = "bool" }), { false, true, true })
    same(nm.tensor({ 0.1 }, { dtype = "float16" }), { 0.0999755859375 })
    same(nm.tensor({ 1.01 }, { dtype = "bfloat16" }), { 1.0078125 })
    same(nm.tensor({ 255, 0 }, { dtype = "uint8" }), { 255, 0 })
    assert.are.equal("float64", nm.tensor({ 1 }, { dtype = nm.double }).dtype)
    assert.are.equal("int32", nm.tensor({ 1 }, { dtype = "int" }).dtype)
    same(nm.tensor { math.mininteger, math.maxinteger }, { math.mininteger, math.maxinteger })
    assert.are.equal("int64", nm.tensor { 1.0, 2, dtype = "int64" }.dtype)
  end)

  it("follows the default dtype", function()
    nm.set_default_dtype("float64")
    assert.are.equal("float64", nm.get_default_dtype())
    local a, b = nm.tensor { 1.5 }.dtype, nm.zeros(2).dtype
    nm.set_default_dtype(nm.float)
    assert.are.equal("float64", a)
    assert.are.equal("float64", b)
    assert.are.equal("float32", nm.tensor { 1.5 }.dtype)
  end)

  it("copies tensors, off the tape", function()
    local x = nm.tensor({ 1.0, 2.0 }, { requires_grad = true })
    local y = nm.tensor(x)
    assert.is_false(y.requires_grad)
    y[1] = 5
    same(x:detach(), { 1.0, 2.0 })
    assert.are.equal("float64", nm.tensor(x, { dtype = "float64" }).dtype)
    assert.is_true(nm.is_grad_enabled())
  end)

  it("takes 0-d tensors among the numbers", function()
    local x = nm.tensor { 1.5, 2.5 }
    same(nm.tensor { x[2], 3, x:sum() }, { 2.5, 3.0, 4.0 })
  end)

  it("takes big tables", function()
    local list = {}
    for i = 1, 100000 do list[i] = i % 7 end
    list[99999] = 0.5
    local t = nm.tensor(list)
    assert.are.equal("float32", t.dtype)
    assert.are.equal(0.5, t:get(99999))
    same(t, (function()
      for i = 1, #list do list[i] = list[i] + 0.0 end
      return list
    end)())
  end)
end)

describe("totable, item, tobytes and frombuffer", function()
  it("give Lua's integers, floats and booleans", function()
    assert.are.equal("integer", math.type(nm.tensor { 1 }:totable()[1]))
    assert.are.equal("float", math.type(nm.tensor { 1.0 }:totable()[1]))
    assert.are.equal("boolean", type(nm.tensor { true }:totable()[1]))
    assert.are.equal("integer", math.type(nm.tensor(1):item()))
    assert.are.equal("integer", math.type(nm.tensor({ { 3 } }, { dtype = "uint8" }):item()))
    assert.are.equal(2.5, nm.tensor(2.5):totable())
    assert.is_true(nm.tensor { { true } }:item())
  end)

  it("walk views in their own order", function()
    same(nm.tensor { { 1, 2 }, { 3, 4 } }.T, { { 1, 3 }, { 2, 4 } })
    same(nm.tensor({ 1, 2 }):expand(2, 2), { { 1, 2 }, { 1, 2 } })
    same(nm.zeros(2, 0), { {}, {} })
  end)

  it("go round in every dtype", function()
    for dtype, bytes in pairs { float32 = 4, float64 = 8, float16 = 2, bfloat16 = 2, int64 = 8,
      int32 = 4, int16 = 2, int8 = 1, uint8 = 1, bool = 1 } do
      local t = nm.tensor({ { 1, 0 }, { 1, 1 } }, { dtype = dtype })
      assert.are.equal(bytes, t:element_size())
      assert.are.equal(4 * bytes, #t:tobytes())
      local back = nm.frombuffer(t.T:tobytes(), { dtype = dtype, shape = { 2, 2 } })
      assert.are.equal(dtype, back.dtype)
      assert.is_true(back == t.T)
    end
    same(nm.frombuffer(string.pack("<ff", 1.5, -2)), { 1.5, -2.0 })
    same(nm.frombuffer("\1\2", "uint8"), { 1, 2 })
    same(nm.frombuffer("", "uint8"), {})
  end)

  it("share memory through data_ptr and from_blob", function()
    local t = nm.ones(2, 3)
    local view = nm.from_blob(t:data_ptr(), { 3, 2 }, "float32")
    t[{ 1, 2 }] = 7
    same(view, { { 1.0, 7.0 }, { 1.0, 1.0 }, { 1.0, 1.0 } })
    view:add_(1)
    same(t, { { 2.0, 8.0, 2.0 }, { 2.0, 2.0, 2.0 } })
  end)
end)

describe("arguments", function()
  local x = nm.tensor { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } }

  it("come by position, by name and mixed", function()
    same(x:sum(), 21.0)
    same(x:sum(1), { 5.0, 7.0, 9.0 })
    same(nm.sum(x, 1, true), { { 5.0, 7.0, 9.0 } })
    same(x:sum({ dim = 1 }), { 5.0, 7.0, 9.0 })
    same(x:sum(1, { keepdim = true }), { { 5.0, 7.0, 9.0 } })
    same(x:sum({ 1, 2 }), 21.0)
    same(x:sum({ 1, -1 }, true), { { 21.0 } })
    same(x:sum(nil, true), { { 21.0 } })
    same(x:sum(-1), { 6.0, 15.0 })
    local one, two = { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 }
    same(nm.cat({ x, x }, 1), { one, two, one, two })
    same(nm.cat({ x, x }, { dim = 2 })[1], { 1.0, 2.0, 3.0, 1.0, 2.0, 3.0 })
    same(nm.cat { x, x, dim = 2 }[1], { 1.0, 2.0, 3.0, 1.0, 2.0, 3.0 })
    assert.are.equal("int64", x:sum({ dtype = "int64" }).dtype)
  end)

  it("take sizes one by one or in a table", function()
    assert.are.equal("{2, 3}", tostring(nm.zeros(2, 3).shape))
    assert.are.equal("{2, 3}", tostring(nm.zeros({ 2, 3 }).shape))
    assert.are.equal("{2, 3}", tostring(nm.zeros { 2, 3, dtype = "int64" }.shape))
    assert.are.equal("{2, 3}", tostring(nm.zeros(2.0, 3, { dtype = "int64" }).shape))
    assert.are.equal("{}", tostring(nm.zeros({}).shape))
    assert.are.equal("{2, 3}", tostring(nm.zeros(x.shape).shape))
    assert.are.equal("{3, 2}", tostring(x:reshape(3, -1).shape))
    assert.are.equal("{3, 2}", tostring(x:reshape({ 3, 2 }).shape))
    assert.are.equal("{3, 2}", tostring(x:permute(2, 1).shape))
    assert.are.equal("{3, 2}", tostring(x:permute({ 2, 1 }).shape))
    assert.are.equal("{3, 2}", tostring(x:transpose(1, -1).shape))
  end)

  it("take an empty options table", function()
    same(x:sum(1, {}), { 5.0, 7.0, 9.0 })
    same(x:exp({}), x:exp())
    same(nm.cat({ x }, {}), x)
  end)

  it("make leaves with requires_grad", function()
    assert.is_true(nm.zeros(2, { requires_grad = true }).requires_grad)
    assert.is_true(nm.zeros(2, { requires_grad = true }).is_leaf)
    assert.is_true(nm.tensor({ 1.0 }, { requires_grad = true }).requires_grad)
    assert.is_false(nm.zeros(2, { requires_grad = false }).requires_grad)
  end)

  it("have the in-place and out forms", function()
    local y = x:clone()
    assert.is_true(rawequal(y, y:add_(1)))
    same(y, x + 1)
    local z = nm.zeros(2, 3)
    assert.is_true(rawequal(z, nm.mul(x, x, { out = z })))
    same(z, x * x)
    same(x:matmul(x.T, { out = nm.zeros(2, 2) }), x % x.T)
  end)

  it("count indices from 1 in what ops return and take", function()
    local values, indices = nm.tensor { { 1.0, 9.0, 3.0 }, { 7.0, 5.0, 6.0 } }:max(2)
    same(values, { 9.0, 7.0 })
    same(indices, { 2, 1 })
    same(x:gather(2, indices:reshape(2, 1)), { { 2.0 }, { 4.0 } })
    same(nm.tensor { 3.0, 9.0, 1.0 }:argmax(), 2)
  end)
end)

describe("operators", function()
  local a, b = nm.tensor { 5.0, -7.0, 2.5 }, nm.tensor { 2.0, 3.0, -1.5 }
  local la, lb = a:totable(), b:totable()
  local function each(f)
    local out = {}
    for i = 1, 3 do out[i] = f(la[i], lb[i]) end
    return out
  end

  it("are Lua's on the elements", function()
    same(a + b, each(function(p, q) return p + q end))
    same(a - b, each(function(p, q) return p - q end))
    same(a * b, each(function(p, q) return p * q end))
    same(a / b, each(function(p, q) return p / q end), 1e-6)
    same(a // b, each(function(p, q) return p // q end))
    same(a ^ 2, each(function(p) return p ^ 2 end), 1e-5)
    same(-a, each(function(p) return -p end))
  end)

  it("take a number on either side", function()
    same(a + 1, each(function(p) return p + 1 end))
    same(1 - a, each(function(p) return 1 - p end))
    same(2 * a, each(function(p) return 2 * p end))
    same(10 / b, each(function(_, q) return 10 / q end), 1e-6)
    same(10 // b, each(function(_, q) return 10 // q end))
    same(2 ^ b, each(function(_, q) return 2 ^ q end), 1e-5)
  end)

  it("promote as PyTorch does", function()
    local i = nm.tensor { 1, 2 }
    assert.are.equal("int64", (i + 1).dtype)
    assert.are.equal("float32", (i + 1.0).dtype)
    assert.are.equal("float32", (i / 2).dtype)
    assert.are.equal("int64", (i // 2).dtype)
    assert.are.equal("float32", (i + nm.ones(2)).dtype)
    assert.are.equal("int64", (nm.tensor { true } + 1).dtype)
    assert.are.equal("float16", (nm.ones(2, { dtype = "float16" }) * 1.5).dtype)
    same(nm.tensor { math.mininteger } // -1, { math.mininteger })
  end)

  it("multiply matrices with %", function()
    local m = nm.tensor { { 1, 2 }, { 3, 4 } }
    same(m % m, { { 7, 10 }, { 15, 22 } })
    same(m % m.T, m:matmul(m.T))
    same(m % nm.tensor { 1, 1 }, { 3, 7 })
  end)

  it("work on bits", function()
    local p, q = nm.tensor { 12, 10, -1 }, nm.tensor { 10, 3, 1 }
    same(p & q, { 8, 2, 1 })
    same(p | q, { 14, 11, -1 })
    same(p ~ q, { 6, 9, -2 })
    same(~p, { -13, -11, 0 })
    same(q << 2, { 40, 12, 4 })
    same(p >> 1, { 6, 5, -1 })
    same(1 << q, { 1024, 8, 2 })
    local t, f = nm.tensor { true, true }, nm.tensor { true, false }
    same(t & f, { true, false })
    same(~f, { false, true })
    same(p & 8, { 8, 8, 8 })
  end)

  it("compare whole tensors with ==", function()
    assert.is_true(a == a:clone())
    assert.is_false(a == b)
    assert.is_true(a ~= b)
    assert.is_false(a == nm.zeros(4))
    assert.is_false(a == 5)
    assert.is_false(nm.tensor { 0 / 0 } == nm.tensor { 0 / 0 })
    assert.is_false(a == io.stdout)
    assert.is_true(nm.zeros(0) == nm.zeros(0))
    local closed = nm.ones(1)
    closed:free()
    assert.is_false(closed == a)
  end)

  it("give the length of dim 1", function()
    assert.are.equal(3, #a)
    assert.are.equal(0, #nm.zeros(0, 4))
    assert.are.equal(4, #nm.zeros(4, 2))
  end)
end)

describe("fields", function()
  it("describe the tensor", function()
    local t = nm.zeros(2, 3, { dtype = "int32" })
    assert.are.equal("{2, 3}", tostring(t.shape))
    assert.are.equal("int32", t.dtype)
    assert.are.equal("cpu", t.device)
    assert.are.equal(2, t.ndim)
    assert.are.equal(2, t:dim())
    assert.are.equal(6, t:numel())
    assert.are.equal(4, t:element_size())
    assert.are.equal(3, t:size(2))
    assert.are.equal(3, t:size(-1))
    assert.are.equal("{2, 3}", tostring(t:size()))
    same(t:stride(), { 3, 1 })
    assert.are.equal(3, t:stride(1))
    assert.is_true(t:is_contiguous())
    assert.is_false(t.T:is_contiguous())
    assert.is_false(t:is_floating_point())
    assert.are.equal("{4, 3, 2}", tostring(nm.zeros(2, 3, 4).T.shape))
    assert.are.equal("{2, 4, 3}", tostring(nm.zeros(2, 3, 4).mT.shape))
    assert.are.equal("{2}", tostring(nm.zeros(2).T.shape))
  end)

  it("have shapes that compare, print, and count from the end", function()
    local t = nm.zeros(2, 3)
    assert.is_true(t.shape == nm.ones(2, 3).shape)
    assert.is_true(t.shape == { 2, 3 })
    assert.is_false(t.shape == t.T.shape)
    assert.is_false(t.shape == { 2, 3, 1 })
    assert.are.equal(2, #t.shape)
    assert.are.equal(3, t.shape[-1])
    assert.is_nil(t.shape[3])
    local rows, columns = table.unpack(t.shape)
    assert.are.equal(6, rows * columns)
  end)

  it("follow the tape", function()
    local x = nm.tensor({ 1.0, 2.0 }, { requires_grad = true })
    assert.is_true(x.is_leaf)
    assert.is_nil(x.grad_fn)
    local y = x * 2
    assert.are.equal("<mul>", y.grad_fn)
    assert.is_true(y.requires_grad)
    assert.is_false(y.is_leaf)
    assert.is_false(y:detach().requires_grad)
    assert.is_nil(x.grad)
    y:sum():backward()
    same(x.grad, { 2.0, 2.0 })
    x.grad = nil
    assert.is_nil(x.grad)
    x.grad = nm.tensor { 5.0, 6.0 }
    same(x.grad, { 5.0, 6.0 })
    x.grad:zero_()
    same(x.grad, { 0.0, 0.0 })
    x.requires_grad = false
    assert.is_false((x * 2).requires_grad)
    assert.is_true(x:requires_grad_().requires_grad)
    assert.is_false(x:requires_grad_(false).requires_grad)
  end)

  it("convert", function()
    local x = nm.tensor { 1.5, 2.5 }
    assert.are.equal("int64", x:to("int64").dtype)
    assert.are.equal("float64", x:to({ dtype = "float64" }).dtype)
    assert.are.equal("float64", x:to("cpu", "float64").dtype)
    assert.are.equal("int32", x:to(nm.zeros(1, { dtype = "int32" })).dtype)
    assert.are.equal("float64", x:double().dtype)
    assert.are.equal("int64", x:long().dtype)
    assert.are.equal("bool", x:bool().dtype)
    assert.are.equal("cpu", x:cpu().device)
    same(x:long(), { 1, 2 })
    local leaf = nm.tensor({ 1.0 }, { requires_grad = true })
    leaf:double():sum():backward()
    same(leaf.grad, { 1.0 })
    assert.are.equal("float32", leaf.grad.dtype)
  end)
end)

describe("modes", function()
  it("turn the tape off for a function, a block and an error", function()
    local x = nm.tensor({ 1.0 }, { requires_grad = true })
    local y, n = nm.no_grad(function(k) return x * k, k end, 2)
    assert.is_false(y.requires_grad)
    assert.are.equal(2, n)
    do
      local _ <close> = nm.no_grad()
      assert.is_false((x * 2).requires_grad)
      assert.is_true(nm.enable_grad(function() return (x * 2).requires_grad end))
      assert.is_false(nm.is_grad_enabled())
    end
    assert.is_true(nm.is_grad_enabled())
    pcall(nm.no_grad, error, "out")
    assert.is_true(nm.is_grad_enabled())
    assert.is_false(nm.inference_mode(nm.is_grad_enabled))
    nm.set_grad_enabled(false)
    assert.is_false(nm.is_grad_enabled())
    nm.set_grad_enabled(true)
  end)

  it("repeat random numbers", function()
    nm.manual_seed(5)
    local a = nm.rand(10)
    local state = nm.get_rng_state()
    local b = nm.rand(10)
    nm.set_rng_state(state)
    assert.is_true(b == nm.rand(10))
    nm.manual_seed(5)
    assert.is_true(a == nm.rand(10))
    assert.is_false(a == b)
    assert.are.equal(5, nm.initial_seed())
  end)

  it("say and set threads, fusion and devices", function()
    local n = nm.get_num_threads()
    nm.set_num_threads(1)
    assert.are.equal(1, nm.get_num_threads())
    nm.set_num_threads(n)
    local x = nm.tensor { 1.0, 2.0 }
    nm.set_fusion(false)
    local y = (x * 2 + 1):exp()
    nm.set_fusion(true)
    assert.is_true(y == (x * 2 + 1):exp())
    assert.are.equal("cpu", nm.get_default_device())
    nm.set_default_device("cpu")
    assert.is_true(rawequal(x, (nm.eval(x))))
    assert.are.equal(2, select("#", nm.eval(x, y)))
    assert.is_true(nm.memory_stats().peak >= nm.memory_stats().allocated)
  end)

  it("know Vulkan's devices", function()
    local list = nm.vulkan.devices()
    assert.are.equal(#list > 0, nm.vulkan.is_available())
    if #list > 0 then
      assert.are.equal("vulkan", list[1].device)
      assert.is_true(#list[1].name > 0)
      nm.vulkan.synchronize()
      assert.is_true(nm.vulkan.memory_stats().allocated >= 0)
      nm.vulkan.empty_cache()
      local x = nm.tensor({ 1.0, 2.0 }, { device = "vulkan" })
      assert.are.equal("vulkan", x.device)
      same((x * 2):cpu(), { 2.0, 4.0 })
      same(nm.tensor { 1.0 }:vulkan() + 1, { 2.0 })
    else
      assert.is_false((pcall(nm.zeros, 2, { device = "vulkan" })))
    end
  end)
end)

describe("nm.grad", function()
  it("gives gradients and leaves grad alone", function()
    local x = nm.tensor({ 2.0, 3.0 }, { requires_grad = true })
    local w = nm.tensor({ 1.0, 1.0 }, { requires_grad = true })
    local y = (x * x * w):sum()
    local g = nm.grad(y, x, { retain_graph = true })
    same(g, { 4.0, 6.0 })
    local both = nm.grad(y, { x, w })
    same(both[1], { 4.0, 6.0 })
    same(both[2], { 4.0, 9.0 })
    assert.is_nil(x.grad)
    assert.is_nil(w.grad)
  end)

  it("takes gradients of outputs, and second derivatives", function()
    local x = nm.tensor({ 2.0, 3.0 }, { requires_grad = true })
    same(nm.grad(x * x, x, { grad_outputs = nm.tensor { 1.0, 10.0 } }), { 4.0, 60.0 })
    local g = nm.grad((x ^ 3):sum(), x, { create_graph = true })
    same(nm.grad(g:sum(), x), { 12.0, 18.0 }, 1e-4)
    local unused = nm.tensor({ 1.0 }, { requires_grad = true })
    local list = nm.grad(x:sum(), { unused, x }, { allow_unused = true })
    assert.is_false(list[1])
    same(list[2], { 1.0, 1.0 })
    assert.is_nil(nm.grad(x:sum(), unused, { allow_unused = true }))
  end)
end)

describe("gradcheck", function()
  local function input(...)
    return nm.tensor({ ... }, { dtype = "float64", requires_grad = true })
  end

  it("passes right derivatives", function()
    assert.is_true(nm.autograd.gradcheck(function(x) return x:exp() * x:tanh() end,
      input(0.5, -1.0, 2.0)))
    assert.is_true(nm.autograd.gradcheck(function(x, y) return x / y, (x * y):sum() end,
      { input(0.5, -1.0), input(2.0, 3.0) }))
    assert.is_true(nm.autograd.gradgradcheck(function(x) return x ^ 3 end, input(0.5, 1.5)))
  end)

  it("finds wrong ones, and says where", function()
    local function wrong(x) return x * 2 + x:detach() * nm.tensor({ 0, 0, 1 }) end
    local x = input(1.0, 2.0, 3.0)
    local ok, message = nm.autograd.gradcheck(wrong, x, { raise_exception = false })
    local place = "output 1, element 3 / d input 1, element {3}: 2 by backward, 3"
    assert.is_false(ok)
    assert.is_truthy(message:find(place, 1, true), message)
    assert.is_false((pcall(nm.autograd.gradcheck, wrong, x)))
  end)
end)

describe("the registry", function()
  it("describes each op completely", function()
    local kinds = {}
    local known = "tensor operand tensors number int float bool dim dims index sizes ints each "
      .. "floats parts pair word padding dtype device string"
    for kind in known:gmatch("%w+") do kinds[kind] = true end
    local n = 0
    for name, op in pairs(nm.ops) do
      n = n + 1
      assert.are.equal(name, op.name)
      assert.is_true(#op.doc > 0, name)
      for _, p in ipairs(op.params) do assert.is_truthy(kinds[p.kind], name .. " " .. p.name) end
      local x = nm.zeros(1)
      if op.func then assert.is_function(helper.op(name)) end
      if op.method then assert.is_function(x[name]) end
      if op.inplace then assert.is_function(x[op.inplace]) end
    end
    assert.is_true(n > 60)
    assert.is_true(nm.ops.add.elementwise)
    assert.is_false(nm.ops.matmul.elementwise)
    assert.is_true(nm.ops.exp.differentiable)
    assert.is_false(nm.ops.eq.differentiable)
  end)

  it("runs its examples", function()
    local n = 0
    for name, op in pairs(nm.ops) do
      if op.example then
        n = n + 1
        local head = "local nm = ... "
        local f = load(head .. "return " .. op.example) or load(head .. op.example)
        assert.is_truthy(f, name .. ": " .. op.example)
        local ok, message = pcall(f, nm)
        assert.is_true(ok, name .. ": " .. tostring(message))
      end
    end
    assert.is_true(n >= 0)
  end)
end)

describe("the module", function()
  it("has constants and libraries", function()
    assert.are.equal("float32", nm.float32)
    assert.are.equal("float64", nm.double)
    assert.are.equal("int64", nm.long)
    assert.are.equal(math.huge, nm.inf)
    assert.is_true(nm.nan ~= nm.nan)
    assert.is_truthy(nm._VERSION:find("^numoon %d"))
    assert.is_table(nm.nn)
    assert.is_table(nm.optim)
    assert.is_table(nm.data)
    assert.is_true(nm.is_tensor(nm.zeros(1)))
    assert.is_false(nm.is_tensor({}))
    assert.is_false(nm.is_tensor(nil))
    assert.is_false(nm.is_tensor(io.stdout))
  end)

  it("keeps its metatable to itself", function()
    assert.are.equal("numoon.tensor", getmetatable(nm.zeros(1)))
    assert.is_false((pcall(setmetatable, nm.zeros(1), {})))
  end)
end)
