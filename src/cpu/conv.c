/* conv.c: convolution: what is asked for, and which way it is done.
 *
 * There are three.  Where y is large its places lie side by side (conv_columns.c), in planes of x
 * laid out for it, or, where images are so small that much between their rows would be computed
 * in vain, in patches that are gathered; vectors hold places of y, or outputs where that is less
 * work (conv_outs.c).  Where the kernel is larger than y, as in gradients of weights, the kernel's
 * positions lie side by side (conv_dots.c); vectors hold them, or, again, outputs. */
#include <limits.h>
#include <string.h>

#include "cpu/conv.h"

/* Whether elements of x meet one place of y and one of w in dim d, in their order. */
static bool pointwise(const conv_call *c, int d) {
  bool one_tap = c->w[d] == 1 && c->y[d] == c->x[d] && c->stride[d] == 1;
  bool one_place = c->y[d] == 1 && c->w[d] == c->x[d] && c->rhs[d] == 1;
  return (one_tap || one_place) && c->low[d] == 0 && c->lhs[d] == 1;
}

/* Makes dim d and the one before it a single one, if they are as good as that. */
static void join_dims(conv_call *c, int d) {
  int e = d - 1;
  bool taps = c->w[d] > 1 || c->w[e] > 1, places = c->y[d] > 1 || c->y[e] > 1;
  if (!pointwise(c, d) || !pointwise(c, e) || (taps && places)) return;
  if (c->x[e] > 1 && c->xs[e] != c->x[d] * c->xs[d]) return;
  if (c->w[e] > 1 && c->ws[e] != c->w[d] * c->ws[d]) return;
  c->x[d] *= c->x[e], c->w[d] *= c->w[e], c->y[d] *= c->y[e];
  c->x[e] = c->w[e] = c->y[e] = 1;
  for (int i = e; i <= d; i++) c->stride[i] = c->rhs[i] = 1;
}

static void read_dims(conv_call *c, const nm_conv *conv) {
  for (int d = 0; d < 3; d++) {
    int from = d - (3 - conv->dims);
    bool there = from >= 0;
    c->x[d] = there ? c->xv->shape[3 + from] : 1, c->xs[d] = there ? c->xv->stride[3 + from] : 0;
    c->w[d] = there ? c->wv->shape[3 + from] : 1, c->ws[d] = there ? c->wv->stride[3 + from] : 0;
    c->y[d] = there ? c->yv->shape[3 + from] : 1;
    c->stride[d] = there ? conv->stride[from] : 1;
    c->low[d] = there ? conv->low[from] : 0;
    c->lhs[d] = there ? conv->lhs[from] : 1;
    c->rhs[d] = there ? conv->rhs[from] : 1;
    c->taps *= c->w[d], c->places *= c->y[d];
  }
  join_dims(c, 1), join_dims(c, 2);
}

/* Of the columns that the planes' rows have, the part that y has, in percent. */
static int64_t useful(const conv_call *c, conv_planes *l) {
  nm__conv_size_planes(l, c->loops->width);
  int64_t flat = (l->block[1] - 1) * l->pitch + l->block[2];
  int64_t width = c->loops->width;
  return 100 * l->block[1] * l->block[2] / (nm__parts(flat, width) * width);
}

/* Patches are gathered by offsets from the first element of a channel of sample 0. */
static bool can_gather(const conv_call *c) {
  int64_t reach = (c->samples - 1) * c->x_n;
  for (int d = 0; d < 3; d++) reach += (c->x[d] - 1) * c->xs[d];
  return reach <= INT32_MAX && c->taps <= INT_MAX / 1024;
}

nm_status nm__cpu_conv(nm_device *dev, const nm_conv *conv, const nm_view *x, const nm_view *w,
                       const nm_view *bias, const nm_view *y) {
  enum { USEFUL = 60 };
  nm_cpu *cpu = (nm_cpu *)dev;
  nm_class cls = nm__dtype_class(y->dtype);
  conv_call c = {.cpu = cpu,
                 .loops = &cpu->isa->conv[cls],
                 .xv = x,
                 .wv = w,
                 .bias = bias,
                 .yv = y,
                 .dtype = y->dtype,
                 .cls = cls,
                 .size = nm__dtype_size(y->dtype),
                 .wide = nm__class_size[cls],
                 .samples = y->shape[0],
                 .groups = y->shape[1],
                 .out = y->shape[2],
                 .in = w->shape[2],
                 .taps = 1,
                 .places = 1,
                 .x_n = x->stride[0],
                 .x_g = x->stride[1],
                 .x_c = x->stride[2],
                 .w_g = w->stride[0],
                 .w_o = w->stride[1],
                 .w_c = w->stride[2]};
  conv_planes planes;
  bool strict = false, gathers;
  read_dims(&c, conv);
  if (c.samples * c.groups * c.out * c.places == 0) return NM_OK;
  if (c.taps > c.places && c.in && nm__conv_axes(&c, &planes, true)) {
    NM_TRY(nm__conv_dots(&c, &planes, &strict));
    if (!strict) return NM_OK;
  }
  gathers = can_gather(&c);
  bool lies = nm__conv_axes(&c, &planes, false);
  if (lies && (!gathers || (!strict && useful(&c, &planes) >= USEFUL)))
    return nm__conv_columns(&c, &planes);
  if (!gathers)
    return nm__error(dev->ctx, NM_ENOTSUP, "a convolution over more than 2^31 elements of x");
  return nm__conv_columns(&c, NULL);
}
