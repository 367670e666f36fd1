--- data.DataLoader: the samples of a dataset in batches.
local nm = require "numoon"
local util = require "numoon.util"

---@class numoon.DataLoader
---@field dataset numoon.Dataset
---@field batch_size integer
local DataLoader = {}
DataLoader.__index = DataLoader

--- Makes a loader; iterate with `for x, y in loader:iter() do`, or `loader()` for short.  Shuffling
--- draws a new order from numoon's random stream (nm.manual_seed) at the start of each iteration.
---@param dataset numoon.Dataset
---@param options? {batch_size: integer, shuffle: boolean, drop_last: boolean}
---@return numoon.DataLoader
local function new(dataset, options)
  local what = "data.DataLoader"
  options = util.options(what, options, { batch_size = 1, shuffle = false, drop_last = false })
  if type(dataset) ~= "table" or not dataset.get or not dataset.batch then
    util.error("%s: needs a dataset, got %s", what, util.describe(dataset))
  end
  options.batch_size = util.integer(what, "option 'batch_size'", options.batch_size, 1)
  options.dataset = dataset
  return setmetatable(options, DataLoader)
end

--- The number of batches.
function DataLoader:__len()
  local size = self.batch_size
  return (#self.dataset + (self.drop_last and 0 or size - 1)) // size
end

--- An iterator over the batches, for one pass.
---@return fun(): ...
function DataLoader:iter()
  local dataset, size, count = self.dataset, #self.dataset, #self
  local order = self.shuffle and nm.randperm(size)
  local i = 0
  return function()
    if i == count then return nil end
    local first, last = i * self.batch_size + 1, math.min((i + 1) * self.batch_size, size)
    i = i + 1
    if order then return dataset:batch(order[{ { first, last } }]) end
    if dataset.range then return dataset:range(first, last) end
    return dataset:batch(nm.range(first, last))
  end
end

DataLoader.__call = DataLoader.iter

return new
