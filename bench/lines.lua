--- The lines in which cases and peers report: a JSON object each, of numbers and texts.
local lines = {}

local escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", n = "\n", t = "\t" }

--- The fields of a line, or nil if it is not one.
---@param text string
---@return table<string, string|number>?
function lines.decode(text)
  local at = text:match "^%s*{%s*()"
  if not at then return nil end
  local fields = {}
  while text:sub(at, at) ~= "}" do
    local key, start = text:match('^"([^"\\]*)"%s*:%s*()', at)
    if not key then return nil end
    local value, stop = text:match("^([%-%d][%d%.eE+-]*)()", start)
    if value then
      fields[key] = tonumber(value)
    elseif text:sub(start, start) == '"' then
      stop = start + 1
      while text:sub(stop, stop) ~= '"' do
        if stop > #text then return nil end
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      end
      fields[key] = text:sub(start + 1, stop - 1):gsub("\\(.)", escapes)
      stop = stop + 1
    else
      stop = text:match("^null()", start)
      if not stop then return nil end
    end
    at = text:match("^%s*,?%s*()", stop)
  end
  return fields
end

--- A value as JSON: a list, a table with names, sorted, a number, a text or a boolean.
---@param value any
---@return string
function lines.encode(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  end
  if type(value) == "number" then
    if value ~= value or value == math.huge or value == -math.huge then return "null" end
    return math.type(value) == "integer" and tostring(value) or ("%.9g"):format(value)
  end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if value[1] ~= nil or next(value) == nil then
    for i, item in ipairs(value) do parts[i] = lines.encode(item) end
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do
    parts[i] = lines.encode(key) .. ": " .. lines.encode(value[key])
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- All lines of a file.
---@param path string
---@return table[]
function lines.read(path)
  local found = {}
  for text in io.lines(path) do found[#found + 1] = lines.decode(text) end
  return found
end

return lines
