--- Arrays: the values of the sweep's arguments as plain Lua lists, and as tensors that hold them in
--- memory in different ways.
--
-- An array is { dtype, shape, list, layout, index }: list has the elements in row-major order, as
-- Lua numbers or booleans that the dtype holds exactly; index, in an array of positions, is the
-- size that they count.
local nm = require "numoon"
local helper = require "spec.helper"

local arrays = {}

--- What a dtype holds.  Floats: digits of the significand, the exponent of the smallest subnormal,
--- the largest number; integers: bits.
arrays.dtypes = {
  float32 = { kind = "f", digits = 24, least = -149, largest = 0x1.fffffep127 },
  float64 = { kind = "f", digits = 53, least = -1074, largest = 0x1.fffffffffffffp1023 },
  float16 = { kind = "f", digits = 11, least = -24, largest = 65504.0 },
  bfloat16 = { kind = "f", digits = 8, least = -133, largest = 0x1.fep127 },
  int64 = { kind = "i", bits = 64 },
  int32 = { kind = "i", bits = 32 },
  int16 = { kind = "i", bits = 16 },
  int8 = { kind = "i", bits = 8 },
  uint8 = { kind = "i", bits = 8, unsigned = true },
  bool = { kind = "b" },
}

--- In an order, the widest of a kind first.
arrays.order = { "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8",
  "uint8", "bool" }

function arrays.kind(dtype) return arrays.dtypes[dtype].kind end

function arrays.count(shape)
  local n = 1
  for _, size in ipairs(shape) do n = n * size end
  return n
end

-- ---- numbers as a dtype holds them ----

--- The distance of neighbours at x.
function arrays.ulp(x, dtype)
  local info = arrays.dtypes[dtype]
  x = math.abs(x)
  if x ~= x or x == math.huge then return 0.0 end
  local exponent = info.least
  if x > 0 then
    -- the exponent field of the double; below its normal range every float type is at `least`
    local e = (string.unpack("<i8", string.pack("<d", x)) >> 52) - 1023
    exponent = math.max(e - info.digits + 1, info.least)
  end
  return 2.0 ^ exponent
end

--- The nearest float of a dtype, ties to even.
function arrays.round(x, dtype)
  if dtype == "float64" or x ~= x or math.abs(x) == math.huge or x == 0 then return x end
  if dtype == "float32" then return (string.unpack("<f", string.pack("<f", x))) end
  local step = arrays.ulp(x, dtype)
  local scaled = x / step -- exact: a power of two
  local low = math.floor(scaled)
  local rest = scaled - low
  if rest > 0.5 or (rest == 0.5 and low % 2 == 1) then low = low + 1 end
  local y = low * step
  if math.abs(y) > arrays.dtypes[dtype].largest then y = x > 0 and math.huge or -math.huge end
  return y == 0 and x < 0 and -0.0 or y
end

--- An integer, wrapped to a dtype.
function arrays.wrap(i, dtype)
  local info = arrays.dtypes[dtype]
  if info.bits == 64 then return i end
  i = i & ((1 << info.bits) - 1)
  if not info.unsigned and i >> (info.bits - 1) == 1 then i = i - (1 << info.bits) end
  return i
end

--- The bounds of an integer dtype.
function arrays.bounds(dtype)
  local info = arrays.dtypes[dtype]
  if info.unsigned then return 0, (1 << info.bits) - 1 end
  return -1 << (info.bits - 1), (1 << (info.bits - 1)) - 1
end

-- ---- tensors of an array ----

-- The list seen with its dims in another order: places[k] is what the k-th element of the result
-- is.
local function permuted(array, order)
  local shape, strides, step = {}, {}, 1
  for d = #array.shape, 1, -1 do strides[d], step = step, step * array.shape[d] end
  for k, d in ipairs(order) do shape[k] = array.shape[d] end
  local list = {}
  local function walk(k, at)
    if k > #order then
      list[#list + 1] = array.list[at]
      return
    end
    for i = 0, shape[k] - 1 do walk(k + 1, at + i * strides[order[k]]) end
  end
  walk(1, 1)
  return shape, list
end

local function make(array, list, shape, device)
  local t = nm.tensor(list, { dtype = array.dtype, device = device })
  if #list == 0 then t = nm.zeros(shape, { dtype = array.dtype, device = device }) end
  return t:reshape(shape)
end

-- A larger tensor with the array's elements `step` apart from `first` on, and others between.
local function surrounded(array, device, first, step)
  local shape, key, strides, total = {}, {}, {}, 1
  for d = #array.shape, 1, -1 do
    local size = array.shape[d]
    shape[d] = first + size * step
    key[d] = size > 0 and { first, first + (size - 1) * step, step } or { 1, 0 }
    strides[d], total = total, total * shape[d]
  end
  local filler = arrays.kind(array.dtype) == "b" and true or 77
  local list, n = {}, 0
  for i = 1, total do list[i] = filler end
  local function walk(d, at)
    if d > #array.shape then
      n = n + 1
      list[at] = array.list[n]
      return
    end
    for i = 0, array.shape[d] - 1 do walk(d + 1, at + (first - 1 + i * step) * strides[d]) end
  end
  walk(1, 1)
  local base = make(array, list, shape, device)
  return base[key], base
end

--- How a tensor lies in memory, by name: builds(array, device) gives the tensor, and the larger one
--- that it is a part of.
arrays.layouts = {
  contiguous = function(array, device) return make(array, array.list, array.shape, device) end,
  transposed = function(array, device)
    local n, order = #array.shape, {}
    for d = 1, n do order[d] = n + 1 - d end
    local shape, list = permuted(array, order)
    local base = make(array, list, shape, device)
    return n > 0 and base:permute(order) or base, base
  end,
  narrowed = function(array, device) -- begins in the middle, rows apart
    if #array.shape == 0 then
      return nm.tensor({ array.list[1], array.list[1], array.list[1] },
        { dtype = array.dtype, device = device })[2]
    end
    return surrounded(array, device, 2, 1)
  end,
  stepped = function(array, device)
    if #array.shape == 0 then return arrays.layouts.contiguous(array, device) end
    return surrounded(array, device, 1, 2)
  end,
  expanded = function(array, device) -- array.list repeats along dim 1: see arrays.repeated
    if #array.shape == 0 or array.shape[1] == 0 then
      return arrays.layouts.contiguous(array, device)
    end
    local shape = table.move(array.shape, 1, #array.shape, 1, {})
    shape[1] = 1
    local list = table.move(array.list, 1, arrays.count(shape), 1, {})
    return make(array, list, shape, device):expand(array.shape)
  end,
}

--- Makes an array the same all along its first dim, as an expanded tensor is.
function arrays.repeated(array)
  if #array.list == 0 or #array.shape == 0 then return array end
  local row = #array.list // array.shape[1]
  for i = row + 1, #array.list do array.list[i] = array.list[(i - 1) % row + 1] end
  return array
end

function arrays.is(value)
  return type(value) == "table" and value.dtype ~= nil and value.list ~= nil
end

function arrays.tensor(array, device)
  local t, base = arrays.layouts[array.layout or "contiguous"](array, device or "cpu")
  return t, base
end

--- What a tensor is: { dtype, shape, list }.
function arrays.of(t)
  local shape = {}
  for d = 1, t.ndim do shape[d] = t.shape[d] end
  return { dtype = t.dtype, shape = shape, list = helper.flatten(t:totable()) }
end

return arrays
