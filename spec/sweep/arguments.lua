--- Arguments for every op: from the kinds of its parameters and its test range, or by the maker of
--- its family where they have to fit together (tools.lua says what a maker is).
local arrays = require "spec.sweep.arrays"
local families = require "spec.sweep.families"
local tools = require "spec.sweep.tools"

local pack = tools.pack

local arguments = { generator = tools.generator }

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

--- Lists of arguments for an op; nil and the reason when there is no way to make any.
function arguments.of(g)
  local maker = families.arguments[g.op.name]
  if maker then return maker(g) end
  return from_parameters(g, g.op)
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

--- NaN, infinities, zeros of both signs; the bounds of integers: every value with every other one.
function arguments.edges(g)
  if families.edges[g.op.name] then return families.edges[g.op.name](g) end
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
