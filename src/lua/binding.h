/* binding.h: what the files of the Lua binding share.
 *
 * The binding is the only code that includes lua.h, and the only code that raises errors.  A Lua
 * state has one context, in an nml_state that lives in the registry; every C function of the
 * binding has the nml_state and the tensors' metatable as its first two upvalues.  A tensor in Lua
 * is a userdata that holds one reference (nml_box).  lua_error never returns, so nothing that is
 * not anchored on the Lua stack may be held when anything here can raise: the boxes of results are
 * made before the results. */
#ifndef NM_BINDING_H
#define NM_BINDING_H

#include <lauxlib.h>
#include <lua.h>

#include "ops/ops.h"

enum { NML_OPERATORS = 14 };
typedef struct nml_state {
  nm_context *ctx;    /* NULL once the Lua state closes it */
  const nm_op *operators[NML_OPERATORS]; /* what those stand for, see call.c */
  const char
    *prefix; /* sources that begin with it are numoon's own, see error.c; anchored in the core */
  size_t low;         /* fewest live bytes since the last full collection, see module.c */
  double owed;        /* KB that the collector has still to be told */
  bool scoped;        /* tensors are noted in the current nm.scope, see scope.c */
  lua_State *main;    /* the thread that lives as long as the state */
  lua_State *L;       /* the one that called last: the place of what is computed now */
  lua_State *walker;  /* the one that called backward, NULL outside: hooks run there */
  bool raised;        /* the error of a hook waits in the registry, see hooks.c */
  lua_Integer anchors; /* made so far */
  lua_Integer kept;    /* boxes that hooks may keep alive */
  struct nml_anchor *dead; /* to be taken out of the registry */
  char place[LUA_IDSIZE + 16]; /* what locate of autograd.c gave last */
} nml_state;

typedef struct nml_box {
  nm_tensor *t;    /* NULL once closed */
  const char *tag; /* nml_tag: what tells a tensor from another userdata */
  nml_state *s;
} nml_box;
extern const char nml_tag[]; /* an address that no other userdata has in that place */

enum { NML_STATE = 1, NML_META = 2, NML_SELF = 3 }; /* upvalues; SELF: what the closure is for */
enum { NML_DEBT = 64 * 1024 }; /* bytes taken between two looks at the collector */

/* ---- module.c ---- */
/* Tells the collector what has been taken outside of its sight.  May run finalizers. */
void nml_collect(lua_State *L, nml_state *s);
/* For `do status = ...; while (nml_again(...))`: collects everything and says true when memory ran
 * out for the first time. */
static inline bool nml_again(lua_State *L, nm_status status, bool *tried) {
  if (status != NM_ENOMEM || *tried) return false;
  *tried = true;
  lua_gc(L, LUA_GCCOLLECT, 0);
  return true;
}

/* ---- error.c ---- */
/* Raises at the line of the caller outside of numoon's own Lua files; formats as lua_pushfstring.
 */
_Noreturn int nml_error(lua_State *L, const char *format, ...);
/* The first function up the stack that is neither C nor numoon's own. */
bool nml_caller(lua_State *L, const nml_state *s, lua_Debug *ar);
/* Raises the context's message. */
_Noreturn int nml_fail(lua_State *L, const nml_state *s);
/* Pushes a few words about a value, for messages: `a tensor of shape {2, 3}`, `"abc"`. */
const char *nml_describe(lua_State *L, int i);
/* The candidate nearest to a word, when it is near enough to be a slip of the pen. */
typedef struct nml_nearest {
  const char *word, *best;
  int distance;
} nml_nearest;
void nml_nearest_try(nml_nearest *n, const char *candidate);
/* Pushes `; did you mean 'x'?` or the empty string. */
const char *nml_did_you_mean(lua_State *L, const nml_nearest *n);
_Noreturn int nml_unknown_dtype(lua_State *L, const char *where, const char *name);
int nml_l_raise(lua_State *L);   /* core.raise(message) */
int nml_l_nearest(lua_State *L); /* core.nearest(word, names) */

/* ---- tensor.c ---- */
/* Pushes an empty box. */
nml_box *nml_new(lua_State *L, nml_state *s);
/* Pushes a tensor, another reference to which is taken. */
void nml_push(lua_State *L, nml_state *s, nm_tensor *t);
/* Closes the box at a stack index, which may be in use. */
void nml_close_box(lua_State *L, nml_state *s, int i);
_Noreturn int nml_closed(lua_State *L);                      /* raises: the tensor was closed */

/* The box at a stack index, NULL if there is no tensor.  Looking at its metatable would take three
 * more calls. */
static inline nml_box *nml_box_at(lua_State *L, int i) {
  nml_box *box = lua_touserdata(L, i);
  if (!box || lua_rawlen(L, i) != sizeof *box || box->tag != nml_tag) return NULL;
  return box;
}

/* Its tensor; one that was closed raises. */
static inline nm_tensor *nml_tensor_in(lua_State *L, const nml_box *box) {
  if (!box->t) nml_closed(L);
  return box->t;
}

/* The tensor at a stack index, NULL if there is none there. */
static inline nm_tensor *nml_tensor_at(lua_State *L, int i) {
  const nml_box *box = nml_box_at(L, i);
  return box ? nml_tensor_in(L, box) : NULL;
}

/* What every function begins with; the first of a state that is known already. */
static inline nml_state *nml_enter_state(lua_State *L, nml_state *s) {
  if (!s->ctx) nml_error(L, "numoon: this Lua state is being closed");
  s->L = L;
  if (s->ctx->debt > NML_DEBT) nml_collect(L, s);
  return s;
}
static inline nml_state *nml_enter(lua_State *L) {
  return nml_enter_state(L, lua_touserdata(L, lua_upvalueindex(NML_STATE)));
}

/* ---- fields.c ---- */
/* The metamethods, into the table below nup upvalues. */
void nml_set_tensor_fields(lua_State *L, int nup);
void nml_push_shape(lua_State *L, const nm_tensor *t);
void nml_push_integers(lua_State *L, int n, const int64_t *list);
int nml_l_concat(lua_State *L); /* of anything, as texts */
int nml_l_gc(lua_State *L);     /* tensor.c */
int nml_l_close(lua_State *L);

/* ---- hooks.c ---- */
/* What a hook or a function of the tape is called with.  The Lua values themselves are in the
 * registry under `id`. */
typedef struct nml_anchor {
  nml_state *s;
  lua_Integer id;
  struct nm_node **node; /* of a function: in a userdata that knows the node while it lives */
  struct nml_anchor *next;
} nml_anchor;
nml_anchor *nml_anchor_new(lua_State *L, nml_state *s);
void nml_anchor_release(void *anchor); /* for the tape: it calls no more */
/* Holds the value on top of the stack, and pops it, until the anchor is released. */
void nml_hold(lua_State *L, const nml_anchor *a);
void nml_push_held(lua_State *L, const nml_anchor *a);
/* Calls a body set by nml_set_body in protected mode, with `user` as a light userdata; its error
 * waits for nml_fail_walk. */
nm_status nml_call_back(nml_state *s, const void *key, void *user, const char *what);
/* Raises what a hook raised, or the context's message. */
_Noreturn int nml_fail_walk(lua_State *L, nml_state *s);
/* Whether the hooks of the box that is being finalized have to live on, and it with them. */
bool nml_hooks_survive(lua_State *L, nml_state *s, int i);
/* The box is closed: its hooks are held without it. */
void nml_hooks_unbox(lua_State *L, int i);
void nml_hooks_sweep(lua_State *L, nml_state *s);
void nml_hooks_end(nml_state *s); /* at the end of the state */
void nml_hooks_open(lua_State *L); /* upvalues state and meta on top */

/* ---- args.c ---- */
enum {
  NML_P_ANY = 64
}; /* a parameter of the binding's own functions: INT, the value's stack index */

typedef struct nml_args {
  const nm_op *op;
  int npos,
    options; /* positional arguments; stack index of the options table, 0 if there is none */
  nm_tensor *out;
  nm_value_arg arg[NM_MAX_ARGS];
  int used;
  union nml_word {
    int64_t i;
    nm_tensor *t;
    double d;
  } words[64]; /* short lists; longer ones are userdata on the stack */
} nml_args;

/* Reads the n arguments of a call by the op's parameters, or raises. */
void nml_parse(lua_State *L, const nm_op *op, int n, nml_args *a);
/* A number or boolean as an argument; false if there is none at the index. */
bool nml_number_at(lua_State *L, int i, nm_value_arg *v);
/* Converts an integer without accepting strings; integral floats are fine. */
bool nml_integer_at(lua_State *L, int i, int64_t *out);

/* ---- call.c ---- */
/* A function of the binding itself, with a signature as an op has. */
typedef struct nml_function {
  nm_op op;
  int (*call)(lua_State *L, nml_state *s, const nml_args *a);
} nml_function;

int nml_l_function(lua_State *L); /* closures over an nml_function, */
int nml_l_op(lua_State *L);       /* over an nm_op: nm.op and x:op, */
int nml_l_list(lua_State *L);     /* the same of LIST ops, */
int nml_l_inplace(lua_State *L);  /* and x:op_ */
/* What x:op_ is called: the op's name, with a _ unless it ends with one.  The buffer holds it. */
enum { NML_NAME = 64 };
const char *nml_inplace_name(char buffer[NML_NAME], const nm_op *op);
int nml_l_ops(lua_State *L);      /* core.ops(): the registry as a table */
void nml_push_op(lua_State *L, const nm_op *op); /* an entry of it */
void nml_set_operators(lua_State *L, int nup);
/* Applies an op that has one result, which goes into the box. */
nm_status nml_try(lua_State *L, nml_state *s, const nm_op *op, const nm_value_arg *args,
                  nml_box *box);
/* The same, and raises when it fails. */
void nml_apply(lua_State *L, nml_state *s, const nm_op *op, const nm_value_arg *args, nml_box *box);
/* The entry of an op that the binding itself needs; raises when this build lacks it. */
const nm_op *nml_op(lua_State *L, const char *name);

/* ---- index.c ---- */
/* t[key] and t[key] = value for keys that are no strings: t, key and value are at indices 1, 2, 3.
 */
int nml_index_get(lua_State *L, nml_state *s, nm_tensor *t);
int nml_index_set(lua_State *L, nml_state *s, nm_tensor *t);
extern const char nml_newaxis[]; /* its address, as a light userdata, is nm.newaxis */
int nml_l_get(lua_State *L);
int nml_l_set(lua_State *L);

/* ---- convert.c ---- */
/* A tensor from a number, boolean or nested table at a stack index, into the box.  dtype:
 * NM_NDTYPES for what the values ask for; device NULL: the default. */
void nml_from_value(lua_State *L, nml_state *s, const char *name, int i, nm_dtype dtype,
                    const char *device, nml_box *box);
/* Pushes an element in memory as a Lua value. */
void nml_push_element(lua_State *L, nm_dtype dtype, const void *p);
void nml_push_number(lua_State *L, const nm_value_arg *v);
extern const nml_function nml_convert_functions[];

/* Applies the op `to`; dtype and device may be NULL. */
nm_status nml_try_to(lua_State *L, nml_state *s, nm_tensor *t, const char *dtype,
                     const char *device, nml_box *box);

/* ---- the rest of the functions ---- */
extern const nml_function nml_tensor_functions[]; /* tensor.c */
extern const nml_function nml_mode_functions[];   /* modes.c */
extern const nml_function nml_autograd_functions[]; /* autograd.c */
extern const nml_function nml_hook_functions[];     /* hooks.c */
extern const nml_function nml_tape_functions[];     /* function.c */
void nml_tape_open(lua_State *L);     /* as nml_hooks_open */
extern const nml_function nml_optim_functions[];    /* optim.c */
int nml_l_eval(lua_State *L);
/* What eval does with one tensor. */
void nml_compute(lua_State *L, nml_state *s, nm_tensor *t);
void nml_scope_note(lua_State *L); /* scope.c: notes the tensor on top in the scope */
extern const nml_function nml_scope_functions[];
int nml_l_scope_keep(lua_State *L);

#endif
