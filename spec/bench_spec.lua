-- The benchmark's tools: reading lines, picking the best, judging against goals and limits, and
-- what is written.  Nothing here is timed.
local lines, results = require "bench.lines", require "bench.results"
local report, chart = require "bench.report", require "bench.chart"
local goals = require "bench.goals"

local function line(peer, case, threads, median, more)
  local fields = { peer = peer, case = case, threads = threads, median_s = median, min_s = median,
    reps = 5, note = "" }
  for key, value in pairs(more or {}) do fields[key] = value end
  return fields
end

describe("lines", function()
  it("are read as they are written", function()
    local fields = { peer = 'a "peer" \\ b', median_s = 1.5e-7, reps = 12, note = "" }
    assert.same({ peer = "x", median_s = 1.5e-7, reps = 12 },
      lines.decode '{"peer": "x", "median_s": 1.5e-07, "reps": 12, "min_s": null}')
    assert.equal('{"list": [1, 2], "name": "x", "ok": true}',
      lines.encode { name = "x", list = { 1, 2 }, ok = true })
    fields.peer = "plain"
    assert.same(fields, lines.decode(lines.encode(fields)))
    assert.same({ note = 'say "hi"' }, lines.decode '{"note": "say \\"hi\\""}')
  end)

  it("that are none give nil", function()
    for _, text in ipairs { "", "warning: x", "{", '{"a": }', '{"a": "b', '{"a" 1}' } do
      assert.is_nil(lines.decode(text), text)
    end
  end)
end)

describe("results", function()
  it("are the lowest medians, beside the fastest peer", function()
    local run = results.of({
      line("numoon", "add", 1, 2e-3), line("torch", "add", 1, 8e-3), line("numpy", "add", 1, 6e-3),
      line("numoon", "add", 1, 3e-3), line("torch", "add", 1, 5e-3), line("numoon", "mul", 2, 1),
    }, { add = { ratio = 2 } })
    assert.same({ 1, 2 }, run.threads)
    local row = run.rows[1][1]
    assert.equal("torch", row.peer)
    assert.equal(2e-3, row.seconds)
    assert.near(2.5, row.ratio, 1e-9)
    assert.equal("yes", row.verdict)
    assert.equal("mul", run.rows[2][1].case)
    assert.is_nil(run.rows[2][1].ratio)
    assert.is_nil(run.rows[2][1].verdict)
  end)

  it("judge by goal, limit and least ratio", function()
    local function verdict(goal, own, peer, more)
      local all = { line("numoon", "c", 1, own, more), line("torch", "c", 1, peer),
        line("limit", "copy_256MiB", 1, 1, { rate = 30 }),
        line("limit", "copy_stream_256MiB", 1, 1, { rate = 40 }),
        line("limit", "copy_8MiB", 1, 1, { rate = 10 }),
        line("limit", "copy_stream_8MiB", 1, 1, { rate = 99 }),
        line("limit", "sum_256MiB", 1, 1, { rate = 50 }),
        line("limit", "fma_f32", 1, 1, { rate = 100 }) }
      local row = results.of(all, { c = goal }).rows[1][1]
      return row.verdict, row.share
    end
    assert.equal("no", (verdict({ ratio = 2 }, 1, 1.9)))
    assert.equal("yes", (verdict({ ratio = 2 }, 1, 2)))
    local copies = { ratio = 2, read = 20e9, written = 20e9 }
    local reached, share = verdict(copies, 1.05, 1)
    assert.equal("limit", reached)
    assert.near(1 / 1.05, share, 1e-9)
    assert.equal("no", (verdict(copies, 1.2, 1)))
    local cached = { ratio = 2, read = 5e6, written = 5e6 }
    reached, share = verdict(cached, 1.1e-3, 1e-3)
    assert.equal("limit", reached)
    assert.near(1 / 1.1, share, 1e-9)
    assert.equal("no", (verdict(cached, 1.2e-3, 1e-3)))
    reached, share = verdict({ ratio = 2, read = 45e9, written = 0 }, 1, 1)
    assert.equal("limit", reached)
    assert.near(0.9, share, 1e-9)
    assert.equal("least", (verdict({ ratio = 1, least = 0.95, flop = 50e9 }, 1, 0.96)))
    assert.equal("limit", (verdict({ ratio = 1, least = 0.95, flop = 95e9 }, 1, 0.5)))
    assert.equal("no", (verdict({ ratio = 1, seconds = 0.5 }, 1, 4)))
    assert.equal("no", (verdict({ ratio = 1, kib = 100 }, 1, 4, { max_rss_kib = 101 })))
    assert.equal("yes", (verdict({ ratio = 1, kib = 100 }, 1, 4, { max_rss_kib = 100 })))
  end)

  it("are written as tables, JSON and a chart", function()
    local run = results.of({
      { peer = "machine", case = "_info", note = "a machine" },
      line("numoon", "a", 1, 1e-3), line("torch", "a", 1, 3e-3),
      line("numoon", "b", 1, 1e-3), line("torch", "b", 1, 0.01e-3),
      line("numoon", "alone", 1, 1e-6),
      line("limit", "copy", 1, 1, { rate = 40, unit = "GB/s" }),
    }, { a = { ratio = 2 }, b = { ratio = 1 } })
    local text = report.markdown(run)
    assert.truthy(text:find("- machine: a machine", 1, true))
    assert.truthy(text:find("## 1 thread: 1 of 2 reached", 1, true))
    assert.truthy(text:find("| `a` | 1 ms | 3 ms | torch | 3.00 | 2 | - | - | yes |", 1, true))
    assert.truthy(text:find("| `b` | 1 ms | 10 µs | torch | 0.01 | 1 | - | - | **no** |", 1, true))
    assert.truthy(text:find("| copy | 40 | GB/s |", 1, true))
    local json = report.json(run)
    assert.truthy(json:find('"goal": 2, "medians_s": {"numoon": 0.001, "torch": 0.003}', 1, true))
    local svg = chart(run)
    assert.truthy(svg:find "^<svg .*</svg>\n$")
    assert.truthy(svg:find(">3.00<", 1, true))
    assert.is_nil(svg:find(">alone<", 1, true))
    assert.is_nil(svg:find "nan")
    assert.equal("<svg", chart(results.of({}, {})):sub(1, 4))
  end)
end)

describe("cases", function()
  it("all have goals", function()
    local lua = os.getenv "NUMOON_LUA" or "lua5.4"
    local pipe = assert(io.popen("'" .. lua .. "' bench/cases.lua --list"))
    local names = { startup = true }
    for name in pipe:lines() do names[name] = true end
    assert.is_true(pipe:close())
    for name in pairs(names) do assert.truthy(goals[name], name .. " has no goal") end
    for name in pairs(goals) do assert.truthy(names[name], name .. " is no case") end
  end)
end)
