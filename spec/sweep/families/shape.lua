--- Ops that change shapes: lists of views, repetition, arrangement.
local tools = require "spec.sweep.tools"

local family = {}

family.arguments = {
  split = tools.views {
    plain = { { { 5, 4 }, 2 }, { { 5, 4 }, { 1, 0, 3 }, -1 }, { { 5, 4 }, 9, 1 } },
    empty = { { { 0, 4 }, 3 }, { { 0, 4 }, { 2, 2 }, 2 } },
  },
  chunk = tools.views {
    plain = { { { 5, 4 }, 2 }, { { 5, 4 }, 3, -1 }, { { 5, 4 }, 9, 1 } },
    empty = { { { 0, 4 }, 3 }, { { 0, 4 }, 2, 2 } },
  },
  unbind = tools.views {
    plain = { { { 5, 4 } }, { { 5, 4 }, -1 }, { { 2, 3, 2 }, 2 } },
    empty = { { { 2, 0 } } },
  },
}

return family
