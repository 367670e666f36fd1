--- What the specs share: random values, deep comparison, errors with their lines, and indexing done
--- slowly on plain tables.
local helper = {}

-- ---- random numbers, the same on every machine ----

---@param seed integer
--- The function of an op: nm.matmul for "matmul", nm.linalg.inv for "linalg.inv".
function helper.op(name)
  local value = require "numoon"
  for word in name:gmatch("[^.]+") do value = value[word] end
  return value
end

--- A leaf: a float64 tensor that requires a gradient, unless the options say otherwise.
function helper.leaf(values, options)
  options = options or {}
  options.requires_grad = true
  options.dtype = options.dtype or "float64"
  return require("numoon").tensor(values, options)
end

--- The message of the error that f raises; it must raise one.
function helper.failure(f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "no error")
  return message
end

--- A generator of pseudo-random numbers.
function helper.rng(seed)
  local state = seed
  local function next_integer() -- Knuth's MMIX
    state = state * 6364136223846793005 + 1442695040888963407
    return state >> 33
  end
  local rng = {}
  --- An integer from low to high.
  function rng.int(low, high) return low + next_integer() % (high - low + 1) end
  --- A multiple of 1/8, exact in every float dtype.
  function rng.float() return (next_integer() % 129 - 64) / 8 end
  function rng.pick(list) return list[rng.int(1, #list)] end
  return rng
end

--- Nested tables of a shape, filled by make().
function helper.nested(shape, make, d)
  d = d or 1
  if d > #shape then return make() end
  local list = {}
  for i = 1, shape[d] do list[i] = helper.nested(shape, make, d + 1) end
  return list
end

--- Nested tables that count 1, 2, 3, ... in row-major order.
function helper.counting(shape)
  local n = 0
  return helper.nested(shape, function()
    n = n + 1
    return n
  end)
end

-- ---- comparing ----

--- The first difference of two nested tables of numbers as text, nil when there is none.
function helper.difference(a, b, tolerance, path)
  path = path or ""
  if type(a) ~= type(b) then return ("%s: %s, %s"):format(path, tostring(a), tostring(b)) end
  if type(a) ~= "table" then
    if a == b or (a ~= a and b ~= b) then return nil end
    if tolerance and type(a) == "number" and math.abs(a - b) <= tolerance then return nil end
    return ("%s: %s, %s"):format(path, tostring(a), tostring(b))
  end
  if #a ~= #b then return ("%s: length %d, %d"):format(path, #a, #b) end
  for i = 1, #a do
    local text = helper.difference(a[i], b[i], tolerance, path .. "[" .. i .. "]")
    if text then return text end
  end
end

--- Raises where two nested tables (or tensors) differ.
function helper.same(a, b, tolerance)
  if type(a) == "userdata" then a = a:totable() end
  if type(b) == "userdata" then b = b:totable() end
  local text = helper.difference(a, b, tolerance)
  if text then error("they differ at " .. text, 2) end
end

-- ---- errors ----

--- Runs a line of Lua, which must raise, with the variables in env; returns the message without its
--- position, which must be that line.
function helper.message(code, env)
  local f = assert(load(code, "=line", "t", setmetatable(env or {}, { __index = _G })))
  local ok, message = pcall(f)
  if ok then error("no error: " .. code, 2) end
  local rest = type(message) == "string" and message:match("^line:1: (.*)$")
  if not rest then
    error(("no position of the caller: %s -> %s"):format(code, tostring(message)), 2)
  end
  return rest
end

-- ---- memory ----

--- Resident bytes of this process; nil where the system does not say.
function helper.resident()
  local file = io.open("/proc/self/status")
  if not file then return nil end
  local kb = file:read("a"):match("VmRSS:%s*(%d+)")
  file:close()
  return kb and tonumber(kb) * 1024
end

-- ---- indexing on plain tables ----

--- An array: a shape and its elements in row-major order.
function helper.array(shape, list) return { shape = shape, list = list } end

function helper.flatten(value, out)
  out = out or {}
  if type(value) ~= "table" then
    out[#out + 1] = value
  else
    for i = 1, #value do helper.flatten(value[i], out) end
  end
  return out
end

function helper.unflatten(array)
  local n = 0
  return helper.nested(array.shape, function()
    n = n + 1
    return array.list[n]
  end)
end

local function count(shape)
  local n = 1
  for _, size in ipairs(shape) do n = n * size end
  return n
end

-- The index (from 1) of element n (from 0) of a shape.
local function unravel(n, shape)
  local at = {}
  for d = #shape, 1, -1 do
    at[d] = n % shape[d] + 1
    n = n // shape[d]
  end
  return at
end

local function ravel(at, shape)
  local n = 0
  for d = 1, #shape do n = n * shape[d] + at[d] - 1 end
  return n + 1
end

local function wrap(i, size) return i < 0 and i + size + 1 or i end

-- { first, last, step }, both ends included, as a list of places.
local function slice_places(slice, size)
  local first, last = wrap(slice[1], size), math.min(wrap(slice[2], size), size)
  local places = {}
  for i = math.max(first, 1), last, slice[3] or 1 do places[#places + 1] = i end
  return places
end

-- A mask as one index array for each of its dims.
local function mask_arrays(mask)
  local arrays = {}
  for d = 1, #mask.shape do arrays[d] = helper.array({ 0 }, {}) end
  for n = 1, count(mask.shape) do
    if mask.list[n] then
      for d, i in ipairs(unravel(n - 1, mask.shape)) do table.insert(arrays[d].list, i) end
    end
  end
  for _, array in ipairs(arrays) do array.shape[1] = #array.list end
  return arrays
end

-- The items of a key, one for each dim of the source: { int = i }, { places = {...} },
-- { array = ... }, and { new = true }, which takes no dim.
local function items_of(key, shape)
  local used, items = 0, {}
  for _, item in ipairs(key) do
    if type(item) == "table" and item.list then
      used = used + (type(item.list[1]) == "boolean" and #item.shape or 1)
    elseif item ~= "..." and item ~= "new" then
      used = used + 1
    end
  end
  local function all()
    items[#items + 1] = { places = slice_places({ 1, -1 }, shape[1]) }
    shape = { table.unpack(shape, 2) }
  end
  for _, item in ipairs(key) do
    if item == "new" then
      items[#items + 1] = { new = true }
    elseif item == "..." then
      for _ = 1, #shape - used do all() end
    elseif type(item) == "number" then
      items[#items + 1] = { int = wrap(item, shape[1]) }
      shape = { table.unpack(shape, 2) }
    elseif item.list then
      local arrays = type(item.list[1]) == "boolean" and mask_arrays(item) or { item }
      for _, array in ipairs(arrays) do
        items[#items + 1] = { array = array }
        shape = { table.unpack(shape, 2) }
      end
    elseif #item == 0 then
      all()
    else
      items[#items + 1] = { places = slice_places(item, shape[1]) }
      shape = { table.unpack(shape, 2) }
    end
    if item ~= "..." and item ~= "new" then
      used = used - (type(item) == "table" and item.list and type(item.list[1]) == "boolean"
        and #item.shape or 1)
    end
  end
  while #shape > 0 do all() end
  return items
end

local function broadcast(shapes)
  local out = {}
  for _, shape in ipairs(shapes) do
    while #out < #shape do table.insert(out, 1, 1) end
    for d = 1, #shape do
      local at = #out - #shape + d
      if out[at] == 1 then out[at] = shape[d] end
    end
  end
  return out
end

-- The output dims: each { size =, item = }, or { size =, group = d } for all index arrays together.
local function layout(items)
  local shapes, adjacent, last = {}, true, nil
  local kept = {}
  for _, item in ipairs(items) do
    if not item.int then kept[#kept + 1] = item end
  end
  for n, item in ipairs(kept) do
    if item.array then
      shapes[#shapes + 1] = item.array.shape
      if last and n ~= last + 1 then adjacent = false end
      last = n
    end
  end
  local group = broadcast(shapes)
  local dims, placed = {}, #shapes == 0
  local function place()
    for d = 1, #group do dims[#dims + 1] = { size = group[d], group = d } end
    placed = true
  end
  if not placed and not adjacent then place() end
  for _, item in ipairs(kept) do
    if item.array then
      if not placed then place() end
    else
      dims[#dims + 1] = { size = item.new and 1 or #item.places, item = item }
    end
  end
  return dims, group
end

--- The places (row-major numbers) of `shape` that a key reads, as an array.  A key is a list of
--- integers, slices, "...", "new" (newaxis) and arrays (of integers, or of booleans for a mask).
function helper.places(shape, key)
  local items = items_of(key, shape)
  local dims, group = layout(items)
  local out = helper.array({}, {})
  for d, dim in ipairs(dims) do out.shape[d] = dim.size end
  for n = 1, count(out.shape) do
    local at, among, where = unravel(n - 1, out.shape), {}, {}
    for d, dim in ipairs(dims) do
      if dim.group then among[dim.group] = at[d] else where[dim.item] = at[d] end
    end
    local source = {}
    for _, item in ipairs(items) do
      local size = shape[#source + 1]
      if item.int then
        source[#source + 1] = item.int
      elseif item.places then
        source[#source + 1] = item.places[where[item]]
      elseif item.array then
        local own = {}
        for d = 1, #item.array.shape do
          own[d] = item.array.shape[d] == 1 and 1 or among[#group - #item.array.shape + d]
        end
        source[#source + 1] = wrap(item.array.list[ravel(own, item.array.shape)], size)
      end
    end
    out.list[n] = ravel(source, shape)
  end
  return out
end

return helper
