--- numoon: tensors, autograd and GPU compute for Lua 5.4.
--
-- This table is numoon.core's table of functions: an entry for each op of the registry (nm.ops) and
-- for each function of the binding.  What is here is what reads better in Lua: modes that end with
-- a block, and the libraries, which are loaded when they are first used.
local core = require "numoon.core"
local util = require "numoon.util"

core.set_prefix(util.prefix) -- errors are reported at the line that called into these files

---@alias numoon.dtype
---| "float32" | "float64" | "float16" | "bfloat16"
---| "int64" | "int32" | "int16" | "int8" | "uint8" | "bool"
---@alias numoon.device string "cpu", "vulkan" or "vulkan:1"

---@class numoon.Tensor
---@field shape integer[] prints as {2, 3}, compares with ==, shape[-1] is the last size
---@field dtype numoon.dtype
---@field device numoon.device
---@field ndim integer
---@field T numoon.Tensor all dims in reverse order
---@field mT numoon.Tensor the last two dims exchanged
---@field grad numoon.Tensor? assignable: nil, or a tensor of the same shape
---@field requires_grad boolean assignable
---@field is_leaf boolean
---@field grad_fn string? what computed it: "<mul>"
---@field retains_grad boolean no leaf, but backward fills its grad: see retain_grad
---@operator add(numoon.Tensor|number): numoon.Tensor
---@operator sub(numoon.Tensor|number): numoon.Tensor
---@operator mul(numoon.Tensor|number): numoon.Tensor
---@operator div(numoon.Tensor|number): numoon.Tensor
---@operator idiv(numoon.Tensor|number): numoon.Tensor
---@operator pow(numoon.Tensor|number): numoon.Tensor
---@operator mod(numoon.Tensor): numoon.Tensor
---@operator unm: numoon.Tensor
---@operator band(numoon.Tensor|integer): numoon.Tensor
---@operator bor(numoon.Tensor|integer): numoon.Tensor
---@operator bxor(numoon.Tensor|integer): numoon.Tensor
---@operator bnot: numoon.Tensor
---@operator shl(numoon.Tensor|integer): numoon.Tensor
---@operator shr(numoon.Tensor|integer): numoon.Tensor
---@operator len: integer

---@class numoon
---@field _VERSION string
---@field newaxis lightuserdata in an index: a new dim of size 1
---@field inf number
---@field nan number
---@field ops table<string, table> the registry: what each op takes, gives and does
---@field nn numoon.nn
---@field optim table
---@field data table
---@field viz table
---@field autograd table
local nm = core.functions

nm._VERSION = "numoon " .. core.version
nm.newaxis = core.newaxis
nm.inf, nm.nan = math.huge, 0 / 0
for name, dtype in pairs(core.dtypes) do nm[name] = dtype end -- nm.float32, nm.float, ...

core.meta.__tostring = function(t) return require("numoon.format").text(t) end

-- ---- modes ----

-- What it was comes back when the value that is returned is closed.
local function grad_guard(on)
  local was = core.grad_mode(on)
  return setmetatable({}, { __close = function() core.grad_mode(was) end })
end

local function inference_guard(on)
  local was, grad = core.set_inference(on)
  return setmetatable({}, { __close = function()
    core.set_inference(was)
    core.grad_mode(grad)
  end })
end

-- Runs f(...) under a guard, or returns the guard.
local function run_guarded(name, guard, on, f, ...)
  if f == nil then return guard(on) end
  if not util.callable(f) then
    util.error("%s: takes a function to run, got %s", name, util.describe(f))
  end
  local _ <close> = guard(on)
  return f(...)
end

--- Runs f(...) without putting ops on the tape, and returns what it does.  Without f:
--- `local _ <close> = nm.no_grad()` holds to the end of the block.
---@param f? function
---@return any
function nm.no_grad(f, ...) return run_guarded("no_grad", grad_guard, false, f, ...) end

--- As no_grad, and for good: what is made here can't be saved by the tape later, nor written in
--- place outside, and enable_grad has no effect.  `nm.inference_mode(false, f)` suspends it.
---@param f? function|boolean
---@return any
function nm.inference_mode(f, ...)
  if type(f) == "boolean" then return run_guarded("inference_mode", inference_guard, f, ...) end
  return run_guarded("inference_mode", inference_guard, true, f, ...)
end

--- Runs f(...) with ops put on the tape, inside of no_grad; or to the end of the block, as no_grad.
---@param f? function
---@return any
function nm.enable_grad(f, ...) return run_guarded("enable_grad", grad_guard, true, f, ...) end

--- Says whether ops are put on the tape from now on; what is returned may be a <close> variable.
---@param on boolean
---@param f? function to run so instead
---@return any
function nm.set_grad_enabled(on, f, ...)
  if type(on) ~= "boolean" then
    util.error("set_grad_enabled: takes true or false, got %s", util.describe(on))
  end
  return run_guarded("set_grad_enabled", grad_guard, on, f, ...)
end

--- Runs f(...) and closes the tensors that were made meanwhile, but for those that it returns (also
--- inside of tables) and those that were kept with t:keep().
---@param f function
---@return any
function nm.scope(f, ...)
  if not util.callable(f) then
    util.error("scope: takes a function to run, got %s", util.describe(f))
  end
  local scope <close> = core.scope_open()
  return core.scope_keep(scope, f(...))
end

-- ---- devices ----

--- What Vulkan offers.  A device is named as in t:to: "vulkan", "vulkan:1".
nm.vulkan = util.strict("nm.vulkan", {
  --- Whether there is a device to use.
  ---@return boolean
  is_available = function() return #core.vulkan_devices() > 0 end,
  --- A table for each device: device, name, type, driver, api, memory.
  ---@return table[]
  devices = core.vulkan_devices,
  --- Waits until a device has done what it was given.
  ---@param device? numoon.device
  synchronize = function(device) core.synchronize(device or "vulkan") end,
  --- Bytes: allocated, peak, cached.
  ---@param device? numoon.device
  ---@return table<string, integer>
  memory_stats = function(device) return nm.memory_stats(device or "vulkan") end,
  --- Gives back the memory that is kept for reuse.
  ---@param device? numoon.device
  empty_cache = function(device) nm.empty_cache(device or "vulkan") end,
})

--- Linear algebra: the ops whose names in the registry begin with "linalg.".
nm.linalg = util.strict("nm.linalg", core.linalg or {})

-- ---- libraries, loaded at first use ----

local libraries = { nn = true, optim = true, data = true, viz = true, autograd = true }

local function known_fields()
  local names = util.keys(nm)
  for name in pairs(libraries) do names[#names + 1] = name end
  names[#names + 1] = "ops"
  return names
end

return setmetatable(nm, {
  __index = function(_, key)
    local value
    if libraries[key] then
      value = require("numoon." .. key)
    elseif key == "ops" then
      value = core.ops()
    else
      util.error("numoon has no field '%s'%s", tostring(key), util.hint(key, known_fields()))
    end
    nm[key] = value
    return value
  end,
})
