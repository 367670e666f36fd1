--- Functions that are written in Lua, from the comments in their files.
local sources = {}

--- The files, what they are called from outside, and what they call themselves.
local modules = {
  { "lua/numoon/init.lua", "nm", "nm" },
  { "lua/numoon/autograd/functional.lua", "nm.autograd.functional", "functional" },
  { "lua/numoon/autograd/*.lua", "nm.autograd", "autograd" },
  { "lua/numoon/nn/functional*.lua", "nm.nn.functional", "F" },
  { "lua/numoon/nn/initialize.lua", "nm.nn.init", "init" },
  { "lua/numoon/nn/*.lua", "nm.nn" },
  { "lua/numoon/optim/*.lua", "nm.optim" },
  { "lua/numoon/data/*.lua", "nm.data" },
  { "lua/numoon/viz/*.lua", "nm.viz", "viz" },
}

local function files(pattern)
  local list = {}
  local pipe = assert(io.popen("ls " .. pattern .. " 2>/dev/null"))
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  return list
end

local function words(comment)
  local list = {}
  for _, line in ipairs(comment) do
    if not line:find "^@" then list[#list + 1] = line end
  end
  return table.concat(list, " ")
end

-- The call as users write it: a class is called by its name, a module's function by the module's.
local function call_text(head, args, module, own)
  local class = head:match "^([%w_]+)[.:]init$" or head:match "^([%w_]+)%.new$"
  if class then return module .. "." .. class .. args end
  local name = own and head:match("^" .. own .. "%.(.*)$")
  return (name and module .. "." .. name or head) .. args
end

-- Adds the documented functions of a file.
local function read(path, module, own, add)
  local comment, inner = {}, nil
  for line in io.lines(path) do
    local text = line:match "^%s*%-%-%-%s?(.*)$"
    if text then
      comment[#comment + 1] = text
    else
      inner = line:match "^(nm%.%w+) = .*{$" or line ~= "})" and inner or nil
      local head, args = line:match "^function ([%w_.:]+)(%b())"
      local name = inner and line:match "^  ([%w_]+) ="
      if name then head, args = name, line:match "function(%b())" or "()" end
      local doc = words(comment)
      if head and not head:find "__" and doc ~= "" then
        add(name and inner or module, name and inner .. "." .. name .. args
          or call_text(head, args, module, own), doc)
      end
      comment = {}
    end
  end
end

--- A list of { module, functions }, each function { call, doc }.
function sources.all()
  local list, of, seen = {}, {}, {}
  local function add(module, call, doc)
    if not of[module] then
      of[module] = { module = module }
      list[#list + 1] = of[module]
    end
    table.insert(of[module], { call = call, doc = doc })
  end
  for _, row in ipairs(modules) do
    for _, path in ipairs(files(row[1])) do
      if not seen[path] then read(path, row[2], row[3], add) end
      seen[path] = true
    end
  end
  return list
end

return sources
