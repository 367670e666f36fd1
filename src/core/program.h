/* program.h: the format of elementwise programs, what every device runs.
 *
 * A program is a list of instructions in static single assignment form over one index space,
 * `shape` (row-major linear index 0 .. numel-1).  Operands are numbered in one space of bytes:
 *
 *   0 .. nin-1                    inputs, as loaded: in the class of their dtype
 *   nin .. nin+nconst-1           constants, the same for every element
 *   nin+nconst .. +ncode-1        results of the instructions, in order
 *
 * Each output names the operand it stores; that operand has the class of the output's dtype and
 * is already rounded to it.  The root (the value that was asked for), if it is stored, is the last
 * output and the last instruction.  An output may lie where an input does (element by element, same
 * layout) that no later instruction reads.  Structure (code, dtypes, layouts) is what pipelines are keyed by;
 * constants, addresses, shapes and strides are not part of it. */
#ifndef NM_PROGRAM_H
#define NM_PROGRAM_H

#include "core/dtype.h"

enum {
  NM_PROG_CODE = 96, /* instructions */
  NM_PROG_IN = 16,
  NM_PROG_OUT = 8,
  NM_PROG_CONST = 32,
};

typedef enum nm_opcode {
#define NM_EW(name, ...) NM_I_##name,
#include "core/elementwise.def"
#undef NM_EW
  NM_NOPCODES
} nm_opcode;

typedef enum nm_kind {
  NM_K_ARITH,
  NM_K_FLOAT,
  NM_K_INT,
  NM_K_COMPARE,
  NM_K_SELECT,
  NM_K_SPECIAL
} nm_kind;

typedef struct nm_instr_info {
  const char *name, *doc;
  uint8_t arity, kind;
  double lo, hi;
} nm_instr_info;
extern const nm_instr_info nm__instrs[NM_NOPCODES];

typedef struct nm_instr {
  uint8_t op;  /* nm_opcode */
  uint8_t cls; /* class of the operands (SELECT: of b and c; rand, randn, index: of the result) */
  uint8_t aux; /* cast: class of the result; narrow: dtype */
  uint8_t a, b, c;
} nm_instr;

/* Class of what an instruction computes. */
static inline nm_class nm__instr_class(const nm_instr *i) {
  if (i->op == NM_I_cast) return (nm_class)i->aux;
  return nm__instrs[i->op].kind == NM_K_COMPARE ? NM_I32 : (nm_class)i->cls;
}

/* Class of operand i of an instruction. */
static inline nm_class nm__operand_class(nm_opcode op, nm_class cls, int i) {
  if (op == NM_I_rand || op == NM_I_randn) return NM_I64;
  return nm__instrs[op].kind == NM_K_SELECT && i == 0 ? NM_I32 : cls;
}

/* How the linear index of the program maps to an operand's memory. */
typedef enum nm_layout {
  NM_FLAT,   /* element i is at i */
  NM_SINGLE, /* one element for all i */
  NM_STRIDED /* by stride[] over the program's shape */
} nm_layout;

typedef struct nm_operand {
  uint8_t dtype, layout, reg; /* reg: the operand number that an output stores */
  const struct nm_mem *mem;
  char *ptr;                   /* host address of the first element; NULL on other devices */
  uint64_t addr;               /* device address of the first element; 0 on the CPU */
  int64_t stride[NM_MAX_DIMS]; /* in elements, only when NM_STRIDED */
} nm_operand;

typedef union nm_bits { /* a constant, in the class that its users expect */
  float f32;
  double f64;
  int32_t i32;
  int64_t i64;
  uint64_t u64; /* rand: the key and the first counter */
} nm_bits;

/* A constant as another class holds it, by the rules of the cast instruction. */
nm_bits nm__bits_cast(nm_bits b, nm_class from, nm_class to);

typedef struct nm_program {
  int ndim;
  int64_t numel, shape[NM_MAX_DIMS];
  int nin, nconst, ncode, nout;
  nm_operand in[NM_PROG_IN], out[NM_PROG_OUT];
  nm_bits konst[NM_PROG_CONST];
  uint8_t konst_class[NM_PROG_CONST]; /* nm_class; rand's key and counter are NM_I64 */
  nm_instr code[NM_PROG_CODE];
} nm_program;

#endif
