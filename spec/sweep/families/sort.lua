--- Sorting, and elements by their rank.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar

local family = {}

-- For each form, what follows the tensor.
local function followed_by(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(plain(g) and rows or rows[g.form] or {}) do
      local args = table.move(row, 2, #row, 2, pack(g:array(row[1] or g.shape)))
      args.n, args.options = math.max(#row, 1), row.options
      list[#list + 1] = args
    end
    if not plain(g) and not rows[g.form] then list[1] = pack(g:array(g.shape)) end
    return list
  end
end

-- Ranks between two elements, not half-way: there the derivative with respect to q is smooth.
local function quantiles(g)
  local function x(shape) return g:array(shape or g.shape) end
  local function q(...) return { dtype = g.dtype, shape = { select("#", ...) }, list = { ... } } end
  if g.form == "empty" then return { pack(x(), 0.5) } end
  if scalar(g) then return { pack(x(), 0.25), pack(x(), q(0.25, 0.75)) } end
  if g.form == "large" then return { pack(x(), 0.625, 2) } end
  local list = {
    pack(x(), 0.3125), pack(x(), 0.3125, 2), pack(x(), q(0.125, 0.625, 0.625), 1),
    pack(x({ 2, 3, 4 }), q(0.375), 2, true), pack(x({ 2, 3, 4 }), 0.875, -1, true),
  }
  for _, how in ipairs { "linear", "lower", "higher", "midpoint", "nearest" } do
    list[#list + 1] = with({ interpolation = how }, x({ 5, 3 }), q(0.1875, 0.5625), 1)
  end
  return list
end

local sorted = { { { 3, 4 } }, { { 3, 4 }, 1 }, { { 3, 4 }, -1, true }, { { 2, 5, 2 }, 2, true } }

family.arguments = {
  sort = followed_by(sorted), argsort = followed_by(sorted),
  topk = followed_by {
    { { 3, 4 }, 2 }, { { 3, 4 }, 3, 1 }, { { 3, 4 }, 4, -1, false }, { { 2, 5, 2 }, 1, 2, false },
    { { 3, 4 }, 0 }, scalar = { { nil, 1 } }, empty = { { nil, 2, 2 }, { nil, 0, 1 } },
    large = { { nil, 9 } },
  },
  kthvalue = followed_by {
    { { 3, 4 }, 2 }, { { 3, 4 }, 3, 1 }, { { 3, 4 }, 4, -1, true }, { { 2, 5, 2 }, 1, 2 },
    scalar = { { nil, 1 } }, empty = { { nil, 2, 2 } }, large = { { nil, 100 } },
  },
  mode = followed_by {
    { { 3, 4 } }, { { 5, 4 }, 1 }, { { 3, 4 }, -1, true }, { { 2, 5, 2 }, 2 },
    empty = { { nil, 2 } },
  },
  quantile = quantiles, nanquantile = quantiles,
}

family.positions = {
  sort = 2, argsort = 1, topk = 2, kthvalue = 2, median = 2, nanmedian = 2, mode = 2,
}

family.edges = {}
for name in pairs(tools.set "sort argsort topk kthvalue median nanmedian") do
  family.edges[name] = tools.reduction_edges
end

-- Lines with NaNs are left out: there PyTorch's own depends on how it sorts.
function family.edges.mode(g)
  local list = tools.reduction_edges(g)
  for _, args in ipairs(list) do
    for i, v in ipairs(args[1].list) do
      if v ~= v then args[1].list[i] = 3.0 end
    end
  end
  return list
end

local function quantile_edges(g)
  if arrays.kind(g.dtype) ~= "f" then return {} end
  local list = {}
  for _, args in ipairs(tools.reduction_edges(g)) do
    local x = args[1]
    local q = { dtype = g.dtype, shape = { 4 }, list = { 0.0, 0.5, 0.375, 1.0 } }
    list = { pack(x, 0.5), pack(x, 0.5, 1), pack(x, q, 2),
      with({ interpolation = "nearest" }, x, q, 2) }
  end
  return list
end
family.edges.quantile, family.edges.nanquantile = quantile_edges, quantile_edges

-- a + w (b - a) is rounded at most five times, at sizes of at most twice the largest element.
family.bounds = { quantile = bounds.relative(10), nanquantile = bounds.relative(10) }

-- 0 and -0 are equal, and PyTorch's selection is not stable.
family.any_zero = { kthvalue = true }

-- Of integers there is no median of none; PyTorch gives the smallest integer.
local function of_none(c) return c.form == "empty" and arrays.kind(c.dtype) == "i" end
family.apart = { median = of_none, nanmedian = of_none }

-- Without dim the gradient is shared by all that equal the median; with it the position has it.
local array = tools.float64
family.conventions = {
  { "median", pack(array { 1.0, 2.0, 2.0, 3.0, 2.0 }) },
  { "median", pack(array({ 1.0, 3.0, 2.0, 2.5, 5.0, 4.0 }, { 2, 3 }), 2) },
  { "nanmedian", pack(array { 1.0, 0 / 0, 2.0, 2.0 }) },
  { "nanmedian", pack(array({ 1.0, 0 / 0, 2.0, 0 / 0, 5.0, 4.0 }, { 2, 3 }), 2) },
  { "median", pack(array { 1.0, 0 / 0, 2.0, 0 / 0 }) },
  { "sort", pack(array({ 1.0, 0 / 0, 2.0, 5.0, 5.0, 4.0 }, { 2, 3 }), 2) },
  { "topk", pack(array { 1.0, 3.0, 2.0, 5.0 }, 2) },
  { "mode", pack(array({ 1.0, 3.0, 3.0, 2.0, 2.0, 5.0 }, { 2, 3 })) },
  { "quantile", pack(array { 1.0, 3.0, 2.0, 5.0 }, 0.4) },
  { "quantile", pack(array { 1.0, 3.0, 2.0, 5.0 }, array { 0.5, 0.5, 1.0 }) },
  { "nanquantile", pack(array { 1.0, 0 / 0, 2.0, 5.0 }, 0.4) },
}

return family
