/* stream.c: recording, barriers, submission, waiting. */
#include "vulkan/vulkan.h"

#include <string.h>

enum {
  FIRST_LIMIT = 8,
  LAST_LIMIT = 64
}; /* commands of a submission: few at first, so that work starts */

nm_status vulkan_stream_open(nm_vulkan *d) {
  vulkan_stream *s = &d->stream;
  VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                    .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
  VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
  NM_TRY(vulkan_check(d, d->vk.CreateSemaphore(d->device, &info, NULL, &s->timeline),
                      "vkCreateSemaphore"));
  for (int i = 0; i < VULKAN_SLOTS; i++) {
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                    .queueFamilyIndex = d->family};
    NM_TRY(vulkan_check(d, d->vk.CreateCommandPool(d->device, &pool, NULL, &s->slots[i].pool),
                        "vkCreateCommandPool"));
    VkCommandBufferAllocateInfo cmd = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                       .commandPool = s->slots[i].pool,
                                       .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                       .commandBufferCount = 1};
    NM_TRY(vulkan_check(d, d->vk.AllocateCommandBuffers(d->device, &cmd, &s->slots[i].cmd),
                        "vkAllocateCommandBuffers"));
  }
  s->limit = FIRST_LIMIT;
  /* A submission stays well under a second: about 2^28 operations on a processor, more on a GPU. */
  s->cost_cap = d->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU            ? 1ull << 28
                : d->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU ? 1ull << 34
                                                                                   : 1ull << 31;
  return NM_OK;
}

void vulkan_stream_close(nm_vulkan *d) {
  vulkan_stream *s = &d->stream;
  for (int i = 0; i < VULKAN_SLOTS; i++) {
    if (s->slots[i].pool) d->vk.DestroyCommandPool(d->device, s->slots[i].pool, NULL);
    vulkan_buffer_free(d, &s->slots[i].host);
  }
  if (s->timeline) d->vk.DestroySemaphore(d->device, s->timeline, NULL);
}

uint64_t vulkan_recording(const nm_vulkan *d) { return d->stream.submitted + 1; }
const vulkan_buffer *vulkan_host_buffer(nm_vulkan *d) {
  return &d->stream.slots[d->stream.slot].host;
}

uint64_t vulkan_completed(nm_vulkan *d) {
  vulkan_stream *s = &d->stream;
  if (s->completed < s->submitted) {
    uint64_t value = 0;
    if (vulkan_check(d, d->vk.GetSemaphoreCounterValue(d->device, s->timeline, &value),
                     "vkGetSemaphoreCounterValue") == NM_OK &&
        value > s->completed && value <= s->submitted)
      s->completed = value;
  }
  return s->completed;
}

nm_status vulkan_begin(nm_vulkan *d, uint64_t bytes, VkCommandBuffer *cmd, uint64_t *at) {
  vulkan_stream *s = &d->stream;
  NM_TRY(vulkan_usable(d));
  if (s->recording && s->host_used + bytes > VULKAN_HOST_CHUNK) NM_TRY(vulkan_flush(d));
  vulkan_slot *slot = &s->slots[s->slot];
  if (!s->recording) {
    NM_TRY(vulkan_wait(d, slot->value));
    NM_TRY(vulkan_check(d, d->vk.ResetCommandPool(d->device, slot->pool, 0), "vkResetCommandPool"));
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                     .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    NM_TRY(vulkan_check(d, d->vk.BeginCommandBuffer(slot->cmd, &info), "vkBeginCommandBuffer"));
    s->recording = true;
    s->host_used = s->cost = 0;
    s->commands = 0;
    s->bound = VK_NULL_HANDLE;
  }
  if (bytes && !slot->host.buffer)
    NM_TRY(vulkan_buffer_new(d, VULKAN_HOST_CHUNK, d->memory.upload_type, &slot->host));
  if (at) *at = s->host_used;
  s->host_used += (bytes + 63) / 64 * 64;
  *cmd = slot->cmd;
  return NM_OK;
}

static bool conflicts(const vulkan_stream *s, const vulkan_access *a) {
  for (int i = 0; i < s->nranges; i++) {
    const vulkan_access *r = &s->ranges[i];
    if ((a->write || r->write) && a->first <= r->last && r->first <= a->last) return true;
  }
  return false;
}

void vulkan_order(nm_vulkan *d, int n, const vulkan_access *accesses) {
  vulkan_stream *s = &d->stream;
  bool barrier = s->nranges + n > VULKAN_RANGES;
  for (int i = 0; i < n && !barrier; i++) barrier = conflicts(s, &accesses[i]);
  if (barrier) {
    const VkPipelineStageFlags stages =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    VkMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                         .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                         .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                          VK_ACCESS_TRANSFER_READ_BIT |
                                          VK_ACCESS_TRANSFER_WRITE_BIT};
    d->vk.CmdPipelineBarrier(s->slots[s->slot].cmd, stages, stages, 0, 1, &b, 0, NULL, 0, NULL);
    s->nranges = 0;
  }
  memcpy(&s->ranges[s->nranges], accesses, (size_t)n * sizeof *accesses);
  s->nranges += n;
}

nm_status vulkan_recorded(nm_vulkan *d, uint64_t cost) {
  vulkan_stream *s = &d->stream;
  s->commands++;
  s->cost += cost;
  return s->commands >= s->limit || s->cost >= s->cost_cap ? vulkan_flush(d) : NM_OK;
}

nm_status vulkan_flush(nm_vulkan *d) {
  vulkan_stream *s = &d->stream;
  if (!s->recording) return NM_OK;
  vulkan_slot *slot = &s->slots[s->slot];
  /* The host may read whatever was written, once it has waited. */
  VkMemoryBarrier b = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                       .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                       .dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT};
  d->vk.CmdPipelineBarrier(slot->cmd,
                           VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                           VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &b, 0, NULL, 0, NULL);
  s->recording = false;
  VkResult r = d->vk.EndCommandBuffer(slot->cmd);
  uint64_t value = s->submitted + 1;
  VkTimelineSemaphoreSubmitInfo timeline = {.sType =
                                                VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                            .signalSemaphoreValueCount = 1,
                                            .pSignalSemaphoreValues = &value};
  VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                         .pNext = &timeline,
                         .commandBufferCount = 1,
                         .pCommandBuffers = &slot->cmd,
                         .signalSemaphoreCount = 1,
                         .pSignalSemaphores = &s->timeline};
  if (r == VK_SUCCESS) r = d->vk.QueueSubmit(d->queue, 1, &submit, VK_NULL_HANDLE);
  if (r != VK_SUCCESS)
    d->base.lost = true; /* what was recorded is: no later result can be trusted */
  NM_TRY(vulkan_check(d, r, "vkQueueSubmit"));
  s->submitted = slot->value = value;
  s->slot = (s->slot + 1) % VULKAN_SLOTS;
  s->limit = s->limit * 2 < LAST_LIMIT ? s->limit * 2 : LAST_LIMIT;
  return NM_OK;
}

nm_status vulkan_wait(nm_vulkan *d, uint64_t value) {
  vulkan_stream *s = &d->stream;
  if (value > s->submitted) NM_TRY(vulkan_flush(d));
  if (value > s->submitted) value = s->submitted; /* what was begun was given up */
  if (value <= s->completed) return NM_OK;
  VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                              .semaphoreCount = 1,
                              .pSemaphores = &s->timeline,
                              .pValues = &value};
  NM_TRY(vulkan_check(d, d->vk.WaitSemaphores(d->device, &info, UINT64_MAX), "vkWaitSemaphores"));
  s->completed = value;
  if (value == s->submitted) s->limit = FIRST_LIMIT;
  return NM_OK;
}

nm_status vulkan_wait_all(nm_vulkan *d) {
  NM_TRY(vulkan_flush(d));
  return vulkan_wait(d, d->stream.submitted);
}
