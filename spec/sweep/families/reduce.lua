--- Variances with their means, norms, log-sums-exp, what skips NaN, counts.
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain = tools.pack, tools.with, tools.plain

local family = {}

-- One norm of each kind over all forms, more of them over contiguous tensors.
local function norms(g)
  local function x(shape) return g:array(shape or g.shape) end
  if not plain(g) then return { pack(x()), pack(x(), 1) } end
  local list = { pack(x()), pack(x(), 3, 1) }
  if g.layout ~= "contiguous" then return list end
  for _, p in ipairs { 1, 0, 0.5, 2.5, -1, -2.0, math.huge, -math.huge, "fro", 2 } do
    list[#list + 1] = pack(x(), p, -1)
  end
  list[#list + 1] = pack(x({ 2, 3, 4 }), 2.0, { 1, -1 }, true)
  list[#list + 1] = with({ dim = { 1, 2 }, dtype = "float64" }, x())
  list[#list + 1] = with({ p = 1.5, dtype = "float64", keepdim = true }, x())
  return list
end

local function log_sums(g)
  local function x(shape) return g:array(shape or g.shape) end
  if not plain(g) then return { pack(x(), 1), pack(x(), -1, true) } end
  return { pack(x(), 1), pack(x(), { 1, 2 }), pack(x(), -1, true), pack(x({ 2, 3, 4 }), { 1, 3 }) }
end

local function counted(g)
  local function x() return g:array(g.shape, g.dtype, 0, 1) end
  if not plain(g) then return { pack(x()) } end
  return { pack(x()), pack(x(), 1), pack(x(), { 1, -1 }), pack(x(), -1) }
end

-- correction and unbiased exclude each other; one element has a variance with correction = 0 only.
local function spreads(g)
  local function x(shape) return g:array(shape or g.shape) end
  if g.form == "scalar" then
    return { with({ correction = 0 }, x()), with({ unbiased = false, keepdim = true }, x(), 1) }
  end
  local list = { pack(x()), pack(x(), 1), pack(x(), -1, true) }
  if not plain(g) then return list end
  list[#list + 1] = pack(x(), { 1, -1 }, false, 0)
  list[#list + 1] = with({ unbiased = false }, x(), 2)
  list[#list + 1] = with({ unbiased = true, keepdim = true }, x({ 2, 3, 4 }), { 1, 3 })
  list[#list + 1] = with({ dim = {}, correction = 2 }, x())
  return list
end

family.arguments = {
  var = spreads, std = spreads, var_mean = spreads, std_mean = spreads,
  norm = norms, logsumexp = log_sums, count_nonzero = counted }

-- The variance, and the mean beside it: the sum of n errs by n roundings of its largest elements.
local function with_mean(name)
  return function(c, result)
    local spread = setmetatable({ op = { name = name } }, { __index = c })
    local out, n = bounds.variance(spread, result), bounds.reduced(c, result)
    local mean = (n + 2) * bounds.accumulator(result.dtype) * bounds.largest(c)
    for i, y in ipairs(result.list) do
      out[i] = math.max(out[i], mean + 2 * bounds.unit(result.dtype) * math.abs(y))
    end
    return out
  end
end

-- Powers err by a few units, their sum by n, and a root by 1 / p of that: p is 0.5 at least.
local function roots(c, result) return 2 * bounds.reduced(c, result) + 24 end

-- exp(x - m) is off by |x - m| roundings, their sum by n, log and the sum with m by their own.
local function log_sum(c, result)
  local out, u = {}, bounds.accumulator(result.dtype)
  local n, range = bounds.reduced(c, result), 2 * bounds.largest(c)
  for i, y in ipairs(result.list) do
    out[i] = (n + range + 6) * u + (2 * u + 2 * bounds.unit(result.dtype)) * math.abs(y)
  end
  return out
end

family.bounds = {
  var_mean = with_mean "var", std_mean = with_mean "std", norm = bounds.of_absolute(roots),
  logsumexp = log_sum, nansum = bounds.of_absolute(bounds.reduced),
  nanmean = bounds.of_absolute(bounds.reduced),
}

family.any_zero = { aminmax = true }

family.edges = {}
for name in pairs(tools.set [[var_mean std_mean aminmax logsumexp nansum nanmean
  count_nonzero]]) do
  family.edges[name] = tools.reduction_edges
end
function family.edges.logsumexp(g)
  local list = tools.reduction_edges(g)
  return { list[2], list[3] }
end
function family.edges.norm(g)
  local list = {}
  for _, args in ipairs(tools.reduction_edges(g)) do
    for _, p in ipairs { 2, 1, 0, 3, -1, math.huge, -math.huge } do
      list[#list + 1] = with({ p = p, dim = args[2] }, args[1])
    end
  end
  return list
end

-- Of a 0-d tensor with keepdim PyTorch gives one of one dim, and its mean is NaN where one of
-- several elements is infinite.
local function infinite(c) return c.edges end
family.apart = {
  var_mean = infinite, std_mean = infinite,
  aminmax = function(c)
    local options = c.args.options or {}
    return c.form == "scalar" and options.keepdim and options.dim ~= nil
  end,
}

local array = tools.float64
family.conventions = {
  { "prod", pack(array { 0.0, 0.0, 0.0 }) },
  { "prod", pack(array({ 2.0, 0.0, 3.0, 0.0, 0.0, 5.0 }, { 2, 3 })) },
  { "norm", pack(array { 0.0, 0.0 }) },
  { "norm", pack(array { 3.0, 0.0, -4.0 }) },
  { "norm", pack(array { 3.0, 0.0, -4.0 }, 1) },
  { "norm", pack(array { 1.0, 0.0, 0.0 }, 3) },
  { "norm", pack(array { -1.0, 0.0, 0.0 }, 1.5) },
  { "norm", pack(array { 0.0, 0.0 }, 3) },
  { "norm", pack(array { 4.0, 0.0, -4.0 }, math.huge) },
  { "norm", pack(array { 4.0, 2.0, -2.0 }, -math.huge) },
  { "norm", pack(array({ 0.0, 0.0, 1.0, -2.0 }, { 2, 2 }), 2, 2) },
  { "std_mean", pack(array { 2.0, 2.0, 2.0 }) },
  { "logsumexp", pack(array { 1000.0, 0.0, -1000.0 }, 1) },
  { "nansum", pack(array { 1.0, 0 / 0, 2.0 }) },
  { "nanmean", pack(array { 1.0, 0 / 0, 2.0 }) },
}

return family
