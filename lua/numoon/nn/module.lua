--- nn.Module: fields that hold tensors and modules, found again in the order of their assignment.
--
-- A module is a plain Lua table whose fields are read without any ado; the order in which they were
-- first assigned is kept beside them.  What a field *is* follows from what it holds when somebody
-- asks: a module is a child; a tensor is a parameter when it was made by nn.Parameter or requires a
-- gradient, and a buffer when its name was given to register_buffer.  `false` stands for "none".
local core = require "numoon.core"
local nm = require "numoon"
local util = require "numoon.util"

---@class numoon.Module
---@field training boolean
local Module = { name = "Module" }

-- Raw fields that are the module's own books: _order lists the field names by first assignment,
-- _buffers maps a buffer's name to whether it belongs to the state dict.
local BOOKS = { _order = true, _buffers = true, training = true }

-- Tensors made by nn.Parameter, which are parameters whether or not they require a gradient.
local parameters = setmetatable({}, { __mode = "k" })

--- Marks a tensor as a parameter: a leaf that shares `tensor`'s elements.
---@param tensor numoon.Tensor
---@param options? {requires_grad: boolean}
---@return numoon.Tensor
local function Parameter(tensor, options)
  util.tensor("nn.Parameter", "the value", tensor)
  options = util.options("nn.Parameter", options, { requires_grad = true })
  local parameter = tensor:detach()
  parameter.requires_grad = options.requires_grad
  parameters[parameter] = true
  return parameter
end

-- ---- classes and instances ----

---@param value any
---@return boolean
local function is_module(value)
  if type(value) ~= "table" then return false end
  local class = getmetatable(value)
  return type(class) == "table" and rawget(class, "is_module_class") == true
end

local function class_of(self) return getmetatable(self) end

-- Records the order of fields.  A field that was nil and is assigned again moves to the end.
local function assign(self, key, value)
  if value == nil then return end
  if BOOKS[key] then
    util.error("nn.%s: the field name '%s' is taken", class_of(self).name, tostring(key))
  end
  local order = self._order
  for i = 1, #order do
    if order[i] == key then
      table.remove(order, i)
      break
    end
  end
  order[#order + 1] = key
  rawset(self, key, value)
  -- a forward of its own: from now on its class is one that looks for it
  if key == "forward" then setmetatable(self, class_of(self):extend(class_of(self).name)) end
end

-- Methods come from the class; a name that is nowhere is an error.
local function lookup(class)
  return function(self, key)
    local value = class[key]
    if value ~= nil then return value end
    if type(key) ~= "string" then return nil end
    local names = {}
    for c in class:ancestry() do
      for _, name in ipairs(util.keys(c)) do names[#names + 1] = name end
    end
    for _, name in ipairs(rawget(self, "_order")) do
      if type(name) == "string" then names[#names + 1] = name end
    end
    util.error("nn.%s: no field '%s'%s", class.name, key, util.hint(key, names))
  end
end

local function new(class, ...)
  local self = setmetatable({}, class)
  rawset(self, "_order", {})
  rawset(self, "_buffers", {})
  rawset(self, "training", true)
  if class.init then class.init(self, ...) end
  return self
end

-- What calls the instances of a class that has no forward of its own, or not for all of them.
local function caller(class)
  return function(self, ...)
    local forward = rawget(self, "forward") or class.forward
    return forward(self, ...)
  end
end

-- A class's forward is what calls its instances, with nothing in between: it is kept as __call, and
-- never as a field, so that assigning it anew is seen.
local function class_metatable(base)
  return {
    __call = new,
    __index = function(class, key)
      if key == "forward" and rawget(class, "has_forward") then return rawget(class, "__call") end
      return base and base[key]
    end,
    __newindex = function(class, key, value)
      if key == "forward" then
        rawset(class, "has_forward", value ~= nil)
        key, value = "__call", value or caller(class)
      end
      rawset(class, key, value)
    end,
  }
end

--- Makes a class of modules: `local Net = nn.Module:extend("Net")`, with a constructor
--- `function Net:init(...)` and `function Net:forward(x)`; `Net(...)` makes an instance.
---@param name string
---@return any class
function Module:extend(name)
  local class = { name = name, base = self, is_module_class = true, has_forward = false }
  class.__index = lookup(class)
  class.__newindex = assign
  class.__call = caller(class)
  class.__tostring = self.__tostring
  class.__len = rawget(self, "__len")
  return setmetatable(class, class_metatable(self))
end

--- Iterates over a class and the classes it extends.
function Module:ancestry()
  local class = rawget(self, "is_module_class") and self or class_of(self)
  return function()
    local current = class
    class = class and rawget(class, "base")
    return current
  end
end

Module.is_module_class = true
Module.has_forward = false
Module.__index = lookup(Module)
Module.__newindex = assign
do
  local meta = class_metatable(nil)
  meta.__call = function(class, ...)
    if select("#", ...) > 0 then
      util.error("nn.Module: takes no arguments; give it fields and a forward, or use :extend")
    end
    return new(class)
  end
  setmetatable(Module, meta)
end

function Module:forward()
  util.error("nn.%s: has no forward function", class_of(self).name)
end

-- ---- what a module holds ----

-- State-dict names are PyTorch's: the children of a list count from "0".
local function public_name(key) return math.type(key) == "integer" and tostring(key - 1) or key end

local function is_parameter(self, key, value)
  if not nm.is_tensor(value) or self._buffers[key] ~= nil then return false end
  return parameters[value] or (value.requires_grad and value.is_leaf)
end

-- Iterates over the module's own fields of one kind, in order: (public name, value, key).
local KINDS = {
  parameter = is_parameter,
  buffer = function(self, key, value) return self._buffers[key] ~= nil and nm.is_tensor(value) end,
  child = function(_, _, value) return is_module(value) end,
}
local function own(self, kind)
  local order, test, i = self._order, KINDS[kind], 0
  return function()
    while i < #order do
      i = i + 1
      local key = order[i]
      local value = rawget(self, key)
      if value and test(self, key, value) then return public_name(key), value, key end
    end
  end
end

-- Lists {path, module} for a module and everything below it, each module once, parents first.
local function walk(self, path, list, seen)
  if seen[self] then return list end
  seen[self] = true
  list[#list + 1] = { path, self }
  for name, child in own(self, "child") do
    walk(child, path == "" and name or path .. "." .. name, list, seen)
  end
  return list
end

-- Lists {path, value} for the fields of one kind in the whole tree, shared tensors once.
local function gather(self, kind, prefix)
  local list, seen = {}, {}
  for _, entry in ipairs(walk(self, prefix or "", {}, {})) do
    local path, module = entry[1], entry[2]
    for name, value in own(module, kind) do
      if not seen[value] then
        seen[value] = true
        list[#list + 1] = { path == "" and name or path .. "." .. name, value }
      end
    end
  end
  return list
end

local function pairs_of(list)
  local i = 0
  return function()
    i = i + 1
    if list[i] then return list[i][1], list[i][2] end
  end
end

local function values_of(list)
  local values = {}
  for i, entry in ipairs(list) do values[i] = entry[2] end
  return values
end

--- The parameters of the module and of all modules below it, as a list.
---@return numoon.Tensor[]
function Module:parameters() return values_of(gather(self, "parameter")) end

--- Iterates over names and parameters: `for name, p in net:named_parameters() do`.
---@param prefix? string
function Module:named_parameters(prefix) return pairs_of(gather(self, "parameter", prefix)) end

---@return numoon.Tensor[]
function Module:buffers() return values_of(gather(self, "buffer")) end

---@param prefix? string
function Module:named_buffers(prefix) return pairs_of(gather(self, "buffer", prefix)) end

--- The module itself and all modules below it, as a list.
---@return numoon.Module[]
function Module:modules() return values_of(walk(self, "", {}, {})) end

--- Iterates over paths and modules, the module itself first with the path "".
---@param prefix? string
function Module:named_modules(prefix) return pairs_of(walk(self, prefix or "", {}, {})) end

--- The modules one level below, as a list.
---@return numoon.Module[]
function Module:children()
  local list = {}
  for _, child in own(self, "child") do list[#list + 1] = child end
  return list
end

--- Iterates over names and modules one level below.
function Module:named_children() return own(self, "child") end

-- ---- registration by name ----

local function check_name(self, what, name)
  if type(name) ~= "string" or name == "" or name:find(".", 1, true) then
    util.error("%s: the name must be a string without dots, got %s", what, util.describe(name))
  end
  if BOOKS[name] or class_of(self)[name] ~= nil then
    util.error("%s: the name '%s' is taken", what, name)
  end
end

--- Adds a tensor that is part of the state but is not trained; `persistent = false` keeps it out of
--- the state dict.
---@param name string
---@param tensor numoon.Tensor|false
---@param options? {persistent: boolean}
function Module:register_buffer(name, tensor, options)
  check_name(self, "register_buffer", name)
  options = util.options("register_buffer", options, { persistent = true })
  if tensor then util.tensor("register_buffer", "the value", tensor) end
  self._buffers[name] = options.persistent
  self[name] = tensor
end

--- Adds a parameter by name; `self.name = nn.Parameter(t)` does the same.
---@param name string
---@param tensor numoon.Tensor|false
function Module:register_parameter(name, tensor)
  check_name(self, "register_parameter", name)
  if tensor then
    util.tensor("register_parameter", "the value", tensor)
    parameters[tensor] = true
  end
  self[name] = tensor
end

--- Adds a child by name; `self.name = module` does the same.
---@param name string
---@param module numoon.Module
function Module:add_module(name, module)
  check_name(self, "add_module", name)
  if not is_module(module) then
    util.error("add_module: the value must be a module, got %s", util.describe(module))
  end
  self[name] = module
end

-- ---- doing something to all of it ----

--- Calls f with every module below and last with the module itself.
---@param f fun(module: numoon.Module)
function Module:apply(f)
  for _, child in own(self, "child") do child:apply(f) end
  f(self)
  return self
end

--- Switches between training (the default) and evaluation, which Dropout and its like look at.
---@param mode? boolean
function Module:train(mode)
  for _, module in ipairs(self:modules()) do rawset(module, "training", mode ~= false) end
  return self
end

function Module:eval() return self:train(false) end

function Module:zero_grad()
  core.zero_grad(self:parameters())
end

---@param on? boolean
function Module:requires_grad_(on)
  for _, parameter in ipairs(self:parameters()) do parameter.requires_grad = on ~= false end
  return self
end

-- Replaces the tensors of a kind by what f makes of them; shared ones stay shared.
local function replace(self, kind, f)
  local made = {}
  for _, module in ipairs(self:modules()) do
    for _, value, key in own(module, kind) do
      made[value] = made[value] or f(value)
      rawset(module, key, made[value])
    end
  end
end

--- Moves parameters and buffers to a device or a dtype, with the arguments of `t:to(...)`; a dtype
--- is for floating-point tensors only.  The module gets new tensors: make optimizers afterwards.
function Module:to(...)
  local arguments = table.pack(...)
  local function move(t)
    local moved = t:detach():to(table.unpack(arguments, 1, arguments.n))
    if moved.dtype ~= t.dtype and not t.dtype:find("float", 1, true) then
      moved = t:detach():to(moved.device)
    end
    return moved
  end
  replace(self, "parameter", function(t)
    local moved = Parameter(move(t), { requires_grad = t.requires_grad })
    if t.grad then moved.grad = move(t.grad) end
    return moved
  end)
  replace(self, "buffer", move)
  return self
end

function Module:cpu() return self:to("cpu") end
function Module:vulkan() return self:to("vulkan") end
function Module:float() return self:to("float32") end
function Module:double() return self:to("float64") end
function Module:half() return self:to("float16") end
function Module:bfloat16() return self:to("bfloat16") end

-- ---- state ----

-- Lists {name, tensor} of what a state dict holds; shared tensors under each of their names.
local function state_of(self)
  local list = {}
  for _, entry in ipairs(walk(self, "", {}, {})) do
    local path, module = entry[1], entry[2]
    local prefix = path == "" and "" or path .. "."
    for name, value in own(module, "parameter") do list[#list + 1] = { prefix .. name, value } end
    for name, value, key in own(module, "buffer") do
      if module._buffers[key] then list[#list + 1] = { prefix .. name, value } end
    end
  end
  return list
end

--- The parameters and persistent buffers by name, detached, sharing the module's elements.  The
--- names are PyTorch's, so that files travel.
---@return table<string, numoon.Tensor>
function Module:state_dict()
  local state = {}
  for _, entry in ipairs(state_of(self)) do state[entry[1]] = entry[2]:detach() end
  return state
end

--- Copies the tensors of a state dict into the module.  Missing and unexpected names are returned
--- as two lists when `strict = false`, and are an error otherwise.
---@param state table<string, numoon.Tensor>
---@param options? {strict: boolean}
---@return string[] missing
---@return string[] unexpected
function Module:load_state_dict(state, options)
  options = util.options("load_state_dict", options, { strict = true })
  if type(state) ~= "table" then
    util.error("load_state_dict: the state must be a table, got %s", util.describe(state))
  end
  local known, missing, unexpected, wrong = {}, {}, {}, {}
  local todo = state_of(self)
  for _, entry in ipairs(todo) do
    local name, target = entry[1], entry[2]
    known[name] = true
    local value = state[name]
    if value == nil then
      missing[#missing + 1] = name
    elseif not nm.is_tensor(value) or value.shape ~= target.shape then
      wrong[#wrong + 1] = ("'%s' must be a tensor of shape %s, got %s"):format(name,
        tostring(target.shape), util.describe(value))
    end
  end
  for name in pairs(state) do
    if not known[name] then unexpected[#unexpected + 1] = tostring(name) end
  end
  table.sort(unexpected)
  local function complain(label, names)
    if options.strict and #names > 0 then
      wrong[#wrong + 1] = label .. ": " .. table.concat(names, ", ")
    end
  end
  complain("missing", missing)
  complain("unexpected", unexpected)
  if #wrong > 0 then
    util.error("load_state_dict of %s: %s", class_of(self).name, table.concat(wrong, "; "))
  end
  nm.no_grad(function()
    for _, entry in ipairs(todo) do
      local value = state[entry[1]]
      if value ~= nil then entry[2]:copy_(value:to(entry[2].device)) end
    end
  end)
  return missing, unexpected
end

-- ---- text ----

--- What stands between the brackets of the module's text; classes override it.
---@return string
function Module.extra_repr() return "" end

function Module:__tostring()
  if rawget(self, "_order") == nil then return "class nn." .. tostring(rawget(self, "name")) end
  local lines = {}
  for name, child in own(self, "child") do
    lines[#lines + 1] = ("  (%s): %s"):format(name, (tostring(child):gsub("\n", "\n  ")))
  end
  local name, extra = class_of(self).name, self:extra_repr()
  if #lines == 0 then return ("%s(%s)"):format(name, extra) end
  if extra ~= "" then table.insert(lines, 1, "  " .. extra) end
  return ("%s(\n%s\n)"):format(name, table.concat(lines, "\n"))
end

return { Module = Module, Parameter = Parameter, is_module = is_module }
