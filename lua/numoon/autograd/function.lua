--- nm.autograd.Function: functions with derivatives of their own.
--
-- A call has a ctx, a table for whatever forward wants to tell backward.  The tape holds it until
-- the graph is gone.  Tensors belong into ctx:save_for_backward: they are let go of when backward
-- is done, and a result that is saved does not hold itself, as one in a field of ctx would.
local nm = require "numoon"
local core = require "numoon.core"
local util = require "numoon.util"

local DIRTY, CONSTANT = 1, 2 -- ORDER NM_RESULT_DIRTY

---@class numoon.FunctionContext
---@field saved_tensors table in backward: what was saved, in order; its length is in `n`
---@field needs_input_grad boolean[] for each argument of forward
local Context = {}

local state = setmetatable({}, { __name = "state" }) -- key of what is ours in a ctx

-- The arguments as a set.
local function set_of(name, ...)
  local set = {}
  for i = 1, select("#", ...) do
    set[util.tensor(name, "argument " .. i, (select(i, ...)))] = true
  end
  return set
end

--- In forward: backward will find these tensors (or nil) in ctx.saved_tensors.
function Context:save_for_backward(...)
  local saved = {}
  for i = 1, select("#", ...) do
    local t = select(i, ...)
    saved[i] = t ~= nil and util.tensor("save_for_backward", "argument " .. i, t)
  end
  self[state].saved = saved
end

--- In forward: these inputs were written in place.  They must be among the results.
function Context:mark_dirty(...) self[state].dirty = set_of("mark_dirty", ...) end

--- In forward: these results have no gradient.
function Context:mark_non_differentiable(...)
  self[state].constant = set_of("mark_non_differentiable", ...)
end

--- In forward: whether backward gets zeros (the default) or nil for a result that nothing came to.
---@param on boolean
function Context:set_materialize_grads(on) self[state].materialize = on end

local Context_meta = {
  __name = "numoon.FunctionContext",
  __index = function(self, key)
    if key ~= "saved_tensors" then return Context[key] end
    local tape = self[state].tape
    if not tape then util.error("saved_tensors: there are none before backward") end
    return core.saved(tape)
  end,
}

local function new_context(definition, n, inputs, positions)
  local ctx = {
    needs_input_grad = {},
    [state] = {
      definition = definition, arguments = n, positions = positions, materialize = true,
      saved = {}, dirty = {}, constant = {},
    },
  }
  for i = 1, n do ctx.needs_input_grad[i] = false end
  for k, t in ipairs(inputs) do ctx.needs_input_grad[positions[k]] = t.requires_grad end
  return setmetatable(ctx, Context_meta)
end

-- The tensors among n values, and their positions.
local function tensors_of(n, ...)
  local tensors, positions = {}, {}
  for i = 1, n do
    local value = select(i, ...)
    if nm.is_tensor(value) then
      tensors[#tensors + 1], positions[#tensors + 1] = value, i
    end
  end
  return tensors, positions
end

-- What core.record wants to know of each result.
local function flags_of(name, own, outputs)
  local flags, returned = {}, {}
  for k, t in ipairs(outputs) do
    flags[k] = (own.dirty[t] and DIRTY or 0) | (own.constant[t] and CONSTANT or 0)
    returned[t] = true
  end
  for t in pairs(own.dirty) do
    if not returned[t] then
      util.error("%s: mark_dirty: an input that was written must be among the results", name)
    end
  end
  return flags
end

local function run_forward(definition, ctx, ...)
  local _ <close> = nm.no_grad()
  return table.pack(definition.forward(ctx, ...))
end

local function apply(definition, ...)
  local n = select("#", ...)
  local inputs, positions = tensors_of(n, ...)
  local ctx = new_context(definition, n, inputs, positions)
  local own = ctx[state]
  local results = run_forward(definition, ctx, ...)
  local outputs, places = tensors_of(results.n, table.unpack(results, 1, results.n))
  local flags = flags_of(definition.name, own, outputs)
  own.outputs = {}
  for k, t in ipairs(outputs) do
    own.outputs[k] = { shape = t.shape, dtype = t.dtype, device = t.device }
  end
  own.tape = core.record(ctx, definition.name, inputs, outputs, flags, own.saved)
  own.saved, own.dirty, own.constant = nil, nil, nil
  for k, place in ipairs(places) do results[place] = outputs[k] end
  return table.unpack(results, 1, results.n)
end

-- ---- backward ----

local function check_gradients(own, results)
  local name, given = own.definition.name, {}
  for _, position in ipairs(own.positions) do given[position] = true end
  local function check(i, g)
    if i > own.arguments then
      util.error("%s: backward gave gradient %d, but forward took %d arguments", name, i,
        own.arguments)
    elseif not given[i] then
      util.error("%s: backward gave a gradient for argument %d, which is no tensor", name, i)
    elseif not nm.is_tensor(g) then
      util.error("%s: backward must give a tensor or nil for argument %d, got %s", name, i,
        util.describe(g))
    end
  end
  for i = 1, results.n do
    if results[i] ~= nil then check(i, results[i]) end
  end
end

-- A gradient that was computed off the tape: another derivative would miss what it depends on.
local function once(definition, results, gradients)
  local stop = {
    name = definition.name,
    forward = function(_, result) return result end,
    backward = function()
      util.error("%s is once_differentiable: it has no second derivative", definition.name)
    end,
  }
  for i = 1, results.n do
    if results[i] then results[i] = apply(stop, results[i], table.unpack(gradients)) end
  end
end

local function run_backward(definition, ctx, gradients, n)
  if not definition.once_differentiable then
    return table.pack(definition.backward(ctx, table.unpack(gradients, 1, n)))
  end
  local results = nm.no_grad(function()
    return table.pack(definition.backward(ctx, table.unpack(gradients, 1, n)))
  end)
  if nm.is_grad_enabled() then
    local tracked = {}
    for k = 1, n do
      if gradients[k] and gradients[k].requires_grad then tracked[#tracked + 1] = gradients[k] end
    end
    once(definition, results, tracked)
  end
  return results
end

core.set_dispatch(function(ctx, wanted, gradients)
  local own = ctx[state]
  for k, output in ipairs(own.outputs) do
    if not gradients[k] then
      gradients[k] = own.materialize
        and nm.zeros(output.shape, { dtype = output.dtype, device = output.device }) or nil
    end
  end
  local results = run_backward(own.definition, ctx, gradients, #own.outputs)
  check_gradients(own, results)
  for k, position in ipairs(own.positions) do wanted[k] = results[position] or false end
  return wanted
end)

local autograd = {}

--- A function with a derivative of its own.  `.apply(...)` calls forward(ctx, ...) off the tape;
--- backward(ctx, g, ...) gets the gradient of each tensor that forward returned and gives that of
--- each argument (nil: none).  With create_graph it runs on the tape, so that it has derivatives
--- itself, unless it is declared once_differentiable.  ctx takes any field;
--- ctx:save_for_backward(...) keeps tensors, in backward ctx.saved_tensors.  In forward also
--- ctx:mark_dirty(...) for inputs that were written in place, ctx:mark_non_differentiable(...),
--- ctx:set_materialize_grads(false) for nil instead of zeros; ctx.needs_input_grad says which
--- arguments want a gradient.
---@param definition table forward, backward; name, once_differentiable
---@return { apply: fun(...): ... }
function autograd.Function(definition)
  definition = util.options("autograd.Function", definition, {
    forward = util.none, backward = util.none, name = "Function", once_differentiable = false,
  })
  for _, part in ipairs { "forward", "backward" } do
    if not util.callable(definition[part]) then
      util.error("autograd.Function: %s must be a function, got %s", part,
        util.describe(definition[part]))
    end
  end
  return util.strict("autograd.Function", {
    apply = function(...) return apply(definition, ...) end,
  })
end

return autograd
