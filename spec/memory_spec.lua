-- Memory: what the collector is told, what is handed back, and that no way of collecting breaks
-- anything.
local nm = require "numoon"
local helper = require "spec.helper"

local MB = 1 << 20

local function allocated()
  collectgarbage()
  collectgarbage()
  return nm.memory_stats().allocated
end

describe("an activation", function()
  it("keeps its input alone on the tape", function()
    local x = nm.eval(nm.randn(1000, 1000)):requires_grad_()
    local before = allocated()
    local y = nm.eval(x:gelu("tanh"):mish():softplus())
    assert.is_true(allocated() - before < 3.5 * 4 * MB)
    y:sum():backward()
  end)
end)

-- A small result is one block of a tensor, a storage and a value, which views, clones and writes
-- let go of in any order.
describe("the parts of a tensor", function()
  it("may go in any order", function()
    local before, one = allocated(), nm.ones(3)
    local held, expected = {}, {}
    local function hold(t, number) held[#held + 1], expected[#expected + 1] = t, number end
    local actions = {
      function(i) hold(nm.eval(one * i), i) end,
      function(i) hold(nm.eval(one:reshape(1, 3) % nm.full({ 3, 1 }, i + 0.0)), 3 * i) end,
      function(_, k) hold(held[k]:view(-1), expected[k]) end,
      function(_, k) hold(held[k]:clone(), expected[k]) end,
      function(i, k) -- writes one that is seen by views too: a copy of its own first
        held[k], expected[k] = held[k]:clone(), i
        held[k]:fill_(i)
      end,
      function(_, k)
        held[k], expected[k] = held[#held], expected[#expected]
        held[#held], expected[#expected] = nil, nil
      end,
    }
    math.randomseed(1)
    for i = 1, 4000 do
      local action = #held == 0 and 1 or #held > 60 and 6 or math.random(#actions)
      actions[action](i, math.random(math.max(#held, 1)))
      if i % 50 == 0 then
        collectgarbage()
        for k, t in ipairs(held) do assert.are.equal(expected[k], t:mean():item()) end
      end
    end
    held, one = {}, nil
    assert.is_true(allocated() - before <= 64)
  end)
end)

describe("temporaries", function()
  after_each(function()
    collectgarbage("incremental")
    collectgarbage("restart")
  end)

  local function run(n)
    local x = nm.ones(20000) -- 80 KB
    local peak = 0
    for i = 1, n do
      local y = nm.eval(x * i)
      if i % 5000 == 0 then peak = math.max(peak, helper.resident() or 0) end
      if i == n then assert.are.equal(n + 0.0, y:get(20000)) end
    end
    return peak
  end

  it("of 80 KB, 200 000 of them, stay under 60 MB", function()
    assert.is_true(run(200000) < 60 * MB)
  end)

  it("stay in bounds under a generational collector too", function()
    collectgarbage("generational")
    local before = helper.resident() or 0
    assert.is_true(run(20000) - before < 60 * MB)
  end)

  it("stay in bounds beside a large heap of Lua's own", function()
    local heap = {}
    for i = 1, 300000 do heap[i] = { i } end
    local before = helper.resident() or 0
    assert.is_true(run(20000) - before < 60 * MB)
    assert.are.equal(300000, #heap)
  end)

  it("that are large go as well", function()
    local x, before = nm.ones(1 << 20), helper.resident() or 0
    for i = 1, 500 do nm.eval(x + i) end
    assert.is_true((helper.resident() or 0) - before < 200 * MB)
  end)

  it("of constants alone take none, however many ops", function()
    for dtype in pairs { float32 = true, float64 = true, int64 = true } do
      local before = allocated()
      local x, y = nm.full({ MB }, 2, { dtype = dtype }), nm.tensor({ 2 }, { dtype = dtype })
      for i = 1, 200 do x, y = (x + i):minimum(7) * 2 - 3, (y + i):minimum(7) * 2 - 3 end
      assert.is_true(nm.memory_stats().allocated - before < 64 * 1024)
      assert.are.equal(y:item(), x:get(MB))
    end
  end)

  it("never run a collector that the program has stopped", function()
    collectgarbage("stop")
    local gone = false
    do
      local _ = setmetatable({}, { __gc = function() gone = true end })
    end
    local x = nm.ones(20000)
    for i = 1, 200 do nm.eval(x * i) end
    assert.is_false(gone)
    collectgarbage("restart")
  end)
end)

describe("handing memory back", function()
  it("at once by free and close", function()
    local before = allocated()
    local x = nm.eval(nm.ones(MB) * 2)
    assert.is_true(nm.memory_stats().allocated >= before + 4 * MB)
    x:free()
    assert.is_true(nm.memory_stats().allocated < before + MB)
    x:free()
    x:close()
  end)

  it("at the end of a <close> block, also by an error", function()
    local before, escaped = allocated(), nil
    pcall(function()
      local x <close> = nm.eval(nm.ones(MB) * 2)
      escaped = x
      error("out")
    end)
    assert.is_true(nm.memory_stats().allocated < before + MB)
    assert.is_false((pcall(function() return escaped.shape end)))
  end)

  it("not while a result or a view needs it", function()
    local x = nm.ones(1000)
    local y, view = x * 2, x[{ { 1, 3 } }]
    x:free()
    assert.are.equal(2000.0, y:sum():item())
    helper.same(view, { 1.0, 1.0, 1.0 })
  end)

  it("at the end of a scope, but for what it returns", function()
    local before, lost, kept = allocated(), nil, nil
    local a, list = nm.scope(function(n)
      local x = nm.eval(nm.ones(MB) * n)
      lost = x
      kept = nm.tensor { 1.0, 2.0 }:keep()
      local rest = { nm.eval(x[{ { 1, 2 } }] + 0), deep = { nm.tensor { 5 } } }
      return nm.eval(x:sum()), rest
    end, 3)
    assert.is_true(nm.memory_stats().allocated < before + MB)
    assert.are.equal(3.0 * MB, a:item())
    helper.same(list[1], { 3.0, 3.0 })
    helper.same(list.deep[1], { 5 })
    helper.same(kept, { 1.0, 2.0 })
    assert.is_truthy(helper.message("return lost + 1", { lost = lost }):find("closed", 1, true))
  end)

  it("in scopes inside of scopes", function()
    local inner_kept, inner_lost
    local out = nm.scope(function()
      local outer = nm.ones(3)
      local y = nm.scope(function()
        inner_lost = outer + 1
        return outer * 2
      end)
      inner_kept = y
      assert.is_false((pcall(function() return inner_lost:sum() end)))
      return (y + outer):sum()
    end)
    assert.are.equal(9.0, out:item())
    assert.is_false((pcall(function() return inner_kept:sum() end)))
  end)

  it("by a scope that an error ends", function()
    local lost
    assert.is_false((pcall(nm.scope, function()
      lost = nm.ones(2)
      error("out")
    end)))
    assert.is_false((pcall(function() return lost:sum() end)))
    local x = nm.ones(2) -- no scope is open any more
    collectgarbage()
    assert.are.equal(2.0, x:sum():item())
  end)

  it("by empty_cache", function()
    nm.eval(nm.ones(MB) * 2):free()
    nm.empty_cache()
    assert.is_true(nm.memory_stats().cached < MB)
    assert.are.equal(4.0, (nm.ones(2) * 2):sum():item())
  end)
end)

describe("an aggressive collector", function()
  local function work(steps)
    local rng = helper.rng(1)
    local w = nm.tensor(helper.nested({ 4, 4 }, rng.float), { requires_grad = true })
    local x = nm.tensor(helper.nested({ 8, 4 }, rng.float))
    local total = 0
    for i = 1, steps do
      local y = ((x % w):tanh() * (i + 0.5)):relu()
      local loss = nm.cat({ y, y * 2 }, 2):sum() + y[{ { 1, 3 }, -1 }]:mean()
      loss:backward()
      total = total + w.grad:abs():sum():item()
      w.grad = nil
      local z = nm.zeros(3, 3)
      z[{ { 1, 2 }, {} }] = i
      z:add_(1):mul_(z)
      total = total + z:sum():item() + #tostring(z)
    end
    return total
  end

  local expected
  setup(function()
    collectgarbage("stop")
    expected = work(20)
    collectgarbage("restart")
  end)
  after_each(function()
    collectgarbage("incremental", 200, 100, 13)
    collectgarbage("restart")
  end)

  it("in tiny steps, all the time, changes nothing", function()
    collectgarbage("incremental", 100, 1000, 0)
    assert.are.equal(expected, work(20))
  end)

  it("of generations changes nothing", function()
    collectgarbage("generational", 1, 1)
    assert.are.equal(expected, work(20))
  end)

  it("run after each line changes nothing", function()
    local calls = 0
    debug.sethook(function()
      calls = calls + 1
      if calls % 3 == 0 then collectgarbage() end
    end, "l")
    local ok, total = pcall(work, 5)
    debug.sethook()
    assert.is_true(ok, total)
    collectgarbage("stop")
    assert.are.equal(work(5), total)
  end)

  it("may run finalizers that use tensors", function()
    local sum, freed = 0, nm.ones(3)
    for i = 1, 200 do
      setmetatable({ x = nm.ones(100) * i }, { __gc = function(o)
        sum = sum + o.x:sum():item()
        o.x:free()
        freed:free()
      end })
      collectgarbage("step")
    end
    collectgarbage()
    collectgarbage()
    assert.are.equal(100.0 * 200 * 201 / 2, sum)
  end)
end)

describe("closing Lua states", function()
  local function lua(code, before)
    local path = ("LUA_PATH_5_4='%s' LUA_CPATH_5_4='%s' "):format(package.path, package.cpath)
    local file = os.tmpname()
    local handle = assert(io.open(file, "w"))
    handle:write(code)
    handle:close()
    local pipe = assert(io.popen((before or "") .. path .. "lua5.4 " .. file .. " 2>&1"))
    local out = pipe:read("a")
    local ok, how, status = pipe:close()
    os.remove(file)
    return ok, out, how, status
  end

  it("works with tensors, views, pending values and graphs alive", function()
    local ok, out = lua [[
      local nm = require "numoon"
      x = nm.ones(3, { requires_grad = true })
      y = x * 2 + 1
      z = y:sum()
      v = nm.ones(4)[{ { 1, 2 } }]
      setmetatable({}, { __gc = function() print(z:item(), v:sum():item()) end })
      collectgarbage("stop")
    ]]
    assert.is_true(ok, out)
    assert.are.equal("9.0\t2.0\n", out)
  end)

  it("works with tensors that are finalized after numoon", function()
    local ok, out = lua [[
      keep = setmetatable({}, { __gc = function(o)
        local ok, message = pcall(function() return o.x + 1 end)
        print(ok, (message:gsub("^.-: ", "")))
      end })
      local nm = require "numoon"
      keep.x = nm.ones(2)
    ]]
    assert.is_true(ok, out)
    assert.is_truthy(out:find("^false\t"), out)
  end)

  it("has no part in running out of memory, which is survived", function()
    local x = nm.ones(1 << 42)
    local ok, message = pcall(nm.eval, x)
    assert.is_false(ok)
    assert.is_truthy(message:find("out of memory", 1, true), message)
    assert.are.equal(4.0, (nm.ones(2) * 2):sum():item())
    -- the address sanitizer needs terabytes of addresses, so there is no limit to run into
    if (os.getenv "LD_PRELOAD" or ""):find("asan", 1, true) then return end
    -- with no collector running, what is left over must be collected when memory runs out
    local out
    ok, out = lua([[
      collectgarbage("stop")
      local nm = require "numoon"
      nm.set_num_threads(1)
      for i = 1, 100 do
        local y = nm.eval(nm.ones(4 << 20) * i)
        assert(y:get(-1) == i)
      end
      print "done"
    ]], "ulimit -v 800000; ")
    assert.is_true(ok, out)
    assert.are.equal("done\n", out)
  end)

  it("works when the module is required a second time", function()
    local ok, out = lua [[
      local a = require "numoon"
      local x = a.ones(2)
      for name in pairs(package.loaded) do
        if name:find("^numoon") then package.loaded[name] = nil end
      end
      local b = require "numoon"
      print((b.ones(2) + x):sum():item())
    ]]
    assert.is_true(ok, out)
    assert.are.equal("4.0\n", out)
  end)

  it("starts in a few milliseconds", function()
    local ok, out = lua [[
      local start = os.clock()
      require "numoon"
      print(os.clock() - start)
    ]]
    assert.is_true(ok, out)
    assert.is_true(tonumber(out) < 0.02, out)
  end)
end)
