/* ops.h: the registry of ops, and the one function that applies any of them.
 *
 * An op is one entry: parameters, forward, derivative, doc.  A forward checks everything before it
 * allocates or records, then fills `out`.  It runs with the tape off, unless the op is COMPOSED:
 * then it is written in other ops, which put their own nodes on the tape, and it has no derivative.
 * Dims and index positions arrive as C counts them (from 0, negative from the end); index *values*
 * in tensors (gather, argmax, x[idx]) count from ctx->base, 0 for C programs and 1 for Lua's. */
#ifndef NM_OPS_H
#define NM_OPS_H

#include "core/tensor.h"

typedef enum nm_param_kind {
  NM_P_TENSOR,  /* a tensor */
  NM_P_OPERAND, /* a tensor or a number (INT, FLOAT or BOOL) */
  NM_P_TENSORS, /* a list of tensors */
  NM_P_NUMBER,  /* an INT, FLOAT or BOOL that keeps its type */
  NM_P_INT,
  NM_P_FLOAT,
  NM_P_BOOL,
  NM_P_DIM,    /* INT: a dim, counted from 0 here and from 1 in Lua */
  NM_P_DIMS,   /* INTS: a dim or a list of dims */
  NM_P_INDEX,  /* INT: a position along a dim, counted from 0 here and from 1 in Lua */
  NM_P_SIZES,  /* INTS: sizes, in Lua trailing integers or one list */
  NM_P_INTS,   /* INTS: a list of integers, in Lua a table only */
  NM_P_EACH,   /* INTS: one integer for all (n == 1), or a list of them */
  NM_P_FLOATS, /* FLOATS: a number or a list of numbers */
  NM_P_PARTS,  /* INT: how many or how large, or INTS: a list that says it for each */
  NM_P_PAIR,   /* INT: so many dims, or INTS: two lists of dims of one length, end to end */
  NM_P_WORD,   /* INT, FLOAT or STRING: a number, or the name of something */
  NM_P_PADDING, /* as EACH, or STRING */
  NM_P_DTYPE,  /* STRING: name or alias */
  NM_P_DEVICE, /* STRING */
  NM_P_STRING,
} nm_param_kind;

enum { NM_OPTIONAL = 1, NM_NAMED = 2 /* only by name, in the options table; implies optional */ };

typedef struct nm_param {
  const char *name;
  uint8_t kind, flags;
  const char *standard; /* the default as text, for the docs; NULL: none */
} nm_param;

enum {                   /* nm_op.flags */
       NM_FUNCTION = 1,  /* nm.op(...) */
       NM_METHOD = 2,    /* x:op(...), the first parameter is the tensor */
       NM_INPLACE = 4,   /* x:op_(...) too */
       NM_OUT = 8,       /* the option out = y too */
       NM_COMPOSED = 16, /* written in other ops: see above */
       NM_VIEW = 32,     /* the result shares the first argument's storage */
       NM_LIST = 64,     /* the results are one list, whose length depends on the arguments */
       NM_ANYWHERE = NM_FUNCTION | NM_METHOD,
};
enum { NM_MAX_ARGS = 12, NM_MAX_RESULTS = 4, NM_USES = 3 };
enum { NM_USE_RESULT = 128 }; /* bit of nm_op.uses: the first result; bit i: the tensor in slot i */

struct nm_grad_call;

typedef struct nm_list { /* results of a LIST op, each a reference */
  nm_tensor **t;
  int n, capacity;
  bool single; /* the op was asked for one tensor: it comes as itself */
} nm_list;

typedef struct nm_op_call {
  nm_context *ctx;
  const struct nm_op *op;
  int nargs;
  const nm_value_arg *args; /* nargs == op->nparams; what was left out is NM_ARG_NONE */
  int nout;                 /* set by forward; 1 when it is called */
  nm_tensor *out[NM_MAX_RESULTS];
  nm_list *list; /* of a LIST op, where its results go instead */
} nm_op_call;

typedef struct nm_op {
  /* name: "linalg.inv" is nm.linalg.inv and no method.  doc: a line or more; first what comes out,
   * then ": formula" where there is one, then its source in brackets.  shapes: "(B, M, K), (B, K,
   * N)
   * -> (B, M, N)".  errors: what it refuses, beside what all ops do. */
  const char *name, *doc, *shapes, *errors;
  const nm_param *params;
  uint8_t nparams;
  uint8_t opcode; /* nm_opcode of an elementwise op */
  uint16_t flags;
  nm_status (*forward)(nm_op_call *);
  /* The gradient with respect to the tensor in slot `i`, as a temporary (core/tensor.h), NULL on
   * failure or where there is none (then *s stays NM_OK).  Slots number the tensors among the
   * arguments in order: a TENSOR or OPERAND parameter is one slot (also when it holds a number), a
   * TENSORS parameter one per element.  The walk sums to the input's shape and casts to its dtype.
   */
  nm_tensor *(*backward)(struct nm_grad_call *b, int i);
  /* x:op_(...) where no gradient flows: writes x's elements itself, no result.  NULL: the result of
   * `forward` is written. */
  nm_status (*inplace)(nm_op_call *);
  uint8_t uses[NM_USES]; /* what the gradient of slot i reads (of slots beyond, as the last) */
  const char *dtypes;    /* kinds of the first tensor: "f", "fi", "fib" */
  double lo, hi;         /* range of test inputs where the derivative is smooth; 0, 0: any */
  const char *example;   /* Lua, one line, may be NULL */
} nm_op;

int nm__op_count(void);
const nm_op *nm__op_at(int i);
const char *nm__op_family(int i); /* of the op with this number */
const nm_op *nm__op_find(const char *name); /* NULL if there is none */
const nm_op *nm__op_of(nm_opcode op);       /* the entry of an elementwise instruction */

/* The entries that C code itself applies; looked up once per context. */
/* clang-format off */
#define NM_KNOWN(X)                                                                                \
  X(amax) X(amin) X(argmax) X(argmin) X(argwhere) X(atleast_1d) X(atleast_2d) X(atleast_3d)        \
  X(cat) X(clone) X(compress) X(convolution) X(copy) X(cross_terms) X(cumprod) X(cumsum)           \
  X(diag_embed) X(diagonal) X(expand) X(factor_cholesky) X(factor_det) X(factor_eig)               \
  X(factor_eigh) X(factor_eigvalsh) X(factor_inv) X(factor_lstsq) X(factor_lu) X(factor_lu_of)     \
  X(factor_pinv) X(factor_qr) X(factor_solve) X(factor_svd) X(factor_svdvals)                      \
  X(factor_triangular) X(fill) X(flip) X(full) X(full_like) X(gather) X(logcumsumexp)              \
  X(masked_fill) X(matmul) X(normalized) X(one_of) X(permute) X(pick) X(pick_once) X(picked)       \
  X(pool_spread) X(pool_sum) X(prod) X(put_add) X(put_fold) X(put_once) X(put_set) X(rand_like)    \
  X(randint_like) X(randn_like) X(reshape) X(reverse) X(select) X(slice) X(spread) X(squeeze)      \
  X(stack) X(strided) X(sum) X(to) X(transpose) X(tril) X(triu) X(unsqueeze) X(write)
/* clang-format on */
typedef enum nm_known {
#define X(name) NM_OP_##name,
  NM_KNOWN(X)
#undef X
      NM_NKNOWN
} nm_known;
const nm_op *nm__known(nm_context *ctx, nm_known op);

/* Applies an op: checks, runs or records, and puts a node on the tape.  args has op->nparams
 * entries. On success out[0 .. *nout-1] hold a reference each. */
nm_status nm__apply(nm_context *ctx, const nm_op *op, const nm_value_arg *args, int *nout,
                    nm_tensor *out[NM_MAX_RESULTS]);
/* The same for a LIST op: the results are appended to `list`, which nm__list_free empties. */
nm_status nm__apply_list(nm_context *ctx, const nm_op *op, const nm_value_arg *args, nm_list *list);
/* Appends another reference to t; NULL fails. */
nm_status nm__list_add(nm_context *ctx, nm_list *list, nm_tensor *t);
void nm__list_free(nm_context *ctx, nm_list *list);
/* x:op_(...): the result replaces the elements of args[0]'s tensor. */
nm_status nm__apply_inplace(nm_context *ctx, const nm_op *op, const nm_value_arg *args);
/* x:op_(...) of a view op: what x becomes, since a tensor's shape never changes. */
nm_status nm__apply_inplace_view(nm_context *ctx, const nm_op *op, const nm_value_arg *args,
                                 nm_tensor **out);
/* out = y: the (first) result is written into y, whose shape must be the result's. */
nm_status nm__apply_out(nm_context *ctx, const nm_op *op, const nm_value_arg *args, nm_tensor *y);
/* Writes r, of y's shape, into y, on the tape when it is on.  Consumes the reference to r. */
nm_status nm__replace(nm_context *ctx, nm_tensor *y, nm_tensor *r);

/* Indexing: t[{...}] as a list of items, one per dim (ELLIPSIS and NEWAXIS apart). */
typedef struct nm_index {
  enum { NM_IX_ALL, NM_IX_INT, NM_IX_SLICE, NM_IX_NEWAXIS, NM_IX_ELLIPSIS, NM_IX_TENSOR } kind;
  /* INT: first, counted from 0, negative from the end.  SLICE: first and last, both included,
   * counted likewise, step > 0; first > last is empty, past the end is clamped. */
  int64_t first, last, step;
  nm_tensor *tensor; /* int64 or int32 positions (counting from ctx->base), or a bool mask */
} nm_index;
enum { NM_MAX_INDEX = 2 * NM_MAX_DIMS + 2 };
nm_status nm__index_get(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix, nm_tensor **out);
/* value is a tensor that broadcasts to the place, or a number. */
nm_status nm__index_set(nm_context *ctx, nm_tensor *t, int n, const nm_index *ix,
                        const nm_value_arg *value);

/* One element as a number, by its position in each dim (counted from 0, negative from the end). */
nm_status nm__get_element(nm_context *ctx, nm_tensor *t, int n, const int64_t *at,
                          nm_value_arg *out);
nm_status nm__set_element(nm_context *ctx, nm_tensor *t, int n, const int64_t *at,
                          const nm_value_arg *value);
/* All elements equal, and shapes and dtypes' kinds comparable: what a == b means in Lua. */
nm_status nm__equal(nm_context *ctx, nm_tensor *a, nm_tensor *b, bool *out);

#endif
