/* loader.h: Vulkan's functions, loaded at run time into a table per device.
 *
 * Nothing is linked: the module works without Vulkan too, and beside an engine's own device. */
#ifndef NM_VULKAN_LOADER_H
#define NM_VULKAN_LOADER_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "core/error.h"

/* clang-format off */
/* What must be called before there is an instance, of an instance, of a device. */
#define VULKAN_GLOBAL(X) \
  X(CreateInstance) X(EnumerateInstanceVersion) X(EnumerateInstanceLayerProperties) \
  X(EnumerateInstanceExtensionProperties)
#define VULKAN_INSTANCE(X) \
  X(DestroyInstance) X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties) \
  X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceFeatures2) \
  X(GetPhysicalDeviceMemoryProperties) \
  X(GetPhysicalDeviceQueueFamilyProperties) X(CreateDevice) X(GetDeviceProcAddr)
#define VULKAN_DEBUG(X) X(CreateDebugUtilsMessengerEXT) X(DestroyDebugUtilsMessengerEXT)
#define VULKAN_DEVICE(X) \
  X(DestroyDevice) X(GetDeviceQueue) X(QueueSubmit) X(DeviceWaitIdle) \
  X(AllocateMemory) X(FreeMemory) X(MapMemory) X(CreateBuffer) X(DestroyBuffer) \
  X(GetBufferMemoryRequirements) X(BindBufferMemory) X(GetBufferDeviceAddress) \
  X(CreateSemaphore) X(DestroySemaphore) X(GetSemaphoreCounterValue) X(WaitSemaphores) \
  X(CreateCommandPool) X(DestroyCommandPool) X(ResetCommandPool) X(AllocateCommandBuffers) \
  X(BeginCommandBuffer) X(EndCommandBuffer) X(CmdPipelineBarrier) X(CmdBindPipeline) \
  X(CmdPushConstants) X(CmdDispatch) X(CmdCopyBuffer) \
  X(CreatePipelineLayout) X(DestroyPipelineLayout) X(CreateShaderModule) X(DestroyShaderModule) \
  X(CreateComputePipelines) X(DestroyPipeline) X(CreatePipelineCache) X(DestroyPipelineCache) \
  X(GetPipelineCacheData)
/* clang-format on */

typedef struct vulkan_functions {
  void *library;
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
#define X(name) PFN_vk##name name;
  VULKAN_GLOBAL(X) VULKAN_INSTANCE(X) VULKAN_DEBUG(X) VULKAN_DEVICE(X)
#undef X
} vulkan_functions;

/* Each fills its part of the table; false when something is missing (DEBUG may be). */
bool vulkan_load_global(vulkan_functions *vk);
bool vulkan_load_instance(vulkan_functions *vk, VkInstance instance);
bool vulkan_load_device(vulkan_functions *vk, VkDevice device);
void vulkan_unload(vulkan_functions *vk);

#endif
