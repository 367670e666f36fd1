/* emit.h: elementwise programs as SPIR-V.
 *
 * An invocation computes `lanes` consecutive elements at a time (four where layouts allow: then
 * narrow dtypes fill whole words and wide ones are loaded as vectors) and strides over the grid.
 * What varies without the structure changing comes as words, by push constants or, if they are too
 * many, from a block of memory whose address is pushed: vulkan_layout says where each stands. */
#ifndef NM_VULKAN_EMIT_H
#define NM_VULKAN_EMIT_H

#include "vulkan/spirv.h"
#include "vulkan/vulkan.h"

enum { VULKAN_LANES = 4, VULKAN_GROUP = 128 /* invocations of a work-group */ };

typedef enum vulkan_touch {                /* how the lanes' elements lie */
                            VULKAN_SPLAT,  /* all lanes share one */
                            VULKAN_VECTOR, /* side by side, aligned to all of them */
                            VULKAN_EACH    /* anywhere */
} vulkan_touch;

typedef struct vulkan_way { /* how an operand is reached */
  uint8_t strided, touch;
  int64_t stride[NM_MAX_DIMS]; /* over the plan's dims */
} vulkan_way;

typedef struct vulkan_plan {
  uint8_t lanes;
  bool wide; /* indices of 64 bits */
  bool tail; /* numel is no multiple of lanes */
  int ndim;  /* dims of the strided operands, with those merged that lie alike */
  int64_t shape[NM_MAX_DIMS];
  vulkan_way in[NM_PROG_IN], out[NM_PROG_OUT];
  bool used[NM_PROG_CONST]; /* constants read as values of their class */
} vulkan_plan;

/* Word positions.  Pushed: first group, end of groups, then the block or its address.  In the
 * block: numel, addresses, constants, dims 1.. (size; for narrow indices also multiplier and shift
 * of the division by it), strides. */
typedef struct vulkan_layout {
  uint16_t index_words, block_words, pushed_words;
  bool spilled;
  uint16_t numel, in[NM_PROG_IN], out[NM_PROG_OUT], konst[NM_PROG_CONST], dim[NM_MAX_DIMS];
  uint16_t in_stride[NM_PROG_IN], out_stride[NM_PROG_OUT];
} vulkan_layout;

void vulkan_lay_out(const nm_program *p, const vulkan_plan *plan, vulkan_layout *out);

/* NM_OK and the module, whose words the caller frees; NM_ENOTSUP names a feature that is missing.
 */
nm_status vulkan_emit(nm_vulkan *d, const nm_program *p, const vulkan_plan *plan, spirv_words *out);

/* ---- between emit.c and emit_ops.c ---- */

enum { EMIT_REGS = NM_PROG_IN + NM_PROG_CONST + NM_PROG_CODE };
typedef struct emit_value {
  uint32_t lane[VULKAN_LANES];
} emit_value;

typedef struct emitter {
  spirv s;
  nm_vulkan *d;
  const nm_program *p;
  const vulkan_plan *plan;
  vulkan_layout at;
  const char *missing; /* the feature that would have been needed */
  uint32_t u32, index_type, block;
  uint32_t group, element; /* the group of lanes being computed, and its first element */
  uint32_t numel;
  uint32_t in_array[NM_PROG_IN], out_array[NM_PROG_OUT]; /* addresses; see emit.c */
  emit_value value[EMIT_REGS];
} emitter;

uint32_t emit_class_type(emitter *e, nm_class c);
uint32_t emit_word(emitter *e, uint32_t at); /* a word of the block */
uint32_t emit_pair(emitter *e, uint32_t at); /* two of them, as uvec2 */
uint32_t emit_index_add(emitter *e, uint32_t a, uint32_t constant);
/* A call of a library function; args are n ids, `name` is as glslang mangles it. */
uint32_t emit_call(emitter *e, const char *name, uint32_t type, int n, const uint32_t *args);
/* The value of a narrow dtype from its bits, and the bits of a value. */
uint32_t emit_widen(emitter *e, nm_dtype dtype, uint32_t bits);
uint32_t emit_narrow_bits(emitter *e, nm_dtype dtype, uint32_t value);
void emit_instruction(emitter *e, const nm_instr *i, emit_value *out);

#endif
