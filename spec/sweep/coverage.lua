--- What the sweep covered: a line for each op, and what is missing.
local arrays = require "spec.sweep.arrays"

local coverage = {}

-- The letters of the columns, in their order.
local dtypes = { float32 = "f32", float64 = "f64", float16 = "f16", bfloat16 = "b16", int64 = "i64",
  int32 = "i32", int16 = "i16", int8 = "i8", uint8 = "u8", bool = "b" }
local layouts = { { "contiguous", "c" }, { "transposed", "t" }, { "narrowed", "n" },
  { "stepped", "s" }, { "expanded", "x" }, { "scalar", "0" }, { "empty", "e" }, { "large", "L" },
  { "edges", "!" } }

--- The columns, and what a line of them means.
coverage.columns = { "op", "cases", "reference", "dtypes", "layouts", "grad", "gradgrad",
  "vulkan" }

function coverage.legend()
  local parts = {}
  for _, layout in ipairs(layouts) do parts[#parts + 1] = layout[2] .. " " .. layout[1] end
  return "layouts and forms: " .. table.concat(parts, ", ")
end

local rows = {}

local function row_of(name)
  rows[name] = rows[name] or { cases = 0, references = {}, dtypes = {}, layouts = {} }
  return rows[name]
end

--- Counts a case whose results were checked.
function coverage.add(c, results)
  local row = row_of(c.op.name)
  row.cases = row.cases + 1
  if c.listed then row.dtypes[c.dtype] = true end
  row.layouts[c.edges and "edges" or c.form ~= "plain" and c.form or c.layout] = true
  for _, r in ipairs(results) do row.floats = row.floats or arrays.kind(r.dtype) == "f" end
end

--- Says how many cases of an op were checked in some other way.
function coverage.set(name, column, n) row_of(name)[column] = n end

--- Says what a result of an op was compared with.
function coverage.reference(name, by) row_of(name).references[by] = true end

local function takes(op, ...)
  for _, kind in ipairs { ... } do
    for _, p in ipairs(op.params) do
      if p.kind == kind and not p.optional then return true end
    end
  end
  return false
end

-- Why there can be no derivative: the registry has none, or no result is a float.
local function no_gradient(op)
  return not op.differentiable or not row_of(op.name).floats or not op.dtypes:find("f", 1, true)
    or not takes(op, "tensor", "operand", "tensors")
end

--- What is missing of an op, as texts.
function coverage.holes(op, has_oracle, has_vulkan)
  local row, list = row_of(op.name), {}
  local function hole(is_one, ...)
    if is_one then list[#list + 1] = string.format(...) end
  end
  hole(row.cases == 0, "no case")
  hole(has_oracle and not next(row.references), "compared with nothing but itself")
  hole(has_vulkan and (row.vulkan or 0) == 0, "not compared on Vulkan")
  if not no_gradient(op) then
    hole((row.grad or 0) == 0, "no derivative was checked")
    hole((row.gradgrad or 0) == 0, "no second derivative was checked")
  end
  for _, dtype in ipairs(arrays.order) do
    local wanted = op.dtypes:find(arrays.kind(dtype), 1, true)
    hole(wanted and not row.dtypes[dtype], "not tried with %s", dtype)
  end
  if takes(op, "tensor", "tensors") then
    for i = 1, 5 do
      local layout = layouts[i][1]
      hole(not row.layouts[layout], "not tried with a tensor that is %s", layout)
    end
  end
  return list
end

local function dtypes_text(set)
  local parts = {}
  for _, dtype in ipairs(arrays.order) do
    if set[dtype] then parts[#parts + 1] = dtypes[dtype] end
  end
  return #parts == #arrays.order and "all" or table.concat(parts, " ")
end

local function layouts_text(set)
  local parts = {}
  for _, layout in ipairs(layouts) do parts[#parts + 1] = set[layout[1]] and layout[2] or "" end
  return table.concat(parts)
end

-- An op's line as a list of texts.
local function cells(op)
  local row = row_of(op.name)
  local references = {}
  for by in pairs(row.references) do references[#references + 1] = by end
  table.sort(references)
  local none = no_gradient(op) and "n/a" or 0
  return { op.name, row.cases, table.concat(references, "+"), dtypes_text(row.dtypes),
    layouts_text(row.layouts), row.grad ~= 0 and row.grad or none,
    row.gradgrad ~= 0 and row.gradgrad or none, row.vulkan or 0 }
end

--- The table of some ops, and notes below it.
function coverage.text(ops, notes)
  local line = "%-28s %6s  %-10s %-36s %-10s %5s %8s %7s"
  local lines = { line:format(table.unpack(coverage.columns)) }
  for _, op in ipairs(ops) do lines[#lines + 1] = line:format(table.unpack(cells(op))) end
  lines[#lines + 1] = coverage.legend()
  return table.concat(lines, "\n") .. "\n" .. table.concat(notes, "\n")
end

--- Writes the lines of some ops to a file, their cells apart by tabs.
function coverage.save(ops, path)
  local file = assert(io.open(path, "w"))
  for _, op in ipairs(ops) do file:write(table.concat(cells(op), "\t"), "\n") end
  file:close()
end

return coverage
