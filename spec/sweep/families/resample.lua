--- Padding, interpolation, sampling by a grid.
local arrays = require "spec.sweep.arrays"
local bounds = require "spec.sweep.bounds"
local tools = require "spec.sweep.tools"

local pack, with = tools.pack, tools.with
local F = "nn.functional."

local family = {}

-- Rows of { shape, options }.
local function optioned(rows)
  return function(g)
    local list = {}
    for _, row in ipairs(rows[g.form] or {}) do
      list[#list + 1] = with(row[2], g:array(row[1]))
    end
    return list
  end
end

local interpolation = optioned {
  plain = {
    { { 2, 2, 5 }, { size = 8 } }, { { 1, 2, 5 }, { scale_factor = 1.7 } },
    { { 1, 2, 5 }, { scale_factor = { 0.5 }, mode = "linear" } },
    { { 1, 2, 4, 3 }, { size = { 3, 7 }, mode = "nearest-exact" } },
    { { 1, 2, 4, 3 }, { size = { 3, 7 }, mode = "bilinear" } },
    { { 1, 2, 4, 3 }, { size = { 7, 2 }, mode = "bilinear", align_corners = true } },
    { { 1, 1, 4, 3 }, { scale_factor = { 1.5, 2.5 }, mode = "bicubic" } },
    { { 1, 1, 4, 3 }, { size = 5, mode = "bicubic", align_corners = true } },
    { { 1, 2, 5, 4 }, { size = { 3, 2 }, mode = "area" } },
    { { 1, 1, 2, 3, 2 }, { size = { 3, 2, 4 }, mode = "trilinear" } },
    { { 1, 2, 5 }, { scale_factor = 1.3, mode = "linear", recompute_scale_factor = true } },
  },
  empty = { { { 0, 2, 5 }, { size = 3 } } },
  large = { { { 2, 3, 20, 30 }, { size = { 31, 17 }, mode = "bilinear" } } },
}

local function sampled(g)
  local function grid(...) return g:array({ ... }, g.dtype, -1.3, 1.3) end
  if g.form == "large" then return { pack(g:array({ 2, 3, 9, 7 }), grid(2, 13, 11, 2)) } end
  if g.form == "empty" then return { pack(g:array({ 1, 0, 2, 2 }), grid(1, 2, 2, 2)) } end
  if g.form ~= "plain" then return {} end
  local function x() return g:array({ 1, 2, 3, 4 }) end
  local volume = g:array({ 1, 1, 2, 3, 2 })
  local list = { pack(x(), grid(1, 2, 3, 2)), pack(volume, grid(1, 1, 2, 1, 3)) }
  for _, mode in ipairs { "bilinear", "nearest", "bicubic" } do
    for _, padding in ipairs { "border", "reflection" } do
      list[#list + 1] = with({ mode = mode, padding_mode = padding }, x(), grid(1, 2, 2, 2))
    end
    list[#list + 1] = with({ mode = mode, align_corners = true }, x(), grid(1, 2, 2, 2))
  end
  list[#list + 1] = with({ padding_mode = "reflection", align_corners = true }, x(),
    grid(1, 2, 2, 2))
  return list
end

local function shuffled(rows)
  return tools.views { plain = rows, empty = { { { 0, 4, 2, 2 }, 2 } } }
end

family.arguments = {
  [F .. "pad"] = tools.views {
    plain = {
      { { 3, 4 }, { 1, 2 } }, { { 3, 4 }, { 1, -1, -2, 1 }, "constant", 2 }, { { 3, 4 }, {} },
      { { 2, 3, 4 }, { 2, 3 }, "reflect" }, { { 1, 2, 3, 4 }, { 1, 2, 2, 1 }, "replicate" },
      { { 1, 2, 3, 4 }, { 4, 1, 2, 3 }, "circular" }, { { 1, 2, 3, 4 }, { 1, 0, 0, 2 }, "reflect" },
    },
    empty = { { { 0, 4 }, { 1, 1 } }, { { 0, 4 }, { 0, 0, 2, 0 } } },
  },
  [F .. "interpolate"] = interpolation, [F .. "upsample"] = interpolation,
  [F .. "pixel_shuffle"] = shuffled {
    { { 2, 8, 2, 3 }, 2 }, { { 9, 2, 1 }, 3 }, { { 1, 4, 2, 2 }, 1 },
  },
  [F .. "pixel_unshuffle"] = shuffled {
    { { 2, 2, 4, 6 }, 2 }, { { 1, 6, 3 }, 3 }, { { 1, 4, 2, 2 }, 1 },
  },
  [F .. "grid_sample"] = sampled,
  [F .. "affine_grid"] = function(g)
    if g.form ~= "plain" then return {} end
    return {
      pack(g:array({ 2, 2, 3 }), { 2, 1, 3, 4 }),
      with({ align_corners = true }, g:array({ 2, 2, 3 }), { 2, 1, 3, 1 }),
      pack(g:array({ 1, 3, 4 }), { 1, 2, 2, 3, 2 }),
      with({ align_corners = true }, g:array({ 1, 3, 4 }), { 1, 2, 2, 3, 2 }),
    }
  end,
}

family.apart = {
  -- there the modes other than constant are for floats alone
  [F .. "pad"] = function(c)
    return c.args[3] and c.args[3] ~= "constant" and arrays.kind(c.dtype) ~= "f"
  end,
  -- of no samples PyTorch 1.13 gives the input back
  [F .. "pixel_unshuffle"] = function(c) return c.form == "empty" end,
}

-- A place is off by a few roundings of the size (below 32 here), which the difference of two
-- neighbours, at most twice the largest element, multiplies; bicubic weights add up to 1.6 a dim.
local near = bounds.relative(128)
family.bounds = {
  [F .. "interpolate"] = near, [F .. "upsample"] = near, [F .. "grid_sample"] = near,
  [F .. "affine_grid"] = bounds.relative(8),
}

return family
