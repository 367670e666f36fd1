--- The networks of the cases, and what a training step of one is.
local nm = require "numoon"
local nn, F = nm.nn, nm.nn.functional

local models = {}

-- ---- layers that are functions of two parameters ----

local function uniform(fan_in, ...)
  local bound = 1 / math.sqrt(fan_in)
  return nn.Parameter((nm.rand(...) * 2 - 1) * bound)
end

local Conv2d = nn.Module:extend "Conv2d"

function Conv2d:init(inputs, outputs, kernel, padding)
  local fan_in = inputs * kernel * kernel
  self.weight = uniform(fan_in, outputs, inputs, kernel, kernel)
  self.bias = uniform(fan_in, outputs)
  self.padding = padding
end

function Conv2d:forward(x)
  return F.conv2d(x, self.weight, self.bias, { padding = self.padding })
end

local MaxPool2d = nn.Module:extend "MaxPool2d"

function MaxPool2d:init(size) self.size = size end

function MaxPool2d:forward(x) return (F.max_pool2d(x, self.size)) end

--- Normalizes the last dim, with weight and bias.
function models.layer_norm(x, weight, bias)
  return (F.layer_norm(x, { #weight }, weight, bias))
end

local LayerNorm = nn.Module:extend "LayerNorm"

function LayerNorm:init(size)
  self.weight, self.bias = nn.Parameter(nm.ones(size)), nn.Parameter(nm.zeros(size))
end

function LayerNorm:forward(x) return models.layer_norm(x, self.weight, self.bias) end

-- ---- networks ----

function models.tiny_mlp()
  return nn.Sequential(nn.Linear(16, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
end

function models.mlp()
  return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(),
    nn.Linear(256, 10))
end

function models.cnn()
  return nn.Sequential(
    Conv2d(1, 16, 3, 1), nn.ReLU(), MaxPool2d(2),
    Conv2d(16, 32, 3, 1), nn.ReLU(), MaxPool2d(2),
    nn.Flatten(), nn.Linear(32 * 7 * 7, 10))
end

--- A pre-norm transformer block, written out from plain layers.
local Block = nn.Module:extend "Block"
models.Block = Block

function Block:init(d, heads)
  self.heads = heads
  self.norm1, self.norm2 = LayerNorm(d), LayerNorm(d)
  self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
  self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
end

function Block:forward(x)
  local b, t, d = table.unpack(x.shape)
  local qkv = self.qkv(self.norm1(x)):view(b, t, 3, self.heads, -1):permute(3, 1, 4, 2, 5)
  local q, k, v = qkv[1], qkv[2], qkv[3]
  local scores = q % k.mT / math.sqrt(d // self.heads)
  local mixed = (scores:softmax(-1) % v):transpose(2, 3):reshape(b, t, d)
  x = x + self.out(mixed)
  return x + self.down(F.gelu(self.up(self.norm2(x)), "tanh"))
end

-- ---- steps ----

--- What a step computes is read by the next one; only the last is evaluated here.
function models.train_step(net, optimizer, loss)
  local parameters = net:parameters()
  return function()
    optimizer:zero_grad()
    loss():backward()
    optimizer:step()
    nm.eval(table.unpack(parameters))
  end
end

--- Gradients of all parameters, and no optimizer.
function models.gradient_step(net, loss)
  local parameters = net:parameters()
  return function()
    net:zero_grad()
    loss():backward()
    local gradients = {}
    for i, parameter in ipairs(parameters) do gradients[i] = parameter.grad end
    nm.eval(table.unpack(gradients))
  end
end

return models
