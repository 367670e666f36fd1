-- Modes of the tape: no_grad and inference_mode, what may be done with what was made in them, and
-- anomaly detection.
local nm = require "numoon"
local helper = require "spec.helper"

local same = helper.same
local leaf, failure = helper.leaf, helper.failure

-- The number of the line that calls it.
local function line() return debug.getinfo(2, "l").currentline end

describe("grad modes", function()
  it("nest, and come back after an error", function()
    local states = {}
    local function note() states[#states + 1] = nm.is_grad_enabled() end
    nm.no_grad(function()
      note()
      nm.enable_grad(function()
        note()
        pcall(nm.no_grad, error)
        note()
      end)
      note()
      do
        local _ <close> = nm.set_grad_enabled(true)
        note()
      end
      note()
    end)
    note()
    same(states, { false, true, true, false, true, false, true })
  end)

  it("give what the function gives, and take its arguments", function()
    same({ nm.no_grad(function(a, b) return b, a end, 1, 2) }, { 2, 1 })
    same({ nm.inference_mode(function(a, b) return b, a end, 1, 2) }, { 2, 1 })
    assert.matches("function", failure(nm.no_grad, 3))
    assert.matches("inference_mode.*function", failure(nm.inference_mode, 3))
  end)
end)

describe("inference_mode", function()
  local x = leaf { 1.0, 2.0 }

  it("is off the tape, whatever else is set", function()
    nm.inference_mode(function()
      assert.is_true(nm.is_inference_mode_enabled())
      assert.is_false(nm.is_grad_enabled())
      assert.is_false((x * 2).requires_grad)
      nm.enable_grad(function() assert.is_false((x * 2).requires_grad) end)
      nm.inference_mode(false, function()
        assert.is_true((x * 2).requires_grad)
        assert.is_false((x * 2):is_inference())
      end)
      assert.is_false(nm.is_grad_enabled())
    end)
    assert.is_true(nm.is_grad_enabled())
    assert.is_false(nm.is_inference_mode_enabled())
    nm.no_grad(function()
      nm.inference_mode(function() end)
      assert.is_false(nm.is_grad_enabled())
    end)
    pcall(nm.inference_mode, error)
    assert.is_false(nm.is_inference_mode_enabled())
    do
      local _ <close> = nm.inference_mode()
      assert.is_true((x * 2):is_inference())
    end
    assert.is_true((x * 2).requires_grad)
  end)

  it("makes tensors that can't be saved, written or made leaves outside", function()
    local y = nm.inference_mode(function() return x * 3 end)
    assert.is_true(y:is_inference())
    assert.is_true(y[1]:is_inference())
    assert.is_true(y:detach():is_inference())
    assert.is_false((y * 2):is_inference())
    assert.is_false(nm.no_grad(function() return x * 3 end):is_inference())
    assert.matches("inference_mode.*clone", failure(function() return x * y end))
    assert.matches("inference_mode.*clone", failure(y.mul_, y, 2))
    assert.matches("inference_mode.*clone", failure(function() y[1] = 3 end))
    assert.matches("inference_mode.*clone", failure(y.set, y, 1, 3))
    assert.matches("inference_mode.*clone", failure(nm.add, y, 1, { out = y }))
    nm.no_grad(function() assert.matches("inference_mode", failure(y.mul_, y, 2)) end)
    assert.matches("inference_mode.*clone", failure(y.requires_grad_, y))
    same(y, { 3.0, 6.0 })
    same(nm.grad((x + y):sum(), x), { 1.0, 1.0 }) -- nothing is saved
    local z = y:clone()
    assert.is_false(z:is_inference())
    same(nm.grad((x * z):sum(), x), { 3.0, 6.0 })
    z:requires_grad_()
  end)

  it("lets them be written inside", function()
    local y = nm.inference_mode(function() return nm.zeros(2) end)
    nm.inference_mode(function()
      y:add_(1)
      y[1] = 5
      y:requires_grad_()
    end)
    same(y, { 5.0, 1.0 })
  end)

  it("leaves tensors from outside, and views of them, as they are", function()
    local plain = nm.ones(2)
    local view = nm.inference_mode(function()
      plain:mul_(2)
      return plain[{ { 1, 1 } }]
    end)
    assert.is_false(view:is_inference())
    view:add_(1)
    same(plain, { 3.0, 2.0 })
  end)
end)

describe("anomaly detection", function()
  it("names the line of the op whose derivative has NaN", function()
    local x = leaf { -1.0, 4.0 }
    local message = failure(nm.autograd.detect_anomaly, function()
      local root = x:sqrt() local at = line()
      local y = (root * 2):sum()
      local text = failure(y.backward, y)
      assert.matches(("modes_spec.lua:%d"):format(at), text, 1, true)
      error(text, 0)
    end)
    assert.matches("derivative of sqrt has 1 NaN for its input 1", message, 1, true)
    x.grad = nil
    x:sqrt():sum():backward() -- as long as it is on
    assert.is_true(x.grad:isnan():any():item())
  end)

  it("names the line of an op that fails in backward", function()
    local _ <close> = nm.autograd.detect_anomaly { check_nan = false }
    local x = leaf { -1.0 }
    x:sqrt():sum():backward()
    local Bad = nm.autograd.Function { name = "Bad", forward = function(_, t) return t * 2 end,
      backward = function() error("boom") end }
    local y = Bad.apply(x) local at = line()
    assert.matches(("boom %%(Bad was called at .*modes_spec.lua:%d%%)"):format(at),
      failure(y.backward, y:sum()))
    local z = x * 1
    local w = z * z at = line()
    z:add_(1)
    local text = failure(w.backward, w:sum())
    assert.matches("changed in place", text)
    assert.matches(("mul was called at .*modes_spec.lua:%d"):format(at), text)
  end)

  it("sees NaN of Functions, and of lists", function()
    local _ <close> = nm.autograd.detect_anomaly()
    local x = leaf { 1.0 }
    local Nan = nm.autograd.Function { name = "Nan", forward = function(_, t) return t * 2 end,
      backward = function(_, g) return g * nm.nan end }
    local y = Nan.apply(x):sum()
    assert.matches("derivative of Nan has 1 NaN", failure(y.backward, y))
    local z = nm.stack({ x, x:sqrt() }):sum()
    z:backward()
    same(x.grad, { 1.5 })
  end)

  it("is off again afterwards", function()
    nm.autograd.detect_anomaly(function() end)
    do
      local guard <close> = nm.autograd.set_detect_anomaly(true)
      nm.autograd.set_detect_anomaly(false)
      assert.is_not_nil(guard)
    end
    local x = leaf { -1.0 }
    x:sqrt():sum():backward()
    assert.matches("set_detect_anomaly", failure(nm.autograd.set_detect_anomaly))
    assert.matches("detect_anomaly", failure(nm.autograd.detect_anomaly, 3))
    assert.equal(7, nm.autograd.detect_anomaly({ check_nan = true }, function(v) return v end, 7))
  end)
end)
