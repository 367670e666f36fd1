--- Cases: an op with arguments, and the ways to run it.
local arrays = require "spec.sweep.arrays"
local arguments = require "spec.sweep.arguments"
local helper = require "spec.helper"

local case = {}

local layouts = { "contiguous", "transposed", "narrowed", "stepped", "expanded" }

-- Whether the registry says that the op takes what the case has first.
local function is_listed(op, dtype, args)
  if arrays.is(args[1]) then dtype = args[1].dtype end
  return op.dtypes:find(arrays.kind(dtype), 1, true) ~= nil
end

-- Several tiles of the block machine and their rests: for some dtypes, the first arguments only.
local large = { float32 = { "contiguous", "transposed", "stepped" }, bfloat16 = { "contiguous" },
  int64 = { "narrowed" }, uint8 = { "contiguous" } }

--- All cases of an op; nil and the reason where its arguments can't be made.  A case is { op, args,
--- dtype, layout, form, first, edges, listed }; listed: the registry says that the op takes the
--- dtype.
function case.all(op, seed)
  local list, rng = {}, helper.rng(seed)
  local function add(dtype, layout, form)
    local g = arguments.generator(op, dtype, layout, form, rng)
    local made, why = arguments.of(g)
    if not made then error(why, 0) end
    if form == "large" then made = { made[1] } end
    for i, args in ipairs(made) do
      list[#list + 1] = { op = op, args = args, dtype = dtype, layout = layout, form = form,
        first = i == 1, listed = is_listed(op, dtype, args) }
    end
  end
  local ok, why = pcall(function()
    for _, dtype in ipairs(arrays.order) do
      for _, layout in ipairs(layouts) do add(dtype, layout, "plain") end
      add(dtype, "contiguous", "scalar")
      add(dtype, "narrowed", "scalar")
      add(dtype, "contiguous", "empty")
      for _, layout in ipairs(large[dtype] or {}) do add(dtype, layout, "large") end
      local g = arguments.generator(op, dtype, "contiguous", "plain", rng)
      for _, args in ipairs(arguments.edges(g)) do
        list[#list + 1] = { op = op, args = args, dtype = dtype, layout = "contiguous",
          form = "plain", edges = true, listed = is_listed(op, dtype, args) }
      end
    end
  end)
  if not ok then return nil, why end
  return list
end

local function value_text(value)
  if arrays.is(value) then return ("%s{%s}"):format(value.dtype, table.concat(value.shape, ",")) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, v in ipairs(value) do parts[i] = value_text(v) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- The case as a call, for messages.
function case.text(c)
  local parts = {}
  for k = 1, c.args.n do parts[k] = value_text(c.args[k]) end
  for key, value in pairs(c.args.options or {}) do
    parts[#parts + 1] = key .. " = " .. value_text(value)
  end
  return ("%s(%s), %s, %s%s"):format(c.op.name, table.concat(parts, ", "), c.layout, c.form,
    c.edges and ", edges" or "")
end

-- ---- running ----

-- The arguments with tensors in the place of arrays; tensors and bases are collected in `made`.
local function values(args, device, made, prepare)
  local out = { n = args.n }
  local function value(v)
    if arrays.is(v) then
      local t, base = arrays.tensor(v, device)
      if prepare then t = prepare(t) end
      made[#made + 1] = { tensor = t, base = base, array = v }
      return t
    end
    if type(v) ~= "table" then return v end
    local list = {}
    for i, x in ipairs(v) do list[i] = value(x) end
    return list
  end
  for k = 1, args.n do out[k] = value(args[k]) end
  local names = {}
  for key in pairs(args.options or {}) do names[#names + 1] = key end
  table.sort(names)
  out.options = #names > 0 and {} or nil
  for _, key in ipairs(names) do out.options[key] = value(args.options[key]) end
  return out
end

-- The same for a case; what it creates is on the device too.
local function values_of(c, device, made, prepare)
  local v = values(c.args, device, made, prepare)
  if #made > 0 or device == "cpu" then return v end
  for _, p in ipairs(c.op.params) do
    if p.name == "device" then
      v.options = v.options or {}
      v.options.device = device
    end
  end
  return v
end
case.values = values_of

local function call(f, v, from)
  if not v.options then return f(table.unpack(v, from or 1, v.n)) end
  local list = table.move(v, 1, v.n, 1, {})
  list[v.n + 1] = v.options
  return f(table.unpack(list, from or 1, v.n + 1))
end
case.call = call

-- Results that come as a list, one by one.
local function spread(f)
  return function(...)
    local r = f(...)
    if type(r) ~= "table" then return r end
    return table.unpack(r)
  end
end

--- The op as a Lua function of its arguments: as a function where it is one, else as a method, else
--- in place on a copy.
function case.f(op)
  if op.list then return spread(helper.op(op.name)) end
  if op.func then return helper.op(op.name) end
  if op.method then return function(x, ...) return x[op.name](x, ...) end end
  return function(x, ...)
    local y = x:clone()
    return y[op.inplace](y, ...)
  end
end

local function results(...)
  local list = {}
  for i = 1, select("#", ...) do list[i] = arrays.of((select(i, ...))) end
  return list
end

--- Runs a case: a list of results, or nil and the message.
function case.run(c, device, prepare, finish)
  local ok, list = pcall(function()
    local f = case.f(c.op)
    local v = values_of(c, device, {}, prepare)
    if finish then return results(finish(call(f, v))) end
    return results(call(f, v))
  end)
  if ok then return list end
  return nil, list
end

--- The other ways to call: each gives a list of results, or nil where there is no such form or it
--- has to refuse.  `plain` is the result of case.run.
case.forms = {
  method = function(c)
    if not (c.op.method and c.op.func and arrays.is(c.args[1])) then return nil end
    local v = values_of(c, "cpu", {})
    local f = v[1][c.op.name]
    return results(call(c.op.list and spread(f) or f, v))
  end,
  -- The elements around a view must stay what they were.
  inplace = function(c, plain)
    local x = c.args[1]
    if not (c.op.inplace and arrays.is(x)) or c.layout == "expanded" then return nil end
    if table.concat(x.shape, ",") ~= table.concat(plain[1].shape, ",") then return nil end
    local from, to = arrays.kind(plain[1].dtype), arrays.kind(x.dtype)
    if not (to == "f" or from == "b" or from == "i" and to == "i") then return nil end
    local made = {}
    local v = values_of(c, "cpu", made)
    local base, before, was = made[1].base, nil, v[1]:clone()
    if base then before = base:clone() end
    local y = call(v[1][c.op.inplace], v)
    assert(rawequal(y, v[1]), "the in-place form gives another tensor")
    local list = results(y)
    if base and not c.edges then
      y:copy_(was)
      assert(base == before, "the in-place form changed elements outside of its tensor")
    end
    return list
  end,
  -- Into a tensor that is itself a part of a larger one.
  out = function(c, plain)
    if not c.op.out or (c.args.options or {}).as_tuple then return nil end -- a list has no out =
    local shape = plain[1].shape
    local array = { dtype = plain[1].dtype, shape = shape, list = {}, layout = "stepped" }
    local filler = arrays.kind(array.dtype) == "b" and false or 5
    for i = 1, arrays.count(shape) do array.list[i] = filler end
    local y, base = arrays.tensor(array)
    local before, was = base and base:clone(), y:clone()
    local v = values_of(c, "cpu", {})
    v.options = v.options or {}
    v.options.out = y
    local r = call(helper.op(c.op.name), v)
    assert(rawequal(r, y), "out = gives another tensor")
    local list = results(y)
    if base then
      y:copy_(was)
      assert(base == before, "out = changed elements outside of its tensor")
    end
    return list
  end,
}

return case
