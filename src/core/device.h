/* device.h: what a device must do; src/cpu and src/vulkan are the two implementations.
 *
 * Everything is called with arguments already checked: shapes agree, indices are inside, dtypes are
 * held by the device (nm_device_class.holds).  A call may return before the work is done; `read`
 * and `sync` wait.  Calls on one device are ordered as if they ran one after another.
 * Errors: a status, with the message set by nm__error. */
#ifndef NM_DEVICE_H
#define NM_DEVICE_H

#include "core/program.h"

typedef struct nm_mem { /* a block of device memory */
  void *ptr;            /* host address (CPU); NULL where the host cannot reach it */
  uint64_t addr;        /* device address (Vulkan); 0 on the CPU */
  size_t size;          /* bytes asked for */
  void *handle;         /* the device's own */
} nm_mem;

typedef struct nm_view { /* elements in memory, seen through a shape and strides */
  const nm_mem *mem;
  nm_dtype dtype;
  int ndim;
  int64_t offset; /* of the first element, in elements */
  int64_t shape[NM_MAX_DIMS];
  int64_t stride[NM_MAX_DIMS]; /* in elements; 0 where broadcast, never negative */
} nm_view;

typedef enum nm_reduction {
  NM_R_SUM,
  NM_R_PROD,
  NM_R_MAX,
  NM_R_MIN,
  NM_R_ARGMAX,
  NM_R_ARGMIN,
  NM_R_ANY,
  NM_R_ALL,
  NM_R_SQUARES
} nm_reduction;

/* A reduction of what a program computes.  The program's dims are ordered as the tensor's; bit d of
 * `reduced` says that dim d is reduced.  `src` is the operand that is reduced (its class is that of
 * the element; its dtype is src_dtype, already rounded).  The output is flat: the kept dims in
 * order.
 *   SUM, PROD    out has dtype float of any width (accumulate in at least float32 pairwise or
 *                float64, one rounding at the end), or int64
 *   MAX, MIN     out has src_dtype; NaN wins
 *   ANY, ALL     out is bool, src != 0
 *   ARGMAX, ARGMIN  out is int64: the 0-based row-major index among the reduced dims of the first
 *                extreme element (NaN counts as extreme); also: that element, in src_dtype
 *   SQUARES      the sum of squared distances from the mean, in a float src_dtype; also: the mean
 * An empty reduction gives the identity (SUM 0, PROD 1, ANY 0, ALL 1); the others are refused
 * above. */
typedef struct nm_reduce {
  nm_reduction kind;
  const nm_program *program; /* its outputs, if any, are stored by the same pass */
  uint8_t src;
  nm_dtype src_dtype;
  uint32_t reduced;
  const nm_mem *out; /* flat, from its first element */
  const nm_mem *also; /* a second output beside it, see above; may be NULL */
  nm_dtype out_dtype;
  int64_t out_numel;
} nm_reduce;

typedef enum nm_scatter_mode {
  NM_SCATTER_SET,
  NM_SCATTER_ADD,
  NM_SCATTER_PROD,
  NM_SCATTER_MAX, /* NaN wins */
  NM_SCATTER_MIN
} nm_scatter_mode;

typedef enum nm_scan_kind {
  NM_SCAN_SUM,
  NM_SCAN_PROD,
  NM_SCAN_MAX,
  NM_SCAN_MIN,
  NM_SCAN_LOGSUMEXP
} nm_scan_kind;
enum { NM_SCAN_KINDS = NM_SCAN_LOGSUMEXP + 1 };

/* A convolution over up to 3 spatial dims, as XLA's conv_general_dilated: its own derivatives are
 * convolutions of this kind.  x (N, G, C, X...), w (G, O, C, K...), y (N, G, O, Y...), G groups.
 * With x dilated by `lhs` (lhs - 1 zeros between elements), then padded by `low` (and high as y's
 * size asks; both may be negative, which crops):
 *   y[n, g, o, i] = bias[g, o] + the sum over c, k of
 *                   w[g, o, c, k] * padded[n, g, c, i * stride + k * rhs]
 * `stride` and `rhs` are not 0; negative ones go the other way. */
typedef struct nm_conv {
  int dims; /* 1 to 3 */
  int64_t stride[3], low[3], lhs[3], rhs[3];
} nm_conv;

enum { NM_SHORT = 512 }; /* elements that nm_device_class.loop can be asked for */
/* y[i] = op(a[i], b[i], c[i]) for i < n.  y may be a, b or c, never a part of one shifted. */
typedef void nm_loop(int n, void *y, const void *a, const void *b, const void *c);

/* Windows over up to 3 spatial dims of (B, X...): window o of a dim has the elements at o * step +
 * k * dilation - pad, k < size, as far as there are such.  Divisor: what sums are divided by. */
typedef enum nm_pool_kind {
  NM_POOL_MAX,   /* (B, X...) -> (B, O...); every window has an element; NaN counts as largest */
  NM_POOL_SUM,   /* (B, X...) -> (B, O...) */
  NM_POOL_SPREAD /* (B, O...) -> (B, X...): the sum of the windows that an element is in; with an
                    index, of those that it says stand for the element: MAX's derivative */
} nm_pool_kind;
typedef struct nm_pooling {
  nm_pool_kind kind;
  int dims; /* 1 to 3 */
  int64_t size[3], step[3], pad[3], dilation[3];
  double divisor;
} nm_pooling;

/* What becomes of rows and a few sums over each; all (rows, n), w, b, dw and db (n), contiguous, of
 * one float dtype.  With scale = (mean((x - m)^2) + eps)^(-1/2), m the mean of x if it is to be
 * `centered`, else 0, and z = (x - m) scale:
 *   NORM       y = z w + b; m and scale of each row go to stats (rows, 2), which is float32 for
 *              halves
 *   NORM_BACK  its derivative: y, dw, db (each may be NULL) are the gradients of x, w, b for g, that
 *              of the result; reads stats
 *   SOFTMAX_BACK, LOG_SOFTMAX_BACK  y = the gradient of the input for g, where x is the result;
 *              SOFTMAX_BACK's times `factor`, and y may be g
 * w and b may be NULL: ones and zeros. */
typedef enum nm_row_kind {
  NM_ROWS_NORM,
  NM_ROWS_NORM_BACK,
  NM_ROWS_SOFTMAX_BACK,
  NM_ROWS_LOG_SOFTMAX_BACK
} nm_row_kind;
enum { NM_LONGEST_ROW = 1 << 16 }; /* that nm_device_class.rows is asked for */
typedef struct nm_rows {
  nm_row_kind kind;
  bool centered;
  double eps, factor;
  int64_t rows, n;
  const nm_view *x, *g, *w, *b, *stats, *y, *dw, *db;
} nm_rows;

typedef struct nm_device nm_device;

typedef struct nm_device_class {
  const char *name;
  bool fuses_reductions; /* reduce takes any program; otherwise only one of a single input,
                            unchanged */
  bool reduces_pairs;    /* reduce has second outputs, and SQUARES */
  bool nests_batches;    /* matmul takes batches of batches */

  void (*close)(nm_device *);
  nm_status (*alloc)(nm_device *, size_t bytes,
                     nm_mem *out);        /* aligned to 64 bytes, contents undefined */
  void (*release)(nm_device *, nm_mem *); /* safe while work that uses it is in flight */
  nm_status (*read)(nm_device *, const nm_mem *, size_t offset, size_t bytes, void *to);
  nm_status (*write)(nm_device *, const nm_mem *, size_t offset, size_t bytes, const void *from);
  nm_status (*sync)(nm_device *);
  bool (*holds)(nm_device *, nm_dtype, const char **missing_feature);

  nm_status (*run)(nm_device *, const nm_program *);
  /* The loop of an instruction over at most NM_SHORT elements in host memory, each operand dense
   * and in its class; NULL where there is none.  The device may have none at all. */
  nm_loop *(*loop)(nm_device *, nm_opcode, nm_class);
  nm_status (*reduce)(nm_device *, const nm_reduce *);
  /* y[b] = a[b] @ x[b]: a (B, M, K), x (B, K, N), y (B, M, N) contiguous; all of one dtype.
   * Floats accumulate in float32 at least, integers wrap; bool is refused above.  K may be 0.  If
   * the device nests_batches, also y[b, c] = a[b, c] @ x[b, c], of four dims. */
  nm_status (*matmul)(nm_device *, const nm_view *a, const nm_view *x, const nm_view *y);
  /* y = softmax or log_softmax of x (float dtypes) over dim; y contiguous, same shape. */
  nm_status (*softmax)(nm_device *, const nm_view *x, int dim, const nm_view *y, bool log);
  /* The same over the last dim, of NM_LONGEST_ROW elements at most, of what a program of y's shape
   * computes: operand `src`, in y's dtype.  Its outputs, if any, are stored by the same pass.  NULL
   * where it is computed first. */
  nm_status (*softmax_of)(nm_device *, const nm_program *, uint8_t src, const nm_view *y, bool log);
  /* See nm_rows; there are elements.  NULL where it is composed, as programs and reductions. */
  nm_status (*rows)(nm_device *, const nm_rows *);
  /* y = x backwards along the dims whose bits are set; y contiguous, of x's shape and dtype.  NULL
   * where it is composed, as a gather. */
  nm_status (*reverse)(nm_device *, const nm_view *x, uint32_t dims, const nm_view *y);
  /* at = the positions of index, both int64 and contiguous: i + n where i is negative, else i -
   * base; whether all are in 0 .. n - 1.  NULL where it is composed, as a program and a reduction.
   */
  nm_status (*place)(nm_device *, const nm_view *index, int64_t n, int64_t base, const nm_view *at,
                     bool *inside);
  /* y[i, j, k] = x[i, index[i, j, k], k] over dim (0-based).  x, index, y have ndim dims; index
   * (int64, 0-based, inside) and y (contiguous, dtype of x) share a shape; x's other dims are at
   * least as long.  `inside` may be given where there is `place`: then the index is as that takes
   * it, counted from ctx->base, and if not all are inside, y is undefined. */
  nm_status (*gather)(nm_device *, const nm_view *x, int dim, const nm_view *index,
                      const nm_view *y, bool *inside);
  /* y[i, index[i, j, k], k] = or += src[i, j, k]; index and src share a shape (src may be
   * expanded). ADD must be exact for integers and complete for repeated indices. */
  nm_status (*scatter)(nm_device *, const nm_view *y, int dim, const nm_view *index,
                       const nm_view *src, nm_scatter_mode mode);
  /* The elements of x (NULL: their positions, int64) at which mask (bool, as many) is true, in
   * order, into memory allocated here: `n` of them.  x and mask are contiguous.  NULL where the
   * device cannot; then it is composed of a scan and a search. */
  nm_status (*compress)(nm_device *, const nm_view *x, const nm_view *mask, nm_mem *out,
                        int64_t *n);
  /* y = running sum, product, maximum, minimum or logarithm of the sum of exponentials of x along
   * dim; y contiguous, of x's shape and dtype (float or int64 for sums and products, which
   * accumulate as reductions do; float for LOGSUMEXP).  MAX and MIN: NaN wins; index (int64,
   * contiguous, 0-based, may be NULL) is where the last extreme so far stands. */
  nm_status (*scan)(nm_device *, nm_scan_kind kind, const nm_view *x, int dim, const nm_view *y,
                    const nm_view *index);
  /* Sorts x along its last dim, stably; NaN counts as the largest.  y (dtype of x, may be NULL) and
   * index (int64, counted from base, may be NULL) are contiguous and end after the first `n` of each
   * line. */
  nm_status (*sort)(nm_device *, const nm_view *x, bool descending, int64_t n, const nm_view *y,
                    const nm_view *index, int base);
  /* For each of x (B, M) the first position of sorted (B or 1, N) whose element is not below it
   * (right: is above it), 0 to N, into index (B, M) int64 contiguous; dtypes of x and sorted agree;
   * NaN counts as the largest. */
  nm_status (*search)(nm_device *, const nm_view *sorted, const nm_view *x, bool right,
                      const nm_view *index);
  /* y = the convolution of x with w (see nm_conv); one float dtype; y and bias, which may be NULL,
   * contiguous. */
  nm_status (*conv)(nm_device *, const nm_conv *, const nm_view *x, const nm_view *w,
                    const nm_view *bias, const nm_view *y);
  /* y (contiguous) of windows of x, one float dtype; index (int64, contiguous, may be NULL): of each
   * window where in (X...), counted from 0, the first of the largest stands.  MAX writes it, SPREAD
   * reads it, SUM has none. */
  nm_status (*pool)(nm_device *, const nm_pooling *, const nm_view *x, const nm_view *y,
                    const nm_view *index);
} nm_device_class;

struct nm_device {
  const nm_device_class *cls;
  nm_context *ctx;
  int index;                              /* of the physical device, as vulkaninfo counts them */
  char name[16];                          /* "cpu", "vulkan", "vulkan:1" */
  size_t live, peak, cached, cache_limit; /* bytes: in use, the most so far, kept in the pool */
  bool lost;
};

nm_status nm__cpu_open(nm_context *ctx, nm_device **out);
/* Opens physical device `index`; NM_ENOTSUP with the reason where there is no usable Vulkan. */
nm_status nm__vulkan_open(nm_context *ctx, int index, nm_device **out);
/* Names of the physical devices, at most `max`; returns how many there are, 0 without Vulkan. */
typedef struct nm_vulkan_info {
  char name[256], type[24], driver[256], api[24];
  uint64_t memory; /* bytes of the largest device-local heap */
} nm_vulkan_info;
int nm__vulkan_devices(nm_vulkan_info *out, int max);

#endif
