-- The README's examples: every block is run, and must print what its comments say.

-- The ```lua blocks of a file: their text and the lines behind "-->".
local function blocks(path)
  local list, lines, expected = {}, nil, nil
  for line in io.lines(path) do
    if line == "```lua" then
      lines, expected = {}, {}
    elseif line == "```" and lines then
      list[#list + 1] = {
        code = table.concat(lines, "\n"),
        expected = table.concat(expected, "\n"),
      }
      lines = nil
    elseif lines then
      lines[#lines + 1] = line
      expected[#expected + 1] = line:match "%-%-> (.*)$"
    end
  end
  return list
end

-- Runs a block and returns what it prints.
local function output(code, name)
  local printed = {}
  local function print(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    printed[#printed + 1] = table.concat(parts, "\t")
  end
  assert(load(code, name, "t", setmetatable({ print = print }, { __index = _G })))()
  return table.concat(printed, "\n")
end

describe("README.md", function()
  local list = blocks "README.md"
  it("has fifteen examples", function() assert.equal(15, #list) end)
  for i, block in ipairs(list) do
    it("prints what example " .. i .. " says", function()
      assert.is_true(#block.expected > 0)
      assert.equal(block.expected, output(block.code, "=README.md"))
    end)
  end
end)
