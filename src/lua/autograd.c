/* autograd.c: gradients as Lua asks for them, and the modes of the tape. */
#include "lua/binding.h"

#include <stdio.h>
#include <string.h>

#define GIVEN(i) (a->arg[i].kind != NM_ARG_NONE)

static bool flag(const nml_args *a, int i, bool standard) {
  return GIVEN(i) ? a->arg[i].as.boolean : standard;
}

/* ---- backward ---- */
/* The tensors of a tensor or a list, in memory on the stack; NULL where `holes` and the list has
 * false. */
static nm_tensor **read_tensors(lua_State *L, const char *name, const char *what,
                                int i, bool holes, int *n) {
  enum { LONGEST = 1 << 20 };
  bool list = lua_istable(L, i);
  size_t length = list ? lua_rawlen(L, i) : 1;
  if (length > LONGEST) nml_error(L, "%s: %s is a list of more than %d", name, what, LONGEST);
  nm_tensor **t = lua_newuserdatauv(L, (length + 1) * sizeof *t, 0);
  *n = (int)length;
  for (int k = 0; k < *n; k++) {
    if (list) lua_rawgeti(L, i, k + 1);
    else lua_pushvalue(L, i);
    t[k] = nml_tensor_at(L, lua_gettop(L));
    if (!t[k] && !(holes && !lua_toboolean(L, -1)))
      nml_error(L, "%s: %s must be a tensor or a list of tensors, got %s", name, what,
                nml_describe(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
  return t;
}

/* The gradients of n outputs from an optional argument. */
static nm_tensor **read_gradients(lua_State *L, const nml_args *a, int i,
                                  int noutputs) {
  int n;
  if (!GIVEN(i)) return NULL;
  const char *what = a->op->params[i].name;
  nm_tensor **g = read_tensors(L, a->op->name, what, (int)a->arg[i].as.integer, true, &n);
  if (n != noutputs)
    nml_error(L, "%s: %d %s, but %d %s", a->op->name, noutputs, a->op->params[0].name, n, what);
  return g;
}

/* backward(tensors, gradients, retain_graph, create_graph, inputs) */
static int f_backward(lua_State *L, nml_state *s, const nml_args *a) {
  int n, ninputs = 0;
  luaL_checkstack(L, 12, NULL);
  nm_tensor **t = read_tensors(L, "backward", a->op->params[0].name,
                               (int)a->arg[0].as.integer, false, &n), **inputs = NULL;
  nm_tensor **g = read_gradients(L, a, 1, n);
  bool create = flag(a, 3, false), retain = flag(a, 2, create);
  if (GIVEN(4)) {
    inputs = read_tensors(L, "backward", "inputs", (int)a->arg[4].as.integer, false, &ninputs);
    if (!ninputs) return nml_error(L, "backward: inputs is an empty list");
  }
  lua_State *outer = s->walker;
  s->walker = L;
  nm_status status = nm_backward_all(s->ctx, n, t, g, ninputs, inputs, retain, create);
  s->walker = outer;
  return status == NM_OK ? 0 : nml_fail_walk(L, s);
}

/* Pushes the box of each gradient in a list, so that nothing can be lost later. */
static nml_box **new_boxes(lua_State *L, nml_state *s, int n) {
  nml_box **box = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *box, 0);
  lua_createtable(L, n, 0);
  for (int k = 0; k < n; k++) {
    box[k] = nml_new(L, s);
    lua_rawseti(L, -2, k + 1);
  }
  return box;
}

static int f_grad(lua_State *L, nml_state *s, const nml_args *a) {
  int nout, nin, inputs = (int)a->arg[1].as.integer;
  luaL_checkstack(L, 12, NULL);
  nm_tensor **out =
    read_tensors(L, "grad", "outputs", (int)a->arg[0].as.integer, false, &nout);
  nm_tensor **in = read_tensors(L, "grad", "inputs", inputs, false, &nin);
  nm_tensor **grads = read_gradients(L, a, 2, nout);
  bool create = flag(a, 4, false), retain = flag(a, 3, create);
  nm_tensor **result = lua_newuserdatauv(L, ((size_t)nin + 1) * sizeof *result, 0);
  memset(result, 0, ((size_t)nin + 1) * sizeof *result);
  nml_box **box = new_boxes(L, s, nin);
  lua_State *outer = s->walker;
  s->walker = L;
  nm_status status = nm_gradients(s->ctx, nout, out, grads, nin, in, retain, create,
                                  flag(a, 5, false), result);
  s->walker = outer;
  if (status != NM_OK) return nml_fail_walk(L, s);
  for (int k = 0; k < nin; k++) box[k]->t = result[k];
  for (int k = 0; k < nin; k++) {
    if (result[k]) continue;
    lua_pushboolean(L, false); /* no gradient: nil would cut the list */
    lua_rawseti(L, -2, k + 1);
  }
  if (lua_istable(L, inputs)) return 1;
  lua_rawgeti(L, -1, 1);
  if (!lua_toboolean(L, -1)) lua_pushnil(L);
  return 1;
}

static int f_requires_grad_(lua_State *L, nml_state *s, const nml_args *a) {
  if (nm_set_requires_grad(s->ctx, a->arg[0].as.tensor, flag(a, 1, true)) != NM_OK)
    return nml_fail(L, s);
  lua_pushvalue(L, 1);
  return 1;
}

/* ---- modes ---- */
static int f_grad_mode(lua_State *L, nml_state *s, const nml_args *a) {
  lua_pushboolean(L, nm_set_grad_enabled(s->ctx, a->arg[0].as.boolean));
  return 1;
}

static int f_is_grad_enabled(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushboolean(L, s->ctx->grad_enabled);
  return 1;
}

/* set_inference(on): the inference mode and the grad mode as they were. */
static int f_set_inference(lua_State *L, nml_state *s, const nml_args *a) {
  bool grad = s->ctx->grad_enabled, on = a->arg[0].as.boolean;
  lua_pushboolean(L, nm_set_inference_mode(s->ctx, on));
  lua_pushboolean(L, grad);
  if (!on) nm_set_grad_enabled(s->ctx, true);
  return 2;
}

static int f_is_inference_mode_enabled(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  lua_pushboolean(L, s->ctx->inference);
  return 1;
}

static int f_is_inference(lua_State *L, nml_state *s, const nml_args *a) {
  (void)s;
  lua_pushboolean(L, nm_is_inference(a->arg[0].as.tensor));
  return 1;
}

/* Where the op that is being applied was called from. */
static const char *locate(void *user) {
  nml_state *s = user;
  lua_Debug ar;
  if (!s->L || !nml_caller(s->L, s, &ar)) return NULL;
  snprintf(s->place, sizeof s->place, "%s:%d", ar.short_src, ar.currentline);
  return s->place;
}

/* set_anomaly(on, check_nan): both as they were. */
static int f_set_anomaly(lua_State *L, nml_state *s, const nml_args *a) {
  bool on = a->arg[0].as.boolean;
  nm_anomaly was = nm_set_anomaly(s->ctx, (nm_anomaly){.on = on,
                                                       .check_nan = on && a->arg[1].as.boolean,
                                                       .locate = locate,
                                                       .user = s});
  lua_pushboolean(L, was.on);
  lua_pushboolean(L, was.check_nan);
  return 2;
}

#define SELF {"input", NM_P_TENSOR, 0, NULL}
static const nm_param self_params[] = {SELF};
static const nm_param none[1];
static const nm_param on_params[] = {{"on", NM_P_BOOL, 0, NULL}};
static const nm_param anomaly_params[] = {{"on", NM_P_BOOL, 0, NULL},
                                          {"check_nan", NM_P_BOOL, 0, NULL}};
static const nm_param flag_params[] = {SELF, {"requires_grad", NM_P_BOOL, NM_OPTIONAL, "true"}};
static const nm_param grad_params[] = {{"outputs", NML_P_ANY, 0, NULL},
                                       {"inputs", NML_P_ANY, 0, NULL},
                                       {"grad_outputs", NML_P_ANY, NM_OPTIONAL, NULL},
                                       {"retain_graph", NM_P_BOOL, NM_OPTIONAL, "create_graph"},
                                       {"create_graph", NM_P_BOOL, NM_OPTIONAL, "false"},
                                       {"allow_unused", NM_P_BOOL, NM_OPTIONAL, "false"}};
#define BACKWARD(first, second) \
  {first, NML_P_ANY, 0, NULL}, {second, NML_P_ANY, NM_OPTIONAL, NULL}, \
  {"retain_graph", NM_P_BOOL, NM_OPTIONAL, "create_graph"}, \
  {"create_graph", NM_P_BOOL, NM_OPTIONAL, "false"}, {"inputs", NML_P_ANY, NM_OPTIONAL, NULL}
static const nm_param backward_params[] = {BACKWARD("input", "gradient")};
static const nm_param backward_all_params[] = {BACKWARD("tensors", "grad_tensors")};

#define NAMED(name_, f, p, count, where, text) \
  {{.name = name_, .doc = text, .params = p, .nparams = count, .flags = where}, f}
#define ROW(f, p, count, where, text) NAMED(#f, f_##f, p, count, where, text)

const nml_function nml_autograd_functions[] = {
  ROW(backward, backward_params, 5, NM_METHOD,
      "adds the gradients of the tensor to the leaves' grad, or to that of the inputs alone"),
  NAMED("backward_all", f_backward, backward_all_params, 5, 0,
        "the same for the sum of several tensors"),
  ROW(grad, grad_params, 6, NM_FUNCTION,
      "gradients of outputs with respect to inputs, without touching any grad"),
  ROW(requires_grad_, flag_params, 2, NM_METHOD, "says whether backward collects a gradient here"),
  ROW(is_grad_enabled, none, 0, NM_FUNCTION, "whether ops are put on the tape"),
  ROW(is_inference_mode_enabled, none, 0, NM_FUNCTION, "whether inference_mode is on"),
  ROW(is_inference, self_params, 1, NM_ANYWHERE,
      "whether the tensor was made in inference_mode, and can't be put on the tape"),
  ROW(grad_mode, on_params, 1, 0, "sets whether ops are put on the tape, and returns what it was"),
  ROW(set_inference, on_params, 1, 0, "sets the inference mode"),
  ROW(set_anomaly, anomaly_params, 2, 0, "sets the anomaly detection"),
  {{.name = NULL}, NULL}};
