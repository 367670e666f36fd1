local nm = require "numoon"

-- examples/digits.lua as a user runs it, with little data.

local lua = os.getenv "NUMOON_LUA" or "lua5.4"
local png = os.tmpname()

local function run(...)
  local pipe = assert(io.popen(("%s examples/digits.lua --out %s %s 2>&1"):format(lua, png,
    table.concat({ ... }, " "))))
  local text = pipe:read "a"
  return text, pipe:close() == true
end

local function losses(text)
  local list = {}
  for loss in text:gmatch "loss ([%d.]+)  test accuracy" do list[#list + 1] = tonumber(loss) end
  return list
end

describe("the digits demo", function()
  teardown(function() os.remove(png) end)

  local text, ok = run("--samples 2500 --epochs 3")

  it("learns", function()
    assert.is_true(ok, text)
    local curve = losses(text)
    assert.equal(3, #curve)
    assert.is_true(curve[1] > curve[2] and curve[2] > curve[3])
    assert.is_true(tonumber(text:match "\ntest accuracy ([%d.]+) %%") > 85, text)
  end)

  it("draws a picture", function()
    local file = assert(io.open(png, "rb"))
    local bytes = file:read "a"
    file:close()
    assert.equal("\137PNG\r\n\26\n", bytes:sub(1, 8))
    local width, height = string.unpack(">I4I4", bytes, 17)
    assert.same({ 1164, 622 }, { width, height })
    assert.is_true(#bytes > 50000)
  end)

  it("gives the same curve for the same seed, on every device", function()
    assert.same(losses(text), losses((run("--samples 2500 --epochs 3"))))
    local other = losses((run("--samples 2500 --epochs 3 --seed 2")))
    assert.is_false(losses(text)[1] == other[1])
    if not nm.vulkan.is_available() then return pending "no Vulkan device here" end
    local short = losses((run("--samples 1000 --epochs 2")))
    local gpu_text, gpu_ok = run("--samples 1000 --epochs 2 --device vulkan")
    assert.is_true(gpu_ok, gpu_text)
    for i, loss in ipairs(losses(gpu_text)) do assert.near(short[i], loss, 2e-3 * short[i]) end
  end)

  it("says how it is used", function()
    for _, arguments in ipairs { "--epochs", "--epochs x", "--epochs 0", "--nonsense 3", "a b" } do
      local message, success = run(arguments)
      assert.is_false(success)
      assert.matches("^digits: .*\nusage: ", message)
    end
    assert.matches("no train%-images", (run("/nonexistent")))
  end)
end)
