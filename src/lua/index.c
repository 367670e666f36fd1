/* index.c: t[...], t[...] = value, t:get and t:set.
 *
 * One key is read into a list of nm_index items, which count from 0 and include both ends.  A key
 * is an integer, a tensor, nm.newaxis, "...", or a list of these and of slices: {} is all, {first,
 * last} and {first, last, step} include both ends. */
#include "lua/binding.h"

#include <string.h>

const char nml_newaxis[] = "nm.newaxis";

typedef struct keys {
  lua_State *L;
  const nml_state *s;
  int n;
  nm_index ix[NM_MAX_INDEX];
} keys;

static int64_t position_from_one(lua_State *L, const char *name, int64_t i) {
  if (i == 0) nml_error(L, "%s: 0 is no index: indices count from 1, and -1 is the last", name);
  return i > 0 ? i - 1 : i;
}

/* {first, last, step} at the top of the stack. */
static void read_slice(keys *k, nm_index *ix) {
  lua_State *L = k->L;
  int64_t v[3] = {0, 0, 1};
  size_t n = lua_rawlen(L, -1);
  ix->kind = NM_IX_ALL;
  if (n == 0) {
    lua_pushnil(L);
    if (lua_next(L, -2))
      nml_error(L, "index: a slice is {first, last} or {first, last, step}, without names or gaps");
    return;
  }
  if (n == 1) {
    lua_rawgeti(L, -1, 1);
    const char *i = luaL_tolstring(L, -1, NULL);
    nml_error(L,
              "index: {%s} could mean two things: write {%s, -1} for the slice to the end, or %s "
              "for the one place",
              i, i, i);
  }
  if (n > 3)
    nml_error(L, "index: a slice is {first, last} or {first, last, step}, got %d numbers; "
                 "a list of places is a tensor: nm.tensor{...}", (int)n);
  for (int d = 0; d < (int)n; d++) {
    lua_rawgeti(L, -1, d + 1);
    if (!nml_integer_at(L, -1, &v[d]))
      nml_error(L, "index: a slice must hold integers, got %s",
                nml_describe(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
  if (v[2] <= 0)
    nml_error(L, "index: a slice's step must be positive, got %I; t:flip(dim) reverses a dim",
              (LUAI_UACINT)v[2]);
  ix->kind = NM_IX_SLICE;
  ix->first = position_from_one(L, "index", v[0]);
  ix->last = v[1] > 0 ? v[1] - 1 : v[1];
  ix->step = v[2];
  if (v[1] == 0) { /* for i = first, 0: before the first place, so empty */
    ix->first = 1;
    ix->last = 0;
  }
}

/* The item on top of the stack. */
static void read_item(keys *k) {
  lua_State *L = k->L;
  if (k->n == NM_MAX_INDEX)
    nml_error(L, "index: too many items; a tensor has at most %d dims", NM_MAX_DIMS);
  nm_index *ix = &k->ix[k->n++];
  nm_tensor *t;
  int64_t i;
  *ix = (nm_index){.kind = NM_IX_ALL};
  switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
      if (!nml_integer_at(L, -1, &i))
        nml_error(L, "index: must be a whole number, got %s", nml_describe(L, lua_gettop(L)));
      ix->kind = NM_IX_INT;
      ix->first = position_from_one(L, "index", i);
      return;
    case LUA_TTABLE: read_slice(k, ix); return;
    case LUA_TSTRING:
      if (strcmp(lua_tostring(L, -1), "...") != 0) break;
      ix->kind = NM_IX_ELLIPSIS;
      return;
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, -1) != (const void *)nml_newaxis) break;
      ix->kind = NM_IX_NEWAXIS;
      return;
    case LUA_TUSERDATA:
      t = nml_tensor_at(L, lua_gettop(L));
      if (!t) break;
      ix->kind = NM_IX_TENSOR;
      ix->tensor = t;
      return;
    default: break;
  }
  nml_error(L,
            "index: must be an integer, a slice {first, last, step}, \"...\", nm.newaxis or a "
            "tensor, got %s",
            nml_describe(L, lua_gettop(L)));
}

/* The key at stack index 2. */
static void read_key(keys *k) {
  lua_State *L = k->L;
  k->n = 0;
  if (!lua_istable(L, 2)) {
    lua_pushvalue(L, 2);
    read_item(k);
    lua_pop(L, 1);
    return;
  }
  size_t n = lua_rawlen(L, 2);
  if (n > NM_MAX_INDEX)
    nml_error(L, "index: a list of %d items is too long for a tensor of at most %d dims; "
                 "a list of places is a tensor: t[nm.tensor{...}]", (int)n, NM_MAX_DIMS);
  size_t seen = 0;
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) seen++;
  if (seen != n) nml_error(L, "index: the list must be without names and gaps");
  for (size_t i = 1; i <= n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i);
    read_item(k);
    lua_pop(L, 1);
  }
}

int nml_index_get(lua_State *L, nml_state *s, nm_tensor *t) {
  keys k = {.L = L, .s = s};
  bool tried = false;
  nm_status status;
  if (lua_isinteger(L, 2) && t->ndim > 0 && lua_tointeger(L, 2) == (lua_Integer)t->shape[0] + 1) {
    lua_pushnil(L); /* ends ipairs */
    return 1;
  }
  nml_box *box = nml_new(L, s);
  read_key(&k);
  do status = nm__index_get(s->ctx, t, k.n, k.ix, &box->t);
  while (nml_again(L, status, &tried));
  if (status != NM_OK) {
    box->t = NULL;
    return nml_fail(L, s);
  }
  return 1;
}

int nml_index_set(lua_State *L, nml_state *s, nm_tensor *t) {
  keys k = {.L = L, .s = s};
  nm_value_arg v;
  bool tried = false;
  nm_status status;
  nm_tensor *value = nml_tensor_at(L, 3);
  if (value) {
    v.kind = NM_ARG_TENSOR;
    v.as.tensor = value;
  } else if (lua_istable(L, 3)) {
    nml_box *box = nml_new(L, s);
    nml_from_value(L, s, "index", 3, (nm_dtype)t->dtype, nm__device_of(t)->name, box);
    v.kind = NM_ARG_TENSOR;
    v.as.tensor = box->t;
  } else if (!nml_number_at(L, 3, &v)) {
    return nml_error(L, "index: what is assigned must be a number or a tensor, got %s",
                     nml_describe(L, 3));
  }
  read_key(&k);
  do status = nm__index_set(s->ctx, t, k.n, k.ix, &v);
  while (nml_again(L, status, &tried));
  return status == NM_OK ? 0 : nml_fail(L, s);
}

/* ---- single elements ---- */
static nm_tensor *element(lua_State *L, const char *name, int n, int64_t *at) {
  nm_tensor *t = nml_tensor_at(L, 1);
  if (!t)
    nml_error(L, "%s: there must be a tensor before ':', got %s", name, nml_describe(L, 1));
  if (n != t->ndim) {
    char shape[NM_SHAPE_TEXT];
    nml_error(L, "%s: takes an index for each dim, got %d for shape %s", name, n < 0 ? 0 : n,
              nm__shape_text(t->ndim, t->shape, shape));
  }
  for (int d = 0; d < n; d++) {
    if (!nml_integer_at(L, d + 2, &at[d]))
      nml_error(L, "%s: index %d must be an integer, got %s", name, d + 1,
                nml_describe(L, d + 2));
    at[d] = position_from_one(L, name, at[d]);
  }
  return t;
}

int nml_l_get(lua_State *L) {
  nml_state *s = nml_enter(L);
  int64_t at[NM_MAX_DIMS];
  nm_value_arg v;
  int n = lua_gettop(L) - 1;
  nm_tensor *t = element(L, "get", n, at);
  if (nm__get_element(s->ctx, t, n, at, &v) != NM_OK) return nml_fail(L, s);
  nml_push_number(L, &v);
  return 1;
}

int nml_l_set(lua_State *L) {
  nml_state *s = nml_enter(L);
  int64_t at[NM_MAX_DIMS];
  nm_value_arg v;
  int n = lua_gettop(L) - 2;
  nm_tensor *t = element(L, "set", n, at);
  if (!nml_number_at(L, n + 2, &v))
    return nml_error(L, "set: the value must be a number, got %s", nml_describe(L, n + 2));
  if (nm__set_element(s->ctx, t, n, at, &v) != NM_OK) return nml_fail(L, s);
  return 0;
}
