--- Derivatives of every op: backward against central differences, once and twice, on inputs that
-- lie in memory in every way; and, at points where the derivative is a convention, against
-- PyTorch's.
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local case = require "spec.sweep.case"
local families = require "spec.sweep.families"

local gradients = {}

-- Tensors of x's values that lie in memory as the layout says, by ops that are differentiated too.
local relaid = {
  contiguous = function(x) return x end,
  transposed = function(x)
    local order = {}
    for d = 1, x.ndim do order[d] = x.ndim + 1 - d end
    return x.ndim > 1 and x:permute(order):clone():permute(order) or x
  end,
  narrowed = function(x)
    return x.ndim > 0 and nm.cat({ x, x }, 1):narrow(1, #x + 1, #x) or x
  end,
  stepped = function(x) return nm.stack({ x, x * 2 }, -1):select(-1, 1) end,
  expanded = function(x)
    return x.ndim > 0 and #x > 0 and x:narrow(1, 1, 1):expand(x.shape) or x
  end,
}

-- The arguments' float64 arrays as leaves, and how to put such tensors in their place.
local function split(c)
  local leaves = {}
  local function place(value)
    if arrays.is(value) and value.dtype == "float64" then
      local t = nm.tensor(value.list, { dtype = "float64" }):reshape(value.shape)
      leaves[#leaves + 1] = t:clone():requires_grad_()
      return { leaf = #leaves }
    elseif arrays.is(value) then
      return (arrays.tensor(value))
    elseif type(value) == "table" then
      local list = {}
      for i, v in ipairs(value) do list[i] = place(v) end
      return list
    end
    return value
  end
  local template = { n = c.args.n }
  for k = 1, c.args.n do template[k] = place(c.args[k]) end
  if c.args.options then
    template.options = {}
    for key, value in pairs(c.args.options) do template.options[key] = place(value) end
  end
  return leaves, template
end

local function fill(template, tensors, layout, through)
  if type(template) ~= "table" then return template end
  if template.leaf then
    local x = tensors[template.leaf]
    return relaid[layout](through and through(x) or x)
  end
  local out = {}
  for key, value in pairs(template) do out[key] = fill(value, tensors, layout, through) end
  return out
end

-- The case as a function of its leaves.  Draws are the same each time.
local function as_function(c, f, template)
  return function(...)
    nm.manual_seed(1)
    local through = families.through[c.op.name]
    return case.call(f, fill(template, { ... }, c.layout, through))
  end
end

local function elements(leaves)
  local n = 0
  for _, x in ipairs(leaves) do n = n + x:numel() end
  return n
end

-- Only results in float64 have differences that are precise enough.
local function is_precise(f, leaves)
  local y = f(table.unpack(leaves))
  return y.dtype == "float64" and y:numel() > 0 and y:numel() <= 48
end

--- Checks a case in float64; true when there was something to check.
function gradients.check(c)
  local leaves, template = split(c)
  if #leaves == 0 or elements(leaves) > 64 or elements(leaves) == 0 then return false end
  local f = as_function(c, case.f(c.op), template)
  if not is_precise(f, leaves) then return false end
  nm.autograd.gradcheck(f, leaves)
  nm.autograd.gradgradcheck(f, leaves)
  return true
end

--- The same of the in-place form, on a copy of the first argument.
function gradients.check_inplace(c)
  if not (c.op.inplace and arrays.is(c.args[1]) and c.layout ~= "expanded") then return false end
  local leaves, template = split(c)
  if #leaves == 0 or elements(leaves) > 64 or elements(leaves) == 0 then return false end
  local plain = as_function(c, case.f(c.op), template)
  if not is_precise(plain, leaves) or c.args[1].dtype ~= "float64" then return false end
  if plain(table.unpack(leaves)):numel() ~= #c.args[1].list then return false end
  local function inplace(x, ...)
    local y = x:clone()
    return y[c.op.inplace](y, ...)
  end
  nm.autograd.gradcheck(as_function(c, inplace, template), leaves)
  return true
end

-- ---- where a derivative is a convention ----

--- The conventions of some ops as cases whose gradients the oracle is asked for.
function gradients.convention_cases(names)
  local list, rows, wanted = {}, {}, {}
  for _, name in ipairs(names) do wanted[name] = true end
  for _, row in ipairs(families.conventions) do
    if wanted[row[1]] then rows[#rows + 1] = row end
  end
  for _, row in ipairs(rows) do
    local c = { op = nm.ops[row[1]], args = row[2], layout = "contiguous", form = "plain",
      grads = {}, listed = true, dtype = "float64" }
    for k = 1, c.args.n do
      if arrays.is(c.args[k]) and c.args[k].dtype == "float64" then
        table.insert(c.grads, c.op.params[k].name)
      end
    end
    list[#list + 1] = c
  end
  return list
end

--- The gradients of the first result, weighted by 1, 2, 3, ..., as the oracle computes them.
function gradients.weighted(c)
  local made = {}
  local v = case.values(c, "cpu", made)
  for _, m in ipairs(made) do
    if m.tensor.dtype == "float64" then m.tensor:requires_grad_() end
  end
  local y = case.call(case.f(c.op), v)
  y:backward(nm.arange(1, y:numel() + 1, { dtype = "float64" }):reshape(y.shape))
  local list = {}
  for _, m in ipairs(made) do
    if m.tensor.requires_grad then list[#list + 1] = arrays.of(m.tensor.grad) end
  end
  return list
end

return gradients
