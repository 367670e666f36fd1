--- How near a result must be to the reference.
--
-- Most ops are exact: each element is the right value, rounded once.  The transcendental ones state
-- a number of ulps (reference.lua).  What sums or multiplies many elements has a bound that follows
-- from rounding analysis: n operations in an accumulator of unit roundoff u err by at most n u
-- times the same op on absolute values (Higham, "Accuracy and Stability of Numerical Algorithms",
-- 3.1, 4.2).
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local reference = require "spec.sweep.reference"

local tolerance = {}

-- Unit roundoff: of a dtype, and of what numoon accumulates it in.
local function unit(dtype) return 2.0 ^ -arrays.dtypes[dtype].digits end
local function accumulator(dtype) return math.min(unit(dtype), unit("float32")) end

-- The arguments as float64 tensors, changed by f.
local function widened(args, f)
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
  return (nm[case.op.name](table.unpack(list)))
end

-- How many elements go into one of a reduction, of a product.
local function reduced(case, result) return #case.args[1].list // math.max(1, #result.list) end
local function inner(case) return case.args[1].shape[#case.args[1].shape] end
local function few() return 3 end

local function list_of(t) return t:reshape({ -1 }):totable() end

-- So many operations, none of which cancels when the arguments are positive.
local function of_absolute(operations)
  return function(case, result)
    local n = operations(case, result)
    local magnitude = list_of(call(case, widened(case.args, nm.abs)))
    local step = n * accumulator(result.dtype) + 2 * unit(result.dtype)
    for i, m in ipairs(magnitude) do magnitude[i] = m * step end
    return magnitude
  end
end

local function largest(case)
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
local function variance(case, result)
  local n, most, out = reduced(case, result), largest(case), {}
  local step = 4 * (n + 4) * accumulator(result.dtype) * most * most
  for i, y in ipairs(result.list) do
    out[i] = step + 2 * unit(result.dtype) * math.abs(y)
    if case.op.name == "std" then
      out[i] = y > 0 and step / y + 2 * unit(result.dtype) * y or math.sqrt(step)
    end
  end
  return out
end

-- exp(x - max) is off by |x - max| rounding errors, the sum by n.
local function softmax(case, result)
  local out, u = {}, accumulator(result.dtype)
  local range, dim = 2 * largest(case), case.args[2]
  local shape = case.args[1].shape
  local n = shape[dim < 0 and #shape + 1 + dim or dim] or 1
  for i, y in ipairs(result.list) do
    local size = case.op.name == "softmax" and y or 1 + math.abs(y)
    out[i] = (n + range + 4) * u * size + 2 * unit(result.dtype) * math.abs(y)
  end
  return out
end

local function relative(steps)
  return function(case, result)
    local most, out = largest(case), {}
    for k = 1, case.args.n do
      if type(case.args[k]) == "number" then most = math.max(most, math.abs(case.args[k])) end
    end
    for i = 1, #result.list do out[i] = steps * unit(result.dtype) * most end
    return out
  end
end

-- Box-Muller: 2 pi u is rounded to within pi ulps of 1, r is below 9, log and sqrt add their ulps.
local function drawn(_, result)
  local out = {}
  for i = 1, #result.list do out[i] = 64 * unit(result.dtype) end
  return out
end

local bounds = {
  sum = of_absolute(reduced), mean = of_absolute(reduced), prod = of_absolute(reduced),
  matmul = of_absolute(inner), mm = of_absolute(inner), bmm = of_absolute(inner),
  mv = of_absolute(inner), dot = of_absolute(inner),
  addcmul = of_absolute(few), addcdiv = of_absolute(few),
  lerp = relative(8), linspace = relative(4),
  randn = drawn, randn_like = drawn, normal = drawn,
  var = variance, std = variance, softmax = softmax, log_softmax = softmax,
}

--- Which of 0 and -0 is the larger is left open: here it depends on the order of the elements, in
--- PyTorch on the processor.
tolerance.any_zero = { amax = true, amin = true, max = true, min = true, maximum = true,
  minimum = true, clamp = true, relu = true }

--- The greatest distance of each element from the exact value; nil where it must be that value.
---@param factor integer how many of the two sides have rounding errors
function tolerance.of(case, result, factor)
  if arrays.kind(result.dtype) ~= "f" then return nil end
  if bounds[case.op.name] then
    local out = bounds[case.op.name](case, result)
    for i = 1, #out do out[i] = out[i] * factor end
    return out
  end
  local row = reference.ops[case.op.name]
  if not (row and row.ulps) then return nil end
  local out = {}
  local ulps = arrays.dtypes[result.dtype].digits >= 24 and row.ulps or 0.51
  for i, y in ipairs(result.list) do
    out[i] = (ulps + 0.5) * factor * arrays.ulp(y, result.dtype)
  end
  return out
end

local function differs(a, b, bound, bits)
  if type(a) ~= type(b) then return true end
  if a == b then return bits and a == 0 and math.type(a) == "float" and 1 / a ~= 1 / b end
  if a ~= a and b ~= b then return false end
  return not (bound and math.abs(a - b) <= bound)
end

--- The first difference of two results as text, nil when there is none.  bound: a list, see `of`.
--- bits: zeros must have the same sign.
function tolerance.difference(got, want, bound, bits)
  if got.dtype ~= want.dtype then return ("dtype %s, expected %s"):format(got.dtype, want.dtype) end
  local a, b = table.concat(got.shape, ","), table.concat(want.shape, ",")
  if a ~= b then return ("shape {%s}, expected {%s}"):format(a, b) end
  if #got.list ~= #want.list then
    return ("%d elements, expected %d"):format(#got.list, #want.list)
  end
  for i, x in ipairs(want.list) do
    local y = got.list[i]
    if differs(y, x, bound and bound[i], bits) then
      return ("element %d is %s, expected %s"):format(i, tostring(y), tostring(x))
    end
  end
end

return tolerance
