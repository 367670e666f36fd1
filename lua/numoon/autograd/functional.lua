--- nm.autograd.functional: derivatives of functions: jacobian, hessian, products with them.
--
-- A function takes tensors one by one.  What belongs to its inputs is a tensor where `inputs` is
-- one, and a list where it is a list; what belongs to its results likewise.
local nm = require "numoon"
local util = require "numoon.util"

local functional = {}

-- Lists, and how to give their like back.
local function listed(name, what, value)
  local single = nm.is_tensor(value)
  local list = single and { value } or value
  if type(list) ~= "table" or #list == 0 then
    util.error("%s: %s must be a tensor or a list of tensors, got %s", name, what,
      util.describe(value))
  end
  for i, t in ipairs(list) do util.tensor(name, ("%s[%d]"):format(what, i), t) end
  return list, function(other) return single and other[1] or other end
end

-- The inputs as f gets them: with create_graph on the graph that they are part of.
local function prepared(inputs, create_graph)
  local list = {}
  for i, x in ipairs(inputs) do
    list[i] = create_graph and x.requires_grad and x:reshape(x.shape) or x:detach():requires_grad_()
  end
  return list
end

-- The results of f as a list.
local function called(name, f, inputs)
  local out = table.pack(f(table.unpack(inputs)))
  if out.n > 1 then return listed(name, "the result", out) end
  return listed(name, "the result", out[1])
end

-- nm.grad where false stands for zeros, and outputs that depend on nothing give zeros.
local function gradients(outputs, inputs, weights, create_graph)
  local tracked, theirs, result = {}, {}, {}
  for k, y in ipairs(outputs) do
    if y.requires_grad then
      tracked[#tracked + 1] = y
      theirs[#tracked] = weights and weights[k] or false
    end
  end
  local g = #tracked > 0 and nm.grad(tracked, inputs, { grad_outputs = theirs,
    retain_graph = true, create_graph = create_graph, allow_unused = true }) or {}
  for i, x in ipairs(inputs) do result[i] = g[i] or nm.zeros_like(x) end
  return result
end

local function detached(list, create_graph)
  if create_graph then return list end
  local out = {}
  for i, t in ipairs(list) do out[i] = t:detach() end
  return out
end

-- v as a list of tensors like those it belongs to; ones where it may be left out.
local function vectors(name, v, like, what)
  if v == nil then
    if #like == 1 and like[1]:numel() == 1 then return { nm.ones_like(like[1]) } end
    util.error("%s: v is missing: it must be like %s", name, what)
  end
  local list = listed(name, "v", v)
  for i, t in ipairs(like) do
    if not list[i] or list[i].shape ~= t.shape then
      util.error("%s: v must be like %s: %s, got %s", name, what, tostring(t.shape),
        util.describe(list[i]))
    end
  end
  return list
end

local function concatenated(a, b)
  local shape = {}
  for _, size in ipairs(a) do shape[#shape + 1] = size end
  for _, size in ipairs(b) do shape[#shape + 1] = size end
  return shape
end

local defaults = { create_graph = false }

-- The Jacobian of one result, a tensor for each input.
local function rows_of(y, inputs, create_graph)
  local columns, out = {}, {}
  for i in ipairs(inputs) do columns[i] = {} end
  local flat = y:reshape({ -1 })
  for e = 1, y:numel() do
    local g = gradients({ flat[e] }, inputs, nil, create_graph)
    for i in ipairs(inputs) do columns[i][e] = g[i] end
  end
  for i, x in ipairs(inputs) do
    local shape = concatenated(y.shape, x.shape)
    out[i] = #columns[i] > 0 and nm.stack(columns[i]):reshape(shape)
      or nm.zeros(shape, { dtype = x.dtype, device = x.device })
  end
  return out
end

--- The Jacobian of f: of shape {result's sizes ..., input's sizes ...}; jacobian[k][i] for result k
--- and input i where those are lists.
---@param f fun(...: numoon.Tensor): ...
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param options? { create_graph?: boolean }
function functional.jacobian(f, inputs, options)
  local create = util.options("jacobian", options, defaults).create_graph
  local list, as_inputs = listed("jacobian", "inputs", inputs)
  local x = prepared(list, create)
  local _ <close> = nm.enable_grad()
  local outputs, as_outputs = called("jacobian", f, x)
  local result = {}
  for k, y in ipairs(outputs) do
    result[k] = as_inputs(detached(rows_of(y, x, create), create))
  end
  return as_outputs(result)
end

-- The gradient of a function with one number for a result, on the tape.
local function gradient_of(name, f)
  return function(...)
    local inputs = { ... }
    local y = called(name, f, inputs)
    if #y > 1 or y[1]:numel() ~= 1 then
      util.error("%s: the function must give one tensor of one element, got %s", name,
        util.describe(y[1]))
    end
    return gradients(y, inputs, nil, true), y[1]
  end
end

--- The Hessian of f, whose result is one number: of shape {sizes ..., sizes ...}; hessian[i][j]
--- where inputs is a list.
---@param f fun(...: numoon.Tensor): numoon.Tensor
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param options? { create_graph?: boolean }
function functional.hessian(f, inputs, options)
  local create = util.options("hessian", options, defaults).create_graph
  local list, as_inputs = listed("hessian", "inputs", inputs)
  local gradient = gradient_of("hessian", f)
  local rows = functional.jacobian(function(...) return (gradient(...)) end, list,
    { create_graph = create })
  for i, row in ipairs(rows) do rows[i] = as_inputs(row) end
  return as_inputs(rows)
end

--- The results of f, and the product of v, which is like them, with the Jacobian: like the inputs.
--- v may be left out for a result of one element.
---@param f fun(...: numoon.Tensor): ...
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param v? numoon.Tensor|numoon.Tensor[]
---@param options? { create_graph?: boolean }
---@return any results
---@return any product
function functional.vjp(f, inputs, v, options)
  local create = util.options("vjp", options, defaults).create_graph
  local list, as_inputs = listed("vjp", "inputs", inputs)
  local x = prepared(list, create)
  local _ <close> = nm.enable_grad()
  local outputs, as_outputs = called("vjp", f, x)
  local g = gradients(outputs, x, vectors("vjp", v, outputs, "the results"), create)
  return as_outputs(detached(outputs, create)), as_inputs(detached(g, create))
end

-- J v as the derivative of (w J) v with respect to w.
local function forward_product(outputs, inputs, v, create_graph)
  local w = {}
  for k, y in ipairs(outputs) do w[k] = nm.zeros_like(y):requires_grad_() end
  local g = gradients(outputs, inputs, w, true)
  return gradients(g, w, v, create_graph)
end

--- The results of f, and the product of the Jacobian with v, which is like the inputs: like the
--- results.  It takes two backwards, the second through the first.
---@param f fun(...: numoon.Tensor): ...
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param v? numoon.Tensor|numoon.Tensor[]
---@param options? { create_graph?: boolean }
---@return any results
---@return any product
function functional.jvp(f, inputs, v, options)
  local create = util.options("jvp", options, defaults).create_graph
  local list = listed("jvp", "inputs", inputs)
  local x = prepared(list, create)
  local _ <close> = nm.enable_grad()
  local outputs, as_outputs = called("jvp", f, x)
  local product = forward_product(outputs, x, vectors("jvp", v, x, "the inputs"), create)
  return as_outputs(detached(outputs, create)), as_outputs(detached(product, create))
end

--- The result of f, one number, and the product of its Hessian with v, which is like the inputs.
---@param f fun(...: numoon.Tensor): numoon.Tensor
---@param inputs numoon.Tensor|numoon.Tensor[]
---@param v? numoon.Tensor|numoon.Tensor[]
---@param options? { create_graph?: boolean }
---@return numoon.Tensor result
---@return any product
function functional.hvp(f, inputs, v, options)
  local create = util.options("hvp", options, defaults).create_graph
  local list, as_inputs = listed("hvp", "inputs", inputs)
  local x = prepared(list, create)
  local _ <close> = nm.enable_grad()
  local g, y = gradient_of("hvp", f)(table.unpack(x))
  local product = forward_product(g, x, vectors("hvp", v, x, "the inputs"), create)
  return detached({ y }, create)[1], as_inputs(detached(product, create))
end

return util.strict("nm.autograd.functional", functional)
