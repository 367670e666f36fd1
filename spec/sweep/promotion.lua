--- The dtype of a result from those of its operands: PyTorch's rules as data.
--
-- A row for each dtype of a tensor with dims; the columns are the other operand, in the order of
-- arrays.order.  Letters: f d h b are float32, float64, float16, bfloat16; l i s c u are int64,
-- int32, int16, int8, uint8; o is bool.
local arrays = require "spec.sweep.arrays"

local promotion = {}

promotion.letters = { f = "float32", d = "float64", h = "float16", b = "bfloat16", l = "int64",
  i = "int32", s = "int16", c = "int8", u = "uint8", o = "bool" }

promotion.tables = {
  tensor = { -- another tensor with dims
    "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
    "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
  },
  scalar = { -- a 0-d tensor
    "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
    "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
  },
  number = { -- a number: an integer, a float, a boolean
    "fff", "ddd", "hhh", "bbb", "lfl",
    "ifi", "sfs", "cfc", "ufu", "lfo",
  },
}

--- The dtype in a table: of what kind the other operand is, and its place in the order.
function promotion.of(kind, dtype, place)
  for row, name in ipairs(arrays.order) do
    if name == dtype then
      return promotion.letters[promotion.tables[kind][row]:sub(place, place)]
    end
  end
end

return promotion
