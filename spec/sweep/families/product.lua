--- Products, and what is composed of them.
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar

local family = {}

-- beta * input + alpha * product: rows of the shapes of the three, by their form.
local function added(rows)
  return function(g)
    local list = {}
    for _, shape in ipairs(rows[g.form] or {}) do
      local function x(k) return g:array(shape[k]) end
      list[#list + 1] = pack(x(1), x(2), x(3))
      if plain(g) then
        list[#list + 1] = with({ beta = 2, alpha = 3 }, x(1), x(2), x(3))
        list[#list + 1] = with({ beta = 0 }, x(1), x(2), x(3))
        if arrays.kind(g.dtype) == "f" then
          list[#list + 1] = with({ beta = 0.5, alpha = 0.25 }, x(1), x(2), x(3))
        end
      end
    end
    return list
  end
end

-- Rows of what comes before the operands and their shapes, by form.
local function formulas(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      local operands = {}
      for k = 2, #row do operands[k - 1] = g:array(row[k]) end
      list[#list + 1] = pack(row[1], operands)
    end
    return list
  end
end

-- Rows of two shapes and what follows, by form.
local function pairs_of(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      list[#list + 1] = pack(g:array(row[1]), g:array(row[2]), table.unpack(row, 3))
    end
    return list
  end
end

local function distances(g)
  local function x(...) return g:array({ ... }) end
  if arrays.kind(g.dtype) ~= "f" or scalar(g) then return {} end
  if g.form == "empty" then return { pack(x(0, 3), x(4, 3)), pack(x(2, 0), x(4, 0)) } end
  if g.form == "large" then return { pack(x(30, 40), x(28, 40)), pack(x(30, 40), x(28, 40), 1) } end
  local list = { pack(x(2, 1, 3, 4), x(3, 5, 4)) }
  for _, p in ipairs { 0, 1, 2, 1.5, 3, math.huge } do
    list[#list + 1] = pack(x(3, 4), x(5, 4), p)
  end
  return list
end

-- Layers: the shapes of the input and the weight; with a bias and without.
local function layers(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      local function x(shape) return g:array(shape) end
      list[#list + 1] = pack(x(row[1]), x(row[2]))
      list[#list + 1] = pack(x(row[1]), x(row[2]), x({ row[2][1] }))
    end
    return list
  end
end

family.arguments = {
  ["nn.functional.linear"] = layers {
    plain = { { { 3, 4 }, { 5, 4 } }, { { 4 }, { 5, 4 } }, { { 2, 3, 4 }, { 1, 4 } } },
    empty = { { { 3, 0 }, { 2, 0 } }, { { 0, 4 }, { 3, 4 } }, { { 2, 4 }, { 0, 4 } } },
    large = { { { 65, 130 }, { 71, 130 } }, { { 1, 130 }, { 71, 130 } } },
  },
  vdot = tools.products { { { 5 }, { 5 } }, { { 1500 }, { 1500 } }, { { 0 }, { 0 } } },
  inner = tools.products {
    { { 4 }, { 4 } }, { { 3, 4 }, { 4 } }, { { 2, 3, 4 }, { 5, 4 } }, { {}, { 3 } }, { { 3 }, {} },
    { { 2, 0 }, { 3, 0 } }, { { 0, 3 }, { 2, 3 } }, { { 17, 40 }, { 5, 40 } },
  },
  outer = tools.products {
    { { 3 }, { 4 } }, { { 0 }, { 4 } }, { { 3 }, { 0 } }, { { 130 }, { 70 } },
  },
  addmm = added {
    plain = { { { 3, 5 }, { 3, 4 }, { 4, 5 } }, { { 5 }, { 3, 4 }, { 4, 5 } },
      { {}, { 3, 4 }, { 4, 5 } } },
    empty = { { { 3, 5 }, { 3, 0 }, { 0, 5 } }, { { 0, 5 }, { 0, 4 }, { 4, 5 } } },
    large = { { { 40, 33 }, { 40, 65 }, { 65, 33 } } },
  },
  addmv = added {
    plain = { { { 3 }, { 3, 4 }, { 4 } }, { { 1 }, { 3, 4 }, { 4 } } },
    empty = { { { 3 }, { 3, 0 }, { 0 } } },
    large = { { { 40 }, { 40, 65 }, { 65 } } },
  },
  baddbmm = added {
    plain = { { { 2, 3, 5 }, { 2, 3, 4 }, { 2, 4, 5 } }, { { 3, 1 }, { 2, 3, 4 }, { 2, 4, 5 } } },
    empty = { { { 2, 3, 5 }, { 2, 3, 0 }, { 2, 0, 5 } },
      { { 0, 3, 5 }, { 0, 3, 4 }, { 0, 4, 5 } } },
    large = { { { 3, 20, 17 }, { 3, 20, 33 }, { 3, 33, 17 } } },
  },
  addbmm = added {
    plain = { { { 3, 5 }, { 2, 3, 4 }, { 2, 4, 5 } } },
    empty = { { { 3, 5 }, { 0, 3, 4 }, { 0, 4, 5 } } },
    large = { { { 20, 17 }, { 3, 20, 33 }, { 3, 33, 17 } } },
  },
  addr = added {
    plain = { { { 3, 4 }, { 3 }, { 4 } }, { { 4 }, { 3 }, { 4 } } },
    empty = { { { 0, 4 }, { 0 }, { 4 } } },
    large = { { { 70, 30 }, { 70 }, { 30 } } },
  },
  einsum = formulas {
    plain = {
      { "ij,jk->ik", { 3, 4 }, { 4, 2 } }, { "ij, jk", { 3, 4 }, { 4, 2 } },
      { "bij,bjk->bik", { 2, 3, 4 }, { 2, 4, 2 } }, { "ii->i", { 3, 3 } }, { "ii", { 3, 3 } },
      { "bii->b", { 2, 3, 3 } }, { "ij->ji", { 3, 4 } }, { "ba", { 3, 4 } }, { "ij->", { 3, 4 } },
      { "i,j->ij", { 3 }, { 4 } }, { "i,i->", { 4 }, { 4 } }, { "ij,ij->i", { 3, 4 }, { 3, 4 } },
      { "...ij,...jk->...ik", { 2, 1, 3, 4 }, { 5, 4, 2 } }, { "...i->i...", { 2, 3, 4 } },
      { "i...,j...", { 2, 3 }, { 4, 3 } }, { "i...->i", { 2, 3, 4 } },
      { "bn,anm,bm->ba", { 2, 3 }, { 5, 3, 4 }, { 2, 4 } },
      { "ab,bc,cd,de->ea", { 2, 3 }, { 3, 4 }, { 4, 2 }, { 2, 3 } },
      { "iij,jkk->ik", { 3, 3, 2 }, { 2, 4, 4 } }, { "Ij,jA", { 2, 3 }, { 3, 4 } },
      { "ijk,jil->kl", { 2, 3, 4 }, { 3, 2, 5 } }, { "ij,kl->jl", { 2, 3 }, { 4, 5 } },
      { "ij,ij->ij", { 3, 1 }, { 1, 4 } }, { "ij,jk->ik", { 3, 1 }, { 4, 2 } },
      { "abc,cba,b->a", { 2, 3, 4 }, { 4, 3, 2 }, { 3 } },
    },
    scalar = { { "", {} }, { ",->", {}, {} }, { ",i", {}, { 3 } }, { "...,...", {}, {} } },
    empty = { { "ij,jk->ik", { 3, 0 }, { 0, 2 } }, { "ij,jk->ik", { 0, 4 }, { 4, 2 } } },
    large = { { "bij,bkj->bik", { 3, 20, 30 }, { 3, 11, 30 } } },
  },
  tensordot = pairs_of {
    plain = {
      { { 3, 4 }, { 3, 4 } }, { { 3, 4 }, { 4, 5 }, 1 }, { { 3 }, { 4 }, 0 },
      { { 2, 3, 4 }, { 4, 3, 5 }, { { 2, 3 }, { 2, 1 } } }, { { 2, 3, 4 }, { 3, 5 }, { 2, 1 } },
      { { 2, 3 }, { 2, 3 }, { { 1, -1 }, { 1, -1 } } }, { { 3, 4 }, { 1, 5 }, { { 2 }, { 1 } } },
    },
    scalar = { { {}, {}, 0 } }, empty = { { { 3, 0 }, { 0, 2 }, 1 }, { { 0, 4 }, { 4, 3 }, 1 } },
    large = { { { 20, 5, 7 }, { 5, 7, 30 }, 2 } },
  },
  kron = pairs_of {
    plain = { { { 2, 3 }, { 4, 2 } }, { { 3 }, { 2, 2 } }, { { 2, 1, 2 }, { 3 } }, { {}, { 3 } } },
    scalar = { { {}, {} } }, empty = { { { 0, 2 }, { 3, 2 } } }, large = { { { 5, 7 }, { 9, 8 } } },
  },
  cross = pairs_of {
    plain = { { { 3 }, { 3 } }, { { 4, 3 }, { 4, 3 } }, { { 3, 4 }, { 3, 4 }, 1 },
      { { 2, 3, 5 }, { 2, 3, 5 }, -2 } },
    empty = { { { 0, 3 }, { 0, 3 } } }, large = { { { 3, 500 }, { 3, 500 }, 1 } },
  },
  ["linalg.cross"] = pairs_of {
    plain = { { { 3 }, { 3 } }, { { 4, 3 }, { 1, 3 } }, { { 3, 1 }, { 3, 4 }, 1 },
      { { 2, 3, 5 }, { 1, 3, 1 }, -2 } },
    empty = { { { 0, 3 }, { 1, 3 } } }, large = { { { 500, 3 }, { 500, 3 } } },
  },
  cdist = distances,
  trace = function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(g:array({ 0, 3 })) } end
    if g.form == "large" then return { pack(g:array({ 60, 70 })) } end
    return { pack(g:array({ 3, 3 })), pack(g:array({ 3, 4 })), pack(g:array({ 4, 2 })) }
  end,
}

-- Of a formula: products of all operands, and no more sums than the largest of them or of the sets
-- of two of them has elements; what comes out on the way is rounded to the dtype for each operand.
local function formula_bound(case, result)
  local operands, most = {}, 1
  for k, x in ipairs(case.args[2]) do
    local list = {}
    for i, v in ipairs(x.list) do list[i] = math.abs(v) end
    local t = #list == 0 and nm.zeros(0) or nm.tensor(list)
    operands[k] = t:to("float64"):reshape(x.shape)
    most = math.max(most, #list)
  end
  local magnitude = nm.einsum(case.args[1], operands):reshape({ -1 }):totable()
  local u = bounds.unit(result.dtype)
  local step = #operands * (most * bounds.accumulator(result.dtype) + 2 * u)
  for i, m in ipairs(magnitude) do magnitude[i] = m * step end
  return magnitude
end

-- The product is rounded, then scaled, the input scaled, and both added.
local function added_bound(case, result)
  local n = #case.args[2].shape > 1 and case.args[2].shape[#case.args[2].shape] or 1
  if case.op.name == "addbmm" then n = n * case.args[2].shape[1] end
  local each = bounds.of_absolute(function() return n + 4 end)(case, result)
  local rounding = bounds.of_absolute(function() return 0 end)(case, result)
  for i in ipairs(each) do each[i] = each[i] + rounding[i] end
  return each
end

-- A sum of n powers of differences, each off by a few roundings and the power's own error, and a
-- root, which divides relative errors by p.  Through a product (more than 25 rows) the square is
-- off by n + 4 roundings of the squared lengths.
local function distance_bound(case, result)
  local u, n, out = bounds.accumulator(result.dtype), case.args[1].shape[#case.args[1].shape], {}
  local p = case.args[3] or 2
  local products = p == 2 and case.form == "large"
  local length = 2 * math.sqrt(n) * bounds.largest(case)
  for i, y in ipairs(result.list) do
    out[i] = (n + 16) * 2 * u * y * math.max(1, p > 0 and 1 / p or 1)
    out[i] = out[i] + 2 * bounds.unit(result.dtype) * y
    if products then
      local step = 2 * (n + 4) * u * length * length
      out[i] = out[i] + math.min(math.sqrt(step), y > 0 and step / y or math.huge)
    end
  end
  return out
end

local absolute = bounds.of_absolute
family.bounds = {
  ["nn.functional.linear"] = added_bound,
  vdot = absolute(bounds.inner), trace = absolute(bounds.reduced),
  inner = absolute(function(c) return #c.args[1].shape > 0 and bounds.inner(c) or 1 end),
  outer = absolute(bounds.few), kron = absolute(bounds.few),
  addmm = added_bound, addmv = added_bound, baddbmm = added_bound, addbmm = added_bound,
  addr = added_bound, einsum = formula_bound, cdist = distance_bound,
  tensordot = function(c, result)
    return absolute(function() return #c.args[1].list + 2 end)(c, result)
  end,
}

-- a b - c d, where both products are rounded: the difference of the absolute values says nothing.
local function cross_bound(case, result)
  local most, out = bounds.largest(case), {}
  for i = 1, #result.list do out[i] = 6 * bounds.unit(result.dtype) * most * most end
  return out
end
family.bounds.cross, family.bounds["linalg.cross"] = cross_bound, cross_bound

-- Sums of products with either sign of 0.
family.any_zero = tools.set [[nn.functional.linear einsum tensordot inner addmm addmv
  baddbmm addbmm addr vdot cross linalg.cross]]

-- There a small product with beta = 0 is added to what was in memory.
family.apart = {
  baddbmm = function(c) return c.args.options and c.args.options.beta == 0 end,
}

family.conventions = {
  { "cdist", pack(tools.float64({ 1.0, 2.0, 3.0, 4.0 }, { 2, 2 }),
    tools.float64({ 1.0, 2.0, 3.0, 5.0 }, { 2, 2 })) },
  { "cdist", pack(tools.float64({ 1.0, 2.0, 3.0, 4.0 }, { 2, 2 }),
    tools.float64({ 1.0, 2.0, 3.0, 5.0 }, { 2, 2 }), 1) },
}

return family
