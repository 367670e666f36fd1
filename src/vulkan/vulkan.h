/* vulkan.h: the Vulkan device, and what its parts offer to each other.
 *
 *   loader    Vulkan's functions            memory    blocks, segments, reading and writing
 *   device    choice, features, the class   stream    command buffers, order, submission, waiting
 *   pipeline  pipelines and their caches    spirv     writing SPIR-V; library: splicing functions
 *   emit      programs as SPIR-V            run       running programs
 *   kernels   reduce, matmul, softmax, gather, scatter
 *
 * Every function that can fail returns a status with the message set.  A device that was lost
 * refuses everything.  All work goes to one queue, in order, barriers where addresses overlap. */
#ifndef NM_VULKAN_H
#define NM_VULKAN_H

#include "core/context.h"
#include "vulkan/loader.h"
#include "vulkan/memory.h"
#include "vulkan/pipeline.h"
#include "vulkan/spirv.h"
#include "vulkan/stream.h"

typedef struct vulkan_features { /* what is there beyond what is needed */
  bool float64, int64, storage8, storage16;
  bool index32;      /* always, except in tests of 64-bit indices */
  spirv_modes modes; /* of emitted programs, as far as floats go */
} vulkan_features;

struct nm_vulkan {
  nm_device base; /* first */
  vulkan_functions vk;
  VkInstance instance;
  VkDebugUtilsMessengerEXT messenger;
  VkPhysicalDevice physical;
  VkDevice device;
  VkQueue queue;
  uint32_t family;
  VkPhysicalDeviceProperties properties;
  vulkan_features has;
  bool validation;
  uint32_t messages; /* of the validation layers */
  vulkan_memory memory;
  vulkan_stream stream;
  vulkan_pipelines pipelines;
  struct spirv_library *library; /* functions for emitted programs, read on first use */
};

static inline nm_vulkan *vulkan_of(nm_device *dev) { return (nm_vulkan *)dev; }

/* The status of a call that gave `r`; `what` names it.  Marks the device as lost if it is. */
nm_status vulkan_check(nm_vulkan *d, VkResult r, const char *what);
/* NM_EDEVICE when the device was lost or the validation layers have complained. */
nm_status vulkan_usable(nm_vulkan *d);

nm_status vulkan_run(nm_device *dev, const nm_program *program);
nm_status vulkan_reduce(nm_device *dev, const nm_reduce *r);
nm_status vulkan_matmul(nm_device *dev, const nm_view *a, const nm_view *x, const nm_view *y);
nm_status vulkan_softmax(nm_device *dev, const nm_view *x, int dim, const nm_view *y, bool log);
nm_status vulkan_gather(nm_device *dev, const nm_view *x, int dim, const nm_view *index,
                        const nm_view *y, bool *inside);
nm_status vulkan_scatter(nm_device *dev, const nm_view *y, int dim, const nm_view *index,
                         const nm_view *src, nm_scatter_mode mode);
nm_status vulkan_conv(nm_device *dev, const nm_conv *conv, const nm_view *x, const nm_view *w,
                      const nm_view *bias, const nm_view *y);
nm_status vulkan_scan(nm_device *dev, nm_scan_kind kind, const nm_view *x, int dim,
                      const nm_view *y, const nm_view *index);
nm_status vulkan_sort(nm_device *dev, const nm_view *x, bool descending, int64_t n,
                      const nm_view *y, const nm_view *index, int base);
nm_status vulkan_pool(nm_device *dev, const nm_pooling *pool, const nm_view *x, const nm_view *y,
                      const nm_view *index);
nm_status vulkan_search(nm_device *dev, const nm_view *sorted, const nm_view *x, bool right,
                        const nm_view *index);

#endif
