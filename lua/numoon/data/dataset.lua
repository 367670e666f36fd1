--- Datasets: what has a length and gives the i-th sample, counted from 1.
--
-- A dataset is anything with `#ds`, `ds:get(i)` -- the tensors (or numbers) of one sample -- and
-- `ds:batch(indices)`, which takes an int64 tensor and gives the same, stacked.
local nm = require "numoon"
local util = require "numoon.util"

---@class numoon.Dataset
local Dataset = {}
Dataset.__index = Dataset
function Dataset:__len() return self.size end

local function check_index(what, i, size)
  local index = math.tointeger(i)
  if type(i) ~= "number" or not index or index < 1 or index > size then
    util.error("%s: index %s is not one of 1 to %d", what, util.describe(i), size)
  end
  return index
end

-- One position of many samples as a tensor with a new first dim.
local function stack(values)
  if nm.is_tensor(values[1]) then return nm.stack(values) end
  return nm.tensor(values)
end

--- Samples by their numbers, stacked.
---@param indices numoon.Tensor
function Dataset:batch(indices)
  local columns, width = {}, 0
  for row, i in ipairs(indices:totable()) do
    local sample = table.pack(self:get(i))
    if row == 1 then
      width = sample.n
      for c = 1, width do columns[c] = {} end
    end
    for c = 1, width do columns[c][row] = sample[c] end
  end
  for c = 1, width do columns[c] = stack(columns[c]) end
  return table.unpack(columns, 1, width)
end

--- Makes a dataset of `size` samples, the i-th of which is what `get(i)` returns.
---@param size integer
---@param get fun(i: integer): ...
---@return numoon.Dataset
function Dataset.new(size, get)
  size = util.integer("data.Dataset", "the size", size, 0)
  if type(get) ~= "function" then
    util.error("data.Dataset: the second argument must be a function, got %s", util.describe(get))
  end
  return setmetatable({
    size = size,
    get = function(_, i) return get(check_index("data.Dataset", i, size)) end,
  }, Dataset)
end

-- ---- rows of tensors ----

---@class numoon.TensorDataset: numoon.Dataset
local TensorDataset = setmetatable({ __len = Dataset.__len }, { __index = Dataset })
TensorDataset.__index = TensorDataset

--- The rows of tensors that have the same length: sample i is t1[i], t2[i], ...
---@param ... numoon.Tensor
---@return numoon.TensorDataset
function TensorDataset.new(...)
  local tensors = table.pack(...)
  if tensors.n == 0 then util.error("data.TensorDataset: needs at least one tensor") end
  for i = 1, tensors.n do
    local t = util.tensor("data.TensorDataset", "argument " .. i, tensors[i])
    if t.ndim == 0 or #t ~= #tensors[1] then
      util.error("data.TensorDataset: argument %d of shape %s must have the first's length, %s", i,
        tostring(t.shape), tensors[1].ndim > 0 and #tensors[1] or "1 or more dims")
    end
  end
  return setmetatable({ size = #tensors[1], tensors = tensors }, TensorDataset)
end

function TensorDataset:each(f)
  local results = {}
  for c, t in ipairs(self.tensors) do results[c] = f(t) end
  return table.unpack(results)
end

function TensorDataset:get(i)
  i = check_index("data.TensorDataset", i, self.size)
  return self:each(function(t) return t[i] end)
end

function TensorDataset:batch(indices)
  return self:each(function(t) return t[indices:to(t.device)] end)
end

--- The samples from `first` to `last` as views: what a loader that doesn't shuffle takes.
function TensorDataset:range(first, last)
  return self:each(function(t) return t[{ { first, last } }] end)
end

-- ---- parts ----

---@class numoon.Subset: numoon.Dataset
local Subset = setmetatable({ __len = Dataset.__len }, { __index = Dataset })
Subset.__index = Subset

--- Some samples of a dataset, by an int64 tensor of their numbers.
---@param dataset numoon.Dataset
---@param indices numoon.Tensor|integer[]
---@return numoon.Subset
function Subset.new(dataset, indices)
  if not nm.is_tensor(indices) then indices = nm.tensor(indices, { dtype = "int64" }) end
  return setmetatable({ size = #indices, dataset = dataset, indices = indices }, Subset)
end

function Subset:get(i)
  i = check_index("data.Subset", i, self.size)
  return self.dataset:get(self.indices:get(i))
end

function Subset:batch(indices) return self.dataset:batch(self.indices[indices]) end

-- Lengths from fractions that add up to 1: rounded down, what is left over goes to the first ones.
local function lengths_of(fractions, size)
  local lengths, left = {}, size
  for i, fraction in ipairs(fractions) do
    lengths[i] = math.floor(size * fraction)
    left = left - lengths[i]
  end
  for i = 1, left do
    local k = (i - 1) % #lengths + 1
    lengths[k] = lengths[k] + 1
  end
  return lengths
end

--- Splits a dataset at random: `random_split(ds, {8000, 2000})` or `random_split(ds, {0.8, 0.2})`.
---@param dataset numoon.Dataset
---@param lengths number[]
---@return numoon.Subset[]
local function random_split(dataset, lengths)
  local what, total = "data.random_split", 0
  if type(lengths) ~= "table" or #lengths == 0 then
    util.error("%s: the lengths must be a list of numbers, got %s", what, util.describe(lengths))
  end
  for i, length in ipairs(lengths) do
    total = total + util.number(what, ("lengths[%d]"):format(i), length, 0)
  end
  if math.abs(total - 1) < 1e-6 and #dataset ~= 1 then
    lengths, total = lengths_of(lengths, #dataset), #dataset
  end
  if total ~= #dataset then
    util.error("%s: the lengths add up to %s, the dataset has %d samples", what, tostring(total),
      #dataset)
  end
  local order, parts, from = nm.randperm(#dataset), {}, 0
  for i, length in ipairs(lengths) do
    length = util.integer(what, ("lengths[%d]"):format(i), length, 0)
    parts[i] = Subset.new(dataset, order[{ { from + 1, from + length } }])
    from = from + length
  end
  return parts
end

return {
  Dataset = Dataset.new, TensorDataset = TensorDataset.new, Subset = Subset.new,
  random_split = random_split,
}
