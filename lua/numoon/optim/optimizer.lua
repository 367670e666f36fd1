--- optim.Optimizer: parameter groups, state, and the step over all of them.
--
-- A kind of optimizer is a name, the defaults of its options and the step of a group, which is one
-- call of the core: a call for each op of each parameter took longer than the ops of small ones.
local core = require "numoon.core"
local nm = require "numoon"
local util = require "numoon.util"

---@class numoon.Optimizer
---@field param_groups table[]
---@field state table<numoon.Tensor, table>
local Optimizer = {}
Optimizer.__index = Optimizer

-- Checks a list of parameters against those that are there already.
local function check_parameters(what, params, seen)
  if nm.is_tensor(params) or type(params) ~= "table" then
    util.error("%s: the parameters must be a list of tensors, got %s", what, util.describe(params))
  end
  for i, p in ipairs(params) do
    util.tensor(what, "parameter " .. i, p)
    if not p.is_leaf then
      util.error("%s: parameter %d is not a leaf: it was computed from others", what, i)
    end
    if seen[p] then util.error("%s: parameter %d is there twice", what, i) end
    seen[p] = true
  end
end

--- Adds a group of parameters, with options of its own.
---@param group table {params = list, lr = ..., ...}
function Optimizer:add_param_group(group)
  local what = self.kind.name
  if type(group) ~= "table" or group.params == nil then
    util.error("%s: a group must be a table with params, got %s", what, util.describe(group))
  end
  local given, seen = {}, {}
  for name, value in pairs(group) do
    if name ~= "params" then given[name] = value end
  end
  for _, other in ipairs(self.param_groups) do
    for _, p in ipairs(other.params) do seen[p] = true end
  end
  local params = nm.is_tensor(group.params) and { group.params } or group.params
  check_parameters(what, params, seen)
  local options = util.options(what, given, self.defaults)
  self.kind.check(options)
  options.params = table.move(params, 1, #params, 1, {})
  self.param_groups[#self.param_groups + 1] = options
end

--- Forgets all gradients.
function Optimizer:zero_grad()
  for _, group in ipairs(self.param_groups) do core.zero_grad(group.params) end
end

--- Updates every parameter that has a gradient.  A closure, where given, is called first to compute
--- the loss and its gradients; what it returns is returned.
---@param closure? fun(): numoon.Tensor
function Optimizer:step(closure)
  local loss
  if closure then loss = nm.enable_grad(closure) end
  for _, group in ipairs(self.param_groups) do self.kind.step(group, self.state) end
  return loss
end

-- ---- state ----

--- Options by group and state by parameter; parameters are numbered from 1 through all groups.
function Optimizer:state_dict()
  local groups, state, n = {}, {}, 0
  for i, group in ipairs(self.param_groups) do
    local copy = {}
    for name, value in pairs(group) do copy[name] = value end
    copy.params = {}
    for j, p in ipairs(group.params) do
      n = n + 1
      copy.params[j], state[n] = n, self.state[p]
    end
    groups[i] = copy
  end
  return { param_groups = groups, state = state }
end

--- Takes the options and a copy of the state of another optimizer over the same parameters.
function Optimizer:load_state_dict(dict)
  local what = self.kind.name .. ": load_state_dict"
  if type(dict) ~= "table" or type(dict.param_groups) ~= "table" or type(dict.state) ~= "table" then
    util.error("%s: needs a table with param_groups and state", what)
  end
  if #dict.param_groups ~= #self.param_groups then
    util.error("%s: %d groups of parameters, the optimizer has %d", what, #dict.param_groups,
      #self.param_groups)
  end
  for i, group in ipairs(self.param_groups) do
    local theirs = dict.param_groups[i].params
    if type(theirs) ~= "table" or #theirs ~= #group.params then
      util.error("%s: group %d must have %d parameters", what, i, #group.params)
    end
  end
  for i, group in ipairs(self.param_groups) do
    local theirs = dict.param_groups[i]
    for name, value in pairs(theirs) do
      if name ~= "params" then group[name] = value end
    end
    for j, p in ipairs(group.params) do
      local state
      for name, value in pairs(dict.state[theirs.params[j]] or {}) do
        state = state or {}
        state[name] = nm.is_tensor(value) and value:to(p.device):clone() or value
      end
      self.state[p] = state
    end
  end
end

function Optimizer:__tostring()
  local lines = { self.kind.name .. " (" }
  for i, group in ipairs(self.param_groups) do
    lines[#lines + 1] = ("Parameter Group %d"):format(i)
    for _, name in ipairs(util.keys(self.defaults)) do
      local value = group[name]
      if type(value) == "table" then value = "{" .. table.concat(value, ", ") .. "}" end
      lines[#lines + 1] = ("    %s: %s"):format(name, tostring(value))
    end
  end
  lines[#lines + 1] = ")"
  return table.concat(lines, "\n")
end

-- ---- kinds ----

local function make(kind, params, options)
  local self = setmetatable({
    kind = kind,
    defaults = util.options(kind.name, options, kind.defaults),
    param_groups = {},
    state = {},
  }, Optimizer)
  if nm.is_tensor(params) or type(params) ~= "table" then
    util.error("%s: the parameters must be a list of tensors or of groups, got %s", kind.name,
      util.describe(params))
  end
  if #params == 0 then util.error("%s: the list of parameters is empty", kind.name) end
  if type(params[1]) == "table" then
    for _, group in ipairs(params) do self:add_param_group(group) end
  else
    self:add_param_group { params = params }
  end
  return self
end

--- Makes a kind of optimizer: kind(params, options) is an optimizer.
---@param kind {name: string, defaults: table, check: fun(options: table), step: function}
local function define(kind) return setmetatable(kind, { __call = make }) end

return { define = define, Optimizer = Optimizer }
