/* spirv.c: sections of words, interned globals, and putting the module together. */
#include "vulkan/spirv.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *extend(spirv *s, spirv_words *to, size_t n) {
  if (to->n + n > to->capacity) {
    size_t capacity = to->capacity ? 2 * to->capacity : 512;
    while (capacity < to->n + n) capacity *= 2;
    uint32_t *w = realloc(to->w, capacity * sizeof *w);
    if (!w) return s->failed = true, NULL;
    to->w = w;
    to->capacity = capacity;
  }
  uint32_t *at = to->w + to->n;
  to->n += n;
  return at;
}

void spirv_open(spirv *s) {
  memset(s, 0, sizeof *s);
  s->bound = 1;
  s->entry = spirv_id(s);
  spirv_capability(s, SpvCapabilityShader);
  spirv_capability(s, SpvCapabilityPhysicalStorageBufferAddresses);
}

void spirv_free(spirv *s) {
  free(s->decorations.w);
  free(s->globals.w);
  free(s->main.w);
  free(s->functions.w);
}

uint32_t spirv_id(spirv *s) { return s->bound++; }

uint32_t spirv_glsl(spirv *s) {
  if (!s->glsl) s->glsl = spirv_id(s);
  return s->glsl;
}

void spirv_capability(spirv *s, SpvCapability c) {
  for (int i = 0; i < s->ncapabilities; i++)
    if (s->capabilities[i] == (uint32_t)c) return;
  s->capabilities[s->ncapabilities++] = (uint32_t)c;
}

void spirv_put(spirv *s, spirv_words *to, SpvOp op, int n, const uint32_t *words) {
  uint32_t *at = extend(s, to, (size_t)n + 1);
  if (!at) return;
  *at = (uint32_t)op | (uint32_t)(n + 1) << 16;
  if (n) memcpy(at + 1, words, (size_t)n * sizeof *words);
}

uint32_t spirv_value(spirv *s, SpvOp op, uint32_t type, int n, const uint32_t *args) {
  uint32_t id = spirv_id(s), *at = extend(s, &s->main, (size_t)n + 3);
  if (!at) return id;
  at[0] = (uint32_t)op | (uint32_t)(n + 3) << 16;
  at[1] = type;
  at[2] = id;
  memcpy(at + 3, args, (size_t)n * sizeof *args);
  return id;
}

uint32_t spirv_intern(spirv *s, SpvOp op, uint32_t type, int n, const uint32_t *words, bool *made) {
  size_t head = type ? 3 : 2; /* words before the operands: a type has no type of its own */
  uint32_t first = (uint32_t)op | (uint32_t)((size_t)n + head) << 16;
  uint32_t hash = first * 0x9e3779b1u ^ type * 0x85ebca6bu;
  for (int i = 0; i < n; i++) hash = (hash ^ words[i]) * 0x01000193u, hash ^= hash >> 15;
  if (made) *made = false;
  uint32_t b = hash % SPIRV_BUCKETS;
  for (; s->buckets[b]; b = (b + 1) % SPIRV_BUCKETS) {
    const uint32_t *at = s->globals.w + s->buckets[b] - 1;
    if (at[0] == first && (!type || at[1] == type) &&
        !memcmp(at + head, words, (size_t)n * sizeof *words))
      return at[head - 1];
  }
  uint32_t id = spirv_id(s), *at = extend(s, &s->globals, (size_t)n + head);
  if (!at || s->interned >= SPIRV_BUCKETS - 1) return s->failed = true, id;
  at[0] = first;
  if (type) at[1] = type;
  at[head - 1] = id;
  memcpy(at + head, words, (size_t)n * sizeof *words);
  s->buckets[b] = (uint32_t)(at - s->globals.w) + 1;
  s->interned++;
  if (made) *made = true;
  return id;
}

#define TYPE(s, op, made, ...)                                                                     \
  spirv_intern(s, SpvOpType##op, 0, SPIRV_COUNT(__VA_ARGS__), (uint32_t[]){__VA_ARGS__}, made)

uint32_t spirv_void(spirv *s) {
  return spirv_intern(s, SpvOpTypeVoid, 0, 0, (uint32_t[]){0}, NULL);
}
uint32_t spirv_bool(spirv *s) {
  return spirv_intern(s, SpvOpTypeBool, 0, 0, (uint32_t[]){0}, NULL);
}

uint32_t spirv_int(spirv *s, uint32_t width, bool is_signed) {
  if (width == 64) spirv_capability(s, SpvCapabilityInt64);
  if (width == 16) {
    spirv_capability(s, SpvCapabilityInt16);
    spirv_capability(s, SpvCapabilityStorageBuffer16BitAccess);
  }
  if (width == 8) {
    spirv_capability(s, SpvCapabilityInt8);
    spirv_capability(s, SpvCapabilityStorageBuffer8BitAccess);
  }
  return TYPE(s, Int, NULL, width, is_signed);
}

uint32_t spirv_float(spirv *s, uint32_t width) {
  if (width == 64) spirv_capability(s, SpvCapabilityFloat64);
  return TYPE(s, Float, NULL, width);
}

uint32_t spirv_vector(spirv *s, uint32_t component, uint32_t n) {
  return TYPE(s, Vector, NULL, component, n);
}

uint32_t spirv_uint_constant(spirv *s, uint32_t value) {
  return spirv_intern(s, SpvOpConstant, spirv_int(s, 32, false), 1, &value, NULL);
}

uint32_t spirv_array_pointer(spirv *s, uint32_t element, uint32_t stride) {
  bool made;
  uint32_t array = TYPE(s, RuntimeArray, &made, element);
  if (made) SPIRV_DECORATE(s, array, SpvDecorationArrayStride, stride);
  uint32_t block = TYPE(s, Struct, &made, array);
  if (made) {
    SPIRV_DECORATE(s, block, SpvDecorationBlock);
    uint32_t offset[] = {block, 0, SpvDecorationOffset, 0};
    spirv_put(s, &s->decorations, SpvOpMemberDecorate, 4, offset);
  }
  return TYPE(s, Pointer, NULL, SpvStorageClassPhysicalStorageBuffer, block);
}

uint32_t spirv_element_pointer(spirv *s, uint32_t element) {
  return TYPE(s, Pointer, NULL, SpvStorageClassPhysicalStorageBuffer, element);
}

/* ---- the module ---- */

bool spirv_finish(spirv *s, const spirv_modes *m, spirv_words *out) {
  memset(out, 0, sizeof *out);
  static const struct {
    SpvCapability capability;
    SpvExecutionMode mode;
  } controls[] = {{SpvCapabilitySignedZeroInfNanPreserve, SpvExecutionModeSignedZeroInfNanPreserve},
                  {SpvCapabilityDenormPreserve, SpvExecutionModeDenormPreserve},
                  {SpvCapabilityRoundingModeRTE, SpvExecutionModeRoundingModeRTE}};
  const bool *const on[] = {m->preserve, m->denorm, m->rte};
  for (int i = 0; i < 3; i++)
    if (on[i][0] || on[i][1]) spirv_capability(s, controls[i].capability);
  uint32_t *head = extend(s, out, 5);
  if (head)
    memcpy(head, (uint32_t[]){SpvMagicNumber, 0x00010500, 0, s->bound, 0}, 5 * sizeof *head);
  for (int i = 0; i < s->ncapabilities; i++)
    spirv_put(s, out, SpvOpCapability, 1, &s->capabilities[i]);
  if (s->glsl) {
    uint32_t import[5] = {s->glsl};
    memcpy(import + 1, "GLSL.std.450", 13);
    spirv_put(s, out, SpvOpExtInstImport, 5, import);
  }
  spirv_put(s, out, SpvOpMemoryModel, 2,
            (uint32_t[]){SpvAddressingModelPhysicalStorageBuffer64, SpvMemoryModelGLSL450});
  uint32_t entry[] = {SpvExecutionModelGLCompute, s->entry, 0, 0, s->gid, s->groups, s->push};
  memcpy(entry + 2, "main", 5);
  spirv_put(s, out, SpvOpEntryPoint, 7, entry);
  spirv_put(s, out, SpvOpExecutionMode, 5,
            (uint32_t[]){s->entry, SpvExecutionModeLocalSize, m->local_size, 1, 1});
  for (int i = 0; i < 3; i++)
    for (uint32_t k = 0; k < 2; k++)
      if (on[i][k])
        spirv_put(s, out, SpvOpExecutionMode, 3,
                  (uint32_t[]){s->entry, (uint32_t)controls[i].mode, 32 << k});
  const spirv_words *sections[] = {&s->decorations, &s->globals, &s->main, &s->functions};
  for (int i = 0; i < 4; i++) {
    uint32_t *at = extend(s, out, sections[i]->n);
    if (at && sections[i]->n) memcpy(at, sections[i]->w, sections[i]->n * sizeof *at);
  }
  if (s->failed) {
    free(out->w);
    memset(out, 0, sizeof *out);
  }
  return !s->failed;
}
