--- Timing of numoon's cases by the rules of README.md, printed as the peers do: a JSON line a
--- case.  A case is a set-up function that makes the data and returns the function to time.
local nm = require "numoon"
local clock = require("numoon.core").clock
local selected = require "bench.selected"

local harness = { threads = tonumber(os.getenv "BENCH_THREADS") or 1 }
nm.set_num_threads(harness.threads)

local MIN_TOTAL = 0.3 -- seconds of timed work per case, at least
local MIN_SAMPLES = 5 -- timed samples per case, at least
local WARM_UP = 0.2 -- seconds of untimed work before, at least
local MIN_SAMPLE = 2e-4 -- shorter calls are batched until one sample lasts this long

local cases = {}

--- Registers a case; `ops` is the number of operations inside one call.
---@param name string
---@param setup fun(): fun()
---@param ops? integer
function harness.case(name, setup, ops) cases[#cases + 1] = { name, setup, ops or 1 } end

-- Seconds per call, of each sample, and the calls in a sample.
local function measure(f)
  f()
  local single, stop, calls = math.huge, clock() + WARM_UP, 0
  while calls < 3 or clock() < stop do
    local start = clock()
    f()
    single = math.min(single, clock() - start)
    calls = calls + 1
  end
  local batch = single >= MIN_SAMPLE and 1 or MIN_SAMPLE // single + 1
  local samples, total = {}, 0
  while total < MIN_TOTAL or #samples < MIN_SAMPLES do
    local start = clock()
    for _ = 1, batch do f() end
    local elapsed = clock() - start
    samples[#samples + 1] = elapsed / batch
    total = total + elapsed
  end
  return samples, batch
end

local function emit(name, samples, note)
  table.sort(samples)
  local n = #samples
  local median = n > 0 and (samples[(n + 1) // 2] + samples[n // 2 + 1]) / 2
  local function number(x) return x and ("%.9g"):format(x) or "null" end
  print(('{"peer": "%s", "case": "%s", "threads": %d, "median_s": %s, "min_s": %s, "reps": %d, '
    .. '"note": "%s"}'):format(os.getenv "BENCH_PEER" or "numoon", name, harness.threads,
    number(median), number(samples[1]), n, note))
  io.flush()
end

--- Runs what the command line names: --list, --info, or filters.
---@param arguments string[]
function harness.main(arguments)
  if arguments[1] == "--list" then
    for _, case in ipairs(cases) do print(case[1]) end
  elseif arguments[1] == "--info" then
    emit("_info", {}, "numoon " .. nm._VERSION)
  else
    for _, case in ipairs(cases) do
      local name, setup, ops = table.unpack(case)
      if selected(name, arguments) then
        local f = setup()
        collectgarbage()
        local samples, batch = measure(f)
        for i, s in ipairs(samples) do samples[i] = s / ops end
        local note = batch > 1 and ("%d calls per sample"):format(batch) or ""
        if ops > 1 then note = ("per op, %d ops per call"):format(ops) end
        emit(name, samples, note)
      end
    end
  end
end

return harness
