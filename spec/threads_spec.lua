-- Results do not depend on the number of threads.
local nm = require "numoon"

describe("the number of threads", function()
  local x, y, index
  local n = nm.get_num_threads()
  setup(function()
    nm.manual_seed(1)
    x, y = nm.randn(500, 700), nm.randn(700, 300)
    index = nm.randint(1, 501, { 3000, 700 })
  end)
  teardown(function() nm.set_num_threads(n) end)

  local computations = {
    ["elementwise programs"] = function() return x:exp() + x.T:reshape(500, 700) end,
    ["a sum"] = function() return x:sum() end,
    ["sums over dims"] = function() return nm.cat { x:sum(1), x:sum(2) } end,
    ["a fused reduction"] = function() return (x - 1):square():mean() end,
    ["a product over a dim"] = function() return (x * 0.1 + 1):prod(2) end,
    ["positions"] = function() return x:argmax() end,
    ["softmax"] = function() return x:softmax(2) end,
    ["a softmax's derivative"] = function()
      local inputs = { x:detach():requires_grad_() }
      return nm.grad({ inputs[1]:softmax(2) }, inputs, { grad_outputs = { x:sin() } })[1]
    end,
    ["a layer_norm's derivative"] = function()
      local inputs = { x:detach():requires_grad_(), y[{ {}, 1 }]:detach():requires_grad_() }
      local z = nm.nn.functional.layer_norm(inputs[1], { 700 }, inputs[2])
      local gradients = nm.grad({ z }, inputs, { grad_outputs = { x:sin() } })
      return nm.cat { gradients[1], gradients[2]:unsqueeze(1) }
    end,
    ["matrix products"] = function() return x:matmul(y) end,
    ["random numbers"] = function() return nm.cat { nm.rand(300001), nm.randn(300001) } end,
    ["gather"] = function() return x:gather(1, index) end,
    ["scatter_add"] = function() return x:scatter_add(1, index, nm.ones(3000, 700)) end,
  }
  for name, f in pairs(computations) do
    it("does not change a bit of " .. name, function()
      local function with(threads)
        nm.set_num_threads(threads)
        nm.manual_seed(3)
        return nm.eval(f())
      end
      local one = with(1)
      assert.is_true(one == with(2))
      assert.is_true(one == with(5))
    end)
  end
end)
