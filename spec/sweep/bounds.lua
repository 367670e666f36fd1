--- Bounds: how far a result may be from the exact one, by rounding analysis.
--
-- A bound is a function of the case and its result that gives a list, a distance for each element.
-- n operations in an accumulator of unit roundoff u err by at most n u times the same op on
-- absolute values (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1, 4.2).
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local helper = require "spec.helper"

local bounds = {}

-- Unit roundoff: of a dtype, and of what numoon accumulates it in.
function bounds.unit(dtype) return 2.0 ^ -arrays.dtypes[dtype].digits end
function bounds.accumulator(dtype) return math.min(bounds.unit(dtype), bounds.unit("float32")) end

-- The arguments as float64 tensors, changed by f.
function bounds.widened(args, f)
  local out = { n = args.n }
  for k = 1, args.n do
    local value = args[k]
    if arrays.is(value) and not value.index then
      local t = f(nm.tensor(value.list, { dtype = "float64" }))
      value = (#value.list == 0 and nm.zeros(0, { dtype = "float64" }) or t):reshape(value.shape)
    elseif math.type(value) == "float" then
      value = math.abs(value)
    end
    out[k] = value
  end
  local options = {}
  for key, value in pairs(args.options or {}) do
    if key ~= "dtype" then options[key] = key == "value" and math.abs(value) or value end
  end
  out.options = options
  return out
end

local function call(case, args)
  local list = table.move(args, 1, args.n, 1, {})
  list[args.n + 1] = args.options
  return (helper.op(case.op.name)(table.unpack(list)))
end

-- How many elements go into one of a reduction, of a product.
function bounds.reduced(case, result) return #case.args[1].list // math.max(1, #result.list) end
function bounds.inner(case) return case.args[1].shape[#case.args[1].shape] end
function bounds.few() return 3 end

local function list_of(t) return t:reshape({ -1 }):totable() end

-- So many operations, none of which cancels when the arguments are positive.
function bounds.of_absolute(operations)
  return function(case, result)
    local n = operations(case, result)
    local magnitude = list_of(call(case, bounds.widened(case.args, nm.abs)))
    local step = n * bounds.accumulator(result.dtype) + 2 * bounds.unit(result.dtype)
    for i, m in ipairs(magnitude) do magnitude[i] = m * step end
    return magnitude
  end
end

function bounds.largest(case)
  local most = 0.0
  for k = 1, case.args.n do
    for _, x in ipairs(arrays.is(case.args[k]) and case.args[k].list or {}) do
      local size = x == true and 1 or x and math.abs(x) or 0
      if size < math.huge then most = math.max(most, size) end
    end
  end
  return most
end

-- The squared distances from a rounded mean; their root halves the relative error.
function bounds.variance(case, result)
  local n, most, out = bounds.reduced(case, result), bounds.largest(case), {}
  local step = 4 * (n + 4) * bounds.accumulator(result.dtype) * most * most
  for i, y in ipairs(result.list) do
    out[i] = step + 2 * bounds.unit(result.dtype) * math.abs(y)
    if case.op.name == "std" then
      out[i] = y > 0 and step / y + 2 * bounds.unit(result.dtype) * y or math.sqrt(step)
    end
  end
  return out
end

-- exp(x - max) is off by |x - max| rounding errors, the sum by n.
function bounds.softmax(case, result)
  local out, u = {}, bounds.accumulator(result.dtype)
  local range, dim = 2 * bounds.largest(case), case.args[2]
  local shape = case.args[1].shape
  local n = shape[dim < 0 and #shape + 1 + dim or dim] or 1
  for i, y in ipairs(result.list) do
    local size = case.op.name == "softmax" and y or 1 + math.abs(y)
    out[i] = (n + range + 4) * u * size + 2 * bounds.unit(result.dtype) * math.abs(y)
  end
  return out
end

function bounds.relative(steps)
  return function(case, result)
    local most, out = bounds.largest(case), {}
    for k = 1, case.args.n do
      if type(case.args[k]) == "number" then most = math.max(most, math.abs(case.args[k])) end
    end
    for i = 1, #result.list do out[i] = steps * bounds.unit(result.dtype) * most end
    return out
  end
end

-- Box-Muller: 2 pi u is rounded to within pi ulps of 1, r is below 9, log and sqrt add their ulps.
function bounds.drawn(_, result)
  local out = {}
  for i = 1, #result.list do out[i] = 64 * bounds.unit(result.dtype) end
  return out
end

return bounds
