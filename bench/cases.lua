--- numoon's cases, by the names of peers/README.md.  Every result is evaluated (nm.eval).
local nm = require "numoon"
local here = arg[0]:match("^(.*[/\\])") or "./"
local harness = dofile(here .. "harness.lua")
local case = harness.case
local nn, optim, F, eval = nm.nn, nm.optim, nm.nn.functional, nm.eval
local rand, randn = nm.rand, nm.randn
local K, M = 1 << 10, 1 << 20

nm.manual_seed(1)

-- Registers a case of one expression over inputs made once.
local function expression(name, make, f)
  case(name, function()
    local inputs = table.pack(make())
    eval(table.unpack(inputs))
    local a, b, c = table.unpack(inputs)
    return function() eval(f(a, b, c)) end
  end)
end

local function made(f, ...)
  local shapes = table.pack(...)
  return function()
    local inputs = {}
    for i, shape in ipairs(shapes) do inputs[i] = f(table.unpack(shape)) end
    return table.unpack(inputs)
  end
end

-- ---- products ----

local function product(a, b) return a % b end
for _, n in ipairs { 64, 128, 256, 512, 1024, 2048 } do
  expression("matmul_" .. n, made(randn, { n, n }, { n, n }), product)
end
expression("matmul_f64_1024", function()
  return randn(K, K, { dtype = "float64" }), randn(K, K, { dtype = "float64" })
end, product)
expression("matmul_bt_1024", made(randn, { K, K }, { K, K }), function(a, b) return a % b.T end)
expression("bmm_32x128x128", made(randn, { 32, 128, 128 }, { 32, 128, 128 }), product)
expression("matvec_4096", made(randn, { 4096, 4096 }, { 4096 }), product)
expression("matmul_tall_100000x64x64", made(randn, { 100000, 64 }, { 64, 64 }), product)

-- ---- elementwise ----

local function sum_of(a, b) return a + b end
for _, size in ipairs { { "1k", K }, { "1M", M }, { "16M", 16 * M } } do
  expression("add_" .. size[1], made(rand, { size[2] }, { size[2] }), sum_of)
end
expression("add_out_16M", made(rand, { 16 * M }, { 16 * M }, { 16 * M }),
  function(a, b, c) return nm.add(a, b, { out = c }) end)
expression("add_broadcast_4096x4096_row", made(rand, { 4096, 4096 }, { 4096 }), sum_of)
expression("mul_scalar_16M", made(rand, { 16 * M }), function(a) return a * 1.5 end)
expression("exp_4M", made(randn, { 4 * M }), function(a) return a:exp() end)
expression("tanh_4M", made(randn, { 4 * M }), function(a) return a:tanh() end)
expression("gelu_chain_4M", made(randn, { 4 * M }), function(x)
  return 0.5 * x * (1 + (0.79788456 * (x + 0.044715 * x ^ 3)):tanh())
end)
expression("poly_chain_16M", made(rand, { 16 * M }), function(x) return x ^ 2 + 3 * x + 1 end)
case("adam_step_4M", function()
  local p, g, m, v = randn(4 * M), randn(4 * M), nm.zeros(4 * M), nm.zeros(4 * M)
  local lr, b1, b2, eps, c1, c2 = 1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001
  eval(p, g, m, v)
  return function()
    m:mul_(b1):add_(g * (1 - b1))
    v:mul_(b2):add_(g * g * (1 - b2))
    p:sub_(m * (lr / c1) / (v:sqrt() * (1 / math.sqrt(c2)) + eps))
    eval(p, m, v)
  end
end)
expression("where_16M", function()
  return rand(16 * M), rand(16 * M), rand(16 * M):lt(0.5)
end, function(a, b, mask) return nm.where(mask, a, b) end)
expression("masked_select_4M", function() return rand(4 * M), rand(4 * M):lt(0.5) end,
  function(a, mask) return a[mask] end)
expression("cast_f32_to_f16_16M", made(rand, { 16 * M }), function(a) return a:to("float16") end)
expression("rand_16M", function() end, function() return rand(16 * M) end)
expression("randn_16M", function() end, function() return randn(16 * M) end)

-- ---- reductions ----

local square = made(randn, { 4096, 4096 })
expression("sum_16M", made(rand, { 16 * M }), function(a) return a:sum() end)
expression("sum_axis0_4096", square, function(a) return a:sum(1) end)
expression("sum_axis1_4096", square, function(a) return a:sum(2) end)
expression("max_axis1_4096", square, function(a) return a:amax(2) end)
expression("argmax_axis1_4096", square, function(a) return a:argmax(2) end)
expression("softmax_4096x4096", square, function(a) return a:softmax(2) end)
expression("log_softmax_4096x4096", square, function(a) return a:log_softmax(2) end)

-- ---- data movement ----

expression("index_select_1Mx64", function()
  return rand(M, 64), nm.randint(1, M + 1, { 100000 })
end, function(a, rows) return a[rows] end)
expression("transpose_copy_4096", square, function(a) return a.T:contiguous() end)
expression("permute_copy_64x128x256", made(rand, { 64, 128, 256 }),
  function(a) return a:permute(1, 3, 2):contiguous() end)
local function sixteen()
  local parts = {}
  for i = 1, 16 do parts[i] = rand(M) end
  eval(table.unpack(parts))
  return parts
end
for _, op in ipairs { "cat", "stack" } do
  case(op .. "_16x1M", function()
    local parts = sixteen()
    return function() eval(nm[op](parts)) end
  end)
end

-- ---- the cost of one small operation ----

local function tiny_mlp()
  return nn.Sequential(nn.Linear(16, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
end

case("tiny_add_4", function()
  local a, b = rand(4), rand(4)
  return function()
    for _ = 1, 10000 do eval(a + b) end
  end
end, 10000)
case("tiny_matmul_4x4", function()
  local a, b = rand(4, 4), rand(4, 4)
  return function()
    for _ = 1, 10000 do eval(a % b) end
  end
end, 10000)
case("tiny_mlp_forward_b1", function()
  local net, x = tiny_mlp(), randn(1, 16)
  return function()
    local _ <close> = nm.no_grad()
    for _ = 1, 1000 do eval(net(x)) end
  end
end, 1000)

-- ---- automatic differentiation ----

-- What a step computes is read by the next one; only the last is evaluated here.
local function train_step(net, optimizer, loss)
  local parameters = net:parameters()
  return function()
    optimizer:zero_grad()
    loss():backward()
    optimizer:step()
    eval(table.unpack(parameters))
  end
end

case("tiny_mlp_trainstep_b32", function()
  local net, x, y = tiny_mlp(), randn(32, 16), randn(32, 4)
  local step = train_step(net, optim.SGD(net:parameters(), { lr = 1e-3 }),
    function() return F.mse_loss(net(x), y) end)
  return function()
    for _ = 1, 100 do step() end
  end
end, 100)
case("mlp_trainstep_784_256_256_10_b128", function()
  local net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(),
    nn.Linear(256, 10))
  local x, y = rand(128, 784), nm.randint(1, 11, { 128 })
  return train_step(net, optim.Adam(net:parameters()),
    function() return F.cross_entropy(net(x), y) end)
end)
case("autograd_chain_1000", function()
  local x = rand(10, { requires_grad = true })
  local a, b = nm.full({ 10 }, 0.999), nm.full({ 10 }, 0.001)
  return function()
    x.grad = nil
    local y = x
    for _ = 1, 500 do
      y = y * a
      y = y + b
    end
    y:sum():backward()
    eval(x.grad)
  end
end)

harness.main(arg)
