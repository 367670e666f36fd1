-- Random ops: against Philox in plain Lua, and by their moments.
local draws = require "spec.sweep.draws"
local families = require "spec.sweep.families"

describe("random numbers", function()
  for _, row in ipairs(draws.rows) do
    it("of " .. row[1] .. " have their range, mean and deviation", function()
      draws.check(row[2], row[3])
    end)
  end

  it("come with a row for each op that draws", function()
    local rows = {}
    for _, row in ipairs(draws.rows) do rows[row[1]] = true end
    assert.same(families.random, rows)
  end)

  for _, dtype in ipairs { "float32", "float64", "float16", "bfloat16" } do
    it("are Philox's in " .. dtype, function()
      draws.check_philox("rand", 1003, dtype)
      draws.check_philox("randn", 1003, dtype)
    end)
  end
end)
