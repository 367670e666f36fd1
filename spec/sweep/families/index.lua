--- Ops that pick elements by position or mask, and that put them there.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar

local family = {}

-- A list of positions; repeated ones only where the order of writes does not matter.
local function list_of(g, n, size, repeated)
  return g:index({ n }, size, not repeated and 1 or nil)
end

-- index_select and its kin: { shape, dim, places, size of the dim }.
local rows = {
  plain = { { { 3, 4 }, 1, 3 }, { { 3, 4 }, -1, 2 }, { { 2, 3, 2 }, 2, 3 }, { { 5 }, 1, 4 } },
  scalar = { { {}, 1, 1 } }, empty = { { { 3, 4 }, 2, 0 }, { { 0, 4 }, 2, 3 } },
  large = { { { 300, 5 }, 1, 200 }, { { 5, 300 }, 2, 200 } },
}

local function along(g, repeated, make)
  local list = {}
  for _, row in ipairs(rows[g.form]) do
    local shape, dim, n = row[1], row[2], row[3]
    local d = dim < 0 and #shape + 1 + dim or dim
    local picked = table.move(shape, 1, #shape, 1, {})
    if #shape > 0 then picked[d] = n end
    list[#list + 1] = make(g:array(shape), dim, list_of(g, n, shape[d] or 1, repeated), picked)
  end
  return list
end

local function scattered(g)
  local function narrow(array)
    array.dtype = "int32"
    return array
  end
  if g.form == "empty" then
    return { pack(g:array({ 3, 4 }), 2, g:index({ 3, 0 }, 4), g:array({ 3, 0 }), "sum") }
  elseif scalar(g) then
    return { pack(g:array({}), 1, g:index({}, 1), g:array({}), "amax") }
  elseif g.form == "large" then
    return { pack(g:array({ 300, 5 }), 1, g:index({ 200, 5 }, 300), g:array({ 250, 5 }), "amin") }
  end
  local list = {}
  for _, how in ipairs { "sum", "prod", "mean", "amax", "amin" } do
    list[#list + 1] = pack(g:array({ 3, 4 }), 1, g:index({ 5, 3 }, 3), g:array({ 5, 4 }), how)
    list[#list + 1] = pack(g:array({ 2, 4 }), -1, narrow(g:index({ 2, 3 }, 4)), g:array({ 2, 3 }),
      how, false)
  end
  return list
end

-- A few elements of a kind that are zero.
local function sparse(g, shape)
  local array = g:array(shape)
  local kind = arrays.kind(g.dtype)
  for i = 1, #array.list, 2 do array.list[i] = kind == "b" and false or kind == "f" and 0.0 or 0 end
  return g.layout == "expanded" and arrays.repeated(array) or array
end

family.arguments = {
  index_select = function(g)
    return along(g, true, function(x, dim, index) return pack(x, dim, index) end)
  end,
  index_add = function(g)
    local list = along(g, true, function(x, dim, index, shape)
      return pack(x, dim, index, g:array(shape))
    end)
    if plain(g) and arrays.kind(g.dtype) ~= "b" then
      list[1].options = { alpha = 2 }
      if arrays.kind(g.dtype) == "f" then list[2].options = { alpha = 0.5 } end
    end
    return list
  end,
  index_copy = function(g)
    return along(g, false, function(x, dim, index, shape)
      return pack(x, dim, index, g:array(shape))
    end)
  end,
  index_fill = function(g)
    local list = along(g, true, function(x, dim, index) return pack(x, dim, index, 2) end)
    list[1][4] = g:array({})
    return list
  end,
  index_put = function(g)
    local function put(shape, indices, values, ...)
      return pack(g:array(shape), indices, values, ...)
    end
    if scalar(g) then return {} end
    if g.form == "empty" then
      return { put({ 3, 4 }, { g:index({ 0 }, 3) }, g:array({ 0, 4 })) }
    elseif g.form == "large" then
      return { put({ 300, 5 }, { g:index({ 200 }, 300, 1) }, g:array({ 200, 5 })) }
    end
    local mask = { dtype = "bool", shape = { 3 }, list = { true, false, true } }
    return {
      put({ 3, 4 }, { g:index({ 2 }, 3, 1) }, g:array({ 2, 4 })),
      put({ 3, 4 }, { g:index({ 2, 1 }, 3, 1), g:index({ 3 }, 4, 1) }, g:array({ 3 })),
      put({ 3, 4 }, { g:index({ 5 }, 3), g:index({ 5 }, 4) }, g:array({ 5 }), true),
      put({ 3, 4 }, { g:index({ 2, 2 }, 3) }, g:array({}), true),
      put({ 3, 4 }, { mask }, g:array({ 2, 4 })),
      put({ 3, 2 }, { mask, g:index({ 2 }, 2, 1) }, g:array({ 2 }), true),
    }
  end,
  take = function(g)
    if g.form == "empty" then return { pack(g:array({ 3 }), g:index({ 2, 0 }, 3)) } end
    if scalar(g) then return { pack(g:array({}), g:index({}, 1)) } end
    local shape = g.form == "large" and { 30, 50 } or { 3, 4 }
    return { pack(g:array(shape), g:index({ 2, 3 }, 12)), pack(g:array(shape), g:index({}, 12)) }
  end,
  take_along_dim = function(g)
    if g.form == "empty" then return { pack(g:array({ 3, 4 }), g:index({ 3, 0 }, 4), 2) } end
    if scalar(g) then return { pack(g:array({}), g:index({}, 1)) } end
    if g.form == "large" then return { pack(g:array({ 30, 50 }), g:index({ 30, 70 }, 50), 2) } end
    return {
      pack(g:array({ 3, 4 }), g:index({ 3, 2 }, 4), 2),
      pack(g:array({ 3, 4 }), g:index({ 2, 1 }, 3), 1),
      pack(g:array({ 1, 4 }), g:index({ 3, 2 }, 4), -1),
      pack(g:array({ 3, 4 }), g:index({ 2, 3 }, 12)),
    }
  end,
  masked_select = function(g)
    local list = { pack(g:array(g.shape), g:array(g.shape, "bool")) }
    if plain(g) then
      list[2] = pack(g:array({ 3, 4 }), g:array({ 4 }, "bool"))
      list[3] = pack(g:array({ 4 }), g:array({ 3, 1 }, "bool"))
    end
    return list
  end,
  masked_scatter = function(g)
    local list = { pack(g:array(g.shape), g:array(g.shape, "bool"), g:array(g.shape)) }
    if plain(g) then
      list[2] = pack(g:array({ 3, 4 }), g:array({ 4 }, "bool"), g:array({ 5, 4 }))
      list[3] = pack(g:array({ 3, 4 }), g:array({ 3, 1 }, "bool"), g:array({ 12 }))
    end
    return list
  end,
  nonzero = function(g)
    return { pack(sparse(g, g.shape)), with({ as_tuple = true }, sparse(g, g.shape)) }
  end,
  argwhere = function(g) return { pack(sparse(g, g.shape)) } end,
  one_hot = function(g)
    local function labels(shape) return g:array(shape, g.dtype, 1, 4) end
    if arrays.kind(g.dtype) ~= "i" then return {} end
    local list = { pack(labels(g.shape), 5) }
    if plain(g) then list[2] = pack(labels({ 2, 3 })) end
    return list
  end,
  scatter_reduce = scattered,
}

-- Repeated additions and products, each rounded to the dtype on the way.
local function folded(case, result)
  local out, most = {}, math.max(1, bounds.largest(case))
  local n = 6
  for i = 1, #result.list do
    local size = case.args[5] == "prod" and most ^ n or n * most
    out[i] = n * bounds.unit(result.dtype) * size
  end
  return out
end

family.bounds = { scatter_reduce = folded }

family.any_zero = tools.set "scatter_reduce"

family.positions = { nonzero = { 1, 2, 3 }, argwhere = 1 }

-- PyTorch takes labels in int64 only, and counts them from 0, like everything else.
family.apart = {
  one_hot = function(c) return c.dtype ~= "int64" end,
}

local array = tools.float64
local places = { dtype = "int64", shape = { 4 }, list = { 1, 1, 3, 1 }, index = 3 }

local function folded_at(x, src, ...) return { "scatter_reduce", pack(x, 1, places, src, ...) } end

-- Ties are shared, also with what was there before; a product with one zero has a gradient there.
family.conventions = {
  folded_at(array { 1.0, 2.0, 3.0 }, array { 2.0, 2.0, 3.0, 0.5 }, "amax"),
  folded_at(array { 1.0, 2.0, 3.0 }, array { 2.0, 1.0, 3.0, 1.0 }, "amin"),
  folded_at(array { 1.0, 2.0, 0.0 }, array { 2.0, 1.0, 3.0, 2.0 }, "amax", false),
  folded_at(array { 2.0, 0.0, 3.0 }, array { 4.0, 0.0, 5.0, 6.0 }, "prod"),
  folded_at(array { 0.0, 2.0, 3.0 }, array { 4.0, 3.0, 0.0, 6.0 }, "prod"),
}

return family
