--- A run as a bar chart in SVG: how many times faster than the best peer each case is, on a
--- logarithmic scale, with a mark for the goal.
local WIDTH, LABEL, RIGHT, TOP = 960, 320, 60, 64
local BAR, GAP = 8, 6
local FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif"'
local FIGURE = 'font-size="8" fill="#444444" paint-order="stroke" stroke="#ffffff" stroke-width="2"'
-- by number of threads, then faster and slower than the best peer
local COLOURS = {
  { "#2b6a99", "#b5443c" },
  { "#8fbad6", "#e0a19b" },
}

local function escape(text)
  return (text:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- The cases in order, each with its rows by number of threads.
local function cases_of(run)
  local cases, at = {}, {}
  for i, threads in ipairs(run.threads) do
    for _, row in ipairs(run.rows[threads]) do
      if row.ratio then
        local case = at[row.case]
        if not case then
          case = { name = row.case, rows = {} }
          at[row.case] = case
          cases[#cases + 1] = case
        end
        case.rows[i] = row
      end
    end
  end
  return cases
end

-- Powers of two between which all ratios and goals lie, within reason.
local function range_of(cases)
  local low, high = 0.5, 2
  for _, case in ipairs(cases) do
    for _, row in pairs(case.rows) do
      while low > row.ratio and low > 1 / 16 do low = low / 2 end
      while high < math.max(row.ratio, row.goal or 1) and high < 64 do high = high * 2 end
    end
  end
  return low, high
end

--- The chart.  Bars begin at 1, where numoon and the best peer are as fast.
---@param run table as results.of gives it
---@return string svg
return function(run)
  local cases = cases_of(run)
  local low, high = range_of(cases)
  local step = BAR * #run.threads + GAP
  local bottom = TOP + step * #cases
  local function x(ratio)
    ratio = math.min(math.max(ratio, low), high)
    return LABEL + math.log(ratio / low) / math.log(high / low) * (WIDTH - LABEL - RIGHT)
  end
  local out = {}
  local function put(format, ...) out[#out + 1] = format:format(...) end
  local function line(x0, y0, x1, y1, style)
    put('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>', x0, y0, x1, y1, style)
  end
  local function text(x0, y0, style, words)
    put('<text x="%.1f" y="%.1f" %s>%s</text>', x0, y0, style, escape(words))
  end

  put('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" %s>',
    WIDTH, bottom + 24, WIDTH, bottom + 24, FONT)
  put('<rect width="%d" height="%d" fill="#ffffff"/>', WIDTH, bottom + 24)
  text(12, 22, 'font-size="15" font-weight="bold" fill="#222222"',
    "Time of the best peer, divided by numoon's")
  local at = 12
  for i, threads in ipairs(run.threads) do
    local colour = COLOURS[(i - 1) % #COLOURS + 1]
    put('<rect x="%d" y="34" width="10" height="10" fill="%s"/>', at, colour[1])
    put('<rect x="%d" y="34" width="10" height="10" fill="%s"/>', at + 11, colour[2])
    text(at + 26, 43, 'font-size="11" fill="#444444"', threads == 1 and "1 thread"
      or threads .. " threads")
    at = at + 110
  end
  line(at + 5, 33, at + 5, 45, 'stroke="#222222" stroke-width="2"')
  text(at + 12, 43, 'font-size="11" fill="#444444"', "goal (red bars: slower than the best peer)")

  local tick = low
  while tick <= high do
    line(x(tick), TOP - 4, x(tick), bottom, tick == 1 and 'stroke="#666666" stroke-width="1.5"'
      or 'stroke="#dddddd"')
    text(x(tick), bottom + 14, 'font-size="10" fill="#444444" text-anchor="middle"',
      tick >= 1 and ("%d"):format(tick) or ("1/%d"):format(1 / tick))
    tick = tick * 2
  end
  for k, case in ipairs(cases) do
    local top = TOP + (k - 1) * step
    text(LABEL - 8, top + BAR * #run.threads / 2 + 3.5,
      'font-size="10" fill="#222222" text-anchor="end"', case.name)
    for i in ipairs(run.threads) do
      local row = case.rows[i]
      if row then
        local from, to = x(math.min(row.ratio, 1)), x(math.max(row.ratio, 1))
        local y = top + (i - 1) * BAR
        put('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>', from, y,
          math.max(to - from, 1), BAR - 1,
          COLOURS[(i - 1) % #COLOURS + 1][row.ratio < 1 and 2 or 1])
      end
    end
    local _, any = next(case.rows)
    if any.goal then
      line(x(any.goal), top - 1, x(any.goal), top + BAR * #run.threads,
        'stroke="#222222" stroke-width="2"')
    end
    for i in ipairs(run.threads) do
      local row = case.rows[i]
      if row then
        text(x(math.max(row.ratio, 1)) + 4, top + i * BAR - 1, FIGURE,
          ("%.2f"):format(row.ratio) .. (row.verdict == "limit" and " (limit)" or ""))
      end
    end
  end
  put "</svg>\n"
  return table.concat(out, "\n")
end
