--- What the generators of documentation share: the registry in words.
local core = require "numoon.core"

local registry = {}

--- The families in the order of the reference, and their titles.  A family that is not named here
--- comes last, under its own name.
registry.families = {
  { "create", "Creation" }, { "draw", "Random numbers" }, { "shape", "Shape" },
  { "part", "Parts" }, { "split", "Splitting" }, { "join", "Joining" },
  { "arrange", "Arrangement" }, { "copy", "Copies, dtypes and devices" },
  { "elementwise", "Elementwise" }, { "compose", "Elementwise, of several steps" },
  { "activation", "Activations" }, { "reduce", "Reductions" }, { "statistics", "Statistics" },
  { "scan", "Scans" }, { "sort", "Sorting" }, { "quantile", "Elements by rank" },
  { "search", "Searching" }, { "unique", "Distinct elements" }, { "histogram", "Histograms" },
  { "rows", "Softmax and its kin" }, { "normalize", "Normalization" },
  { "gather", "Gather and scatter" }, { "select", "Selecting by index" }, { "mask", "Masks" },
  { "matmul", "The matrix product" }, { "product", "Products" },
  { "algebra", "Products of several steps" },
  { "einsum", "Sums of products by a formula" },
  { "equations", "Linear equations" }, { "linalg", "Singular values and eigenvalues" },
  { "norms", "Norms, powers and chains of matrices" },
  { "conv", "Convolutions" }, { "pool", "Pooling" }, { "fold", "Blocks of images" },
  { "loss", "Losses" },
  { "resample", "Resampling and padding" }, { "grid", "Sampling by a grid" },
}

local function is_public(op) return op.func or op.method or op.inplace end

local function by_name(a, b) return a.name < b.name end

--- A list of { title, ops } with all public ops.
function registry.grouped()
  local of, seen, list = {}, {}, {}
  for _, op in pairs(core.ops()) do
    if is_public(op) then
      of[op.family] = of[op.family] or {}
      table.insert(of[op.family], op)
    end
  end
  local function add(name, title)
    seen[name] = true
    if not of[name] then return end
    table.sort(of[name], by_name)
    list[#list + 1] = { title = title, ops = of[name] }
  end
  for _, row in ipairs(registry.families) do add(row[1], row[2]) end
  local rest = {}
  for name in pairs(of) do
    if not seen[name] then rest[#rest + 1] = name end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do add(name, name) end
  return list
end

--- The binding's own functions, by name.
function registry.own()
  local list = core.own()
  table.sort(list, by_name)
  return list
end

-- ---- parameters ----

--- Of each kind of parameter: what it is in words, and its type in annotations.
registry.kinds = {
  tensor = { "a tensor", "numoon.Tensor" },
  operand = { "a tensor or a number", "numoon.Tensor|number|boolean" },
  tensors = { "a list of tensors", "numoon.Tensor[]" },
  number = { "a number or boolean", "number|boolean" },
  int = { "an integer", "integer" },
  float = { "a number", "number" },
  bool = { "true or false", "boolean" },
  dim = { "a dim, counted from 1, or from the end by -1", "integer" },
  dims = { "a dim or a list of dims", "integer|integer[]" },
  index = { "a position, counted from 1, or from the end by -1", "integer" },
  sizes = { "sizes, as integers or as one list", "integer|integer[]" },
  ints = { "a list of integers", "integer[]" },
  each = { "an integer, or a list of them", "integer|integer[]" },
  floats = { "a number, or a list of them", "number|number[]" },
  parts = { "an integer, or a list of them", "integer|integer[]" },
  pair = { "an integer, or two lists of dims", "integer|integer[][]" },
  word = { "a number, or a name", "number|string" },
  padding = { "an integer, a list of them, or a name", "integer|integer[]|string" },
  dtype = { "a dtype", "numoon.dtype" },
  device = { "a device", "numoon.device" },
  string = { "a string", "string" },
  any = { "any value", "any" },
}

--- The parameters of a call: without the first for a method; the named ones apart.
local function parts_of(op, from)
  local positional, named = {}, {}
  for k = from, #op.params do
    local p = op.params[k]
    table.insert(p.named and named or positional, p)
  end
  return positional, named
end
registry.parts = parts_of

--- A call as text: `nm.sum(input, [dim], {dtype})`.
function registry.call(op, head, from)
  local positional, named = parts_of(op, from or 1)
  local parts, names = {}, {}
  for i, p in ipairs(positional) do
    local name = p.kind == "sizes" and "..." .. p.name or p.name
    parts[i] = p.optional and "[" .. name .. "]" or name
  end
  for i, p in ipairs(named) do names[i] = p.name end
  if #names > 0 then parts[#parts + 1] = "{" .. table.concat(names, ", ") .. "}" end
  return ("%s(%s)"):format(head, table.concat(parts, ", "))
end

--- All the ways to call an op.
function registry.calls(op)
  local list = {}
  if op.func then list[#list + 1] = registry.call(op, "nm." .. op.name) end
  if op.method then list[#list + 1] = registry.call(op, "x:" .. op.name, 2) end
  if op.inplace then list[#list + 1] = registry.call(op, "x:" .. op.inplace, 2) end
  return list
end

-- ---- text ----

local function is_formula(text)
  return text:find "[%^*/=(+]" ~= nil or text:find " %- " ~= nil
end

--- A doc's parts: the text, the formula behind a colon, the source in brackets at its end.
function registry.doc(op)
  local text, source = op.doc:match "^(.-)%s*%[([^%[%]]*%d%d%d%d[^%[%]]*)%]$"
  text = text or op.doc
  local before, formula = text:match "^(.-): (.+)$"
  if formula and is_formula(formula) then return before, formula, source end
  if op.elementwise and is_formula(text) and #text < 40 then text = "`" .. text .. "`" end
  return text, nil, source
end

--- The shapes of an op; those of elementwise ops follow from the number of operands.
function registry.shapes(op)
  if op.shapes then return op.shapes end
  if not op.elementwise then return nil end
  if #op.params == 1 then return "(...) -> (...)" end
  local operands = {}
  for i = 1, #op.params do operands[i] = "(...)" end
  return table.concat(operands, ", ") .. " -> (...), broadcast"
end

local dtypes = { f = "floats", i = "integers", b = "bool" }

--- The dtypes of the first tensor, in words.
function registry.dtypes(op)
  if not op.dtypes then return nil end
  if op.dtypes == "fib" then return "all" end
  local parts = {}
  for letter in op.dtypes:gmatch "." do parts[#parts + 1] = dtypes[letter] end
  return table.concat(parts, ", ")
end

--- How many tensors an op gives at most: as many as its shapes have behind the arrow.
function registry.results(op)
  local shapes = registry.shapes(op)
  local behind = shapes and shapes:match "%->(.*)$" or ""
  local most = 1
  for alternative in (behind .. " or "):gmatch "(.-) or " do
    local _, n = alternative:gsub("%b()", "")
    most = math.max(most, n)
  end
  return most
end

-- ---- examples ----

-- Three numbers for an elementwise op, within its range, as text.
local function numbers(op)
  local low, high = op.lo or -2, op.hi or 2
  local whole = not op.dtypes:find("f", 1, true)
  local list = {}
  for i, x in ipairs { low + (high - low) / 4, low + (high - low) / 2, high } do
    list[i] = whole and ("%d"):format(math.floor(x)) or ("%.1f"):format(x)
  end
  return list
end

--- An op's example; those of elementwise ops follow from the number of operands.
function registry.example(op)
  if op.example or not op.elementwise then return op.example end
  local list = numbers(op)
  local x = "nm.tensor{" .. table.concat(list, ", ") .. "}"
  if op.params[1].name == "condition" then
    return ("nm.%s(nm.tensor{true, false, true}, %s, 0.0)"):format(op.name, x)
  end
  local others = {}
  for k = 2, #op.params do others[k - 1] = list[2] end
  return ("%s:%s(%s)"):format(x, op.name, table.concat(others, ", "))
end

local function value_text(value)
  if type(value) ~= "table" or getmetatable(value) then return tostring(value) end
  local parts = {}
  for i, v in ipairs(value) do parts[i] = value_text(v) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- Runs an op's example, from seed 1 on; what it prints.
function registry.run_example(op)
  local nm = require "numoon"
  local env = setmetatable({ nm = nm }, { __index = _G })
  local f = assert(load("return " .. registry.example(op), "=" .. op.name, "t", env))
  nm.manual_seed(1)
  local results = table.pack(f())
  local parts = {}
  for i = 1, results.n do parts[i] = value_text(results[i]) end
  local text = table.concat(parts, "\t")
  if text:find("\n", 1, true) then text = table.concat(parts, "\n") end
  return text
end

return registry
