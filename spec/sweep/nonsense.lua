--- Arguments that make no sense: each argument of a call replaced by things of a wrong type, shape,
-- dtype and size.  What is refused must be a Lua error that names the op; what is not must give
-- tensors that can be read.
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local helper = require "spec.helper"
local case = require "spec.sweep.case"

local nonsense = {}

local huge = 1 << 61

-- Made anew for each call: an op in place may write into them.
local function replacements()
  return {
    "nonsense", true, 0, -1, 3, 1.5, -1.5, huge, -huge, math.maxinteger, math.mininteger,
    math.huge, 0 / 0, {}, { 1, 2 }, { -1, -1 }, { 0 }, { huge, huge }, { huge }, { 1.5 },
    { "nonsense" }, { {} }, { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, { nonsense = 1 }, print,
    nm.zeros(7), nm.zeros({}), nm.zeros(0), nm.zeros(2, 3, 4), nm.zeros(1, 1, 1, 1, 1, 1, 1, 1),
    nm.zeros(3, 4, { dtype = "bool" }), nm.full({ 3, 4 }, 9, { dtype = "int64" }),
    nm.full({ 3, 4 }, -9, { dtype = "int64" }), nm.full({ 3, 4 }, 0 / 0),
    nm.full({ 3, 4 }, math.mininteger), nm.ones(3, 4):expand(2, 3, 4),
    { nm.zeros(2), nm.zeros(3, 4) }, { nm.zeros(1):expand(1 << 59), nm.zeros(1):expand(1 << 59) },
  }
end

-- Whether a result can be read at once: what has too many elements is not asked for.
local function read(...)
  for i = 1, select("#", ...) do
    local y = select(i, ...)
    if nm.is_tensor(y) and y:numel() < 1000000 then arrays.of(y) end
  end
end

local function attempt(op, f, ...)
  local ok, message = pcall(function(...) read(f(...)) end, ...)
  if ok then return end
  assert(type(message) == "string", "an error that is no text")
  if message:find("out of memory", 1, true) then return end
  assert(message:find(op.name, 1, true), "an error that does not name the op: " .. message)
end

-- The forms of an op: by function, by method, in place.
local function forms_of(op)
  local forms = op.func and { helper.op(op.name) } or {}
  if op.method then
    forms[#forms + 1] = function(x, ...) return nm.is_tensor(x) and x[op.name](x, ...) end
  end
  if op.inplace then
    forms[#forms + 1] = function(x, ...)
      if not nm.is_tensor(x) then return end
      local y = x:clone()
      return y[op.inplace](y, ...)
    end
  end
  return forms
end

--- Tries an op with each argument of c replaced, left out, and with options that it has not.
function nonsense.try(c)
  for _, f in ipairs(forms_of(c.op)) do
    for k = 1, #c.op.params + 1 do
      for i = 1, #replacements() do
        local v = case.values(c, "cpu", {})
        v[k] = replacements()[i]
        attempt(c.op, f, table.unpack(v, 1, math.max(v.n, k)))
      end
    end
    for _, p in ipairs(c.op.params) do
      for i = 1, #replacements() do
        local v = case.values(c, "cpu", {})
        attempt(c.op, f, table.unpack({ table.unpack(v, 1, v.n),
          { [p.name] = replacements()[i] } }, 1, v.n + 1))
      end
    end
    for n = 0, c.args.n - 1 do
      local v = case.values(c, "cpu", {})
      attempt(c.op, f, table.unpack(v, 1, n))
    end
  end
end

return nonsense
