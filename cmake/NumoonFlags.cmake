# The interface library numoon_flags: how every C file of numoon is compiled.
#
# No -march=native: which vector instructions are used is decided when the module is loaded.
# Signed overflow wraps, since integer tensors do; nothing is contracted, so that a fused program
# gives the bits of its single ops; no code here looks at errno or at floating-point exceptions.
include(CheckCCompilerFlag)

add_library(numoon_flags INTERFACE)
target_include_directories(numoon_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)

if(NOT MSVC)
  target_compile_options(numoon_flags INTERFACE
    -fwrapv -ffp-contract=off -fno-math-errno -fno-trapping-math
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes)
  if(NUMOON_WERROR)
    target_compile_options(numoon_flags INTERFACE -Werror)
  endif()
endif()
# Calls of the host's functions go through one jump less, those of numoon's own public ones through
# none.
if(UNIX AND NOT APPLE)
  foreach(flag -fno-plt -fno-semantic-interposition)
    string(MAKE_C_IDENTIFIER "NUMOON_HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
      target_compile_options(numoon_flags INTERFACE ${flag})
    endif()
  endforeach()
endif()
# gcc clears and copies what is small, or of unknown size, by `rep stos` and `rep movs`, which take
# some thirty cycles to begin.
set(strategy unrolled_loop:256:noalign,libcall:-1:noalign)
check_c_compiler_flag("-mmemset-strategy=${strategy} -mmemcpy-strategy=${strategy}"
  NUMOON_HAVE_STRATEGIES)
if(NUMOON_HAVE_STRATEGIES)
  target_compile_options(numoon_flags INTERFACE
    -mmemset-strategy=${strategy} -mmemcpy-strategy=${strategy})
endif()
if(NUMOON_SANITIZE)
  target_compile_options(numoon_flags INTERFACE -fsanitize=${NUMOON_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(numoon_flags INTERFACE -fsanitize=${NUMOON_SANITIZE})
endif()

# Files named *_avx2.c and *_avx512.c are compiled for x86-64-v3 and -v4 and entered only after the
# processor was asked; on other processors they must compile to nothing (#ifdef __AVX2__).
function(numoon_isa_flags)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" OR MSVC)
    return()
  endif()
  check_c_compiler_flag(-march=x86-64-v4 NUMOON_HAVE_MARCH_LEVELS)
  foreach(source ${ARGN})
    if(source MATCHES "_avx2\\.c$")
      set(level -march=x86-64-v3)
      set(features -mavx2 -mfma -mf16c -mbmi -mbmi2)
    elseif(source MATCHES "_avx512\\.c$")
      set(level -march=x86-64-v4 -mprefer-vector-width=512)
      set(features -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd -mfma -mf16c -mbmi -mbmi2)
    else()
      continue()
    endif()
    if(NUMOON_HAVE_MARCH_LEVELS)
      set(features ${level})
    endif()
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${features}")
  endforeach()
endfunction()
