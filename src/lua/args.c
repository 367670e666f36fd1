/* args.c: reading the arguments of a call by the parameters of an op.
 *
 * Positional arguments fill the parameters in order, the options table (the last argument, when it
 * has string keys) the rest by name.  A list part of the options table, as in
 * nm.zeros{2, 3, dtype = "int64"}, is the next positional argument.  The last positional parameter
 * may take what follows when it is a list: x:permute(2, 1), nm.zeros(2, 3).
 *
 * Nothing here runs Lua code except through allocation, and tensors stay anchored by the arguments.
 */
#include "lua/binding.h"

#include <string.h>

/* What a parameter wants, for messages.  ORDER nm_param_kind */
static const char *const wanted[] = {
  "a tensor", "a tensor or a number", "a list of tensors", "a number", "an integer", "a number",
  "true or false", "a dim (an integer)", "a dim or a list of dims", "an index (an integer)",
  "sizes (integers or a list of integers)", "a list of integers",
  "an integer or a list of integers", "a number or a list of numbers",
  "an integer or a list of integers",
  "an integer or two lists of dims of one length", "a number or a string",
  "an integer, a list of integers or a string", "a dtype", "a device",
  "a string"};
_Static_assert(sizeof wanted / sizeof *wanted == NM_P_STRING + 1, "ORDER nm_param_kind");

typedef struct reader {
  lua_State *L;
  nml_args *a;
  const nm_param *p; /* the parameter that is being read, */
  int position;      /* and the number of its argument, 0 for an option */
} reader;

/* `argument 2 (name)`, counted as the caller wrote it: in x:sum(...) the first one follows x. */
static const char *argument_name(reader *r) {
  lua_Debug ar;
  int position = r->position;
  if (!position) return lua_pushfstring(r->L, "option '%s'", r->p->name);
  if (lua_getstack(r->L, 0, &ar) && lua_getinfo(r->L, "n", &ar) && !strcmp(ar.namewhat, "method") &&
      --position == 0)
    return lua_pushfstring(r->L, "the tensor before ':' (%s)", r->p->name);
  return lua_pushfstring(r->L, "argument %d (%s)", position, r->p->name);
}

_Noreturn static void wrong(reader *r, int i) {
  const char *given = nml_describe(r->L, i);
  const char *name = argument_name(r);
  nml_error(r->L, "%s: %s must be %s, got %s", r->a->op->name, name, wanted[r->p->kind], given);
}

_Noreturn static void wrong_element(reader *r, int place, const char *want) {
  const char *given = nml_describe(r->L, -1);
  const char *name = argument_name(r);
  nml_error(r->L, "%s: element %d of %s must be %s, got %s", r->a->op->name, place, name, want,
            given);
}

bool nml_integer_at(lua_State *L, int i, int64_t *out) {
  int ok;
  if (lua_type(L, i) != LUA_TNUMBER) return false;
  *out = (int64_t)lua_tointegerx(L, i, &ok);
  return ok;
}

bool nml_number_at(lua_State *L, int i, nm_value_arg *v) {
  switch (lua_type(L, i)) {
    case LUA_TNUMBER:
      if (lua_isinteger(L, i)) {
        v->kind = NM_ARG_INT;
        v->as.integer = (int64_t)lua_tointeger(L, i);
      } else {
        v->kind = NM_ARG_FLOAT;
        v->as.number = (double)lua_tonumber(L, i);
      }
      return true;
    case LUA_TBOOLEAN:
      v->kind = NM_ARG_BOOL;
      v->as.boolean = lua_toboolean(L, i);
      return true;
    default: return false;
  }
}

static bool is_list_kind(int kind) {
  return kind == NM_P_TENSORS || kind == NM_P_DIMS || kind == NM_P_SIZES ||
         kind == NM_P_INTS || kind == NM_P_EACH || kind == NM_P_FLOATS ||
         kind == NM_P_PARTS || kind == NM_P_PADDING;
}

static union nml_word *take_words(reader *r, size_t n) {
  nml_args *a = r->a;
  size_t room = sizeof a->words / sizeof *a->words - (size_t)a->used;
  if (n > room) return lua_newuserdatauv(r->L, n * sizeof *a->words, 0);
  union nml_word *w = a->words + a->used;
  a->used += (int)n;
  return w;
}

/* Counted from 1 in Lua; negative ones stay. */
static int64_t from_one(reader *r, int64_t i) {
  if (i == 0)
    nml_error(r->L, "%s: %s is 0: %s count from 1, and -1 is the last", r->a->op->name,
              argument_name(r), r->p->kind == NM_P_INDEX ? "indices" : "dims");
  return i > 0 ? i - 1 : i;
}

static int64_t read_list_integer(reader *r, int i, int place) {
  int64_t v;
  if (!nml_integer_at(r->L, i, &v)) {
    lua_pushvalue(r->L, i);
    wrong_element(r, place, "an integer");
  }
  return r->p->kind == NM_P_DIMS ? from_one(r, v) : v;
}

static double read_list_number(reader *r, int i, int place) {
  if (lua_type(r->L, i) != LUA_TNUMBER) {
    lua_pushvalue(r->L, i);
    wrong_element(r, place, "a number");
  }
  return (double)lua_tonumber(r->L, i);
}

static nm_tensor *read_list_tensor(reader *r, int i, int place) {
  nm_tensor *t = nml_tensor_at(r->L, i);
  if (!t) {
    lua_pushvalue(r->L, i);
    wrong_element(r, place, "a tensor");
  }
  return t;
}

/* n elements: of the list at index i, or (list false) the arguments from index i on. */
static void read_elements(reader *r, nm_value_arg *v, int i, int n, bool list) {
  union nml_word *w = take_words(r, (size_t)n);
  v->n = n;
  for (int k = 0; k < n; k++) {
    int at = i + k;
    if (list) {
      lua_rawgeti(r->L, i, k + 1);
      at = lua_gettop(r->L);
    }
    if (r->p->kind == NM_P_TENSORS) w[k].t = read_list_tensor(r, at, k + 1);
    else if (r->p->kind == NM_P_FLOATS) w[k].d = read_list_number(r, at, k + 1);
    else w[k].i = read_list_integer(r, at, k + 1);
    if (list) lua_pop(r->L, 1);
  }
  if (r->p->kind == NM_P_TENSORS) {
    v->kind = NM_ARG_TENSORS;
    v->as.tensors = &w->t;
  } else if (r->p->kind == NM_P_FLOATS) {
    v->kind = NM_ARG_FLOATS;
    v->as.floats = &w->d;
  } else {
    v->kind = NM_ARG_INTS;
    v->as.ints = &w->i;
  }
}

/* How many arguments from i on could be elements of the list. */
static int count_elements(const reader *r, int i) {
  int64_t ignored;
  if (r->p->kind == NM_P_FLOATS) return lua_type(r->L, i) == LUA_TNUMBER;
  if (r->p->kind == NM_P_EACH || r->p->kind == NM_P_PADDING) return nml_integer_at(r->L, i, &ignored);
  int n = 0, last = r->position ? r->a->npos : i;
  if (r->p->kind == NM_P_INTS) return 0;
  while (i + n <= last && (r->p->kind == NM_P_TENSORS ? nml_box_at(r->L, i + n) != NULL
                                                      : nml_integer_at(r->L, i + n, &ignored)))
    n++;
  return n;
}

/* A list, one integer, or all that follow where the parameter is the last; returns how many
 * arguments were read. */
static int read_list(reader *r, nm_value_arg *v, int i, bool trailing) {
  enum { LONGEST = 1 << 20 };
  if (lua_istable(r->L, i)) {
    size_t length = lua_rawlen(r->L, i);
    if (length > LONGEST) wrong(r, i);
    read_elements(r, v, i, (int)length, true);
    return 1;
  }
  int n = count_elements(r, i);
  if (n == 0 || (r->p->kind == NM_P_TENSORS && !trailing)) wrong(r, i);
  if (!trailing) n = 1;
  read_elements(r, v, i, n, false);
  return n;
}

static void read_text(reader *r, nm_value_arg *v, int i) {
  if (lua_type(r->L, i) != LUA_TSTRING) wrong(r, i);
  v->kind = NM_ARG_STRING;
  v->as.string = lua_tostring(r->L, i);
  if (r->p->kind == NM_P_DTYPE && nm__dtype_of_name(v->as.string) == NM_NDTYPES)
    nml_unknown_dtype(r->L, r->a->op->name, v->as.string);
}

/* { {1, 2}, {3, 4} }, or { 1, 3 } for one dim of each: the dims of the first, then the others. */
static void read_pair(reader *r, nm_value_arg *v, int i) {
  lua_State *L = r->L;
  size_t n = 1;
  bool lists = false;
  if (lua_rawlen(L, i) != 2) wrong(r, i);
  for (int k = 1; k <= 2; k++, lua_pop(L, 1)) {
    bool list = lua_rawgeti(L, i, k) == LUA_TTABLE;
    size_t length = list ? lua_rawlen(L, -1) : 1;
    if (k == 2 && (list != lists || length != n)) wrong(r, i);
    if (length > NM_MAX_DIMS) wrong(r, i);
    lists = list, n = length;
  }
  union nml_word *w = take_words(r, 2 * n);
  for (int k = 0; k < 2; k++) {
    lua_rawgeti(L, i, k + 1);
    for (size_t d = 0; d < n; d++) {
      int64_t dim;
      if (lists) lua_rawgeti(L, -1, (lua_Integer)d + 1);
      else lua_pushvalue(L, -1);
      if (!nml_integer_at(L, -1, &dim)) wrong(r, i);
      lua_pop(L, 1);
      w[(size_t)k * n + d].i = from_one(r, dim);
    }
    lua_pop(L, 1);
  }
  v->kind = NM_ARG_INTS;
  v->n = (int)(2 * n);
  v->as.ints = &w->i;
}

/* Reads the parameter from index i; returns how many arguments it took. */
static int read_value(reader *r, nm_value_arg *v, int i, bool trailing) {
  lua_State *L = r->L;
  switch (r->p->kind) {
    case NM_P_TENSOR: case NM_P_OPERAND: {
      nm_tensor *t = nml_tensor_at(L, i);
      if (t) {
        v->kind = NM_ARG_TENSOR;
        v->as.tensor = t;
      } else if (r->p->kind == NM_P_TENSOR || !nml_number_at(L, i, v)) {
        wrong(r, i);
      }
      return 1;
    }
    case NM_P_TENSORS: case NM_P_DIMS: case NM_P_SIZES: case NM_P_INTS:
    case NM_P_EACH: case NM_P_FLOATS:
      return read_list(r, v, i, trailing);
    case NM_P_NUMBER:
      if (!nml_number_at(L, i, v)) wrong(r, i);
      return 1;
    case NM_P_FLOAT:
      if (lua_type(L, i) != LUA_TNUMBER) wrong(r, i);
      v->kind = NM_ARG_FLOAT;
      v->as.number = (double)lua_tonumber(L, i);
      return 1;
    case NM_P_PADDING:
      if (lua_type(L, i) != LUA_TSTRING) return read_list(r, v, i, trailing);
      v->kind = NM_ARG_STRING;
      v->as.string = lua_tostring(L, i);
      return 1;
    case NM_P_PARTS:
      if (lua_istable(L, i)) return read_list(r, v, i, false);
      if (!nml_integer_at(L, i, &v->as.integer)) wrong(r, i);
      v->kind = NM_ARG_INT;
      return 1;
    case NM_P_PAIR:
      if (lua_istable(L, i)) {
        read_pair(r, v, i);
        return 1;
      }
      if (!nml_integer_at(L, i, &v->as.integer)) wrong(r, i);
      v->kind = NM_ARG_INT;
      return 1;
    case NM_P_WORD:
      if (lua_type(L, i) == LUA_TSTRING) read_text(r, v, i);
      else if (lua_type(L, i) != LUA_TNUMBER || !nml_number_at(L, i, v)) wrong(r, i);
      return 1;
    case NM_P_INT: case NM_P_DIM: case NM_P_INDEX:
      if (!nml_integer_at(L, i, &v->as.integer)) wrong(r, i);
      v->kind = NM_ARG_INT;
      if (r->p->kind != NM_P_INT) v->as.integer = from_one(r, v->as.integer);
      return 1;
    case NM_P_BOOL:
      if (!lua_isboolean(L, i)) wrong(r, i);
      v->kind = NM_ARG_BOOL;
      v->as.boolean = lua_toboolean(L, i);
      return 1;
    case NML_P_ANY:
      v->kind = NM_ARG_INT;
      v->as.integer = i;
      return 1;
    default: read_text(r, v, i); return 1;
  }
}

/* Whether a table is (also) options.  A long list is not walked: its other keys come after it,
 * except where it lies in the hash part; there the names of the parameters are still found. */
static bool has_string_key(lua_State *L, int i, const nm_op *op) {
  enum { LONG = 256 };
  size_t n = lua_rawlen(L, i);
  if (n > LONG) {
    for (int k = 0; k < op->nparams; k++) {
      lua_pushstring(L, op->params[k].name);
      bool found = lua_rawget(L, i) != LUA_TNIL;
      lua_pop(L, 1);
      if (found) return true;
    }
    lua_pushinteger(L, (lua_Integer)n);
  } else {
    lua_pushnil(L);
  }
  for (; lua_next(L, i); lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      lua_pop(L, 2);
      return true;
    }
  }
  return false;
}

_Noreturn static void unknown_option(reader *r, const char *key) {
  lua_State *L = r->L;
  const nm_op *op = r->a->op;
  nml_nearest n = {.word = key};
  luaL_Buffer b;
  for (int k = 0; k < op->nparams; k++) nml_nearest_try(&n, op->params[k].name);
  if (op->flags & NM_OUT) nml_nearest_try(&n, "out");
  const char *hint = nml_did_you_mean(L, &n);
  luaL_buffinit(L, &b);
  const char *comma = "";
  for (int k = 0; k < op->nparams; k++) {
    if (op->params[k].kind == NM_P_TENSOR || op->params[k].kind == NML_P_ANY) continue;
    luaL_addstring(&b, comma);
    luaL_addstring(&b, op->params[k].name);
    comma = ", ";
  }
  if (op->flags & NM_OUT) luaL_addstring(&b, *comma ? ", out" : "out");
  luaL_pushresult(&b);
  if (!*lua_tostring(L, -1)) nml_error(L, "%s: no option '%s'; it has none", op->name, key);
  nml_error(L, "%s: no option '%s'%s (options: %s)", op->name, key, hint, lua_tostring(L, -1));
}

/* Reads the option on top of the stack; true when its value must stay there, at one index less. */
static bool read_option(reader *r, const char *key) {
  lua_State *L = r->L;
  nml_args *a = r->a;
  const nm_op *op = a->op;
  int at = lua_gettop(L);
  r->position = 0;
  for (int k = 0; k < op->nparams; k++) {
    if (strcmp(op->params[k].name, key) != 0) continue;
    r->p = &op->params[k];
    if (a->arg[k].kind != NM_ARG_NONE)
      nml_error(L, "%s: %s is given twice, by position and by name", op->name, key);
    read_value(r, &a->arg[k], at, false);
    if (r->p->kind != NML_P_ANY) return false;
    a->arg[k].as.integer = at - 1;
    return true;
  }
  if ((op->flags & NM_OUT) && !strcmp(key, "out")) {
    a->out = nml_tensor_at(L, at);
    if (!a->out)
      nml_error(L, "%s: option 'out' must be a tensor, got %s", op->name,
                nml_describe(L, at));
    return false;
  }
  unknown_option(r, key);
}

static void read_options(reader *r) {
  lua_State *L = r->L;
  nml_args *a = r->a;
  size_t length = lua_rawlen(L, a->options);
  for (lua_pushnil(L); lua_next(L, a->options);) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      int value = lua_gettop(L);
      bool stays = read_option(r, lua_tostring(L, -2));
      lua_pushvalue(L, value - 1); /* what was left above, as a long list's memory, stays below */
      if (!stays) lua_remove(L, value);
      lua_remove(L, value - 1);
      continue;
    }
    int64_t i;
    if (!nml_integer_at(L, -2, &i) || i < 1 || (size_t)i > length)
      nml_error(L, "%s: the options have a key that is no name: %s", a->op->name,
                nml_describe(L, -2));
    lua_pop(L, 1);
  }
}

/* The next positional parameter from k on, nparams if there is none. */
static int next_parameter(const nm_op *op, int k) {
  while (k < op->nparams && (op->params[k].flags & NM_NAMED)) k++;
  return k;
}

_Noreturn static void too_many(reader *r, int k, int i) {
  const nm_op *op = r->a->op;
  int most = 0;
  const char *given = nml_describe(r->L, i);
  for (int j = 0; j < k; j++) most += !(op->params[j].flags & NM_NAMED);
  nml_error(r->L, "%s: too many arguments: it takes %d and options, and then got %s", op->name,
            most, given);
}

/* The tensors that come first, which most calls have alone: how many. */
static int read_tensors(lua_State *L, const nm_op *op, int n, nm_value_arg *v) {
  int k = 0;
  for (; k < n && k < op->nparams; k++, v++) {
    const nm_param *p = &op->params[k];
    bool takes = p->kind <= NM_P_OPERAND && !(p->flags & NM_NAMED);
    if (!takes || !(v->as.tensor = nml_tensor_at(L, k + 1))) break;
    v->kind = NM_ARG_TENSOR;
  }
  return k;
}

/* The positional arguments after so many tensors.  table: the last one is one. */
static void read_positions(reader *r, int tensors, bool table) {
  lua_State *L = r->L;
  nml_args *a = r->a;
  const nm_op *op = a->op;
  int k = next_parameter(op, tensors), i = tensors + 1;
  while (i <= a->npos) {
    bool last_table = table && i == a->npos;
    if (k == op->nparams || (last_table && i > 1 && !is_list_kind(op->params[k].kind))) {
      bool empty = last_table && lua_rawlen(L, i) == 0; /* no options */
      if (empty && (k == op->nparams || op->params[k].kind != NML_P_ANY)) break;
      if (k == op->nparams) too_many(r, k, i);
    }
    int next = next_parameter(op, k + 1);
    r->p = &op->params[k];
    r->position = i;
    if ((r->p->flags & NM_OPTIONAL) && lua_isnil(L, i)) i++;
    else i += read_value(r, &a->arg[k], i, next == op->nparams);
    k = next;
  }
  if (!a->options || lua_rawlen(L, a->options) == 0) return;
  while (k < op->nparams && a->arg[k].kind != NM_ARG_NONE) k = next_parameter(op, k + 1);
  if (k == op->nparams || !(is_list_kind(op->params[k].kind) || op->params[k].kind == NML_P_ANY))
    nml_error(L, "%s: the options table also has a list, which no argument takes", op->name);
  r->p = &op->params[k];
  r->position = a->options;
  read_value(r, &a->arg[k], a->options, false);
}

/* What is left of a call after so many tensors. */
NM_APART static void read_rest(reader *r, int tensors) {
  lua_State *L = r->L;
  nml_args *a = r->a;
  const nm_op *op = a->op;
  int n = a->npos;
  bool any_value = op->nparams == 1 && op->params[0].kind == NML_P_ANY; /* a table is the value */
  bool table = n > 0 && lua_istable(L, n);
  if (table && !any_value) {
    luaL_checkstack(L, 2 * NM_MAX_ARGS + 8, NULL);
    if (has_string_key(L, n, op)) {
      a->options = n;
      a->npos = n - 1;
      table = n > 1 && lua_istable(L, n - 1);
    }
  }
  read_positions(r, tensors, table);
  if (a->options) read_options(r);
}

void nml_parse(lua_State *L, const nm_op *op, int n, nml_args *a) {
  a->op = op;
  a->npos = n;
  a->options = a->used = 0;
  a->out = NULL;
  for (int k = 0; k < op->nparams; k++) a->arg[k].kind = NM_ARG_NONE;
  int tensors = read_tensors(L, op, n, a->arg);
  if (tensors < n) read_rest(&(reader){.L = L, .a = a}, tensors);
  for (int k = 0; k < op->nparams; k++) {
    if (a->arg[k].kind != NM_ARG_NONE || (op->params[k].flags & (NM_OPTIONAL | NM_NAMED))) continue;
    nml_error(L, "%s: argument %d (%s) is missing: it must be %s", op->name, k + 1,
              op->params[k].name,
              op->params[k].kind == NML_P_ANY ? "a value" : wanted[op->params[k].kind]);
  }
}
