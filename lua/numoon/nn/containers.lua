--- Modules that hold a list of others: Sequential and ModuleList, counted from 1.
local util = require "numoon.util"
local base = require "numoon.nn.module"

-- The modules given as arguments, or as one table.
local function list_of(what, ...)
  local modules = table.pack(...)
  local first = modules[1]
  if modules.n == 1 and type(first) == "table" and not base.is_module(first) then
    modules = table.pack(table.unpack(first))
  end
  for i = 1, modules.n do
    if not base.is_module(modules[i]) then
      util.error("%s: argument %d must be a module, got %s", what, i, util.describe(modules[i]))
    end
  end
  return modules
end

---@class numoon.ModuleList: numoon.Module
local ModuleList = base.Module:extend("ModuleList")

function ModuleList:init(...)
  for i, module in ipairs(list_of("nn." .. getmetatable(self).name, ...)) do self[i] = module end
end

--- Adds a module at the end.
---@param module numoon.Module
function ModuleList:append(module)
  if not base.is_module(module) then
    util.error("append: the value must be a module, got %s", util.describe(module))
  end
  self[#self + 1] = module
  return self
end

function ModuleList:__len() return rawlen(self) end

---@class numoon.Sequential: numoon.ModuleList
local Sequential = ModuleList:extend("Sequential")

function Sequential:forward(x)
  for i = 1, rawlen(self) do x = self[i](x) end
  return x
end

return { ModuleList = ModuleList, Sequential = Sequential }
