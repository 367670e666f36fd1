--- Arguments for every op: from the kinds of its parameters and its test range, or by an entry of
--- `special` where they have to fit together.
--
-- A list of arguments is { n = count, ..., options = {...} }; tensors among them are arrays (see
-- arrays.lua).  A generator g says of which dtype, layout and form ("plain", "scalar": 0-d,
-- "empty") they should be.  A maker gives a list of such lists; none where a form makes no sense
-- for the op.
local arrays = require "spec.sweep.arrays"

local arguments = {}

local generator = {}
generator.__index = generator

--- A generator of arguments for an op.
function arguments.generator(op, dtype, layout, form, rng)
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

local function pack(...) return table.pack(...) end

local function with(options, ...)
  local args = table.pack(...)
  args.options = options
  return args
end

-- ---- from the parameters ----

-- Numbers for an operand, exact in every float dtype and within the op's range.
local function numbers(g)
  local whole, broken = 2, 1.5
  if whole < g.low or whole > g.high then whole = math.ceil(g.low) end
  if broken < g.low or broken > g.high then broken = math.floor((g.low + g.high) * 4) / 8 end
  return whole, broken
end

-- What an optional parameter may be, but for leaving it out.
local function alternatives(g, p)
  local two = #g.shape > 1
  if p.kind == "dims" then return two and { 1, -1, { 1, -1 }, {} } or { 1, -1, {} } end
  if p.kind == "dim" then return { 1, -1 } end
  if p.kind == "bool" then return { true } end
  if p.kind == "float" then return { 0.0 } end
  if p.kind == "number" then return { 2, 0.5 } end
  if p.kind == "dtype" then return { "float64", "float32" } end
end

local function required(g, p)
  if p.kind == "tensor" or p.kind == "operand" then return g:array(g.shape) end
  if p.kind == "dim" then return 1 end
end

-- Tensors of other shapes, and numbers, in the place of operands.
local function add_operands(g, list, places)
  if g.form ~= "plain" then return end
  local whole, broken = numbers(g)
  local first = list[1]
  local function variant(replace)
    local args = table.move(first, 1, first.n, 1, { n = first.n })
    for k, value in pairs(replace) do args[k] = value end
    list[#list + 1] = args
  end
  local a, b = places[1], places[#places]
  variant({ [a] = g:array({ 3, 1 }), [b] = g:array({ 4 }) })
  variant({ [b] = whole })
  variant({ [b] = broken })
  variant({ [a] = whole })
  variant({ [a] = broken })
  variant({ [b] = g:array({}) })
  if g.layout ~= "contiguous" then return end
  for _, other in ipairs { "float32", "int64", "uint8" } do
    variant({ [b] = g:array(g.shape, other) })
  end
end

local function from_parameters(g, op)
  local base, operands, optional = { n = 0 }, {}, {}
  for k, p in ipairs(op.params) do
    if not p.optional then
      local value = required(g, p)
      if value == nil then
        return nil, ("no value for parameter '%s' of kind '%s'"):format(p.name, p.kind)
      end
      base[k], base.n = value, k
      if p.kind == "operand" then operands[#operands + 1] = k end
    elseif p.name ~= "device" and p.name ~= "requires_grad" then
      local values = alternatives(g, p)
      if not values then
        return nil, ("no value for option '%s' of kind '%s'"):format(p.name, p.kind)
      end
      optional[#optional + 1] = { name = p.name, values = values }
    end
  end
  local list = { base }
  if #operands > 1 then add_operands(g, list, operands) end
  if #operands == 1 and g.form == "plain" then
    local whole, broken = numbers(g)
    for _, value in ipairs { whole, broken } do
      local args = table.move(base, 1, base.n, 1, { n = base.n })
      args[operands[1]] = value
      list[#list + 1] = args
    end
  end
  local function option(options)
    local args = table.move(base, 1, base.n, 1, { n = base.n })
    args.options = options
    list[#list + 1] = args
  end
  for k, p in ipairs(op.params) do -- a dim that must be given
    if p.kind == "dim" and not p.optional then
      local args = table.move(base, 1, base.n, 1, { n = base.n })
      args[k] = -1
      list[#list + 1] = args
    end
  end
  for i, o in ipairs(optional) do
    for _, value in ipairs(o.values) do option({ [o.name] = value }) end
    local following = optional[i + 1]
    if following then
      option({ [o.name] = o.values[1], [following.name] = following.values[1] })
    end
  end
  return list
end

-- ---- by name ----

local function plain(g) return g.form == "plain" end
local function scalar(g) return g.form == "scalar" end

-- Matrix products: pairs of shapes for each form.
local function products(pairs_of_shapes)
  return function(g)
    local list = {}
    for _, pair in ipairs(pairs_of_shapes) do
      local least = math.min(arrays.count(pair[1]), arrays.count(pair[2]))
      if g.form == (least == 0 and "empty" or least > 50 and "large" or "plain") then
        list[#list + 1] = pack(g:array(pair[1]), g:array(pair[2]))
      end
    end
    return list
  end
end

-- Views: for each form a list of what follows the tensor, { shape of the tensor, ... }.
local function views(forms)
  return function(g)
    local list = {}
    for _, row in ipairs(forms[g.form] or {}) do
      list[#list + 1] = pack(g:array(row[1]), table.unpack(row, 2))
    end
    return list
  end
end

-- Creation: the arguments do not depend on layouts.  Rows are made by f(g).
local function created(f)
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

local function sized(g)
  return { pack(g.form == "empty" and { 2, 0 } or g.shape) }
end

local function like(g) return { pack(g:array(g.shape)) } end

-- Steps of floats are exact binary fractions, so that the end does not depend on rounding.
local function progressions(inclusive)
  return created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(3, inclusive and 2 or 3, 1) } end
    if g.form == "large" then return { pack(0, g.dtype == "uint8" and 255 or 1500, 1) } end
    local list = { pack(0, 5, 1), pack(1, 10, 3), pack(4, -3, -2) }
    if g.dtype == "int64" then -- more digits than a double has
      list[4] = pack((1 << 62) + 1, (1 << 62) + 5, 1)
      list[5] = pack(math.maxinteger, math.maxinteger - 7, -3)
      list[6] = pack(math.mininteger, math.mininteger + 6, 3)
    end
    if arrays.kind(g.dtype) == "f" then
      list[#list + 1] = pack(0.5, 3.0, 0.25)
      list[#list + 1] = pack(-1.0, 2, 0.375)
    end
    if arrays.dtypes[g.dtype].unsigned then list[3] = nil end
    return list
  end)
end

local function scattered(g, src_is_number)
  if g.form == "empty" then
    return { pack(g:array({ 3, 4 }), 2, g:index({ 3, 0 }, 4), g:array({ 3, 0 })) }
  elseif scalar(g) then
    return { pack(g:array({}), 1, g:index({}, 1), g:array({})) }
  elseif g.form == "large" then
    return { pack(g:array({ 300, 5 }), 1, g:index({ 200, 5 }, 300, 1), g:array({ 250, 5 })) }
  end
  local list = {
    pack(g:array({ 3, 4 }), 1, g:index({ 2, 4 }, 3, 1), g:array({ 2, 4 })),
    pack(g:array({ 3, 4 }), 2, g:index({ 2, 3 }, 4, 2), g:array({ 3, 4 })),
    pack(g:array({ 2, 3, 2 }), -2, g:index({ 2, 2, 1 }, 3, 2), g:array({ 2, 2, 1 })),
  }
  if src_is_number then
    list[#list + 1] = pack(g:array({ 3, 4 }), 1, g:index({ 2, 4 }, 3), 2)
    if g.dtype == "int64" then -- more digits than a double has
      list[#list + 1] = pack(g:array({ 3, 4 }), 1, g:index({ 2, 4 }, 3), (1 << 60) + 1)
    end
  end
  return list
end

local special = {
  clamp = function(g)
    local whole, broken = 1, 0.5
    local list = {
      pack(g:array(g.shape), g:array(g.shape), g:array(g.shape)),
      with({ min = g:array(g.shape) }, g:array(g.shape)),
      with({ max = g:array(g.shape) }, g:array(g.shape)),
    }
    if plain(g) then
      list[#list + 1] = pack(g:array(g.shape), whole, 2)
      list[#list + 1] = with({ min = whole }, g:array(g.shape))
      list[#list + 1] = with({ max = broken }, g:array(g.shape))
      list[#list + 1] = with({ min = g:array({ 4 }), max = g:array({ 3, 1 }) }, g:array({ 3, 4 }))
    end
    return list
  end,
  masked_fill = function(g)
    local list = { pack(g:array(g.shape), g:array(g.shape, "bool"), g:array({})) }
    if plain(g) then
      list[#list + 1] = pack(g:array({ 3, 4 }), g:array({ 4 }, "bool"), 2)
      list[#list + 1] = pack(g:array({ 3, 4 }), g:array({ 3, 1 }, "bool"), true)
    end
    return list
  end,
  where = function(g)
    local function of(dtype) return g:array(g.shape, dtype) end
    local list = { pack(of("bool"), of(), of()), pack(of("bool"), of(), of("int64")) }
    if plain(g) then
      list[3] = pack(g:array({ 3, 1 }, "bool"), g:array({ 4 }), g:array({}))
      list[4] = pack(of("bool"), of(), 2)
      list[5] = pack(of("bool"), 1.5, of())
    end
    return list
  end,
  bernoulli = function(g)
    return { pack(g:array(g.shape)), pack(g:array(g.shape), 0.25) }
  end,
  lerp = function(g)
    local function x() return g:array(g.shape) end
    local list = { pack(x(), x(), x()), pack(x(), x(), 0.25), pack(x(), x(), 0.75) }
    if plain(g) then list[4] = pack(g:array({ 3, 1 }), g:array({ 4 }), g:array({})) end
    return list
  end,
  copy = function(g)
    local list = { pack(g:array(g.shape), g:array(g.shape)) }
    if not plain(g) then return list end
    list[2] = pack(g:array({ 3, 4 }), g:array({ 4 }))
    for _, dtype in ipairs(arrays.order) do
      local low = arrays.dtypes[dtype].unsigned and 0 or arrays.dtypes[g.dtype].unsigned and 0 or -3
      list[#list + 1] = pack(g:array({ 3, 4 }), g:array({ 3, 4 }, dtype, low, 3))
    end
    return list
  end,
  fill = function(g)
    return { pack(g:array(g.shape), 2), pack(g:array(g.shape), g:array({})),
      pack(g:array(g.shape), true) }
  end,
  uniform = function(g) return { pack(g:array(g.shape)), pack(g:array(g.shape), -1, 2) } end,
  normal = function(g) return { pack(g:array(g.shape)), pack(g:array(g.shape), 1, 0.5) } end,

  matmul = products {
    { { 3, 4 }, { 4, 5 } }, { { 4 }, { 4 } }, { { 4 }, { 4, 3 } }, { { 3, 4 }, { 4 } },
    { { 2, 3, 4 }, { 4, 2 } }, { { 3, 4 }, { 2, 4, 3 } }, { { 2, 1, 3, 4 }, { 3, 4, 2 } },
    { { 4 }, { 2, 4, 3 } }, { { 2, 3, 4 }, { 4 } }, { { 3, 17 }, { 17, 2 } },
    { { 65, 130 }, { 130, 71 } },
    { { 0, 4 }, { 4, 3 } }, { { 3, 0 }, { 0, 2 } }, { { 0, 3, 4 }, { 4, 2 } }, { { 0 }, { 0 } },
  },
  mm = products {
    { { 3, 4 }, { 4, 5 } }, { { 33, 100 }, { 100, 17 } }, { { 3, 0 }, { 0, 2 } },
    { { 3, 4 }, { 4, 0 } },
  },
  bmm = products {
    { { 2, 3, 4 }, { 2, 4, 5 } }, { { 3, 17, 20 }, { 3, 20, 19 } },
    { { 0, 3, 4 }, { 0, 4, 5 } }, { { 2, 3, 0 }, { 2, 0, 5 } },
  },
  mv = products { { { 3, 4 }, { 4 } }, { { 40, 200 }, { 200 } }, { { 3, 0 }, { 0 } } },
  dot = products { { { 5 }, { 5 } }, { { 1500 }, { 1500 } }, { { 0 }, { 0 } } },

  gather = function(g)
    if g.form == "empty" then return { pack(g:array({ 3, 4 }), 2, g:index({ 3, 0 }, 4)) } end
    if scalar(g) then return { pack(g:array({}), 1, g:index({}, 1)) } end
    if g.form == "large" then return { pack(g:array({ 300, 5 }), 1, g:index({ 700, 5 }, 300)) } end
    local narrow = g:index({ 2, 4 }, 3)
    narrow.dtype = "int32"
    return {
      pack(g:array({ 3, 4 }), 1, g:index({ 5, 4 }, 3)),
      pack(g:array({ 3, 4 }), 2, g:index({ 2, 3 }, 4)),
      pack(g:array({ 2, 3, 4 }), -2, g:index({ 2, 2, 3 }, 3)),
      pack(g:array({ 3, 4 }), 1, narrow),
    }
  end,
  scatter = function(g) return scattered(g, true) end,
  scatter_add = function(g) -- positions may be repeated
    local list = scattered(g, false)
    for _, args in ipairs(list) do
      for i = 1, #args[3].list do args[3].list[i] = args[3].list[i] // 2 + 1 end
    end
    return list
  end,

  cat = function(g)
    local a, b, c = g:array(g.shape), g:array(g.shape), g:array(g.shape)
    local list = { pack({ a, b }), pack({ a, b, c }, -1), pack({ a }) }
    if plain(g) then
      list[#list + 1] = pack({ a, g:array({ 1, 4 }), g:array({ 0, 4 }) }, 1)
      list[#list + 1] = pack({ a, g:array({ 3, 2 }) }, 2)
      list[#list + 1] = pack({ a, g:array({ 0 }) }, 2)
      list[#list + 1] = pack({ a, g:array({ 3, 4 }, "int32") }, 1)
    end
    return list
  end,
  stack = function(g)
    local a, b = g:array(g.shape), g:array(g.shape)
    return { pack({ a, b }), pack({ a, b, a }, -1), pack({ a, g:array(g.shape, "float32") }, 1) }
  end,

  view = views {
    plain = {
      { { 2, 3, 4 }, { 6, 4 } }, { { 2, 3, 4 }, { 2, -1 } }, { { 2, 3, 4 }, { 2, 1, 3, 2, 2 } },
      { { 6 }, { 6 } },
    },
    scalar = { { {}, { 1, 1 } }, { {}, {} } }, empty = { { { 0, 4 }, { 2, 0 } } },
  },
  reshape = views {
    plain = {
      { { 2, 3, 4 }, { 6, 4 } }, { { 2, 3, 4 }, { 4, 3, 2 } }, { { 2, 3, 4 }, { -1 } },
      { { 3, 4 }, { 3, 2, -1, 1 } },
    },
    scalar = { { {}, { 1, -1 } }, { {}, {} } },
    empty = { { { 0, 4 }, { 2, 0, 3 } }, { { 0, 4 }, { -1 } } },
  },
  flatten = views {
    plain = { { { 2, 3, 4 } }, { { 2, 3, 4 }, 2 }, { { 2, 3, 4 }, 1, 2 }, { { 2, 3, 4 }, -2, -1 } },
    scalar = { { {} } }, empty = { { { 2, 0, 3 }, 2 } },
  },
  squeeze = views {
    plain = {
      { { 1, 3, 1 } }, { { 1, 3, 1 }, 1 }, { { 1, 3, 1 }, -1 }, { { 1, 3, 1 }, 2 },
      { { 1, 3, 1 }, { 1, -1 } },
    },
    scalar = { { {} } }, empty = { { { 1, 0, 1 }, 1 } },
  },
  unsqueeze = views {
    plain = { { { 3, 4 }, 1 }, { { 3, 4 }, 2 }, { { 3, 4 }, -1 }, { { 3, 4 }, 3 } },
    scalar = { { {}, 1 }, { {}, -1 } }, empty = { { { 0, 4 }, 2 } },
  },
  transpose = views {
    plain = { { { 2, 3, 4 }, 1, 3 }, { { 2, 3, 4 }, -1, -2 }, { { 3, 4 }, 2, 2 } },
    scalar = { { {}, 1, -1 } }, empty = { { { 0, 4 }, 1, 2 } },
  },
  permute = views {
    plain = { { { 2, 3, 4 }, { 3, 1, 2 } }, { { 2, 3, 4 }, { -1, 2, 1 } }, { { 3 }, { 1 } } },
    scalar = { { {}, {} } }, empty = { { { 0, 4 }, { 2, 1 } } },
  },
  expand = views {
    plain = {
      { { 3, 1 }, { 3, 4 } }, { { 3, 1 }, { 2, 3, 4 } }, { { 3, 1 }, { 2, -1, -1 } },
      { { 4 }, { 3, 4 } },
    },
    scalar = { { {}, { 2, 3 } }, { {}, {} } },
    empty = { { { 0, 1 }, { 2, 0, 3 } }, { { 1, 4 }, { 0, 4 } } },
  },
  broadcast_to = views {
    plain = { { { 3, 1 }, { 3, 4 } }, { { 3, 1 }, { 2, 3, 4 } }, { { 4 }, { 3, 4 } } },
    scalar = { { {}, { 2, 3 } } }, empty = { { { 1, 4 }, { 0, 4 } } },
  },
  expand_as = function(g)
    if plain(g) then return { pack(g:array({ 3, 1 }), g:array({ 2, 3, 4 })) } end
    return { pack(g:array({}), g:array(g.shape)) }
  end,
  narrow = views {
    plain = {
      { { 5, 4 }, 1, 2, 3 }, { { 5, 4 }, -1, 1, 4 }, { { 5, 4 }, 2, -2, 2 }, { { 5, 4 }, 1, 6, 0 },
    },
    empty = { { { 0, 4 }, 1, 1, 0 }, { { 0, 4 }, 2, 2, 2 } },
  },
  select = views {
    plain = { { { 5, 4 }, 1, 2 }, { { 5, 4 }, -1, -1 }, { { 2, 3, 4 }, 2, 3 }, { { 4 }, 1, 4 } },
    empty = { { { 0, 4 }, 2, 1 } },
  },
  to = function(g)
    local list = {}
    for _, dtype in ipairs(arrays.order) do
      -- a negative number has no meaning in an unsigned dtype
      local low = (arrays.dtypes[dtype].unsigned or arrays.dtypes[g.dtype].unsigned) and 0 or -100
      list[#list + 1] = pack(g:array(g.shape, g.dtype, low, 100), dtype)
    end
    return list
  end,

  empty = created(sized), zeros = created(sized), ones = created(sized), rand = created(sized),
  randn = created(sized),
  empty_like = like, zeros_like = like, ones_like = like, rand_like = like, randn_like = like,
  full = created(function(g)
    local list = sized(g)
    list[1][2], list[1].n = 2, 2
    list[2] = pack(list[1][1], 1.5)
    list[3] = pack(list[1][1], true)
    return list
  end),
  full_like = function(g) return { pack(g:array(g.shape), 3), pack(g:array(g.shape), true) } end,
  randint = created(function(g) return { pack(2, 9, sized(g)[1][1]) } end),
  randint_like = function(g) return { pack(g:array(g.shape), 1, 7) } end,
  randperm = created(function(g)
    if scalar(g) then return {} end
    return { pack(g.form == "empty" and 0 or 20) }
  end),
  arange = progressions(false),
  range = progressions(true),
  linspace = created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(0, 1, 0) } end
    return { pack(0, 1, 5), pack(-2.5, 7, 20), pack(3, 3, 2), pack(1, 2, 1) }
  end),
  eye = created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(0), pack(2, 0), pack(0, 3) } end
    return { pack(3), pack(2, 4), pack(4, 2), pack(1, 1) }
  end),
}

--- Lists of arguments for an op; nil and the reason when there is no way to make any.
function arguments.of(g)
  local maker = special[g.op.name]
  if maker then return maker(g) end
  return from_parameters(g, g.op)
end

--- Names that `special` has entries for, to be compared with the registry.
function arguments.special_names()
  local names = {}
  for name in pairs(special) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- ---- values at the edges ----

local float_edges = { 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e4, -1e30, 0x1p-126, math.huge,
  -math.huge, 0 / 0 }

local function edges(g)
  local list = {}
  if arrays.kind(g.dtype) == "f" then
    for i, x in ipairs(float_edges) do list[i] = arrays.round(x, g.dtype) end
  else
    local low, high = arrays.bounds(g.dtype)
    for i, x in ipairs { low, low + 1, low // 2, -1, 0, 1, 2, 3, high // 2, high - 1, high } do
      list[i] = arrays.wrap(x, g.dtype)
    end
  end
  return list
end

-- Rows of a reduction: with NaN, with infinities of one sign and of both, with zeros of both signs.
local function reduction_edges(g)
  local inf, nan = math.huge, 0 / 0
  local list = { 1.0, nan, 2.0, inf, -inf, 0.5, 3.0, 1.0, inf, -inf, 1.0, 2.0, 0.0, -0.0, 0.0, -0.0,
    inf, inf, 2.0, inf, -inf, -inf, -inf, -inf, nan, 1.0, nan, nan }
  local function x() return { dtype = g.dtype, shape = { 7, 4 }, list = list } end
  if arrays.kind(g.dtype) ~= "f" then return {} end
  if g.op.params[2].kind ~= "dims" then return { pack(x(), 1), pack(x(), 2) } end
  return { pack(x()), pack(x(), 1), pack(x(), 2) }
end

local reductions = { sum = true, prod = true, mean = true, amax = true, amin = true, max = true,
  min = true, argmax = true, argmin = true, any = true, all = true, var = true, std = true,
  softmax = true, log_softmax = true }

--- NaN, infinities, zeros of both signs; the bounds of integers: every value with every other one.
function arguments.edges(g)
  if reductions[g.op.name] then return reduction_edges(g) end
  if not g.op.elementwise then return {} end
  local tensors = {}
  for k, p in ipairs(g.op.params) do
    if p.kind ~= "tensor" and p.kind ~= "operand" then return {} end
    tensors[k] = p
  end
  if arrays.kind(g.dtype) == "b" or #tensors > 2 then return {} end
  local x = edges(g)
  local function array(shape)
    return { dtype = g.dtype, shape = shape, list = table.move(x, 1, #x, 1, {}) }
  end
  if #tensors == 1 then return { pack(array({ #x })) } end
  return { pack(array({ #x, 1 }), array({ #x })) }
end

return arguments
