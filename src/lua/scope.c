/* scope.c: nm.scope: tensors made in a block and closed at its end.
 *
 * The scopes form a stack of tables.  A table has the tensors made in its scope as weak keys, so
 * the collector still takes what is dropped earlier, and the scope around it under a key of its
 * own. */
#include "lua/binding.h"

static char current_key, parent_key, scope_meta_key;

void nml_scope_note(lua_State *L) {
  luaL_checkstack(L, 4, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &current_key);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, true);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* Ends the scope at stack index 1 and those inside it that an error has left open. */
static int l_scope_close(lua_State *L) {
  nml_state *s = lua_touserdata(L, lua_upvalueindex(NML_STATE));
  luaL_checktype(L, 1, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    luaL_checkstack(L, 8, NULL);
    nml_close_box(L, s, lua_gettop(L) - 1);
  }
  s->scoped = lua_rawgetp(L, 1, &parent_key) == LUA_TTABLE;
  lua_rawsetp(L, LUA_REGISTRYINDEX, &current_key);
  return 0;
}

static int f_scope_open(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_newtable(L);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &scope_meta_key) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, lua_upvalueindex(NML_STATE));
    lua_pushvalue(L, lua_upvalueindex(NML_META));
    lua_pushcclosure(L, l_scope_close, 2);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scope_meta_key);
  }
  lua_setmetatable(L, -2);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &current_key);
  lua_rawsetp(L, -2, &parent_key);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &current_key);
  s->scoped = true;
  return 1;
}

/* Takes what is at index `i` out of the scope and hands it to the one around, if there is one. */
static void keep(lua_State *L, const nml_state *s, int scope, int i, int depth) {
  enum { DEEPEST = 16 };
  luaL_checkstack(L, 8, NULL);
  if (nml_box_at(L, i)) {
    lua_pushvalue(L, i);
    bool here = lua_rawget(L, scope) != LUA_TNIL;
    lua_pop(L, 1);
    if (!here) return;
    lua_pushvalue(L, i);
    lua_pushnil(L);
    lua_rawset(L, scope);
    if (lua_rawgetp(L, scope, &parent_key) == LUA_TTABLE) {
      lua_pushvalue(L, i);
      lua_pushboolean(L, true);
      lua_rawset(L, -3);
    }
    lua_pop(L, 1);
  } else if (lua_istable(L, i) && depth < DEEPEST) {
    for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) keep(L, s, scope, lua_gettop(L), depth + 1);
  }
}

/* keep_all(scope, ...): the values, which survive the scope, with the tensors in tables among them.
 */
int nml_l_scope_keep(lua_State *L) {
  const nml_state *s = lua_touserdata(L, lua_upvalueindex(NML_STATE));
  int n = lua_gettop(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  for (int i = 2; i <= n; i++) keep(L, s, 1, i, 0);
  return n - 1;
}

/* t:keep(): no scope closes it. */
static int f_keep(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s, (void)a;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &current_key);
  while (lua_istable(L, -1)) {
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_rawgetp(L, -1, &parent_key);
  }
  lua_pushvalue(L, 1);
  return 1;
}

static const nm_param self_params[] = {{"input", NM_P_TENSOR, 0, NULL}};

const nml_function nml_scope_functions[] = {
  {{.name = "keep", .params = self_params, .nparams = 1, .flags = NM_METHOD,
    .doc = "the tensor, which no nm.scope around closes any more"}, f_keep},
  {{.name = "scope_open"}, f_scope_open},
  {{.name = NULL}, NULL}};
