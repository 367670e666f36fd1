--- optim: optimizers.  `optim.Adam(net:parameters(), {lr = 1e-3})`, then `:step()` after backward.
--
-- The first argument is a list of parameters, or of groups `{params = ..., lr = ...}` whose options
-- go before those of the second argument.
local nm = require "numoon"
local util = require "numoon.util"
local optimizer = require "numoon.optim.optimizer"

local optim = { Optimizer = optimizer.Optimizer }

-- Checks that the named options are numbers of 0 or more.
local function check_positive(what, options, ...)
  for _, name in ipairs { ... } do
    util.number(what, "option '" .. name .. "'", options[name], 0)
  end
end

--- Stochastic gradient descent with momentum: b = momentum b + (1 - dampening) g; p = p - lr b.
optim.SGD = optimizer.define {
  name = "SGD",
  defaults = {
    lr = 1e-3, momentum = 0.0, dampening = 0.0, weight_decay = 0.0, nesterov = false,
    maximize = false,
  },
  check = function(options)
    check_positive("SGD", options, "lr", "momentum", "weight_decay")
    if options.nesterov and (options.momentum <= 0 or options.dampening ~= 0) then
      util.error("SGD: nesterov needs a momentum above 0 and no dampening")
    end
  end,
  update = function(p, g, state, group)
    if group.weight_decay ~= 0 then g = g + p * group.weight_decay end
    if group.momentum ~= 0 then
      local b = state.momentum_buffer
      if b then
        b:mul_(group.momentum):add_(g * (1 - group.dampening))
      else
        b = g:clone()
        state.momentum_buffer = b
      end
      p:sub_((group.nesterov and g + b * group.momentum or b) * group.lr)
      nm.eval(p, b)
    else
      p:sub_(g * group.lr)
    end
  end,
}

-- Both kinds of Adam: Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
local function check_adam(what)
  return function(options)
    check_positive(what, options, "lr", "eps", "weight_decay")
    if #options.betas ~= 2 then util.error("%s: option 'betas' must be two numbers", what) end
    for i, beta in ipairs(options.betas) do
      util.number(what, ("option 'betas'[%d]"):format(i), beta, 0, 1)
    end
  end
end

local function update_adam(p, g, state, group)
  local beta1, beta2 = group.betas[1], group.betas[2]
  if not state.step then
    state.step, state.exp_avg, state.exp_avg_sq = 0, nm.zeros_like(p), nm.zeros_like(p)
  end
  local step, m, v = state.step + 1, state.exp_avg, state.exp_avg_sq
  state.step = step
  m:mul_(beta1):add_(g * (1 - beta1))
  v:mul_(beta2):add_(g * g * (1 - beta2))
  local root = v:sqrt() * (1 / math.sqrt(1 - beta2 ^ step)) + group.eps
  p:sub_(m * (group.lr / (1 - beta1 ^ step)) / root)
  nm.eval(p, m, v) -- one pass; left pending, the states of many steps would pile up
end

local ADAM_DEFAULTS = {
  lr = 1e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0.0, maximize = false,
}

--- Adam, weight decay being part of the gradient.
optim.Adam = optimizer.define {
  name = "Adam",
  defaults = ADAM_DEFAULTS,
  check = check_adam "Adam",
  update = function(p, g, state, group)
    if group.weight_decay ~= 0 then g = g + p * group.weight_decay end
    update_adam(p, g, state, group)
  end,
}

return util.strict("optim", optim)
