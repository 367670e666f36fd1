--- What the sweep covered, as a table with a line for each op.
local arrays = require "spec.sweep.arrays"

local coverage = {}

-- The letters of the columns, in their order.
local dtypes = { float32 = "f32", float64 = "f64", float16 = "f16", bfloat16 = "b16", int64 = "i64",
  int32 = "i32", int16 = "i16", int8 = "i8", uint8 = "u8", bool = "b" }
local layouts = { { "contiguous", "c" }, { "transposed", "t" }, { "narrowed", "n" },
  { "stepped", "s" }, { "expanded", "x" }, { "scalar", "0" }, { "empty", "e" }, { "large", "L" },
  { "edges", "!" } }

local rows = {}

local function row_of(name)
  rows[name] = rows[name] or { cases = 0, references = {}, dtypes = {}, layouts = {} }
  return rows[name]
end

--- Counts a case whose result was checked.
function coverage.add(c)
  local row = row_of(c.op.name)
  row.cases = row.cases + 1
  if c.listed then row.dtypes[c.dtype] = true end
  row.layouts[c.edges and "edges" or c.form ~= "plain" and c.form or c.layout] = true
end

--- Says how many cases of an op were checked in some other way.
function coverage.set(name, column, n) row_of(name)[column] = n end

--- Says what an op's results were compared with.
function coverage.reference(name, by) table.insert(row_of(name).references, by) end

local function dtypes_text(set)
  local parts = {}
  for _, dtype in ipairs(arrays.order) do
    if set[dtype] then parts[#parts + 1] = dtypes[dtype] end
  end
  return #parts == #arrays.order and "all" or table.concat(parts, " ")
end

local function layouts_text(set)
  local parts = {}
  for _, layout in ipairs(layouts) do parts[#parts + 1] = set[layout[1]] and layout[2] or "-" end
  return table.concat(parts)
end

--- The table, and notes below it.
function coverage.text(names, notes)
  local line = "%-20s %6s  %-10s %-36s %-10s %5s %8s %7s"
  local lines = { line:format("op", "cases", "reference", "dtypes", "layouts", "grad", "gradgrad",
    "vulkan") }
  for _, name in ipairs(names) do
    local row = row_of(name)
    lines[#lines + 1] = line:format(name, row.cases, table.concat(row.references, "+"),
      dtypes_text(row.dtypes), layouts_text(row.layouts), row.grad or "-", row.gradgrad or "-",
      row.vulkan or "-")
  end
  local legend = {}
  for _, layout in ipairs(layouts) do legend[#legend + 1] = layout[2] .. " " .. layout[1] end
  lines[#lines + 1] = "layouts: " .. table.concat(legend, ", ")
  return table.concat(lines, "\n") .. "\n" .. table.concat(notes, "\n")
end

return coverage
