-- The dtypes of results, against PyTorch's rules as data.
local nm = require "numoon"
local arrays = require "spec.sweep.arrays"
local promotion = require "spec.sweep.promotion"

describe("the dtype of a result", function()
  local function make(dtype, shape) return nm.zeros(shape, { dtype = dtype }) end
  local others = {
    tensor = function(place) return make(arrays.order[place], { 2 }) end,
    scalar = function(place) return make(arrays.order[place], {}) end,
    number = function(place) return ({ 1, 1.0, true })[place] end,
  }
  for kind, other in pairs(others) do
    it("follows from a tensor and a " .. kind, function()
      for _, dtype in ipairs(arrays.order) do
        for place = 1, kind == "number" and 3 or #arrays.order do
          local want = promotion.of(kind, dtype, place)
          local a, b = make(dtype, { 2 }), other(place)
          local text = ("%s with %s %d"):format(dtype, kind, place)
          assert.equal(want, nm.add(a, b).dtype, text)
          assert.equal(want, nm.add(b, a).dtype, text)
          assert.equal(want, nm.where(make("bool", { 2 }), a, b).dtype, text)
          assert.equal("bool", nm.eq(a, b).dtype, text)
          local floats = want:find("float") and want or "float32"
          assert.equal(floats, nm.div(a, b).dtype, text)
        end
      end
    end)
  end
end)
