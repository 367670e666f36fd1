local nm = require "numoon"
local data = nm.data

local function failure(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches("^%S*data_spec%.lua:%d+: ", message)
  return (message:gsub("^%S*data_spec%.lua:%d+: ", ""))
end

describe("datasets", function()
  local x, y = nm.arange(10):view(5, 2), nm.range(1, 5)

  it("TensorDataset is rows of tensors", function()
    local ds = data.TensorDataset(x, y)
    assert.equal(5, #ds)
    local a, b = ds:get(3)
    assert.same({ 4, 5 }, a:totable())
    assert.equal(3, b:item())
    local rows, labels = ds:batch(nm.tensor { 5, 1 })
    assert.same({ { 8, 9 }, { 0, 1 } }, rows:totable())
    assert.same({ 5, 1 }, labels:totable())
    assert.equal("data.TensorDataset: index 6 is not one of 1 to 5", failure(ds.get, ds, 6))
    assert.equal("data.TensorDataset: index 0 is not one of 1 to 5", failure(ds.get, ds, 0))
    assert.matches("argument 2 of shape {4} must have the first's length, 5",
      failure(data.TensorDataset, x, nm.ones(4)))
    assert.matches("argument 1 must be a tensor, got 3", failure(data.TensorDataset, 3))
  end)

  it("Dataset is a length and a function", function()
    local ds = data.Dataset(4, function(i) return nm.tensor { i, -i }, i * 10 end)
    local a, b = ds:batch(nm.tensor { 2, 4 })
    assert.same({ { 2, -2 }, { 4, -4 } }, a:totable())
    assert.same({ 20, 40 }, b:totable())
    assert.matches("index 5 is not one of 1 to 4", failure(ds.get, ds, 5))
    assert.matches("must be a function, got 3", failure(data.Dataset, 4, 3))
  end)

  it("random_split gives every sample once", function()
    nm.manual_seed(5)
    local ds = data.TensorDataset(y)
    local parts = data.random_split(ds, { 3, 2 })
    assert.equal(3, #parts[1])
    assert.equal(2, #parts[2])
    local seen = {}
    for _, part in ipairs(parts) do
      for i = 1, #part do seen[part:get(i):item()] = true end
    end
    assert.same({ true, true, true, true, true }, seen)
    local all = parts[1]:batch(nm.tensor { 1, 2, 3 })
    assert.equal(parts[1]:get(2):item(), all:get(2))
    local thirds = data.random_split(ds, { 0.5, 0.5 })
    assert.same({ 3, 2 }, { #thirds[1], #thirds[2] })
    assert.equal("data.random_split: the lengths add up to 4, the dataset has 5 samples",
      failure(data.random_split, ds, { 2, 2 }))
  end)
end)

describe("data.DataLoader", function()
  local ds = data.TensorDataset(nm.range(1, 10), nm.range(1, 10) * 2)

  local function batches(loader)
    local list = {}
    for x, y in loader:iter() do
      assert.is_true(x * 2 == y)
      list[#list + 1] = x:totable()
    end
    return list
  end

  it("gives batches in order", function()
    local loader = data.DataLoader(ds, { batch_size = 4 })
    assert.equal(3, #loader)
    assert.same({ { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 10 } }, batches(loader))
    loader = data.DataLoader(ds, { batch_size = 4, drop_last = true })
    assert.equal(2, #loader)
    assert.same({ { 1, 2, 3, 4 }, { 5, 6, 7, 8 } }, batches(loader))
    assert.same({ { 1 }, { 2 } }, batches(data.DataLoader(data.TensorDataset(nm.range(1, 2),
      nm.range(1, 2) * 2))))
    assert.equal(0, #data.DataLoader(data.TensorDataset(nm.zeros(0)), { batch_size = 2 }))
  end)

  it("shuffles by the seed, anew each time", function()
    local loader = data.DataLoader(ds, { batch_size = 3, shuffle = true })
    nm.manual_seed(1)
    local first, second = batches(loader), batches(loader)
    nm.manual_seed(1)
    assert.same(first, batches(loader))
    assert.same(second, batches(loader))
    assert.is_false(first[1][1] == second[1][1] and first[2][1] == second[2][1]
      and first[3][1] == second[3][1] and first[4][1] == second[4][1])
    local all = {}
    for _, batch in ipairs(first) do table.move(batch, 1, #batch, #all + 1, all) end
    table.sort(all)
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, all)
  end)

  it("is left and entered again at will, also twice at once", function()
    local loader = data.DataLoader(ds, { batch_size = 5 })
    assert.same({ 1, 2, 3, 4, 5 }, loader()():totable())
    local count = 0
    for a in loader() do
      for b in loader() do
        if a == b then count = count + 1 end
      end
    end
    assert.equal(2, count)
  end)

  it("takes any dataset", function()
    local squares = data.Dataset(5, function(i) return i * i, i * i * 2 end)
    assert.same({ { 1, 4 }, { 9, 16 }, { 25 } },
      batches(data.DataLoader(squares, { batch_size = 2 })))
    assert.equal("data.DataLoader: option 'batch_size' must be an integer of at least 1, got 0",
      failure(data.DataLoader, ds, { batch_size = 0 }))
    assert.equal("data.DataLoader: needs a dataset, got 3", failure(data.DataLoader, 3))
    assert.equal("data.DataLoader: unknown option 'bach_size'; did you mean 'batch_size'?",
      failure(data.DataLoader, ds, { bach_size = 3 }))
  end)
end)

describe("data.idx", function()
  local path = os.tmpname()
  local dir = path .. ".d"
  setup(function() assert(os.execute("mkdir " .. dir)) end)
  teardown(function() os.execute("rm -rf " .. dir .. " " .. path .. "*") end)

  local function write(name, ...)
    local file = assert(io.open(name, "wb"))
    file:write(...)
    file:close()
    return name
  end

  -- The bytes of a file of a type code and a shape, elements by string.pack.
  local function idx_bytes(code, shape, format, ...)
    local parts = { string.pack(">I2BB", 0, code, #shape) }
    for _, n in ipairs(shape) do parts[#parts + 1] = string.pack(">I4", n) end
    for _, v in ipairs { ... } do parts[#parts + 1] = string.pack(">" .. format, v) end
    return table.concat(parts)
  end

  it("reads every type", function()
    for _, kind in ipairs {
      { 0x08, "B", "uint8", { 0, 10, 13, 26, 255, 1 } },
      { 0x09, "b", "int8", { -128, -1, 0, 1, 2, 127 } },
      { 0x0B, "h", "int16", { -32768, 258, 10, 13, 0, 32767 } },
      { 0x0C, "i4", "int32", { -5, 16909060, 0, 1, 2, 3 } },
      { 0x0D, "f", "float32", { 0.5, -1.25, 1e10, 0, 3, 4 } },
      { 0x0E, "d", "float64", { 0.1, -1e300, 3.0, 1, 2, 3 } },
    } do
      local code, format, dtype, values = table.unpack(kind)
      write(path, idx_bytes(code, { 2, 3 }, format, table.unpack(values)))
      local t = data.idx(path)
      assert.equal(dtype, t.dtype)
      assert.is_true(t.shape == nm.ones(2, 3).shape)
      for i, value in ipairs(t:flatten():totable()) do
        assert.near(values[i], value, math.abs(values[i]) * (dtype == "float32" and 1e-7 or 0))
      end
    end
  end)

  it("reads gzip", function()
    write(path .. ".raw", idx_bytes(0x08, { 3 }, "B", 1, 2, 3))
    assert(os.execute(("gzip -c %s.raw > %s.gz"):format(path, path)))
    assert.same({ 1, 2, 3 }, data.idx(path .. ".gz"):totable())
    local file = assert(io.open(path .. ".gz", "rb"))
    local bytes = file:read "a"
    file:close()
    write(path .. ".gz", bytes:sub(1, -12))
    assert.matches("is not a whole gzip file", failure(data.idx, path .. ".gz"))
  end)

  it("refuses what is no IDX file, and names it", function()
    local function refuses(bytes, message)
      write(path, bytes)
      local text = failure(data.idx, path)
      assert.is_truthy(text:find("'" .. path .. "'", 1, true))
      assert.matches(message, text)
    end
    refuses("", "is too short for an IDX file")
    refuses("\0\0\8", "is too short for an IDX file")
    refuses("PNG file", "is not an IDX file: it begins with 504e4720")
    refuses("\0\0\7\1\0\0\0\1a", "is not an IDX file")
    refuses("\0\0\8\2\0\0\0\1", "ends within its header")
    refuses("\0\0\8\9" .. ("\0\0\0\1"):rep(9) .. "a", "has 9 dims")
    refuses(idx_bytes(0x08, { 2, 2 }, "B", 1, 2, 3),
      "has 3 bytes of elements; its shape {2, 2} of uint8 needs 4")
    refuses(idx_bytes(0x08, { 2 }, "B", 1, 2, 3), "has 3 bytes of elements")
    refuses("\0\0\14\3" .. ("\255"):rep(12), "has 0 bytes of elements")
    assert.matches("No such file", failure(data.idx, path .. ".none"))
    assert.matches("the path must be a string, got 3", failure(data.idx, 3))
  end)

  it("finds the splits of MNIST", function()
    assert.matches("no train%-images%-idx3%-ubyte", failure(data.mnist, dir))
    write(dir .. "/t10k-images-idx3-ubyte", idx_bytes(0x08, { 2, 1, 2 }, "B", 1, 2, 3, 4))
    assert.matches("t10k%-labels%-idx1%-ubyte", failure(data.mnist, dir))
    write(dir .. "/t10k-labels-idx1-ubyte", idx_bytes(0x08, { 2 }, "B", 0, 9))
    local sets = data.mnist(dir)
    assert.is_nil(sets.train)
    assert.same({ { { 1, 2 } }, { { 3, 4 } } }, sets.test.images:totable())
    assert.same({ 1, 10 }, sets.test.labels:totable())
    assert.equal("int64", sets.test.labels.dtype)
    write(dir .. "/t10k-labels-idx1-ubyte", idx_bytes(0x08, { 1 }, "B", 0))
    assert.matches("don't belong together", failure(data.mnist, dir))
  end)
end)
