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

  -- Repeated places would leave it open which value wins.
  local function repeats(places)
    local seen = {}
    for _, place in ipairs(places.list) do
      if seen[place] then return true end
      seen[place] = true
    end
    return false
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
          if not repeats(places) and #places.list > 0 then
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
