-- Fused against unfused: thousands of random programs of elementwise ops, views, in-place writes,
-- index writes, reductions and evaluations in random places, run twice from the same seed, with
-- programs recorded and with every op run at once.  All tensors that a program made must agree to
-- the bit.

local nm = require "numoon"
local core = require "numoon.core"
local helper = require "spec.helper"

local SHAPES = {{}, {1}, {3}, {2, 3}, {3, 1}, {1, 3}, {2, 3, 2}, {4, 4}, {0}, {2, 0, 3}, {600}}
local UNARY = {"neg", "abs", "tanh", "sigmoid", "relu", "square", "sign", "floor", "exp", "sqrt"}
local BINARY = {"add", "sub", "mul", "maximum", "minimum", "div"}
local COMPARE = {"lt", "ge", "eq", "ne"}
local FLOATS = {"float32", "float64", "float16", "bfloat16"}
local DTYPES = {"float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8",
                "uint8", "bool"}

-- The two runs of a program must draw the same, whatever math.random is used for.
local function generator(seed)
  local rng = helper.rng(seed)
  return function(n) return rng.int(1, n) end
end

local function pick(rnd, list) return list[rnd(#list)] end

local function fresh(rnd, device)
  local dtype = rnd(3) > 1 and pick(rnd, FLOATS) or pick(rnd, DTYPES)
  local shape = pick(rnd, SHAPES)
  local t = nm.rand(shape, {dtype = "float32", device = device}) * 6 - 3
  if rnd(4) > 1 then return t:to(dtype) end
  return nm.full(shape, rnd(5) - 3, {dtype = dtype == "bool" and "int64" or dtype, device = device})
end

-- What a step may do; each takes the generator and the list of live tensors and returns a new
-- tensor or nothing.  Calls that a random choice makes impossible (shapes, dtypes) fail alike in
-- both runs.
local steps = {
  function(rnd, _, device) return fresh(rnd, device) end,
  function(rnd, live) return pick(rnd, live)[pick(rnd, UNARY)](pick(rnd, live)) end,
  function(rnd, live) local x = pick(rnd, live) return x[pick(rnd, UNARY)](x) end,
  function(rnd, live) return nm[pick(rnd, BINARY)](pick(rnd, live), pick(rnd, live)) end,
  function(rnd, live)
    return nm[pick(rnd, BINARY)](pick(rnd, live), rnd(2) == 1 and rnd(3) or rnd(7) / 4)
  end,
  function(rnd, live) return nm[pick(rnd, COMPARE)](pick(rnd, live), pick(rnd, live)) end,
  function(rnd, live)
    local a, b = pick(rnd, live), pick(rnd, live)
    return nm.where(a:gt(0), a, b)
  end,
  function(rnd, live) return pick(rnd, live):to(pick(rnd, DTYPES)) end,
  function(rnd, live) return pick(rnd, live):clone() end,
  function(rnd, live) return pick(rnd, live):detach() end,
  function(rnd, live) return pick(rnd, live):reshape(-1) end,
  function(rnd, live) return pick(rnd, live).T end,
  function(rnd, live) return pick(rnd, live):transpose(1, -1) end,
  function(rnd, live) return pick(rnd, live):unsqueeze(1):expand(2, -1) end,
  function(rnd, live) return pick(rnd, live)[{{rnd(2), -1, rnd(2)}}] end,
  function(rnd, live) return pick(rnd, live)[{"...", {1, rnd(3)}}] end,
  function(rnd, live) return pick(rnd, live)[{"...", 1}] end,
  function(rnd, live) return pick(rnd, live):contiguous() end,
  function(rnd, live) return pick(rnd, live):sum() end,
  function(rnd, live) return pick(rnd, live):sum(1, true) end,
  function(rnd, live) return pick(rnd, live):amax(-1) end,
  function(rnd, live) return pick(rnd, live):softmax(-1) end,
  function(rnd, live) return pick(rnd, live):log_softmax(1) end,
  function(rnd, live) local x = pick(rnd, live) return nm.cat({x, x:neg()}) end,
  function(rnd, live) local x = pick(rnd, live) return nm.stack({x, x}, 1) end,
  -- writes
  function(rnd, live) pick(rnd, live):mul_(0.5) end,
  function(rnd, live) pick(rnd, live):add_(pick(rnd, live)) end,
  function(rnd, live) pick(rnd, live):sub_(1) end,
  function(rnd, live) pick(rnd, live):copy_(pick(rnd, live)) end,
  function(rnd, live) pick(rnd, live):zero_() end,
  function(rnd, live) pick(rnd, live)[pick(rnd, {"tanh_", "neg_", "abs_"})](pick(rnd, live)) end,
  function(rnd, live) local x = pick(rnd, live) x[pick(rnd, {"tanh_", "neg_", "abs_"})](x) end,
  function(rnd, live) pick(rnd, live)[{{1, 2}}] = pick(rnd, live) end,
  function(rnd, live) pick(rnd, live)[1] = rnd(5) - 2 end,
  function(rnd, live) local x = pick(rnd, live) x[{{1, 2}}] = x[{{2, 3}}] end, -- overlapping
  function(rnd, live) local x = pick(rnd, live) x[x:lt(0)] = 1 end,
  function(rnd, live) local x = pick(rnd, live) x:add_(x.T) end,
  function(rnd, live) nm.add(pick(rnd, live), pick(rnd, live), {out = pick(rnd, live)}) end,
  function(rnd, live) nm.mul(pick(rnd, live), 0.5, {out = pick(rnd, live)}) end,
  -- looking, and letting go
  function(rnd, live) nm.eval(pick(rnd, live)) end,
  function(rnd, live) if #live > 3 then table.remove(live, rnd(#live)) end end,
  function(rnd) if rnd(8) == 1 then collectgarbage() end end,
}

local function limited(t) return t:numel() <= 4096 and t.ndim < 6 end

-- true: as users have it; "all": what is short is recorded too; false: every op runs at once.
local function set_mode(fusion)
  nm.set_fusion(fusion ~= false)
  core.record_short(fusion == "all")
end

-- Runs a program; gives the values of what is alive at its end, and what failed on the way.
local function run(seed, length, fusion, device)
  set_mode(fusion)
  local rnd, live, failures = generator(seed), {}, 0
  nm.manual_seed(seed)
  for _ = 1, 3 do live[#live + 1] = fresh(rnd, device) end
  for _ = 1, length do
    local step = pick(rnd, steps)
    local before = #live
    local ok, made = pcall(step, rnd, live, device)
    if not ok then failures = failures + 1 end
    if ok and made and limited(made) and before < 12 then live[#live + 1] = made end
  end
  local values = {}
  for i = #live, 1, -1 do -- the last first: evaluation has another order than recording
    values[i] = {live[i].dtype, tostring(live[i].shape), live[i]:totable()}
  end
  set_mode(true)
  return values, failures
end

local function compare(device, count, length)
  for seed = 1, count do
    local fused, failed = run(seed, length, seed % 4 == 0 or "all", device)
    local single, failed_single = run(seed, length, false, device)
    assert.equal(failed_single, failed, "failing calls of program " .. seed)
    assert.equal(#single, #fused)
    for i = 1, #fused do
      local difference = helper.difference(fused[i], single[i])
      if difference then
        local what, shape = fused[i][1], fused[i][2]
        error(("program %d, tensor %d (%s %s): %s"):format(seed, i, what, shape, difference))
      end
    end
  end
end

describe("fused and unfused programs agree", function()
  it("on the cpu, short programs", function() compare("cpu", 3000, 12) end)
  it("on the cpu, long programs", function() compare("cpu", 300, 120) end)
  it("on vulkan", function()
    if not nm.vulkan.is_available() then return pending("no Vulkan device") end
    compare("vulkan", 150, 25)
  end)
end)

-- With the tape on: gradients of a random expression, fused and unfused.
local function gradients(seed, fusion)
  set_mode(fusion)
  local rnd = generator(seed)
  nm.manual_seed(seed)
  local leaves = {}
  for i = 1, 3 do leaves[i] = (nm.rand(2, 3) + 0.5):requires_grad_() end
  local live = {table.unpack(leaves)}
  for _ = 1, 15 do
    local choice, x, y = rnd(8), pick(rnd, live), pick(rnd, live)
    local made
    if choice == 1 then made = x * y
    elseif choice == 2 then made = x + y:tanh()
    elseif choice == 3 then made = nm.where(x:gt(y), x, y * 0.5)
    elseif choice == 4 then made = x - y:mean(1, true)
    elseif choice == 5 then made = (x % y.T) % y
    elseif choice == 6 then made = x * 2 made[{1, {1, 2}}] = y[{2, {2, 3}}]
    elseif choice == 7 then made = x + 1 made:mul_(y) made:tanh_()
    else made = nm.cat({x[{{1, 1}}], y[{{2, 2}}]}) end
    live[#live + 1] = made:tanh()
  end
  local loss = live[#live]:sum()
  for i = 4, #live - 1, 3 do loss = loss + live[i]:mean() end
  loss:backward()
  local out = {loss:item()}
  for _, leaf in ipairs(leaves) do out[#out + 1] = leaf.grad and leaf.grad:totable() or false end
  set_mode(true)
  return out
end

it("gradients agree", function()
  for seed = 1, 300 do
    local fused, alone = gradients(seed, seed % 4 == 0 or "all"), gradients(seed, false)
    assert.is_nil(helper.difference(fused, alone), "seed " .. seed)
  end
end)

it("rows that repeat are read where they lie, or copied where a tile meets two of them", function()
  for _, columns in ipairs {512, 1024, 513, 1500, 100} do
    local x, row = nm.rand(7, columns), nm.rand(columns)
    local column, spread = nm.rand(7, 1), nm.empty(7, columns):copy_(row)
    local part = nm.rand(7, 2 * columns)[{{}, {3, columns + 2}}] -- rows apart in memory
    local function program(r, p)
      local y = ((x * r + p) * 2 - r) / (column + 1)
      return {y:totable(), (x * r - p):sum(2):totable(), (p - r):amax(1):totable()}
    end
    local got, wanted = program(row, part), program(spread, part:contiguous())
    for i = 1, 3 do assert.same(wanted[i], got[i]) end
    local z, w = x:clone(), x:clone()
    nm.eval(z, w)
    z:mul_(row):add_(part)
    w:mul_(spread):add_(part:contiguous())
    assert.same(w:totable(), z:totable())
  end
end)

it("softmax computes what it reads in its own pass, or before", function()
  for _, shape in ipairs {{300, 9}, {40, 128}, {2, 3, 700}, {3, 70000}} do
    local x, mask = nm.randn(shape), nm.rand(shape[#shape]):lt(0.2)
    local scores = (x / 3):masked_fill(mask, -math.huge)
    local got, logs = scores:softmax(-1), scores:log_softmax(-1)
    local stored = (x / 3):masked_fill(mask, -math.huge)
    nm.eval(stored)
    assert.is_true(got:eq(stored:softmax(-1)):all():item())
    assert.is_true(logs:eq(stored:log_softmax(-1)):all():item())
    assert.is_true(scores:eq(stored):all():item())
  end
end)

it("what a few tiles hold is the same at once and recorded", function()
  local record_short = require("numoon.core").record_short
  for _, n in ipairs {511, 512, 513, 1024, 1500, 2047, 2048, 2049} do
    local x, y, one = nm.randn(n), nm.randn(2, n)[2], nm.randn(1)
    local wide, row = nm.randn(n // 64, 64), nm.randn(64)
    local function results()
      local list = {x * y, x + one, 3 / y, (x * 2 - y):tanh(), nm.where(x:gt(y), x, one),
        wide * row, row - wide, wide + wide[1][1],
        nm.maximum(wide.T, row:unsqueeze(2))}
      for i, r in ipairs(list) do list[i] = r:totable() end
      return list
    end
    local at_once = results()
    record_short(true)
    local recorded = results()
    record_short(false)
    assert.same(recorded, at_once)
  end
end)
