-- Convolution and pooling: what the sweep can't see.  Identities between them, large sizes against
-- sums over shifted views, gradients at sizes that blocks divide badly, threads, messages.
local nm = require "numoon"
local helper = require "spec.helper"

local F = nm.nn.functional
local devices = { "cpu" }
if nm.vulkan.is_available() then devices[2] = "vulkan" end

-- y as sums over the taps of the kernel, of shifted and strided views; x is padded already.
local function by_views(x, w, stride, dilation)
  local kh, kw = w.shape[3], w.shape[4]
  local h = (x.shape[3] - dilation * (kh - 1) - 1) // stride + 1
  local v = (x.shape[4] - dilation * (kw - 1) - 1) // stride + 1
  local y
  for i = 0, kh - 1 do
    for j = 0, kw - 1 do
      local top, left = 1 + i * dilation, 1 + j * dilation
      local part = x[{ {}, {}, { top, top + (h - 1) * stride, stride },
        { left, left + (v - 1) * stride, stride } }]
      local term = nm.einsum("nchw,oc->nohw", part, w:select(4, j + 1):select(3, i + 1))
      y = y and y + term or term
    end
  end
  return y
end

local function close(a, b, tolerance)
  local worst = (a - b):abs():max():item()
  assert.is_true(worst <= tolerance, ("off by %g"):format(worst))
end

for _, device in ipairs(devices) do
  local options = { device = device, dtype = "float64" }
  local function draw(...)
    local t = nm.randn({ ... }, options)
    return t
  end

  describe("convolution on " .. device, function()
    before_each(function() nm.manual_seed(7) end)

    it("is the sum over shifted views, and its gradients are theirs", function()
      for _, row in ipairs { { 2, 7, 23, 29, 13, 3, 1, 1 }, { 1, 33, 17, 16, 25, 3, 2, 1 },
        { 3, 5, 20, 21, 14, 2, 3, 2 }, { 2, 3, 31, 30, 8, 7, 2, 1 } } do
        local n, c, h, w, o, k, stride, dilation = table.unpack(row)
        local x, weight = draw(n, c, h, w):requires_grad_(), draw(o, c, k, k):requires_grad_()
        local y = F.conv2d(x, weight, nil, { stride = stride, dilation = dilation, padding = 1 })
        local wanted = by_views(F.pad(x, { 1, 1, 1, 1 }), weight, stride, dilation)
        assert.equal(wanted.shape, y.shape)
        close(y, wanted, 1e-11)
        local g = nm.randn(y.shape, options)
        local got = nm.grad(y, { x, weight }, { grad_outputs = g })
        local want = nm.grad(wanted, { x, weight }, { grad_outputs = g })
        close(got[1], want[1], 1e-10)
        close(got[2], want[2], 1e-10)
      end
    end)

    it("transposed is the gradient of the plain one", function()
      local w = draw(6, 4, 3, 2)
      local x = draw(2, 4, 11, 9):requires_grad_()
      local how = { stride = { 2, 3 }, padding = { 1, 0 }, dilation = { 1, 2 } }
      local y = F.conv2d(x, w, nil, how)
      local g = nm.randn(y.shape, options)
      local back = nm.grad(y, x, { grad_outputs = g })
      how.output_padding = { 0, 0 }
      for d = 1, 2 do
        local reached = (y.shape[d + 2] - 1) * how.stride[d] - 2 * how.padding[d] +
            how.dilation[d] * (w.shape[d + 2] - 1) + 1
        how.output_padding[d] = x.shape[d + 2] - reached
      end
      close(F.conv_transpose2d(g, w, nil, how), back, 1e-11)
    end)

    it("of groups is that of each group", function()
      local x, w, b = draw(2, 12, 9, 8), draw(8, 3, 3, 3), draw(8)
      local parts = {}
      for i = 0, 3 do
        parts[i + 1] = F.conv2d(x:narrow(2, 3 * i + 1, 3), w:narrow(1, 2 * i + 1, 2),
          b:narrow(1, 2 * i + 1, 2))
      end
      close(F.conv2d(x, w, b, { groups = 4 }), nm.cat(parts, 2), 1e-12)
    end)

    it("with padding = 'same' keeps the size, the odd element at the end", function()
      local x, w = draw(1, 1, 9), draw(1, 1, 4)
      local y = F.conv1d(x, w, nil, { padding = "same" })
      assert.equal(x.shape, y.shape)
      close(y, F.conv1d(F.pad(x, { 1, 2 }), w), 1e-13)
      close(F.conv1d(x, w, nil, { padding = "valid" }), F.conv1d(x, w), 0)
    end)

    it("reads views where they lie", function()
      local x = draw(7, 6, 5, 2)
      local view = x:permute(4, 3, 1, 2)
      local w = draw(3, 5, 2, 2)
      close(F.conv2d(view, w:transpose(3, 4)), F.conv2d(view:contiguous(), w.mT), 0)
    end)

    it("does not let what lies outside of a window into it", function()
      local x = nm.zeros(1, 1, 5, options)
      x[{ 1, 1, 1 }] = nm.inf
      x[{ 1, 1, 5 }] = nm.nan
      local y = F.avg_pool1d(x, 2, 1)
      assert.same({ nm.inf, 0.0, 0.0 }, y[{ 1, 1, { 1, 3 } }]:totable())
      assert.is_true(y:isnan()[{ 1, 1, 4 }]:item())
      y = F.adaptive_avg_pool1d(x, 3)
      assert.equal(nm.inf, y:get(1, 1, 1))
      assert.equal(0.0, y:get(1, 1, 2))
    end)
  end)

  describe("pooling on " .. device, function()
    before_each(function() nm.manual_seed(9) end)

    it("is unfold and a reduction over the blocks", function()
      local x = draw(3, 4, 21, 18):requires_grad_()
      local columns = F.unfold(x, { 3, 2 }, 1, 0, 2)
      local blocks = columns:reshape(3, 4, 6, -1)
      local most, at = F.max_pool2d(x, { 3, 2 }, 2, { return_indices = true })
      assert.is_true(most:flatten(3) == blocks:amax(3))
      assert.is_true(x:flatten(3):gather(3, at:flatten(3)) == most:flatten(3))
      close(F.avg_pool2d(x, { 3, 2 }, 2):flatten(3), blocks:mean(3), 1e-14)
      local g = nm.randn(most.shape, options)
      local one = nm.grad(most, x, { grad_outputs = g })
      local other = nm.grad(blocks:amax(3), x, { grad_outputs = g:flatten(3) })
      close(one, other, 1e-14)
    end)

    it("gives back what it took", function()
      local x = draw(2, 3, 8, 6)
      local y, at = F.max_pool2d(x, 2, { return_indices = true })
      local back = F.max_unpool2d(y, at, 2)
      assert.equal(x.shape, back.shape)
      assert.is_true(F.max_pool2d(back:abs(), 2) == y:abs())
      assert.equal(y:numel(), back:count_nonzero():item())
    end)

    it("fold adds up what unfold took", function()
      local x = draw(2, 3, 9, 10)
      local times = F.fold(F.unfold(nm.ones_like(x), 3, 1, 1, 2), { 9, 10 }, 3, 1, 1, 2)
      close(F.fold(F.unfold(x, 3, 1, 1, 2), { 9, 10 }, 3, 1, 1, 2), x * times, 1e-13)
    end)

    it("has NaN win, and finds a place in windows of -inf alone", function()
      local x = nm.tensor({ { { -nm.inf, -nm.inf, -nm.inf, nm.nan, 1.0, 2.0 } } }, options)
      local y, at = F.max_pool1d(x, 2, 2, 1, { return_indices = true })
      assert.same({ 1, 2, 4, 6 }, at[{ 1, 1 }]:totable())
      assert.same({ -nm.inf, -nm.inf }, y[{ 1, 1, { 1, 2 } }]:totable())
      assert.is_true(y:isnan()[{ 1, 1, 3 }]:item())
    end)
  end)
end

describe("convolution", function()
  it("gives the same bits with any number of threads", function()
    local before, seen = nm.get_num_threads(), {}
    nm.manual_seed(3)
    local x, w = nm.randn(4, 8, 37, 41):requires_grad_(), nm.randn(16, 8, 3, 3):requires_grad_()
    for threads = 1, 4 do
      nm.set_num_threads(threads)
      local y = F.conv2d(x, w, nil, { padding = 1 })
      local grads = nm.grad(y:square():sum(), { x, w })
      for i, t in ipairs { y, grads[1], grads[2] } do
        seen[i] = seen[i] or t
        assert.is_true(t == seen[i])
      end
    end
    nm.set_num_threads(before)
  end)

  it("says what does not fit", function()
    local env = { F = F, nm = nm, x = nm.ones(1, 4, 5, 5), w = nm.ones(6, 4, 3, 3) }
    local rows = {
      ["F.conv2d(x, nm.ones(6, 3, 3, 3))"] = "has 4 channels.*takes 3",
      ["F.conv2d(x, w, {groups = 4})"] = "groups 4: it must divide the 6",
      ["F.conv2d(x, w, {groups = 0})"] = "groups 0",
      ["F.conv2d(x, w, nm.ones(5))"] = "bias of shape {5} must be {6}",
      ["F.conv2d(x, w, {stride = 0})"] = "stride 0",
      ["F.conv2d(x, w, {stride = {1, 2, 3}})"] = "stride has 3 elements",
      ["F.conv2d(x, w, {padding = -1})"] = "padding %-1",
      ["F.conv2d(x, w, {padding = 'some'})"] = "\"same\", \"valid\"",
      ["F.conv2d(x, w, {padding = 'same', stride = 2})"] = "stride 1, not 2",
      ["F.conv2d(x, nm.ones(6, 4, 6, 3))"] = "reaches beyond",
      ["F.conv2d(nm.ones(4, 5), w)"] = "it must have 4 dims",
      ["F.conv2d(x, w[1])"] = "weight of shape {4, 3, 3} must have 4 dims",
      ["F.conv2d(x, w:to('float64'))"] = "input is float32, weight float64",
      ["F.conv2d(x:to('int64'), w:to('int64'))"] = "floating%-point",
      ["F.conv_transpose2d(x, w)"] = "has 4 channels.*takes 6",
      ["F.conv_transpose2d(x, nm.ones(4, 6, 3, 3), {output_padding = 1})"] = "output_padding 1",
      ["F.max_pool2d(x, 2, {padding = 2})"] = "more than half",
      ["F.max_pool2d(x, 6)"] = "reaches beyond",
      ["F.max_pool2d(x, {})"] = "kernel_size 0",
      ["F.max_pool2d(nm.ones(4, 4), 2)"] = "it must have 4 dims",
      ["F.avg_pool2d(x, 2, {divisor_override = 0})"] = "divisor_override is 0",
      ["F.avg_pool2d(x:to('int64'), 2)"] = "not defined for int64",
      ["F.adaptive_avg_pool2d(x, 0)"] = "output_size 0",
      ["F.max_unpool2d(x, nm.full({1, 4, 5, 5}, 101), 2)"] = "index 101 is out of range",
      ["F.max_unpool2d(x, nm.ones(1, 4, 5, 4):to('int64'), 2)"] = "indices of shape",
      ["F.max_unpool2d(x, nm.full({1, 4, 5, 5}, 1), 2, {output_size = {20, 20}})"] = "between 9",
      ["F.unfold(x, 6)"] = "reaches beyond",
      ["F.fold(nm.ones(1, 5, 4), {3, 3}, 2)"] = "C %* 4, 4",
    }
    for code, pattern in pairs(rows) do
      local message = helper.message(code, env)
      assert.is_truthy(message:find(pattern), code .. ": " .. message)
    end
  end)
end)
