--- A run as Markdown tables and as JSON.
local encode = require("bench.lines").encode
local report = {}

local NOISY = 1.3 -- median to minimum from which a figure is marked

--- A time with three digits and a unit.
---@param s? number
---@return string
function report.seconds(s)
  if not s then return "-" end
  for _, unit in ipairs { { "s", 1 }, { "ms", 1e3 }, { "µs", 1e6 }, { "ns", 1e9 } } do
    local scaled = s * unit[2]
    if scaled >= 1 or unit[1] == "ns" then
      return (scaled < 1000 and "%.3g %s" or "%.0f %s"):format(scaled, unit[1])
    end
  end
end

local function number(format, x) return x and format:format(x) or "-" end

local function table_of(out, header, rows)
  out[#out + 1] = "| " .. table.concat(header, " | ") .. " |"
  out[#out + 1] = "|" .. ("---|"):rep(#header)
  for _, row in ipairs(rows) do out[#out + 1] = "| " .. table.concat(row, " | ") .. " |" end
  out[#out + 1] = ""
end

local function goal_table(out, rows)
  local cells = {}
  for i, row in ipairs(rows) do
    cells[i] = { "`" .. row.case .. "`", report.seconds(row.seconds),
      report.seconds(row.peer_seconds),
      row.peer or "-", number("%.2f", row.ratio), number("%.4g", row.goal),
      row.rate and ("%.3g %s"):format(row.rate, row.unit) or "-",
      row.share and ("%.0f %%"):format(row.share * 100) or "-",
      row.verdict == "no" and "**no**" or row.verdict or "-" }
  end
  table_of(out, { "case", "numoon", "best peer", "which", "ratio", "goal", "rate", "of the limit",
    "reached" }, cells)
end

local function peer_table(out, run, rows)
  local cells = {}
  for i, row in ipairs(rows) do
    local fastest = math.min(row.seconds, row.peer_seconds or math.huge)
    cells[i] = { "`" .. row.case .. "`" }
    for _, peer in ipairs(run.peers) do
      local line = row.peers[peer]
      local text = line and report.seconds(line.median_s) or "-"
      if line and line.median_s > NOISY * line.min_s then
        text = text .. " ~" .. report.seconds(line.min_s)
      end
      if line and line.median_s == fastest then text = "**" .. text .. "**" end
      table.insert(cells[i], text)
    end
  end
  table_of(out, { "case", table.unpack(run.peers) }, cells)
end

local function limit_table(out, run)
  local cells, header = {}, { "limit" }
  for _, threads in ipairs(run.threads) do header[#header + 1] = report.threads(threads) end
  header[#header + 1] = "unit"
  for i, name in ipairs(run.limits) do
    local unit
    cells[i] = { name }
    for _, threads in ipairs(run.threads) do
      local line = run.limit(name, threads)
      unit = line and line.unit or unit
      table.insert(cells[i], number("%.4g", line and line.rate))
    end
    table.insert(cells[i], unit or "-")
  end
  table_of(out, header, cells)
end

---@param n integer
---@return string
function report.threads(n) return n == 1 and "1 thread" or n .. " threads" end

-- Of the cases that have a goal and a peer: how many, and how many reach it.
local function tally(rows)
  local all, reached = 0, 0
  for _, row in ipairs(rows) do
    if row.verdict then
      all = all + 1
      if row.verdict ~= "no" then reached = reached + 1 end
    end
  end
  return all, reached
end

---@param run table as results.of gives it
---@return string
function report.markdown(run)
  local out = { "# numoon beside its peers", "" }
  for _, info in ipairs(run.infos) do out[#out + 1] = ("- %s: %s"):format(info.peer, info.note) end
  out[#out + 1] = ""
  out[#out + 1] = "Medians; of several rounds the lowest. ratio: the best peer's time to numoon's. "
    .. "reached: `limit` stands for nine tenths of what the machine can do, `least` for the least "
    .. "ratio that will do."
  out[#out + 1] = ""
  for _, threads in ipairs(run.threads) do
    local rows = run.rows[threads]
    local all, reached = tally(rows)
    out[#out + 1] = ("## %s: %d of %d reached"):format(report.threads(threads), reached, all)
    out[#out + 1] = ""
    goal_table(out, rows)
  end
  for _, threads in ipairs(run.threads) do
    out[#out + 1] = "## All peers, " .. report.threads(threads)
    out[#out + 1] = ""
    out[#out + 1] = ("The fastest is bold; `median ~minimum` where they differ by more than %g.")
      :format(NOISY)
    out[#out + 1] = ""
    peer_table(out, run, run.rows[threads])
  end
  if #run.limits > 0 then
    out[#out + 1] = "## Limits of the machine"
    out[#out + 1] = ""
    limit_table(out, run)
  end
  return table.concat(out, "\n")
end

---@param run table
---@return string
function report.json(run)
  local out = {}
  for _, info in ipairs(run.infos) do
    out[#out + 1] = encode { info = info.peer, note = info.note }
  end
  for _, threads in ipairs(run.threads) do
    for _, row in ipairs(run.rows[threads]) do
      local times = {}
      for peer, line in pairs(row.peers) do times[peer] = line.median_s end
      out[#out + 1] = encode { case = row.case, threads = threads, numoon_s = row.seconds,
        peer = row.peer, peer_s = row.peer_seconds, ratio = row.ratio, goal = row.goal,
        rate = row.rate, unit = row.unit, share = row.share, reached = row.verdict,
        max_rss_kib = row.kib, medians_s = times }
    end
  end
  return "[\n" .. table.concat(out, ",\n") .. "\n]\n"
end

return report
