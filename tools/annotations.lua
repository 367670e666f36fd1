--- lua/numoon/meta.lua: types and texts of every op for editors (LuaCATS, as lua-language-server
--- reads them), from the registry.
local core = require "numoon.core"
local registry = require "tools.registry"

local head = [[
---@meta _
-- What editors know of the ops: written by `./numoon docs` from the registry, never run.  Change
-- the registry, not this file.

---@class numoon
---@field linalg numoon.linalg
%s
local nm = {}

---@class numoon.Tensor
local Tensor = {}

---@class numoon.linalg
local linalg = {}

---@class numoon.nn.functional
local functional = {}
]]

local owners = { linalg = "linalg", ["nn.functional"] = "functional" }

-- Reserved words are no names of parameters.
local reserved = { ["end"] = "last", ["repeat"] = "times", ["function"] = "f" }

local function name_of(p) return reserved[p.name] or p.name end

local function type_of(p) return registry.kinds[p.kind][2] end

-- The options table as a type; nil where there are no options.
local function options_type(op, from, out)
  local fields = {}
  for k = from, #op.params do
    local p = op.params[k]
    if p.optional then fields[#fields + 1] = ("%s?: %s"):format(p.name, type_of(p)) end
  end
  if out then fields[#fields + 1] = "out?: numoon.Tensor" end
  return #fields > 0 and "{" .. table.concat(fields, ", ") .. "}" or nil
end

local function result_type(op)
  if op.list then return "numoon.Tensor[]" end
  local list = {}
  for i = 1, registry.results(op) do list[i] = "numoon.Tensor" end
  return table.concat(list, ", ")
end

-- One function: comment, parameters, the way with fewer positions and an options table, result.
local function declare(add, op, head_text, from, result, out)
  add("--- %s", op.doc)
  local positional = registry.parts(op, from)
  local names, required = {}, {}
  for _, p in ipairs(positional) do
    names[#names + 1] = p.kind == "sizes" and "..." or name_of(p)
    if p.name == "..." then names[#names] = "..." end
    add("---@param %s%s %s", names[#names], p.optional and names[#names] ~= "..." and "?" or "",
      type_of(p))
    if not p.optional then
      required[#required + 1] = ("%s: %s"):format(names[#names], type_of(p))
    end
    if names[#names] == "..." then break end
  end
  local options = options_type(op, from, out)
  if options then
    local method = from == 2
    if method then table.insert(required, 1, "self: numoon.Tensor") end
    required[#required + 1] = "options: " .. options
    if names[#names] ~= "..." and #positional > 0 then
      add("---@param options? %s", options)
      names[#names + 1] = "options"
      if #names > 1 then
        add("---@overload fun(%s)%s", table.concat(required, ", "), result and ": " .. result or "")
      end
    elseif names[#names] ~= "..." then
      add("---@param options? %s", options)
      names[#names + 1] = "options"
    end
  end
  if result then add("---@return %s", result) end
  add("function %s(%s) end", head_text, table.concat(names, ", "))
  add ""
end

local function declare_op(add, op)
  local module, name = op.name:match "^(.*)%.([^.]+)$"
  local result = result_type(op)
  if op.func then
    declare(add, op, ("%s.%s"):format(module and owners[module] or "nm", name or op.name), 1,
      result, op.out)
  end
  if op.method then declare(add, op, "Tensor:" .. op.name, 2, result) end
  if op.inplace then declare(add, op, "Tensor:" .. op.inplace, 2, "numoon.Tensor") end
end

-- Of the binding's own functions the results are not known to the registry.
local function declare_own(add, f)
  local seen = require("numoon.core").ops()[f.name]
  if f.func and not (seen and seen.func) then declare(add, f, "nm." .. f.name, 1, "any") end
  if f.method and not (seen and seen.method) then declare(add, f, "Tensor:" .. f.name, 2, "any") end
end

--- The whole text.
return function()
  local lines, dtypes = {}, {}
  local function add(format, ...) lines[#lines + 1] = format:format(...) end
  for name in pairs(core.dtypes) do
    dtypes[#dtypes + 1] = ("---@field %s numoon.dtype"):format(name)
  end
  table.sort(dtypes)
  add(head, table.concat(dtypes, "\n"))
  for _, group in ipairs(registry.grouped()) do
    add("-- ---- %s ----", group.title)
    add ""
    for _, op in ipairs(group.ops) do declare_op(add, op) end
  end
  add "-- ---- Tensors and modes ----"
  add ""
  for _, f in ipairs(registry.own()) do declare_own(add, f) end
  while lines[#lines] == "" do lines[#lines] = nil end
  return table.concat(lines, "\n") .. "\n"
end
