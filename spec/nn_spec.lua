local nm = require "numoon"
local nn, F = nm.nn, nm.nn.functional

local function near(expected, tensor, tolerance)
  local got = tensor:flatten():totable()
  assert.equal(#expected, #got)
  for i, value in ipairs(expected) do assert.near(value, got[i], tolerance or 1e-5) end
end

local function names(iterator, ...)
  local list = {}
  for name in iterator, ... do list[#list + 1] = name end
  return list
end

-- The message of an error, which must be at this file's line.
local function failure(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches("^%S*nn_spec%.lua:%d+: ", message)
  return (message:gsub("^%S*nn_spec%.lua:%d+: ", ""))
end

describe("nn.Module", function()
  it("finds fields in the order of assignment, own parameters before children's", function()
    local net = nn.Module()
    net.z = nn.Parameter(nm.zeros(2))
    net.inner = nn.Linear(3, 4)
    net.a = nn.Parameter(nm.zeros(1))
    net.count = 7
    net.outer = nn.Sequential(nn.Linear(1, 1, { bias = false }), nn.ReLU())
    assert.same({ "z", "a", "inner.weight", "inner.bias", "outer.0.weight" },
      names(net:named_parameters()))
    assert.same({ "x.z", "x.a", "x.inner.weight", "x.inner.bias", "x.outer.0.weight" },
      names(net:named_parameters "x"))
    assert.equal(5, #net:parameters())
    assert.same({ "", "inner", "outer", "outer.0", "outer.1" }, names(net:named_modules()))
    assert.same({ "inner", "outer" }, names(net:named_children()))
    assert.same({ net.inner, net.outer }, net:children())
  end)

  it("takes a leaf that requires a gradient for a parameter, other tensors not", function()
    local net = nn.Module()
    net.w = nm.ones(2, { requires_grad = true })
    net.plain = nm.ones(2)
    net.computed = net.w * 2
    assert.same({ "w" }, names(net:named_parameters()))
    net.frozen = nn.Parameter(nm.ones(1), { requires_grad = false })
    assert.same({ "w", "frozen" }, names(net:named_parameters()))
    net.w = nil
    net.w = nm.ones(2, { requires_grad = true })
    assert.same({ "frozen", "w" }, names(net:named_parameters()))
    net:register_buffer("plain", nm.zeros(3))
    net:register_buffer("scratch", nm.zeros(3), { persistent = false })
    assert.same({ "plain", "scratch" }, names(net:named_buffers()))
    assert.is_nil(net:state_dict().scratch)
    assert.is_truthy(net:state_dict().plain)
  end)

  it("counts shared parameters once, and keeps them in the state under each name", function()
    local net = nn.Module()
    net.a = nn.Linear(2, 2)
    net.b = nn.Linear(2, 2)
    net.b.weight = net.a.weight
    assert.equal(3, #net:parameters())
    local state = net:state_dict()
    assert.is_true(state["a.weight"] == state["b.weight"])
    net:to("float64")
    assert.equal("float64", net.a.weight.dtype)
    assert.is_true(rawequal(net.a.weight, net.b.weight))
  end)

  it("is called to run, as an instance and as a class", function()
    local net = nn.Module()
    net.scale = 3
    function net:forward(x, y) return x * self.scale + y end
    assert.equal(7.0, net(nm.tensor(2.0), nm.tensor(1.0)):item())
    local Net = nn.Module:extend "Net"
    function Net:init(n) self.fc = nn.Linear(n, 1) end
    function Net:forward(x) return self.fc(x) end
    local Wide = Net:extend "Wide"
    function Wide:init() Net.init(self, 5) end
    assert.equal(1, Net(3)(nm.ones(2, 3)).shape[2])
    assert.equal(1, Wide()(nm.ones(2, 5)).shape[2])
    assert.equal("Wide(\n  (fc): Linear(in_features=5, out_features=1, bias=true)\n)",
      tostring(Wide()))
    assert.matches("nn.Net: no field 'fx'; did you mean 'fc'%?",
      failure(function() return Net(1).fx end))
    assert.matches("nn.Net: no field 'paramters'; did you mean 'parameters'%?",
      failure(function() return Net(1):paramters() end))
    assert.matches("nn.Module: has no forward function",
      failure(function() return nn.Module()(1) end))
  end)

  it("prints as PyTorch does", function()
    local net = nn.Sequential(nn.Linear(4, 2), nn.Sequential(nn.ReLU(), nn.Dropout(0.25)),
      nn.Flatten())
    assert.equal([[
Sequential(
  (0): Linear(in_features=4, out_features=2, bias=true)
  (1): Sequential(
    (0): ReLU()
    (1): Dropout(p=0.25)
  )
  (2): Flatten(start_dim=2, end_dim=-1)
)]], tostring(net))
  end)

  it("switches all modules between training and evaluation", function()
    local net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))
    assert.is_true(net[2][1].training)
    assert.equal(net, net:eval())
    assert.is_false(net[2][1].training)
    assert.is_true(net(nm.ones(100)) == nm.ones(100))
    net:train()
    assert.is_true(net[1].training)
    assert.is_false(net(nm.ones(100)) == nm.ones(100))
  end)

  it("forgets gradients, applies a function, freezes", function()
    local net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    net(nm.ones(1, 2)):sum():backward()
    assert.is_truthy(net[1].weight.grad)
    net:zero_grad()
    assert.is_nil(net[1].weight.grad)
    local seen = {}
    net:apply(function(module) seen[#seen + 1] = module end)
    assert.same({ net[1], net[2], net }, seen)
    net:requires_grad_(false)
    assert.equal(4, #net:parameters())
    assert.is_false(net(nm.ones(1, 2)).requires_grad)
  end)

  it("saves and loads its state", function()
    nm.manual_seed(3)
    local a, b = nn.Sequential(nn.Linear(3, 2)), nn.Sequential(nn.Linear(3, 2))
    local x = nm.randn(4, 3)
    assert.is_false(a(x) == b(x))
    local state = a:state_dict()
    assert.same({ "0.bias", "0.weight" }, require "numoon.util".keys(state))
    local weight = b[1].weight
    local missing, unexpected = b:load_state_dict(state)
    assert.same({}, missing)
    assert.same({}, unexpected)
    assert.is_true(a(x) == b(x))
    assert.is_true(rawequal(weight, b[1].weight))
    assert.is_true(weight.requires_grad)

    state["0.bias"], state["1.bias"] = nil, nm.zeros(2)
    assert.equal("load_state_dict of Sequential: missing: 0.bias; unexpected: 1.bias",
      failure(b.load_state_dict, b, state))
    missing, unexpected = b:load_state_dict(state, { strict = false })
    assert.same({ "0.bias" }, missing)
    assert.same({ "1.bias" }, unexpected)
    assert.matches("'0.weight' must be a tensor of shape {2, 3}, got tensor of shape {3, 2}",
      failure(b.load_state_dict, b, { ["0.weight"] = nm.zeros(3, 2) }, { strict = false }))
  end)

  it("moves to a dtype and keeps what is no float", function()
    local net = nn.Linear(2, 2)
    net:register_buffer("steps", nm.tensor { 1, 2 })
    local before = net.weight:clone()
    net:double()
    assert.equal("float64", net.weight.dtype)
    assert.equal("int64", net.steps.dtype)
    assert.is_true(net.weight.requires_grad and net.weight.is_leaf)
    assert.is_true(net.weight:to("float32") == before)
    assert.equal("float64", net(nm.ones(1, 2, { dtype = "float64" })).dtype)
  end)
end)

describe("containers", function()
  it("count from 1", function()
    local seq = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    assert.equal(2, #seq)
    assert.equal("Linear", getmetatable(seq[1]).name)
    assert.is_nil(seq[3])
    seq:append(nn.ReLU())
    assert.equal(3, #seq)
    local count = 0
    for i, module in ipairs(seq) do
      count = i
      assert.is_true(rawequal(seq[i], module))
    end
    assert.equal(3, count)
    assert.equal(2, #nn.ModuleList { nn.ReLU(), nn.ReLU() })
    local list = nn.ModuleList { nn.Linear(1, 1) }
    assert.same({ "0.weight", "0.bias" }, names(list:named_parameters()))
    assert.equal("nn.Sequential: argument 2 must be a module, got 3",
      failure(nn.Sequential, nn.ReLU(), 3))
    assert.equal("nn.Sequential: argument 1 must be a module, got nil",
      failure(nn.Sequential, nil, nn.ReLU()))
  end)
end)

describe("layers", function()
  it("Linear is x W^T + b, and starts as PyTorch's", function()
    local layer = nn.Linear(3, 2)
    nm.no_grad(function()
      layer.weight:copy_(nm.tensor { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } })
      layer.bias:copy_(nm.tensor { 0.5, -0.5 })
    end)
    near({ 6.5, 14.5 }, layer(nm.ones(3)))
    assert.is_true(layer(nm.ones(4, 5, 3)).shape == nm.ones(4, 5, 2).shape)
    nm.manual_seed(1)
    local wide = nn.Linear(400, 300)
    for _, p in ipairs(wide:parameters()) do
      assert.is_true(p:abs():max():item() <= 0.05)
      assert.is_true(p:abs():max():item() > 0.049)
      assert.near(0, p:mean():item(), 0.005)
    end
    local none = nn.Linear(3, 2, { bias = false })
    assert.is_false(none.bias)
    assert.equal(1, #none:parameters())
    assert.equal("Linear(in_features=3, out_features=2, bias=false)", tostring(none))
    assert.equal("float64", nn.Linear(1, 1, { dtype = "float64" }).bias.dtype)
  end)

  it("say what is wrong at the caller's line", function()
    assert.equal("nn.Linear: unknown option 'bais'; did you mean 'bias'?",
      failure(nn.Linear, 1, 2, { bais = false }))
    assert.equal("nn.Linear: option 'bias' must be a boolean, got 1",
      failure(nn.Linear, 1, 2, { bias = 1 }))
    assert.equal("nn.Linear: out_features must be an integer of at least 0, got 2.5",
      failure(nn.Linear, 1, 2.5))
    assert.equal("nn.Dropout: p must be a number from 0 to 1, got 2", failure(nn.Dropout, 2))
    assert.equal("nn has no field 'Liner'; did you mean 'Linear'?",
      failure(function() return nn.Liner end))
    assert.matches("nn.functional.linear: shapes {4} and {2, 3} do not fit",
      failure(function() return nn.Linear(3, 2)(nm.ones(4)) end), 1, true)
  end)

  it("Flatten joins all dims but the first", function()
    assert.is_true(nn.Flatten()(nm.ones(2, 3, 4)).shape == nm.ones(2, 12).shape)
    assert.is_true(nn.Flatten(1, 2)(nm.ones(2, 3, 4)).shape == nm.ones(6, 4).shape)
  end)

  it("Dropout keeps the mean and passes gradients where it kept", function()
    nm.manual_seed(7)
    local x = nm.ones(10000, { requires_grad = true })
    local y = nn.Dropout(0.25)(x)
    y:sum():backward()
    assert.near(1, y:mean():item(), 0.03)
    assert.near(0.25, y:eq(0):to("float32"):mean():item(), 0.02)
    assert.is_true(x.grad == y:detach())
    assert.is_true(nn.Dropout(1)(x) == nm.zeros(10000))
  end)

  it("activations are the ops", function()
    local x = nm.tensor { -2.0, 0.0, 3.0 }
    near({ 0, 0, 3 }, nn.ReLU()(x))
    near({ math.exp(-2) / (math.exp(-2) + 1 + math.exp(3)) }, nn.Softmax(1)(x)[{ { 1, 1 } }])
    near({ -0.9640276, 0, 0.9950547 }, nn.Tanh()(x))
    near({ 0.1192029, 0.5, 0.9525741 }, nn.Sigmoid()(x))
  end)
end)

describe("losses", function()
  local logits = { { 1.0, 2.0, -0.5 }, { 0.25, -1.0, 3.0 }, { 0.0, 0.0, 0.0 } }
  local function logp(i, c)
    local total = 0
    for _, v in ipairs(logits[i]) do total = total + math.exp(v) end
    return logits[i][c] - math.log(total)
  end

  it("cross_entropy of classes counted from 1", function()
    local x, y = nm.tensor(logits), nm.tensor { 2, 1, 3 }
    local each = { -logp(1, 2), -logp(2, 1), -logp(3, 3) }
    near(each, F.cross_entropy(x, y, { reduction = "none" }))
    near({ each[1] + each[2] + each[3] }, F.cross_entropy(x, y, { reduction = "sum" }))
    near({ (each[1] + each[2] + each[3]) / 3 }, F.cross_entropy(x, y))
    near({ each[1] }, F.cross_entropy(x[1], nm.tensor(2)))
    near({ (each[1] + each[2] + each[3]) / 3 }, F.nll_loss(x:log_softmax(2), y))
    near({ (each[1] + each[2] + each[3]) / 3 }, nn.CrossEntropyLoss()(x, y))
  end)

  it("cross_entropy leaves out ignored targets, weighs and smooths", function()
    local x, w = nm.tensor(logits), { 0.5, 2.0, 1.0 }
    local ignored = nm.tensor { 2, -100, 3 }
    near({ -logp(1, 2), 0, -logp(3, 3) }, F.cross_entropy(x, ignored, { reduction = "none" }))
    near({ (-logp(1, 2) - logp(3, 3)) / 2 }, F.cross_entropy(x, ignored))
    near({ -logp(1, 2) }, F.cross_entropy(x, nm.tensor { 2, 7, 7 }, { ignore_index = 7 }))
    local weight = nm.tensor(w)
    near({ (-logp(1, 2) * 2 - logp(3, 3)) / 3 }, F.cross_entropy(x, ignored, { weight = weight }))
    local y, eps, total, share = { 2, 1, 3 }, 0.3, 0, 0
    for i = 1, 3 do
      total = total - (1 - eps) * w[y[i]] * logp(i, y[i])
      for c = 1, 3 do total = total - eps / 3 * w[c] * logp(i, c) end
      share = share + w[y[i]]
    end
    local options = { weight = weight, label_smoothing = eps }
    near({ total / share }, F.cross_entropy(x, nm.tensor(y), options))
  end)

  it("cross_entropy of probabilities, and of positions", function()
    local x = nm.tensor(logits)
    local p = { { 0.2, 0.3, 0.5 }, { 1.0, 0.0, 0.0 }, { 0.0, 0.5, 0.5 } }
    local total = 0
    for i = 1, 3 do
      for c = 1, 3 do total = total - p[i][c] * logp(i, c) end
    end
    near({ total / 3 }, F.cross_entropy(x, nm.tensor(p)))
    -- (N, classes, L): the same three samples along L.
    local along = x.T:contiguous():view(1, 3, 3)
    near({ -logp(1, 2), -logp(2, 1), -logp(3, 3) },
      F.cross_entropy(along, nm.tensor { { 2, 1, 3 } }, { reduction = "none" }))
  end)

  it("their gradients", function()
    local x = nm.tensor(logits, { requires_grad = true })
    F.cross_entropy(x, nm.tensor { 2, -100, 3 }):backward()
    local expected = {}
    for i = 1, 3 do
      for c = 1, 3 do
        local hit = ({ 2, 0, 3 })[i] == c and 1 or 0
        expected[#expected + 1] = i == 2 and 0 or (math.exp(logp(i, c)) - hit) / 2
      end
    end
    near(expected, x.grad)
    local a = nm.tensor({ 1.0, 2.0, 4.0 }, { requires_grad = true })
    F.mse_loss(a, nm.zeros(3)):backward()
    near({ 2 / 3, 4 / 3, 8 / 3 }, a.grad)
  end)

  it("mse_loss", function()
    local a, b = nm.tensor { 1.0, 2.0 }, nm.tensor { 0.0, 4.0 }
    near({ 2.5 }, F.mse_loss(a, b))
    near({ 5 }, nn.MSELoss { reduction = "sum" }(a, b))
    near({ 1, 4 }, F.mse_loss(a, b, { reduction = "none" }))
    local mixed = F.mse_loss(a, nm.tensor { 3, 0 })
    near({ 4 }, mixed)
    assert.equal("float32", mixed.dtype)
    assert.equal("float64", F.mse_loss(a:half(), b:double()).dtype)
    assert.equal(0, F.mse_loss(nm.ones(0), nm.ones(0), { reduction = "sum" }):item())
  end)

  it("say what is wrong", function()
    local x = nm.tensor(logits)
    assert.equal("nn.functional.mse_loss: input has shape {3, 3} and target {3, 1}: they must be "
      .. "the same", failure(F.mse_loss, x, nm.zeros(3, 1)))
    assert.equal("cross_entropy: target of shape {2} must be {3} for an input of shape {3, 3}: "
      .. "a class a sample", failure(F.cross_entropy, x, nm.tensor { 1, 2 }))
    assert.matches("target of dtype float32 must be int64", failure(F.cross_entropy, x, nm.ones(3)))
    assert.matches("gather", failure(F.cross_entropy, x, nm.tensor { 1, 2, 4 }))
    assert.matches("0", failure(F.cross_entropy, x, nm.tensor { 0, 1, 2 }))
    assert.equal("cross_entropy: option 'reduction' must be one of 'mean', 'sum', 'none', "
      .. "got 'maen'; did you mean 'mean'?",
      failure(F.cross_entropy, x, nm.tensor { 1, 2, 3 }, { reduction = "maen" }))
    assert.equal("cross_entropy: option 'weight' of shape {2} must be {3}, one for each class",
      failure(F.cross_entropy, x, nm.tensor { 1, 2, 3 }, { weight = nm.ones(2) }))
    assert.matches("mse_loss: argument 2 %(target%) must be a tensor, got 3",
      failure(F.mse_loss, x, 3))
    local count = nm.arange(3)
    assert.matches("mse_loss: not defined for int64", failure(F.mse_loss, count, count))
  end)
end)

describe("nn.init", function()
  local init = nn.init
  it("fills in place, off the tape", function()
    nm.manual_seed(11)
    local t = nm.empty(200, 300, { requires_grad = true })
    assert.is_true(rawequal(t, init.constant_(t, 2.5)))
    assert.is_true(t.is_leaf and t.requires_grad)
    assert.equal(2.5, t:mean():item())
    init.uniform_(t, -1, 3)
    assert.near(1, t:mean():item(), 0.02)
    assert.is_true(t:min():item() >= -1 and t:max():item() < 3)
    init.normal_(t, 2, 0.5)
    assert.near(2, t:mean():item(), 0.01)
    assert.near(0.5, (t - 2):square():mean():sqrt():item(), 0.01)
    init.xavier_uniform_(t)
    assert.near(math.sqrt(6 / 500), t:abs():max():item(), 0.001)
    init.xavier_normal_(t)
    assert.near(math.sqrt(2 / 500), t:square():mean():sqrt():item(), 0.001)
    init.kaiming_normal_(t, { nonlinearity = "relu" })
    assert.near(math.sqrt(2 / 300), t:square():mean():sqrt():item(), 0.001)
    init.kaiming_uniform_(t, { a = math.sqrt(5), mode = "fan_out" })
    assert.near(1 / math.sqrt(200), t:abs():max():item(), 0.001)
    assert.matches("kaiming_uniform_: needs a tensor of 2 dims",
      failure(init.kaiming_uniform_, nm.ones(3)))
    assert.near(1, init.calculate_gain "linear", 0)
    assert.near(5 / 3, init.calculate_gain "tanh", 0)
  end)
end)
