--- viz: seeing tensors.
local core = require "numoon.core"
local util = require "numoon.util"

local viz = {}

--- Writes an image as a PNG file.  Of shape (H, W) it is grey; of shape (C, H, W) it has 1 to 4
--- channels: grey, grey and alpha, RGB, RGBA.  Floats go from 0 to 1, other dtypes from 0 to 255.
---@param path string
---@param image numoon.Tensor
function viz.imsave(path, image)
  local what = "viz.imsave"
  if type(path) ~= "string" then
    util.error("%s: the path must be a string, got %s", what, util.describe(path))
  end
  util.tensor(what, "the image", image)
  if image.ndim == 2 then image = image:unsqueeze(1) end
  local shape = image.shape
  if image.ndim ~= 3 or shape[1] < 1 or shape[1] > 4 or image:numel() == 0 then
    util.error("%s: an image of shape %s must be {H, W} or {C, H, W}, with 1 to 4 channels", what,
      tostring(shape))
  end
  image = image:detach()
  if image.dtype:find("float", 1, true) then
    image = (image * 255):clamp(0, 255):round()
  elseif image.dtype ~= "uint8" then
    image = image:clamp(0, 255)
  end
  local bytes = image:permute(2, 3, 1):to("uint8"):cpu():contiguous()
  core.write_png(path, shape[3], shape[2], shape[1], bytes)
end

return util.strict("viz", viz)
