# numoon_compile_shaders(target): compiles shaders/*.comp to SPIR-V and embeds the words in the target.
#
# A line "// variant: NAME ARGS..." in a .comp file asks for one module, compiled with these arguments
# of glslangValidator.  The build directory gets shaders/NAME.h with the words, shaders/shaders.h with
# the list NM_SHADERS(X), and shaders/shaders.c with the table; see src/vulkan/pipeline.h.

function(numoon_compile_shaders target)
  set(source_dir ${PROJECT_SOURCE_DIR}/shaders)
  set(out_dir ${PROJECT_BINARY_DIR}/shaders)
  file(MAKE_DIRECTORY ${out_dir})
  file(GLOB sources CONFIGURE_DEPENDS ${source_dir}/*.comp)
  file(GLOB includes CONFIGURE_DEPENDS ${source_dir}/*.glsl)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})

  set(list "")
  set(code "#include <stdint.h>\n")
  set(headers "")
  foreach(source ${sources})
    file(STRINGS ${source} variants REGEX "^// variant: ")
    foreach(line ${variants})
      string(REGEX REPLACE "^// variant: *" "" line "${line}")
      separate_arguments(words UNIX_COMMAND "${line}")
      list(POP_FRONT words name)
      add_custom_command(OUTPUT ${out_dir}/${name}.h
        COMMAND ${GLSLANG_VALIDATOR} --quiet -V --target-env vulkan1.2 ${words}
          --vn nm_words_${name} -o ${out_dir}/${name}.h ${source}
        DEPENDS ${source} ${includes}
        COMMENT "Shader ${name}" VERBATIM)
      list(APPEND headers ${out_dir}/${name}.h)
      string(APPEND list " X(${name})")
      string(APPEND code "#include \"${name}.h\"\n")
    endforeach()
  endforeach()
  string(APPEND code "#include \"shaders.h\"\n#include \"vulkan/shader.h\"\n"
    "const nm_shader_words nm__shaders[NM_NSHADERS] = {\n"
    "#define X(name) {#name, nm_words_##name, sizeof nm_words_##name / 4},\n"
    "NM_SHADERS(X)\n#undef X\n};\n")
  file(CONFIGURE OUTPUT ${out_dir}/shaders.h CONTENT "#define NM_SHADERS(X)${list}\n")
  file(CONFIGURE OUTPUT ${out_dir}/shaders.c CONTENT "${code}" @ONLY)
  set_source_files_properties(${out_dir}/shaders.c PROPERTIES OBJECT_DEPENDS "${headers}")
  target_sources(${target} PRIVATE ${out_dir}/shaders.c ${headers})
  target_include_directories(${target} PRIVATE ${out_dir})
  target_include_directories(${target} SYSTEM PRIVATE ${NUMOON_SPIRV_INCDIR})
endfunction()
