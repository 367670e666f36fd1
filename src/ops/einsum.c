/* einsum.c: sums of products by a formula of letters.
 *
 * Each operand becomes a term: a view whose dims have distinct labels (repeated letters take the
 * diagonal).  Two terms at a time are contracted, in the order that costs the fewest products
 * (all orders are tried for up to EXHAUSTIVE operands, beyond that the pair is taken that shrinks
 * memory most), as one batched matrix product of permuted views; without a common summed label as
 * an elementwise product, which fuses.  What only one of them has and nobody needs is summed
 * before. */
#include "ops/algebra.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { LABELS = 60, LETTERS = 52, MAX_OPERANDS = 64, EXHAUSTIVE = 8 };
/* Labels: A-Z are 0 to 25, a-z 26 to 51, the dims of the ellipsis end at 59. */

typedef struct term {
  nm_tensor *t;
  uint8_t label[NM_MAX_DIMS]; /* of each dim */
  uint64_t set;               /* of labels */
} term;

typedef struct formula {
  const nm_op_call *c;
  int n, ellipsis;      /* operands; dims of the longest ellipsis */
  int64_t size[LABELS]; /* of each label */
  int nout;
  uint8_t out[LABELS];
  uint64_t result; /* the labels of out */
} formula;

static uint64_t bit(int label) { return (uint64_t)1 << label; }
static int label_of(char l) { return l >= 'a' ? 26 + l - 'a' : l - 'A'; }
static char letter_of(int label) { return (char)(label < 26 ? 'A' + label : 'a' + label - 26); }

/* The next letter, or '.' for an ellipsis; 0 at the end of the subscripts. */
static nm_status next_letter(const nm_op_call *c, const char **at, char *letter) {
  const char *s = *at;
  while (*s == ' ') s++;
  *letter = *s;
  if (*s == 0 || *s == ',' || (*s == '-' && s[1] == '>')) {
    *letter = 0;
  } else if (*s == '.') {
    if (s[1] != '.' || s[2] != '.')
      return nm__op_error(c, NM_EINVAL, "\"%s\": an ellipsis is ...", c->args[0].as.string);
    s += 3;
  } else if (isalpha((unsigned char)*s) && (unsigned char)*s < 128) {
    s++;
  } else {
    return nm__op_error(c, NM_EINVAL, "\"%s\": '%c' is no letter", c->args[0].as.string, *s);
  }
  *at = s;
  return NM_OK;
}

static nm_status set_size(formula *f, int operand, int label, int64_t size) {
  int64_t *known = &f->size[label];
  if (*known < 0 || *known == 1) {
    *known = size;
  } else if (size != *known && size != 1) {
    char name[4] = {label < LETTERS ? letter_of(label) : '.', 0, 0, 0};
    if (label >= LETTERS) memcpy(name, "...", 3);
    return nm__op_error(f->c, NM_EINVAL, "\"%s\": %s has size %lld, and %lld in operand %d",
                        f->c->args[0].as.string, name, (long long)*known, (long long)size,
                        operand + f->c->ctx->base);
  }
  return NM_OK;
}

/* Labels for the dims of operand i; repeated ones are taken care of later. */
static nm_status read_operand(formula *f, int i, const char **at, term *x) {
  const nm_op_call *c = f->c;
  int n = 0, dots = -1;
  uint8_t label[LABELS];
  char l;
  for (;;) {
    NM_TRY(next_letter(c, at, &l));
    if (!l) break;
    if (l == '.') {
      if (dots >= 0)
        return nm__op_error(c, NM_EINVAL, "\"%s\": operand %d has two ellipses",
                            c->args[0].as.string, i + c->ctx->base);
      dots = n;
    } else if (n < NM_MAX_DIMS) {
      label[n++] = (uint8_t)label_of(l);
    } else {
      n = NM_MAX_DIMS + 1;
      break;
    }
  }
  int rest = x->t->ndim - n;
  if (rest < 0 || (rest > 0 && dots < 0)) {
    char text[NM_SHAPE_TEXT];
    return nm__op_error(c, NM_EINVAL, "\"%s\": operand %d has shape %s, and %s%d letters",
                        c->args[0].as.string, i + c->ctx->base,
                        nm__shape_text(x->t->ndim, x->t->shape, text),
                        n > NM_MAX_DIMS ? "more than " : "", n > NM_MAX_DIMS ? NM_MAX_DIMS : n);
  }
  if (dots >= 0 && rest > f->ellipsis) f->ellipsis = rest;
  for (int d = 0; d < x->t->ndim; d++) {
    if (dots < 0 || d < dots)
      x->label[d] = label[d];
    else
      x->label[d] = d < dots + rest ? (uint8_t)(LABELS - rest + d - dots) : label[d - rest];
    NM_TRY(set_size(f, i, x->label[d], x->t->shape[d]));
  }
  return NM_OK;
}

static void out_label(formula *f, int label) {
  f->out[f->nout++] = (uint8_t)label;
  f->result |= bit(label);
}

static nm_status read_result(formula *f, const char *at) {
  const nm_op_call *c = f->c;
  const char *text = c->args[0].as.string;
  bool dots = false;
  char l;
  for (;;) {
    NM_TRY(next_letter(c, &at, &l));
    if (!l) break;
    if (l == '.') {
      if (dots) return nm__op_error(c, NM_EINVAL, "\"%s\": the result has two ellipses", text);
      dots = true;
      for (int k = LABELS - f->ellipsis; k < LABELS; k++) out_label(f, k);
      continue;
    }
    int label = label_of(l);
    if (f->result & bit(label))
      return nm__op_error(c, NM_EINVAL, "\"%s\": %c stands twice in the result", text, l);
    if (f->size[label] < 0)
      return nm__op_error(c, NM_EINVAL, "\"%s\": %c of the result is in no operand", text, l);
    out_label(f, label);
  }
  if (*at) return nm__op_error(c, NM_EINVAL, "\"%s\": nothing may follow the result", text);
  return NM_OK;
}

/* Without ->: the ellipsis, then what stands once in alphabetical order. */
static void implied_result(formula *f, const term *terms) {
  int count[LABELS] = {0};
  for (int i = 0; i < f->n; i++)
    for (int d = 0; d < terms[i].t->ndim; d++) count[terms[i].label[d]]++;
  for (int k = LABELS - f->ellipsis; k < LABELS; k++) out_label(f, k);
  for (int k = 0; k < LETTERS; k++)
    if (count[k] == 1) out_label(f, k);
}

static nm_status read_formula(formula *f, term *terms) {
  const nm_op_call *c = f->c;
  const char *text = c->args[0].as.string, *at = text;
  const nm_value_arg *tensors = &c->args[1];
  f->n = tensors->n;
  for (int k = 0; k < LABELS; k++) f->size[k] = -1;
  if (f->n < 1 || f->n > MAX_OPERANDS)
    return nm__op_error(c, NM_EINVAL, "%d operands: it takes 1 to %d", f->n, MAX_OPERANDS);
  for (int i = 0; i < f->n; i++) {
    terms[i].t = tensors->as.tensors[i];
    NM_TRY(nm__same_dtype(c, "an operand", terms[i].t, terms[0].t));
    NM_TRY(read_operand(f, i, &at, &terms[i]));
    if ((*at == ',') != (i + 1 < f->n)) {
      int commas = 0;
      for (const char *s = text; *s && *s != '>'; s++) commas += *s == ',';
      return nm__op_error(c, NM_EINVAL, "\"%s\" is for %d operands, and there are %d", text,
                          commas + 1, f->n);
    }
    if (*at == ',') at++;
  }
  if (terms[0].t->dtype == NM_BOOL) return nm__op_error(c, NM_EINVAL, "not defined for bool");
  if (*at == '-')
    NM_TRY(read_result(f, at + 2));
  else
    implied_result(f, terms);
  if (f->nout > NM_MAX_DIMS)
    return nm__op_error(c, NM_EINVAL, "\"%s\": the result would have %d dims: at most %d", text,
                        f->nout, NM_MAX_DIMS);
  return NM_OK;
}

/* Repeated letters must have one size; that each repeat has it is checked before anything runs. */
static nm_status check_repeats(const formula *f, const term *terms) {
  for (int i = 0; i < f->n; i++)
    for (int d = 0; d < terms[i].t->ndim; d++)
      for (int e = 0; e < d; e++)
        if (terms[i].label[d] == terms[i].label[e] && terms[i].t->shape[d] != terms[i].t->shape[e])
          return nm__op_error(
              f->c, NM_EINVAL, "\"%s\": %c of operand %d has the sizes %lld and %lld",
              f->c->args[0].as.string, letter_of(terms[i].label[d]), i + f->c->ctx->base,
              (long long)terms[i].t->shape[e], (long long)terms[i].t->shape[d]);
  return NM_OK;
}

/* ---- terms ---- */

static void remove_label(term *x, int d, int ndim) {
  x->set &= ~bit(x->label[d]);
  memmove(x->label + d, x->label + d + 1, (size_t)(ndim - d - 1));
}

static bool take_diagonals(nm_context *ctx, term *x) {
  for (int d = 0; x->t && d < x->t->ndim; d++) {
    int e = d + 1;
    while (e < x->t->ndim && x->label[e] != x->label[d]) e++;
    if (e == x->t->ndim) continue;
    int n = x->t->ndim;
    uint8_t label = x->label[d];
    x->t = nm__t_diagonal(ctx, x->t, d, e);
    remove_label(x, e, n);
    remove_label(x, d, n - 1);
    x->label[n - 2] = label;
    d = -1;
  }
  x->set = 0;
  for (int d = 0; x->t && d < x->t->ndim; d++) x->set |= bit(x->label[d]);
  return x->t != NULL;
}

/* Sums over the labels that are not in `keep`. */
static bool sum_out(nm_context *ctx, term *x, uint64_t keep) {
  uint32_t dims = 0;
  int n = x->t->ndim, kept = 0;
  for (int d = 0; d < n; d++) {
    if (keep & bit(x->label[d]))
      x->label[kept++] = x->label[d];
    else
      dims |= 1u << d;
  }
  x->set &= keep;
  x->t = nm__t_sum_as(ctx, x->t, dims);
  return x->t != NULL;
}

/* Takes dims of size 1 away whose label has another size in y. */
static bool drop_ones(nm_context *ctx, term *x, const term *y) {
  for (int d = x->t->ndim - 1; d >= 0; d--) {
    if (x->t->shape[d] != 1 || !(y->set & bit(x->label[d]))) continue;
    int n = x->t->ndim;
    x->t = nm__t_squeeze(ctx, x->t, d);
    if (!x->t) return false;
    remove_label(x, d, n);
  }
  return true;
}

/* x with its dims in the order of groups of labels, each group one dim of sizes[i], or (whole)
 * each label a dim of its own. */
static nm_tensor *arranged(nm_context *ctx, const term *x, int groups, const uint64_t *group,
                           int64_t *sizes, term *labels) {
  int64_t order[NM_MAX_DIMS];
  int n = 0;
  for (int i = 0; i < groups; i++) {
    sizes[i] = 1;
    for (int d = 0; d < x->t->ndim; d++) {
      if (!(group[i] & bit(x->label[d]))) continue;
      order[n] = d;
      if (labels) labels->label[n] = x->label[d];
      sizes[i] *= x->t->shape[d];
      n++;
    }
  }
  return nm__t_permute(ctx, x->t, n, order);
}

/* The position of a label among the dims of x. */
static int place_of(const term *x, int label) {
  int d = 0;
  while (x->label[d] != label) d++;
  return d;
}

/* x as a factor over the labels of y: dims in y's order, 1 where it has none. */
static nm_tensor *spread(nm_context *ctx, const term *x, int n, const uint8_t *label) {
  int64_t order[NM_MAX_DIMS], shape[NM_MAX_DIMS];
  int m = 0;
  for (int d = 0; d < n; d++) {
    shape[d] = 1;
    if (!(x->set & bit(label[d]))) continue;
    order[m] = place_of(x, label[d]);
    shape[d] = x->t->shape[order[m++]];
  }
  return nm__t_reshape(ctx, nm__t_permute(ctx, x->t, m, order), n, shape);
}

/* The product of two terms, summed over the labels that are not in `keep`. */
static bool contract(const formula *f, term *a, term *b, uint64_t keep, term *out) {
  nm_context *ctx = f->c->ctx;
  if (!drop_ones(ctx, a, b) || !drop_ones(ctx, b, a)) return false;
  if (!sum_out(ctx, a, keep | b->set) || !sum_out(ctx, b, keep | a->set)) return false;
  uint64_t both = a->set & b->set, batch = both & keep, inner = both & ~keep, left = a->set & ~both,
           right = b->set & ~both;
  int64_t sa[3], sb[3], shape[3 * NM_MAX_DIMS];
  term pa = *a, pb = *b;
  uint8_t label[3 * NM_MAX_DIMS];
  int n = 0;
  uint64_t ga[3] = {batch, left, inner}, gb[3] = {batch, inner, right};
  /* b's batch must run in a's order: the labels of a dim are not sorted, so b is first brought to
   * it */
  pa.t = arranged(ctx, a, 3, ga, sa, &pa);
  if (!pa.t) return false;
  for (int d = 0; d < pa.t->ndim; d++)
    if (!(inner & bit(pa.label[d]))) {
      shape[n] = pa.t->shape[d];
      label[n++] = pa.label[d];
    }
  for (int d = 0; d < b->t->ndim; d++)
    if (right & bit(b->label[d])) {
      shape[n] = b->t->shape[d];
      label[n++] = b->label[d];
    }
  if (n > NM_MAX_DIMS) {
    nm__op_error(f->c, NM_EINVAL, "\"%s\" needs a tensor of %d dims on the way: at most %d",
                 f->c->args[0].as.string, n, NM_MAX_DIMS);
    return false;
  }
  out->set = batch | left | right;
  memcpy(out->label, label, (size_t)n);
  if (!inner) {
    out->t = nm__t2(ctx, NM_I_mul, spread(ctx, &pa, n, label), spread(ctx, b, n, label));
    return out->t != NULL;
  }
  int64_t order[NM_MAX_DIMS];
  int m = 0;
  for (int d = 0; d < pa.t->ndim; d++)
    if (batch & bit(pa.label[d])) order[m++] = place_of(b, pa.label[d]);
  for (int d = 0; d < pa.t->ndim; d++)
    if (inner & bit(pa.label[d])) order[m++] = place_of(b, pa.label[d]);
  for (int d = 0; d < b->t->ndim; d++)
    if (right & bit(b->label[d])) order[m++] = d;
  arranged(ctx, b, 3, gb, sb, NULL);
  pb.t = nm__t_permute(ctx, b->t, m, order);
  nm_tensor *y =
      nm__t_matmul(ctx, nm__t_reshape(ctx, pa.t, 3, sa), nm__t_reshape(ctx, pb.t, 3, sb));
  out->t = nm__t_reshape(ctx, y, n, shape);
  return out->t != NULL;
}

/* ---- the order ---- */

static double volume(const formula *f, uint64_t set) {
  double v = 1;
  for (int k = 0; k < LABELS; k++)
    if (set >> k & 1) v *= (double)f->size[k];
  return v;
}

/* The labels that the product of the operands in `part` keeps. */
static uint64_t kept(const formula *f, const term *terms, uint64_t part) {
  uint64_t in = 0, needed = f->result;
  for (int i = 0; i < f->n; i++) {
    if (part >> i & 1)
      in |= terms[i].set;
    else
      needed |= terms[i].set;
  }
  return in & needed;
}

typedef struct plan { /* of each set of operands */
  double cost[1 << EXHAUSTIVE];
  uint64_t set[1 << EXHAUSTIVE];
  uint8_t split[1 << EXHAUSTIVE];
} plan;

static int bits(uint64_t set) {
  int n = 0;
  for (; set; set &= set - 1) n++;
  return n;
}

static void find_order(const formula *f, const term *terms, plan *p) {
  for (int s = 1; s < 1 << f->n; s++) {
    p->set[s] = kept(f, terms, (uint64_t)s);
    p->cost[s] = 0;
    if (!(s & (s - 1))) continue;
    p->cost[s] = INFINITY;
    p->split[s] = (uint8_t)(s & -s);
    for (int a = (s - 1) & s; a > s / 2; a = (a - 1) & s) {
      int b = s ^ a;
      double cost = p->cost[a] + p->cost[b] + volume(f, p->set[a] | p->set[b]);
      if (bits(p->set[s]) > NM_MAX_DIMS) cost = INFINITY;
      if (cost < p->cost[s]) p->cost[s] = cost, p->split[s] = (uint8_t)a;
    }
  }
}

static bool follow(const formula *f, term *terms, const plan *p, int s, term *out) {
  term a, b;
  if (!(s & (s - 1))) {
    int i = 0;
    while (!(s >> i & 1)) i++;
    *out = terms[i];
    return true;
  }
  return follow(f, terms, p, p->split[s], &a) && follow(f, terms, p, s ^ p->split[s], &b) &&
         contract(f, &a, &b, p->set[s], out);
}

/* Many operands: always the pair after which the least memory is used. */
static bool greedy(formula *f, term *terms, term *out) {
  while (f->n > 1) {
    int i = 0, j = 1;
    double best = INFINITY;
    for (int a = 0; a < f->n; a++)
      for (int b = a + 1; b < f->n; b++) {
        uint64_t set = kept(f, terms, bit(a) | bit(b));
        double gain = volume(f, set) - volume(f, terms[a].set) - volume(f, terms[b].set);
        if (bits(set) > NM_MAX_DIMS) continue;
        if (gain < best) best = gain, i = a, j = b;
      }
    uint64_t keep = kept(f, terms, bit(i) | bit(j));
    term y;
    if (!contract(f, &terms[i], &terms[j], keep, &y)) return false;
    terms[i] = y;
    terms[j] = terms[--f->n];
  }
  *out = terms[0];
  return true;
}

static nm_tensor *einsum(formula *f, term *terms) {
  nm_context *ctx = f->c->ctx;
  plan p;
  term y = {0};
  int64_t order[NM_MAX_DIMS];
  for (int i = 0; i < f->n; i++)
    if (!take_diagonals(ctx, &terms[i])) return NULL;
  if (f->n <= EXHAUSTIVE) {
    find_order(f, terms, &p);
    if (!follow(f, terms, &p, (1 << f->n) - 1, &y)) return NULL;
  } else if (!greedy(f, terms, &y)) {
    return NULL;
  }
  if (!sum_out(ctx, &y, f->result)) return NULL;
  for (int k = 0; k < f->nout; k++) order[k] = place_of(&y, f->out[k]);
  return nm__t_own(f->c, nm__t_permute(ctx, y.t, f->nout, order));
}

static nm_status einsum_forward(nm_op_call *c) {
  formula f = {.c = c};
  term terms[MAX_OPERANDS];
  nm_device *dev;
  memset(terms, 0, sizeof terms);
  NM_TRY(nm__same_device(c, &dev));
  NM_TRY(read_formula(&f, terms));
  NM_TRY(check_repeats(&f, terms));
  int mark = nm__scope(c->ctx);
  return nm__result(c, mark, einsum(&f, terms));
}

/* clang-format off */
static const nm_op ops[] = {
  {.name = "einsum",
   NM_PARAMS({"equation", NM_P_STRING, 0, NULL}, {"operands", NM_P_TENSORS, 0, NULL}),
   .doc = "the sum of products by a formula: a letter for each dim of each operand, and after -> "
          "those of the result; the others are summed.  A letter twice in an operand takes the "
          "diagonal, ... stands for any dims, which broadcast; without -> the result has the "
          "ellipsis and the letters that stand once, in alphabetical order.  The operands are "
          "contracted in the cheapest order",
   .shapes = "by the formula",
   .errors = "bool, operands of several dtypes, sizes that differ",
   .flags = NM_FUNCTION | NM_COMPOSED, .forward = einsum_forward, .dtypes = "fi",
   .lo = -2, .hi = 2,
   .example = "nm.einsum(\"bij, bjk -> bik\", nm.ones(2, 3, 4), nm.ones(2, 4, 5))"},
};
/* clang-format on */
NM_FAMILY(einsum);
