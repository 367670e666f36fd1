--- The ops that the first network needed: creation, shape, copies, joins, products, gather.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar
local created, products, views = tools.created, tools.products, tools.views

local family = {}

local function sized(g)
  return { pack(g.form == "empty" and { 2, 0 } or g.shape) }
end

local function like(g) return { pack(g:array(g.shape)) } end

-- Steps of floats are exact binary fractions, so that the end does not depend on rounding.
local function progressions(inclusive)
  return created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(3, inclusive and 2 or 3, 1) } end
    if g.form == "large" then return { pack(0, g.dtype == "uint8" and 255 or 1500, 1) } end
    local list = { pack(0, 5, 1), pack(1, 10, 3), pack(4, -3, -2) }
    if g.dtype == "int64" then -- more digits than a double has
      list[4] = pack((1 << 62) + 1, (1 << 62) + 5, 1)
      list[5] = pack(math.maxinteger, math.maxinteger - 7, -3)
      list[6] = pack(math.mininteger, math.mininteger + 6, 3)
    end
    if arrays.kind(g.dtype) == "f" then
      list[#list + 1] = pack(0.5, 3.0, 0.25)
      list[#list + 1] = pack(-1.0, 2, 0.375)
    end
    if arrays.dtypes[g.dtype].unsigned then list[3] = nil end
    return list
  end)
end

local function scattered(g, src_is_number)
  if g.form == "empty" then
    return { pack(g:array({ 3, 4 }), 2, g:index({ 3, 0 }, 4), g:array({ 3, 0 })) }
  elseif scalar(g) then
    return { pack(g:array({}), 1, g:index({}, 1), g:array({})) }
  elseif g.form == "large" then
    return { pack(g:array({ 300, 5 }), 1, g:index({ 200, 5 }, 300, 1), g:array({ 250, 5 })) }
  end
  local list = {
    pack(g:array({ 3, 4 }), 1, g:index({ 2, 4 }, 3, 1), g:array({ 2, 4 })),
    pack(g:array({ 3, 4 }), 2, g:index({ 2, 3 }, 4, 2), g:array({ 3, 4 })),
    pack(g:array({ 2, 3, 2 }), -2, g:index({ 2, 2, 1 }, 3, 2), g:array({ 2, 2, 1 })),
  }
  if src_is_number then
    list[#list + 1] = pack(g:array({ 3, 4 }), 1, g:index({ 2, 4 }, 3), 2)
    if g.dtype == "int64" then -- more digits than a double has
      list[#list + 1] = pack(g:array({ 3, 4 }), 1, g:index({ 2, 4 }, 3), (1 << 60) + 1)
    end
  end
  return list
end

family.arguments = {
  clamp = function(g)
    local whole, broken = 1, 0.5
    local list = {
      pack(g:array(g.shape), g:array(g.shape), g:array(g.shape)),
      with({ min = g:array(g.shape) }, g:array(g.shape)),
      with({ max = g:array(g.shape) }, g:array(g.shape)),
    }
    if plain(g) then
      list[#list + 1] = pack(g:array(g.shape), whole, 2)
      list[#list + 1] = with({ min = whole }, g:array(g.shape))
      list[#list + 1] = with({ max = broken }, g:array(g.shape))
      list[#list + 1] = with({ min = g:array({ 4 }), max = g:array({ 3, 1 }) }, g:array({ 3, 4 }))
    end
    return list
  end,
  masked_fill = function(g)
    local list = { pack(g:array(g.shape), g:array(g.shape, "bool"), g:array({})) }
    if plain(g) then
      list[#list + 1] = pack(g:array({ 3, 4 }), g:array({ 4 }, "bool"), 2)
      list[#list + 1] = pack(g:array({ 3, 4 }), g:array({ 3, 1 }, "bool"), true)
    end
    return list
  end,
  where = function(g)
    local function of(dtype) return g:array(g.shape, dtype) end
    local list = { pack(of("bool"), of(), of()), pack(of("bool"), of(), of("int64")) }
    if plain(g) then
      list[3] = pack(g:array({ 3, 1 }, "bool"), g:array({ 4 }), g:array({}))
      list[4] = pack(of("bool"), of(), 2)
      list[5] = pack(of("bool"), 1.5, of())
    end
    return list
  end,
  lerp = function(g)
    local function x() return g:array(g.shape) end
    local list = { pack(x(), x(), x()), pack(x(), x(), 0.25), pack(x(), x(), 0.75) }
    if plain(g) then list[4] = pack(g:array({ 3, 1 }), g:array({ 4 }), g:array({})) end
    return list
  end,
  copy = function(g)
    local list = { pack(g:array(g.shape), g:array(g.shape)) }
    if not plain(g) then return list end
    list[2] = pack(g:array({ 3, 4 }), g:array({ 4 }))
    for _, dtype in ipairs(arrays.order) do
      local low = arrays.dtypes[dtype].unsigned and 0 or arrays.dtypes[g.dtype].unsigned and 0 or -3
      list[#list + 1] = pack(g:array({ 3, 4 }), g:array({ 3, 4 }, dtype, low, 3))
    end
    return list
  end,
  fill = function(g)
    return { pack(g:array(g.shape), 2), pack(g:array(g.shape), g:array({})),
      pack(g:array(g.shape), true) }
  end,
  uniform = function(g) return { pack(g:array(g.shape)), pack(g:array(g.shape), -1, 2) } end,

  matmul = products {
    { { 3, 4 }, { 4, 5 } }, { { 4 }, { 4 } }, { { 4 }, { 4, 3 } }, { { 3, 4 }, { 4 } },
    { { 2, 3, 4 }, { 4, 2 } }, { { 3, 4 }, { 2, 4, 3 } }, { { 2, 1, 3, 4 }, { 3, 4, 2 } },
    { { 4 }, { 2, 4, 3 } }, { { 2, 3, 4 }, { 4 } }, { { 3, 17 }, { 17, 2 } },
    { { 65, 130 }, { 130, 71 } },
    { { 0, 4 }, { 4, 3 } }, { { 3, 0 }, { 0, 2 } }, { { 0, 3, 4 }, { 4, 2 } }, { { 0 }, { 0 } },
  },
  mm = products {
    { { 3, 4 }, { 4, 5 } }, { { 33, 100 }, { 100, 17 } }, { { 3, 0 }, { 0, 2 } },
    { { 3, 4 }, { 4, 0 } },
  },
  bmm = products {
    { { 2, 3, 4 }, { 2, 4, 5 } }, { { 3, 17, 20 }, { 3, 20, 19 } },
    { { 0, 3, 4 }, { 0, 4, 5 } }, { { 2, 3, 0 }, { 2, 0, 5 } },
  },
  mv = products { { { 3, 4 }, { 4 } }, { { 40, 200 }, { 200 } }, { { 3, 0 }, { 0 } } },
  dot = products { { { 5 }, { 5 } }, { { 1500 }, { 1500 } }, { { 0 }, { 0 } } },

  gather = function(g)
    if g.form == "empty" then return { pack(g:array({ 3, 4 }), 2, g:index({ 3, 0 }, 4)) } end
    if scalar(g) then return { pack(g:array({}), 1, g:index({}, 1)) } end
    if g.form == "large" then return { pack(g:array({ 300, 5 }), 1, g:index({ 700, 5 }, 300)) } end
    local narrow = g:index({ 2, 4 }, 3)
    narrow.dtype = "int32"
    return {
      pack(g:array({ 3, 4 }), 1, g:index({ 5, 4 }, 3)),
      pack(g:array({ 3, 4 }), 2, g:index({ 2, 3 }, 4)),
      pack(g:array({ 2, 3, 4 }), -2, g:index({ 2, 2, 3 }, 3)),
      pack(g:array({ 3, 4 }), 1, narrow),
    }
  end,
  scatter = function(g) return scattered(g, true) end,
  scatter_add = function(g) -- positions may be repeated
    local list = scattered(g, false)
    for _, args in ipairs(list) do
      for i = 1, #args[3].list do args[3].list[i] = args[3].list[i] // 2 + 1 end
    end
    return list
  end,

  cat = function(g)
    local a, b, c = g:array(g.shape), g:array(g.shape), g:array(g.shape)
    local list = { pack({ a, b }), pack({ a, b, c }, -1), pack({ a }) }
    if plain(g) then
      list[#list + 1] = pack({ a, g:array({ 1, 4 }), g:array({ 0, 4 }) }, 1)
      list[#list + 1] = pack({ a, g:array({ 3, 2 }) }, 2)
      list[#list + 1] = pack({ a, g:array({ 0 }) }, 2)
      list[#list + 1] = pack({ a, g:array({ 3, 4 }, "int32") }, 1)
    end
    return list
  end,
  stack = function(g)
    local a, b = g:array(g.shape), g:array(g.shape)
    return { pack({ a, b }), pack({ a, b, a }, -1), pack({ a, g:array(g.shape, "float32") }, 1) }
  end,

  view = views {
    plain = {
      { { 2, 3, 4 }, { 6, 4 } }, { { 2, 3, 4 }, { 2, -1 } }, { { 2, 3, 4 }, { 2, 1, 3, 2, 2 } },
      { { 6 }, { 6 } },
    },
    scalar = { { {}, { 1, 1 } }, { {}, {} } }, empty = { { { 0, 4 }, { 2, 0 } } },
  },
  reshape = views {
    plain = {
      { { 2, 3, 4 }, { 6, 4 } }, { { 2, 3, 4 }, { 4, 3, 2 } }, { { 2, 3, 4 }, { -1 } },
      { { 3, 4 }, { 3, 2, -1, 1 } },
    },
    scalar = { { {}, { 1, -1 } }, { {}, {} } },
    empty = { { { 0, 4 }, { 2, 0, 3 } }, { { 0, 4 }, { -1 } } },
  },
  flatten = views {
    plain = { { { 2, 3, 4 } }, { { 2, 3, 4 }, 2 }, { { 2, 3, 4 }, 1, 2 }, { { 2, 3, 4 }, -2, -1 } },
    scalar = { { {} } }, empty = { { { 2, 0, 3 }, 2 } },
  },
  squeeze = views {
    plain = {
      { { 1, 3, 1 } }, { { 1, 3, 1 }, 1 }, { { 1, 3, 1 }, -1 }, { { 1, 3, 1 }, 2 },
      { { 1, 3, 1 }, { 1, -1 } },
    },
    scalar = { { {} } }, empty = { { { 1, 0, 1 }, 1 } },
  },
  unsqueeze = views {
    plain = { { { 3, 4 }, 1 }, { { 3, 4 }, 2 }, { { 3, 4 }, -1 }, { { 3, 4 }, 3 } },
    scalar = { { {}, 1 }, { {}, -1 } }, empty = { { { 0, 4 }, 2 } },
  },
  transpose = views {
    plain = { { { 2, 3, 4 }, 1, 3 }, { { 2, 3, 4 }, -1, -2 }, { { 3, 4 }, 2, 2 } },
    scalar = { { {}, 1, -1 } }, empty = { { { 0, 4 }, 1, 2 } },
  },
  permute = views {
    plain = { { { 2, 3, 4 }, { 3, 1, 2 } }, { { 2, 3, 4 }, { -1, 2, 1 } }, { { 3 }, { 1 } } },
    scalar = { { {}, {} } }, empty = { { { 0, 4 }, { 2, 1 } } },
  },
  expand = views {
    plain = {
      { { 3, 1 }, { 3, 4 } }, { { 3, 1 }, { 2, 3, 4 } }, { { 3, 1 }, { 2, -1, -1 } },
      { { 4 }, { 3, 4 } },
    },
    scalar = { { {}, { 2, 3 } }, { {}, {} } },
    empty = { { { 0, 1 }, { 2, 0, 3 } }, { { 1, 4 }, { 0, 4 } } },
  },
  broadcast_to = views {
    plain = { { { 3, 1 }, { 3, 4 } }, { { 3, 1 }, { 2, 3, 4 } }, { { 4 }, { 3, 4 } } },
    scalar = { { {}, { 2, 3 } } }, empty = { { { 1, 4 }, { 0, 4 } } },
  },
  expand_as = function(g)
    if plain(g) then return { pack(g:array({ 3, 1 }), g:array({ 2, 3, 4 })) } end
    return { pack(g:array({}), g:array(g.shape)) }
  end,
  narrow = views {
    plain = {
      { { 5, 4 }, 1, 2, 3 }, { { 5, 4 }, -1, 1, 4 }, { { 5, 4 }, 2, -2, 2 }, { { 5, 4 }, 1, 6, 0 },
    },
    empty = { { { 0, 4 }, 1, 1, 0 }, { { 0, 4 }, 2, 2, 2 } },
  },
  select = views {
    plain = { { { 5, 4 }, 1, 2 }, { { 5, 4 }, -1, -1 }, { { 2, 3, 4 }, 2, 3 }, { { 4 }, 1, 4 } },
    empty = { { { 0, 4 }, 2, 1 } },
  },
  to = function(g)
    local list = {}
    for _, dtype in ipairs(arrays.order) do
      -- a negative number has no meaning in an unsigned dtype
      local low = (arrays.dtypes[dtype].unsigned or arrays.dtypes[g.dtype].unsigned) and 0 or -100
      list[#list + 1] = pack(g:array(g.shape, g.dtype, low, 100), dtype)
    end
    return list
  end,

  empty = created(sized), zeros = created(sized), ones = created(sized), rand = created(sized),
  randn = created(sized),
  empty_like = like, zeros_like = like, ones_like = like, rand_like = like, randn_like = like,
  full = created(function(g)
    local list = sized(g)
    list[1][2], list[1].n = 2, 2
    list[2] = pack(list[1][1], 1.5)
    list[3] = pack(list[1][1], true)
    return list
  end),
  full_like = function(g) return { pack(g:array(g.shape), 3), pack(g:array(g.shape), true) } end,
  randint = created(function(g) return { pack(2, 9, sized(g)[1][1]) } end),
  randint_like = function(g) return { pack(g:array(g.shape), 1, 7) } end,
  arange = progressions(false),
  range = progressions(true),
  linspace = created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(0, 1, 0) } end
    return { pack(0, 1, 5), pack(-2.5, 7, 20), pack(3, 3, 2), pack(1, 2, 1) }
  end),
  eye = created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(0), pack(2, 0), pack(0, 3) } end
    return { pack(3), pack(2, 4), pack(4, 2), pack(1, 1) }
  end),
}

local absolute, inner, reduced = bounds.of_absolute, bounds.inner, bounds.reduced
local drawn, softmax, variance = bounds.drawn, bounds.softmax, bounds.variance

family.bounds = {
  sum = absolute(reduced), mean = absolute(reduced), prod = absolute(reduced),
  matmul = absolute(inner), mm = absolute(inner), bmm = absolute(inner),
  mv = absolute(inner), dot = absolute(inner),
  addcmul = absolute(bounds.few), addcdiv = absolute(bounds.few),
  lerp = bounds.relative(8), linspace = bounds.relative(4),
  randn = drawn, randn_like = drawn,
  var = variance, std = variance, softmax = softmax, log_softmax = softmax,
}

-- Which of 0 and -0 is the larger is left open: here it depends on the order of the elements, in
-- PyTorch on the processor.
family.any_zero = tools.set [[amax amin max min maximum minimum clamp relu]]

-- Their values are drawn, or undefined: they are checked by what must hold for them.
family.random = tools.set "rand randn randint rand_like randn_like randint_like"
family.undefined = tools.set "empty empty_like"

family.edges = {}
for name in pairs(tools.set [[sum prod mean amax amin max min argmax argmin any all var std softmax
  log_softmax]]) do
  family.edges[name] = tools.reduction_edges
end

family.positions = { argmax = 1, argmin = 1, max = 2, min = 2 }

family.apart = {
  -- the smallest integer divided by -1 wraps here, and kills the process there
  floor_divide = function(c) return c.edges end,
  remainder = function(c) return c.edges end,
  fmod = function(c) return c.edges end,
  -- shifts by negative numbers are undefined there
  bitwise_left_shift = function(c) return c.edges end,
  bitwise_right_shift = function(c) return c.edges end,
  -- integers are not among what these take: there they round the factor, the step
  addcmul = function(c) return not c.listed end,
  linspace = function(c) return not c.listed end,
  -- whether a view is possible depends on the layout, which PyTorch is not told
  view = function(c)
    return c.layout ~= "contiguous" and not require("spec.sweep.case").run(c, "cpu")
  end,
}

-- ---- where a derivative is a convention ----

local array, args = tools.float64, tools.pack

local mask = { dtype = "bool", shape = { 2 }, list = { true, false } }

-- Ops with arguments at kinks, ties and zeros: { name, arguments }.
family.conventions = {
  { "abs", args(array { 0.0, -1.0, 2.0 }) },
  { "relu", args(array { 0.0, -1.0, 2.0 }) },
  { "sign", args(array { 0.0, -1.0, 2.0 }) },
  { "maximum", args(array { 1.0, 2.0, 3.0 }, array { 1.0, 3.0, 2.0 }) },
  { "minimum", args(array { 1.0, 2.0, 3.0 }, array { 1.0, 3.0, 2.0 }) },
  { "amax", args(array({ 1.0, 3.0, 3.0, 2.0, 2.0, 2.0 }, { 2, 3 }), 2) },
  { "amin", args(array({ 1.0, 1.0, 3.0, 2.0, 2.0, 2.0 }, { 2, 3 }), 2) },
  { "amax", args(array({ 1.0, 3.0, 3.0, 2.0, 2.0, 2.0 }, { 2, 3 })) },
  { "max", args(array({ 1.0, 3.0, 3.0, 2.0, 2.0, 2.0 }, { 2, 3 }), 2) },
  { "max", args(array { 1.0, 3.0, 3.0 }) },
  { "min", args(array({ 1.0, 1.0, 3.0, 2.0, 2.0, 2.0 }, { 2, 3 }), 2) },
  { "pow", args(array { 0.0, 0.0, 2.0, -2.0 }, array { 2.0, 0.0, 0.0, 2.0 }) },
  { "pow", args(array { 0.0, -2.0, 3.0 }, 2) },
  { "pow", args(array { 0.0, -2.0, 3.0 }, 0) },
  { "pow", args(array { 0.0, -2.0, 3.0 }, 1) },
  { "pow", args(array { 0.0, 2.0, 3.0 }, 3) },
  { "pow", args(array { 0.25, 2.0, 3.0 }, -0.5) },
  { "pow", args(0.0, array { 2.0, 0.0, 1.0 }) },
  { "prod", args(array { 2.0, 0.0, 3.0 }) },
  { "prod", args(array { 2.0, 0.0, 0.0 }) },
  { "prod", args(array({ 2.0, 0.0, 3.0, 4.0, 0.0, 0.0 }, { 2, 3 }), 2) },
  { "clamp", args(array { -2.0, -1.0, 0.0, 1.0, 2.0 }, -1, 1) },
  { "sqrt", args(array { 0.0, 4.0 }) },
  { "std", args(array { 2.0, 2.0, 2.0 }) },
  { "var", args(array { 2.0, 2.0, 2.0 }) },
  { "remainder", args(array { 5.0, -5.0, 5.0 }, array { 3.0, 3.0, -3.0 }) },
  { "fmod", args(array { 5.0, -5.0, 5.0 }, array { 3.0, 3.0, -3.0 }) },
  { "where", args(mask, array { 1.0, 0 / 0 }, array { 0 / 0, 1.0 }) },
  { "masked_fill", args(array { 1.0, 2.0 }, mask, 3) },
  { "floor", args(array { 1.0, 1.5 }) },
  { "log_softmax", args(array { 1000.0, 0.0, -1000.0 }, 1) },
  { "softmax", args(array { 1000.0, 0.0, -1000.0 }, 1) },
  { "sigmoid", args(array { 1000.0, 0.0, -1000.0 }) },
  { "tanh", args(array { 1000.0, 0.0, -1000.0 }) },
}

return family
