--- CPU against Vulkan: the same bits where an op is exact, else within what tolerance.lua allows
--- both.
local nm = require "numoon"
local case = require "spec.sweep.case"
local families = require "spec.sweep.families"
local tolerance = require "spec.sweep.tolerance"

local devices = {}

-- A device may lack a dtype; it says so.
local function is_lacking(message) return tostring(message):find("cannot hold", 1, true) ~= nil end

-- Draws begin at the same place of the stream on both devices.
local function run(c, device)
  nm.manual_seed(11)
  return case.run(c, device)
end

--- Compares a case's result on the CPU with that on Vulkan: true when they agree, false when the
--- device has no such dtype; a difference is an error.
function devices.compare(c)
  local wanted = run(c, "cpu")
  if not wanted then return false end
  local got, message = run(c, "vulkan")
  if not got then
    if is_lacking(message) then return false end
    error("Vulkan: " .. message, 0)
  end
  for i, w in ipairs(wanted) do
    local bounds = tolerance.of(c, w, 2)
    local bits = not bounds and not tolerance.any_zero[c.op.name]
    if families.undefined[c.op.name] then got[i].list = w.list end
    local text = tolerance.difference(got[i], w, bounds, bits)
    if text then error(("Vulkan: result %d: %s"):format(i, text), 0) end
  end
  return true
end

return devices
