--- docs/reference.md: every op and function, from the registry.
local registry = require "tools.registry"
local sources = require "tools.sources"

local head = [[
# Reference

Written by `./numoon docs` from the registry of ops, which also is the Lua table `nm.ops`, and from
the comments of the Lua modules: change those, not this file. The library itself checks arguments by
the same entries, and `spec/reference_spec.lua` runs every example.

Of each op there are the ways to call it, what it gives, and behind `-->` what its example prints.
In a call, what stands in square brackets may be left out or given by name in the options table at
the end; what stands in braces goes by name only. `x:op_()` writes its result into `x`; the option
`out = y` writes it into `y`. In formulas `a`, `b` and `c` are the elements of the first, second and
third operand. Dims and positions count from 1. *Gradient* says whether an op can be differentiated;
where it can, any number of times. What is said of dtypes is about the first tensor.
]]

local function anchor(name) return (name:lower():gsub("[^%w_-]", "")) end

local function printed(text)
  local lines, n = {}, 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    n = n + 1
    if n == 13 then lines[n] = "--> ..." end
    if n < 13 then lines[n] = ("--> " .. line):gsub("%s+$", "") end
  end
  return table.concat(lines, "\n")
end

local function parameter_lines(op, add)
  for k, p in ipairs(op.params) do
    local kind = registry.kinds[p.kind][1]
    local standard = p.default and ("; `%s` when left out"):format(p.default)
      or p.optional and "; may be left out" or ""
    if k > 1 or p.optional or p.kind ~= "tensor" then
      add("- `%s`: %s%s", p.name, kind, standard)
    end
  end
end

local function gradient(op)
  if not op.differentiable then return "no" end
  return op.composed and "that of the ops it is made of" or "yes"
end

local function op_section(op, add)
  local doc, formula, source = registry.doc(op)
  add("### %s", op.name)
  add ""
  local calls = {}
  for i, call in ipairs(registry.calls(op)) do calls[i] = "`" .. call .. "`" end
  if op.out then calls[#calls + 1] = "`out = y`" end
  add("%s", table.concat(calls, " · "))
  add ""
  add("Gives %s%s.%s", doc, formula and (": `%s`"):format(formula) or "",
    source and " Source: " .. source .. "." or "")
  add ""
  parameter_lines(op, add)
  local shapes, dtypes = registry.shapes(op), registry.dtypes(op)
  if shapes then add("- Shapes: `%s`", shapes) end
  if dtypes then add("- Dtypes: %s", dtypes) end
  if op.view then add "- A view: it shares memory with `input`" end
  add("- Gradient: %s", gradient(op))
  if op.errors then add("- Refuses %s", op.errors) end
  add ""
  if registry.example(op) then
    add "```lua"
    add("%s", registry.example(op))
    add("%s", printed(registry.run_example(op)))
    add "```"
    add ""
  end
end

local function own_section(add)
  add "## Tensors and modes"
  add ""
  add "Functions of the library itself, which are no ops: they have no derivative."
  add ""
  for _, f in ipairs(registry.own()) do
    local calls = {}
    for i, call in ipairs(registry.calls(f)) do calls[i] = "`" .. call .. "`" end
    add("- %s: %s", table.concat(calls, " · "), f.doc)
  end
  add ""
end

local function lua_sections(add)
  for _, group in ipairs(sources.all()) do
    add("## %s", group.module == "nm" and "Blocks" or group.module)
    add ""
    for _, f in ipairs(group) do add("- `%s`: %s", f.call, f.doc) end
    add ""
  end
end

--- The whole text.
return function()
  local lines = { head }
  local function add(format, ...) lines[#lines + 1] = format:format(...) end
  local groups = registry.grouped()
  for _, group in ipairs(groups) do
    local names = {}
    for i, op in ipairs(group.ops) do names[i] = ("[%s](#%s)"):format(op.name, anchor(op.name)) end
    add("**%s**: %s", group.title, table.concat(names, ", "))
    add ""
  end
  for _, group in ipairs(groups) do
    add("## %s", group.title)
    add ""
    for _, op in ipairs(group.ops) do op_section(op, add) end
  end
  own_section(add)
  lua_sections(add)
  while lines[#lines] == "" do lines[#lines] = nil end
  return table.concat(lines, "\n") .. "\n"
end
