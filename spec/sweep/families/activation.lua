--- Activations, and the losses that are ops.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar
local nan = 0 / 0

local family = {}

-- With the standard parameters everywhere, with others where layouts and forms are plain.
local function with_parameters(...)
  local rows = table.pack(...)
  return function(g)
    local list = { pack(g:array(g.shape)) }
    if not plain(g) then return list end
    for _, row in ipairs(rows) do
      list[#list + 1] = pack(g:array(g.shape), table.unpack(row))
    end
    return list
  end
end

-- Input and target, of probabilities; weights that broadcast, and each reduction.
local function losses(has_pos_weight)
  return function(g)
    local function x(shape) return g:array(shape or g.shape, nil, 0.05, 0.95) end
    local list = { pack(x(), x()), with({ reduction = "none" }, x(), x()) }
    if not plain(g) then return list end
    list[3] = with({ reduction = "sum" }, x(), x())
    list[4] = with({ weight = x({ 4 }) }, x(), x())
    list[5] = with({ weight = x({ 3, 1 }), reduction = "none" }, x(), x())
    if has_pos_weight then list[6] = with({ pos_weight = x({ 4 }) }, x(), x()) end
    return list
  end
end

local function squared(g)
  local function x() return g:array(g.shape) end
  local list = { pack(x(), x()), with({ reduction = "none" }, x(), x()) }
  if plain(g) then list[3] = with({ reduction = "sum" }, x(), x()) end
  return list
end

family.arguments = {
  leaky_relu = with_parameters({ 0.25 }, { -0.5 }), elu = with_parameters({ 0.75 }),
  celu = with_parameters({ 0.75 }), gelu = with_parameters({ "none" }, { "tanh" }),
  softplus = with_parameters({ 2 }, { 0.5, 1 }), hardtanh = with_parameters({ -0.5, 1.5 }),
  hardshrink = with_parameters({ 1 }), softshrink = with_parameters({ 1 }),
  threshold = function(g)
    return { pack(g:array(g.shape), 0.5, 7), pack(g:array(g.shape), -1, -0.5) }
  end,
  prelu = function(g)
    local list = { pack(g:array(g.shape), g:array({ 1 })) }
    if scalar(g) or g.form == "large" then return list end
    list[2] = pack(g:array(g.shape), g:array({ g.shape[2] }))
    if plain(g) then
      list[3] = pack(g:array({ 2, 3, 2 }), g:array({ 3 }))
      list[4] = pack(g:array({ 5 }), g:array({ 1 }))
    end
    return list
  end,
  glu = function(g)
    if scalar(g) then return {} end
    if g.form == "large" then return { pack(g:array({ 6, 211 }), 1) } end
    if not plain(g) then return { pack(g:array(g.shape)) } end
    return { pack(g:array({ 3, 4 })), pack(g:array({ 2, 3 }), 1), pack(g:array({ 2, 4, 3 }), -2) }
  end,
  ["nn.functional.binary_cross_entropy"] = losses(false),
  ["nn.functional.binary_cross_entropy_with_logits"] = losses(true),
  ["nn.functional.mse_loss"] = squared,
}

-- A few functions within 4 ulp and a few rounded products, on numbers of the size of the input or
-- below.
local function few(c, result)
  local out, u = {}, bounds.accumulator(result.dtype)
  local size = math.min(1 + bounds.largest(c), 1e3)
  for i, y in ipairs(result.list) do
    out[i] = 8 * u * (size + math.abs(y)) + 2 * bounds.unit(result.dtype) * math.abs(y)
  end
  return out
end

-- n losses, each of a few functions or ops; they are all of one sign.
local function summed(c, result)
  local out, u, n = {}, bounds.accumulator(result.dtype), #c.args[1].list
  for i, y in ipairs(result.list) do
    out[i] = (n + 24) * u * (1 + math.abs(y)) + 2 * bounds.unit(result.dtype) * math.abs(y)
  end
  return out
end

family.bounds = {
  ["nn.functional.binary_cross_entropy"] = summed,
  ["nn.functional.binary_cross_entropy_with_logits"] = summed,
  ["nn.functional.mse_loss"] = summed,
}
for name in pairs(tools.set [[elu selu celu gelu silu mish softplus softsign logsigmoid hardsigmoid
  hardswish tanhshrink softshrink leaky_relu prelu glu]]) do
  family.bounds[name] = few
end

family.any_zero = tools.set [[relu6 leaky_relu elu selu celu gelu silu mish softsign hardtanh
  hardswish hardshrink softshrink tanhshrink threshold logsigmoid prelu glu]]

local specials = { 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0, 1000.0, -1000.0, 20.0,
  -20.0, nan }
family.edges = {}
local function edge_case(...)
  local rest = table.pack(...)
  return function(g)
    if arrays.kind(g.dtype) ~= "f" then return {} end
    local list = {}
    for i, x in ipairs(specials) do list[i] = arrays.round(x, g.dtype) end
    return { pack({ dtype = g.dtype, shape = { #list }, list = list }, table.unpack(rest)) }
  end
end
for name in pairs(tools.set [[relu6 leaky_relu elu selu celu gelu silu mish softplus softsign
  hardtanh hardsigmoid hardswish hardshrink softshrink tanhshrink logsigmoid]]) do
  family.edges[name] = edge_case()
end
family.edges.threshold = edge_case(0, 5)
-- PyTorch 1.13 makes 0 of a NaN, later ones keep it
family.apart = { softshrink = function(c) return c.edges end }

-- ---- where a derivative is a convention ----

local array = tools.float64
local function kinks() return array { 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0, 2.0 } end
local function far() return array { 1000.0, -1000.0, 20.5, -20.5, 40.0, -40.0 } end

-- Not of hardsigmoid, whose sixth is one of float32 there.
family.conventions = {}
for name in pairs(tools.set [[relu6 leaky_relu elu selu celu softplus softsign hardtanh
  hardswish hardshrink softshrink logsigmoid gelu silu mish]]) do
  table.insert(family.conventions, { name, pack(kinks()) })
  table.insert(family.conventions, { name, pack(far()) })
end
table.sort(family.conventions, function(a, b)
  if a[1] ~= b[1] then return a[1] < b[1] end
  return #a[2][1].list < #b[2][1].list
end)
for _, row in ipairs {
  { "gelu", pack(kinks(), "tanh") },
  { "threshold", pack(kinks(), 1, 5) },
  { "elu", pack(kinks(), 0.5) },
  { "leaky_relu", pack(kinks(), -0.5) },
  { "prelu", pack(array({ 0.0, 1.0, -1.0, 2.0 }, { 2, 2 }), array { 0.5, 0.25 }) },
  { "nn.functional.binary_cross_entropy",
    pack(array { 0.0, 1.0, 0.5, 0.25 }, array { 0.0, 1.0, 1.0, 0.5 }) },
  { "nn.functional.binary_cross_entropy_with_logits",
    pack(array { 0.0, 1000.0, -1000.0, 1000.0, -1000.0 }, array { 0.5, 1.0, 0.0, 0.0, 1.0 }) },
} do
  table.insert(family.conventions, row)
end

return family
