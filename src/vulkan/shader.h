/* shader.h: the SPIR-V modules made from shaders/ when numoon is built.  The list is generated. */
#ifndef NM_SHADER_H
#define NM_SHADER_H

#include <stddef.h>
#include <stdint.h>

#include "shaders.h" /* NM_SHADERS(X), made by cmake/shaders.cmake */

typedef enum nm_shader {
#define X(name) NM_SHADER_##name,
  NM_SHADERS(X)
#undef X
      NM_NSHADERS
} nm_shader;

typedef struct nm_shader_words {
  const char *name;
  const uint32_t *words;
  size_t count;
} nm_shader_words;

extern const nm_shader_words nm__shaders[NM_NSHADERS];

#endif
