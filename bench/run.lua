--- ./numoon bench [filter ...]: times numoon's cases, and with --peers the same of other libraries.
--
-- Every (case, threads, peer) is a process of its own, and the peers of a case run one after the
-- other, so that what else the machine does falls on all of them.  Each line that they print goes
-- to results.jsonl at once; at the end, or when the run is interrupted, report.md, report.json and
-- chart.svg are made from it.
local here = arg[0]:match "^(.*[/\\])" or "./"
package.path = here .. "../?.lua;" .. package.path

local clock = require("numoon.core").clock
local goals, lines = require "bench.goals", require "bench.lines"
local results, report = require "bench.results", require "bench.report"
local chart, selected = require "bench.chart", require "bench.selected"

local USAGE = [[
usage: ./numoon bench [filter ...] [option ...]
A filter is a part of a case's name, or =NAME; without one all cases run.
  --list            name the cases and end
  --peers[=A,B]     beside numoon also all peers that are installed, or these
  --threads 1,2     numbers of threads; 1 when left out, 1,2 with --peers
  --rounds N        go through all cases so often, and take the best; 1 when left out
  --out FOLDER      where the results go; bench in the build folder when left out
  --keep            add to the results that are there
  --no-wait         don't wait for a quiet machine, nor repeat what was disturbed
  --report          measure nothing: make the report of the results that are there]]

local QUIET, RETRIES = 0.05, 2 -- share of a core that others may use; how often to try again

-- ---- the command line ----

local function parse(arguments)
  local options = { filters = {}, rounds = 1, wait = true,
    out = (os.getenv "NUMOON_BUILD" or here .. "../build/release") .. "/bench" }
  local function integers(text, what)
    local list = {}
    for part in (text or ""):gmatch "[^,]+" do
      local n = math.tointeger(tonumber(part))
      if not n or n < 1 then error(what .. " needs numbers of 1 or more, got " .. part, 0) end
      list[#list + 1] = n
    end
    return #list > 0 and list or error(what .. " needs a number of 1 or more", 0)
  end
  local i = 0
  local function following()
    i = i + 1
    return arguments[i] or error(arguments[i - 1] .. " needs a value", 0)
  end
  local flags = {
    ["--list"] = function() options.list = true end,
    ["--peers"] = function() options.peers = "all" end,
    ["--threads"] = function() options.threads = integers(following(), "--threads") end,
    ["--rounds"] = function() options.rounds = integers(following(), "--rounds")[1] end,
    ["--out"] = function() options.out = following() end,
    ["--keep"] = function() options.keep = true end,
    ["--no-wait"] = function() options.wait = false end,
    ["--report"] = function() options.report = true end,
    ["--help"] = function() options.help = true end,
  }
  while i < #arguments do
    i = i + 1
    local argument = arguments[i]
    if flags[argument] then
      flags[argument]()
    elseif argument:find "^%-%-peers=" then
      options.peers = argument:match "=(.*)"
    elseif argument:find "^%-" then
      error("no option " .. argument .. "; see --help", 0)
    else
      options.filters[#options.filters + 1] = argument
    end
  end
  options.threads = options.threads or (options.peers and { 1, 2 } or { 1 })
  return options
end

-- ---- processes ----

-- The lines that a peer prints, and whether it succeeded.  OPENBLAS_* that stands in the
-- environment by chance would choose OpenBLAS's kernels; see openblas_kernels in peers.lua.
local function output_of(peer, threads, command, quiet)
  local pipe = assert(io.popen(("env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE BENCH_PEER=%s "
    .. "BENCH_THREADS=%d OPENBLAS_NUM_THREADS=%d OMP_NUM_THREADS=%d %s %s%s"):format(peer.name,
    threads, threads, threads, peer.settings or "", command, quiet and " 2>/dev/null" or "")))
  local found = {}
  for line in pipe:lines() do found[#found + 1] = line end
  return found, pipe:close() == true
end

-- Seconds of processor time that were used so far: by anyone, and by this process and those it
-- waited for; nil where the system does not say.
local function busy()
  local all, own = io.open "/proc/stat", io.open "/proc/self/stat"
  if not (all and own) then return nil end
  local user, nice, system, _, _, irq, softirq =
    all:read "l":match("(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)")
  local mine = {}
  for n in own:read "a":match("%)(.*)"):gmatch "%S+" do mine[#mine + 1] = tonumber(n) or 0 end
  all:close()
  own:close()
  -- fields 14 to 17 of proc(5), the first two of which stand before the parenthesis
  local ours = mine[12] + mine[13] + mine[14] + mine[15]
  return (user + nice + system + irq + softirq) / 100, ours / 100
end

-- Runs f; also the share of a core that others used meanwhile.
local function with_foreign(f)
  local start, all, own = clock(), busy()
  local result, ok = f()
  local wall, all_then, own_then = clock() - start, busy()
  local foreign = all and math.max(0, (all_then - all - (own_then - own)) / wall) or 0
  return result, ok, foreign
end

-- While a command runs, os.execute keeps an interrupt from this process.
local function pause(seconds)
  local _, how = os.execute("sleep " .. seconds)
  if how == "signal" then error("interrupted", 0) end
end

-- Where the machine does not get quiet, all further cases are measured as it is.
local function wait_until_quiet(options)
  local stop = clock() + 300
  while clock() < stop do
    local _, _, foreign = with_foreign(function() pause(0.3) end)
    if foreign < 0.1 then return end
    pause(2)
  end
  options.wait = false
  io.stderr:write("bench: others are at work here all the time; measuring all the same\n")
end

local quiet = false -- whether the last measurement was undisturbed

-- The lines of a case, on the quietest of several tries.
local function measure(options, peer, threads, command)
  local best, least, ok
  for _ = 1, options.wait and 1 + RETRIES or 1 do
    if options.wait and not quiet then wait_until_quiet(options) end
    local found, good, foreign = with_foreign(function()
      return output_of(peer, threads, command)
    end)
    if not least or foreign < least then best, least, ok = found, foreign, good end
    quiet = foreign < QUIET
    if quiet then break end
  end
  if not ok then io.stderr:write("bench: ", peer.name, " failed: ", command, "\n") end
  for i, text in ipairs(best) do
    best[i] = lines.decode(text)
    if best[i] then best[i].foreign_cpu = math.floor(least * 1000) / 1000 end
  end
  return best
end

-- ---- a run ----

local function peers_of(options)
  local all = require "bench.peers" {
    lua = arg[-1], python = os.getenv "BENCH_PYTHON" or "/usr/bin/python3", bench = here,
    programs = options.programs,
  }
  local known, wanted, peers = {}, {}, {}
  for _, peer in ipairs(all) do known[peer.name] = true end
  for name in (options.peers or ""):gmatch "[^,]+" do
    if name ~= "all" and not known[name] then error("no peer " .. name, 0) end
    wanted[name] = true
  end
  for _, peer in ipairs(all) do
    local chosen = peer.name == "numoon" or wanted.all or wanted[peer.name]
    local names, there
    if chosen then names, there = output_of(peer, 1, peer.command .. " --list", true) end
    if there then
      peer.has = {}
      for _, name in ipairs(names) do peer.has[name] = true end
      peer.cases = names
      peers[#peers + 1] = peer
    elseif chosen then
      io.stderr:write("bench: without ", peer.name, ": it is not installed\n")
    end
  end
  return peers
end

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

local function machine_line()
  local pipe = assert(io.popen "uname -srm; getconf _NPROCESSORS_ONLN; date +%F")
  local system, cores, date = pipe:read("l", "l", "l")
  pipe:close()
  local model
  for line in exists "/proc/cpuinfo" and io.lines "/proc/cpuinfo" or function() end do
    model = model or line:match "^model name%s*:%s*(.*)"
  end
  return { peer = "machine", case = "_info",
    note = ("%s, %s cores, %s, %s"):format(model or "processor", cores, system, date) }
end

-- How a peer runs a case, or nil.
local function command_of(options, peer, name)
  if name == "startup" then
    return peer.startup and "'" .. options.programs .. "startup' " .. peer.startup
  end
  return peer.has[name] and peer.command .. " '=" .. name .. "'"
end

local function print_line(case, threads, seconds, other, peer, ratio, goal, share, verdict)
  local text = ("%-42s %s %9s  %9s %-13s %6s %5s %6s %s"):format(case, threads, seconds,
    other or "", peer or "", ratio or "", goal or "", share or "", verdict or "")
  print((text:gsub("%s+$", "")))
end

local function print_row(row)
  local function time(s) return s and report.seconds(s):gsub("µ", "u") end
  local function number(format, x) return x and format:format(x) end
  print_line(row.case, row.threads, (time(row.seconds)), (time(row.peer_seconds)), row.peer,
    number("%.2f", row.ratio), row.ratio and number("%.4g", row.goal),
    number("%.0f %%", row.share and row.share * 100), row.ratio and row.verdict)
end

local function write_file(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function write_report(options)
  local run = results.of(lines.read(options.out .. "/results.jsonl"), goals)
  write_file(options.out .. "/report.md", report.markdown(run))
  write_file(options.out .. "/report.json", report.json(run))
  write_file(options.out .. "/chart.svg", chart(run))
  print("results.jsonl, report.md, report.json and chart.svg are in " .. options.out)
end

-- Goes through the cases; `take` is given each line.
local function run(options, peers, take)
  local names = peers[1].cases
  if exists(options.programs .. "startup") then names[#names + 1] = "startup" end
  take(machine_line())
  for _, peer in ipairs(peers) do
    for _, line in ipairs(measure({}, peer, 1, peer.command .. " --info")) do take(line) end
  end
  for _ = 1, options.rounds do
    for _, threads in ipairs(options.threads) do
      for _, program in ipairs(options.peers and { "bandwidth", "flops" } or {}) do
        local limit = { name = "limit" }
        local command = "'" .. options.programs .. program .. "'"
        for _, line in ipairs(measure(options, limit, threads, command)) do take(line) end
      end
    end
    for _, name in ipairs(names) do
      for _, threads in ipairs(selected(name, options.filters) and options.threads or {}) do
        for _, peer in ipairs(peers) do
          local command = command_of(options, peer, name)
          for _, line in ipairs(command and measure(options, peer, threads, command) or {}) do
            take(line)
          end
        end
        take(nil, name, threads)
      end
    end
  end
end

local function main(options)
  options.programs = (os.getenv "NUMOON_BUILD" or here .. "../build/release") .. "/bench/limits/"
  if options.help then return print(USAGE) end
  if options.report then return write_report(options) end
  local peers = peers_of(options)
  if options.list then return print(table.concat(peers[1].cases, "\n") .. "\nstartup") end
  if not options.peers then options.wait = false end
  os.execute("mkdir -p '" .. options.out .. "'")
  local all = options.keep and exists(options.out .. "/results.jsonl")
    and lines.read(options.out .. "/results.jsonl") or {}
  local file = assert(io.open(options.out .. "/results.jsonl", options.keep and "a" or "w"))
  print_line("case", "n", "numoon", table.unpack(options.peers
    and { "best peer", "", "ratio", "goal", "limit", "reached" } or {}))
  local ok, problem = pcall(run, options, peers, function(line, name, threads)
    if line then
      all[#all + 1] = line
      file:write(lines.encode(line), "\n")
      return file:flush()
    end
    for _, row in ipairs(results.of(all, goals).rows[threads] or {}) do
      if row.case == name then print_row(row) end
    end
  end)
  file:close()
  if options.peers then write_report(options) end
  if not ok then error(problem, 0) end
end

local ok, problem = pcall(function() main(parse(arg)) end)
if not ok then
  io.stderr:write("bench: ", tostring(problem), "\n")
  os.exit(1)
end
