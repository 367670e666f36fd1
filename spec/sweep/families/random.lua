--- Random draws.
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, created = tools.pack, tools.with, tools.plain, tools.created

local family = {}

local function whole(g) return g:array(g.shape) end

-- Probabilities are numbers, of the dtype of the tensor, and of another one.
local function bernoulli(g)
  if not plain(g) then return { pack(whole(g)), pack(whole(g), 0.5) } end
  return {
    pack(whole(g)), pack(whole(g), 0.25), pack(whole(g), 1), pack(whole(g), g:array({ 3, 1 })),
    pack(whole(g), g:array({ 4 }, "float64")),
  }
end

local function multinomial(g)
  if g.form == "scalar" or g.form == "empty" then return {} end
  if g.form == "large" then return { pack(whole(g), 3), pack(whole(g), 300, true) } end
  return {
    pack(whole(g), 4), pack(whole(g), 2), pack(whole(g), 7, true), pack(g:array({ 5 }), 5),
    pack(g:array({ 5 }), 1, true),
  }
end

-- Numbers with a size; tensors with tensors and numbers.
local function normal(g)
  local list = { pack(whole(g), whole(g)) }
  if not plain(g) then return list end
  list[2], list[3] = pack(whole(g), 0.5), pack(0.5, whole(g))
  list[4], list[5] = pack(g:array({ 3, 1 }), g:array({ 4 })), pack(whole(g))
  if g.layout == "contiguous" then
    list[6] = with({ dtype = g.dtype }, 0.5, 2, { 3, 4 })
    list[7] = with({ dtype = g.dtype, size = { 2, 0 } })
  end
  return list
end

local function parameters(...)
  local rows = { ... }
  return function(g)
    local list = {}
    for _, row in ipairs(rows) do list[#list + 1] = pack(whole(g), table.unpack(row)) end
    return plain(g) and list or { list[1] }
  end
end

family.arguments = {
  bernoulli = bernoulli, multinomial = multinomial, normal = normal,
  normal_ = parameters({}, { 1 }, { 0.5, 2 }), log_normal = parameters({}, { 0, 0.5 }),
  exponential = parameters({}, { 2 }, { 0.5 }), geometric = parameters({ 0.5 }, { 0.01 }),
  cauchy = parameters({}, { 1, 2.0 }), random = parameters({}, { 5 }, { 2, 9 }),
  randperm = created(function(g)
    if g.form == "scalar" then return {} end
    return { pack(g.form == "empty" and 0 or 20) }
  end),
}

-- u is the same everywhere; log, tan and exp err by few units, of results up to `most`.
local function within(most)
  return function(c, result)
    local out, u = {}, bounds.accumulator(result.dtype)
    for i, y in ipairs(result.list) do
      out[i] = 64 * u * most + 64 * (u + bounds.unit(result.dtype)) * math.abs(y)
    end
    return c and out
  end
end

family.bounds = {
  normal = within(3), normal_ = within(3), exponential = within(1), log_normal = within(0),
  cauchy = within(1),
}

family.random = tools.set [[bernoulli multinomial normal normal_ log_normal uniform exponential
  geometric cauchy random randperm]]

return family
