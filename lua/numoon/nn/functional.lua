--- nn.functional: layers and losses as functions, written in tensor ops.
local nm = require "numoon"
local util = require "numoon.util"

---@class numoon.nn.functional
local F = {}

-- Ops that are here under their own name too.
for _, name in ipairs {
  "relu", "tanh", "sigmoid", "softmax", "log_softmax", "relu6", "leaky_relu", "elu", "selu", "celu",
  "gelu", "silu", "mish", "softplus", "softsign", "logsigmoid", "hardtanh", "hardsigmoid",
  "hardswish", "hardshrink", "softshrink", "tanhshrink", "threshold", "prelu", "glu",
} do
  F[name] = nm[name]
end

--- softmax of -x: what is smallest along the dim has the largest share.
---@param x numoon.Tensor
---@param dim integer
---@return numoon.Tensor
function F.softmin(x, dim) return (-x):softmax(dim) end

-- Ops whose names in the registry begin with "nn.functional.".
for name, f in pairs(require("numoon.core")["nn.functional"] or {}) do F[name] = f end

--- Sets elements to zero with probability p and scales the others by 1 / (1 - p), when training.
---@param x numoon.Tensor
---@param p? number 0.5
---@param training? boolean true
---@return numoon.Tensor
function F.dropout(x, p, training)
  p = util.number("dropout", "p", p or 0.5, 0, 1)
  if training == false or p == 0 then return x end
  if p == 1 then return x * 0 end
  return x * nm.rand_like(x):ge(p):to(x.dtype) * (1 / (1 - p))
end

-- ---- losses ----

local function loss_options(what, options, defaults)
  defaults.reduction = "mean"
  options = util.options(what, options, defaults)
  util.choice(what, "option 'reduction'", options.reduction, { "mean", "sum", "none" })
  return options
end

-- Brings the losses of the elements together; `share`, where there is one, is what each counts for
-- in the mean.
local function reduce(losses, reduction, share)
  if reduction == "none" then return losses end
  if reduction == "sum" then return losses:sum() end
  return share and losses:sum() / share:sum() or losses:mean()
end

local function class_dim(x) return x.ndim == 1 and 1 or 2 end

-- Classes come as an index per sample: the input's shape without its class dim.
local function check_indices(what, x, target)
  local wanted, dim = {}, class_dim(x)
  for d = 1, x.ndim do
    if d ~= dim then wanted[#wanted + 1] = x.shape[d] end
  end
  local fits = target.ndim == #wanted
  for d = 1, #wanted do fits = fits and target.shape[d] == wanted[d] end
  if not fits then
    util.error("%s: target of shape %s must be {%s} for an input of shape %s: a class a sample",
      what, tostring(target.shape), table.concat(wanted, ", "), tostring(x.shape))
  end
  if target.dtype ~= "int64" and target.dtype ~= "int32" then
    util.error("%s: target of dtype %s must be int64 or int32: classes, counted from 1", what,
      target.dtype)
  end
end

local function check_input(what, x, target, weight)
  util.tensor(what, "the input", x)
  util.tensor(what, "the target", target)
  if x.ndim == 0 then
    util.error("%s: the input must be of shape {classes} or {N, classes, ...}, got {}", what)
  end
  if not weight then return end
  util.tensor(what, "option 'weight'", weight)
  local classes = x.shape[class_dim(x)]
  if weight.ndim ~= 1 or #weight ~= classes then
    util.error("%s: option 'weight' of shape %s must be {%d}, one for each class", what,
      tostring(weight.shape), classes)
  end
end

-- Multiplies log-probabilities by the weights of their classes.
local function weigh(logp, weight)
  if not weight then return logp end
  local shape = { #weight }
  for _ = class_dim(logp) + 1, logp.ndim do shape[#shape + 1] = 1 end
  return logp * weight:view(shape)
end

-- The negative log-probability of each sample's class, mixed with that of all classes by
-- `smoothing`.  An ignored sample counts for nothing, not even in the mean.
local function index_loss(logp, target, options, smoothing)
  local dim, weight = class_dim(logp), options.weight
  local keep = target:ne(options.ignore_index)
  local share, index = keep, nm.where(keep, target, 1)
  local losses = -logp:gather(dim, index:unsqueeze(dim)):squeeze(dim)
  if weight then
    local own = weight:gather(1, index:flatten()):reshape(target.shape)
    losses, share = losses * own, nm.where(keep, own, 0)
  end
  if smoothing > 0 then
    local all = -weigh(logp, weight):sum(dim)
    losses = losses * (1 - smoothing) + all * (smoothing / logp.shape[dim])
  end
  return reduce(nm.where(keep, losses, 0), options.reduction, share)
end

--- The negative log-likelihood of classes, counted from 1, under log-probabilities.
---@param logp numoon.Tensor (N, classes, ...) or (classes)
---@param target numoon.Tensor integers, (N, ...) or 0-d
---@param options? {weight: numoon.Tensor, ignore_index: integer, reduction: "mean"|"sum"|"none"}
---@return numoon.Tensor
function F.nll_loss(logp, target, options)
  options = loss_options("nll_loss", options, { weight = util.none, ignore_index = -100 })
  check_input("nll_loss", logp, target, options.weight)
  check_indices("nll_loss", logp, target)
  return index_loss(logp, target, options, 0)
end

---@class numoon.CrossEntropyOptions
---@field weight? numoon.Tensor one for each class
---@field ignore_index? integer -100
---@field label_smoothing? number 0
---@field reduction? "mean"|"sum"|"none"

--- The cross entropy of log_softmax(x) and classes, counted from 1, or probabilities of classes.
---@param x numoon.Tensor (N, classes, ...) or (classes)
---@param target numoon.Tensor integers, (N, ...) or 0-d; or probabilities, of the shape of x
---@param options? numoon.CrossEntropyOptions
---@return numoon.Tensor
function F.cross_entropy(x, target, options)
  options = loss_options("cross_entropy", options,
    { weight = util.none, ignore_index = -100, label_smoothing = 0.0 })
  local smoothing = util.number("cross_entropy", "option 'label_smoothing'",
    options.label_smoothing, 0, 1)
  check_input("cross_entropy", x, target, options.weight)
  local dim = class_dim(x)
  local logp = x:log_softmax(dim)
  if target.shape ~= x.shape then
    check_indices("cross_entropy", x, target)
    return index_loss(logp, target, options, smoothing)
  end
  local probability = target * (1 - smoothing) + smoothing / x.shape[dim]
  return reduce(-(probability * weigh(logp, options.weight)):sum(dim), options.reduction)
end

return F
