/* conv.c: the host of convolution. */
#include "vulkan/launch.h"

/* shaders/conv.comp: ORDER Geometry */
typedef struct conv_geometry {
  uint32_t x[3], w[3], y[3], x_stride[3], w_stride[3];
  int32_t stride[3], low[3], lhs[3], rhs[3];
} conv_geometry;

/* shaders/conv.comp: ORDER Push, OUT */
enum { CONV_OUT = 4 };
typedef struct conv_push {
  uint64_t x, w, y, bias, geometry;
  uint32_t samples, in, out, groups, x_n, x_g, x_c, w_g, w_o, w_c, taps, places, x_at, w_at, y_at,
      bias_at, first, end;
} conv_push;

nm_status vulkan_conv(nm_device *dev, const nm_conv *conv, const nm_view *x, const nm_view *w,
                      const nm_view *bias, const nm_view *y) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  conv_geometry g = {0};
  int64_t taps = 1, places = 1;
  for (int i = 0; i < conv->dims; i++) {
    taps *= w->shape[3 + i];
    places *= y->shape[3 + i];
    g.x[i] = (uint32_t)x->shape[3 + i];
    g.w[i] = (uint32_t)w->shape[3 + i];
    g.y[i] = (uint32_t)y->shape[3 + i];
    g.x_stride[i] = (uint32_t)x->stride[3 + i];
    g.w_stride[i] = (uint32_t)w->stride[3 + i];
    g.stride[i] = (int32_t)conv->stride[i];
    g.low[i] = (int32_t)conv->low[i];
    g.lhs[i] = (int32_t)conv->lhs[i];
    g.rhs[i] = (int32_t)conv->rhs[i];
  }
  int64_t groups = y->shape[1], out = y->shape[2], in = w->shape[2];
  int64_t numel = y->shape[0] * groups * out * places;
  if (!numel) return NM_OK;
  kernel_launch l = {.d = d};
  kernel_place px = {0, 0}, pw = {0, 0}, pb = {0, 0},
               py = kernel_place_of(kernel_addr(y), y->dtype);
  NM_TRY(kernel_check_size(d, numel));
  if (in && taps && kernel_last(x) >= 0 && x->shape[0]) {
    NM_TRY(kernel_check_size(d, kernel_last(x)));
    NM_TRY(kernel_check_size(d, kernel_last(w)));
    px = kernel_place_of(kernel_addr(x), x->dtype);
    pw = kernel_place_of(kernel_addr(w), w->dtype);
    kernel_touch_view(&l, x, false);
    kernel_touch_view(&l, w, false);
  }
  if (bias) {
    pb = kernel_place_of(kernel_addr(bias), bias->dtype);
    kernel_touch_view(&l, bias, false);
  }
  kernel_touch_view(&l, y, true);
  const uint32_t spec[] = {y->dtype, (uint32_t)conv->dims, bias != NULL};
  bool wide = nm__dtype_class(y->dtype) == NM_F64;
  NM_TRY(vulkan_kernel(d, wide ? NM_SHADER_conv_f64 : NM_SHADER_conv_f32, 3, spec, &l.pipeline));
  conv_push p = {.x = px.words,
                 .w = pw.words,
                 .y = py.words,
                 .bias = pb.words,
                 .samples = (uint32_t)y->shape[0],
                 .in = (uint32_t)in,
                 .out = (uint32_t)out,
                 .groups = (uint32_t)groups,
                 .x_n = (uint32_t)x->stride[0],
                 .x_g = (uint32_t)x->stride[1],
                 .x_c = (uint32_t)x->stride[2],
                 .w_g = (uint32_t)w->stride[0],
                 .w_o = (uint32_t)w->stride[1],
                 .w_c = (uint32_t)w->stride[2],
                 .taps = (uint32_t)taps,
                 .places = (uint32_t)places,
                 .x_at = px.at,
                 .w_at = pw.at,
                 .y_at = py.at,
                 .bias_at = pb.at};
  kernel_use(&l, &g, sizeof g, &p.geometry);
  int64_t blocks = y->shape[0] * groups * ((out + CONV_OUT - 1) / CONV_OUT) * places;
  uint64_t each = (uint64_t)(in * taps) * CONV_OUT + 64;
  return kernel_dispatch_over(&l, &p, sizeof p, &p.first, &p.end, blocks, 128, each);
}
