/* emit_ops.c: one instruction of a program as SPIR-V: table, casts, narrowing, random numbers. */
#include <stdio.h>
#include <string.h>

#include "vulkan/emit.h"

typedef enum rule_kind { RULE_NONE, RULE_OP, RULE_EXT, RULE_FN } rule_kind;
typedef struct rule {
  uint8_t kind;
  uint16_t code;        /* of an opcode or a GLSL.std.450 instruction */
  const char *function; /* nm_<function> in shaders/library.comp */
} rule;

/* clang-format off */
/* For each instruction, its rule for floats and for integers. */
static const rule rules[NM_NOPCODES][2] = {
#define NO {RULE_NONE, 0, NULL}
#define OP(x) {RULE_OP, SpvOp##x, NULL}
#define EXT(x) {RULE_EXT, GLSLstd450##x, NULL}
#define FN(x) {RULE_FN, 0, #x}
#define NM_EW(name, arity, kind, cf, ci, sf, si, grads, lo, hi, doc) [NM_I_##name] = {sf, si},
#include "core/elementwise.def"
#undef NM_EW
#undef FN
#undef EXT
#undef OP
#undef NO
};
/* clang-format on */

/* glslang's codes of parameter types in mangled names */
static const char *const codes[NM_NCLASSES] = {
    [NM_F32] = "f1", [NM_F64] = "d1", [NM_I32] = "i1", [NM_I64] = "i641"};

static bool is_float_class(nm_class c) { return c == NM_F32 || c == NM_F64; }

uint32_t emit_call(emitter *e, const char *name, uint32_t type, int n, const uint32_t *args) {
  uint32_t words[8], function = spirv_library_use(e->d->library, &e->s, name);
  if (!function)
    e->missing = "function in its shader library"; /* a row of the table without its function */
  words[0] = function;
  memcpy(words + 1, args, (size_t)n * sizeof *args);
  return spirv_value(&e->s, SpvOpFunctionCall, type, n + 1, words);
}

uint32_t emit_widen(emitter *e, nm_dtype dtype, uint32_t bits) {
  char name[40];
  snprintf(name, sizeof name, "nm_load_%s(u1;", nm__dtypes[dtype].name);
  return emit_call(e, name, emit_class_type(e, nm__dtype_class(dtype)), 1, &bits);
}

uint32_t emit_narrow_bits(emitter *e, nm_dtype dtype, uint32_t value) {
  char name[40];
  snprintf(name, sizeof name, "nm_store_%s(%s;", nm__dtypes[dtype].name,
           codes[nm__dtype_class(dtype)]);
  return emit_call(e, name, e->u32, 1, &value);
}

/* i32 as i64, put together from words: comparisons of OpSConvert's result with literals are folded
 * wrongly by Mesa 22.3 (0 < int64(x) holds there for negative x). */
static uint32_t widen_i32(emitter *e, uint32_t x, uint32_t high) {
  spirv *s = &e->s;
  uint32_t i64 = emit_class_type(e, NM_I64), i32 = emit_class_type(e, NM_I32);
  return SPIRV_OP(s, Bitcast, i64,
                  SPIRV_OP(s, CompositeConstruct, spirv_vector(s, i32, 2), x, high));
}

static uint32_t cast(emitter *e, nm_class from, nm_class to, uint32_t x) {
  spirv *s = &e->s;
  uint32_t type = emit_class_type(e, to);
  if (from == to) return x;
  if (is_float_class(from) && !is_float_class(to)) {
    char name[24];
    snprintf(name, sizeof name, "nm_to_%s(%s;", to == NM_I32 ? "i32" : "i64", codes[from]);
    return emit_call(e, name, type, 1, &x);
  }
  if (is_float_class(from)) return SPIRV_OP(s, FConvert, type, x);
  if (to == NM_I64) {
    uint32_t sign = SPIRV_OP(s, ShiftRightArithmetic, emit_class_type(e, NM_I32), x,
                             spirv_uint_constant(s, 31));
    return widen_i32(e, x, sign);
  }
  return is_float_class(to) ? SPIRV_OP(s, ConvertSToF, type, x) : SPIRV_OP(s, SConvert, type, x);
}

/* What the table says, for one lane. */
static uint32_t by_rule(emitter *e, const nm_instr *i, const rule *r, const uint32_t *args) {
  spirv *s = &e->s;
  const nm_instr_info *info = &nm__instrs[i->op];
  bool compare = info->kind == NM_K_COMPARE;
  uint32_t type = compare ? spirv_bool(s) : emit_class_type(e, (nm_class)i->cls), id;
  int n = info->arity;
  if (r->kind == RULE_OP) {
    id = spirv_value(s, (SpvOp)r->code, type, n, args);
    /* the same bits as the CPU's, whatever stands around it */
    if (is_float_class((nm_class)i->cls) && !compare)
      SPIRV_DECORATE(s, id, SpvDecorationNoContraction);
  } else if (r->kind == RULE_EXT) {
    uint32_t words[5] = {spirv_glsl(s), r->code};
    memcpy(words + 2, args, (size_t)n * sizeof *args);
    id = spirv_value(s, SpvOpExtInst, type, n + 2, words);
  } else {
    char name[64];
    int at = snprintf(name, sizeof name, "nm_%s(", r->function);
    for (int k = 0; k < n && at < (int)sizeof name; k++) {
      nm_class c = info->kind == NM_K_SELECT && k == 0 ? NM_I32 : (nm_class)i->cls;
      at += snprintf(name + at, sizeof name - (size_t)at, "%s;", codes[c]);
    }
    id = emit_call(e, name, type, n, args);
  }
  if (!compare) return id;
  uint32_t i32 = emit_class_type(e, NM_I32);
  uint32_t one = spirv_intern(s, SpvOpConstant, i32, 1, (uint32_t[]){1}, NULL);
  uint32_t zero = spirv_intern(s, SpvOpConstant, i32, 1, (uint32_t[]){0}, NULL);
  return SPIRV_OP(s, Select, i32, id, one, zero);
}

/* rand and randn: the library gives four elements at a time, i & ~3 to i | 3. */
static void random_lanes(emitter *e, const nm_instr *i, emit_value *out) {
  spirv *s = &e->s;
  bool f64 = i->cls == NM_F64, wide = e->plan->wide;
  uint32_t type = emit_class_type(e, (nm_class)i->cls), four = spirv_vector(s, type, 4), words[3];
  words[0] = emit_pair(e, e->at.konst[i->a - e->p->nin]);
  words[1] = emit_pair(e, e->at.konst[i->b - e->p->nin]);
  uint32_t low = e->element, high = spirv_uint_constant(s, 0);
  if (wide) {
    low = SPIRV_OP(s, UConvert, e->u32, e->element);
    uint32_t shifted =
        SPIRV_OP(s, ShiftRightLogical, e->index_type, e->element, spirv_uint_constant(s, 32));
    high = SPIRV_OP(s, UConvert, e->u32, shifted);
  }
  words[2] = SPIRV_OP(s, CompositeConstruct, spirv_vector(s, e->u32, 2), low, high);
  char name[40];
  snprintf(name, sizeof name, "nm_%s_%s(vu2;vu2;vu2;", nm__instrs[i->op].name, f64 ? "f64" : "f32");
  uint32_t all = emit_call(e, name, four, 3, words);
  if (e->plan->lanes == 1) {
    uint32_t which = SPIRV_OP(s, BitwiseAnd, e->u32, low, spirv_uint_constant(s, 3));
    out->lane[0] = SPIRV_OP(s, VectorExtractDynamic, type, all, which);
    return;
  }
  for (uint32_t k = 0; k < VULKAN_LANES; k++)
    out->lane[k] = SPIRV_OP(s, CompositeExtract, type, all, k);
}

static uint32_t element_index(emitter *e, uint32_t lane) {
  spirv *s = &e->s;
  uint32_t x = emit_index_add(e, e->element, lane), i32 = emit_class_type(e, NM_I32);
  if (e->plan->wide) return SPIRV_OP(s, Bitcast, emit_class_type(e, NM_I64), x);
  uint32_t zero = spirv_intern(s, SpvOpConstant, i32, 1, (uint32_t[]){0}, NULL);
  return widen_i32(e, SPIRV_OP(s, Bitcast, i32, x), zero);
}

static uint32_t one_lane(emitter *e, const nm_instr *i, uint32_t lane, const uint32_t *args) {
  switch (i->op) {
  case NM_I_copy: return args[0];
  case NM_I_cast: return cast(e, (nm_class)i->cls, (nm_class)i->aux, args[0]);
  case NM_I_narrow:
    return emit_widen(e, (nm_dtype)i->aux, emit_narrow_bits(e, (nm_dtype)i->aux, args[0]));
  case NM_I_index: return element_index(e, lane);
  default: return by_rule(e, i, &rules[i->op][!is_float_class((nm_class)i->cls)], args);
  }
}

void emit_instruction(emitter *e, const nm_instr *i, emit_value *out) {
  if (i->op == NM_I_rand || i->op == NM_I_randn) {
    random_lanes(e, i, out);
    return;
  }
  int n = nm__instrs[i->op].arity;
  const uint8_t regs[3] = {i->a, i->b, i->c};
  bool same = i->op != NM_I_index; /* every lane computes the same */
  for (int k = 0; k < n; k++)
    for (int l = 1; l < e->plan->lanes; l++)
      if (e->value[regs[k]].lane[l] != e->value[regs[k]].lane[0]) same = false;
  for (uint32_t l = 0; l < e->plan->lanes; l++) {
    uint32_t args[3] = {0};
    for (int k = 0; k < n; k++) args[k] = e->value[regs[k]].lane[l];
    out->lane[l] = l && same ? out->lane[0] : one_lane(e, i, l, args);
  }
}
