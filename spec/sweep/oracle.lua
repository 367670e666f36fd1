--- PyTorch as the reference: one Python process computes all cases of the sweep
--- (spec/oracle/oracle.py).
--
-- The system's Python is asked, /usr/bin/python3 (another by NUMOON_ORACLE_PYTHON); where it has no
-- torch there is no oracle, and the sweep says so.
local arrays = require "spec.sweep.arrays"

local oracle = {}

local python = os.getenv("NUMOON_ORACLE_PYTHON") or "/usr/bin/python3"

-- ---- writing ----

local function number_text(x)
  if math.type(x) == "integer" then return tostring(x) end
  if x ~= x then return "NaN" end
  if x == math.huge then return "Infinity" elseif x == -math.huge then return "-Infinity" end
  local text = ("%.17g"):format(x)
  return text:find("[.e]") and text or text .. ".0"
end

local encode

local function encode_list(list)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = encode(value) end
  return "[" .. table.concat(parts, ",") .. "]"
end

-- Positions count from 0 there, and none from the end.
local function from_zero(array)
  local list = {}
  for i, v in ipairs(array.list) do list[i] = v < 0 and v + array.index or v - 1 end
  return list
end

function encode(value)
  if type(value) == "number" then return number_text(value) end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "string" then return '"' .. value .. '"' end
  if not arrays.is(value) then return encode_list(value) end
  return ('{"t":"%s","s":%s,"v":%s}'):format(value.dtype, encode_list(value.shape),
    encode_list(value.index and from_zero(value) or value.list))
end

local function shifted(kind, value)
  if kind == "dims" and type(value) == "table" then
    local list = {}
    for i, d in ipairs(value) do list[i] = d > 0 and d - 1 or d end
    return list
  end
  local counted = kind == "dim" or kind == "dims" or kind == "index"
  return counted and value > 0 and value - 1 or value
end

-- The arguments by the names of the parameters.
local function encode_case(case)
  local parts = {}
  for k, p in ipairs(case.op.params) do
    local value = case.args[k]
    if value == nil and case.args.options then value = case.args.options[p.name] end
    if value ~= nil then
      parts[#parts + 1] = ('"%s":%s'):format(p.name, encode(shifted(p.kind, value)))
    end
  end
  local grads = case.grads and (',"grads":%s'):format(encode_list(case.grads)) or ""
  return ('{"op":"%s","args":{%s}%s}'):format(case.op.name, table.concat(parts, ","), grads)
end

-- ---- reading ----

local words = { nan = 0 / 0, inf = math.huge, ["-inf"] = -math.huge }

local function parse_result(text)
  local dtype, dims, elements = text:match("^(%w+)|([^|]*)|(.*)$")
  local result = { dtype = dtype, shape = {}, list = {} }
  for size in dims:gmatch("%d+") do table.insert(result.shape, math.tointeger(size)) end
  for word in elements:gmatch("%S+") do
    local value = words[word] or tonumber(word)
    if dtype == "bool" then value = value ~= 0 end
    table.insert(result.list, value)
  end
  return result
end

local function parse(line)
  if line:sub(1, 1) == "E" then return { error = line:sub(3) } end
  local results = {}
  for text in line:sub(3):gmatch("[^;]+") do table.insert(results, parse_result(text)) end
  return results
end

--- The Python that is asked.
oracle.python = python

--- Whether there is a Python with torch.
function oracle.available()
  return os.execute(python .. ' -c "import torch" >/dev/null 2>&1') == true
end

-- What is to be asked, and the lines of the answers; these are read one by one, as all of them
-- together take a gigabyte.
local into, count, lines = nil, 0, {}

--- Adds a case to what will be asked; its number.
function oracle.ask(case)
  into = into or { path = os.tmpname() }
  into.file = into.file or assert(io.open(into.path, "w"))
  into.file:write(count > 0 and ",\n" or "[\n", encode_case(case))
  count = count + 1
  return count
end

--- Asks for all cases at once.
function oracle.run()
  if count == 0 then return end
  local from = os.tmpname()
  into.file:write("\n]\n")
  into.file:close()
  local ok = os.execute(("%s spec/oracle/oracle.py %s %s"):format(python, into.path, from))
  for line in io.lines(from) do
    if line:find "^[RE] " then lines[#lines + 1] = line else oracle.version = line end
  end
  os.remove(into.path)
  os.remove(from)
  assert(ok, "the oracle failed")
  assert(#lines == count, "the oracle did not answer every case")
end

--- The answer to a question by its number: a list of { dtype, shape, list }, or a table with an
--- `error`.
function oracle.answer(number) return parse(lines[number]) end

return oracle
