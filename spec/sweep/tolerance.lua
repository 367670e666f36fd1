--- How near a result must be to the reference.
--
-- Most ops are exact: each element is the right value, rounded once.  The transcendental ones state
-- a number of ulps (reference.lua).  What sums or multiplies many elements has a bound that follows
-- from rounding analysis: n operations in an accumulator of unit roundoff u err by at most n u
-- times the same op on absolute values (Higham, "Accuracy and Stability of Numerical Algorithms",
-- 3.1, 4.2).
local arrays = require "spec.sweep.arrays"
local families = require "spec.sweep.families"
local reference = require "spec.sweep.reference"

local tolerance = { any_zero = families.any_zero }
local bounds = families.bounds

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
