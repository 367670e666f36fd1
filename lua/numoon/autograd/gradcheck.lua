--- nm.autograd: checking derivatives against finite differences.
local nm = require "numoon"
local util = require "numoon.util"

local autograd = {}

local function as_list(value) return nm.is_tensor(value) and { value } or value end

-- The results of f as a list, whether it returns them one by one or in a table.
local function results(f, inputs)
  local out = { f(table.unpack(inputs)) }
  if #out == 1 and not nm.is_tensor(out[1]) then out = out[1] end
  return out
end

local function check_inputs(name, inputs)
  local any = false
  for i, x in ipairs(inputs) do
    util.tensor(name, "input " .. i, x)
    if x.requires_grad then
      any = true
      if x.dtype ~= "float64" then
        util.error("%s: input %d must be float64, as differences need its precision, got %s", name,
          i, x.dtype)
      end
    end
  end
  if not any then util.error("%s: no input requires a gradient", name) end
end

-- Fresh leaves of the inputs' values, which f may do with as it likes.
local function leaves(inputs)
  local list = {}
  for i, x in ipairs(inputs) do
    list[i] = x:detach():clone()
    if x.requires_grad then list[i]:requires_grad_() end
  end
  return list
end

-- All elements of all results, as Lua numbers: values[output][element].
local function values_of(f, inputs)
  local values = {}
  for k, y in ipairs(results(f, inputs)) do values[k] = y:detach():reshape({ -1 }):totable() end
  return values
end

-- d output / d element j of input i, by central differences: columns[j][output][element].
local function numerical(f, inputs, i, eps)
  local x = inputs[i]
  local flat = x:detach():reshape({ -1 }):totable()
  local function at(j, value)
    local changed = leaves(inputs)
    local list = table.move(flat, 1, #flat, 1, {})
    list[j] = value
    changed[i] = nm.tensor(list, { dtype = "float64", device = x.device }):reshape(x.shape)
    changed[i]:requires_grad_() -- f may ask for gradients itself
    return values_of(f, changed)
  end
  local columns = {}
  for j = 1, #flat do
    local high, low = at(j, flat[j] + eps), at(j, flat[j] - eps)
    for k, list in ipairs(high) do
      for e = 1, #list do list[e] = (list[e] - low[k][e]) / (2 * eps) end
    end
    columns[j] = high
  end
  return columns
end

-- The same by backward, a row for each element of each output: rows[input][output][element][j].
local function analytical(f, inputs)
  local x = leaves(inputs)
  local wanted, places = {}, {}
  for i, leaf in ipairs(x) do
    if leaf.requires_grad then
      wanted[#wanted + 1], places[#places + 1] = leaf, i
    end
  end
  local rows = {}
  for _, i in ipairs(places) do rows[i] = {} end
  for k, y in ipairs(results(f, x)) do
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

-- The worst mismatch of input i as a message, and by how much it exceeds the tolerance.
local function mismatch(inputs, i, numeric, rows, options)
  local worst, text = 0, nil
  for j, column in ipairs(numeric) do
    for k, list in ipairs(column) do
      for e, n in ipairs(list) do
        local a = rows[k] and rows[k][e] and rows[k][e][j] or 0.0
        local excess = math.abs(a - n) - options.atol - options.rtol * math.abs(n)
        if a ~= a or n ~= n then excess = (a ~= a and n ~= n) and 0 or math.huge end
        if excess > worst then
          worst = excess
          local format = "d output %d, element %d / d input %d, element %s: "
            .. "%.10g by backward, %.10g by differences"
          text = format:format(k, e, i, place(j, inputs[i].shape), a, n)
        end
      end
    end
  end
  return worst, text
end

local defaults = { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raise_exception = true }

local function check(name, f, inputs, options)
  local rows = analytical(f, inputs)
  local worst, message = 0, nil
  for i, x in ipairs(inputs) do
    if x.requires_grad then
      local numeric = numerical(f, inputs, i, options.eps)
      local excess, text = mismatch(inputs, i, numeric, rows[i], options)
      if excess > worst then worst, message = excess, text end
    end
  end
  if not message then return true end
  message = name .. ": " .. message
  if options.raise_exception then util.error("%s", message) end
  return false, message
end

--- Compares the gradients of f(inputs...) with central differences, element by element, for every
--- input that requires a gradient (float64).  A mismatch is an error that names the worst place;
--- with raise_exception = false it is `false, message`.
---@param f fun(...: numoon.Tensor): ...
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param options? { eps?: number, atol?: number, rtol?: number, raise_exception?: boolean }
---@return boolean ok
---@return string? message
function autograd.gradcheck(f, inputs, options)
  options = util.options("gradcheck", options, defaults)
  inputs = as_list(inputs)
  check_inputs("gradcheck", inputs)
  return check("gradcheck", f, inputs, options)
end

--- Checks second derivatives: gradcheck of the gradients of f, with random gradients of its
--- results.
---@param f fun(...: numoon.Tensor): ...
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param options? { eps?: number, atol?: number, rtol?: number, raise_exception?: boolean }
---@return boolean ok
---@return string? message
function autograd.gradgradcheck(f, inputs, options)
  options = util.options("gradgradcheck", options, defaults)
  inputs = as_list(inputs)
  check_inputs("gradgradcheck", inputs)
  local n, all = #inputs, {}
  for i, x in ipairs(inputs) do all[i] = x end
  for _, y in ipairs(results(f, leaves(inputs))) do
    if y.requires_grad then
      all[#all + 1] = nm.randn(y.shape, { dtype = y.dtype, device = y.device }):requires_grad_()
    end
  end
  local function gradients(...)
    local x, g = { table.unpack({ ... }, 1, n) }, { table.unpack({ ... }, n + 1) }
    local wanted, tracked, weights = {}, {}, {}
    for _, leaf in ipairs(x) do
      if leaf.requires_grad then wanted[#wanted + 1] = leaf end
    end
    for _, y in ipairs(results(f, x)) do
      if y.requires_grad then
        tracked[#tracked + 1] = y
        weights[#tracked] = g[#tracked]
      end
    end
    local out = {}
    local grads = nm.grad(tracked, wanted,
      { grad_outputs = weights, create_graph = true, allow_unused = true })
    for i = 1, #wanted do out[i] = grads[i] or nm.zeros_like(wanted[i]) end
    return out
  end
  return check("gradgradcheck", gradients, all, options)
end

return autograd
