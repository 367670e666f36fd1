--- nn.init: filling tensors with starting values, in place and off the tape.
--
-- Each function takes the tensor first, changes it and returns it.
local nm = require "numoon"
local util = require "numoon.util"

local init = {}

-- Calls an op in place, off the tape.
local function fill(op, t, ...)
  local _ <close> = nm.no_grad()
  return t[op](t, ...)
end

---@param t numoon.Tensor
---@param low? number 0
---@param high? number 1
function init.uniform_(t, low, high) return fill("uniform_", t, low or 0, high or 1) end

---@param t numoon.Tensor
---@param mean? number 0
---@param std? number 1
function init.normal_(t, mean, std) return fill("normal_", t, mean or 0, std or 1) end

---@param t numoon.Tensor
---@param value number
function init.constant_(t, value) return fill("fill_", t, value) end

function init.zeros_(t) return init.constant_(t, 0) end
function init.ones_(t) return init.constant_(t, 1) end

local GAINS = {
  linear = 1, sigmoid = 1, tanh = 5 / 3, relu = math.sqrt(2), selu = 3 / 4,
  conv1d = 1, conv2d = 1, conv3d = 1,
}

--- The factor by which a nonlinearity's inputs should be wider than its outputs.
---@param nonlinearity string
---@param slope? number of leaky_relu, 0.01
---@return number
function init.calculate_gain(nonlinearity, slope)
  if nonlinearity == "leaky_relu" then return math.sqrt(2 / (1 + (slope or 0.01) ^ 2)) end
  local names = util.keys(GAINS)
  names[#names + 1] = "leaky_relu"
  return GAINS[util.choice("calculate_gain", "the nonlinearity", nonlinearity, names)]
end

-- Inputs and outputs of one unit: a weight is (out, in, kernel...).
local function fans(what, t)
  if t.ndim < 2 then
    util.error("%s: needs a tensor of 2 dims or more, got shape %s", what, tostring(t.shape))
  end
  local field = 1
  for d = 3, t.ndim do field = field * t.shape[d] end
  return t.shape[2] * field, t.shape[1] * field
end

-- Kaiming He et al., "Delving deep into rectifiers", 2015: std = gain / sqrt(fan).
local function kaiming_std(what, t, options)
  options = util.options(what, options, { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" })
  local fan_in, fan_out = fans(what, t)
  local mode = util.choice(what, "option 'mode'", options.mode, { "fan_in", "fan_out" })
  local fan = mode == "fan_in" and fan_in or fan_out
  return fan > 0 and init.calculate_gain(options.nonlinearity, options.a) / math.sqrt(fan) or 0
end

---@param t numoon.Tensor
---@param options? {a: number, mode: "fan_in"|"fan_out", nonlinearity: string}
function init.kaiming_uniform_(t, options)
  local bound = math.sqrt(3) * kaiming_std("kaiming_uniform_", t, options)
  return init.uniform_(t, -bound, bound)
end

---@param t numoon.Tensor
---@param options? {a: number, mode: "fan_in"|"fan_out", nonlinearity: string}
function init.kaiming_normal_(t, options)
  return init.normal_(t, 0, kaiming_std("kaiming_normal_", t, options))
end

-- Glorot and Bengio, "Understanding the difficulty of training deep feedforward networks", 2010.
local function xavier_std(what, t, gain)
  local fan_in, fan_out = fans(what, t)
  return fan_in + fan_out > 0 and (gain or 1) * math.sqrt(2 / (fan_in + fan_out)) or 0
end

---@param t numoon.Tensor
---@param gain? number 1
function init.xavier_uniform_(t, gain)
  local bound = math.sqrt(3) * xavier_std("xavier_uniform_", t, gain)
  return init.uniform_(t, -bound, bound)
end

---@param t numoon.Tensor
---@param gain? number 1
function init.xavier_normal_(t, gain)
  return init.normal_(t, 0, xavier_std("xavier_normal_", t, gain))
end

return init
