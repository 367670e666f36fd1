/* library.c: copies functions out of a compiled module, with the types, constants and functions
 * they use.
 *
 * So the formulas are written once, in GLSL, for kernels and emitted programs alike.  Ids are
 * renumbered; which words of an instruction are literals stands in one table, all others are ids.
 */
#include "vulkan/spirv.h"

#include <stdlib.h>
#include <string.h>

struct spirv_library {
  const uint32_t *words;
  uint32_t bound;
  uint32_t
      *where;    /* by id: the position of its global instruction or function; 0 if inside of one */
  uint32_t *map; /* by id: the id in the module being written, 0 if it has none yet */
  uint8_t *precise; /* by id: decorated with NoContraction */
  uint32_t *names;  /* positions of the OpName of functions */
  size_t nnames;
};

static SpvOp op_at(const uint32_t *w) { return (SpvOp)(w[0] & 0xffffu); }
static uint32_t length_at(const uint32_t *w) { return w[0] >> 16; }

/* Where in an instruction literals stand: words `from` to `to`, every `step`. */
static bool is_literal(SpvOp op, uint32_t i) {
  /* clang-format off */
  static const struct { uint16_t op; uint8_t from, to, step; } table[] = {
    {SpvOpTypeInt, 2, 3, 1}, {SpvOpTypeFloat, 2, 2, 1}, {SpvOpTypeVector, 3, 3, 1},
    {SpvOpTypePointer, 2, 2, 1}, {SpvOpConstant, 3, 255, 1}, {SpvOpFunction, 3, 3, 1},
    {SpvOpVariable, 3, 3, 1}, {SpvOpLoad, 4, 255, 1}, {SpvOpStore, 3, 255, 1},
    {SpvOpExtInst, 4, 4, 1}, {SpvOpCompositeExtract, 4, 255, 1}, {SpvOpCompositeInsert, 5, 255, 1},
    {SpvOpVectorShuffle, 5, 255, 1}, {SpvOpSelectionMerge, 2, 2, 1}, {SpvOpLoopMerge, 3, 255, 1},
    {SpvOpBranchConditional, 4, 255, 1}, {SpvOpSwitch, 3, 255, 2},
  };
  /* clang-format on */
  for (size_t t = 0; t < sizeof table / sizeof *table; t++)
    if (table[t].op == op)
      return i >= table[t].from && i <= table[t].to && (i - table[t].from) % table[t].step == 0;
  return false;
}

/* The word that holds the result id of a global instruction or function, or 0. */
static uint32_t result_word(SpvOp op) {
  if (op >= SpvOpTypeVoid && op <= SpvOpTypeFunction) return 1;
  return (op >= SpvOpConstantTrue && op <= SpvOpConstantNull) || op == SpvOpFunction ||
                 op == SpvOpUndef
             ? 2
         : op == SpvOpExtInstImport ? 1
                                    : 0;
}

static void read_module(spirv_library *l, size_t count) {
  bool inside = false;
  for (size_t at = 5; at < count; at += length_at(l->words + at)) {
    const uint32_t *w = l->words + at;
    SpvOp op = op_at(w);
    if (op == SpvOpDecorate && w[2] == SpvDecorationNoContraction) l->precise[w[1]] = 1;
    if (op == SpvOpName && strchr((const char *)(w + 2), '(')) l->names[l->nnames++] = (uint32_t)at;
    uint32_t r = inside ? 0 : result_word(op);
    if (r) l->where[w[r]] = (uint32_t)at;
    if (op == SpvOpFunction) inside = true;
    if (op == SpvOpFunctionEnd) inside = false;
  }
}

spirv_library *spirv_library_new(const uint32_t *words, size_t count) {
  spirv_library *l = calloc(1, sizeof *l);
  if (!l) return NULL;
  l->words = words;
  l->bound = words[3];
  l->where = calloc(l->bound, sizeof *l->where);
  l->map = calloc(l->bound, sizeof *l->map);
  l->precise = calloc(l->bound, 1);
  l->names = calloc(l->bound, sizeof *l->names);
  if (!l->where || !l->map || !l->precise || !l->names) {
    spirv_library_free(l);
    return NULL;
  }
  read_module(l, count);
  return l;
}

void spirv_library_free(spirv_library *l) {
  if (!l) return;
  free(l->where);
  free(l->map);
  free(l->precise);
  free(l->names);
  free(l);
}

void spirv_library_reset(spirv_library *l) { memset(l->map, 0, l->bound * sizeof *l->map); }

static uint32_t function_id(spirv_library *l, spirv *s, uint32_t id);

static void note_capability(spirv *s, const uint32_t *w) {
  if (op_at(w) == SpvOpTypeInt && w[2] == 64) spirv_capability(s, SpvCapabilityInt64);
  if (op_at(w) == SpvOpTypeFloat && w[2] == 64) spirv_capability(s, SpvCapabilityFloat64);
}

/* The id in s of the library's `id`: a global is interned, a function is copied, what belongs to
 * the function being copied gets a new id. */
static uint32_t mapped(spirv_library *l, spirv *s, uint32_t id) {
  if (l->map[id]) return l->map[id];
  const uint32_t *w = l->words + l->where[id];
  if (!l->where[id]) return l->map[id] = spirv_id(s);
  SpvOp op = op_at(w);
  if (op == SpvOpFunction) return function_id(l, s, id);
  if (op == SpvOpExtInstImport) return l->map[id] = spirv_glsl(s);
  uint32_t operands[64], head = result_word(op) + 1, n = length_at(w) - head;
  if (n > 64) return s->failed = true, id;
  for (uint32_t i = 0; i < n; i++)
    operands[i] = is_literal(op, head + i) ? w[head + i] : mapped(l, s, w[head + i]);
  note_capability(s, w);
  uint32_t type = head == 3 ? mapped(l, s, w[1]) : 0;
  return l->map[id] = spirv_intern(s, op, type, (int)n, operands, NULL);
}

/* Copies a function; those that it calls are copied on the way, in front of it. */
static uint32_t function_id(spirv_library *l, spirv *s, uint32_t id) {
  const uint32_t *w = l->words + l->where[id];
  spirv_words body = {0};
  l->map[id] = spirv_id(s);
  for (;; w += length_at(w)) {
    SpvOp op = op_at(w);
    uint32_t n = length_at(w), copy[256];
    if (n > 256) {
      s->failed = true;
      break;
    }
    for (uint32_t i = 1; i < n; i++) copy[i - 1] = is_literal(op, i) ? w[i] : mapped(l, s, w[i]);
    spirv_put(s, &body, op, (int)n - 1, copy);
    if (op == SpvOpFunctionEnd) break;
    if (n > 2 && w[2] < l->bound && op >= SpvOpSNegate && op <= SpvOpFMod && l->precise[w[2]])
      SPIRV_DECORATE(s, copy[1], SpvDecorationNoContraction);
  }
  for (size_t i = 0; i < body.n; i += length_at(body.w + i))
    spirv_put(s, &s->functions, op_at(body.w + i), (int)length_at(body.w + i) - 1, body.w + i + 1);
  free(body.w);
  return l->map[id];
}

uint32_t spirv_library_use(spirv_library *l, spirv *s, const char *name) {
  for (size_t i = 0; i < l->nnames; i++) {
    const uint32_t *w = l->words + l->names[i];
    if (!strcmp((const char *)(w + 2), name)) return mapped(l, s, w[1]);
  }
  return 0;
}
