--- nn: neural networks.  Modules are built by `nn.Linear(784, 10)` and called to run: `net(x)`.
local base = require "numoon.nn.module"
local util = require "numoon.util"

---@class numoon.nn
local nn = {
  Module = base.Module,
  Parameter = base.Parameter,
  functional = require "numoon.nn.functional",
  init = require "numoon.nn.initialize",
}
for _, part in ipairs { "containers", "layers" } do
  for name, class in pairs(require("numoon.nn." .. part)) do nn[name] = class end
end

return util.strict("nn", nn)
