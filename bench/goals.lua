--- What each case is to reach, and what it asks of the machine at least.
--
-- ratio     the best peer's time divided by numoon's
-- least     a ratio that will do as well
-- seconds   a time that must not be exceeded either
-- kib       memory, likewise
-- read, written  bytes that have to come from memory and go there, as caches do not hold them
-- flop      float operations of a product; flop64 those of a product in float64
--
-- Where the machine's own limit is nearer than the goal, nine tenths of the limit count as reached.
local K, M = 1 << 10, 1 << 20
local goals = {}

-- The same goal for each of the names.
local function set(names, goal)
  for name in names:gmatch "%S+" do goals[name] = goal end
end

-- A goal of a case that reads and writes so many MiB.
local function moved(ratio, read, written)
  return { ratio = ratio, read = read * M, written = written * M }
end

-- ---- products ----

for _, n in ipairs { 64, 128, 256, 512, 1024, 2048 } do
  goals["matmul_" .. n] = { ratio = 1, least = n >= 256 and 0.95 or nil, flop = 2 * n ^ 3 }
end
set("matmul_f64_1024", { ratio = 1, least = 0.95, flop64 = 2 * K ^ 3 })
set("matmul_bt_1024", { ratio = 1, least = 0.95, flop = 2 * K ^ 3 })
set("bmm_32x128x128", { ratio = 1, least = 0.95, flop = 64 * 128 ^ 3 })
set("matmul_tall_100000x64x64", { ratio = 1, least = 0.95, flop = 2e5 * 64 ^ 2 })
set("matvec_4096 matvec_t_4096", moved(1, 64, 0))

-- ---- elementwise ----

set("add_1k add_1M", { ratio = 1 })
set("add_16M add_out_16M add_f64_8M add_transposed_4096", moved(1, 128, 64))
set("add_broadcast_4096x4096_row mul_scalar_16M", moved(1, 64, 64))
set("exp_4M sqrt_4M", moved(1, 16, 16))
set("exp_f64_4M", moved(1, 32, 32))
set("tanh_4M sin_4M erf_4M sigmoid_4M log_4M", moved(2, 16, 16))
set("pow_4M", moved(2, 32, 16))
set("gelu_chain_4M", moved(4, 16, 16))
set("poly_chain_16M", moved(3, 64, 64))
set("adam_step_4M", moved(1.8, 64, 48))
set("where_16M", moved(8, 144, 64))
set("masked_select_4M", moved(4, 20, 8))
set("cast_f32_to_f16_16M", moved(1, 64, 32))
set("cast_f16_to_f32_16M", moved(1, 32, 64))
set("rand_16M", moved(3, 0, 64))
set("randn_16M", moved(4, 0, 64))

-- ---- reductions and scans ----

set("sum_16M", moved(1.1, 64, 0))
for axis = 0, 1 do
  for _, name in ipairs { "sum", "max", "argmax" } do
    goals[name .. "_axis" .. axis .. "_4096"] = moved(1.1, 64, 0)
  end
  goals["var_axis" .. axis .. "_4096"] = moved(5, 64, 0)
  goals["cumsum_axis" .. axis .. "_4096"] = moved(3, 64, 64)
end
set("max_dim_axis1_4096", moved(1.1, 64, 0))
set("softmax_4096x4096 log_softmax_4096x4096", moved(1.6, 64, 64))
set("softmax_bwd_4096x4096 log_softmax_bwd_4096x4096", moved(1, 128, 64))
set("layernorm_4096x1024", moved(1.4, 16, 16))
set("layernorm_bwd_4096x1024", moved(1, 32, 16))

-- ---- order ----

set("sort_1M sort_axis1_4096x256 topk100_1M", { ratio = 1 })

-- ---- data movement ----

set("index_select_1Mx64", { ratio = 1.1, read = 25.6e6, written = 25.6e6 })
set("gather_axis1_4096", moved(1.1, 192, 64))
set("index_add_100000x64", { ratio = 1, read = 51.2e6, written = 25.6e6 })
set("transpose_copy_4096", moved(2.5, 64, 64))
set("flip_axis1_4096", moved(1, 64, 64))
set("permute_copy_64x128x256", moved(1.1, 8, 8))
set("cat_16x1M stack_16x1M cat_axis1_4x4096x1024", moved(1, 64, 64))

-- ---- convolution and pooling ----

for _, name in ipairs { "32x16x64x64_k3_32out", "8x64x56x56_k3_64", "8x64x56x56_k3_s2_128",
  "8x64x56x56_k1_128", "8x64x56x56_k3_depthwise" } do
  for _, part in ipairs { "", "_dx", "_dw" } do goals["conv2d_" .. name .. part] = { ratio = 1 } end
end
for _, kind in ipairs { "max", "avg" } do
  goals[kind .. "pool2d_32x16x64x64_k2"] = { ratio = 1 }
  goals[kind .. "pool2d_32x16x64x64_k2_dx"] = { ratio = 1 }
end

-- ---- small work, and training ----

set("tiny_add_4", { ratio = 1, seconds = 0.2e-6 })
set("tiny_matmul_4x4", { ratio = 2.5, seconds = 0.25e-6 })
set("tiny_mlp_forward_b1", { ratio = 2.5, seconds = 2e-6 })
set("tiny_mlp_trainstep_b32", { ratio = 4, seconds = 20e-6 })
set("autograd_chain_1000", { ratio = 4, seconds = 0.5e-3 })
set("mlp_trainstep_784_256_256_10_b128 cnn_trainstep_b64_1x28x28", { ratio = 1.5 })
set("transformer_block_fwdbwd_b8_t128_d256_h8", { ratio = 1.3 })
set("startup", { ratio = 1, seconds = 10e-3, kib = 10 * K })

return goals
