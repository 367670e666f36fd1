--- Results of elementwise ops in plain Lua, by reference.lua.
local arrays = require "spec.sweep.arrays"
local reference = require "spec.sweep.reference"
local tools = require "spec.sweep.tools"

local plain = {}

local function broadcast(shape, array)
  local strides, step, shift = {}, 1, #shape - #array.shape
  for d = #array.shape, 1, -1 do
    strides[d + shift] = array.shape[d] > 1 and step or 0
    step = step * array.shape[d]
  end
  local list = {}
  local function walk(d, at)
    if d > #shape then
      list[#list + 1] = array.list[at]
      return
    end
    for i = 0, shape[d] - 1 do walk(d + 1, at + i * (strides[d] or 0)) end
  end
  walk(1, 1)
  return list
end

local function as_number(v) return v == true and 1 or v == false and 0 or v end

-- The dtype that a result is computed in, as the case's own dtypes say it.
local function is_float_case(c, result)
  if arrays.kind(result.dtype) == "f" then return true end
  if result.dtype ~= "bool" then return false end
  for k = 1, c.args.n do
    local v = c.args[k]
    if arrays.is(v) and arrays.kind(v.dtype) == "f" or math.type(v) == "float" then return true end
  end
  return false
end

local function computed(c, result)
  local row = reference.ops[c.op.name]
  local floats = is_float_case(c, result)
  local f = floats and row.float or result.dtype == "bool" and row.bool or row.int
  local lists = {}
  for k = 1, c.args.n do
    local v = c.args[k]
    lists[k] = broadcast(result.shape, arrays.is(v) and v or { shape = {}, list = { v } })
  end
  local out = { dtype = result.dtype, shape = result.shape, list = {} }
  for i = 1, arrays.count(result.shape) do
    local x = {}
    for k = 1, #lists do
      x[k] = as_number(lists[k][i])
      if floats and math.type(x[k]) == "integer" then
        x[k] = arrays.round(x[k] + 0.0, result.dtype == "bool" and "float32" or result.dtype)
      end
    end
    local y = f(x[1], x[2], x[3], result.dtype)
    if result.dtype == "bool" then
      if type(y) == "number" then y = y ~= 0 end
    elseif arrays.kind(result.dtype) == "f" then
      local rounded = arrays.round(y, result.dtype)
      if not row.ulps or math.abs(rounded) == math.huge then y = rounded end
    else
      y = arrays.wrap(y, result.dtype)
    end
    out.list[i] = y
  end
  return out
end

local dividing = tools.set "floor_divide remainder fmod"

local function divides_by_zero(c)
  if not dividing[c.op.name] then return false end
  local v = c.args[2]
  if not arrays.is(v) then return v == 0 end
  for _, x in ipairs(v.list) do
    if x == 0 then return true end
  end
  return false
end

--- What the result should be, from what it looks like; nil where integers are divided by zero.
function plain.expected(c, result)
  if arrays.kind(c.dtype) ~= "f" and divides_by_zero(c) then return nil end
  return computed(c, result)
end

return plain
