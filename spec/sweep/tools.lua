--- What the makers of arguments are written with.
--
-- A list of arguments is { n = count, ..., options = {...} }; tensors among them are arrays (see
-- arrays.lua).  A generator g says of which dtype, layout and form ("plain", "scalar": 0-d,
-- "empty", "large") they should be.  A maker is a function of g that gives a list of such lists;
-- none where a form makes no sense for the op.
local arrays = require "spec.sweep.arrays"

local tools = {}

local generator = {}
generator.__index = generator

--- A generator of arguments for an op.
function tools.generator(op, dtype, layout, form, rng)
  local g = { op = op, dtype = dtype, layout = layout, form = form, rng = rng }
  g.low, g.high = op.lo or -3, op.hi or 3
  g.shape = ({ plain = { 3, 4 }, scalar = {}, empty = { 0, 4 }, large = { 5, 211 } })[form]
  return setmetatable(g, generator)
end

function generator:number(dtype, low, high)
  local kind = arrays.kind(dtype)
  if kind == "b" then return self.rng.int(0, 1) == 1 end
  if kind == "f" then
    return arrays.round(low + (high - low) * self.rng.int(1, 9999) / 10000, dtype)
  end
  low, high = math.ceil(low), math.floor(high)
  if low > high then low, high = -3, 3 end
  local least = arrays.bounds(dtype)
  return self.rng.int(math.max(low, least), high)
end

--- An array of random elements within the op's range, or between low and high.
function generator:array(shape, dtype, low, high)
  dtype = dtype or self.dtype
  local list = {}
  for i = 1, arrays.count(shape) do
    list[i] = self:number(dtype, low or self.low, high or self.high)
  end
  local array = { dtype = dtype, shape = shape, list = list, layout = self.layout }
  return self.layout == "expanded" and arrays.repeated(array) or array
end

--- An array of positions in a dim of `size`.
function generator:index(shape, size, distinct_along)
  local array = self:array(shape, "int64", 1, size)
  array.index = size
  if distinct_along then -- the result of a write must not depend on the order of the elements
    local stride = 1
    for d = distinct_along + 1, #shape do stride = stride * shape[d] end
    for i = 1, #array.list do
      array.list[i] = ((i - 1) // stride) % shape[distinct_along] + 1
    end
    array.layout = self.layout ~= "expanded" and self.layout or nil
  end
  return array
end

--- A set of words.
function tools.set(text)
  local out = {}
  for word in text:gmatch("%S+") do out[word] = true end
  return out
end

--- A seed that depends on the name alone, so that an op's cases do not change with its neighbours.
function tools.seed(name)
  local seed = 0
  for i = 1, #name do seed = seed * 31 + name:byte(i) end
  return seed
end

--- The sorted names of the public ops; of those, the ones in a text of names, and of these a part:
--- "2/4" is every fourth from the second on.
function tools.chosen(ops, only, part)
  local wanted = only and tools.set(only)
  local all, names = {}, {}
  for name, op in pairs(ops) do
    local public = op.func or op.method or op.inplace
    if public and (not wanted or wanted[name]) then all[#all + 1] = name end
  end
  table.sort(all)
  local first, step = (part or "1/1"):match "^(%d+)/(%d+)$"
  assert(first, "NUMOON_SWEEP_PART is not of the form 2/4")
  for i = math.tointeger(first), #all, math.tointeger(step) do names[#names + 1] = all[i] end
  return names
end

--- Arguments by position.
function tools.pack(...) return table.pack(...) end

--- Arguments by position, and options.
function tools.with(options, ...)
  local args = table.pack(...)
  args.options = options
  return args
end

--- Which form is asked for.
function tools.plain(g) return g.form == "plain" end
function tools.scalar(g) return g.form == "scalar" end

--- Matrix products: pairs of shapes for each form.
function tools.products(pairs_of_shapes)
  return function(g)
    local list = {}
    for _, pair in ipairs(pairs_of_shapes) do
      local least = math.min(arrays.count(pair[1]), arrays.count(pair[2]))
      if g.form == (least == 0 and "empty" or least > 50 and "large" or "plain") then
        list[#list + 1] = tools.pack(g:array(pair[1]), g:array(pair[2]))
      end
    end
    return list
  end
end

--- Views: for each form a list of what follows the tensor, { shape of the tensor, ... }.
function tools.views(forms)
  return function(g)
    local list = {}
    for _, row in ipairs(forms[g.form] or {}) do
      list[#list + 1] = tools.pack(g:array(row[1]), table.unpack(row, 2))
    end
    return list
  end
end

--- Creation: the arguments do not depend on layouts.  Rows are made by f(g).
function tools.created(f)
  return function(g)
    if g.layout ~= "contiguous" then return {} end
    local list = f(g)
    for _, args in ipairs(list) do
      args.options = args.options or {}
      args.options.dtype = args.options.dtype or g.dtype
    end
    return list
  end
end

--- Edges of reductions: rows with NaN, with infinities of one sign and of both, with zeros of
--- both signs.
function tools.reduction_edges(g)
  local inf, nan = math.huge, 0 / 0
  local list = { 1.0, nan, 2.0, inf, -inf, 0.5, 3.0, 1.0, inf, -inf, 1.0, 2.0, 0.0, -0.0, 0.0, -0.0,
    inf, inf, 2.0, inf, -inf, -inf, -inf, -inf, nan, 1.0, nan, nan }
  local function x() return { dtype = g.dtype, shape = { 7, 4 }, list = list } end
  if arrays.kind(g.dtype) ~= "f" then return {} end
  if g.op.params[2].kind ~= "dims" then return { tools.pack(x(), 1), tools.pack(x(), 2) } end
  return { tools.pack(x()), tools.pack(x(), 1), tools.pack(x(), 2) }
end

--- An array of float64, for the conventions.
function tools.float64(list, shape)
  return { dtype = "float64", shape = shape or { #list }, list = list }
end

return tools
