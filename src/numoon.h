/* numoon.h: the public C interface, the whole library without Lua.
 *
 * A context owns everything: devices, memory pools, random state, modes and the last error.  A
 * context and its tensors belong to one thread at a time; several contexts may run in several
 * threads at once. There is no other state.  Functions that can fail return a status; the message
 * is nm_message(ctx). A function that makes a tensor hands over one reference, released by
 * nm_release. */
#ifndef NUMOON_H
#define NUMOON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define NM_API __declspec(dllexport)
#elif defined(__GNUC__)
#define NM_API __attribute__((visibility("default")))
#else
#define NM_API
#endif

#define NM_VERSION "0.1.0"
#define NM_MAX_DIMS 8

typedef enum nm_status {
  NM_OK = 0,
  NM_EINVAL,  /* a wrong argument; the message says which and what would be right */
  NM_ENOMEM,  /* out of memory, on the host or on a device */
  NM_EDEVICE, /* a device failed or was lost */
  NM_ENOTSUP, /* this build or this device cannot do it */
  NM_EIO      /* a file could not be read or written */
} nm_status;

/* clang-format off */
typedef enum nm_dtype {
  NM_FLOAT32, NM_FLOAT64, NM_FLOAT16, NM_BFLOAT16,
  NM_INT64, NM_INT32, NM_INT16, NM_INT8, NM_UINT8, NM_BOOL,
  NM_NDTYPES
} nm_dtype;
/* clang-format on */

typedef struct nm_context nm_context;
typedef struct nm_tensor nm_tensor;

/* ---- the context ---- */
NM_API nm_context *nm_open(void);      /* NULL when out of memory */
NM_API void nm_close(nm_context *ctx); /* tensors that are still held become invalid */
NM_API const char *nm_message(const nm_context *ctx);
NM_API void nm_set_num_threads(nm_context *ctx, int n);
NM_API int nm_get_num_threads(const nm_context *ctx);
NM_API nm_status nm_set_fusion(nm_context *ctx, bool on);  /* off: each op runs at once */
NM_API bool nm_set_grad_enabled(nm_context *ctx, bool on); /* returns what it was */
NM_API void nm_manual_seed(nm_context *ctx, uint64_t seed);

/* ---- tensors ---- */
/* A new tensor with undefined contents. device: "cpu", "vulkan", "vulkan:1"; NULL for the default.
 */
NM_API nm_status nm_empty(nm_context *ctx, int ndim, const int64_t *shape, nm_dtype dtype,
                          const char *device, nm_tensor **out);
/* A new CPU tensor over the host's memory, nothing copied; release(arg) is called when it is let
 * go. */
NM_API nm_status nm_from_blob(nm_context *ctx, void *data, int ndim, const int64_t *shape,
                              nm_dtype dtype, void (*release)(void *arg), void *arg,
                              nm_tensor **out);
NM_API void nm_retain(nm_tensor *t);
NM_API void nm_release(nm_context *ctx, nm_tensor *t);
NM_API nm_dtype nm_dtype_of(const nm_tensor *t);
NM_API int nm_ndim(const nm_tensor *t);
NM_API const int64_t *nm_shape(const nm_tensor *t);
NM_API const int64_t *nm_strides(const nm_tensor *t);
NM_API int64_t nm_numel(const nm_tensor *t);

/* Computes what is pending, so that the memory holds the values. */
NM_API nm_status nm_eval(nm_context *ctx, nm_tensor *t);
/* The host address of the first element of a CPU tensor, after nm_eval; it stays valid, and the
 * tensor stays there, as long as the tensor lives. */
NM_API nm_status nm_data(nm_context *ctx, nm_tensor *t, void **out);
/* Copies all elements, row-major, from or to the host. bytes must be numel * element size. */
NM_API nm_status nm_read(nm_context *ctx, nm_tensor *t, void *to, size_t bytes);
NM_API nm_status nm_write(nm_context *ctx, nm_tensor *t, const void *from, size_t bytes);

/* ---- ops ---- */
/* Every op of the registry by name, as the Lua module offers it, with dims and indices counted
 * from 0. Arguments in the order of the op's signature. */
typedef struct nm_value_arg {
  enum {
    NM_ARG_NONE,
    NM_ARG_TENSOR,
    NM_ARG_TENSORS,
    NM_ARG_INT,
    NM_ARG_FLOAT,
    NM_ARG_BOOL,
    NM_ARG_INTS,
    NM_ARG_STRING,
    NM_ARG_FLOATS
  } kind;
  int n; /* length of tensors, ints or floats */
  union {
    nm_tensor *tensor;
    nm_tensor *const *tensors;
    int64_t integer;
    double number;
    bool boolean;
    const int64_t *ints;
    const double *floats;
    const char *string;
  } as;
} nm_value_arg;
NM_API nm_status nm_call(nm_context *ctx, const char *op, int nargs, const nm_value_arg *args,
                         int nout, nm_tensor **out);
/* The same for an op whose number of results depends on its arguments (split, meshgrid): they are
 * handed to `each` one by one, a reference each; *n is how many there were. */
NM_API nm_status nm_call_list(nm_context *ctx, const char *op, int nargs, const nm_value_arg *args,
                              void (*each)(void *user, int i, nm_tensor *t), void *user, int *n);

/* ---- autograd ---- */
NM_API nm_status nm_set_requires_grad(nm_context *ctx, nm_tensor *t, bool on);
/* Gradients of t with respect to all leaves that require one, added to their nm_grad. grad is that
 * of t; NULL stands for 1 where t has one element. */
NM_API nm_status nm_backward(nm_context *ctx, nm_tensor *t, nm_tensor *grad, bool retain_graph,
                             bool create_graph);
/* The same for the sum of several tensors; with ninputs > 0 the gradients are added to the nm_grad
 * of the inputs alone, leaves or not.  grads may be NULL, or hold NULLs. */
NM_API nm_status nm_backward_all(nm_context *ctx, int n, nm_tensor *const *t,
                                 nm_tensor *const *grads, int ninputs, nm_tensor *const *inputs,
                                 bool retain_graph, bool create_graph);
NM_API nm_tensor *nm_grad(const nm_tensor *t); /* borrowed; NULL if there is none */
NM_API nm_status nm_set_grad(nm_context *ctx, nm_tensor *t, nm_tensor *grad); /* NULL: none */
/* backward fills nm_grad of a tensor that is no leaf, too. */
NM_API nm_status nm_retain_grad(nm_context *ctx, nm_tensor *t);
/* Gradients of the outputs with respect to the inputs, and of nothing else: out[i] for inputs[i]
 * (NULL where the outputs do not depend on it and allow_unused). grads may be NULL, or hold NULLs.
 */
NM_API nm_status nm_gradients(nm_context *ctx, int noutputs, nm_tensor *const *outputs,
                              nm_tensor *const *grads, int ninputs, nm_tensor *const *inputs,
                              bool retain_graph, bool create_graph, bool allow_unused,
                              nm_tensor **out);

/* ---- optimizers ---- */
/* One step of a parameter, off the tape; nothing happens where nm_grad is NULL.  What is kept from
 * step to step is made at the first one, a reference that is the caller's.  Results stay pending:
 * nm_eval of the parameter computes them all. */
typedef struct nm_sgd {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize;
} nm_sgd;
NM_API nm_status nm_sgd_step(nm_context *ctx, nm_tensor *p, nm_tensor **momentum_buffer,
                             const nm_sgd *how); /* without momentum the buffer is not looked at */
typedef struct nm_adam {
  double lr, beta1, beta2, eps, weight_decay;
  bool maximize;
} nm_adam;
typedef struct nm_adam_state { /* all 0 before the first step */
  int64_t step;
  nm_tensor *exp_avg, *exp_avg_sq;
} nm_adam_state;
NM_API nm_status nm_adam_step(nm_context *ctx, nm_tensor *p, nm_adam_state *state,
                              const nm_adam *how);

/* Hooks: called once in a backward with the whole gradient of a tensor, in the order in which they
 * were registered, before it goes further.  *other, when set, is a reference to what it goes on as,
 * of the same shape, dtype and device.  A failure ends the backward, which returns it. */
typedef struct nm_hook nm_hook;
typedef nm_status nm_hook_function(nm_context *ctx, void *user, nm_tensor *grad,
                                   nm_tensor **other);
/* release(user) is called when the hook is removed or the tensor is gone from all graphs.  out, if
 * not NULL, gets a reference for nm_hook_remove. */
NM_API nm_status nm_register_hook(nm_context *ctx, nm_tensor *t, nm_hook_function *call,
                                  void (*release)(void *user), void *user, nm_hook **out);
NM_API void nm_hook_remove(nm_hook *h);  /* it is never called again; may be done twice */
NM_API void nm_hook_release(nm_hook *h); /* gives the reference back */

/* A derivative of the host's own.  backward gets the gradients of the results (NULL: zero) and sets
 * out[i], a reference, to that of inputs[i] where wanted[i]; NULL is zero.  It is summed to the
 * input's shape and cast.  With create_graph it runs on the tape. */
typedef struct nm_node nm_node;
typedef struct nm_function {
  const char *name; /* copied */
  nm_status (*backward)(nm_context *ctx, void *user, nm_node *node, int noutputs,
                        nm_tensor *const *g, int ninputs, const bool *wanted, nm_tensor **out);
  void (*release)(void *user); /* when the node is gone; may be NULL */
  void *user;
} nm_function;
enum { NM_RESULT_DIRTY = 1 /* an input that was written */, NM_RESULT_CONSTANT = 2 /* no gradient */ };
/* Puts outputs, which were computed from inputs with the tape off, on the tape.  outputs[i] may be
 * given back as another tensor over the same elements (the old reference is dropped).  saved[k],
 * which may be NULL, is what nm_saved_tensor gives backward.  *node is NULL when no input requires
 * a gradient or the tape is off; then nothing is kept and release is not called; else it is valid
 * until release is called. */
NM_API nm_status nm_record(nm_context *ctx, const nm_function *f, int ninputs,
                           nm_tensor *const *inputs, int noutputs, nm_tensor **outputs,
                           const uint8_t *flags, int nsaved, nm_tensor *const *saved,
                           nm_node **node);
/* A reference to what was saved, *out is NULL where that was NULL.  An error when it was freed by a
 * backward without retain_graph, or changed in place. */
NM_API nm_status nm_saved_tensor(nm_context *ctx, nm_node *node, int k, nm_tensor **out);

/* What is computed in inference mode is never on the tape and can't be put on it later.  Returns
 * what it was. */
NM_API bool nm_set_inference_mode(nm_context *ctx, bool on);
NM_API bool nm_is_inference(const nm_tensor *t);
/* Anomaly detection: an error in a derivative, and a NaN in its result, is reported with the place
 * that called the op, as locate(user) said then (NULL: nothing). */
typedef struct nm_anomaly {
  bool on, check_nan;
  const char *(*locate)(void *user);
  void *user;
} nm_anomaly;
NM_API nm_anomaly nm_set_anomaly(nm_context *ctx, nm_anomaly how); /* returns what it was */

#endif
