--- What the Lua part of numoon shares: errors at the caller's line, and checked options.
--
-- A call that comes from outside numoon's own files is the caller: its line is where an error
-- belongs, however deep in the library the mistake was found.
local util = {}

-- The chunk names of numoon's own files begin with this: "@.../numoon/".
util.prefix = debug.getinfo(1, "S").source:match("^(@.*[/\\])") or "@"

--- The position "file:line: " of the innermost call outside numoon.
---@return string
function util.where()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return "" end
    if info.currentline > 0 and info.source:sub(1, #util.prefix) ~= util.prefix then
      return ("%s:%d: "):format(info.short_src, info.currentline)
    end
    level = level + 1
  end
end

--- Raises an error at the caller's line.
---@param format string
function util.error(format, ...)
  error(util.where() .. format:format(...), 0)
end

--- The name among `names` that `name` was most likely meant to be, or nil when none is close.
---@param name any
---@param names string[]
---@return string?
function util.nearest(name, names)
  if type(name) ~= "string" or name == "" then return nil end
  return require("numoon.core").nearest(name, names)
end

--- Whether a value can be called.
---@param f any
---@return boolean
function util.callable(f)
  local meta = getmetatable(f)
  return type(f) == "function" or (type(meta) == "table" and meta.__call ~= nil)
end

--- "; did you mean 'x'?", or "" when no name is close.
---@param name any
---@param names string[]
---@return string
function util.hint(name, names)
  local near = util.nearest(name, names)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

--- The string keys of a table, sorted.
---@param t table
---@return string[]
function util.keys(t)
  local keys = {}
  for key in pairs(t) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

--- Stands for "no default" in a table of defaults: the option may be left out and is then nil.
util.none = setmetatable({}, { __tostring = function() return "none" end })

--- What a value is, for messages: "number", "nil", "tensor of shape {2, 3}", ...
---@param value any
---@return string
function util.describe(value)
  if type(value) == "userdata" and require("numoon").is_tensor(value) then
    return "tensor of shape " .. tostring(value.shape)
  end
  if type(value) == "string" then return ("'%s'"):format(value) end
  if type(value) == "number" or type(value) == "boolean" then return tostring(value) end
  return type(value)
end

--- Checks an options table against its defaults and fills in what was left out.  An option whose
--- default is `util.none` may be of any type; any other has the type of its default.
---@param what string what the options belong to, for messages: "nn.Linear"
---@param given table?
---@param defaults table<string, any>
---@return table
function util.options(what, given, defaults)
  local options = {}
  for name, default in pairs(defaults) do
    if default == util.none then
      options[name] = nil
    elseif type(default) == "table" then -- a list; the caller may change his
      options[name] = table.move(default, 1, #default, 1, {})
    else
      options[name] = default
    end
  end
  if given == nil then return options end
  if type(given) ~= "table" then
    util.error("%s: options must be a table, got %s", what, util.describe(given))
  end
  for name, value in pairs(given) do
    local default = defaults[name]
    if default == nil then
      util.error("%s: unknown option '%s'%s", what, tostring(name),
        util.hint(name, util.keys(defaults)))
    elseif default ~= util.none and type(value) ~= type(default) then
      util.error("%s: option '%s' must be a %s, got %s", what, name, type(default),
        util.describe(value))
    end
    options[name] = value
  end
  return options
end

--- Checks that a value is an integer of at least `least`, and returns it as one.
---@param what string
---@param name string
---@param value any
---@param least integer
---@return integer
function util.integer(what, name, value, least)
  local integer = math.tointeger(value)
  if type(value) ~= "number" or not integer or integer < least then
    util.error("%s: %s must be an integer of at least %d, got %s", what, name, least,
      util.describe(value))
  end
  return integer --[[@as integer]]
end

--- Checks that a value is a number from `low` to `high` (infinite when left out), both included.
---@param what string
---@param name string
---@param value any
---@param low number
---@param high? number
---@return number
function util.number(what, name, value, low, high)
  high = high or math.huge
  if type(value) ~= "number" or not (value >= low and value <= high) then
    util.error("%s: %s must be a number %s, got %s", what, name,
      high < math.huge and ("from %g to %g"):format(low, high) or ("of at least %g"):format(low),
      util.describe(value))
  end
  return value
end

--- Checks that a value is one of a few strings.
---@param what string
---@param name string
---@param value any
---@param choices string[]
---@return string
function util.choice(what, name, value, choices)
  for _, choice in ipairs(choices) do
    if value == choice then return choice end
  end
  util.error("%s: %s must be one of '%s', got %s%s", what, name, table.concat(choices, "', '"),
    util.describe(value), util.hint(value, choices))
  return value
end

--- Checks that a value is a tensor.
---@param what string
---@param name string
---@param value any
---@return numoon.Tensor
function util.tensor(what, name, value)
  if not require("numoon").is_tensor(value) then
    util.error("%s: %s must be a tensor, got %s", what, name, util.describe(value))
  end
  return value
end

--- Makes reading an unknown field of a library's table an error that names the nearest one.
---@param name string
---@param library table
---@return table library
function util.strict(name, library)
  return setmetatable(library, {
    __index = function(_, key)
      util.error("%s has no field '%s'%s", name, tostring(key), util.hint(key, util.keys(library)))
    end,
  })
end

return util
