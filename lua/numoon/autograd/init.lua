--- nm.autograd: gradients of lists of tensors, functions with derivatives of their own, anomaly
--- detection, and checks of derivatives against differences.
local nm = require "numoon"
local core = require "numoon.core"
local util = require "numoon.util"

local autograd = {
  --- The same as nm.grad.
  grad = nm.grad,
  --- See numoon.autograd.functional.
  functional = require "numoon.autograd.functional",
}

for _, part in ipairs { "gradcheck", "function" } do
  for name, value in pairs(require("numoon.autograd." .. part)) do autograd[name] = value end
end

--- Adds the gradients of the sum of some tensors to the leaves' grad, or to that of the inputs
--- alone.  grad_tensors are theirs; false in the list stands for 1 where a tensor has one element.
---@param tensors numoon.Tensor|numoon.Tensor[]
---@param grad_tensors? numoon.Tensor|(numoon.Tensor|false)[]
---@param options? { retain_graph?: boolean, create_graph?: boolean, inputs?: numoon.Tensor[] }
function autograd.backward(tensors, grad_tensors, options)
  core.backward_all(tensors, grad_tensors, options)
end

-- What it was comes back when the value that is returned is closed.
local function anomaly_guard(on, check_nan)
  local was_on, was_checking = core.set_anomaly(on, check_nan)
  return setmetatable({}, { __close = function() core.set_anomaly(was_on, was_checking) end })
end

local anomaly_options = { check_nan = true }

--- Runs f(...) so that an error in a derivative, and a NaN in the result of one, is reported with
--- the line that called the op in the forward pass.  It makes everything slow.  Without f:
--- `local _ <close> = nm.autograd.detect_anomaly()` holds to the end of the block.  Options, in
--- a table before f: check_nan.
---@param f? function|{ check_nan?: boolean }
---@return any
function autograd.detect_anomaly(f, ...)
  if type(f) == "table" and not util.callable(f) then
    local options = util.options("detect_anomaly", f, anomaly_options)
    if ... == nil then return anomaly_guard(true, options.check_nan) end
    local _ <close> = anomaly_guard(true, options.check_nan)
    return (...)(select(2, ...))
  end
  if f == nil then return anomaly_guard(true, true) end
  if not util.callable(f) then
    util.error("detect_anomaly: takes a function to run, got %s", util.describe(f))
  end
  local _ <close> = anomaly_guard(true, true)
  return f(...)
end

--- Detects anomalies from now on, or no more; what is returned may be a <close> variable.
---@param on boolean
---@param options? { check_nan?: boolean }
---@return any
function autograd.set_detect_anomaly(on, options)
  options = util.options("set_detect_anomaly", options, anomaly_options)
  if type(on) ~= "boolean" then
    util.error("set_detect_anomaly: takes true or false, got %s", util.describe(on))
  end
  return anomaly_guard(on, options.check_nan)
end

return util.strict("nm.autograd", autograd)
