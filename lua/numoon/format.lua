--- Tensors as text: a table constructor that Lua reads back, aligned, and as short as is exact.
--
--   {{1.0, 2.5},
--    {3.0, 4.0}, dtype = "float64"}
--
-- Numbers have the fewest digits that give the same number again in the tensor's dtype.  Not a
-- number is 0/0, infinity 1/0.  More than 1000 elements are summarised: 3 at each edge, `...`
-- between them.  What a constructor can't say (a 0-d tensor's dtype, an empty tensor's shape,
-- grad_fn) stands in a comment behind it.
local core = require "numoon.core"

local nm = core.functions
local format = {}

local LIMIT, EDGE, COLUMNS = 1000, 3, 80

-- Significant digits that are always enough, and the bits of the fraction and the least exponent.
local precision = {
  float64 = { digits = 17 },
  float32 = { digits = 9 },
  float16 = { digits = 5, bits = 10, least = -14 },
  bfloat16 = { digits = 4, bits = 7, least = -126 },
}

-- Whether a number close to x rounds to x in a narrow float type: it is nearer than half the gap.
local function rounds_to(near, x, p)
  local fraction, exponent = math.abs(x), 0
  while fraction >= 2 do fraction, exponent = fraction / 2, exponent + 1 end
  while fraction < 1 and exponent > p.least do fraction, exponent = fraction * 2, exponent - 1 end
  local gap = 2.0 ^ (exponent - p.bits)
  if fraction == 1 then gap = gap / 2 end -- the gap below a power of two
  return math.abs(near - x) < gap / 2
end

local function reads_back(text, x, dtype)
  local near = tonumber(text)
  if dtype == "float64" then return near == x end
  if dtype == "float32" then return string.unpack("<f", string.pack("<f", near)) == x end
  return near == x or rounds_to(near, x, precision[dtype])
end

-- The shortest exact text of a float.
local function float_text(x, dtype)
  if x ~= x then return "0/0" end
  if x == math.huge then return "1/0" end
  if x == -math.huge then return "-1/0" end
  if x == math.floor(x) and math.abs(x) < 1e7 then return ("%.1f"):format(x) end
  local text
  for digits = 1, precision[dtype].digits do
    text = ("%." .. digits - 1 .. "e"):format(x)
    if reads_back(text, x, dtype) then break end
  end
  local mantissa, exponent = text:match("^(.*)e(.*)$")
  exponent = math.tointeger(tonumber(exponent))
  if exponent < -5 or exponent >= 8 then
    if not mantissa:find(".", 1, true) then mantissa = mantissa .. ".0" end
    return ("%se%+03d"):format(mantissa, exponent)
  end
  local digits = #mantissa:gsub("[-.]", "")
  return ("%." .. math.max(digits - 1 - exponent, 1) .. "f"):format(x)
end

-- Replaces the values of nested tables by their texts, and finds how wide they are: before and
-- after the point, and as a whole where there is none to align.
local function to_text(value, depth, dtype, width)
  if depth > 0 then
    local list = {}
    for i = 1, #value do list[i] = to_text(value[i], depth - 1, dtype, width) end
    return list
  end
  local text = precision[dtype] and float_text(value, dtype) or tostring(value)
  if value == math.mininteger then text = "math.mininteger" end -- its digits would read as a float
  width.whole = math.max(width.whole, #text)
  local point = text:find(".", 1, true)
  if text:find("e", 1, true) and point then
    width.aligned = false
  elseif point then
    width.before = math.max(width.before, point - 1)
    width.after = math.max(width.after, #text - point + 1)
  end
  return text
end

local function pad(text, width)
  local point = text:find(".", 1, true)
  local after = point and width.aligned and width.after - (#text - point + 1) or 0
  local whole = width.aligned and math.max(width.whole, width.before + width.after) or width.whole
  return (" "):rep(whole - after - #text) .. text .. (" "):rep(after)
end

-- A row of numbers, broken where the line is full.
local function row(list, indent, width, skipped)
  local parts, column = {}, indent + 1
  for i = 1, #list do
    local text = pad(list[i], width)
    if i == #list then text = text:gsub("%s+$", "") end
    if i > 1 and column + #text + 1 > COLUMNS then
      parts[#parts + 1] = "\n" .. (" "):rep(indent + 1)
      column = indent + 1
    elseif i > 1 then
      parts[#parts + 1] = " "
    end
    parts[#parts + 1] = i < #list and text .. "," or text
    column = column + #text + 2
    if skipped and i == EDGE then
      parts[#parts + 1] = " ...,"
      column = column + 5
    end
  end
  return "{" .. table.concat(parts) .. "}"
end

-- `skipped[d]`: dim d of the whole is summarised here.
local function block(list, d, ndim, width, skipped)
  if d == ndim then return row(list, d - 1, width, skipped[d]) end
  local parts = {}
  local comma = ndim - d > 1 and ",\n\n" or ",\n"
  for i = 1, #list do
    if i > 1 then parts[#parts + 1] = comma .. (" "):rep(d) end
    parts[#parts + 1] = block(list[i], d + 1, ndim, width, skipped)
    if skipped[d] and i == EDGE then parts[#parts + 1] = comma .. (" "):rep(d) .. "..." end
  end
  return "{" .. table.concat(parts) .. "}"
end

-- The edges of a long tensor, and which dims they are edges of.
local function summary(t)
  local skipped = {}
  if t:numel() <= LIMIT then return t, skipped end
  local edges = {}
  for i = 1, EDGE do edges[i], edges[EDGE + i] = i, i - EDGE - 1 end
  local places = nm.tensor(edges, { device = t.device })
  for d = 1, t.ndim do
    if t:size(d) > 2 * EDGE then
      local key = {}
      for i = 1, d - 1 do key[i] = {} end
      key[d] = places
      t = t[key]
      skipped[d] = true
    end
  end
  return t, skipped
end

-- What stands beside the values: options that nm.tensor takes, and a comment.
local function remarks(t, is_summary)
  local options, comments = {}, {}
  local list = t.ndim == 0 and comments or options
  local plain = t.dtype == "int64" or t.dtype == "bool"
  if t:numel() == 0 then plain = false end
  if not plain and t.dtype ~= nm.get_default_dtype() then
    list[#list + 1] = ('dtype = "%s"'):format(t.dtype)
  end
  if t.device ~= nm.get_default_device() then
    list[#list + 1] = ('device = "%s"'):format(t.device)
  end
  local grad_fn = t.grad_fn
  if grad_fn then
    comments[#comments + 1] = "grad_fn=" .. grad_fn
  elseif t.requires_grad then
    list[#list + 1] = "requires_grad=true"
  end
  if is_summary or (t:numel() == 0 and t.ndim > 1) then
    comments[#comments + 1] = "shape " .. tostring(t.shape)
  end
  return options, comments
end

--- The text of a tensor.
---@param t numoon.Tensor
---@return string
function format.text(t)
  local _ <close> = nm.no_grad()
  local part, skipped = summary(t)
  local options, comments = remarks(t, part ~= t and next(skipped) ~= nil)
  local width = { before = 0, after = 0, whole = 0, aligned = true }
  local values = to_text(part:totable(), t.ndim, t.dtype, width)
  local text = t.ndim == 0 and values or block(values, 1, t.ndim, width, skipped)
  if #options > 0 then
    local inside = text:sub(1, -2)
    if inside ~= "{" then inside = inside .. ", " end
    text = inside .. table.concat(options, ", ") .. "}"
  end
  if #comments > 0 then text = text .. " -- " .. table.concat(comments, ", ") end
  return text
end

return format
