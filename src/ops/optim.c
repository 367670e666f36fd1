/* optim.c: the steps of optimizers.
 *
 * A step is a few tensor ops, off the tape, which are one program over a parameter, its gradient
 * and what is kept from step to step.  Nothing is written before all of it is recorded, so that a
 * step that fails can be taken again. */
#include "autograd/node.h"
#include "fuse/fuse.h"
#include "ops/args.h"

#include <math.h>

#define ADD(x, y) nm__t2(ctx, NM_I_add, x, y)
#define MUL(x, y) nm__t2(ctx, NM_I_mul, x, y)
#define TIMES(x, k) nm__t2s(ctx, NM_I_mul, x, k)

typedef struct result {
  nm_tensor **to;  /* what it is written to; where that is NULL, it stands there itself */
  nm_tensor *made; /* a temporary, or NULL */
} result;

/* Ends a step whose temporaries began at `mark`, after which nobody but the results holds what they
 * are. */
static nm_status finish(nm_context *ctx, int mark, int n, const result *r) {
  nm_status s = NM_OK;
  for (int i = 0; i < n && s == NM_OK; i++) {
    if (!r[i].made) s = ctx->status;
    if (s == NM_OK && *r[i].to) s = nm__inplace_check(ctx, *r[i].to);
  }
  for (int i = 0; i < n && s == NM_OK; i++) {
    nm_retain(r[i].made);
    nm__announce(r[i].made); /* the program that computes one of them stores all */
  }
  nm__unscope(ctx, mark, NULL);
  if (s != NM_OK) return s;
  for (int i = 0; i < n; i++) {
    if (s != NM_OK)
      nm_release(ctx, r[i].made);
    else if (*r[i].to)
      s = nm__replace(ctx, *r[i].to, r[i].made);
    else
      *r[i].to = r[i].made;
  }
  return s;
}

/* The gradient as a step sees it. */
static nm_tensor *gradient(nm_context *ctx, nm_tensor *p, bool maximize, double weight_decay) {
  nm_tensor *g = maximize ? nm__t1(ctx, NM_I_neg, p->grad) : p->grad;
  return weight_decay != 0 ? ADD(g, TIMES(p, weight_decay)) : g;
}

/* p - lr d, d being the gradient or, with momentum, b = momentum b + (1 - dampening) g; or, after
 * Nesterov, g + momentum b. */
static nm_status sgd_step(nm_context *ctx, nm_tensor *p, nm_tensor **buffer, const nm_sgd *how) {
  NM_TRY(nm__inplace_check(ctx, p));
  int mark = nm__scope(ctx);
  nm_tensor *g = gradient(ctx, p, how->maximize, how->weight_decay), *d = g, *b = NULL;
  if (how->momentum == 0 && g && nm__short_scaled(NM_I_sub, p, g, how->lr))
    return nm__unscope(ctx, mark, NULL), NM_OK;
  if (how->momentum != 0) {
    b = *buffer ? ADD(TIMES(*buffer, how->momentum), TIMES(g, 1 - how->dampening))
                : nm__t_clone(ctx, g);
    d = how->nesterov ? ADD(g, TIMES(b, how->momentum)) : b;
  }
  const result r[2] = {{&p, nm__t2(ctx, NM_I_sub, p, TIMES(d, how->lr))}, {buffer, b}};
  return finish(ctx, mark, how->momentum != 0 ? 2 : 1, r);
}

/* Kingma and Ba, "Adam: a method for stochastic optimization", 2015. */
static nm_status adam_step(nm_context *ctx, nm_tensor *p, nm_adam_state *state,
                           const nm_adam *how) {
  int mark = nm__scope(ctx);
  double t = (double)state->step + 1, b1 = how->beta1, b2 = how->beta2;
  nm_tensor *g = gradient(ctx, p, how->maximize, how->weight_decay);
  nm_tensor *m = state->exp_avg ? state->exp_avg : nm__t_full_like(ctx, p, 0);
  nm_tensor *v = state->exp_avg_sq ? state->exp_avg_sq : nm__t_full_like(ctx, p, 0);
  m = ADD(TIMES(m, b1), TIMES(g, 1 - b1));
  v = ADD(TIMES(v, b2), TIMES(MUL(g, g), 1 - b2));
  nm_tensor *root =
      nm__t2s(ctx, NM_I_add, TIMES(nm__t1(ctx, NM_I_sqrt, v), 1 / sqrt(1 - pow(b2, t))), how->eps);
  nm_tensor *d = nm__t2(ctx, NM_I_div, TIMES(m, how->lr / (1 - pow(b1, t))), root);
  const result r[3] = {
      {&p, nm__t2(ctx, NM_I_sub, p, d)}, {&state->exp_avg, m}, {&state->exp_avg_sq, v}};
  NM_TRY(finish(ctx, mark, 3, r));
  state->step++;
  return NM_OK;
}

nm_status nm_sgd_step(nm_context *ctx, nm_tensor *p, nm_tensor **buffer, const nm_sgd *how) {
  if (!p->grad) return NM_OK;
  const char *outer = nm__begin(ctx, "SGD");
  bool grad = nm_set_grad_enabled(ctx, false);
  nm_status s = sgd_step(ctx, p, buffer, how);
  nm_set_grad_enabled(ctx, grad);
  return nm__end(ctx, outer, s);
}

nm_status nm_adam_step(nm_context *ctx, nm_tensor *p, nm_adam_state *state, const nm_adam *how) {
  if (!p->grad) return NM_OK;
  const char *outer = nm__begin(ctx, "Adam");
  bool grad = nm_set_grad_enabled(ctx, false);
  nm_status s = adam_step(ctx, p, state, how);
  nm_set_grad_enabled(ctx, grad);
  return nm__end(ctx, outer, s);
}
