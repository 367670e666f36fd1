--- Writes what is made from the registry: docs/reference.md and lua/numoon/meta.lua.
package.path = "./?.lua;" .. package.path

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
  print(path)
end

write("docs/reference.md", require("tools.reference")())
write("lua/numoon/meta.lua", require("tools.annotations")())
