--- Searching in what is sorted, what there is without repetitions, counting.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar

local family = { bounds = {} }

-- Lines that rise, equal elements among them.
local function rising(g, shape)
  local a, n = g:array(shape), shape[#shape]
  for first = 1, #a.list, math.max(n, 1) do
    local line = table.move(a.list, first, first + n - 1, 1, {})
    if arrays.kind(a.dtype) ~= "b" then table.sort(line) end
    table.move(line, 1, n, first, a.list)
  end
  if a.layout == "expanded" then arrays.repeated(a) end
  return a
end

-- Elements of which some are equal.
local function coarse(g, shape)
  local a = g:array(shape)
  for i, v in ipairs(a.list) do
    if math.type(v) == "float" then a.list[i] = math.floor(v) + 0.0 end
  end
  return a
end

local function is_number(g) return arrays.kind(g.dtype) ~= "b" end

local function uniques(with_sorted)
  local function options(extra)
    local all = { return_inverse = true, return_counts = true }
    for key, value in pairs(extra or {}) do all[key] = value end
    return all
  end
  return function(g)
    local list = { pack(coarse(g, g.shape)), with(options(), coarse(g, g.shape)) }
    if g.form == "empty" then list[3] = with(options { dim = 1 }, g:array({ 0, 4 })) end
    if not plain(g) then return list end
    list[3] = with({ return_counts = true }, coarse(g, { 7 }))
    list[4] = with(options { dim = 1 }, coarse(g, { 9, 1 }))
    list[5] = with(options { dim = 2 }, coarse(g, { 2, 9 }))
    list[6] = with(options { dim = -2 }, coarse(g, { 2, 6, 1 }))
    if with_sorted then list[7] = pack(coarse(g, { 7 }), false) end -- sorted all the same
    return list
  end
end

family.arguments = {
  searchsorted = function(g)
    if not is_number(g) then return {} end
    if scalar(g) then return { pack(rising(g, { 5 }), g:array({})) } end
    if g.form == "empty" then
      return { pack(rising(g, { 0 }), g:array({ 3 })), pack(rising(g, { 3 }), g:array({ 0, 4 })) }
    end
    if g.form == "large" then return { pack(rising(g, { 700 }), g:array({ 5, 211 })) } end
    local unsorted, order = g:array({ 6 }), {}
    for i = 1, 6 do order[i] = i end
    table.sort(order, function(a, b)
      local x, y = unsorted.list[a], unsorted.list[b]
      return x < y or x == y and a < b
    end)
    return {
      pack(rising(g, { 6 }), g:array({ 3, 4 })), pack(rising(g, { 6 }), g:array({ 3, 4 }), true),
      with({ side = "right" }, rising(g, { 2, 5 }), g:array({ 2, 3 })),
      with({ side = "left" }, rising(g, { 2, 1, 5 }), g:array({ 2, 1, 3 })),
      pack(rising(g, { 6 }), 2), pack(rising(g, { 6 }), 1.5),
      with({ out_int32 = true }, rising(g, { 6 }), g:array({ 3 })),
      with({ sorter = { dtype = "int64", shape = { 6 }, list = order, index = 6 } }, unsorted,
        g:array({ 3 })),
    }
  end,
  bucketize = function(g)
    if not is_number(g) then return {} end
    if g.form == "large" then return { pack(g:array({ 5, 211 }), rising(g, { 300 })) } end
    local list = { pack(g:array(g.shape), rising(g, { 6 })) }
    if plain(g) then
      list[2] = pack(g:array(g.shape), rising(g, { 6 }), true)
      list[3] = pack(2, rising(g, { 6 }))
      list[4] = pack(g:array(g.shape, "float32"), rising(g, { 6 }))
      list[5] = with({ out_int32 = true }, g:array(g.shape), rising(g, { 6 }))
    end
    return list
  end,
  isin = function(g)
    local list = { pack(coarse(g, g.shape), coarse(g, { 4 })) }
    if plain(g) then
      list[2] = with({ invert = true }, coarse(g, g.shape), coarse(g, { 2, 2 }))
      list[3] = pack(coarse(g, g.shape), g:array({ 0 }))
      if is_number(g) then
        list[4] = pack(coarse(g, g.shape), 1)
        list[5] = pack(1, coarse(g, g.shape))
      end
    end
    return list
  end,
  unique = uniques(true), unique_consecutive = uniques(false),
  bincount = function(g)
    if arrays.kind(g.dtype) ~= "i" or scalar(g) then return {} end
    local function x(n) return g:array({ n }, g.dtype, 1, 9) end
    if g.form == "empty" then return { pack(x(0)), with({ minlength = 3 }, x(0)) } end
    if g.form == "large" then return { pack(x(1000)) } end
    local list = { pack(x(12)), with({ minlength = 14 }, x(12)) }
    for _, dtype in ipairs { "float32", "float64", "float16", "int64", "bool" } do
      list[#list + 1] = pack(x(12), g:array({ 12 }, dtype, 0, 3))
    end
    return list
  end,
  histc = function(g)
    if g.form == "empty" then return { pack(g:array(g.shape), 5) } end
    if g.form == "large" then return { pack(g:array(g.shape), 10, -2, 2) } end
    if scalar(g) then return { pack(g:array({}), 3) } end
    return { pack(g:array(g.shape)), pack(g:array(g.shape), 5), pack(g:array(g.shape), 4, -1.5, 2),
      with({ max = 2 }, g:array(g.shape)) }
  end,
  histogram = function(g)
    if g.form == "empty" then return { pack(g:array(g.shape), 5) } end
    if g.form == "large" then return { with({ range = { -2, 2 } }, g:array(g.shape), 10) } end
    if scalar(g) then return { pack(g:array({}), 3) } end
    return { pack(g:array(g.shape), 5), with({ range = { -1.5, 2 } }, g:array(g.shape), 4),
      with({ weight = g:array(g.shape), density = true }, g:array(g.shape), 4),
      with({ density = true }, g:array({ 20 }), rising(g, { 4 })),
      pack(g:array({ 20 }), rising(g, { 4 })) }
  end,
}

family.positions = { searchsorted = 1, bucketize = 1 }

family.edges = {}
local function infinities(g)
  if arrays.kind(g.dtype) ~= "f" then return nil end
  return { dtype = g.dtype, shape = { 8 },
    list = { 1.0, math.huge, -math.huge, 0.0, -0.0, 2.0, math.huge, -1.0 } }
end

function family.edges.searchsorted(g)
  local x = infinities(g)
  if not x then return {} end
  local sorted = { dtype = g.dtype, shape = { 7 },
    list = { -math.huge, -1.0, -0.0, 0.0, 1.0, math.huge, math.huge } }
  return { pack(sorted, x), pack(sorted, x, true) }
end

function family.edges.isin(g)
  local x = infinities(g)
  local nan = { dtype = g.dtype, shape = { 3 }, list = { 0 / 0, -0.0, math.huge } }
  return x and { pack(x, nan), pack(nan, nan) } or {}
end

-- 0 and -0 are equal; PyTorch tells them apart in bfloat16.
function family.edges.unique(g)
  local x = infinities(g)
  if x then x.list[5] = 0.0 end
  return x and { pack(x) } or {}
end
family.edges.unique_consecutive = family.edges.unique

-- Sums of weights, as many as there are elements, in another order.
local function weighed(result, weights)
  local n = arrays.is(weights) and #weights.list or 0
  return n * n * bounds.largest({ args = { weights, n = 1 } }) * bounds.unit(result.dtype)
end

function family.bounds.bincount(case, result)
  local out, most = {}, weighed(result, case.args[2])
  for i = 1, #result.list do out[i] = most end
  return out
end

-- Edges are rounded four times, at the sizes of elements or of the range (here at most 2); a
-- density is a sum, divided twice.
function family.bounds.histogram(case, result)
  local options, unit, out = case.args.options or {}, bounds.unit(result.dtype), {}
  local edge = 4 * math.max(2, bounds.largest(case)) * unit
  local sum = weighed(result, options.weight)
  for i, y in ipairs(result.list) do
    out[i] = edge + (options.density and 4 * (unit + edge) * math.abs(y) + sum or sum)
  end
  return out
end

return family
