--- Handwritten-looking digits, drawn from strokes: every pixel's distance to a few line segments,
--- for hundreds of digits at a time as tensor ops.
local nm = require "numoon"

local strokes = {}

-- ---- the shapes: ten digits as polylines in a unit square, y downwards ----

local SEGMENTS = 22 -- of each digit; shorter ones are filled up with segments of length zero

-- Points of an elliptic arc, angles in degrees, 0 to the right and 90 downwards.
local function arc(x, y, rx, ry, from, to, n)
  local points = {}
  for i = 0, n do
    local a = math.rad(from + (to - from) * i / n)
    points[#points + 1] = { x + rx * math.cos(a), y + ry * math.sin(a) }
  end
  return points
end

local function join(...)
  local all = {}
  for _, points in ipairs { ... } do table.move(points, 1, #points, #all + 1, all) end
  return all
end

local SHAPES = { -- by digit, from 0
  [0] = { arc(.5, .5, .27, .4, -90, 270, 20) },
  { { { .36, .24 }, { .54, .1 }, { .54, .9 } } },
  { join(arc(.49, .32, .25, .22, -170, 40, 9), { { .24, .9 }, { .78, .9 } }) },
  { join(arc(.46, .3, .24, .2, -150, 85, 9), arc(.46, .7, .28, .21, -85, 150, 9)) },
  { { { .62, .9 }, { .62, .1 }, { .2, .64 }, { .82, .64 } } },
  { join({ { .74, .1 }, { .34, .1 }, { .3, .46 } }, arc(.47, .66, .28, .24, -120, 145, 10)) },
  { join({ { .64, .1 }, { .42, .3 }, { .28, .52 } }, arc(.5, .69, .25, .21, -160, 190, 13)) },
  { { { .2, .12 }, { .8, .12 }, { .44, .9 } } },
  { arc(.5, .29, .2, .19, 90, 450, 10), arc(.5, .7, .25, .21, -90, 270, 10) },
  { join(arc(.49, .32, .24, .22, 0, 345, 13), { { .73, .4 }, { .64, .9 } }) },
}

-- The two ends of every segment of every digit: two tensors (10, SEGMENTS, 2).
local function segments()
  local from, to = {}, {}
  for digit = 0, 9 do
    local a, b = {}, {}
    for _, stroke in ipairs(SHAPES[digit]) do
      for i = 2, #stroke do
        a[#a + 1], b[#b + 1] = stroke[i - 1], stroke[i]
      end
    end
    for i = #a + 1, SEGMENTS do a[i], b[i] = b[#b], b[#b] end
    from[digit + 1], to[digit + 1] = a, b
  end
  return nm.tensor(from), nm.tensor(to)
end

-- ---- how a hand varies them ----

local function uniform(low, high, ...) return nm.rand(...) * (high - low) + low end

-- Turns, scales, slants and moves points (N, SEGMENTS, 2), and bends space a little, so that no two
-- digits have the same proportions: the same function for both ends of a segment.
local function hand(n, varied)
  if not varied then return function(p) return p end end
  local angle, slant = uniform(-.24, .24, n, 1), uniform(-.3, .2, n, 1)
  local sx, sy = uniform(.62, 1, n, 1), uniform(.72, 1, n, 1)
  local mx, my = uniform(-.08, .08, n, 1), uniform(-.08, .08, n, 1)
  local bend, wave = uniform(-.5, .5, n, 1), uniform(0, 2 * math.pi, n, 1)
  local c, s = angle:cos(), angle:sin()
  return function(p)
    local x, y = p[{ "...", 1 }] - .5, p[{ "...", 2 }] - .5
    x = x + bend * y * y + (y * 7 + wave):sin() * .03
    y = y + (x * 6 + wave):cos() * .03
    x, y = (x - slant * y) * sx, y * sy
    return nm.stack({ x * c - y * s + mx + .5, x * s + y * c + my + .5 }, 3)
  end
end

---@class StrokeOptions
---@field size? integer the height and width in pixels, 28
---@field thickness? number half the width of a line; drawn at random when left out
---@field varied? boolean whether each digit is different, as written by hand; true

--- Draws digits of given classes (digit d is class d + 1) as images (N, size, size) of brightness
--- 0 to 1.
---@param classes numoon.Tensor
---@param options? StrokeOptions
---@return numoon.Tensor
function strokes.render(classes, options)
  options = options or {}
  local n, size, varied = #classes, options.size or 28, options.varied ~= false
  local from, to = segments()
  local move = hand(n, varied)
  local a, b = move(from[classes]), move(to[classes])
  local thickness = options.thickness or uniform(.022, .06, n, 1, 1)
  -- Pixel centres, row by row, and the segments as (N, SEGMENTS, 1).
  local at = (nm.arange(size):to("float32") + .5) / size
  local px = at:expand(size, size):reshape(-1)
  local py = at:view(size, 1):expand(size, size):reshape(-1)
  local ax, ay = a[{ "...", { 1, 1 } }], a[{ "...", { 2, 2 } }]
  local dx, dy = b[{ "...", { 1, 1 } }] - ax, b[{ "...", { 2, 2 } }] - ay
  local per_length = 1 / (dx * dx + dy * dy + 1e-9)
  -- The nearest point of a segment is at t, from 0 to 1 along it.
  local x, y = px - ax, py - ay
  local t = ((x * dx + y * dy) * per_length):clamp(0, 1)
  local distance = ((x - t * dx):square() + (y - t * dy):square()):neg():amax(2, true):neg():sqrt()
  local image = ((thickness - distance) * (size * .8) + .5):clamp(0, 1)
  return image:view(n, size, size)
end

--- Draws n digits at random: images (N, 28, 28) of brightness 0 to 1, with the grain of a scanner,
--- and their classes.
---@param n integer
---@return numoon.Tensor images
---@return numoon.Tensor classes
function strokes.draw(n)
  local classes, parts = nm.randint(1, 11, { n }), {}
  for first = 1, n, 500 do
    local some = strokes.render(classes[{ { first, math.min(first + 499, n) } }])
    parts[#parts + 1] = nm.eval((some * uniform(.7, 1, #some, 1, 1) + nm.randn_like(some) * .06)
      :clamp(0, 1))
  end
  return nm.cat(parts), classes
end

return strokes
