rockspec_format = "3.0"
package = "numoon"
version = "scm-1"
source = {
  -- `luarocks make rocks/numoon-scm-1.rockspec` builds the tree it stands in and fetches nothing.
  url = "git+https://example.org/numoon.git",
}
description = {
  summary = "Tensors, autograd and GPU compute",
  detailed = [[
    numoon gives plain Lua 5.4 what PyTorch gives Python: tensors with broadcasting, automatic
    differentiation, neural networks, and any vendor's GPU through Vulkan.  Vulkan, zlib and stb
    are used when their headers are there.]],
  license = "MIT",
  labels = { "tensor", "autograd", "machine-learning", "gpu", "vulkan" },
}
supported_platforms = { "unix" }
dependencies = { "lua >= 5.4, < 5.5" }
build = {
  type = "cmake",
  variables = {
    CMAKE_C_FLAGS = "$(CFLAGS)",
    CMAKE_MODULE_LINKER_FLAGS = "$(LIBFLAG)",
    CMAKE_BUILD_TYPE = "Release",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LIBDIR = "$(LIBDIR)",
    LUADIR = "$(LUADIR)",
    NUMOON_TESTS = "OFF",
    NUMOON_WERROR = "OFF",
  },
}
