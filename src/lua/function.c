/* function.c: nodes of the tape whose derivative is written in Lua, for nm.autograd.Function.
 *
 * What stands for a call in Lua is its ctx, a table; it is held for the tape with a `tape`, a
 * userdata that knows the node while it lives.  The derivative goes through one Lua function,
 * core.set_dispatch, which is called as dispatch(ctx, wanted, gradients) and returns a list with the
 * gradient of each input, false for none. */
#include "lua/binding.h"

#include "autograd/node.h"

#include <stdlib.h>

static char dispatch_key, body_key;

typedef struct function_call {
  const nml_anchor *anchor;
  int noutputs, ninputs;
  nm_tensor *const *g;
  const bool *wanted;
  nm_tensor **out;
} function_call;

static int l_call_function(lua_State *L) {
  nml_state *s = nml_enter(L);
  const function_call *c = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &dispatch_key);
  nml_push_held(L, c->anchor);
  lua_rawgeti(L, -1, 1);
  lua_remove(L, -2);
  lua_createtable(L, c->ninputs, 0);
  for (int i = 0; i < c->ninputs; i++) {
    lua_pushboolean(L, c->wanted[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_createtable(L, c->noutputs, 0);
  for (int k = 0; k < c->noutputs; k++) {
    if (c->g[k]) nml_push(L, s, c->g[k]);
    else lua_pushboolean(L, false);
    lua_rawseti(L, -2, k + 1);
  }
  lua_call(L, 3, 1);
  for (int i = 0; i < c->ninputs; i++) {
    lua_rawgeti(L, -1, i + 1);
    nm_tensor *t = nml_tensor_at(L, -1);
    lua_pop(L, 1);
    if (!t) continue;
    nm_retain(t);
    c->out[i] = t;
  }
  return 0;
}

static nm_status call_function(nm_context *ctx, void *user, nm_node *node, int noutputs,
                               nm_tensor *const *g, int ninputs, const bool *wanted,
                               nm_tensor **out) {
  (void)ctx, (void)node;
  nml_anchor *a = user;
  function_call c = {.anchor = a,
                     .noutputs = noutputs,
                     .ninputs = ninputs,
                     .g = g,
                     .wanted = wanted,
                     .out = out};
  return nml_call_back(a->s, &body_key, &c, "backward");
}

/* The tensors of a list at index i, NULL for false; the array is on the stack. */
static nm_tensor **list_at(lua_State *L, int i, int *n) {
  *n = (int)lua_rawlen(L, i);
  nm_tensor **t = lua_newuserdatauv(L, ((size_t)*n + 1) * sizeof *t, 0);
  for (int k = 0; k < *n; k++) {
    lua_rawgeti(L, i, k + 1);
    t[k] = nml_tensor_at(L, -1);
    lua_pop(L, 1);
  }
  return t;
}

/* core.record(ctx, name, inputs, outputs, flags, saved): the node's tape, or nil when there is
 * nothing to record; outputs are changed in the list where they have to be other tensors. */
static int f_record(lua_State *L, nml_state *s, const nml_args *a) {
  int ninputs, noutputs, nsaved, list = (int)a->arg[3].as.integer;
  luaL_checkstack(L, 16, NULL);
  nm_tensor **in = list_at(L, (int)a->arg[2].as.integer, &ninputs);
  nm_tensor **out = list_at(L, list, &noutputs);
  nm_tensor **saved = list_at(L, (int)a->arg[5].as.integer, &nsaved);
  uint8_t *flags = lua_newuserdatauv(L, (size_t)noutputs + 1, 0);
  nml_box **box = lua_newuserdatauv(L, ((size_t)noutputs + 1) * sizeof *box, 0);
  lua_createtable(L, noutputs, 0); /* boxes for outputs that become others */
  int boxes = lua_gettop(L);
  for (int k = 0; k < noutputs; k++) {
    lua_rawgeti(L, (int)a->arg[4].as.integer, k + 1);
    flags[k] = (uint8_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    box[k] = nml_new(L, s);
    box[k]->t = out[k];
    nm_retain(out[k]);
    lua_rawseti(L, boxes, k + 1);
  }
  lua_createtable(L, 2, 0); /* what is held for the tape */
  lua_pushvalue(L, (int)a->arg[0].as.integer);
  lua_rawseti(L, -2, 1);
  nm_node **tape = lua_newuserdatauv(L, sizeof *tape, 0);
  *tape = NULL;
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, 2);
  lua_insert(L, -2);
  nml_anchor *anchor = nml_anchor_new(L, s);
  anchor->node = tape;
  const nm_function f = {.name = a->arg[1].as.string,
                         .backward = call_function,
                         .release = nml_anchor_release,
                         .user = anchor};
  nml_hold(L, anchor);
  nm_node *node;
  nm_status status = nm_record(s->ctx, &f, ninputs, in, noutputs, out, flags, nsaved, saved, &node);
  for (int k = 0; k < noutputs; k++) box[k]->t = out[k]; /* whose references the boxes had */
  if (!node) nml_anchor_release(anchor);
  if (status != NM_OK) return nml_fail(L, s);
  if (!node) return 0;
  *tape = node;
  for (int k = 0; k < noutputs; k++) {
    lua_rawgeti(L, list, k + 1);
    bool same = nml_tensor_at(L, -1) == out[k];
    lua_pop(L, 1);
    if (same) continue;
    lua_rawgeti(L, boxes, k + 1);
    lua_rawseti(L, list, k + 1);
  }
  return 1;
}

/* core.saved(tape): what was saved, a list with its length in `n`. */
static int f_saved(lua_State *L, nml_state *s, const nml_args *a) {
  nm_node **tape = lua_touserdata(L, (int)a->arg[0].as.integer);
  nm_node *n = tape ? *tape : NULL;
  if (!n) return nml_error(L, "saved_tensors: the graph is gone");
  int nsaved = (int)n->nsaved;
  lua_createtable(L, nsaved, 1);
  for (int k = 0; k < nsaved; k++) {
    nml_box *box = nml_new(L, s);
    if (nm_saved_tensor(s->ctx, n, k, &box->t) != NM_OK) return nml_fail(L, s);
    if (box->t) lua_rawseti(L, -2, k + 1);
    else lua_pop(L, 1);
  }
  lua_pushinteger(L, nsaved);
  lua_setfield(L, -2, "n");
  return 1;
}

static int f_set_dispatch(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushvalue(L, (int)a->arg[0].as.integer);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &dispatch_key);
  return 0;
}

void nml_tape_open(lua_State *L) {
  lua_pushcclosure(L, l_call_function, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &body_key);
}

static const nm_param any_params[] = {{"value", NML_P_ANY, 0, NULL}};
static const nm_param record_params[] = {
  {"ctx", NML_P_ANY, 0, NULL}, {"name", NM_P_STRING, 0, NULL}, {"inputs", NML_P_ANY, 0, NULL},
  {"outputs", NML_P_ANY, 0, NULL}, {"flags", NML_P_ANY, 0, NULL}, {"saved", NML_P_ANY, 0, NULL}};

const nml_function nml_tape_functions[] = {
  {{.name = "record", .params = record_params, .nparams = 6}, f_record},
  {{.name = "saved", .params = any_params, .nparams = 1}, f_saved},
  {{.name = "set_dispatch", .params = any_params, .nparams = 1}, f_set_dispatch},
  {{.name = NULL}, NULL}};
