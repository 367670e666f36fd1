--- Ops that change shapes: views, lists of views, repetition, arrangement.
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with, plain, scalar = tools.pack, tools.with, tools.plain, tools.scalar
local views = tools.views

local family = {}

-- A few tensors of these shapes as one list.
local function joined(forms)
  return function(g)
    local list = {}
    for _, row in ipairs(forms[g.form] or {}) do
      local tensors = {}
      for i, shape in ipairs(row) do tensors[i] = g:array(shape) end
      list[#list + 1] = pack(tensors)
    end
    if plain(g) and forms.promotes then
      list[#list + 1] = pack({ g:array({ 3, 4 }), g:array({ 3, 4 }, "int32") })
    end
    return list
  end
end

local function triangles(rows)
  return tools.created(function(g)
    if scalar(g) then return {} end
    local list = {}
    for i, row in ipairs(rows[g.form] or {}) do list[i] = pack(table.unpack(row)) end
    return list
  end)
end

local corners = triangles {
  plain = { { 3, 3 }, { 3, 5, 1 }, { 4, 2, -1 }, { 2, 3, 9 }, { 2, 3, -9 } },
  empty = { { 0, 3 }, { 2, 0 } },
}

local triangle = views {
  plain = { { { 3, 4 } }, { { 4, 3 }, 1 }, { { 2, 3, 3 }, -1 }, { { 3, 4 }, 9 }, { { 3, 4 }, -9 } },
  empty = { { { 0, 4 } }, { { 2, 3, 0 }, 1 } }, large = { { { 40, 70 }, 3 } },
}

family.arguments = {
  split = views {
    plain = { { { 5, 4 }, 2 }, { { 5, 4 }, { 1, 0, 3 }, -1 }, { { 5, 4 }, 9, 1 }, { { 5 }, { 5 } },
      { { 5 }, { 2 } } },
    empty = { { { 0, 4 }, 3 }, { { 0, 4 }, { 2, 2 }, 2 } },
  },
  chunk = views {
    plain = { { { 5, 4 }, 2 }, { { 5, 4 }, 3, -1 }, { { 5, 4 }, 9, 1 } },
    empty = { { { 0, 4 }, 3 }, { { 0, 4 }, 2, 2 } },
  },
  tensor_split = views {
    plain = { { { 5, 4 }, 2 }, { { 5, 4 }, 3, -1 }, { { 3, 4 }, 5, 1 }, { { 5, 4 }, { 2, 4 } },
      { { 5 }, { 3 } }, { { 5, 4 }, { 1, 3, 2, 9 }, 1 }, { { 5, 4 }, { -2 }, 2 } },
    empty = { { { 0, 4 }, 3 }, { { 0, 4 }, { 2 }, 2 } },
  },
  unbind = views {
    plain = { { { 5, 4 } }, { { 5, 4 }, -1 }, { { 2, 3, 2 }, 2 } },
    empty = { { { 2, 0 } } },
  },
  meshgrid = function(g)
    local function lists(...)
      local out = {}
      for i, n in ipairs { ... } do out[i] = g:array(n < 0 and {} or { n }) end
      return out
    end
    if g.form == "empty" then return { pack(lists(2, 0)) } end
    if scalar(g) then return { pack(lists(-1, -1)) } end
    if not plain(g) then return {} end
    return {
      pack(lists(2, 3)), with({ indexing = "xy" }, lists(2, 3)), pack(lists(4)),
      with({ indexing = "xy" }, lists(2, 3, 2)), with({ indexing = "ij" }, lists(2, -1, 3)),
      with({ indexing = "xy" }, lists(3)),
    }
  end,
  broadcast_tensors = joined {
    plain = { { { 3, 1 }, { 4 } }, { { 2, 3, 1 }, {}, { 1, 4 } }, { { 3, 4 } } },
    scalar = { { {}, {} } }, empty = { { { 0, 1 }, { 4 } } },
  },

  unflatten = views {
    plain = { { { 2, 6 }, 2, { 2, 3 } }, { { 6, 2 }, 1, { -1, 2 } }, { { 2, 6 }, -1, { 1, 6 } },
      { { 6 }, 1, { 6 } } },
    empty = { { { 0, 4 }, 1, { 2, 0 } }, { { 0, 4 }, 2, { 2, -1 } } },
  },
  movedim = views {
    plain = { { { 2, 3, 4 }, 1, 3 }, { { 2, 3, 4 }, -1, 1 }, { { 2, 3, 4 }, { 1, 2 }, { 3, 1 } },
      { { 2, 3, 2, 2 }, { 4, 1 }, { 1, 2 } }, { { 3 }, 1, 1 } },
    scalar = { { {}, 1, 1 } }, empty = { { { 0, 4 }, 1, 2 } },
  },
  atleast_1d = views { plain = { { { 3 } }, { { 3, 4 } } }, scalar = { { {} } },
    empty = { { { 0 } } } },
  atleast_2d = views { plain = { { { 3 } }, { { 3, 4 } } }, scalar = { { {} } },
    empty = { { { 0 } } } },
  atleast_3d = views { plain = { { { 3 } }, { { 3, 4 } }, { { 2, 3, 2 } } }, scalar = { { {} } },
    empty = { { { 0 } }, { { 0, 4 } } } },

  diagonal = views {
    plain = { { { 3, 4 } }, { { 3, 4 }, 1 }, { { 3, 4 }, -1 }, { { 3, 4 }, 9 }, { { 4, 3 }, -9 },
      { { 2, 3, 4 }, 0, 2, 3 }, { { 2, 3, 4 }, 1, -1, 1 }, { { 3, 3, 2 }, -1 } },
    empty = { { { 0, 4 } }, { { 2, 0, 3 }, 1, 1, 3 } },
  },
  diag_embed = views {
    plain = { { { 3 } }, { { 2, 3 }, 1 }, { { 2, 3 }, -2 }, { { 2, 3 }, 0, 1, 3 },
      { { 2, 3 }, 1, 3, 1 } },
    empty = { { { 0 } }, { { 2, 0 }, 1 } },
  },
  diag = views {
    plain = { { { 3 } }, { { 3 }, 1 }, { { 3 }, -2 }, { { 3, 4 } }, { { 3, 4 }, 1 },
      { { 3, 4 }, -2 } },
    empty = { { { 0 } }, { { 0, 4 } } },
  },
  unfold = views {
    plain = { { { 7 }, 1, 3, 1 }, { { 7, 2 }, 1, 3, 2 }, { { 2, 6 }, -1, 2, 2 },
      { { 2, 5 }, 2, 5, 1 }, { { 5 }, 1, 2, 9 }, { { 2, 4, 2 }, 2, 1, 1 } },
    scalar = { { {}, 1, 1, 1 } }, empty = { { { 0, 4 }, 2, 3, 1 }, { { 3 }, 1, 0, 1 } },
  },
  as_strided = views {
    plain = { { { 3, 4 }, { 2, 2, 2 }, { 1, 1, 1 } }, { { 3, 4 }, { 4, 3 }, { 1, 4 } },
      { { 12 }, { 3, 4 }, { 3, 1 }, 2 }, { { 6 }, { 4, 3 }, { 0, 2 }, 1 },
      { { 3, 4 }, {}, {}, 3 } },
    scalar = { { {}, { 2, 2 }, { 0, 0 } } }, empty = { { { 0, 4 }, { 0 }, { 1 } } },
  },

  flip = views {
    plain = { { { 3, 4 }, 1 }, { { 3, 4 }, -1 }, { { 2, 3, 4 }, { 1, 3 } }, { { 5 }, 1 },
      { { 3, 4 }, {} } },
    scalar = { { {}, {} } }, empty = { { { 0, 4 }, { 1, 2 } } }, large = { { { 60, 70 }, 2 } },
  },
  fliplr = views { plain = { { { 3, 4 } }, { { 2, 3, 2 } } }, empty = { { { 0, 4 } } } },
  flipud = views { plain = { { { 3, 4 } }, { { 5 } } }, empty = { { { 0, 4 } } } },
  roll = views {
    plain = { { { 3, 4 }, 5 }, { { 3, 4 }, 1, 1 }, { { 3, 4 }, -1, -1 }, { { 3, 4 }, 0, 1 },
      { { 2, 3, 2 }, { 1, -2 }, { 3, 2 } }, { { 5 }, 12, 1 }, { { 3, 4 }, { 1, 1 }, { 1, 1 } } },
    scalar = { { {}, 3 } }, empty = { { { 0, 4 }, 1, 1 }, { { 0, 4 }, 3 } },
  },
  rot90 = views {
    plain = { { { 3, 4 } }, { { 3, 4 }, 2 }, { { 3, 4 }, -1 }, { { 3, 4 }, 4 },
      { { 2, 3, 2 }, 1, { 2, 3 } }, { { 2, 3, 2 }, 7, { 3, 1 } } },
    empty = { { { 0, 4 } } },
  },
  tril = triangle, triu = triangle,
  tril_indices = corners, triu_indices = corners,
  tile = views {
    plain = { { { 2, 3 }, { 2, 2 } }, { { 2, 3 }, { 3 } }, { { 3 }, { 2, 1, 2 } },
      { { 2, 3 }, { 1, 1 } }, { { 2, 1, 2 }, { 2, 3, 1 } }, { { 2, 3 }, { 0, 2 } } },
    scalar = { { {}, { 3 } }, { {}, {} } }, empty = { { { 0, 4 }, { 2, 2 } } },
  },
  repeat_interleave = function(g)
    local function times(...) return { dtype = "int64", shape = { select("#", ...) },
      list = { ... } } end
    if g.form == "empty" then
      return { pack(g:array({ 0, 4 }), 2), pack(g:array({ 0, 4 }), times(1, 0, 2, 1), 2) }
    elseif scalar(g) then
      return { pack(g:array({}), 3) }
    elseif not plain(g) then
      return { pack(g:array({ 40, 30 }), 3, 1) }
    end
    return {
      pack(g:array({ 3, 4 }), 2), pack(g:array({ 3, 4 }), 3, 1), pack(g:array({ 3, 4 }), 2, -1),
      pack(g:array({ 3, 4 }), times(2, 0, 3), 1), pack(g:array({ 4 }), times(1, 2, 0, 2)),
      pack(g:array({ 3, 4 }), times(2), 2), pack(g:array({ 2, 3, 2 }), 0, 2),
    }
  end,

  hstack = joined { plain = { { { 3 }, { 2 } }, { { 3, 4 }, { 3, 2 } }, { { 3 }, {} } },
    scalar = { { {}, {} } }, empty = { { { 0, 4 }, { 0, 2 } } }, promotes = true },
  vstack = joined { plain = { { { 3 }, { 3 } }, { { 3, 4 }, { 2, 4 } }, { { 3, 4 }, { 4 } } },
    scalar = { { {}, {} } }, empty = { { { 0, 4 }, { 2, 4 } } }, promotes = true },
  dstack = joined { plain = { { { 3 }, { 3 } }, { { 3, 4 }, { 3, 4 } }, { { 2, 3, 2 }, { 2, 3 } } },
    scalar = { { {}, {} } }, empty = { { { 0, 4 }, { 0, 4 } } }, promotes = true },
  column_stack = joined { plain = { { { 3 }, { 3 } }, { { 3, 4 }, { 3 } },
    { { 3, 2 }, { 3, 1 } } }, scalar = { { {}, {} } }, empty = { { { 0 }, { 0, 2 } } },
    promotes = true },

  logspace = tools.created(function(g)
    if scalar(g) then return {} end
    if g.form == "empty" then return { pack(0, 1, 0) } end
    return { pack(0, 2, 5), pack(-1.5, 1, 4, 2), pack(3, 3, 2), pack(1, 2, 1, 0.5) }
  end),
}

-- pow is off by 2 ulps, and by the exponent's rounding times its size and log(base).
local function powers(_, result)
  local out = {}
  for i, y in ipairs(result.list) do
    out[i] = 32 * bounds.accumulator(result.dtype) * math.abs(y)
      + 2 * bounds.unit(result.dtype) * math.abs(y)
  end
  return out
end

family.bounds = { logspace = powers }

-- It sees the storage, which PyTorch is not told.
family.apart = {
  as_strided = function(c) return c.layout ~= "contiguous" end,
}

return family
