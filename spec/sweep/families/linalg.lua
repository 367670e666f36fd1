--- Linear algebra.
--
-- The matrices are mostly diagonal, with distinct integers on the diagonal and elements of at most
-- 0.4 beside it: condition numbers are below 20, and singular values and eigenvalues lie apart.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with = tools.pack, tools.with

local family = {}

-- Changes the elements at (i, j) of each matrix of an array.
local function each_element(array, f)
  local n = #array.shape
  local rows, cols = array.shape[n - 1], array.shape[n]
  for k = 1, #array.list do
    local i, j = (k - 1) // cols % rows + 1, (k - 1) % cols + 1
    array.list[k] = f(i, j, array.list[k], k)
  end
  return array
end

local function matrix(g, shape)
  local whole = arrays.kind(g.dtype) ~= "f"
  local array = whole and g:array(shape) or g:array(shape, g.dtype, -0.4, 0.4)
  return each_element(array, function(i, j, x)
    if i ~= j or whole then return x end
    return (i % 2 == 0 and -1.0 or 1.0) * (2 + i)
  end)
end

local function symmetric(g, shape)
  local cols = shape[#shape]
  local array = matrix(g, shape)
  if arrays.kind(g.dtype) ~= "f" then return array end
  return each_element(array, function(i, j, x, k)
    if i == j then return math.abs(x) end
    if i < j then return x end
    local mirrored = k - (i - 1) * cols - j + (j - 1) * cols + i
    return array.list[mirrored]
  end)
end

local function triangular(g, shape)
  return each_element(matrix(g, shape), function(i, j, x) return i <= j and x or 0.0 end)
end

-- Rows of { shape, what follows ... } by form, of matrices that `make` makes.  Matrices whose rows
-- are all the same would be singular: layouts that repeat need a batch.
local function of(make, rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      if g.layout ~= "expanded" or #row[1] > 2 or g.form == "empty" then
        local args = with(row.options, make(g, row[1]), table.unpack(row, 2))
        list[#list + 1] = args
      end
    end
    return list
  end
end

local square = {
  plain = { { { 3, 3 } }, { { 2, 3, 3 } }, { { 1, 1 } }, { { 2, 1, 2, 2 } } },
  empty = { { { 0, 0 } }, { { 0, 3, 3 } } }, large = { { { 2, 20, 20 } } },
}
local any = {
  plain = { { { 3, 3 } }, { { 2, 3, 4 } }, { { 2, 4, 3 } } },
  empty = { { { 0, 3 } }, { { 2, 3, 0 } }, { { 0, 3, 3 } } }, large = { { { 2, 20, 17 } } },
}

-- A and B, and options: rows of { shape of A, shape of B, options }.
local function equations(make, rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      if g.layout ~= "expanded" or #row[1] > 2 or g.form == "empty" then
        list[#list + 1] = with(row[3], make(g, row[1]), g:array(row[2]))
      end
    end
    return list
  end
end

local right = {
  { { 3, 3 }, { 3, 2 } }, { { 2, 3, 3 }, { 2, 3, 2 } }, { { 2, 3, 3 }, { 3, 2 } },
}

local norms = { 1, 2, math.huge, -1, -2, -math.huge, "fro", "nuc" }

local function norm_cases(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows(g)) do
      local array = g.form == "plain" and #row[1] > 1 and matrix(g, row[1]) or g:array(row[1])
      if g.layout == "expanded" then array = g:array(row[1]) end
      list[#list + 1] = with(row.options, array, table.unpack(row, 2))
    end
    return list
  end
end

local function vector_norms(g)
  if g.form == "scalar" then return { { {} }, { {}, 3 } } end
  if g.form == "empty" then return { { { 0, 4 } }, { { 0, 4 }, 1, 2 } } end
  if g.form == "large" then return { { { 40, 50 } }, { { 40, 50 }, 3, 2 } } end
  local list = { { { 3, 4 } }, { { 3, 4 }, 2, { 1, 2 }, true }, { { 2, 3, 4 }, 2, { 1, 3 } } }
  for _, p in ipairs { 0, 1, 2, 3, 0.5, -1, -2, math.huge, -math.huge } do
    list[#list + 1] = { { 3, 4 }, p, 2 }
  end
  return list
end

-- Equal singular values and rows have no derivative in these norms: matrices of distinct ones.
local function matrix_norms(g)
  if g.form == "scalar" then return {} end
  if g.form == "empty" then return { { { 0, 3, 4 } }, { { 3, 0 }, 1 } } end
  if g.form == "large" then return { { { 20, 17 } }, { { 20, 17 }, "nuc" } } end
  local list = { { { 2, 3, 4 } }, { { 3, 2, 4 }, "fro", { 1, -1 }, true } }
  if g.layout == "expanded" then return list end
  for _, p in ipairs(norms) do list[#list + 1] = { { 3, 4 }, p } end
  list[#list + 1] = { { 3, 2, 3 }, "nuc", { 1, 3 }, true }
  list[#list + 1] = { { 3, 2, 3 }, math.huge, { 3, 1 } }
  return list
end

local function either_norms(g)
  local list = {}
  if g.form == "plain" and g.layout ~= "expanded" then
    list = { { { 3, 4 }, 1 }, { { 3, 4 }, "nuc" }, { { 4 }, 3 }, { { 3, 4 }, 3, 2 },
      { { 2, 3, 4 }, "fro", { 2, 3 }, true } }
  end
  if g.form == "plain" then
    list[#list + 1] = { { 2, 3, 4 } }
    list[#list + 1] = { { 2, 3, 4 }, options = { dim = { 1, 3 } } }
  elseif g.form == "scalar" then
    list[1] = { {} }
  elseif g.form == "empty" then
    list[1] = { { 0, 3 } }
  else
    list[1] = { { 20, 17 } }
  end
  return list
end

local inverse, determinant = of(matrix, square), of(matrix, square)

local function whole_powers(g)
  local list = {}
  local rows = of(matrix, square)(g)
  for k, args in ipairs(rows) do
    args[2], args.n = k == 1 and 3 or k == 2 and 0 or 2, 2
    list[#list + 1] = args
  end
  if g.form == "plain" and arrays.kind(g.dtype) == "f" then
    list[#list + 1] = pack(matrix(g, { 2, 3, 3 }), -2)
  end
  return list
end

family.arguments = {
  ["linalg.inv"] = inverse, inverse = inverse,
  ["linalg.det"] = determinant, det = determinant,
  ["linalg.slogdet"] = determinant, slogdet = determinant, logdet = of(symmetric, square),
  ["linalg.solve"] = equations(matrix, {
    plain = { right[1], right[2], right[3], { { 3, 3 }, { 3 } }, { { 2, 3, 3 }, { 2, 3 } },
      { { 2, 3, 3 }, { 4, 3 }, { left = false } } },
    empty = { { { 0, 0 }, { 0, 2 } }, { { 0, 3, 3 }, { 3, 2 } }, { { 3, 3 }, { 3, 0 } } },
    large = { { { 2, 20, 20 }, { 20, 7 } } },
  }),
  ["linalg.solve_triangular"] = equations(matrix, {
    plain = {
      { { 3, 3 }, { 3, 2 }, { upper = true } }, { { 2, 3, 3 }, { 3, 2 }, { upper = false } },
      { { 2, 3, 3 }, { 4, 3 }, { upper = true, left = false } },
      { { 2, 3, 3 }, { 3, 2 }, { upper = false, unitriangular = true } },
    },
    empty = { { { 0, 0 }, { 0, 2 }, { upper = true } } },
    large = { { { 2, 20, 20 }, { 20, 7 }, { upper = true } } },
  }),
  ["linalg.cholesky"] = of(symmetric, {
    plain = { { { 3, 3 } }, { { 2, 3, 3 } }, { { 2, 3, 3 }, options = { upper = true } } },
    empty = square.empty, large = square.large,
  }),
  cholesky_solve = function(g)
    local list = {}
    for _, args in ipairs(equations(triangular, { plain = right,
      empty = { { { 0, 0 }, { 0, 2 } } }, large = { { { 2, 20, 20 }, { 2, 20, 7 } } } })(g)) do
      list[#list + 1] = pack(args[2], args[1], true)
    end
    return list
  end,
  cholesky_inverse = of(triangular, {
    plain = { { { 3, 3 }, true }, { { 2, 3, 3 }, true } }, empty = { { { 0, 0 }, true } },
    large = { { { 2, 12, 12 }, true } },
  }),
  ["linalg.qr"] = of(matrix, {
    plain = { { { 3, 3 } }, { { 2, 3, 4 } }, { { 2, 4, 3 } }, { { 2, 9, 8 }, "complete" } },
    empty = { { { 0, 3 } }, { { 2, 3, 0 } }, { { 2, 3, 0 }, "complete" } },
    large = { { { 2, 20, 17 } } },
  }),
  ["linalg.svd"] = of(matrix, {
    plain = { { { 3, 3 } }, { { 2, 3, 4 }, false }, { { 2, 4, 3 }, false }, { { 2, 9, 8 }, true } },
    empty = { { { 2, 0, 3 }, true }, { { 2, 3, 0 }, false } }, large = { { { 2, 20, 17 }, false } },
  }),
  ["linalg.lu"] = of(matrix, any), ["linalg.lu_factor"] = of(matrix, any),
  ["linalg.svdvals"] = of(matrix, any),
  ["linalg.eigh"] = of(symmetric, {
    plain = { { { 3, 3 } }, { { 2, 3, 3 } }, { { 2, 3, 3 }, "U" } },
    empty = square.empty, large = square.large,
  }),
  ["linalg.eigvalsh"] = of(symmetric, square),
  ["linalg.eig"] = of(symmetric, { plain = { { { 3, 3 } }, { { 2, 3, 3 } } },
    empty = { { { 0, 0 } } }, large = { { { 2, 12, 12 } } } }),
  ["linalg.eigvals"] = of(symmetric, { plain = { { { 3, 3 } }, { { 2, 3, 3 } } },
    empty = { { { 0, 0 } } }, large = { { { 2, 12, 12 } } } }),
  ["linalg.matrix_rank"] = of(matrix, any),
  ["linalg.pinv"] = of(matrix, any), pinverse = of(matrix, any),
  ["linalg.lstsq"] = equations(matrix, {
    plain = {
      { { 3, 3 }, { 3, 2 } }, { { 2, 4, 3 }, { 2, 4, 2 } }, { { 2, 3, 4 }, { 2, 3, 2 } },
      { { 2, 4, 3 }, { 2, 4 } }, { { 2, 4, 3 }, { 2, 4, 2 }, { driver = "gelsd" } },
      { { 2, 4, 3 }, { 2, 4, 2 }, { driver = "gels" } },
      { { 2, 4, 3 }, { 2, 4, 2 }, { driver = "gelss" } },
    },
    empty = { { { 0, 3, 3 }, { 0, 3, 2 } } }, large = { { { 2, 20, 17 }, { 2, 20, 3 } } },
  }),
  ["linalg.vector_norm"] = norm_cases(vector_norms),
  ["linalg.matrix_norm"] = norm_cases(matrix_norms),
  ["linalg.norm"] = norm_cases(either_norms),
  ["linalg.cond"] = function(g)
    local list = {}
    if g.form == "scalar" then return list end
    if g.form == "empty" then return { pack(matrix(g, { 0, 3, 3 })) } end
    if g.form == "large" then return { pack(matrix(g, { 2, 20, 20 })) } end
    if g.layout ~= "expanded" then
      for _, p in ipairs(norms) do list[#list + 1] = pack(matrix(g, { 3, 3 }), p) end
    end
    list[#list + 1] = pack(matrix(g, { 2, 3, 4 }))
    list[#list + 1] = pack(matrix(g, { 2, 3, 3 }), "fro")
    return list
  end,
  ["linalg.matrix_power"] = whole_powers, matrix_power = whole_powers,
  ["linalg.multi_dot"] = function(g)
    local function x(...) return g:array({ ... }) end
    if g.form == "scalar" then return {} end
    if g.form == "empty" then return { pack({ x(2, 0), x(0, 3) }) } end
    if g.form == "large" then return { pack({ x(10, 30), x(30, 5), x(5, 20) }) } end
    return { pack({ x(2, 3), x(3, 4) }), pack({ x(2, 3), x(3, 2), x(2, 4), x(4, 2) }),
      pack({ x(3), x(3, 4), x(4) }), pack({ x(2, 3), x(3, 4), x(4) }) }
  end,
}

-- Backward stable: within c n u of the result of a matrix that is n u |A| away; the condition is
-- below 20, and that of vectors in the distance between values, which is above 1/2.
local function stable(case, result)
  local first, most, out = case.args[1], 0.0, {}
  if not arrays.is(first) then first = first[1] end
  local n = math.max(1, table.unpack(first.shape))
  for _, y in ipairs(result.list) do
    if math.abs(y) < math.huge then most = math.max(most, math.abs(y)) end
  end
  local step = 64 * n * bounds.accumulator(result.dtype) + 2 * bounds.unit(result.dtype)
  for i = 1, #result.list do out[i] = step * math.max(most, 1) end
  return out
end

-- Of integers, which are exact, by all digits.
local function of_floats(bound)
  return function(case, result)
    if arrays.kind(result.dtype) == "f" then return bound(case, result) end
    local out = {}
    for i = 1, #result.list do out[i] = 0 end
    return out
  end
end

-- Chains: a product of so many factors, summed over all inner sizes.
local function chain(case, result)
  local factor, most = 1.0, 1
  for _, x in ipairs(case.args[1]) do
    local size = 0.0
    for _, v in ipairs(x.list) do size = math.max(size, math.abs(v)) end
    most = math.max(most, table.unpack(x.shape))
    factor = factor * size * math.max(1, x.shape[#x.shape])
  end
  local u, out = bounds.accumulator(result.dtype), {}
  for i = 1, #result.list do
    out[i] = #case.args[1] * (most * u + 2 * bounds.unit(result.dtype)) * factor
  end
  return out
end

family.bounds, family.any_zero = {}, {}
for name in pairs(family.arguments) do
  family.bounds[name] = of_floats(name == "linalg.multi_dot" and chain or stable)
  family.any_zero[name] = true
end

-- Signs of vectors that are nearly a unit vector depend on rounding, and so on the kernels that a
-- BLAS chooses: large ones are compared by their products, in linalg_spec.lua.
local function large(c) return c.form == "large" end
family.apart = { ["linalg.eigh"] = large, ["linalg.eig"] = large, ["linalg.svd"] = large }

-- The matrix is one of which only a triangle is read; the gradient is symmetric.
local function mirrored(x) return (x + x.mT) / 2 end
family.through = {
  ["linalg.cholesky"] = mirrored, ["linalg.eigh"] = mirrored, ["linalg.eigvalsh"] = mirrored,
}

local array = tools.float64
family.conventions = {
  { "linalg.svdvals", pack(array({ 1.0, 0.0, 0.0, 1.0 }, { 2, 2 })) },
  { "linalg.vector_norm", pack(array { 0.0, 0.0 }) },
  { "linalg.vector_norm", pack(array { 0.0, 0.0 }, 3) },
  { "linalg.vector_norm", pack(array { 0.0, 2.0 }, 1) },
}

return family
