--- numoon's cases, by the names of README.md.  Every result is evaluated (nm.eval).
local here = arg[0]:match "^(.*[/\\])" or "./"
package.path = here .. "../?.lua;" .. package.path

local nm = require "numoon"
local harness, models = require "bench.harness", require "bench.models"
local case = harness.case
local optim, F, eval = nm.optim, nm.nn.functional, nm.eval
local rand, randn = nm.rand, nm.randn
local K, M = 1 << 10, 1 << 20

nm.manual_seed(1)

-- Registers a case of one expression over inputs made once.
local function expression(name, make, f)
  case(name, function()
    local inputs = table.pack(make())
    eval(table.unpack(inputs))
    local a, b, c, d = table.unpack(inputs)
    return function() eval(f(a, b, c, d)) end
  end)
end

-- The same of f's gradient, or gradients, with respect to the inputs that `of` lists: the backward
-- walk alone.
local function gradient(name, make, f, of)
  case(name, function()
    local inputs, wanted = table.pack(make()), {}
    for i, at in ipairs(of) do
      inputs[at].requires_grad = true
      wanted[i] = inputs[at]
    end
    local y = f(table.unpack(inputs))
    local g = nm.randn_like(y)
    eval(y, g, table.unpack(inputs))
    return function()
      eval(table.unpack(nm.grad({ y }, wanted, { grad_outputs = { g }, retain_graph = true })))
    end
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
expression("matvec_t_4096", made(randn, { 4096, 4096 }, { 4096 }),
  function(a, x) return a.T % x end)
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
expression("add_f64_8M", function()
  return rand(8 * M, { dtype = "float64" }), rand(8 * M, { dtype = "float64" })
end, sum_of)
expression("add_transposed_4096", made(rand, { 4096, 4096 }, { 4096, 4096 }),
  function(a, b) return a + b.T end)
for _, op in ipairs { "exp", "tanh", "sin", "erf", "sigmoid" } do
  expression(op .. "_4M", made(randn, { 4 * M }), function(a) return a[op](a) end)
end
for _, op in ipairs { "log", "sqrt" } do
  expression(op .. "_4M", made(rand, { 4 * M }), function(a) return a[op](a) end)
end
expression("pow_4M", made(rand, { 4 * M }, { 4 * M }), function(a, b) return a ^ b end)
expression("exp_f64_4M", function() return randn(4 * M, { dtype = "float64" }) end,
  function(a) return a:exp() end)
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
expression("cast_f16_to_f32_16M", function() return rand(16 * M):to("float16") end,
  function(a) return a:to("float32") end)
expression("rand_16M", function() end, function() return rand(16 * M) end)
expression("randn_16M", function() end, function() return randn(16 * M) end)

-- ---- reductions ----

local square = made(randn, { 4096, 4096 })
expression("sum_16M", made(rand, { 16 * M }), function(a) return a:sum() end)
for axis = 0, 1 do
  expression("sum_axis" .. axis .. "_4096", square, function(a) return a:sum(axis + 1) end)
  expression("max_axis" .. axis .. "_4096", square, function(a) return a:amax(axis + 1) end)
  expression("argmax_axis" .. axis .. "_4096", square, function(a) return a:argmax(axis + 1) end)
  expression("var_axis" .. axis .. "_4096", square, function(a) return a:var(axis + 1) end)
  expression("cumsum_axis" .. axis .. "_4096", square, function(a) return a:cumsum(axis + 1) end)
end
expression("max_dim_axis1_4096", square, function(a) return a:max(2) end)
for _, op in ipairs { "softmax", "log_softmax" } do
  local function along_rows(a) return a[op](a, 2) end
  expression(op .. "_4096x4096", square, along_rows)
  gradient(op .. "_bwd_4096x4096", square, along_rows, { 1 })
end
local normalized = made(randn, { 4096, K }, { K }, { K })
expression("layernorm_4096x1024", normalized, models.layer_norm)
gradient("layernorm_bwd_4096x1024", normalized, models.layer_norm, { 1, 2, 3 })

-- ---- order ----

expression("sort_1M", made(randn, { M }), function(a) return a:sort() end)
expression("sort_axis1_4096x256", made(randn, { 4096, 256 }), function(a) return a:sort(2) end)
expression("topk100_1M", made(randn, { M }), function(a) return a:topk(100) end)

-- ---- data movement ----

expression("index_select_1Mx64", function()
  return rand(M, 64), nm.randint(1, M + 1, { 100000 })
end, function(a, rows) return a[rows] end)
expression("gather_axis1_4096", function()
  return rand(4096, 4096), nm.randint(1, 4097, { 4096, 4096 })
end, function(a, index) return a:gather(2, index) end)
expression("index_add_100000x64", function()
  return nm.zeros(M, 64), nm.randint(1, M + 1, { 100000 }), rand(100000, 64)
end, function(a, rows, b) return a:index_add_(1, rows, b) end)
expression("transpose_copy_4096", square, function(a) return a.T:contiguous() end)
expression("permute_copy_64x128x256", made(rand, { 64, 128, 256 }),
  function(a) return a:permute(1, 3, 2):contiguous() end)
expression("flip_axis1_4096", square, function(a) return a:flip(2) end)
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

expression("cat_axis1_4x4096x1024", made(rand, { 4096, K }, { 4096, K }, { 4096, K }, { 4096, K }),
  function(...) return nm.cat({ ... }, 2) end)

-- ---- convolution and pooling ----

-- A case of the result, and one of the gradient of each of the first `inputs` operands.
local function with_backward(name, make, f, inputs)
  expression(name, make, f)
  for i = 1, inputs do gradient(name .. "_d" .. (i == 1 and "x" or "w"), make, f, { i }) end
end

local function convolution(name, x, w, options)
  with_backward("conv2d_" .. name, made(randn, x, w, { w[1] }),
    function(input, weight, bias) return F.conv2d(input, weight, bias, options) end, 2)
end
local images, maps = { 32, 16, 64, 64 }, { 8, 64, 56, 56 }
convolution("32x16x64x64_k3_32out", images, { 32, 16, 3, 3 }, { padding = 1 })
convolution("8x64x56x56_k3_64", maps, { 64, 64, 3, 3 }, { padding = 1 })
convolution("8x64x56x56_k3_s2_128", maps, { 128, 64, 3, 3 }, { padding = 1, stride = 2 })
convolution("8x64x56x56_k1_128", maps, { 128, 64, 1, 1 })
convolution("8x64x56x56_k3_depthwise", maps, { 64, 1, 3, 3 }, { padding = 1, groups = 64 })
for _, kind in ipairs { "max", "avg" } do
  local pool = F[kind .. "_pool2d"]
  with_backward(kind .. "pool2d_32x16x64x64_k2", made(randn, images),
    function(x) return (pool(x, 2)) end, 1)
end

-- ---- the cost of one small operation ----

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
  local net, x = models.tiny_mlp(), randn(1, 16)
  return function()
    local _ <close> = nm.no_grad()
    for _ = 1, 1000 do eval(net(x)) end
  end
end, 1000)

-- ---- automatic differentiation ----

local train_step = models.train_step

case("tiny_mlp_trainstep_b32", function()
  local net, x, y = models.tiny_mlp(), randn(32, 16), randn(32, 4)
  local step = train_step(net, optim.SGD(net:parameters(), { lr = 1e-3 }),
    function() return F.mse_loss(net(x), y) end)
  return function()
    for _ = 1, 100 do step() end
  end
end, 100)
case("mlp_trainstep_784_256_256_10_b128", function()
  local net = models.mlp()
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

case("cnn_trainstep_b64_1x28x28", function()
  local net, x, y = models.cnn(), rand(64, 1, 28, 28), nm.randint(1, 11, { 64 })
  return train_step(net, optim.SGD(net:parameters(), { lr = 1e-2 }),
    function() return F.cross_entropy(net(x), y) end)
end)
case("transformer_block_fwdbwd_b8_t128_d256_h8", function()
  local net, x = models.Block(256, 8), randn(8, 128, 256)
  return models.gradient_step(net, function() return net(x):square():mean() end)
end)

harness.main(arg)
