/* registry.c: all ops, by number and by name. */
#include "ops/families.h"

#include <string.h>

static const nm_family *const families[] = {
#define X(name) &nm__family_##name,
    NM_FAMILIES(X)
#undef X
};
static const char *const family_names[] = {
#define X(name) #name,
    NM_FAMILIES(X)
#undef X
};
enum { NFAMILIES = sizeof families / sizeof *families };

/* The SPECIAL rows of elementwise.def stand last. */
enum { NELEMENTWISE = NM_I_cast };

int nm__op_count(void) {
  int n = NELEMENTWISE;
  for (int f = 0; f < NFAMILIES; f++) n += families[f]->n;
  return n;
}

const nm_op *nm__op_at(int i) {
  if (i < NELEMENTWISE) return &nm__elementwise_ops[i];
  i -= NELEMENTWISE;
  for (int f = 0; f < NFAMILIES; f++) {
    if (i < families[f]->n) return &families[f]->op[i];
    i -= families[f]->n;
  }
  return NULL;
}

const char *nm__op_family(int i) {
  if (i < NELEMENTWISE) return "elementwise";
  i -= NELEMENTWISE;
  int f = 0;
  while (i >= families[f]->n) i -= families[f++]->n;
  return family_names[f];
}

const nm_op *nm__op_find(const char *name) {
  for (int f = 0; f < NFAMILIES; f++)
    for (int i = 0; i < families[f]->n; i++)
      if (!strcmp(families[f]->op[i].name, name)) return &families[f]->op[i];
  for (int i = 0; i < NELEMENTWISE; i++)
    if (!strcmp(nm__elementwise_ops[i].name, name)) return &nm__elementwise_ops[i];
  return NULL;
}

const nm_op *nm__known(nm_context *ctx, nm_known op) {
  static const char *const names[] = {
#define X(name) #name,
      NM_KNOWN(X)
#undef X
  };
  _Static_assert(NM_NKNOWN <= sizeof ctx->known / sizeof *ctx->known,
                 "context.h: known[] is too short");
  if (!ctx->known[op]) ctx->known[op] = nm__op_find(names[op]);
  return ctx->known[op];
}

const nm_op *nm__op_of(nm_opcode op) { return &nm__elementwise_ops[op]; }

/* Whether an argument of nm_call is what the parameter takes. */
static bool suits(int param, const nm_value_arg *a) {
  static const char *const takes[] = {
      /* by nm_param_kind; kinds of nm_value_arg: T tensor, L tensors, i, f, b, I ints, s, F floats
       */
      [NM_P_TENSOR] = "T", [NM_P_OPERAND] = "Tifb", [NM_P_TENSORS] = "L", [NM_P_NUMBER] = "ifb",
      [NM_P_INT] = "i",    [NM_P_FLOAT] = "ifb",    [NM_P_BOOL] = "b",    [NM_P_DIM] = "i",
      [NM_P_DIMS] = "I",   [NM_P_INDEX] = "i",      [NM_P_SIZES] = "I",   [NM_P_INTS] = "I",
      [NM_P_EACH] = "I",   [NM_P_FLOATS] = "F",     [NM_P_DTYPE] = "s",   [NM_P_DEVICE] = "s",
      [NM_P_STRING] = "s", [NM_P_PARTS] = "iI", [NM_P_PAIR] = "iI", [NM_P_WORD] = "ifs",
      [NM_P_PADDING] = "Is"};
  static const char letters[] = "-TLifbIsF"; /* ORDER nm_value_arg.kind */
  if (!strchr(takes[param], letters[a->kind])) return false;
  if (a->kind == NM_ARG_TENSOR) return a->as.tensor != NULL;
  if (a->kind == NM_ARG_STRING) return a->as.string != NULL;
  if (a->kind == NM_ARG_TENSORS)
    for (int i = 0; i < a->n; i++)
      if (!a->as.tensors[i]) return false;
  return true;
}

/* Finds the op and fills in what is left out of the arguments. */
static nm_status complete(nm_context *ctx, const char *name, int nargs, const nm_value_arg *args,
                          const nm_op **out, nm_value_arg all[NM_MAX_ARGS]) {
  const nm_op *op = *out = nm__op_find(name);
  bool offered = op && op->flags & (NM_FUNCTION | NM_METHOD | NM_INPLACE); /* others check nothing */
  if (!offered) return nm__error(ctx, NM_EINVAL, "no op is called '%s'", name);
  if (nargs > op->nparams)
    return nm__error(ctx, NM_EINVAL, "%s: %d arguments, it takes %d", name, nargs, op->nparams);
  for (int i = 0; i < op->nparams; i++) {
    all[i] = i < nargs ? args[i] : nm__arg_none();
    if (all[i].kind != NM_ARG_NONE && !suits(op->params[i].kind, &all[i]))
      return nm__error(ctx, NM_EINVAL, "%s: argument '%s' is of the wrong kind", name,
                       op->params[i].name);
    if (all[i].kind == NM_ARG_NONE && !(op->params[i].flags & (NM_OPTIONAL | NM_NAMED)))
      return nm__error(ctx, NM_EINVAL, "%s: argument '%s' is missing", name, op->params[i].name);
  }
  return NM_OK;
}

nm_status nm_call(nm_context *ctx, const char *name, int nargs, const nm_value_arg *args, int nout,
                  nm_tensor **out) {
  const nm_op *op;
  nm_value_arg all[NM_MAX_ARGS];
  nm_tensor *result[NM_MAX_RESULTS];
  int n;
  NM_TRY(complete(ctx, name, nargs, args, &op, all));
  if (op->flags & NM_LIST)
    return nm__error(ctx, NM_EINVAL, "%s: gives a list; use nm_call_list", name);
  NM_TRY(nm__apply(ctx, op, all, &n, result));
  for (int i = 0; i < n; i++) {
    if (i < nout)
      out[i] = result[i];
    else
      nm_release(ctx, result[i]);
  }
  for (int i = n; i < nout; i++) out[i] = NULL;
  return NM_OK;
}

nm_status nm_call_list(nm_context *ctx, const char *name, int nargs, const nm_value_arg *args,
                       void (*each)(void *user, int i, nm_tensor *t), void *user, int *n) {
  const nm_op *op;
  nm_value_arg all[NM_MAX_ARGS];
  NM_TRY(complete(ctx, name, nargs, args, &op, all));
  if (!(op->flags & NM_LIST))
    return nm__error(ctx, NM_EINVAL, "%s: does not give a list; use nm_call", name);
  nm_list list = {0};
  nm_status s = nm__apply_list(ctx, op, all, &list);
  *n = s == NM_OK ? list.n : 0;
  for (int i = 0; i < *n; i++) {
    each(user, i, list.t[i]);
    list.t[i] = NULL;
  }
  nm__list_free(ctx, &list);
  return s;
}
