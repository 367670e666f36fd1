--- Layers: modules with parameters, activations, and losses as modules.
local nm = require "numoon"
local util = require "numoon.util"
local base = require "numoon.nn.module"
local init = require "numoon.nn.initialize"
local F = require "numoon.nn.functional"

local linear = F.linear

local layers = {}

-- ---- layers with parameters ----

---@class numoon.Linear: numoon.Module
---@field weight numoon.Tensor (out_features, in_features)
---@field bias numoon.Tensor|false (out_features)
local Linear = base.Module:extend("Linear")
layers.Linear = Linear

--- y = x W^T + b.  Weight and bias start uniform in +-1 / sqrt(in_features), as PyTorch's do.
---@param in_features integer
---@param out_features integer
---@param options? {bias: boolean, dtype: string, device: string}
function Linear:init(in_features, out_features, options)
  options = util.options("nn.Linear", options,
    { bias = true, dtype = util.none, device = util.none })
  self.in_features = util.integer("nn.Linear", "in_features", in_features, 0)
  self.out_features = util.integer("nn.Linear", "out_features", out_features, 0)
  local kind = { dtype = options.dtype, device = options.device }
  self.weight = base.Parameter(nm.empty({ self.out_features, self.in_features }, kind))
  self.bias = options.bias and base.Parameter(nm.empty({ self.out_features }, kind))
  self:reset_parameters()
end

function Linear:reset_parameters()
  init.kaiming_uniform_(self.weight, { a = math.sqrt(5) })
  local bound = self.in_features > 0 and 1 / math.sqrt(self.in_features) or 0
  if self.bias then init.uniform_(self.bias, -bound, bound) end
end

function Linear:forward(x) return linear(x, self.weight, self.bias or nil) end

function Linear:extra_repr()
  return ("in_features=%d, out_features=%d, bias=%s"):format(self.in_features, self.out_features,
    tostring(self.bias and true))
end

-- ---- layers without ----

layers.Identity = base.Module:extend("Identity")
function layers.Identity.forward(_, x) return x end

for name, op in pairs { ReLU = "relu", Tanh = "tanh", Sigmoid = "sigmoid" } do
  local class, f = base.Module:extend(name), F[op]
  function class.forward(_, x) return f(x) end
  layers[name] = class
end

for name, op in pairs { Softmax = "softmax", LogSoftmax = "log_softmax" } do
  local class, f = base.Module:extend(name), F[op]
  function class:init(dim) self.dim = dim or -1 end
  function class:forward(x) return f(x, self.dim) end
  function class:extra_repr() return "dim=" .. self.dim end
  layers[name] = class
end

---@class numoon.Flatten: numoon.Module
local Flatten = base.Module:extend("Flatten")
layers.Flatten = Flatten

--- Joins the dims from start_dim to end_dim into one; by default all but the first.
---@param start_dim? integer 2
---@param end_dim? integer -1
function Flatten:init(start_dim, end_dim)
  self.start_dim, self.end_dim = start_dim or 2, end_dim or -1
end

function Flatten:forward(x) return x:flatten(self.start_dim, self.end_dim) end

function Flatten:extra_repr()
  return ("start_dim=%d, end_dim=%d"):format(self.start_dim, self.end_dim)
end

---@class numoon.Dropout: numoon.Module
local Dropout = base.Module:extend("Dropout")
layers.Dropout = Dropout

---@param p? number the probability of a zero, 0.5
function Dropout:init(p) self.p = util.number("nn.Dropout", "p", p or 0.5, 0, 1) end

function Dropout:forward(x) return F.dropout(x, self.p, self.training) end

function Dropout:extra_repr() return ("p=%g"):format(self.p) end

-- ---- losses: the functions of nn.functional with their options kept ----

for name, loss in pairs {
  CrossEntropyLoss = F.cross_entropy, NLLLoss = F.nll_loss, MSELoss = F.mse_loss,
} do
  local class = base.Module:extend(name)
  function class:init(options) self.options = options or {} end
  function class:forward(x, target) return loss(x, target, self.options) end
  layers[name] = class
end

return layers
