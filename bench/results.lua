--- What the lines of a run say together: of several rounds the best, beside the peers' best, beside
--- the goal and the machine's limits.
local results = {}

local NEAR = 0.9 -- share of a limit that counts as reaching it
local CACHED = 24 << 20 -- bytes of a result below which it stays in the caches, for what reads it

-- Of several rounds the one with the lowest median counts: what disturbs a run only ever makes it
-- slower.  By peer, case and threads.
local function best_of(lines)
  local best, order, seen = {}, {}, {}
  for _, line in ipairs(lines) do
    if line.median_s then
      local key = line.peer .. " " .. line.case .. " " .. line.threads
      local known = best[key]
      if not known or line.median_s < known.median_s then best[key] = line end
      if line.peer ~= "limit" and not seen[line.case] then
        seen[line.case] = true
        order[#order + 1] = line.case
      end
    end
  end
  return best, order
end

-- The highest rate among some of the limits that were measured with so many threads.
local function limit(best, threads, names)
  local highest
  for name in names:gmatch "%S+" do
    local line = best["limit " .. name .. " " .. threads]
    if line then highest = math.max(highest or 0, line.rate) end
  end
  return highest
end

-- The size in MiB, of those that copies were measured with, that is nearest to a case's operands.
local function size_class(bytes)
  local mib = bytes / (1 << 20)
  return mib < 11 and 8 or mib < 32 and 16 or mib < 128 and 64 or 256
end

-- How fast a case went in its own unit, and how much of the machine's limit that is.
local function against_limit(row, goal, best)
  local amount, names, unit
  if goal.flop or goal.flop64 then
    amount, names, unit = goal.flop or goal.flop64, goal.flop and "fma_f32" or "fma_f64", "GFLOP/s"
  elseif goal.read then
    amount, unit = goal.read + goal.written, "GB/s"
    names = goal.written == 0 and "sum" or goal.read == 0 and "fill fill_stream"
      or goal.written < CACHED and "copy copy_memcpy" or "copy copy_memcpy copy_stream"
    names = names:gsub("%S+", "%0_" .. size_class(math.max(goal.read, goal.written)) .. "MiB")
  else
    return
  end
  row.rate, row.unit = amount / row.seconds * 1e-9, unit
  local most = limit(best, row.threads, names)
  row.share = most and row.rate / most
end

-- Whether a row reaches its goal: "yes", "limit", "least" or "no"; nil where nothing can be said.
local function verdict(row, goal)
  if goal.kib and row.kib and row.kib > goal.kib then return "no" end
  if goal.seconds and row.seconds > goal.seconds then return "no" end
  if not row.ratio then return nil end
  if row.ratio >= goal.ratio - 0.005 then return "yes" end
  if row.share and row.share >= NEAR then return "limit" end
  if goal.least and row.ratio >= goal.least - 0.005 then return "least" end
  return "no"
end

---@class bench.Row
---@field case string
---@field threads integer
---@field seconds number numoon's median
---@field peers table<string, table> the line of each peer
---@field peer? string the fastest of them
---@field peer_seconds? number
---@field ratio? number its time to numoon's
---@field goal? number
---@field rate? number in row.unit
---@field share? number of the machine's limit
---@field verdict? string

local function row_of(best, case, threads, peers, goal)
  local own = best["numoon " .. case .. " " .. threads]
  if not own then return nil end
  local row = { case = case, threads = threads, seconds = own.median_s, kib = own.max_rss_kib,
    peers = { numoon = own }, goal = goal.ratio }
  for _, peer in ipairs(peers) do
    local line = best[peer .. " " .. case .. " " .. threads]
    row.peers[peer] = line
    if line and peer ~= "numoon" and line.median_s < (row.peer_seconds or math.huge) then
      row.peer, row.peer_seconds = peer, line.median_s
    end
  end
  row.ratio = row.peer and row.peer_seconds / row.seconds
  against_limit(row, goal, best)
  row.verdict = goal.ratio and verdict(row, goal)
  return row
end

--- The rows of a run, for each number of threads in the cases' order.
---@param lines table[]
---@param goals table<string, table>
---@return table run rows (a list by threads), peers, threads, infos, limits
function results.of(lines, goals)
  local best, order = best_of(lines)
  local run = { rows = {}, peers = {}, threads = {}, infos = {}, limits = {} }
  local seen = {}
  for _, line in ipairs(lines) do
    local is_info = line.case == "_info"
    if is_info and not seen["info " .. line.peer] then
      seen["info " .. line.peer] = true
      run.infos[#run.infos + 1] = line
    end
    if line.median_s and line.peer ~= "limit" then
      if not seen[line.peer] then run.peers[#run.peers + 1] = line.peer end
      if not seen[line.threads] then run.threads[#run.threads + 1] = line.threads end
      seen[line.peer], seen[line.threads] = true, true
    elseif line.rate and not seen["limit " .. line.case] then
      seen["limit " .. line.case] = true
      run.limits[#run.limits + 1] = line.case
    end
  end
  table.sort(run.threads)
  for _, threads in ipairs(run.threads) do
    run.rows[threads] = {}
    for _, case in ipairs(order) do
      table.insert(run.rows[threads], row_of(best, case, threads, run.peers, goals[case] or {}))
    end
  end
  run.limit = function(name, threads) return best["limit " .. name .. " " .. threads] end
  return run
end

return results
