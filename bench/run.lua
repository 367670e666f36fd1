--- ./numoon bench [--threads N] [--rounds N] [filter ...]: numoon beside PyTorch, case by case.
--
-- Every case runs in a process of its own, numoon and PyTorch (the system's python3-torch, where it
-- is installed) by turns, so that what else the machine does falls on both.  Of several rounds the
-- lowest median counts.  All peers and the rules of measurement are in peers/.
local here = arg[0]:match("^(.*[/\\])") or "./"
local lua = arg[-1]
local PYTHON = os.getenv "BENCH_PYTHON" or "/usr/bin/python3"

local threads, rounds, filters = 1, 3, {}
do
  local i = 1
  while arg[i] do
    if arg[i] == "--threads" or arg[i] == "--rounds" then
      local n = math.tointeger(tonumber(arg[i + 1]))
      if not n or n < 1 then error(arg[i] .. " needs a number of 1 or more", 0) end
      if arg[i] == "--threads" then threads = n else rounds = n end
      i = i + 2
    else
      filters[#filters + 1] = arg[i]
      i = i + 1
    end
  end
end

local function quote(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

-- Output of a command as lines, and whether it succeeded.  OPENBLAS_* in the environment would
-- choose OpenBLAS's kernels for PyTorch; it chooses better itself.
local function lines_of(command)
  local clean = "env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE BENCH_THREADS=%d %s"
  local pipe = assert(io.popen(clean:format(threads, command)))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  return lines, pipe:close() == true
end

local ours = quote(lua) .. " " .. quote(here .. "cases.lua")
local theirs = quote(PYTHON) .. " " .. quote(here .. "peers/torch_peer.py")
local _, have_torch = lines_of(quote(PYTHON) .. " -c 'import torch' 2>/dev/null")

-- The median of a case, in seconds, or nil when the peer has no such case.
local function median(peer, name)
  local lines, ok = lines_of(peer .. " " .. quote("=" .. name))
  if not ok then io.stderr:write("bench: the case ", name, " failed\n") end
  return lines[1] and tonumber(lines[1]:match('"median_s": ([%d.e+-]+)'))
end

local function seconds(s)
  if not s then return "-" end
  for _, unit in ipairs { { "s ", 1 }, { "ms", 1e3 }, { "us", 1e6 }, { "ns", 1e9 } } do
    if s * unit[2] >= 1 or unit[1] == "ns" then return ("%.4g %s"):format(s * unit[2], unit[1]) end
  end
end

local function selected(name)
  for _, filter in ipairs(filters) do
    if filter == "=" .. name or name:find(filter, 1, true) then return true end
  end
  return #filters == 0
end

print(("%-40s %12s %12s %8s   (%d thread%s, median of a call, best of %d rounds)"):format("case",
  "numoon", have_torch and "torch" or "", have_torch and "ratio" or "", threads,
  threads > 1 and "s" or "", rounds))
for _, name in ipairs((lines_of(ours .. " --list"))) do
  if selected(name) then
    local best, other
    for _ = 1, rounds do
      best = math.min(best or math.huge, median(ours, name))
      if have_torch then
        local s = median(theirs, name)
        other = s and math.min(other or math.huge, s)
      end
    end
    print(("%-40s %12s %12s %8s"):format(name, seconds(best), have_torch and seconds(other) or "",
      other and ("%.3f"):format(best / other) or ""))
  end
end
if not have_torch then print("(no PyTorch beside it: Debian's python3-torch is not installed)") end
