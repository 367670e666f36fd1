--- optim: optimizers.  `optim.Adam(net:parameters(), {lr = 1e-3})`, then `:step()` after backward.
--
-- The first argument is a list of parameters, or of groups `{params = ..., lr = ...}` whose options
-- go before those of the second argument.
local core = require "numoon.core"
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
  step = function(group, states)
    core.sgd_step(group.params, states, group.lr, group.momentum, group.dampening,
      group.weight_decay, group.nesterov, group.maximize)
  end,
}

local function check_adam(what)
  return function(options)
    check_positive(what, options, "lr", "eps", "weight_decay")
    if #options.betas ~= 2 then util.error("%s: option 'betas' must be two numbers", what) end
    for i, beta in ipairs(options.betas) do
      util.number(what, ("option 'betas'[%d]"):format(i), beta, 0, 1)
    end
  end
end

--- Adam, weight decay being part of the gradient (Kingma and Ba, 2015).
optim.Adam = optimizer.define {
  name = "Adam",
  defaults = {
    lr = 1e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0.0, maximize = false,
  },
  check = check_adam "Adam",
  step = function(group, states)
    core.adam_step(group.params, states, group.lr, group.betas[1], group.betas[2], group.eps,
      group.weight_decay, group.maximize)
  end,
}

return util.strict("optim", optim)
