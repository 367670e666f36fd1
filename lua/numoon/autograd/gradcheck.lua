--- Checks of derivatives against central differences.
--
-- The arguments of a function are tensors, lists of tensors (nm.cat takes one) and anything else.
-- All tensors among them are numbered in order, and `rebuild` makes arguments of other tensors in
-- their place.
local nm = require "numoon"
local util = require "numoon.util"

local autograd = {}

-- The tensors among the arguments, in order, and `place` of each for messages.
local function tensors_of(arguments)
  local flat, names = {}, {}
  for i = 1, arguments.n do
    local value = arguments[i]
    if nm.is_tensor(value) then
      flat[#flat + 1], names[#flat + 1] = value, ("input %d"):format(i)
    elseif type(value) == "table" then
      for k, x in ipairs(value) do
        if nm.is_tensor(x) then
          flat[#flat + 1], names[#flat + 1] = x, ("input %d[%d]"):format(i, k)
        end
      end
    end
  end
  return flat, names
end

-- The arguments with other tensors in the places of theirs.
local function rebuild(arguments, flat)
  local n, out = 0, { n = arguments.n }
  local function next_tensor()
    n = n + 1
    return flat[n]
  end
  for i = 1, arguments.n do
    local value = arguments[i]
    if nm.is_tensor(value) then
      value = next_tensor()
    elseif type(value) == "table" then
      local list = {}
      for key, x in pairs(value) do list[key] = x end
      for k, x in ipairs(value) do list[k] = nm.is_tensor(x) and next_tensor() or x end
      value = list
    end
    out[i] = value
  end
  return out
end

-- The results of f that have derivatives, whether it returns them one by one or in a table.
local function results(f, arguments)
  local all, out = table.pack(f(table.unpack(arguments, 1, arguments.n))), {}
  if all.n == 1 and type(all[1]) == "table" then all = table.pack(table.unpack(all[1])) end
  for k = 1, all.n do
    if nm.is_tensor(all[k]) and all[k]:is_floating_point() then out[#out + 1] = all[k] end
  end
  return out
end

-- A tensor stands for a list of one.
local function arguments_of(name, inputs)
  if nm.is_tensor(inputs) then return { inputs, n = 1 } end
  if type(inputs) ~= "table" then
    util.error("%s: inputs must be a tensor or a list of arguments, got %s", name,
      util.describe(inputs))
  end
  local n = inputs.n or #inputs
  return table.move(inputs, 1, n, 1, { n = n })
end

local function check_inputs(name, flat, names)
  local any = false
  for i, x in ipairs(flat) do
    if x.requires_grad then
      any = true
      if x.dtype ~= "float64" then
        util.error("%s: %s must be float64, as differences need its precision, got %s", name,
          names[i], x.dtype)
      end
    end
  end
  if not any then util.error("%s: no input requires a gradient", name) end
end

-- Fresh leaves of the tensors' values and strides; the others as copies, which f may write.
local function leaves(flat)
  local list = {}
  for i, x in ipairs(flat) do
    if x.requires_grad then
      list[i] = x:detach():requires_grad_()
    else
      list[i] = x:detach():clone()
    end
  end
  return list
end

-- All elements of all results, as Lua numbers: values[output][element].
local function values_of(f, arguments)
  local values = {}
  for k, y in ipairs(results(f, arguments)) do
    values[k] = y:detach():reshape({ -1 }):totable()
  end
  return values
end

-- d output / d element j of tensor i, by central differences: columns[j][output][element].
local function numerical(f, arguments, flat, i, eps)
  local x = flat[i]
  local elements = x:detach():reshape({ -1 }):totable()
  local function at(j, value)
    local changed = leaves(flat)
    local list = table.move(elements, 1, #elements, 1, {})
    list[j] = value
    changed[i] = nm.tensor(list, { dtype = "float64", device = x.device }):reshape(x.shape)
    changed[i]:requires_grad_() -- f may ask for gradients itself
    return values_of(f, rebuild(arguments, changed))
  end
  local columns = {}
  for j = 1, #elements do
    local high, low = at(j, elements[j] + eps), at(j, elements[j] - eps)
    for k, list in ipairs(high) do
      for e = 1, #list do list[e] = (list[e] - low[k][e]) / (2 * eps) end
    end
    columns[j] = high
  end
  return columns
end

-- The same by backward, a row for each element of each output: rows[tensor][output][element][j].
local function analytical(f, arguments, flat)
  local x = leaves(flat)
  local wanted, places = {}, {}
  for i, leaf in ipairs(x) do
    if leaf.requires_grad then
      wanted[#wanted + 1], places[#places + 1] = leaf, i
    end
  end
  local rows = {}
  for _, i in ipairs(places) do rows[i] = {} end
  for k, y in ipairs(results(f, rebuild(arguments, x))) do
    for _, i in ipairs(places) do rows[i][k] = {} end
    for e = 1, y.requires_grad and y:numel() or 0 do
      local one = nm.zeros(y:numel(), { dtype = y.dtype, device = y.device })
      one[e] = 1
      local grads = nm.grad({ y }, wanted,
        { grad_outputs = { one:reshape(y.shape) }, retain_graph = true, allow_unused = true })
      for n, i in ipairs(places) do
        rows[i][k][e] = grads[n] and grads[n]:reshape({ -1 }):totable() or false
      end
    end
  end
  return rows
end

-- The place of element j in a tensor of this shape: "{2, 1}".
local function place(j, shape)
  local index = {}
  j = j - 1
  for d = #shape, 1, -1 do
    index[d] = j % shape[d] + 1
    j = j // shape[d]
  end
  return "{" .. table.concat(index, ", ") .. "}"
end

-- The worst mismatch of tensor i as a message, and by how much it exceeds the tolerance.
local function mismatch(x, name, numeric, rows, options)
  local worst, text = 0, nil
  for j, column in ipairs(numeric) do
    for k, list in ipairs(column) do
      for e, n in ipairs(list) do
        local a = rows[k] and rows[k][e] and rows[k][e][j] or 0.0
        local excess = math.abs(a - n) - options.atol - options.rtol * math.abs(n)
        if a ~= a or n ~= n then excess = (a ~= a and n ~= n) and 0 or math.huge end
        if excess > worst then
          worst = excess
          local format = "d output %d, element %d / d %s, element %s: "
            .. "%.10g by backward, %.10g by differences"
          text = format:format(k, e, name, place(j, x.shape), a, n)
        end
      end
    end
  end
  return worst, text
end

local defaults = { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raise_exception = true }

local function check(what, f, arguments, options)
  local flat, names = tensors_of(arguments)
  local rows = analytical(f, arguments, flat)
  local worst, message = 0, nil
  for i, x in ipairs(flat) do
    if x.requires_grad then
      local numeric = numerical(f, arguments, flat, i, options.eps)
      local excess, text = mismatch(x, names[i], numeric, rows[i], options)
      if excess > worst then worst, message = excess, text end
    end
  end
  if not message then return true end
  message = what .. ": " .. message
  if options.raise_exception then util.error("%s", message) end
  return false, message
end

--- Compares the gradients of f(inputs...) with central differences, element by element, for every
--- input that requires a gradient (float64).  An input may also be a list of tensors, or whatever
--- else f takes; results of f that are no floats are passed over.  A mismatch is an error that
--- names the worst place; with raise_exception = false it is `false, message`.
---@param f fun(...): ...
---@param inputs numoon.Tensor|any[]
---@param options? { eps?: number, atol?: number, rtol?: number, raise_exception?: boolean }
---@return boolean ok
---@return string? message
function autograd.gradcheck(f, inputs, options)
  options = util.options("gradcheck", options, defaults)
  local arguments = arguments_of("gradcheck", inputs)
  check_inputs("gradcheck", tensors_of(arguments))
  local _ <close> = nm.enable_grad()
  return check("gradcheck", f, arguments, options)
end

-- The gradients of f as a function of its arguments and of the gradients of its results.
local function gradient_of(f, n)
  return function(...)
    local all = table.pack(...)
    local wanted, tracked, weights, out = {}, {}, {}, {}
    local inputs = table.move(all, 1, n, 1, { n = n })
    for _, x in ipairs((tensors_of(inputs))) do
      if x.requires_grad then wanted[#wanted + 1] = x end
    end
    for _, y in ipairs(results(f, inputs)) do
      if y.requires_grad then
        tracked[#tracked + 1] = y
        weights[#tracked] = all[n + #tracked]
      end
    end
    local grads = nm.grad(tracked, wanted,
      { grad_outputs = weights, create_graph = true, allow_unused = true })
    for i = 1, #wanted do out[i] = grads[i] or nm.zeros_like(wanted[i]) end
    return out
  end
end

--- Checks second derivatives: gradcheck of the gradients of f, with random gradients of its
--- results.
---@param f fun(...): ...
---@param inputs numoon.Tensor|any[]
---@param options? { eps?: number, atol?: number, rtol?: number, raise_exception?: boolean }
---@return boolean ok
---@return string? message
function autograd.gradgradcheck(f, inputs, options)
  options = util.options("gradgradcheck", options, defaults)
  local all = arguments_of("gradgradcheck", inputs)
  local flat, names = tensors_of(all)
  check_inputs("gradgradcheck", flat, names)
  local _ <close> = nm.enable_grad()
  local n = all.n
  for _, y in ipairs(results(f, rebuild(all, leaves(flat)))) do
    if y.requires_grad then
      all.n = all.n + 1
      all[all.n] = nm.randn(y.shape, { dtype = y.dtype, device = y.device }):requires_grad_()
    end
  end
  return check("gradgradcheck", gradient_of(f, n), all, options)
end

return autograd
