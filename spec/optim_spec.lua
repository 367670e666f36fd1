local nm = require "numoon"
local optim = nm.optim

local function failure(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches("^%S*optim_spec%.lua:%d+: ", message)
  return (message:gsub("^%S*optim_spec%.lua:%d+: ", ""))
end

-- Five steps on sum(c * p^2) from p = {1, -2, 3}, and the same in plain Lua numbers by `reference`,
-- which maps (p, g, its state, t) to the new p.
local START, SCALE = { 1.0, -2.0, 3.0 }, { 0.5, 1.0, 2.0 }
local function check(make, reference)
  local p = nm.tensor(START, { requires_grad = true, dtype = "float64" })
  local c = nm.tensor(SCALE, { dtype = "float64" })
  local optimizer = make { p }
  local expected, states = { table.unpack(START) }, { {}, {}, {} }
  for t = 1, 5 do
    optimizer:zero_grad()
    assert.is_nil(p.grad);
    (c * p ^ 2):sum():backward()
    optimizer:step()
    for i = 1, 3 do
      expected[i] = reference(expected[i], 2 * SCALE[i] * expected[i], states[i], t)
      assert.near(expected[i], p:get(i), 1e-12)
    end
  end
  assert.is_true(p.is_leaf and p.requires_grad)
end

describe("optim.SGD", function()
  it("goes down the gradient", function()
    check(function(p) return optim.SGD(p, { lr = 0.1 }) end, function(p, g) return p - 0.1 * g end)
    check(function(p) return optim.SGD(p, { lr = 0.1, weight_decay = 0.5, maximize = true }) end,
      function(p, g) return p - 0.1 * (-g + 0.5 * p) end)
  end)

  it("has momentum, dampened or Nesterov's", function()
    local function momentum(dampening, nesterov)
      return function(p, g, state)
        local b = state.b and 0.9 * state.b + (1 - dampening) * g or g
        state.b = b
        return p - 0.05 * (nesterov and g + 0.9 * b or b)
      end
    end
    check(function(p) return optim.SGD(p, { lr = 0.05, momentum = 0.9 }) end, momentum(0))
    check(function(p) return optim.SGD(p, { lr = 0.05, momentum = 0.9, dampening = 0.3 }) end,
      momentum(0.3))
    check(function(p) return optim.SGD(p, { lr = 0.05, momentum = 0.9, nesterov = true }) end,
      momentum(0, true))
    assert.equal("SGD: nesterov needs a momentum above 0 and no dampening",
      failure(optim.SGD, { nm.ones(1) }, { nesterov = true }))
  end)
end)

describe("optim.Adam", function()
  it("is Kingma and Ba's", function()
    local function adam(lr, b1, b2, eps, decay)
      return function(p, g, s, t)
        g = g + decay * p
        s.m, s.v = b1 * (s.m or 0) + (1 - b1) * g, b2 * (s.v or 0) + (1 - b2) * g * g
        return p - lr / (1 - b1 ^ t) * s.m / (math.sqrt(s.v) / math.sqrt(1 - b2 ^ t) + eps)
      end
    end
    check(function(p) return optim.Adam(p) end, adam(1e-3, 0.9, 0.999, 1e-8, 0))
    check(function(p)
      return optim.Adam(p, { lr = 0.1, betas = { 0.8, 0.95 }, eps = 1e-3, weight_decay = 0.2 })
    end, adam(0.1, 0.8, 0.95, 1e-3, 0.2))
  end)

  it("checks its betas", function()
    assert.equal("Adam: option 'betas'[2] must be a number from 0 to 1, got 2",
      failure(optim.Adam, { nm.ones(1) }, { betas = { 0.9, 2 } }))
    assert.equal("Adam: option 'betas' must be two numbers",
      failure(optim.Adam, { nm.ones(1) }, { betas = { 0.9 } }))
  end)
end)

describe("an optimizer", function()
  local function leaf(...) return nm.tensor({ ... }, { requires_grad = true }) end

  it("has groups with options of their own", function()
    local a, b, c = leaf(1.0), leaf(1.0), leaf(1.0)
    local optimizer = optim.SGD({ { params = { a }, lr = 1 }, { params = { b } } }, { lr = 0.5 })
    optimizer:add_param_group { params = { c }, lr = 0.25 };
    (a + b + c):sum():backward()
    optimizer:step()
    assert.same({ 0.0, 0.5, 0.75 }, { a:item(), b:item(), c:item() })
    optimizer.param_groups[1].lr = 0
    optimizer:step()
    assert.same({ 0.0, 0.0, 0.5 }, { a:item(), b:item(), c:item() })
    assert.equal(3, #optimizer.param_groups)
  end)

  it("leaves parameters without a gradient alone and runs a closure", function()
    local a, b = leaf(1.0), leaf(5.0)
    local optimizer = optim.SGD({ a, b }, { lr = 0.1 })
    local loss = nm.no_grad(function()
      return optimizer:step(function()
        local l = (a * a):sum()
        l:backward()
        return l
      end)
    end)
    assert.equal(1.0, loss:item())
    assert.near(0.8, a:item(), 1e-6)
    assert.equal(5.0, b:item())
  end)

  it("steps parameters of all kinds, and keeps a state of those with a gradient", function()
    local kinds = { { {}, "float32" }, { { 33 }, "float64" }, { { 5, 0 }, "float32" },
      { { 40, 70 }, "float32" }, { { 3 }, "float16" }, { { 600, 500 }, "float32" } }
    local steps = {
      SGD = function(p, g, s)
        s.b = s.b and s.b * 0.9 + g * 0.75 or g
        return p - s.b * 0.1
      end,
      Adam = function(p, g, s, t)
        s.m = (s.m or g * 0) * 0.9 + g * (1 - 0.9)
        s.v = (s.v or g * 0) * 0.999 + g * g * (1 - 0.999)
        local root = s.v:sqrt() * (1 / math.sqrt(1 - 0.999 ^ t)) + 1e-8
        return p - s.m * (0.1 / (1 - 0.9 ^ t)) / root
      end,
    }
    local options = { SGD = { lr = 0.1, momentum = 0.9, dampening = 0.25 }, Adam = { lr = 0.1 } }
    for name, step in pairs(steps) do
      local params, expected, states = {}, {}, {}
      for i, kind in ipairs(kinds) do
        local p = nm.randn(kind[1], { dtype = kind[2] })
        expected[i], states[i] = p:clone(), {}
        p.requires_grad, params[i] = true, p
      end
      params[#params + 1] = leaf(7.0) -- never has a gradient
      local optimizer = optim[name](params, options[name])
      for t = 1, 3 do
        for i, p in ipairs(expected) do
          local g = nm.randn_like(p)
          params[i].grad, expected[i] = g, step(p, g, states[i], t)
        end
        optimizer:step()
      end
      for i, p in ipairs(expected) do
        assert.equal(p.dtype, params[i].dtype)
        assert.is_true(params[i]:detach() == p)
        assert.is_nil(params[i].grad_fn)
        assert.is_table(optimizer.state[params[i]])
      end
      assert.equal(7.0, params[#params]:item())
      assert.is_nil(optimizer.state[params[#params]])
    end
  end)

  it("writes what shares a parameter's storage, and not what shares its elements", function()
    for _, n in ipairs { 3, 700, 20000 } do
      local p = nm.zeros(n)
      p:add_(1.0).requires_grad = true
      nm.eval(p)
      local copy, alias, later = p:detach():clone(), p:detach(), p * 2
      local loss = (p * p):sum()
      p.grad = nm.full({ n }, 2.0)
      optim.SGD({ p }, { lr = 0.25 }):step()
      assert.equal(n, copy:sum():item())
      assert.equal(n / 2, alias:sum():item())
      assert.equal(2.0 * n, later:detach():sum():item())
      assert.matches("changed in place", failure(loss.backward, loss))
    end
    local half = nm.ones(3, 4).T -- not dense
    half.requires_grad, half.grad = true, nm.ones(4, 3)
    optim.SGD({ half }, { lr = 0.5 }):step()
    assert.equal(6.0, half:detach():sum():item())
  end)

  it("refuses states and parameters that are not tensors", function()
    local a = leaf(1.0)
    a.grad = nm.ones(1)
    local optimizer = optim.Adam { a }
    optimizer.state[a] = { exp_avg = 1 }
    assert.equal("the state 'exp_avg' of a parameter is not a tensor",
      failure(function() optimizer:step() end))
    optimizer.state[a] = { exp_avg = nm.zeros(2) }
    assert.matches("^Adam: the result has shape {2}", failure(function() optimizer:step() end))
    optimizer.param_groups[1].params[1] = 3
    assert.equal("parameter 1 is not a tensor", failure(function() optimizer:step() end))
    assert.equal("parameter 1 is not a tensor", failure(function() optimizer:zero_grad() end))
  end)

  it("goes on from a saved state as if nothing had happened", function()
    local function run(p, optimizer, n)
      for _ = 1, n do
        optimizer:zero_grad();
        (p ^ 2):sum():backward()
        optimizer:step()
      end
    end
    for _, kind in ipairs { "Adam", "SGD" } do
      local options = kind == "SGD" and { lr = 0.1, momentum = 0.9 } or { lr = 0.1 }
      local p, q = leaf(1.0, -2.0), leaf(0.0, 0.0)
      local first = optim[kind]({ p }, options)
      run(p, first, 3)
      local second = optim[kind]({ q }, { lr = 7 })
      second:load_state_dict(first:state_dict())
      assert.equal(0.1, second.param_groups[1].lr)
      nm.no_grad(function() q:copy_(p) end)
      run(p, first, 3)
      run(q, second, 3)
      assert.is_true(p:detach() == q:detach())
    end
    assert.matches("Adam: load_state_dict: group 1 must have 2 parameters",
      failure(function()
        optim.Adam { leaf(1.0), leaf(2.0) }:load_state_dict(optim.Adam { leaf(1.0) }:state_dict())
      end))
  end)

  it("says what is wrong", function()
    local a = leaf(1.0)
    assert.equal("SGD: the list of parameters is empty", failure(optim.SGD, {}))
    assert.matches("^SGD: the parameters must be a list", failure(optim.SGD, a))
    assert.equal("Adam: unknown option 'beta'; did you mean 'betas'?",
      failure(optim.Adam, { a }, { beta = { 0, 0 } }))
    assert.equal("Adam: option 'lr' must be a number of at least 0, got -1",
      failure(optim.Adam, { a }, { lr = -1 }))
    assert.equal("SGD: parameter 2 is there twice", failure(optim.SGD, { a, a }))
    assert.equal("SGD: parameter 1 is not a leaf: it was computed from others",
      failure(optim.SGD, { a * 2 }))
    assert.equal("SGD: parameter 2 must be a tensor, got 3", failure(optim.SGD, { a, 3 }))
    assert.equal("optim has no field 'adam'; did you mean 'Adam'?",
      failure(function() return optim.adam end))
  end)

  it("prints its groups", function()
    assert.matches("^SGD %(\nParameter Group 1\n    dampening: 0.0\n    lr: 0.5\n",
      tostring(optim.SGD({ leaf(1.0) }, { lr = 0.5 })))
  end)
end)
