--- Convolutions.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local family = { arguments = {}, bounds = {}, any_zero = {} }

-- Rows of { shape of input, of weight, of bias or nil, options }, by form.
local function convolutions(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      local bias = row[3] and g:array(row[3]) or nil
      local args = tools.with(row.options, g:array(row[1]), g:array(row[2]), bias)
      args.n = bias and 3 or 2
      list[#list + 1] = args
    end
    return list
  end
end

family.arguments["nn.functional.conv1d"] = convolutions {
  plain = {
    { { 2, 3, 6 }, { 4, 3, 3 }, { 4 } }, { { 3, 6 }, { 2, 3, 3 } },
    { { 1, 2, 7 }, { 2, 2, 4 }, options = { padding = "same", dilation = 1 } },
    { { 1, 4, 8 }, { 4, 2, 3 }, { 4 }, options = { stride = 2, padding = 2, dilation = 2,
      groups = 2 } },
    { { 1, 3, 5 }, { 6, 1, 2 }, options = { groups = 3, padding = "valid" } },
  },
  empty = { { { 0, 2, 5 }, { 3, 2, 2 } } },
  large = { { { 3, 5, 140 }, { 7, 5, 4 }, { 7 } } },
}
family.arguments["nn.functional.conv2d"] = convolutions {
  plain = {
    { { 2, 3, 4, 5 }, { 2, 3, 2, 3 }, { 2 } }, { { 2, 4, 3 }, { 3, 2, 2, 2 }, { 3 } },
    { { 1, 4, 5, 6 }, { 2, 2, 3, 2 }, options = { stride = { 2, 1 }, padding = { 1, 2 },
      dilation = { 1, 2 }, groups = 2 } },
    { { 1, 2, 4, 4 }, { 2, 1, 3, 3 }, { 2 }, options = { groups = 2, padding = "same" } },
    { { 2, 3, 2, 2 }, { 4, 3, 1, 1 } },
  },
  empty = { { { 0, 2, 4, 4 }, { 3, 2, 2, 2 }, { 3 } } },
  large = { { { 2, 9, 17, 19 }, { 13, 9, 3, 3 }, { 13 }, options = { padding = 1 } } },
}
family.arguments["nn.functional.conv3d"] = convolutions {
  plain = {
    { { 1, 2, 3, 3, 3 }, { 2, 2, 2, 2, 2 }, { 2 } }, { { 2, 2, 3, 2 }, { 1, 2, 1, 2, 1 } },
    { { 1, 2, 3, 4, 3 }, { 2, 1, 2, 2, 2 }, options = { stride = { 1, 2, 1 }, padding = { 1, 0, 1 },
      dilation = { 2, 1, 1 }, groups = 2 } },
  },
  empty = { { { 0, 1, 2, 2, 2 }, { 1, 1, 2, 2, 2 } } },
  large = { { { 2, 3, 6, 7, 8 }, { 4, 3, 3, 3, 3 }, { 4 }, options = { padding = 1 } } },
}
family.arguments["nn.functional.conv_transpose1d"] = convolutions {
  plain = {
    { { 2, 3, 4 }, { 3, 2, 3 }, { 2 } }, { { 3, 4 }, { 3, 2, 2 } },
    { { 1, 4, 4 }, { 4, 2, 3 }, { 4 }, options = { stride = 2, padding = 1, output_padding = 1,
      dilation = 2, groups = 2 } },
    { { 1, 2, 3 }, { 2, 1, 1 }, options = { stride = 3, padding = 1, output_padding = 2 } },
  },
  empty = { { { 0, 2, 5 }, { 2, 3, 2 } } },
  large = { { { 3, 5, 90 }, { 5, 7, 4 }, { 7 } } },
}
family.arguments["nn.functional.conv_transpose2d"] = convolutions {
  plain = {
    { { 2, 3, 2, 3 }, { 3, 2, 2, 3 }, { 2 } }, { { 2, 3, 2 }, { 2, 3, 2, 2 } },
    { { 1, 4, 3, 2 }, { 4, 1, 3, 2 }, { 2 }, options = { stride = { 2, 1 }, padding = { 1, 0 },
      output_padding = { 1, 0 }, dilation = { 1, 2 }, groups = 2 } },
  },
  empty = { { { 0, 2, 3, 3 }, { 2, 3, 2, 2 }, { 3 } } },
  large = { { { 2, 9, 11, 12 }, { 9, 7, 3, 3 }, { 7 }, options = { stride = 2 } } },
}
family.arguments["nn.functional.conv_transpose3d"] = convolutions {
  plain = {
    { { 1, 2, 2, 2, 3 }, { 2, 2, 2, 2, 2 }, { 2 } }, { { 2, 2, 1, 2 }, { 2, 1, 1, 2, 2 } },
    { { 1, 2, 2, 2, 2 }, { 2, 1, 2, 2, 1 }, options = { stride = { 1, 2, 1 },
      padding = { 1, 0, 0 }, dilation = { 1, 1, 2 }, groups = 2 } },
  },
  empty = { { { 0, 1, 2, 2, 2 }, { 1, 1, 2, 2, 2 } } },
  large = { { { 2, 3, 4, 5, 6 }, { 3, 4, 3, 3, 3 }, { 4 }, options = { stride = 2 } } },
}

-- Each output is a sum of no more products than the kernel of an output channel has elements, or,
-- transposed, all kernels of an input channel, and the bias.
local sum = bounds.of_absolute(function(c)
  local shape = c.args[2].shape
  return arrays.count(shape) // math.max(1, math.min(shape[1], shape[2])) + 2
end)
for op in pairs(family.arguments) do
  family.bounds[op], family.any_zero[op] = sum, true
end

return family
