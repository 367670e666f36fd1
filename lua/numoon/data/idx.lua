--- Reading IDX files, the format of MNIST, plain or gzip.
--
-- A file is two zero bytes, a type code, the number of dims, the dims as 32-bit numbers, and then
-- the elements, row-major; all of it big-endian: http://yann.lecun.com/exdb/mnist
local nm = require "numoon"
local core = require "numoon.core"
local util = require "numoon.util"

local TYPES = { -- by type code: dtype and bytes
  [0x08] = { "uint8", 1 }, [0x09] = { "int8", 1 }, [0x0B] = { "int16", 2 },
  [0x0C] = { "int32", 4 }, [0x0D] = { "float32", 4 }, [0x0E] = { "float64", 8 },
}

-- What turns the bytes of an element round, by the element's size.
local SWAPS = {
  [2] = { "(.)(.)", "%2%1" },
  [4] = { "(.)(.)(.)(.)", "%4%3%2%1" },
  [8] = { "(.)(.)(.)(.)(.)(.)(.)(.)", "%8%7%6%5%4%3%2%1" },
}
local HOST_IS_LITTLE = string.pack("=I2", 1) == "\1\0"

-- The file's bytes; core's own errors name the file.
local function read(path)
  local ok, bytes = pcall(core.read_file, path)
  if not ok then util.error("data.idx: %s", (tostring(bytes):gsub("^.-read_file: ", ""))) end
  return bytes
end

--- Reads an IDX file as a tensor.
---@param path string
---@return numoon.Tensor
local function idx(path)
  if type(path) ~= "string" then
    util.error("data.idx: the path must be a string, got %s", util.describe(path))
  end
  local bytes = read(path)
  local function bad(format, ...) util.error("data.idx: '%s' " .. format, path, ...) end
  if #bytes < 4 then bad("is too short for an IDX file") end
  local zeros, code, ndim = string.unpack(">I2BB", bytes)
  local kind = TYPES[code]
  if zeros ~= 0 or not kind then
    bad("is not an IDX file: it begins with %08x", string.unpack(">I4", bytes))
  end
  if ndim > 8 then bad("has %d dims, and a tensor at most 8", ndim) end
  local start = 5 + 4 * ndim
  if #bytes < start - 1 then bad("ends within its header") end
  local shape, wanted = {}, kind[2]
  for d = 1, ndim do
    shape[d] = string.unpack(">I4", bytes, 1 + 4 * d)
    wanted = wanted * shape[d]
    if wanted > #bytes then break end -- before it overflows
  end
  if #bytes - start + 1 ~= wanted then
    bad("has %d bytes of elements; its shape {%s} of %s needs %d", #bytes - start + 1,
      table.concat(shape, ", "), kind[1], wanted)
  end
  local elements = bytes:sub(start)
  local swap = HOST_IS_LITTLE and SWAPS[kind[2]]
  if swap then elements = elements:gsub(swap[1], swap[2]) end
  return nm.frombuffer(elements, { dtype = kind[1] }):reshape(shape)
end

-- The path of a file that may be gzipped, or nil.
local function find(path)
  for _, candidate in ipairs { path, path .. ".gz" } do
    local file = io.open(candidate, "rb")
    if file then
      file:close()
      return candidate
    end
  end
end

-- Images and labels of one split, or nil where the images are not there.
local function read_split(stem)
  local images = find(stem .. "-images-idx3-ubyte")
  if not images then return nil end
  local labels = find(stem .. "-labels-idx1-ubyte")
  if not labels then util.error("data.mnist: no '%s-labels-idx1-ubyte' beside the images", stem) end
  local x, y = idx(images), idx(labels)
  if x.ndim ~= 3 or y.ndim ~= 1 or #x ~= #y then
    util.error("data.mnist: '%s' of shape %s and '%s' of shape %s don't belong together", images,
      tostring(x.shape), labels, tostring(y.shape))
  end
  return { images = x, labels = y:to("int64") + 1 }
end

---@class numoon.MnistSplit
---@field images numoon.Tensor uint8, (N, 28, 28)
---@field labels numoon.Tensor classes counted from 1: the digit 0 is class 1

--- Reads the splits of MNIST, or of a set with its file names, that are in a folder.
---@param dir string
---@return {train: numoon.MnistSplit?, test: numoon.MnistSplit?}
local function mnist(dir)
  if type(dir) ~= "string" then
    util.error("data.mnist: the folder must be a string, got %s", util.describe(dir))
  end
  local splits = { train = read_split(dir .. "/train"), test = read_split(dir .. "/t10k") }
  if not next(splits) then
    util.error("data.mnist: no train-images-idx3-ubyte or t10k-images-idx3-ubyte in '%s'", dir)
  end
  return splits
end

return { idx = idx, mnist = mnist }
