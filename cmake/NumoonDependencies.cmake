# What numoon uses when it is there: Lua's headers, Vulkan's headers and a GLSL compiler, zlib, stb.
#
# Sets NUMOON_HAVE_VULKAN, NUMOON_LUA_INCDIR, NUMOON_LUA_LIBRARY and the interface library
# numoon_libraries (macros, includes and libraries).  Vulkan is opened at run time, never linked.
add_library(numoon_libraries INTERFACE)

set(CMAKE_THREAD_PREFER_PTHREAD ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
target_link_libraries(numoon_libraries INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
if(UNIX)
  target_link_libraries(numoon_libraries INTERFACE m)
endif()

# ---- Lua: LuaRocks passes LUA_INCDIR; a module is not linked to Lua, except on Windows ----
if(LUA_INCDIR)
  set(NUMOON_LUA_INCDIR ${LUA_INCDIR})
else()
  find_path(NUMOON_LUA_INCDIR lua.h PATH_SUFFIXES lua5.4 lua-5.4 lua54 lua)
endif()
if(NOT NUMOON_LUA_INCDIR)
  message(STATUS "numoon: no Lua headers (Debian: liblua5.4-dev): the Lua module is not built")
endif()
set(NUMOON_LUA_LIBRARY)
if(WIN32)
  find_library(NUMOON_LUA_LIBRARY_FOUND NAMES ${LUALIB} lua54 lua PATHS ${LUA_LIBDIR})
  set(NUMOON_LUA_LIBRARY ${NUMOON_LUA_LIBRARY_FOUND})
endif()

# ---- Vulkan: headers, and glslangValidator to compile the shaders ----
set(NUMOON_HAVE_VULKAN OFF)
if(NOT NUMOON_VULKAN STREQUAL "OFF")
  find_path(NUMOON_VULKAN_INCDIR vulkan/vulkan.h HINTS $ENV{VULKAN_SDK}/include)
  find_program(GLSLANG_VALIDATOR glslangValidator HINTS $ENV{VULKAN_SDK}/bin)
  if(NUMOON_VULKAN_INCDIR AND GLSLANG_VALIDATOR)
    set(NUMOON_HAVE_VULKAN ON)
    target_compile_definitions(numoon_libraries INTERFACE NUMOON_VULKAN)
    if(NOT NUMOON_VULKAN_INCDIR STREQUAL "/usr/include")
      target_include_directories(numoon_libraries SYSTEM INTERFACE ${NUMOON_VULKAN_INCDIR})
    endif()
  elseif(NUMOON_VULKAN STREQUAL "AUTO")
    message(STATUS "numoon: a CPU-only build. For Vulkan install its headers and glslangValidator "
      "(Debian: libvulkan-dev glslang-tools)")
  else()
    message(FATAL_ERROR "numoon: NUMOON_VULKAN=ON needs the Vulkan headers and glslangValidator "
      "(Debian: libvulkan-dev glslang-tools)")
  endif()
endif()

# ---- files: zlib for .gz, stb_image_write for PNG ----
find_package(ZLIB QUIET)
if(ZLIB_FOUND)
  target_compile_definitions(numoon_libraries INTERFACE NUMOON_ZLIB)
  target_link_libraries(numoon_libraries INTERFACE ZLIB::ZLIB)
else()
  message(STATUS "numoon: no zlib (Debian: zlib1g-dev): gzip files cannot be read")
endif()
find_path(NUMOON_STB_INCDIR stb_image_write.h PATH_SUFFIXES stb)
if(NUMOON_STB_INCDIR)
  target_compile_definitions(numoon_libraries INTERFACE NUMOON_STB)
  target_include_directories(numoon_libraries SYSTEM INTERFACE ${NUMOON_STB_INCDIR})
else()
  message(STATUS "numoon: no stb (Debian: libstb-dev): images cannot be written")
endif()
