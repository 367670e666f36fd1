--- data: datasets, loaders and readers.
local util = require "numoon.util"

local data = { DataLoader = require "numoon.data.loader" }
for _, part in ipairs { "dataset", "idx" } do
  for name, value in pairs(require("numoon.data." .. part)) do data[name] = value end
end

return util.strict("data", data)
