-- t[...] and t[...] = value in every form, against the same done on plain tables (helper.places),
-- on contiguous, transposed and sliced tensors.
local nm = require "numoon"
local helper = require "spec.helper"

-- A key of helper.places as a key of a tensor.
local function tensor_key(key)
  local out = {}
  for i, item in ipairs(key) do
    if item == "new" then
      out[i] = nm.newaxis
    elseif type(item) == "table" and item.list then
      local dtype = type(item.list[1]) == "boolean" and "bool" or "int64"
      out[i] = nm.tensor(item.list, { dtype = dtype }):reshape(item.shape)
    else
      out[i] = item
    end
  end
  return out
end

local function key_text(key)
  local parts = {}
  for i, item in ipairs(key) do
    if type(item) ~= "table" then
      parts[i] = tostring(item)
    elseif item.list then
      parts[i] = "array{" .. table.concat(item.shape, ",") .. "}"
    else
      parts[i] = "{" .. table.concat(item, ",") .. "}"
    end
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Tensors of a shape that count 1, 2, 3, ..., laid out in memory in different ways.
local layouts = {
  contiguous = function(shape) return nm.tensor(helper.counting(shape)) end,
  transposed = function(shape)
    local t = nm.tensor(helper.counting(shape))
    if #shape < 2 then return t end
    local dims = {}
    for d = 1, #shape do dims[d] = #shape + 1 - d end
    return t:permute(dims):contiguous():permute(dims)
  end,
  sliced = function(shape)
    local wide, key = {}, {}
    for d, size in ipairs(shape) do
      wide[d], key[d] = 2 * size + 1, size > 0 and { 2, 2 * size, 2 } or { 2, 1 }
    end
    local t = nm.zeros(wide, { dtype = "int64" })
    t[key] = nm.tensor(helper.counting(shape))
    return t[key]
  end,
}

local function array(shape, ...) return helper.array(shape, { ... }) end

local keys = {
  [1] = { -- for shape {5}
    { 1 }, { 5 }, { -1 }, { -5 }, { {} }, { "..." }, { { 2, 4 } }, { { 1, -1, 2 } }, { { -3, -1 } },
    { { 4, 2 } }, { { 2, 100 } }, { { 6, 9 } }, { { 3, 3 } }, { { 1, 5, 7 } }, { "new" },
    { "new", "..." }, { "...", "new" }, { { 1, 2 }, "new" }, { array({ 3 }, 5, 1, 1) },
    { array({ 2, 2 }, 1, -1, 2, -2) }, { array({}, 4) }, { array({ 0 }) },
    { array({ 5 }, true, false, true, true, false) },
    { array({ 5 }, false, false, false, false, false) },
    { "new", array({ 2 }, 3, 4) },
  },
  [2] = { -- for {3, 4}
    { 2 }, { 2, 3 }, { -1, -1 }, { {}, 2 }, { { 2, 3 } }, { { 2, 3 }, { 1, -1, 3 } }, { "...", 1 },
    { 1, "..." }, { 2, "...", 3 }, { {}, "new", {} }, { "new", 1 }, { 1, "new" }, { "...", "new" },
    { array({ 2 }, 3, 1) }, { {}, array({ 3 }, 4, 4, -4) },
    { array({ 2 }, 1, 3), array({ 2 }, 2, 4) },
    { array({ 2, 1 }, 1, 3), array({ 3 }, 1, 2, 4) }, { array({ 2 }, 1, 2), { 2, 3 } },
    { 2, array({ 2 }, 1, 4) }, { array({ 2 }, 1, 3), 2 }, { array({ 2 }, -1, 1), "new" },
    { array({ 3 }, true, false, true) }, { {}, array({ 4 }, false, true, true, false) },
    { array({ 3, 4 }, true, false, false, true, false, true, false, false, true, true, true,
      false) },
    { array({ 3 }, false, true, true), array({ 2 }, 1, 4) }, { { 3, 2 }, 1 },
  },
  [3] = { -- for {2, 3, 4}
    { 1 }, { 1, 2, 3 }, { {}, 2 }, { {}, {}, 2 }, { "...", { 2, 3 } }, { 2, "...", 1 },
    { "...", 2, {} },
    { { 2, 2 }, {}, { 1, 4, 3 } }, { "new", "...", "new" }, { 1, "new", { 1, 2 } },
    { array({ 2 }, 2, 1) }, { {}, array({ 2 }, 3, 1) }, { "...", array({ 2 }, 4, 2) },
    { array({ 2 }, 1, 2), {}, array({ 2 }, 4, 1) }, { {}, array({ 2 }, 1, 3), array({ 2 }, 2, 2) },
    { array({ 2, 2 }, 1, 2, 2, 1), array({ 2 }, 3, 1) }, { 1, {}, array({ 2 }, 4, 2) },
    { array({ 2, 3 }, true, false, true, false, true, true) },
    { array({ 2 }, true, false), {}, { 2, 4, 2 } }, { {}, array({ 3, 4 }, table.unpack((function()
      local list = {}
      for i = 1, 12 do list[i] = i % 3 == 0 end
      return list
    end)())) },
    { "new", array({ 2 }, 1, 1), { 1, 2 }, 3 },
  },
  [4] = { -- for {2, 2, 3, 2}
    { 1, "...", 2 }, { {}, 1, {}, array({ 2 }, 2, 1) },
    { array({ 1 }, 2), {}, array({ 3 }, 1, 2, 3), { 1, 2 } },
  },
}
local shapes = { { 5 }, { 3, 4 }, { 2, 3, 4 }, { 2, 2, 3, 2 } }

describe("reading", function()
  for ndim, shape in ipairs(shapes) do
    for name, make in pairs(layouts) do
      it(("agrees with plain tables on a %s tensor of %d dims"):format(name, ndim), function()
        for _, key in ipairs(keys[ndim]) do
          local expected = helper.places(shape, key)
          local got = make(shape)[tensor_key(key)]
          assert.is_true(got.shape == expected.shape, key_text(key))
          local text = helper.difference(helper.unflatten(expected), got:totable())
          assert.is_nil(text, key_text(key))
        end
      end)
    end
  end

  it("agrees on random keys of random tensors", function()
    local rng = helper.rng(20)
    for _ = 1, 400 do
      local shape = {}
      for d = 1, rng.int(1, 4) do shape[d] = rng.int(1, 4) end
      local key = {}
      for d = 1, rng.int(1, #shape) do
        local size, kind = shape[d], rng.int(1, 6)
        if kind == 1 then
          key[#key + 1] = rng.int(1, size) - rng.pick { 0, size + 1 }
        elseif kind == 2 then
          key[#key + 1] = { rng.int(1, size), rng.int(-1, size + 2), rng.int(1, 3) }
          if key[#key][2] == 0 then key[#key] = {} end
        elseif kind == 3 then
          local n, list = rng.int(1, 3), {}
          for i = 1, n do list[i] = rng.int(1, size) end
          key[#key + 1] = helper.array(rng.pick { { n }, { n, 1 } }, list)
        elseif kind == 4 then
          key[#key + 1] = "new"
          key[#key + 1] = {}
        else
          key[#key + 1] = {}
        end
      end
      local lengths = {} -- index arrays must broadcast together: one length above 1 for each dim
      for _, item in ipairs(key) do
        if type(item) == "table" and item.list and item.shape[1] > 1 then
          local known = lengths[#item.shape]
          if known and item.shape[1] ~= known then
            item.shape, item.list = { 1 }, { item.list[1] }
          else
            lengths[#item.shape] = item.shape[1]
          end
        end
      end
      local expected = helper.places(shape, key)
      local make = layouts[rng.pick { "contiguous", "transposed", "sliced" }]
      local got = make(shape)[tensor_key(key)]
      local text = helper.difference(helper.unflatten(expected), got:totable())
      assert.is_nil(text, "{" .. table.concat(shape, ", ") .. "} at " .. key_text(key))
    end
  end)

  it("takes a bare integer, tensor, mask or newaxis", function()
    local t = nm.tensor { { 1, 2 }, { 3, 4 }, { 5, 6 } }
    helper.same(t[2], { 3, 4 })
    helper.same(t[-1], { 5, 6 })
    helper.same(t[2.0], { 3, 4 })
    helper.same(t[nm.tensor { 3, 1 }], { { 5, 6 }, { 1, 2 } })
    helper.same(t[t:gt(2)], { 3, 4, 5, 6 })
    helper.same(t[nm.newaxis], { { { 1, 2 }, { 3, 4 }, { 5, 6 } } })
    assert.are.equal(0, t[1][2].ndim)
    helper.same(t[{}], t:totable())
    helper.same(t[nm.tensor({ 1, 2 }, { dtype = "int32" })], { { 1, 2 }, { 3, 4 } })
  end)

  it("takes an index as long as the tensor has dims, and reads 0-d tensors", function()
    local t = nm.tensor(7)
    assert.are.equal(7, t[{}]:item())
    helper.same(t[{ nm.newaxis }], { 7 })
    helper.same(t[{ "..." }], 7)
  end)

  it("ends ipairs one past the end and walks the rows", function()
    local t, seen = nm.tensor { { 1, 2 }, { 3, 4 } }, {}
    for i, row in ipairs(t) do seen[i] = row:totable() end
    helper.same(seen, { { 1, 2 }, { 3, 4 } })
    assert.is_nil(t[3])
    local n = 0
    for _, x in ipairs(nm.tensor { 5, 6, 7 }) do n = n + x:item() end
    assert.are.equal(18, n)
    assert.is_nil(nm.zeros(0)[1])
  end)

  it("gives views for integers and slices, copies for tensors", function()
    local t = nm.tensor { { 1, 2, 3 }, { 4, 5, 6 } }
    t[1]:add_(10)
    t[{ {}, { 2, 3 } }]:mul_(2)
    helper.same(t, { { 11, 24, 26 }, { 4, 10, 12 } })
    t[nm.tensor { 1 }]:zero_()
    helper.same(t, { { 11, 24, 26 }, { 4, 10, 12 } })
  end)

  it("reads empty tensors", function()
    local t = nm.zeros(0, 3)
    assert.are.equal("{0, 2}", tostring(t[{ {}, { 2, 3 } }].shape))
    assert.are.equal("{0}", tostring(t[{ {}, 1 }].shape))
    assert.are.equal("{0, 3}", tostring(nm.zeros(2, 3)[nm.tensor({ false, false })].shape))
  end)
end)

describe("writing", function()
  local function written(shape, key, value_of)
    local list = helper.flatten(helper.counting(shape))
    local places = helper.places(shape, key)
    for n, place in ipairs(places.list) do list[place] = value_of(n) end
    return helper.unflatten(helper.array(shape, list)), places
  end

  for ndim, shape in ipairs(shapes) do
    for name, make in pairs(layouts) do
      it(("writes through every key, %s, %d dims"):format(name, ndim), function()
        for _, key in ipairs(keys[ndim]) do
          local expected = written(shape, key, function() return -1 end)
          local t = make(shape)
          t[tensor_key(key)] = -1
          assert.is_nil(helper.difference(expected, t:totable()), key_text(key))

          local values, places = written(shape, key, function(n) return -n end)
          if #places.list > 0 then -- of repeated places the last value stays
            local source = {}
            for n = 1, #places.list do source[n] = -n end
            t = make(shape)
            t[tensor_key(key)] = nm.tensor(source):reshape(places.shape)
            assert.is_nil(helper.difference(values, t:totable()), key_text(key))
          end
        end
      end)
    end
  end

  it("broadcasts and casts what is assigned", function()
    local t = nm.zeros(2, 3)
    t[1] = nm.tensor { 1, 2, 3 }
    t[{ {}, 2 }] = nm.tensor { { 7 } }[1]
    helper.same(t, { { 1.0, 7.0, 3.0 }, { 0.0, 7.0, 0.0 } })
    t[t:gt(2)] = -1
    helper.same(t, { { 1.0, -1.0, -1.0 }, { 0.0, -1.0, 0.0 } })
    t[{}] = 5
    helper.same(t, { { 5.0, 5.0, 5.0 }, { 5.0, 5.0, 5.0 } })
    local i = nm.tensor { 1, 2 }
    i[1] = 2.75
    i[2] = true
    helper.same(i, { 2, 1 })
    t[2] = { 1, 2, 3 }
    helper.same(t[2], { 1.0, 2.0, 3.0 })
  end)

  it("reaches the base through views of views", function()
    local t = nm.zeros(3, 3)
    t.T[1][{ { 2, 3 } }] = 4
    helper.same(t, { { 0.0, 0.0, 0.0 }, { 4.0, 0.0, 0.0 }, { 4.0, 0.0, 0.0 } })
    local u = nm.tensor(1.5)
    u[{}] = 2
    assert.are.equal(2.0, u:item())
  end)

  it("writes from an overlapping view of the same tensor", function()
    local t = nm.tensor { 1, 2, 3, 4, 5 }
    t[{ { 2, 5 } }] = t[{ { 1, 4 } }]
    helper.same(t, { 1, 1, 2, 3, 4 })
  end)

  it("is tracked by autograd", function()
    local x = nm.tensor({ 1.0, 2.0, 3.0 }, { requires_grad = true })
    local y = x * 2
    y[2] = 10
    y:sum():backward()
    helper.same(x.grad, { 2.0, 0.0, 2.0 })
    local v = nm.tensor(5.0, { requires_grad = true })
    local z = nm.zeros(3)
    z[{ { 1, 2 } }] = v;
    (z * nm.tensor { 1.0, 2.0, 4.0 }):sum():backward()
    assert.are.equal(3.0, v.grad:item())
  end)

  it("has gradients of reading, with repeated places adding up", function()
    local x = nm.tensor({ 1.0, 2.0, 3.0 }, { requires_grad = true });
    (x[nm.tensor { 1, 1, 3 }] * nm.tensor { 1.0, 10.0, 100.0 }):sum():backward()
    helper.same(x.grad, { 11.0, 0.0, 100.0 })
    x.grad = nil
    x[{ { 2, 3 } }]:sum():backward()
    helper.same(x.grad, { 0.0, 1.0, 1.0 })
  end)
end)

describe("gradients", function()
  local function counting(shape)
    return (nm.tensor(helper.counting(shape)):reshape(shape) * 0.25 - 1):to("float64")
  end

  for ndim, shape in ipairs(shapes) do
    it(("flow through every key, %d dims"):format(ndim), function()
      for _, key in ipairs(keys[ndim]) do
        local place = tensor_key(key)
        local x = counting(shape):requires_grad_()
        local part = x[place]
        local text = key_text(key)
        if part:numel() > 0 and part:numel() <= 36 then
          local v = (counting(part.shape) * 3):detach():requires_grad_()
          local function read(t) return t[place] end
          local function write(t, value)
            local y = t * 1
            y[place] = value
            return y
          end
          local function write_transposed(t, value) -- the picked dims do not lie side by side
            local y = (t * 1).mT:contiguous().mT
            y[place] = value * value
            return y
          end
          assert.is_true(nm.autograd.gradcheck(read, x), text)
          assert.is_true(nm.autograd.gradcheck(write, { x, v }), text)
          if ndim > 1 then
            assert.is_true(nm.autograd.gradcheck(write_transposed, { x, v }), text)
          end
          if #text < 20 then assert.is_true(nm.autograd.gradgradcheck(read, x), text) end
        end
      end
    end)
  end

  it("of repeated places go to the value that stayed", function()
    local v = nm.tensor({ 1.0, 2.0, 3.0 }, { requires_grad = true })
    local t = nm.zeros(4)
    t[nm.tensor { 2, 4, 2 }] = v
    helper.same(t, { 0.0, 3.0, 0.0, 2.0 })
    t:sum():backward()
    helper.same(v.grad, { 0.0, 1.0, 1.0 })
  end)

  it("add up where index_put accumulates", function()
    local v = nm.tensor({ 1.0, 2.0, 3.0 }, { requires_grad = true })
    local x = nm.ones(3, { requires_grad = true })
    local y = x:index_put({ nm.tensor { 1, 3, 1 } }, v, true)
    helper.same(y, { 5.0, 1.0, 3.0 });
    (y * nm.tensor { 1.0, 10.0, 100.0 }):sum():backward()
    helper.same(v.grad, { 1.0, 100.0, 1.0 })
    helper.same(x.grad, { 1.0, 10.0, 100.0 })
  end)
end)

describe("placement of what is picked", function()
  local t = nm.arange(120):reshape(2, 3, 4, 5)
  local a, b = nm.tensor { { 1, 2 }, { 3, 1 } }, nm.tensor { 4, 2 }

  it("is where the index tensors stand side by side", function()
    local y = t[{ {}, a, b }]
    assert.are.equal("{2, 2, 2, 5}", tostring(y.shape))
    for i = 1, 2 do
      for r = 1, 2 do
        for c = 1, 2 do
          assert.is_true(y[{ i, r, c }] == t[{ i, a:get(r, c), b:get(c) }])
        end
      end
    end
  end)

  it("is in front where something stands between them", function()
    local y = t[{ {}, a, {}, b }]
    assert.are.equal("{2, 2, 2, 4}", tostring(y.shape))
    for r = 1, 2 do
      for c = 1, 2 do
        assert.is_true(y[{ r, c }] == t[{ {}, a:get(r, c), {}, b:get(c) }])
      end
    end
    assert.are.equal("{2, 2, 3, 1, 5}", tostring(t[{ a - 1 + a:eq(1), {}, nm.newaxis, b }].shape))
  end)

  it("counts an integer as gone, not as an index tensor", function()
    assert.are.equal("{3, 2}", tostring(t[{ 1, {}, 2, b }].shape))
    local one = nm.tensor(1)
    local last = nm.tensor(-1, { dtype = "int32" })
    assert.are.equal("{3, 2}", tostring(t[{ one, {}, last, b }].shape))
    t[one]:zero_() -- a view, too
    assert.are.equal(0, t[1]:sum():item())
    assert.is_false((pcall(function() return t[nm.tensor(0)] end)))
    assert.is_false((pcall(function() return t[nm.tensor(3)] end)))
    assert.is_false((pcall(function() return t[nm.tensor(1.0)] end)))
  end)

  it("treats a mask as an index of as many dims", function()
    local mask = nm.zeros(3, 4, { dtype = "bool" })
    mask[{ 2, 3 }], mask[{ 3, 1 }] = true, true
    local y = t[{ {}, mask, { 2, 4 } }]
    assert.are.equal("{2, 2, 3}", tostring(y.shape))
    assert.is_true(y[{ 2, 1 }] == t[{ 2, 2, 3, { 2, 4 } }])
    assert.is_true(t[{ {}, mask, nm.tensor { 5, 1 } }][{ 1, 2 }] == t[{ 1, 3, 1, 1 }])
  end)

  it("takes what nonzero gives", function()
    local x = nm.tensor { { 1, -2, 3 }, { -4, 5, -6 } }
    local mask = x:gt(0)
    helper.same(x[mask:nonzero { as_tuple = true }], { 1, 3, 5 })
    helper.same(x[mask], { 1, 3, 5 })
    helper.same(mask:nonzero(), { { 1, 1 }, { 1, 3 }, { 2, 2 } })
    x[mask:nonzero { as_tuple = true }] = 0
    helper.same(x, { { 0, -2, 0 }, { -4, 0, -6 } })
  end)
end)

describe("positions and values", function()
  local function refuses(pattern, f)
    local ok, message = pcall(f)
    assert.is_false(ok)
    assert.is_truthy(message:find(pattern), message)
  end

  it("outside of the dim are refused, with the position", function()
    local t = nm.zeros(3, 4)
    refuses("index 4 is out of range for size 3", function() return t[nm.tensor { 1, 4 }] end)
    refuses("index %-4 is out of range for size 3", function() return t[nm.tensor { -4, 2 }] end)
    refuses("index 0: positions count from 1", function() return t[nm.tensor { 1, 0, -1 }] end)
    refuses("index 5 is out of range", function() t[{ {}, nm.tensor { 5 } }] = 1 end)
    refuses("index %-9223372036854775808 is out", function()
      return t[nm.tensor { math.mininteger }]
    end)
    refuses("index 9223372036854775807 is out", function()
      return t:index_select(2, nm.tensor { math.maxinteger })
    end)
    refuses("^[^\n]*take: index 13 is out of range for size 12", function()
      return t:take(nm.tensor { 13 })
    end)
  end)

  it("of slices go forward: flip is named", function()
    local t = nm.arange(5)
    refuses("flip", function() return t[{ { 5, 1, -1 } }] end)
    refuses("flip", function() t[{ { 1, -1, 0 } }] = 1 end)
  end)

  it("of a float tensor do not go into integers by an index tensor", function()
    local t = nm.zeros(3, { dtype = "int64" })
    refuses("float32 do not go into a tensor of dtype int64", function()
      t[nm.tensor { 1, 2 }] = nm.tensor { 0.5, 1.5 }
    end)
    refuses("int64 do not go into a tensor of dtype bool", function()
      nm.zeros(2, { dtype = "bool" })[nm.tensor { 1 }] = nm.tensor { 2 }
    end)
    refuses("values is float32, the tensor int64", function()
      return t:index_put({ nm.tensor { 1 } }, nm.tensor { 0.5 })
    end)
    t[nm.tensor { 1, 2 }] = 7
    t[nm.tensor { 3 }] = nm.tensor({ true })
    helper.same(t, { 7, 7, 1 })
  end)

  it("of a mask must cover the dims that it picks from", function()
    local t = nm.zeros(3, 4)
    refuses("mask of shape {4}", function() return t[nm.zeros(4, { dtype = "bool" })] end)
    refuses("mask of shape {4}", function() t[nm.zeros(4, { dtype = "bool" })] = 1 end)
  end)

  it("that do not broadcast together are refused with both shapes", function()
    refuses("{2} and {3}", function()
      return nm.zeros(5, 5)[{ nm.tensor { 1, 2 }, nm.tensor { 1, 2, 3 } }]
    end)
  end)
end)

describe("many elements", function()
  it("are picked, put and added by several threads as by one", function()
    local threads = nm.get_num_threads()
    nm.manual_seed(4)
    local x = nm.randn(3000, 70)
    local index = nm.randint(1, 3001, { 20000 })
    local source = nm.randn(20000, 70)
    local function all()
      return nm.eval(x:index_select(1, index), x:index_add(1, index, source),
        x:index_copy(1, index, source), x:index_add(2, nm.randint(1, 71, { 70 }), x * 2))
    end
    nm.set_num_threads(1)
    nm.manual_seed(5)
    local one = { all() }
    nm.set_num_threads(4)
    nm.manual_seed(5)
    local four = { all() }
    nm.set_num_threads(threads)
    for i = 1, 4 do assert.is_true(one[i] == four[i], tostring(i)) end
  end)

  -- Few long lines are sorted there by their index, many short ones are walked.
  it("are the same bits on Vulkan, in every mode", function()
    if not nm.vulkan.is_available() then return pending("there is no Vulkan") end
    nm.manual_seed(7)
    local devices = { "cpu", "vulkan" }
    local function same(f)
      local results = {}
      for i, device in ipairs(devices) do
        results[i] = f(function(t) return t:to { device = device } end):cpu()
      end
      assert.is_true(results[1] == results[2])
    end
    for _, dtype in ipairs { "float32", "float16", "uint8" } do
      local x = (nm.randn(50, 7) * 3):abs():to(dtype)
      local src = (nm.randn(3000, 7) * 3):abs():to(dtype)
      local rows, each = nm.randint(1, 51, { 3000 }), nm.randint(1, 51, { 3000, 7 })
      same(function(d) return d(x):index_copy(1, d(rows), d(src)) end)
      same(function(d) return d(x):index_add(1, d(rows), d(src)) end)
      same(function(d) return d(x):scatter(1, d(each), d(src)) end)
      for _, how in ipairs { "sum", "prod", "amax", "amin", "mean" } do
        same(function(d) return d(x):scatter_reduce(1, d(each), d(src), how, false) end)
        same(function(d) return d(x.T:clone()):scatter_reduce(2, d(each.T), d(src.T), how) end)
      end
    end
    local v = nm.randn(100000)
    local mask = v:gt(0.5)
    same(function(d) return d(mask):nonzero() end)
    same(function(d) return d(v)[d(mask)] end)
    same(function(d) return d(v):gt(100):nonzero() end)
    same(function(d)
      local y = d(v):clone()
      y[d(mask)] = d(v)[d(mask)] * 2
      return y
    end)
  end)

  it("agree with a plain loop", function()
    nm.manual_seed(6)
    local x = nm.arange(1000)
    local mask = nm.rand(1000):lt(0.3)
    local list, where = mask:totable(), {}
    for i, on in ipairs(list) do
      if on then where[#where + 1] = i end
    end
    helper.same(mask:nonzero():squeeze(2), where)
    helper.same(x[mask] + 1, where)
    helper.same(mask:argwhere():t()[1], where)
  end)
end)

describe("get and set", function()
  it("read and write one element as a Lua value", function()
    local t = nm.tensor { { 1.5, 2.5 }, { 3.5, 4.5 } }
    assert.are.equal(3.5, t:get(2, 1))
    assert.are.equal(4.5, t:get(-1, -1))
    t:set(1, 2, 9)
    helper.same(t, { { 1.5, 9.0 }, { 3.5, 4.5 } })
    assert.are.equal("integer", math.type(nm.tensor { 7 }:get(1)))
    assert.is_true(nm.tensor { true }:get(1))
    assert.are.equal(2.0, nm.tensor(2.0):get())
    assert.are.equal(9.0, t.T:get(2, 1))
    local h = nm.zeros(2, { dtype = "float16" })
    h:set(2, 0.1)
    assert.are.equal(0.0999755859375, h:get(2))
  end)

  it("see what is pending, and are seen by it", function()
    local t = nm.ones(3)
    local y = t + 1
    t:set(1, 100)
    helper.same(y, { 2.0, 2.0, 2.0 })
    local z = y * 2
    assert.are.equal(4.0, z:get(2))
  end)
end)
