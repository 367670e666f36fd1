-- The rock, as `luarocks make` builds it into a throwaway tree, from which a plain Lua requires it.

local lua = os.getenv "NUMOON_LUA" or "lua5.4"

local function run(format, ...)
  local pipe = assert(io.popen(("exec 2>&1; " .. format):format(...)))
  local text = pipe:read "a"
  return text, pipe:close() == true
end

describe("the rock", function()
  local work = os.tmpname()
  local tree, source = work .. "/tree", work .. "/source"

  setup(function()
    -- A copy, so that the build leaves nothing behind in the working tree.
    local text, ok = run("rm -f %s && mkdir -p %s && "
      .. "cp -R CMakeLists.txt cmake src shaders lua rocks %s", work, source, source)
    assert(ok, text)
    text, ok = run("cd %s && CMAKE_BUILD_PARALLEL_LEVEL=2 luarocks --lua-version=5.4 --tree=%s "
      .. "make rocks/numoon-scm-1.rockspec", source, tree)
    assert(ok, text)
  end)
  teardown(function() run("rm -rf %s", work) end)

  it("installs a module that a plain Lua requires", function()
    local path = ("%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua"):format(tree, tree)
    local cpath = ("%s/lib/lua/5.4/?.so"):format(tree)
    local script = [[
      local nm = require "numoon"
      local net = nm.nn.Linear(2, 1)
      local x = nm.tensor({2.0, 3.0}, {requires_grad = true})
      local y = x^2 + 3*x + 1
      y:sum():backward()
      assert(#net:parameters() == 2)
      assert(package.searchpath("numoon.core", package.cpath):find("]] .. tree .. [[", 1, true))
      io.write(tostring(x.grad == nm.tensor{7.0, 9.0}))]]
    local text, ok = run("cd / && LUA_PATH_5_4='%s' LUA_CPATH_5_4='%s' %s -e '%s'", path, cpath,
      lua, script)
    assert.is_true(ok, text)
    assert.equal("true", text)
  end)

  it("passes luarocks lint", function()
    local text, ok = run("luarocks --lua-version=5.4 lint rocks/numoon-scm-1.rockspec")
    assert.is_true(ok, text)
  end)
end)
