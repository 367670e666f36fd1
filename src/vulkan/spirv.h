/* spirv.h: writing a SPIR-V module: sections of words, ids, interned types and constants.
 *
 * Nothing checks for memory on the way: when there is none, `failed` is set and spirv_finish says
 * so. A capability is declared when the first thing that needs it is written. */
#ifndef NM_VULKAN_SPIRV_H
#define NM_VULKAN_SPIRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <spirv/unified1/GLSL.std.450.h>
#include <spirv/unified1/spirv.h>

typedef struct spirv_words {
  uint32_t *w;
  size_t n, capacity;
} spirv_words;

enum { SPIRV_BUCKETS = 1024, SPIRV_CAPABILITIES = 12 };

typedef struct spirv {
  spirv_words decorations, globals, main, functions;
  uint32_t bound;              /* the next id */
  uint32_t glsl;               /* of the import of GLSL.std.450, 0 until it is needed */
  uint32_t entry, gid, groups; /* main and its built-in inputs */
  uint32_t push;               /* the push constants */
  int ncapabilities;
  uint32_t capabilities[SPIRV_CAPABILITIES];
  uint32_t buckets[SPIRV_BUCKETS]; /* interned: 1 + position in globals; open addressing */
  int interned;
  bool failed;
} spirv;

void spirv_open(spirv *s);
void spirv_free(spirv *s);
typedef struct spirv_modes {
  uint32_t local_size;
  /* for 32 and 64 bits: SignedZeroInfNanPreserve, DenormPreserve, RoundingModeRTE */
  bool preserve[2], denorm[2], rte[2];
} spirv_modes;
/* The whole module; false when memory ran out.  out->w is the caller's. */
bool spirv_finish(spirv *s, const spirv_modes *modes, spirv_words *out);

uint32_t spirv_id(spirv *s);
void spirv_capability(spirv *s, SpvCapability c);
uint32_t spirv_glsl(spirv *s);
/* Appends an instruction: words after the first. */
void spirv_put(spirv *s, spirv_words *to, SpvOp op, int n, const uint32_t *words);
/* A type (type 0), constant or global by content; *made tells if it is new (may be NULL). */
uint32_t spirv_intern(spirv *s, SpvOp op, uint32_t type, int n, const uint32_t *words, bool *made);
/* An instruction of main with a result. */
uint32_t spirv_value(spirv *s, SpvOp op, uint32_t type, int n, const uint32_t *args);

#define SPIRV_COUNT(...) (int)(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define SPIRV_OP(s, op, type, ...)                                                                 \
  spirv_value(s, SpvOp##op, type, SPIRV_COUNT(__VA_ARGS__), (uint32_t[]){__VA_ARGS__})
#define SPIRV_DO(s, op, ...)                                                                       \
  spirv_put(s, &(s)->main, SpvOp##op, SPIRV_COUNT(__VA_ARGS__), (uint32_t[]){__VA_ARGS__})
#define SPIRV_DECORATE(s, ...)                                                                     \
  spirv_put(s, &(s)->decorations, SpvOpDecorate, SPIRV_COUNT(__VA_ARGS__),                         \
            (uint32_t[]){__VA_ARGS__})

/* Types.  Widths in bits. */
uint32_t spirv_void(spirv *s);
uint32_t spirv_bool(spirv *s);
uint32_t spirv_int(spirv *s, uint32_t width, bool is_signed);
uint32_t spirv_float(spirv *s, uint32_t width);
uint32_t spirv_vector(spirv *s, uint32_t component, uint32_t n);
uint32_t spirv_uint_constant(spirv *s, uint32_t value);
/* A pointer to a block { element data[] } in memory reached by address; stride in bytes. */
uint32_t spirv_array_pointer(spirv *s, uint32_t element, uint32_t stride);
/* A pointer to an element of it. */
uint32_t spirv_element_pointer(spirv *s, uint32_t element);

/* ---- the library: functions of shaders/library.comp, copied in by name ---- */
typedef struct spirv_library spirv_library;
spirv_library *spirv_library_new(const uint32_t *words, size_t count); /* NULL: no memory */
void spirv_library_free(spirv_library *l);
/* The id of the function whose name, as glslang mangles it, is `name`, brought into s with all that
 * it uses; 0 if there is none. */
uint32_t spirv_library_use(spirv_library *l, spirv *s, const char *name);
void spirv_library_reset(spirv_library *l); /* to be called when a module is begun */

#endif
