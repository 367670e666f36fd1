-- What is generated from the registry is what the repository holds; every op is described; every
-- example runs.
local nm = require "numoon"
local annotations = require "tools.annotations"
local reference = require "tools.reference"
local registry = require "tools.registry"

local function read(path)
  local file = assert(io.open(path), path .. " is missing: run ./numoon docs, ./numoon coverage")
  local text = file:read "a"
  file:close()
  return text
end

local function lines_of(text)
  local list = {}
  for line in text:gmatch "(.-)\n" do list[#list + 1] = line end
  return list
end

-- A line without its numbers and spaces, and the numbers.
local function skeleton(line)
  local numbers = {}
  local rest = line:gsub("%-?%d+%.?%d*e?[-+]?%d*", function(word)
    if not tonumber(word) then return nil end
    numbers[#numbers + 1] = tonumber(word)
    return "#"
  end)
  return rest:gsub("%s", ""), numbers
end

-- Printed numbers may differ by rounding from one processor to another.
local function alike(a, b)
  if a == b then return true end
  if not a or not b then return false end
  local text_a, numbers_a = skeleton(a)
  local text_b, numbers_b = skeleton(b)
  if text_a ~= text_b or #numbers_a ~= #numbers_b then return false end
  for i, x in ipairs(numbers_a) do
    local y = numbers_b[i]
    if math.abs(x - y) > 1e-4 * math.max(1, math.abs(x)) then return false end
  end
  return true
end

local function expect_current(path, text)
  local have, want = lines_of(read(path)), lines_of(text)
  for i = 1, math.max(#have, #want) do
    if not alike(have[i], want[i]) then
      error(("%s, line %d: there is `%s`, the registry says `%s`: run ./numoon docs"):format(path,
        i, tostring(have[i]), tostring(want[i])), 0)
    end
  end
end

describe("the reference", function()
  it("is what the registry says", function()
    expect_current("docs/reference.md", reference())
  end)

  it("has annotations for editors that are what the registry says", function()
    expect_current("lua/numoon/meta.lua", annotations())
    assert.is_function(assert(loadfile("lua/numoon/meta.lua")))
  end)

  it("has a table of what the sweep covers, of every op and without a hole", function()
    local covered, wanted = {}, {}
    for line in read("docs/coverage.md"):gmatch "(.-)\n" do
      local name, rest = line:match "^| ([%w_.]+) |(.*)$"
      if name and name ~= "op" then
        covered[#covered + 1] = name
        assert(not rest:find "| 0 |" and not rest:find "|  |", "a hole: " .. line)
      end
    end
    for _, group in ipairs(registry.grouped()) do
      for _, op in ipairs(group.ops) do wanted[#wanted + 1] = op.name end
    end
    table.sort(wanted)
    assert.equal(table.concat(wanted, "\n"), table.concat(covered, "\n"), "./numoon coverage")
  end)

  it("notices a difference", function()
    assert.is_false(alike("--> {1.0, 2.0}", "--> {1.0, 2.1}"))
    assert.is_false(alike("- Shapes: (...)", "- Shapes: (N)"))
    assert.is_true(alike("--> {1.0, 2.0000001}", "--> {1.0, 2.0}"))
  end)

  it("describes every function of the library", function()
    for _, f in ipairs(registry.own()) do
      assert(f.doc and #f.doc > 0, f.name .. " has no doc")
      local found = f.func and nm[f.name] or nm.zeros(1)[f.name]
      assert(type(found) == "function", f.name .. " is not there")
    end
  end)
end)

describe("the registry", function()
  for _, group in ipairs(registry.grouped()) do
    it("describes every op of " .. group.title, function()
      local missing = {}
      for _, op in ipairs(group.ops) do
        local has = { doc = op.doc, dtypes = op.dtypes, shapes = registry.shapes(op),
          example = registry.example(op) }
        for _, field in ipairs { "doc", "dtypes", "shapes", "example" } do
          if (has[field] or "") == "" then
            missing[#missing + 1] = op.name .. " has no " .. field
          end
        end
      end
      assert.equal("", table.concat(missing, "\n"))
    end)

    it("has examples that run, of every op of " .. group.title, function()
      local failed = {}
      for _, op in ipairs(group.ops) do
        local has = registry.example(op)
        local ok, why = pcall(registry.run_example, op)
        if has and not ok then failed[#failed + 1] = op.name .. ": " .. tostring(why) end
      end
      assert.equal("", table.concat(failed, "\n"))
    end)
  end

  it("names each family in the order of the reference", function()
    local titles = {}
    for _, row in ipairs(registry.families) do titles[row[2]] = true end
    for _, group in ipairs(registry.grouped()) do
      assert(titles[group.title], "tools/registry.lua has no title for " .. group.title)
    end
  end)
end)
