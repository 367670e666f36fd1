/* optim.c: the steps of optimizers over all parameters of a group, in one call.
 *
 * What is kept of a parameter from step to step is in the table states[parameter], under PyTorch's
 * names; it is made at the parameter's first step.  Parameters without a gradient are left alone.
 */
#include "lua/binding.h"

enum { PARAMS = 1, STATES = 2 }; /* stack indices: the arguments that all steps begin with */

/* Pushes the i-th parameter and, with `keeps`, its state; NULL, and nothing is pushed, after the
 * last. */
static nm_tensor *next_parameter(lua_State *L, lua_Integer i, bool keeps) {
  if (lua_rawgeti(L, PARAMS, i) == LUA_TNIL) return lua_pop(L, 1), NULL;
  nm_tensor *p = nml_tensor_at(L, -1);
  if (!p) nml_error(L, "parameter %I is not a tensor", (LUAI_UACINT)i);
  if (!keeps || !nm_grad(p)) return p;
  lua_pushvalue(L, -1);
  if (lua_rawget(L, STATES) == LUA_TTABLE) return p;
  lua_pop(L, 1);
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, -2);
  lua_rawset(L, STATES);
  return p;
}

/* Pushes the box of a tensor of a state; where there is none yet, an empty one, which keep() puts
 * there when it is filled. */
static nml_box *kept(lua_State *L, nml_state *s, int state, const char *name) {
  if (lua_getfield(L, state, name) == LUA_TNIL) {
    lua_pop(L, 1);
    return nml_new(L, s);
  }
  if (!nml_tensor_at(L, -1)) nml_error(L, "the state '%s' of a parameter is not a tensor", name);
  return nml_box_at(L, -1);
}

static void keep(lua_State *L, int state, int box, const char *name) {
  lua_pushvalue(L, box);
  lua_setfield(L, state, name);
}

static int f_sgd_step(lua_State *L, nml_state *s, const nml_args *a) {
  const nm_sgd how = {.lr = a->arg[2].as.number, .momentum = a->arg[3].as.number,
                      .dampening = a->arg[4].as.number, .weight_decay = a->arg[5].as.number,
                      .nesterov = a->arg[6].as.boolean, .maximize = a->arg[7].as.boolean};
  int top = lua_gettop(L), state = top + 2;
  nm_tensor *p, *b = NULL;
  bool keeps = how.momentum != 0;
  for (lua_Integer i = 1; (p = next_parameter(L, i, keeps)); lua_settop(L, top), i++) {
    if (!nm_grad(p)) continue;
    nml_box *box = keeps ? kept(L, s, state, "momentum_buffer") : NULL;
    bool tried = false;
    nm_status status;
    if (box) b = box->t;
    do status = nm_sgd_step(s->ctx, p, &b, &how);
    while (nml_again(L, status, &tried));
    if (box) box->t = b;
    if (status != NM_OK) return nml_fail(L, s);
    if (box) keep(L, state, state + 1, "momentum_buffer");
    nml_compute(L, s, p);
    if (box) nml_compute(L, s, b);
  }
  return 0;
}

static int f_adam_step(lua_State *L, nml_state *s, const nml_args *a) {
  const nm_adam how = {.lr = a->arg[2].as.number, .beta1 = a->arg[3].as.number,
                       .beta2 = a->arg[4].as.number, .eps = a->arg[5].as.number,
                       .weight_decay = a->arg[6].as.number, .maximize = a->arg[7].as.boolean};
  int top = lua_gettop(L), state = top + 2;
  nm_tensor *p;
  for (lua_Integer i = 1; (p = next_parameter(L, i, true)); lua_settop(L, top), i++) {
    if (!nm_grad(p)) continue;
    nml_box *m = kept(L, s, state, "exp_avg"), *v = kept(L, s, state, "exp_avg_sq");
    lua_getfield(L, state, "step");
    nm_adam_state now = {.step = lua_tointeger(L, -1), .exp_avg = m->t, .exp_avg_sq = v->t};
    bool tried = false;
    nm_status status;
    do status = nm_adam_step(s->ctx, p, &now, &how);
    while (nml_again(L, status, &tried));
    m->t = now.exp_avg, v->t = now.exp_avg_sq;
    if (status != NM_OK) return nml_fail(L, s);
    keep(L, state, state + 1, "exp_avg");
    keep(L, state, state + 2, "exp_avg_sq");
    lua_pushinteger(L, now.step);
    lua_setfield(L, state, "step");
    nml_compute(L, s, p);
    nml_compute(L, s, m->t);
    nml_compute(L, s, v->t);
  }
  return 0;
}

static int f_zero_grad(lua_State *L, nml_state *s, const nml_args *a) {
  (void)a;
  nm_tensor *p;
  for (lua_Integer i = 1; (p = next_parameter(L, i, false)); lua_pop(L, 1), i++)
    nm_set_grad(s->ctx, p, NULL);
  return 0;
}

#define NUMBER(name) {name, NM_P_FLOAT, 0, NULL}
#define FLAG(name) {name, NM_P_BOOL, 0, NULL}
#define ANY(name) {name, NML_P_ANY, 0, NULL}
static const nm_param sgd_params[] = {ANY("params"), ANY("states"), NUMBER("lr"),
                                      NUMBER("momentum"), NUMBER("dampening"),
                                      NUMBER("weight_decay"), FLAG("nesterov"), FLAG("maximize")};
static const nm_param adam_params[] = {ANY("params"), ANY("states"), NUMBER("lr"), NUMBER("beta1"),
                                       NUMBER("beta2"), NUMBER("eps"), NUMBER("weight_decay"),
                                       FLAG("maximize")};

const nml_function nml_optim_functions[] = {
  {{.name = "sgd_step", .params = sgd_params, .nparams = 8,
    .doc = "steps down the gradients of a list of parameters"}, f_sgd_step},
  {{.name = "adam_step", .params = adam_params, .nparams = 8,
    .doc = "Adam's step of a list of parameters"}, f_adam_step},
  {{.name = "zero_grad", .params = sgd_params, .nparams = 1,
    .doc = "forgets the gradients of a list of tensors"}, f_zero_grad},
  {{.name = NULL}, NULL}};
