/* emit.c: the frame of an emitted program: parameters, the loop over groups, loads and stores.
 *
 *   for (group = first + id; group < end; group += ids) { load; compute; store }
 *
 * Address arithmetic is done by access chains over runtime arrays, so that no 64-bit integers are
 * needed. Elements of 8 and 16 bits are read from words by shifts and written by atomic and/or on
 * their word, since neighbours may belong to other invocations; with 8/16-bit storage, directly. */
#include "vulkan/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where parameters stand ---- */

void vulkan_lay_out(const nm_program *p, const vulkan_plan *plan, vulkan_layout *l) {
  memset(l, 0, sizeof *l);
  uint16_t n = 0, iw = plan->wide ? 2 : 1;
  l->index_words = iw;
  l->numel = n, n = (uint16_t)(n + iw);
  for (int i = 0; i < p->nin; i++) l->in[i] = n, n = (uint16_t)(n + 2);
  for (int i = 0; i < p->nout; i++) l->out[i] = n, n = (uint16_t)(n + 2);
  for (int i = 0; i < p->nconst; i++)
    l->konst[i] = n, n = (uint16_t)(n + nm__class_size[p->konst_class[i]] / 4);
  for (int d = 1; d < plan->ndim; d++) l->dim[d] = n, n = (uint16_t)(n + (plan->wide ? 2 : 3));
  for (int i = 0; i < p->nin; i++)
    if (plan->in[i].strided) l->in_stride[i] = n, n = (uint16_t)(n + plan->ndim * iw);
  for (int i = 0; i < p->nout; i++)
    if (plan->out[i].strided) l->out_stride[i] = n, n = (uint16_t)(n + plan->ndim * iw);
  l->block_words = n;
  l->spilled = 2 * iw + n > VULKAN_PUSH_WORDS;
  l->pushed_words = (uint16_t)(2 * iw + (l->spilled ? 2 : n));
}

/* ---- parts ---- */

uint32_t emit_class_type(emitter *e, nm_class c) {
  const vulkan_features *h = &e->d->has;
  if (c == NM_F64 && !h->float64) e->missing = "shaderFloat64";
  if (c == NM_I64 && !h->int64) e->missing = "shaderInt64";
  switch (c) {
  case NM_F32: return spirv_float(&e->s, 32);
  case NM_F64: return spirv_float(&e->s, 64);
  case NM_I32: return spirv_int(&e->s, 32, true);
  default: return spirv_int(&e->s, 64, true);
  }
}

static uint32_t constant(emitter *e, uint32_t value) { return spirv_uint_constant(&e->s, value); }

static uint32_t index_constant(emitter *e, uint32_t value) {
  if (!e->plan->wide) return constant(e, value);
  return spirv_intern(&e->s, SpvOpConstant, e->index_type, 2, (uint32_t[]){value, 0}, NULL);
}

uint32_t emit_index_add(emitter *e, uint32_t a, uint32_t c) {
  return c ? SPIRV_OP(&e->s, IAdd, e->index_type, a, index_constant(e, c)) : a;
}

static uint32_t pushed(emitter *e, uint32_t at) {
  spirv *s = &e->s;
  uint32_t pointer = spirv_intern(s, SpvOpTypePointer, 0, 2,
                                  (uint32_t[]){SpvStorageClassPushConstant, e->u32}, NULL);
  uint32_t chain = SPIRV_OP(s, AccessChain, pointer, s->push, constant(e, 0), constant(e, at));
  return SPIRV_OP(s, Load, e->u32, chain);
}

/* A load from, or a pointer to, element `i` of an array in memory. */
static uint32_t element_pointer(emitter *e, uint32_t array, uint32_t element, uint32_t i) {
  return SPIRV_OP(&e->s, AccessChain, spirv_element_pointer(&e->s, element), array, constant(e, 0),
                  i);
}
static uint32_t load(emitter *e, uint32_t array, uint32_t element, uint32_t i, uint32_t align) {
  uint32_t p = element_pointer(e, array, element, i);
  return SPIRV_OP(&e->s, Load, element, p, SpvMemoryAccessAlignedMask, align);
}
static void store(emitter *e, uint32_t array, uint32_t element, uint32_t i, uint32_t align,
                  uint32_t value) {
  uint32_t p = element_pointer(e, array, element, i);
  SPIRV_DO(&e->s, Store, p, value, SpvMemoryAccessAlignedMask, align);
}

uint32_t emit_word(emitter *e, uint32_t at) {
  if (e->at.spilled) return load(e, e->block, e->u32, constant(e, at), 4);
  return pushed(e, 2u * e->at.index_words + at);
}

static uint32_t pair_of(emitter *e, uint32_t low, uint32_t high) {
  return SPIRV_OP(&e->s, CompositeConstruct, spirv_vector(&e->s, e->u32, 2), low, high);
}
uint32_t emit_pair(emitter *e, uint32_t at) {
  uint32_t low = emit_word(e, at), high = emit_word(e, at + 1);
  return pair_of(e, low, high);
}

static uint32_t index_word(emitter *e, uint32_t at) {
  return e->plan->wide ? SPIRV_OP(&e->s, Bitcast, e->index_type, emit_pair(e, at))
                       : emit_word(e, at);
}

/* ---- memory of an operand ---- */

typedef struct access { /* the elements by which a dtype is read or written */
  uint32_t element, size;
} access;

/* One element: its own type, or the unsigned integer of its width where there is storage for that,
 * or the word it lies in (size 4, above the dtype's). */
static access one_element(emitter *e, nm_dtype t) {
  uint32_t size = (uint32_t)nm__dtype_size(t);
  if (size >= 4) return (access){emit_class_type(e, nm__dtype_class(t)), size};
  if (size == 2 ? e->d->has.storage16 : e->d->has.storage8)
    return (access){spirv_int(&e->s, size * 8, false), size};
  return (access){e->u32, 4};
}

/* Four elements: a vector of them, or the words that they fill. */
static access four_elements(emitter *e, nm_dtype t) {
  uint32_t size = (uint32_t)nm__dtype_size(t);
  if (size >= 4)
    return (access){spirv_vector(&e->s, emit_class_type(e, nm__dtype_class(t)), 4), 4 * size};
  return size == 2 ? (access){spirv_vector(&e->s, e->u32, 2), 8} : (access){e->u32, 4};
}

static access access_of(emitter *e, nm_dtype t, const vulkan_way *w) {
  return w->touch == VULKAN_VECTOR ? four_elements(e, t) : one_element(e, t);
}
static bool by_words(nm_dtype t, access a) { return a.size == 4 && nm__dtype_size(t) < 4; }

/* The array to reach an operand by.  For elements inside of words its address is a pair still,
 * since the first one may stand inside of a word. */
static uint32_t array_of(emitter *e, nm_dtype t, const vulkan_way *w, uint32_t at) {
  access a = access_of(e, t, w);
  uint32_t address = emit_pair(e, at);
  if (w->touch != VULKAN_VECTOR && by_words(t, a)) return address;
  return SPIRV_OP(&e->s, Bitcast, spirv_array_pointer(&e->s, a.element, a.size), address);
}

/* The word in which element i lies (as an array at it, index 0 by construction) and its bit there.
 */
static uint32_t word_of(emitter *e, nm_dtype t, uint32_t address, uint32_t i, uint32_t *word,
                        uint32_t *bit) {
  spirv *s = &e->s;
  uint32_t size = (uint32_t)nm__dtype_size(t);
  uint32_t low = SPIRV_OP(s, CompositeExtract, e->u32, address, 0),
           high = SPIRV_OP(s, CompositeExtract, e->u32, address, 1);
  uint32_t skew = SPIRV_OP(s, BitwiseAnd, e->u32, low, constant(e, 3));
  uint32_t base = SPIRV_OP(s, BitwiseAnd, e->u32, low, constant(e, ~3u));
  uint32_t array = SPIRV_OP(s, Bitcast, spirv_array_pointer(s, e->u32, 4), pair_of(e, base, high));
  uint32_t per = 4 / size; /* elements of a word; i + skew / size counts from the word's start */
  uint32_t shift = SPIRV_OP(s, ShiftRightLogical, e->u32, skew, constant(e, size == 2));
  if (e->plan->wide) shift = SPIRV_OP(s, UConvert, e->index_type, shift);
  uint32_t k = SPIRV_OP(s, IAdd, e->index_type, i, shift);
  *word = SPIRV_OP(s, ShiftRightLogical, e->index_type, k, constant(e, size == 2 ? 1 : 2));
  uint32_t within = SPIRV_OP(s, BitwiseAnd, e->index_type, k, index_constant(e, per - 1));
  if (e->plan->wide) within = SPIRV_OP(s, UConvert, e->u32, within);
  *bit = SPIRV_OP(s, IMul, e->u32, within, constant(e, 8 * size));
  return array;
}

static uint32_t load_one(emitter *e, nm_dtype t, uint32_t array, uint32_t i) {
  spirv *s = &e->s;
  access a = one_element(e, t);
  uint32_t size = (uint32_t)nm__dtype_size(t);
  if (size >= 4) return load(e, array, a.element, i, size);
  uint32_t bits;
  if (by_words(t, a)) {
    uint32_t word, bit, words = word_of(e, t, array, i, &word, &bit);
    uint32_t w = load(e, words, e->u32, word, 4);
    bits = SPIRV_OP(s, BitFieldUExtract, e->u32, w, bit, constant(e, 8 * size));
  } else {
    bits = SPIRV_OP(s, UConvert, e->u32, load(e, array, a.element, i, size));
  }
  return emit_widen(e, t, bits);
}

static void store_one(emitter *e, nm_dtype t, uint32_t array, uint32_t i, uint32_t value) {
  spirv *s = &e->s;
  access a = one_element(e, t);
  uint32_t size = (uint32_t)nm__dtype_size(t);
  if (size >= 4) {
    store(e, array, a.element, i, size, value);
    return;
  }
  uint32_t bits = emit_narrow_bits(e, t, value);
  if (!by_words(t, a)) {
    store(e, array, a.element, i, size, SPIRV_OP(s, UConvert, a.element, bits));
    return;
  }
  uint32_t word, bit, words = word_of(e, t, array, i, &word, &bit);
  uint32_t p = element_pointer(e, words, e->u32, word);
  uint32_t mask = SPIRV_OP(s, ShiftLeftLogical, e->u32, constant(e, (1u << 8 * size) - 1), bit);
  uint32_t keep = SPIRV_OP(s, Not, e->u32, mask);
  uint32_t scope = constant(e, SpvScopeDevice), relaxed = constant(e, SpvMemorySemanticsMaskNone);
  uint32_t shifted = SPIRV_OP(s, ShiftLeftLogical, e->u32, bits, bit);
  SPIRV_OP(s, AtomicAnd, e->u32, p, scope, relaxed, keep);
  SPIRV_OP(s, AtomicOr, e->u32, p, scope, relaxed, shifted);
}

static uint32_t vector_position(emitter *e, const vulkan_way *w, uint32_t i) {
  return w->strided ? SPIRV_OP(&e->s, ShiftRightLogical, e->index_type, i, constant(e, 2))
                    : e->group;
}

/* Bits of lane l of a group of narrow elements that was loaded as words. */
static uint32_t lane_bits(emitter *e, nm_dtype t, uint32_t loaded, uint32_t l) {
  spirv *s = &e->s;
  if (nm__dtype_size(t) == 1)
    return SPIRV_OP(s, BitFieldUExtract, e->u32, loaded, constant(e, 8 * l), constant(e, 8));
  uint32_t w = SPIRV_OP(s, CompositeExtract, e->u32, loaded, l / 2);
  return SPIRV_OP(s, BitFieldUExtract, e->u32, w, constant(e, 16 * (l & 1)), constant(e, 16));
}

static void load_vector(emitter *e, nm_dtype t, const vulkan_way *w, uint32_t array, uint32_t i,
                        emit_value *out) {
  access a = four_elements(e, t);
  uint32_t all = load(e, array, a.element, vector_position(e, w, i), a.size);
  for (uint32_t l = 0; l < VULKAN_LANES; l++)
    out->lane[l] = nm__dtype_size(t) < 4 ? emit_widen(e, t, lane_bits(e, t, all, l))
                                         : SPIRV_OP(&e->s, CompositeExtract,
                                                    emit_class_type(e, nm__dtype_class(t)), all, l);
}

static void store_vector(emitter *e, nm_dtype t, const vulkan_way *w, uint32_t array, uint32_t i,
                         const emit_value *v) {
  spirv *s = &e->s;
  access a = four_elements(e, t);
  uint32_t size = (uint32_t)nm__dtype_size(t), all, bits[VULKAN_LANES];
  if (size >= 4) {
    all = spirv_value(s, SpvOpCompositeConstruct, a.element, VULKAN_LANES, v->lane);
  } else {
    uint32_t per = 4 / size, word[2] = {0};
    for (uint32_t l = 0; l < VULKAN_LANES; l++) bits[l] = emit_narrow_bits(e, t, v->lane[l]);
    for (uint32_t l = 0; l < VULKAN_LANES; l++) {
      uint32_t k = l % per, *to = &word[l / per];
      *to = k ? SPIRV_OP(s, BitFieldInsert, e->u32, *to, bits[l], constant(e, k * 8 * size),
                         constant(e, 8 * size))
              : bits[l];
    }
    all = size == 2 ? pair_of(e, word[0], word[1]) : word[0];
  }
  store(e, array, a.element, vector_position(e, w, i), a.size, all);
}

/* ---- positions of strided operands ---- */

/* q = x / d and the remainder, for a d from the block: narrow indices (below 2^31) by multiplying
 * with floor(2^32 (2^s - d) / d) + 1, adding and shifting by s = ceil(log2 d); Granlund and
 * Montgomery 1994. */
static uint32_t divide(emitter *e, uint32_t x, uint32_t at, uint32_t *rest) {
  spirv *s = &e->s;
  uint32_t d, q;
  if (e->plan->wide) {
    d = index_word(e, at);
    q = SPIRV_OP(s, UDiv, e->index_type, x, d);
  } else {
    d = emit_word(e, at);
    uint32_t multiplier = emit_word(e, at + 1u), shift = emit_word(e, at + 2u);
    uint32_t both = spirv_intern(s, SpvOpTypeStruct, 0, 2, (uint32_t[]){e->u32, e->u32}, NULL);
    uint32_t product = SPIRV_OP(s, UMulExtended, both, x, multiplier);
    uint32_t high = SPIRV_OP(s, CompositeExtract, e->u32, product, 1);
    q = SPIRV_OP(s, ShiftRightLogical, e->u32, SPIRV_OP(s, IAdd, e->u32, high, x), shift);
  }
  *rest = SPIRV_OP(s, ISub, e->index_type, x, SPIRV_OP(s, IMul, e->index_type, q, d));
  return q;
}

static uint32_t strided_position(emitter *e, const uint32_t *digits, uint32_t stride_at) {
  spirv *s = &e->s;
  uint32_t sum = 0;
  for (int d = 0; d < e->plan->ndim; d++) {
    uint32_t stride = index_word(e, stride_at + (uint32_t)d * e->at.index_words);
    uint32_t term = SPIRV_OP(s, IMul, e->index_type, digits[d], stride);
    sum = d ? SPIRV_OP(s, IAdd, e->index_type, sum, term) : term;
  }
  return sum;
}

/* Position of lane l of an operand whose lanes lie anywhere. */
static uint32_t lane_position(emitter *e, const vulkan_way *w, uint32_t stride_at, uint32_t base,
                              uint32_t l) {
  spirv *s = &e->s;
  if (!l) return base;
  if (!w->strided) return emit_index_add(e, base, l);
  uint32_t inner = index_word(e, stride_at + (uint32_t)(e->plan->ndim - 1) * e->at.index_words);
  uint32_t step = SPIRV_OP(s, IMul, e->index_type, inner, index_constant(e, l));
  return SPIRV_OP(s, IAdd, e->index_type, base, step);
}

/* ---- the phases of the loop body ---- */

static void load_inputs(emitter *e, const uint32_t *digits) {
  spirv *s = &e->s;
  const vulkan_plan *plan = e->plan;
  for (int i = 0; i < e->p->nin; i++) {
    const vulkan_way *w = &plan->in[i];
    nm_dtype t = (nm_dtype)e->p->in[i].dtype;
    uint32_t base = e->element, array = e->in_array[i];
    if (w->touch == VULKAN_SPLAT && !w->strided) continue; /* loaded in front of the loop */
    if (w->strided) base = strided_position(e, digits, e->at.in_stride[i]);
    if (w->touch == VULKAN_VECTOR) {
      load_vector(e, t, w, array, base, &e->value[i]);
      continue;
    }
    for (uint32_t l = 0; l < plan->lanes; l++) {
      if (l && w->touch == VULKAN_SPLAT) {
        e->value[i].lane[l] = e->value[i].lane[0];
        continue;
      }
      uint32_t at = lane_position(e, w, e->at.in_stride[i], base, l);
      if (l && plan->tail) { /* lanes past the end read the last element */
        uint32_t inside = SPIRV_OP(s, ULessThan, spirv_bool(s), at, e->numel);
        at = SPIRV_OP(s, Select, e->index_type, inside, at, base);
      }
      e->value[i].lane[l] = load_one(e, t, array, at);
    }
  }
}

static void store_lane(emitter *e, int i, uint32_t base, uint32_t l) {
  const vulkan_way *w = &e->plan->out[i];
  uint32_t at = lane_position(e, w, e->at.out_stride[i], base, l);
  nm_dtype t = (nm_dtype)e->p->out[i].dtype;
  uint32_t array = e->out_array[i], value = e->value[e->p->out[i].reg].lane[l];
  if (w->touch == VULKAN_VECTOR) { /* one element of what is otherwise written in fours */
    vulkan_way one = {.touch = VULKAN_EACH};
    array = array_of(e, t, &one, e->at.out[i]);
  }
  store_one(e, t, array, at, value);
}

static void store_all(emitter *e, const uint32_t *base) {
  for (int i = 0; i < e->p->nout; i++) {
    const vulkan_way *w = &e->plan->out[i];
    const emit_value *v = &e->value[e->p->out[i].reg];
    if (w->touch == VULKAN_VECTOR) {
      store_vector(e, (nm_dtype)e->p->out[i].dtype, w, e->out_array[i], base[i], v);
      continue;
    }
    for (uint32_t l = 0; l < e->plan->lanes; l++) store_lane(e, i, base[i], l);
  }
}

static void store_outputs(emitter *e, const uint32_t *digits) {
  spirv *s = &e->s;
  uint32_t base[NM_PROG_OUT];
  for (int i = 0; i < e->p->nout; i++)
    base[i] =
        e->plan->out[i].strided ? strided_position(e, digits, e->at.out_stride[i]) : e->element;
  if (!e->plan->tail) {
    store_all(e, base);
    return;
  }
  uint32_t full = spirv_id(s), part = spirv_id(s), done = spirv_id(s), boolean = spirv_bool(s);
  uint32_t end = emit_index_add(e, e->element, VULKAN_LANES);
  uint32_t inside = SPIRV_OP(s, ULessThanEqual, boolean, end, e->numel);
  SPIRV_DO(s, SelectionMerge, done, 0);
  SPIRV_DO(s, BranchConditional, inside, full, part);
  SPIRV_DO(s, Label, full);
  store_all(e, base);
  SPIRV_DO(s, Branch, done);
  SPIRV_DO(s, Label, part);
  for (uint32_t l = 0; l + 1 < VULKAN_LANES; l++) {
    uint32_t yes = spirv_id(s), next = spirv_id(s);
    uint32_t there = SPIRV_OP(s, ULessThan, boolean, emit_index_add(e, e->element, l), e->numel);
    SPIRV_DO(s, SelectionMerge, next, 0);
    SPIRV_DO(s, BranchConditional, there, yes, next);
    SPIRV_DO(s, Label, yes);
    for (int i = 0; i < e->p->nout; i++) store_lane(e, i, base[i], l);
    SPIRV_DO(s, Branch, next);
    SPIRV_DO(s, Label, next);
  }
  SPIRV_DO(s, Branch, done);
  SPIRV_DO(s, Label, done);
}

static void body(emitter *e) {
  uint32_t digits[NM_MAX_DIMS] = {0}, x;
  e->element = x = e->plan->lanes == 1
                       ? e->group
                       : SPIRV_OP(&e->s, ShiftLeftLogical, e->index_type, e->group, constant(e, 2));
  for (int d = e->plan->ndim - 1; d > 0; d--) x = divide(e, x, e->at.dim[d], &digits[d]);
  digits[0] = x;
  load_inputs(e, digits);
  for (int i = 0; i < e->p->ncode; i++)
    emit_instruction(e, &e->p->code[i], &e->value[e->p->nin + e->p->nconst + i]);
  store_outputs(e, digits);
}

/* ---- the frame ---- */

static void declare_interface(emitter *e) {
  spirv *s = &e->s;
  uint32_t v3 = spirv_vector(s, e->u32, 3);
  uint32_t input =
      spirv_intern(s, SpvOpTypePointer, 0, 2, (uint32_t[]){SpvStorageClassInput, v3}, NULL);
  /* not interned: the library's arrays carry no stride */
  uint32_t array = spirv_id(s);
  spirv_put(s, &s->globals, SpvOpTypeArray, 3,
            (uint32_t[]){array, e->u32, constant(e, e->at.pushed_words)});
  uint32_t block = spirv_intern(s, SpvOpTypeStruct, 0, 1, (uint32_t[]){array}, NULL);
  uint32_t push = spirv_intern(s, SpvOpTypePointer, 0, 2,
                               (uint32_t[]){SpvStorageClassPushConstant, block}, NULL);
  SPIRV_DECORATE(s, array, SpvDecorationArrayStride, 4);
  SPIRV_DECORATE(s, block, SpvDecorationBlock);
  spirv_put(s, &s->decorations, SpvOpMemberDecorate, 4,
            (uint32_t[]){block, 0, SpvDecorationOffset, 0});
  uint32_t *ids[] = {&s->gid, &s->groups, &s->push};
  const uint32_t built_in[] = {SpvBuiltInGlobalInvocationId, SpvBuiltInNumWorkgroups};
  for (int i = 0; i < 3; i++) {
    *ids[i] = spirv_id(s);
    uint32_t type = i < 2 ? input : push,
             class = i < 2 ? SpvStorageClassInput : SpvStorageClassPushConstant;
    spirv_put(s, &s->globals, SpvOpVariable, 3, (uint32_t[]){type, *ids[i], class});
    if (i < 2) SPIRV_DECORATE(s, *ids[i], SpvDecorationBuiltIn, built_in[i]);
  }
}

static uint32_t built_in_x(emitter *e, uint32_t variable) {
  spirv *s = &e->s;
  uint32_t all = SPIRV_OP(s, Load, spirv_vector(s, e->u32, 3), variable);
  uint32_t x = SPIRV_OP(s, CompositeExtract, e->u32, all, 0);
  return e->plan->wide ? SPIRV_OP(s, UConvert, e->index_type, x) : x;
}

/* What does not change from group to group: addresses, constants, single elements. */
static void load_parameters(emitter *e) {
  spirv *s = &e->s;
  const nm_program *p = e->p;
  if (e->plan->tail) e->numel = index_word(e, e->at.numel);
  for (int i = 0; i < p->nin; i++) {
    const vulkan_way *w = &e->plan->in[i];
    nm_dtype t = (nm_dtype)p->in[i].dtype;
    e->in_array[i] = array_of(e, t, w, e->at.in[i]);
    if (w->strided || w->touch != VULKAN_SPLAT) continue;
    uint32_t v = load_one(e, t, e->in_array[i], index_constant(e, 0));
    for (int l = 0; l < e->plan->lanes; l++) e->value[i].lane[l] = v;
  }
  for (int i = 0; i < p->nout; i++)
    e->out_array[i] = array_of(e, (nm_dtype)p->out[i].dtype, &e->plan->out[i], e->at.out[i]);
  for (int i = 0; i < p->nconst; i++) {
    if (!e->plan->used[i]) continue;
    nm_class c = (nm_class)p->konst_class[i];
    uint32_t bits =
        nm__class_size[c] == 8 ? emit_pair(e, e->at.konst[i]) : emit_word(e, e->at.konst[i]);
    uint32_t v = SPIRV_OP(s, Bitcast, emit_class_type(e, c), bits);
    for (int l = 0; l < e->plan->lanes; l++) e->value[p->nin + i].lane[l] = v;
  }
}

static void emit_main(emitter *e) {
  spirv *s = &e->s;
  uint32_t none = spirv_void(s),
           type = spirv_intern(s, SpvOpTypeFunction, 0, 1, (uint32_t[]){none}, NULL);
  spirv_put(s, &s->main, SpvOpFunction, 4, (uint32_t[]){none, s->entry, 0, type});
  uint32_t front = spirv_id(s), head = spirv_id(s), inner = spirv_id(s), next = spirv_id(s),
           out = spirv_id(s);
  SPIRV_DO(s, Label, front);
  uint32_t id = built_in_x(e, s->gid), groups = built_in_x(e, s->groups);
  uint32_t ids = SPIRV_OP(s, IMul, e->index_type, groups, index_constant(e, VULKAN_GROUP));
  uint32_t iw = e->at.index_words, first, end;
  if (e->plan->wide) {
    first = SPIRV_OP(s, Bitcast, e->index_type, pair_of(e, pushed(e, 0), pushed(e, 1)));
    end = SPIRV_OP(s, Bitcast, e->index_type, pair_of(e, pushed(e, 2), pushed(e, 3)));
  } else {
    first = pushed(e, 0);
    end = pushed(e, 1);
  }
  if (e->at.spilled) {
    uint32_t address = pair_of(e, pushed(e, 2 * iw), pushed(e, 2 * iw + 1));
    e->block = SPIRV_OP(s, Bitcast, spirv_array_pointer(s, e->u32, 4), address);
  }
  load_parameters(e);
  uint32_t start = SPIRV_OP(s, IAdd, e->index_type, first, id), step = spirv_id(s);
  SPIRV_DO(s, Branch, head);
  SPIRV_DO(s, Label, head);
  e->group = SPIRV_OP(s, Phi, e->index_type, start, front, step, next);
  uint32_t more = SPIRV_OP(s, ULessThan, spirv_bool(s), e->group, end);
  SPIRV_DO(s, LoopMerge, out, next, 0);
  SPIRV_DO(s, BranchConditional, more, inner, out);
  SPIRV_DO(s, Label, inner);
  body(e);
  SPIRV_DO(s, Branch, next);
  SPIRV_DO(s, Label, next);
  SPIRV_DO(s, IAdd, e->index_type, step, e->group, ids);
  SPIRV_DO(s, Branch, head);
  SPIRV_DO(s, Label, out);
  spirv_put(s, &s->main, SpvOpReturn, 0, NULL);
  spirv_put(s, &s->main, SpvOpFunctionEnd, 0, NULL);
}

nm_status vulkan_emit(nm_vulkan *d, const nm_program *p, const vulkan_plan *plan,
                      spirv_words *out) {
  nm_context *ctx = d->base.ctx;
  if (!d->library) {
    const nm_shader_words *l = &nm__shaders[NM_SHADER_library];
    d->library = spirv_library_new(l->words, l->count);
    if (!d->library) return nm__error(ctx, NM_ENOMEM, "out of memory");
  }
  emitter *e = calloc(1, sizeof *e);
  if (!e) return nm__error(ctx, NM_ENOMEM, "out of memory");
  spirv_library_reset(d->library);
  spirv_open(&e->s);
  e->d = d;
  e->p = p;
  e->plan = plan;
  vulkan_lay_out(p, plan, &e->at);
  e->u32 = spirv_int(&e->s, 32, false);
  e->index_type = plan->wide ? spirv_int(&e->s, 64, false) : e->u32;
  declare_interface(e);
  emit_main(e);
  bool f64 = false;
  for (int i = 0; i < e->s.ncapabilities; i++) f64 |= e->s.capabilities[i] == SpvCapabilityFloat64;
  spirv_modes modes = d->has.modes;
  modes.local_size = VULKAN_GROUP;
  modes.preserve[1] &= f64, modes.denorm[1] &= f64, modes.rte[1] &= f64;
  bool done = spirv_finish(&e->s, &modes, out);
  const char *missing = e->missing;
  spirv_free(&e->s);
  free(e);
  if (missing) {
    if (done) free(out->w);
    return nm__error(ctx, NM_ENOTSUP, "device '%s' has no %s, which this computation needs",
                     d->base.name, missing);
  }
  return done ? NM_OK : nm__error(ctx, NM_ENOMEM, "out of memory");
}
