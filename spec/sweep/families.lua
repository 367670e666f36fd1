--- What the sweep knows of ops beside the registry, gathered from a file per family of ops.
--
-- A family's file (spec/sweep/families/NAME.lua) returns a table with any of these fields, each a
-- table by the name of the op:
--   arguments    a maker (tools.lua), where arguments made from the parameters don't do
--   edges        a maker of further arguments: NaN, infinities, ties, what the op may stumble on
--   reference    the op in plain Lua, as in reference.lua; elementwise ops must have it
--   bounds       how far each element may be from the exact value (bounds.lua); none: not at all
--   any_zero     true where 0 and -0 need not be told apart
--   random       true where values are drawn (then draws.lua needs a row)
--   undefined    true where values are not set at all
--   unordered    true where the elements may come in another order on another device
--   positions    which results are positions: these count from 0 in PyTorch; a number or a list
--   through      what tensors go through before derivatives are checked, where not all matrices
--                are the op's: it is differentiated, too
--   apart        a function of the case: whether PyTorch is not to be asked
-- and `conventions`, a list of { name, arguments } as in gradients.lua, for derivatives at kinks.
-- What PyTorch is asked, if it isn't the function of the same name, stands in
-- spec/oracle/NAME.py.
local names = {
  "base", "elementwise", "activation", "shape", "index", "reduce", "scan", "sort", "search",
  "product", "linalg", "normalize", "conv", "pool", "resample", "random", "autograd",
}

local fields = { "arguments", "edges", "reference", "bounds", "any_zero", "random", "undefined",
  "unordered", "positions", "through", "apart" }

local families = { conventions = {} }
for _, field in ipairs(fields) do families[field] = {} end

for _, name in ipairs(names) do
  local module = "spec.sweep.families." .. name
  local family = package.searchpath(module, package.path) and require(module) or {}
  for field, rows in pairs(family) do
    if field == "conventions" then
      table.move(rows, 1, #rows, #families.conventions + 1, families.conventions)
    else
      local all = assert(families[field], module .. " has an unknown field: " .. field)
      for op, row in pairs(rows) do
        assert(all[op] == nil, module .. ": a second row for " .. op)
        all[op] = row
      end
    end
  end
end

--- All names that have a row anywhere, to be compared with the registry.
function families.names()
  local seen, list = {}, {}
  for _, field in ipairs(fields) do
    for name in pairs(families[field]) do
      if not seen[name] then list[#list + 1] = name end
      seen[name] = true
    end
  end
  table.sort(list)
  return list
end

return families
