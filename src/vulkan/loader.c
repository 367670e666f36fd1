/* loader.c: opens the Vulkan loader library and looks its functions up. */
#include "vulkan/loader.h"

#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
static void *open_library(void) { return (void *)LoadLibraryA("vulkan-1.dll"); }
static void *symbol(void *library, const char *name) {
  return (void *)(uintptr_t)GetProcAddress((HMODULE)library, name);
}
static void close_library(void *library) { FreeLibrary((HMODULE)library); }
#else
#include <dlfcn.h>
static void *open_library(void) {
#ifdef __APPLE__
  static const char *const names[] = {"libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib"};
#else
  static const char *const names[] = {"libvulkan.so.1", "libvulkan.so"};
#endif
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  return NULL;
}
static void *symbol(void *library, const char *name) { return dlsym(library, name); }
static void close_library(void *library) { dlclose(library); }
#endif

bool vulkan_load_global(vulkan_functions *vk) {
  memset(vk, 0, sizeof *vk);
  vk->library = open_library();
  if (!vk->library) return false;
  void *entry = symbol(vk->library, "vkGetInstanceProcAddr");
  memcpy(&vk->GetInstanceProcAddr, &entry, sizeof entry);
  bool all = entry != NULL;
#define X(name)                                                                                    \
  if (all) all = (vk->name = (PFN_vk##name)vk->GetInstanceProcAddr(NULL, "vk" #name)) != NULL;
  VULKAN_GLOBAL(X)
#undef X
  return all;
}

bool vulkan_load_instance(vulkan_functions *vk, VkInstance instance) {
  bool all = true;
#define X(name)                                                                                    \
  if (!(vk->name = (PFN_vk##name)vk->GetInstanceProcAddr(instance, "vk" #name))) all = false;
  VULKAN_INSTANCE(X)
#undef X
#define X(name) vk->name = (PFN_vk##name)vk->GetInstanceProcAddr(instance, "vk" #name);
  VULKAN_DEBUG(X)
#undef X
  return all;
}

bool vulkan_load_device(vulkan_functions *vk, VkDevice device) {
  bool all = true;
#define X(name)                                                                                    \
  if (!(vk->name = (PFN_vk##name)vk->GetDeviceProcAddr(device, "vk" #name))) all = false;
  VULKAN_DEVICE(X)
#undef X
  return all;
}

void vulkan_unload(vulkan_functions *vk) {
  if (vk->library) close_library(vk->library);
  vk->library = NULL;
}
