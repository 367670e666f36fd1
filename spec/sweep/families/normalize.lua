--- Normalizations: layer_norm, rms_norm, group_norm.
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar
local layer, rms, group = "nn.functional.layer_norm", "nn.functional.rms_norm",
  "nn.functional.group_norm"

local family = {}

-- Shapes of the input and of what is normalized, by form.
local shapes = {
  plain = { { { 3, 4 }, { 4 } }, { { 2, 3, 4 }, { 3, 4 } }, { { 5 }, { 5 } } },
  empty = { { { 0, 4 }, { 4 } } },
  large = { { { 5, 211 }, { 211 } }, { { 130, 9 }, { 9 } } },
}

local function last_dims(biased)
  return function(g)
    local list = {}
    if scalar(g) then return list end
    local function x(shape) return g:array(shape) end
    for _, row in ipairs(shapes[g.form]) do
      list[#list + 1] = pack(x(row[1]), row[2])
      list[#list + 1] = biased and pack(x(row[1]), row[2], x(row[2]), x(row[2]))
        or pack(x(row[1]), row[2], x(row[2]))
    end
    if plain(g) then list[#list + 1] = with({ eps = 0.5 }, x({ 3, 4 }), { 4 }) end
    return list
  end
end

local function groups(g)
  if scalar(g) then return {} end
  local function x(...) return g:array({ ... }) end
  if g.form == "empty" then return { pack(x(0, 4), 2) } end
  if g.form == "large" then return { pack(x(3, 6, 70), 3, x(6), x(6)) } end
  return { pack(x(2, 4, 3), 2), pack(x(2, 4, 3), 1, x(4), x(4)), pack(x(3, 4), 2, x(4), x(4), 0.5),
    pack(x(1, 2, 2, 3), 2, x(2)) }
end

family.arguments = { [layer] = last_dims(true), [rms] = last_dims(false), [group] = groups }

-- The mean of n elements errs by n roundings of the largest, and so do the distances from it; these
-- are divided by a spread that may be as small as the root of eps lets it.
local function normalized(c, result)
  local out, u = {}, bounds.accumulator(result.dtype)
  local n, size = math.max(1, #c.args[1].list), 1
  for k = 3, c.args.n do
    if type(c.args[k]) == "table" then
      for _, v in ipairs(c.args[k].list) do size = math.max(size, math.abs(v)) end
    end
  end
  n = math.min(n, 250)
  for i, y in ipairs(result.list) do
    out[i] = (4 * n + 32) * u * size * (1 + bounds.largest(c))
      + 4 * bounds.unit(result.dtype) * math.abs(y)
  end
  return out
end

family.bounds = { [layer] = normalized, [rms] = normalized, [group] = normalized }
family.any_zero = { [layer] = true, [rms] = true, [group] = true }

return family
