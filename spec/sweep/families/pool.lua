--- Pooling, unfold and fold.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local family = { arguments = {}, edges = {}, bounds = {}, positions = {}, any_zero = {} }

-- Rows of { shape of input, what follows..., options = {} }, by form.
local function followed(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      local args = table.move(row, 2, #row, 2, tools.pack(g:array(row[1])))
      args.n, args.options = #row, row.options
      list[#list + 1] = args
    end
    return list
  end
end

local sizes = { -- by the number of dims: of an input, and a larger one
  { { 2, 2, 9 }, { 3, 8 }, { 2, 3, 300 } },
  { { 1, 2, 5, 4 }, { 2, 4, 5 }, { 2, 3, 20, 21 } },
  { { 1, 1, 3, 4, 3 }, { 1, 2, 3, 4 }, { 2, 2, 7, 8, 9 } },
}
local function none_of(shape)
  local empty = table.move(shape, 1, #shape, 1, {})
  empty[1] = 0
  return empty
end

for n, shape in ipairs(sizes) do
  local batch, single, large = table.unpack(shape)
  local function op(name) return ("nn.functional.%s%dd"):format(name, n) end
  local per_dim = { { 3 }, { 3, 2 }, { 2, 3, 2 } }
  local steps = { { 2 }, { 1, 2 }, { 1, 2, 1 } }
  local half = { { 1 }, { 1, 1 }, { 1, 1, 1 } }
  family.arguments[op "max_pool"] = followed {
    plain = {
      { batch, 2 }, { single, 2, 1, options = { return_indices = true } },
      { batch, per_dim[n], steps[n], half[n], options = { return_indices = true } },
      { batch, 2, 1, 1, 2, options = { return_indices = true } },
      { batch, 2, 2, 0, 1, true, true }, { batch, 3, 2, 1, options = { ceil_mode = true } },
    },
    empty = { { none_of(batch), 2 } }, large = { { large, 3, 2, 1 } },
  }
  local average = {
    plain = {
      { batch, 2 }, { single, per_dim[n], steps[n], half[n] }, { batch, 3, 2, 1, true },
      { batch, 2, 2, 1, options = { count_include_pad = false } }, { batch, 2, 3, 0, true, false },
    },
    empty = { { none_of(batch), 2 } }, large = { { large, 3, 2, 1 } },
  }
  if n > 1 then
    table.insert(average.plain, { batch, 2, 1, 1, options = { divisor_override = 3 } })
  end
  family.arguments[op "avg_pool"] = followed(average)
  local uneven = { { 4 }, { 3, 2 }, { 2, 3, 2 } }
  family.arguments[op "adaptive_avg_pool"] = followed {
    plain = { { batch, 1 }, { batch, uneven[n] }, { single, 2 }, { single, 6 } },
    empty = { { none_of(batch), 2 } }, large = { { large, 5 } },
  }
  family.arguments[op "adaptive_max_pool"] = followed {
    plain = {
      { batch, 1 }, { batch, uneven[n], options = { return_indices = true } },
      { single, 2, options = { return_indices = true } }, { single, 6, true },
    },
    empty = { { none_of(batch), 2 } }, large = { { large, 5 } },
  }
  -- Places that are all different: every third of the output's, from the first.
  family.arguments[op "max_unpool"] = function(g)
    local function unpool(leading, from, to, ...)
      local x = table.move(from, 1, n, #leading + 1, table.move(leading, 1, #leading, 1, {}))
      local list, of, size = {}, arrays.count(from), arrays.count(to)
      for i = 0, arrays.count(x) - 1 do list[i + 1] = i % of * (size // of) + 1 end
      return tools.pack(g:array(x), { dtype = "int64", shape = x, list = list, index = size }, ...)
    end
    local function cube(k) return ({ { k }, { k, k }, { k, k, k } })[n] end
    if g.form == "scalar" then return {} end
    if g.form == "empty" then return { unpool({ 0, 2 }, cube(2), cube(4), 2) } end
    if g.form == "large" then return { unpool({ 2, 5 }, cube(6), cube(12), 2) } end
    return { unpool({ 1, 1 }, cube(2), cube(4), 2), unpool({ 3 }, cube(2), cube(5), 3, 2),
      unpool({ 1, 2 }, cube(2), cube(5), 2, 2, 0, cube(5)),
      unpool({ 2 }, cube(1), cube(2), 2) }
  end
  family.positions[op "max_pool"], family.positions[op "adaptive_max_pool"] = 2, 2

  -- NaN, infinities, and windows of -inf alone.
  local inf, nan = math.huge, 0 / 0
  local list = { 1.0, nan, 2.0, inf, -inf, 0.5, 3.0, 1.0, -inf, -inf, -inf, -inf, -inf, -inf, -inf,
    -inf, inf, -inf, 2.0, 0.0, -0.0, 0.0, -0.0, 1.0 }
  local shapes = { { 1, 24 }, { 1, 6, 4 }, { 1, 2, 3, 4 } }
  local function edges(...)
    local rows = { ... }
    return function(g)
      local made = {}
      for i, row in ipairs(arrays.kind(g.dtype) == "f" and rows or {}) do
        local x = { dtype = g.dtype, shape = shapes[n], list = list }
        made[i] = tools.pack(x, table.unpack(row))
      end
      return made
    end
  end
  family.edges[op "max_pool"] = edges({ 2, 1, 1 }, { 2, 1 })
  family.edges[op "avg_pool"] = edges({ 2, 1, 1 }, { 2, 1 })
  family.edges[op "adaptive_max_pool"] = edges({ 2 }, { 3 })
  family.edges[op "adaptive_avg_pool"] = edges({ 2 }, { 3 })
  family.any_zero[op "max_pool"], family.any_zero[op "adaptive_max_pool"] = true, true

  -- A sum of a window, and a division.
  local sum = bounds.of_absolute(function(c)
    local count = 1
    for d = #c.args[1].shape - n + 1, #c.args[1].shape do count = count * c.args[1].shape[d] end
    return count + 2
  end)
  family.bounds[op "avg_pool"], family.bounds[op "adaptive_avg_pool"] = sum, sum
  family.any_zero[op "avg_pool"], family.any_zero[op "adaptive_avg_pool"] = true, true
  if n < 3 then
    family.arguments[op "lp_pool"] = followed {
      plain = { { batch, 2, 2 }, { single, 3, per_dim[n], steps[n] }, { batch, 1.5, 2, 1 },
        { batch, 2, 3, options = { ceil_mode = true } } },
      empty = { { none_of(batch), 2, 2 } }, large = { { large, 2, 3 } },
    }
    -- Powers of few ulps, their sum, and a root, which does not widen relative errors for p >= 1.
    family.bounds[op "lp_pool"] = bounds.of_absolute(function(c)
      return 9 + 8 * c.args[2]
    end)
  end
end

family.arguments["nn.functional.unfold"] = followed {
  plain = { { { 1, 2, 3, 4 }, 2 }, { { 2, 4, 3 }, { 2, 1 } },
    { { 1, 2, 4, 5 }, { 2, 3 }, { 2, 1 }, { 1, 2 }, { 1, 2 } } },
  empty = { { { 0, 2, 3, 4 }, 2 } }, large = { { { 2, 3, 12, 13 }, 3, 1, 1, 2 } },
}
family.arguments["nn.functional.fold"] = followed {
  plain = { { { 2, 8, 6 }, { 3, 4 }, 2 }, { { 4, 9 }, { 4, 3 }, { 2, 1 } },
    { { 1, 12, 12 }, { 4, 5 }, { 2, 3 }, { 2, 1 }, { 1, 2 }, { 1, 2 } } },
  empty = { { { 0, 8, 6 }, { 3, 4 }, 2 } }, large = { { { 2, 27, 42 }, { 12, 13 }, 3, 1, 1, 2 } },
}
family.bounds["nn.functional.fold"] = bounds.of_absolute(function(c)
  return c.args[1].shape[#c.args[1].shape - 1]
end)
family.any_zero["nn.functional.fold"] = true

-- Of equal elements the first is the largest, in windows that overlap too.
local ties = { 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0 }
family.conventions = {
  { "nn.functional.max_pool1d", tools.pack(tools.float64(ties, { 1, 9 }), 3, 1) },
  { "nn.functional.max_pool2d", tools.pack(tools.float64(ties, { 1, 3, 3 }), 2, 1) },
  { "nn.functional.max_pool3d", tools.pack(tools.float64(ties, { 1, 1, 3, 3 }), { 1, 2, 2 }, 1) },
  { "nn.functional.adaptive_max_pool2d", tools.pack(tools.float64(ties, { 1, 3, 3 }), 2) },
}

return family
