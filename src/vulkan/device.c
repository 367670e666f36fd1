/* device.c: choosing a physical device, what it can do, opening and closing, validation, the class.
 *
 * NUMOON_VALIDATION=1 turns the validation layers on, synchronization validation included: every
 * message is printed, the calls that follow fail, and closing the device aborts the process, so
 * that no test run can miss one.  NUMOON_VULKAN_WITHOUT lists features to do without (float64,
 * int64, storage8, storage16, hostmap, index32), for tests of what replaces them. */
#include "vulkan/vulkan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vulkan/emit.h"

enum { MAX_PHYSICAL = 16 };

/* ---- statuses ---- */

nm_status vulkan_check(nm_vulkan *d, VkResult r, const char *what) {
  nm_context *ctx = d->base.ctx;
  switch (r) {
  case VK_SUCCESS: return NM_OK;
  case VK_ERROR_OUT_OF_HOST_MEMORY:
    return nm__error(ctx, NM_ENOMEM, "device '%s': out of host memory", d->base.name);
  case VK_ERROR_OUT_OF_DEVICE_MEMORY:
  case VK_ERROR_TOO_MANY_OBJECTS:
    return nm__error(ctx, NM_ENOMEM, "device '%s': out of memory", d->base.name);
  case VK_ERROR_DEVICE_LOST:
    d->base.lost = true;
    return nm__error(ctx, NM_EDEVICE, "device '%s' was lost in %s", d->base.name, what);
  default:
    return nm__error(ctx, NM_EDEVICE, "device '%s': %s failed with code %d", d->base.name, what,
                     (int)r);
  }
}

nm_status vulkan_usable(nm_vulkan *d) {
  if (d->base.lost) return nm__error(d->base.ctx, NM_EDEVICE, "device '%s' was lost", d->base.name);
  if (d->messages)
    return nm__error(d->base.ctx, NM_EDEVICE, "device '%s': the validation layers have complained",
                     d->base.name);
  return NM_OK;
}

/* ---- the instance ---- */

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *arg) {
  (void)severity, (void)types;
  ((nm_vulkan *)arg)->messages++;
  fprintf(stderr, "numoon: validation: %s\n", data->pMessage);
  return VK_FALSE;
}

static VkDebugUtilsMessengerCreateInfoEXT messenger_info(nm_vulkan *d) {
  return (VkDebugUtilsMessengerCreateInfoEXT){
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
      .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                         VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
      .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
      .pfnUserCallback = on_message,
      .pUserData = d};
}

static const char validation_layer[] = "VK_LAYER_KHRONOS_validation";

static bool has_validation_layer(const vulkan_functions *vk) {
  VkLayerProperties layers[64];
  uint32_t n = 64;
  VkResult r = vk->EnumerateInstanceLayerProperties(&n, layers);
  if (r != VK_SUCCESS && r != VK_INCOMPLETE) return false;
  for (uint32_t i = 0; i < n; i++)
    if (!strcmp(layers[i].layerName, validation_layer)) return true;
  return false;
}

/* Loads Vulkan and makes an instance.  While that goes on, messages go to d. */
static VkResult make_instance(vulkan_functions *vk, nm_vulkan *d, bool validation,
                              VkInstance *out) {
  uint32_t version = 0;
  if (!vulkan_load_global(vk)) return VK_ERROR_INITIALIZATION_FAILED;
  if (vk->EnumerateInstanceVersion(&version) != VK_SUCCESS || version < VK_API_VERSION_1_2)
    return VK_ERROR_INCOMPATIBLE_DRIVER;
  VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                           .pApplicationName = "numoon",
                           .pEngineName = "numoon",
                           .apiVersion = VK_API_VERSION_1_2};
  VkValidationFeatureEnableEXT on[] = {VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
  VkValidationFeaturesEXT features = {.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                      .enabledValidationFeatureCount = 1,
                                      .pEnabledValidationFeatures = on};
  VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(d);
  features.pNext = &messenger;
  const char *layer = validation_layer, *extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
  VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                               .pApplicationInfo = &app};
  if (validation) {
    if (!has_validation_layer(vk)) return VK_ERROR_LAYER_NOT_PRESENT;
    info.pNext = &features;
    info.enabledLayerCount = info.enabledExtensionCount = 1;
    info.ppEnabledLayerNames = &layer;
    info.ppEnabledExtensionNames = &extension;
  }
  VkResult r = vk->CreateInstance(&info, NULL, out);
  if (r == VK_SUCCESS && !vulkan_load_instance(vk, *out)) r = VK_ERROR_INITIALIZATION_FAILED;
  return r;
}

static uint32_t list_physical(const vulkan_functions *vk, VkInstance instance,
                              VkPhysicalDevice *list) {
  uint32_t n = MAX_PHYSICAL;
  VkResult r = vk->EnumeratePhysicalDevices(instance, &n, list);
  return r == VK_SUCCESS || r == VK_INCOMPLETE ? n : 0;
}

static const char *type_name(VkPhysicalDeviceType t) {
  switch (t) {
  case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return "integrated GPU";
  case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return "discrete GPU";
  case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return "virtual GPU";
  case VK_PHYSICAL_DEVICE_TYPE_CPU: return "processor";
  default: return "other";
  }
}

static void describe(const vulkan_functions *vk, VkPhysicalDevice physical, nm_vulkan_info *out) {
  VkPhysicalDeviceDriverProperties driver = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  VkPhysicalDeviceMemoryProperties m;
  vk->GetPhysicalDeviceProperties(physical, &p.properties);
  if (p.properties.apiVersion >= VK_API_VERSION_1_2) {
    p.pNext = &driver;
    vk->GetPhysicalDeviceProperties2(physical, &p);
  }
  vk->GetPhysicalDeviceMemoryProperties(physical, &m);
  memset(out, 0, sizeof *out);
  snprintf(out->name, sizeof out->name, "%s", p.properties.deviceName);
  snprintf(out->type, sizeof out->type, "%s", type_name(p.properties.deviceType));
  snprintf(out->driver, sizeof out->driver, "%.120s %.120s", driver.driverName, driver.driverInfo);
  uint32_t v = p.properties.apiVersion;
  snprintf(out->api, sizeof out->api, "%u.%u.%u", VK_API_VERSION_MAJOR(v), VK_API_VERSION_MINOR(v),
           VK_API_VERSION_PATCH(v));
  for (uint32_t i = 0; i < m.memoryHeapCount; i++)
    if ((m.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) &&
        m.memoryHeaps[i].size > out->memory)
      out->memory = m.memoryHeaps[i].size;
}

int nm__vulkan_devices(nm_vulkan_info *out, int max) {
  vulkan_functions vk;
  VkInstance instance = VK_NULL_HANDLE;
  int n = 0;
  if (make_instance(&vk, NULL, false, &instance) == VK_SUCCESS) {
    VkPhysicalDevice list[MAX_PHYSICAL];
    n = (int)list_physical(&vk, instance, list);
    for (int i = 0; i < n && i < max; i++) describe(&vk, list[i], &out[i]);
  }
  if (instance && vk.DestroyInstance) vk.DestroyInstance(instance, NULL);
  vulkan_unload(&vk);
  return n;
}

/* ---- features ---- */

static bool without(const char *feature) {
  const char *list = getenv("NUMOON_VULKAN_WITHOUT");
  return list && strstr(list, feature);
}

typedef struct feature_set {
  VkPhysicalDeviceFeatures2 base;
  VkPhysicalDeviceVulkan11Features v11;
  VkPhysicalDeviceVulkan12Features v12;
} feature_set;

static void chain_features(feature_set *f) {
  memset(f, 0, sizeof *f);
  f->base.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  f->v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  f->v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  f->base.pNext = &f->v11;
  f->v11.pNext = &f->v12;
}

/* Looks up what the device has; NM_ENOTSUP names what is missing of what is needed. */
static nm_status look_up(nm_vulkan *d, feature_set *use) {
  const char *missing = NULL;
  d->vk.GetPhysicalDeviceProperties(d->physical, &d->properties);
  if (d->properties.apiVersion < VK_API_VERSION_1_2) missing = "Vulkan 1.2";
  feature_set f;
  chain_features(&f);
  if (!missing) d->vk.GetPhysicalDeviceFeatures2(d->physical, &f.base);
  if (!missing && !f.v12.bufferDeviceAddress) missing = "bufferDeviceAddress";
  if (!missing && !f.v12.timelineSemaphore) missing = "timelineSemaphore";
  if (missing)
    return nm__error(d->base.ctx, NM_ENOTSUP, "device '%s' (%s) has no %s, which numoon needs",
                     d->base.name, d->properties.deviceName, missing);

  vulkan_features *h = &d->has;
  h->float64 = f.base.features.shaderFloat64 && !without("float64");
  h->int64 = f.base.features.shaderInt64 && !without("int64");
  /* pointers to narrow integers count as arithmetic with them for the validator of SPIR-V */
  h->storage8 = f.v12.storageBuffer8BitAccess && f.v12.shaderInt8 && !without("storage8");
  h->storage16 =
      f.v11.storageBuffer16BitAccess && f.base.features.shaderInt16 && !without("storage16");
  VkPhysicalDeviceFloatControlsProperties c = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES};
  VkPhysicalDeviceProperties2 p = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                   .pNext = &c};
  d->vk.GetPhysicalDeviceProperties2(d->physical, &p);
  /* a mode may be chosen for a width alone only where widths are independent */
  bool denorm = c.denormBehaviorIndependence != VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
  bool denorm64 = c.denormBehaviorIndependence == VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_ALL;
  bool round = c.roundingModeIndependence != VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
  bool round64 = c.roundingModeIndependence == VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_ALL;
  h->modes = (spirv_modes){
      .preserve = {c.shaderSignedZeroInfNanPreserveFloat32,
                   c.shaderSignedZeroInfNanPreserveFloat64},
      .denorm = {denorm && c.shaderDenormPreserveFloat32,
                 denorm64 && c.shaderDenormPreserveFloat64},
      .rte = {round && c.shaderRoundingModeRTEFloat32, round64 && c.shaderRoundingModeRTEFloat64}};
  h->index32 = !without("index32");

  chain_features(use);
  use->base.features.shaderFloat64 = h->float64;
  use->base.features.shaderInt64 = h->int64;
  use->base.features.shaderInt16 = use->v11.storageBuffer16BitAccess = h->storage16;
  use->v12.shaderInt8 = use->v12.storageBuffer8BitAccess = h->storage8;
  use->v12.bufferDeviceAddress = use->v12.timelineSemaphore = VK_TRUE;
  return NM_OK;
}

/* The queue family: compute alone if there is one, since it disturbs no graphics. */
static nm_status choose_family(nm_vulkan *d) {
  VkQueueFamilyProperties f[32];
  uint32_t n = 32;
  int best = -1;
  d->vk.GetPhysicalDeviceQueueFamilyProperties(d->physical, &n, f);
  for (uint32_t i = 0; i < n; i++) {
    if (!(f[i].queueFlags & VK_QUEUE_COMPUTE_BIT)) continue;
    if (best < 0 || (!(f[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) &&
                     (f[best].queueFlags & VK_QUEUE_GRAPHICS_BIT)))
      best = (int)i;
  }
  if (best < 0)
    return nm__error(d->base.ctx, NM_ENOTSUP, "device '%s' has no compute queue", d->base.name);
  d->family = (uint32_t)best;
  return NM_OK;
}

/* ---- opening and closing ---- */

static void vulkan_close(nm_device *dev) {
  nm_vulkan *d = vulkan_of(dev);
  if (d->device) {
    d->vk.DeviceWaitIdle(d->device); /* a lost device may be destroyed too */
    vulkan_pipelines_close(d);
    vulkan_stream_close(d);
    vulkan_memory_close(d);
    d->vk.DestroyDevice(d->device, NULL);
  }
  if (d->messenger) d->vk.DestroyDebugUtilsMessengerEXT(d->instance, d->messenger, NULL);
  if (d->instance && d->vk.DestroyInstance) d->vk.DestroyInstance(d->instance, NULL);
  vulkan_unload(&d->vk);
  spirv_library_free(d->library);
  uint32_t messages = d->messages;
  free(d);
  if (messages) {
    fprintf(stderr, "numoon: %u validation messages\n", messages);
    abort(); /* only ever with NUMOON_VALIDATION */
  }
}

static nm_status vulkan_sync(nm_device *dev) {
  nm_vulkan *d = vulkan_of(dev);
  NM_TRY(vulkan_usable(d));
  NM_TRY(vulkan_wait_all(d));
  if (dev->cached > dev->cache_limit) vulkan_trim(d, dev->cache_limit);
  return vulkan_usable(d);
}

static bool vulkan_holds(nm_device *dev, nm_dtype dtype, const char **missing) {
  const vulkan_features *h = &vulkan_of(dev)->has;
  *missing = dtype == NM_FLOAT64 && !h->float64 ? "shaderFloat64"
             : dtype == NM_INT64 && !h->int64   ? "shaderInt64"
                                                : NULL;
  return !*missing;
}

/* clang-format off */
static const nm_device_class vulkan_class = {
  .name = "vulkan", .fuses_reductions = false,
  .close = vulkan_close, .sync = vulkan_sync, .holds = vulkan_holds,
  .alloc = vulkan_alloc, .release = vulkan_release, .read = vulkan_read, .write = vulkan_write,
  .run = vulkan_run, .reduce = vulkan_reduce, .matmul = vulkan_matmul, .softmax = vulkan_softmax,
  .gather = vulkan_gather, .scatter = vulkan_scatter,
  .conv = vulkan_conv, .pool = vulkan_pool, .scan = vulkan_scan, .sort = vulkan_sort, .search = vulkan_search};
/* clang-format on */

static nm_status open_instance(nm_vulkan *d) {
  nm_context *ctx = d->base.ctx;
  VkResult r = make_instance(&d->vk, d, d->validation, &d->instance);
  if (r == VK_ERROR_LAYER_NOT_PRESENT)
    return nm__error(
        ctx, NM_ENOTSUP,
        "NUMOON_VALIDATION is set, but %s is not installed (Debian: vulkan-validationlayers)",
        validation_layer);
  if (r != VK_SUCCESS)
    return nm__error(ctx, NM_ENOTSUP, "device '%s': no usable Vulkan here (%s)", d->base.name,
                     !d->vk.library                      ? "the library libvulkan is not installed"
                     : r == VK_ERROR_INCOMPATIBLE_DRIVER ? "no driver, or none with Vulkan 1.2"
                                                         : "it could not be initialised");
  if (d->validation && d->vk.CreateDebugUtilsMessengerEXT) {
    VkDebugUtilsMessengerCreateInfoEXT info = messenger_info(d);
    NM_TRY(vulkan_check(d,
                        d->vk.CreateDebugUtilsMessengerEXT(d->instance, &info, NULL, &d->messenger),
                        "vkCreateDebugUtilsMessengerEXT"));
  }
  VkPhysicalDevice list[MAX_PHYSICAL];
  uint32_t n = list_physical(&d->vk, d->instance, list);
  if ((uint32_t)d->base.index >= n)
    return nm__error(ctx, NM_ENOTSUP, "no device '%s': Vulkan finds %u device%s here", d->base.name,
                     n, n == 1 ? "" : "s");
  d->physical = list[d->base.index];
  return NM_OK;
}

static nm_status open_device(nm_vulkan *d) {
  feature_set use;
  NM_TRY(open_instance(d));
  NM_TRY(look_up(d, &use));
  NM_TRY(choose_family(d));
  float priority = 1;
  VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                   .queueFamilyIndex = d->family,
                                   .queueCount = 1,
                                   .pQueuePriorities = &priority};
  VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                             .pNext = &use.base,
                             .queueCreateInfoCount = 1,
                             .pQueueCreateInfos = &queue};
  NM_TRY(
      vulkan_check(d, d->vk.CreateDevice(d->physical, &info, NULL, &d->device), "vkCreateDevice"));
  if (!vulkan_load_device(&d->vk, d->device)) {
    if (d->vk.DestroyDevice) d->vk.DestroyDevice(d->device, NULL);
    d->device = VK_NULL_HANDLE;
    return nm__error(d->base.ctx, NM_ENOTSUP,
                     "device '%s': its driver lacks functions of Vulkan 1.2", d->base.name);
  }
  d->vk.GetDeviceQueue(d->device, d->family, 0, &d->queue);
  NM_TRY(vulkan_memory_open(d, !without("hostmap")));
  NM_TRY(vulkan_pipelines_open(d));
  return vulkan_stream_open(d);
}

nm_status nm__vulkan_open(nm_context *ctx, int index, nm_device **out) {
  nm_vulkan *d = calloc(1, sizeof *d);
  if (!d) return nm__error(ctx, NM_ENOMEM, "out of memory");
  d->base.cls = &vulkan_class;
  d->base.ctx = ctx;
  d->base.index = index;
  if (index)
    snprintf(d->base.name, sizeof d->base.name, "vulkan:%d", index);
  else
    snprintf(d->base.name, sizeof d->base.name, "vulkan");
  const char *validation = getenv("NUMOON_VALIDATION");
  d->validation = validation && *validation && strcmp(validation, "0");
  nm_status status = open_device(d);
  if (status != NM_OK) {
    vulkan_close(&d->base);
    return status;
  }
  *out = &d->base;
  return NM_OK;
}
