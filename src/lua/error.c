/* error.c: raising errors, at the right line and with a hint.
 *
 * Position: the first function up the stack that is neither C nor one of numoon's own Lua files, so
 * that a mistake in the use of a module written in Lua is reported where it was made. */
#include "lua/binding.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool nml_caller(lua_State *L, const nml_state *s, lua_Debug *ar) {
  for (int level = 0; lua_getstack(L, level, ar); level++) {
    lua_getinfo(L, "Sl", ar);
    if (ar->currentline <= 0) continue;
    if (!s->prefix || strncmp(ar->source, s->prefix, strlen(s->prefix)) != 0) return true;
  }
  return false;
}

static void push_position(lua_State *L) {
  lua_Debug ar;
  if (nml_caller(L, lua_touserdata(L, lua_upvalueindex(NML_STATE)), &ar))
    lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
  else
    lua_pushliteral(L, "");
}

int nml_error(lua_State *L, const char *format, ...) {
  va_list ap;
  luaL_checkstack(L, 4, NULL);
  push_position(L);
  va_start(ap, format);
  lua_pushvfstring(L, format, ap);
  va_end(ap);
  lua_concat(L, 2);
  lua_error(L);
  abort(); /* lua_error does not return, but is not declared so */
}

int nml_fail(lua_State *L, const nml_state *s) { nml_error(L, "%s", nm_message(s->ctx)); }

int nml_l_raise(lua_State *L) {
  return nml_error(L, "%s", luaL_checkstring(L, 1));
}

const char *nml_describe(lua_State *L, int i) {
  enum { LONGEST = 40 };
  nml_box *box;
  luaL_checkstack(L, 4, NULL);
  switch (lua_type(L, i)) {
    case LUA_TNONE: return lua_pushliteral(L, "nothing");
    case LUA_TNUMBER: lua_pushvalue(L, i); return lua_tostring(L, -1);
    case LUA_TTABLE: return lua_pushfstring(L, "a table of length %d", (int)lua_rawlen(L, i));
    case LUA_TSTRING: {
      const char *text = lua_tostring(L, i);
      if (strlen(text) <= LONGEST) return lua_pushfstring(L, "the string \"%s\"", text);
      char start[LONGEST + 1];
      memcpy(start, text, LONGEST);
      start[LONGEST] = 0;
      return lua_pushfstring(L, "the string \"%s...\"", start);
    }
    case LUA_TUSERDATA:
      if ((box = nml_box_at(L, i)) != NULL) {
        char shape[NM_SHAPE_TEXT];
        if (!box->t) return lua_pushliteral(L, "a closed tensor");
        return lua_pushfstring(L, "a tensor of shape %s, %s",
                               nm__shape_text(box->t->ndim, box->t->shape, shape),
                               nm__dtypes[box->t->dtype].name);
      } /* fall through */
    case LUA_TFUNCTION: return lua_pushfstring(L, "a %s", luaL_typename(L, i));
    default: return luaL_tolstring(L, i, NULL); /* nil, true, false, thread */
  }
}

/* Edits (insert, delete, replace, swap neighbours) that make a into b; case does not count. */
static int distance(const char *a, const char *b) {
  enum { LONGEST = 32 };
  int row[3][LONGEST + 1], n = (int)strlen(a), m = (int)strlen(b);
  if (n > LONGEST || m > LONGEST) return LONGEST;
  for (int j = 0; j <= m; j++) row[0][j] = j;
  for (int i = 1; i <= n; i++) {
    int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
    now[0] = i;
    for (int j = 1; j <= m; j++) {
      int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
      int best = last[j - 1] + (x != y);
      if (last[j] + 1 < best) best = last[j] + 1;
      if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
      if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
          tolower((unsigned char)a[i - 2]) == y && before[j - 2] + 1 < best)
        best = before[j - 2] + 1;
      now[j] = best;
    }
  }
  return row[n % 3][m];
}

void nml_nearest_try(nml_nearest *n, const char *candidate) {
  int third = (int)strlen(n->word) / 3, limit = n->best ? n->distance : third > 1 ? third : 1;
  int d = distance(n->word, candidate);
  if (d > limit || d >= (int)strlen(candidate)) return;
  if (n->best && (d > n->distance || (d == n->distance && strcmp(candidate, n->best) >= 0))) return;
  n->best = candidate;
  n->distance = d;
}

const char *nml_did_you_mean(lua_State *L, const nml_nearest *n) {
  return n->best ? lua_pushfstring(L, "; did you mean '%s'?", n->best) : lua_pushliteral(L, "");
}

int nml_unknown_dtype(lua_State *L, const char *where, const char *name) {
  nml_nearest n = {.word = name};
  for (int d = 0; d < NM_NDTYPES; d++) {
    nml_nearest_try(&n, nm__dtypes[d].name);
    if (nm__dtypes[d].alias) nml_nearest_try(&n, nm__dtypes[d].alias);
  }
  nml_error(L, "%s: there is no dtype '%s'%s", where, name, nml_did_you_mean(L, &n));
}

/* nearest(word, names): the name in a list that a word was most likely meant to be, or nil. */
int nml_l_nearest(lua_State *L) {
  nml_nearest n = {.word = luaL_checkstring(L, 1)};
  luaL_checktype(L, 2, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) == LUA_TSTRING; i++) {
    nml_nearest_try(&n, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  lua_pushstring(L, n.best); /* NULL pushes nil */
  return 1;
}
