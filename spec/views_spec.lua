-- Views and in-place writes on the tape: random programs of them, whose gradients must be
-- PyTorch's, and which must be refused where PyTorch refuses them, at the same step.
--
-- Two differences are meant.  PyTorch refuses to write into one of several views that one op gave
-- (split, unbind), as its tape can't follow; here they are views like others, and such programs are
-- compared with the same ones written with slices and rows.  And an op in place saves its result
-- before it is written, so that a later write does not make backward an error; then the gradient
-- must be that of the program without writes, which the oracle gives too.
local nm = require "numoon"
local helper = require "spec.helper"

local python = os.getenv("NUMOON_ORACLE_PYTHON") or "/usr/bin/python3"
local PROGRAMS, STEPS = 800, 10

-- ---- what a step does; numbers count from 0, as there ----

local views = {
  row = function(t, i) return t[i + 1] end,
  rows = function(t, a, b) return t[{ { a + 1, b } }] end,
  columns = function(t, a, b) return t[{ "...", { a + 1, b } }] end,
  transposed = function(t) return t:transpose(1, 2) end,
  unsqueezed = function(t) return t:unsqueeze(1) end,
  diagonal = function(t) return t:diagonal() end,
  strided = function(t, a, b) return t[{ { a + 1, -1, b } }] end,
  expanded = function(t) return t:unsqueeze(1):expand(2, table.unpack(t.shape)) end,
  detached = function(t) return t:detach() end,
  part = function(t, a, b) return t:split(a)[b + 1] end,
  unbound = function(t, i) return t:unbind()[i + 1] end,
}

local function write(t, op, s)
  if op == "set" then
    t[1] = s
  elseif op == "mask" then
    t[t:gt(0)] = s
  elseif s == nil then
    t[op .. "_"](t)
  else
    t[op .. "_"](t, s)
  end
end

local function start()
  local x = (nm.arange(12):reshape(4, 3):double() - 5) / 8
  x:requires_grad_()
  return { [0] = x, x * 2, nm.zeros(4, 3, { dtype = "float64" }) }, (x * 0):sum()
end

-- Runs a step; returns what is added to the loss.
local function take(tensors, step)
  local words = {}
  for word in step:gmatch("%S+") do words[#words + 1] = word end
  local t = tensors[tonumber(words[2])]
  local _ <close> = nm.set_grad_enabled(words[#words] ~= "off")
  if words[1] == "view" then
    tensors[#tensors + 1] = views[words[3]](t, tonumber(words[4]), tonumber(words[5]))
  elseif words[1] == "write" then
    local source = words[4]
    if source == "-" then source = nil
    elseif source:sub(1, 1) == "t" then source = tensors[tonumber(source:sub(2))]
    else source = tonumber(source) end
    write(t, words[3], source)
  elseif words[1] == "use" then
    return (t * t):sum()
  else
    return (t * tonumber(words[3])):sum()
  end
end

-- The gradient as a list, or the number of the step that was refused and why.
local function run(program)
  local tensors, loss = start()
  local n = 0
  for step in program:gmatch("[^;]+") do
    local ok, more = pcall(take, tensors, step)
    if not ok then return n, more end
    if more then loss = loss + more end
    n = n + 1
  end
  local ok, message = pcall(loss.backward, loss)
  if not ok then return n, message, true end
  return tensors[0].grad:reshape({ -1 }):totable()
end

-- ---- programs ----

local function random_view(rng, t, number)
  local shape, choices = t.shape, { "unsqueezed 0 0" }
  if number <= 2 then choices[2] = "detached 0 0" end -- a part of a detached tensor is not tracked
  if #shape >= 1 then
    local i = rng.int(0, shape[1] - 1)
    local a, last = rng.int(0, shape[1] - 1), rng.int(0, shape[-1] - 1)
    for _, text in ipairs { ("row %d 0"):format(i), ("rows %d %d"):format(a, shape[1]),
      ("columns %d %d"):format(last, shape[-1]), ("strided %d 2"):format(a),
      ("unbound %d 0"):format(i), "part 1 " .. i } do
      choices[#choices + 1] = text
    end
  end
  if #shape >= 2 then
    choices[#choices + 1] = "transposed 0 0"
    choices[#choices + 1] = "diagonal 0 0"
  end
  if rng.int(1, 8) == 1 then choices = { "expanded 0 0" } end
  return ("view %d %s"):format(number, rng.pick(choices))
end

-- Whether a shape broadcasts to another.
local function fits(from, to)
  if #from > #to then return false end
  for d = 1, #from do
    local have, want = from[#from - d + 1], to[#to - d + 1]
    if have ~= want and have ~= 1 then return false end
  end
  return true
end

-- The places in memory of a tensor's elements, in order.
local function places(t)
  local list, shape, stride = {}, t.shape, t:stride()
  local function walk(d, at)
    if d > #shape then
      list[#list + 1] = at
      return
    end
    for i = 0, shape[d] - 1 do walk(d + 1, at + i * stride[d]) end
  end
  walk(1, t:storage_offset())
  return list
end

-- PyTorch refuses a source that shares a part of its memory with what is written.  Whole tensors
-- 0, 1, 2 have memory of their own, and all else is a view of one: root[k].
local function clear(tensors, root, number, source)
  if root[number] ~= root[source] then return true end
  local a, b = places(tensors[number]), places(tensors[source])
  local x, y = tensors[number], tensors[source]
  local taken, same = {}, x.shape == y.shape and a[1] == b[1]
  for d = 1, same and x.ndim or 0 do same = same and x:stride(d) == y:stride(d) end
  for _, at in ipairs(a) do taken[at] = true end
  for _, at in ipairs(b) do
    if taken[at] and not same then return false end
  end
  return true
end

local function random_write(rng, tensors, root, number)
  local t, sources = tensors[number], {}
  if root.loose[number] then -- gets no history of its own, which the oracle could not follow
    return ("write %d %s"):format(number, rng.pick { "square -", "sigmoid -", "mask 0.5" })
  end
  for k = 0, #tensors do
    if fits(tensors[k].shape, t.shape) and clear(tensors, root, number, k) then
      sources[#sources + 1] = "t" .. k
    end
  end
  local op = rng.pick { "mul", "add", "copy", "square", "sigmoid", "zero", "fill", "set", "mask" }
  if t:numel() == 12 and (op == "zero" or op == "fill" or op == "copy") then
    op = "mul" -- what forgets all of a tensor takes it off the tape here, and not there
  end
  for d = 1, #t.shape do -- PyTorch fills what is expanded, which is refused here
    if t:stride(d) == 0 then op = "add" end
  end
  local source = "-"
  if op == "mul" or op == "add" or op == "copy" then
    source = #sources > 0 and rng.pick(sources) or "0.5"
    if op == "copy" and #sources == 0 then op = "fill" end
  elseif op == "fill" or op == "mask" then source = "0.5"
  elseif op == "set" then
    if #t.shape == 0 then return ("write %d zero -"):format(number) end
    local rows, row = {}, { table.unpack(t.shape, 2) }
    for k = 0, #tensors do
      if root[k] ~= root[number] and fits(tensors[k].shape, row) then
        rows[#rows + 1] = "t" .. k
      end
    end
    source = #rows > 0 and rng.pick(rows) or "0.25"
  end
  return ("write %d %s %s"):format(number, op, source)
end

-- The steps are tried as they are made, so that shapes are known; a refused one is the last.
local function random_program(seed)
  local rng = helper.rng(seed)
  local tensors, steps, root = start(), {}, { [0] = 0, 1, 2, loose = {} }
  while #steps < STEPS do
    local number = rng.int(0, #tensors)
    local step
    local kind = rng.int(1, 10)
    if kind <= 4 then step = random_view(rng, tensors[number], number)
    elseif kind <= 7 then step = random_write(rng, tensors, root, math.max(number, 1))
    elseif kind <= 8 then step = ("use %d"):format(number)
    else step = ("sum %d %d"):format(number, rng.int(1, 5)) end
    local off = kind <= 7 and rng.int(1, 6) == 1
    if off and root[number] > 0 then step = step .. " off" end -- of a leaf: PyTorch refuses later
    steps[#steps + 1] = step
    if not pcall(take, tensors, step) then break end
    if not root[#tensors] then
      root[#tensors] = root[number]
      root.loose[#tensors] = root.loose[number] or step:find("detached") ~= nil
    end
  end
  if #steps == STEPS then
    for number = 0, #tensors do steps[#steps + 1] = ("sum %d 2"):format(number) end
  end
  return table.concat(steps, ";")
end

local function with_plain_views(program)
  return (program:gsub("part 1 (%d+)", function(i)
    return ("rows %d %d"):format(i, i + 1)
  end):gsub("unbound", "row"))
end

-- ---- comparing ----

local function ask(programs)
  local input, output = os.tmpname(), os.tmpname()
  local file = assert(io.open(input, "w"))
  for _, program in ipairs(programs) do file:write(program, "\n") end
  file:close()
  local ok = os.execute(("%s spec/data/views.py %s %s 2>/dev/null"):format(python, input, output))
  local answers = {}
  if ok then
    for line in io.lines(output) do
      local refused = line:match("^E (%d+)$")
      local list = { lenient = line:find("^R") ~= nil }
      for word in line:gmatch("%S+") do list[#list + 1] = tonumber(word) end
      answers[#answers + 1] = refused and tonumber(refused) or list
    end
  end
  os.remove(input)
  os.remove(output)
  return ok and answers
end

-- How two answers differ, nil if they do not.  Few operations on numbers near 1: 1e-12 of the
-- largest is thousands of roundings.
local function difference(a, b)
  if type(a) ~= type(b) then
    return ("%s, %s"):format(type(a) == "number" and "refused at " .. a or "a gradient",
      type(b) == "number" and "refused at " .. b or "a gradient")
  end
  if type(a) == "number" then return a ~= b and ("refused at %d, at %d"):format(a, b) or nil end
  local largest = 1
  for _, v in ipairs(b) do largest = math.max(largest, math.abs(v)) end
  return helper.difference(a, b, 1e-12 * largest)
end

describe("views and writes", function()
  it("have PyTorch's gradients, or its errors", function()
    local programs, plain = {}, {}
    for seed = 1, PROGRAMS do
      programs[seed] = random_program(seed)
      plain[seed] = with_plain_views(programs[seed])
    end
    local answers = ask(plain)
    if not answers then return pending("there is no PyTorch") end
    assert.equal(PROGRAMS, #answers)
    local gradients, refusals = 0, 0
    for seed, program in ipairs(programs) do
      local mine, message, last = run(program)
      local answer = answers[seed]
      local agreed = last and (answer == mine or type(answer) == "table" and answer.lenient)
      local text = not agreed and difference(mine, answer)
      if text then
        error(("program %d: %s\n%s\n%s"):format(seed, text, program, message or ""), 0)
      end
      if type(mine) == "table" then gradients = gradients + 1 else refusals = refusals + 1 end
    end
    assert.is_true(gradients > PROGRAMS / 8 and refusals > PROGRAMS / 8) -- both are tried
  end)
end)
