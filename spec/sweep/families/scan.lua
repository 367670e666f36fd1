--- Running sums, products, extremes and log-sums-exp.
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar

local family = {}

local function along(typed)
  return function(g)
    if scalar(g) then return { pack(g:array(g.shape), 1), pack(g:array(g.shape), -1) } end
    if not plain(g) then return { pack(g:array(g.shape), 2), pack(g:array(g.shape), 1) } end
    local list = {
      pack(g:array({ 3, 4 }), 1), pack(g:array({ 3, 4 }), -1), pack(g:array({ 2, 3, 4 }), 2),
      pack(g:array({ 5 }), 1),
    }
    if typed then
      for _, dtype in ipairs { "float64", "int32" } do
        list[#list + 1] = with({ dtype = dtype }, g:array({ 3, 4 }), 1)
      end
    end
    return list
  end
end

family.arguments = {
  cumsum = along(true), cumprod = along(true), cummax = along(), cummin = along(),
  logcumsumexp = along(),
}

local function length(c)
  local shape, dim = c.args[1].shape, c.args[2]
  return shape[dim < 0 and #shape + 1 + dim or dim] or 1
end

-- A step rounds a sum of the size of the result, and exp and log1p of what is at most 1, each to
-- within two units; what came in with an error goes on with a smaller one.
local function log_sums(c, result)
  local out, u, largest = {}, bounds.accumulator(result.dtype), bounds.largest(c)
  for i, y in ipairs(result.list) do
    out[i] = length(c) * (5 + largest + math.log(length(c))) * u
      + 2 * bounds.unit(result.dtype) * math.abs(y)
  end
  return out
end

family.bounds = {
  cumsum = bounds.of_absolute(length), cumprod = bounds.of_absolute(length),
  logcumsumexp = log_sums,
}

family.positions = { cummax = 2, cummin = 2 }

family.edges = {}
for name in pairs(tools.set "cumsum cumprod cummax cummin logcumsumexp") do
  family.edges[name] = tools.reduction_edges
end

local array = tools.float64
family.conventions = {
  { "cumprod", pack(array { 2.0, 0.0, 3.0, 4.0 }, 1) },
  { "cumprod", pack(array { 2.0, 0.0, 3.0, 0.0, 5.0 }, 1) },
  { "cumprod", pack(array({ 0.0, 0.0, 0.0, 1.0, 0.0, 2.0 }, { 2, 3 }), 2) },
  { "cumprod", pack(array({ 0.0, 0.0, 0.0, 1.0, 0.0, 2.0 }, { 2, 3 }), 1) },
  { "cummax", pack(array({ 1.0, 3.0, 3.0, 2.0, 2.0, 2.0 }, { 2, 3 }), 2) },
  { "cummin", pack(array({ 1.0, 1.0, 3.0, 2.0, 0 / 0, 2.0 }, { 2, 3 }), 2) },
  { "logcumsumexp", pack(array { 1000.0, 0.0, -1000.0, 1000.0 }, 1) },
  { "logcumsumexp", pack(array { -1000.0, 0.0, 1000.0 }, 1) },
}

return family
