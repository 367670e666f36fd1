-- Nothing that is promised is missing: every function by its name, in every form that PyTorch has
-- (spec/data/forms.lua), and what tensors and the library offer beside ops.
local nm = require "numoon"
local forms = require "spec.data.forms"
local helper = require "spec.helper"
local oracle = require "spec.sweep.oracle"

local families = { "creation", "shape", "elementwise", "reductions", "indexing", "products" }

-- Without raising: the table of functions refuses unknown names.
local function field(value, name)
  local ok, found = pcall(function() return value[name] end)
  return ok and found or nil
end

local function function_named(name)
  local ok, found = pcall(helper.op, name)
  return ok and found or nil
end

-- What is missing of an op.  What takes a tensor first is a method, also where PyTorch has none;
-- but for what makes new tensors.
local function gaps(name, has, family)
  local list, x, op = {}, nm.zeros(2), nm.ops[name]
  local first = op and op.params[1]
  local is_method = first and (first.kind == "tensor" or first.kind == "operand")
    and not name:find(".", 1, true) and family ~= "creation"
  if has:find "f" and not function_named(name) then list[1] = "nm." .. name end
  if (has:find "m" or is_method) and not field(x, name) then list[#list + 1] = "x:" .. name end
  if has:find "i" and not field(x, name .. "_") then list[#list + 1] = "x:" .. name .. "_" end
  if has:find "o" and not (op and op.out) then list[#list + 1] = "nm." .. name .. " with out =" end
  return list
end

describe("every function that is promised", function()
  for _, family in ipairs(families) do
    it("is there, in every form: " .. family, function()
      local missing = {}
      for _, row in ipairs(forms[family]) do
        for _, gap in ipairs(gaps(row[1], row[2], family)) do missing[#missing + 1] = gap end
      end
      assert.equal("", table.concat(missing, "\n"))
    end)
  end

  it("is there: what is no op", function()
    local missing = {}
    local function need(value, prefix, names)
      for name in names:gmatch "%S+" do
        if field(value, name) == nil then missing[#missing + 1] = prefix .. name end
      end
    end
    need(nm, "nm.", [[tensor from_table frombuffer from_blob manual_seed get_rng_state set_rng_state
      set_default_dtype get_default_dtype set_default_device get_default_device newaxis ops
      float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool float double half long int
      short]])
    need(nm, "nm.", [[grad no_grad enable_grad inference_mode set_grad_enabled is_grad_enabled scope
      eval set_fusion set_num_threads get_num_threads nn optim data viz autograd linalg vulkan]])
    need(nm.vulkan, "nm.vulkan.", "is_available devices synchronize memory_stats empty_cache")
    need(nm.autograd, "nm.autograd.", "Function gradcheck gradgradcheck detect_anomaly")
    need(nm.zeros(2, 3), "x:", [[shape dtype device ndim T mT is_leaf size dim numel stride
      is_contiguous item totable data_ptr get set to cpu vulkan backward detach requires_grad_
      retain_grad register_hook close float double half bfloat16 long int short bool]])
    assert.is_false(nm.zeros(1).requires_grad)
    assert.is_nil(nm.zeros(1).grad)
    assert.is_nil(nm.zeros(1).grad_fn)
    assert.equal("", table.concat(missing, "\n"))
  end)

  it("is there: operators", function()
    local missing, meta = {}, require("numoon.core").meta
    for event in ([[add sub mul div idiv mod pow unm band bor bxor bnot shl shr eq lt le len concat
      tostring index newindex close gc]]):gmatch "%S+" do
      if not meta["__" .. event] then missing[#missing + 1] = "__" .. event end
    end
    assert.equal("", table.concat(missing, "\n"))
  end)

  it("has the forms that PyTorch says it has", function()
    if not oracle.available() then return pending "there is no PyTorch" end
    local pipe = assert(io.popen(oracle.python .. " spec/data/forms.py"))
    local text = pipe:read "a"
    pipe:close()
    if not text:find(('version = "%s"'):format(forms.version), 1, true) then
      return pending("the data are of PyTorch " .. forms.version)
    end
    local file = assert(io.open "spec/data/forms.lua")
    assert.equal(file:read "a", text)
    file:close()
  end)
end)

describe("the options of new tensors", function()
  it("are taken by everything that makes one", function()
    local missing = {}
    for _, row in ipairs(forms.creation) do
      local op = nm.ops[row[1]]
      local has = {}
      for _, p in ipairs(op and op.params or {}) do has[p.name] = true end
      local draws = ({ bernoulli = true, multinomial = true, normal = true })[row[1]]
      for _, option in ipairs(op and not draws and { "dtype", "device", "requires_grad" } or {}) do
        if not has[option] then missing[#missing + 1] = row[1] .. ": " .. option end
      end
    end
    assert.equal("", table.concat(missing, "\n"))
  end)
end)

-- One op, one way to spell what it takes.
describe("the names of parameters", function()
  it("are the same everywhere", function()
    local wrong = {} -- but tensordot's, which are PyTorch's
    local instead = { self = "input", x = "input", axis = "dim", axes = "dims",
      keepdims = "keepdim", a = "input", b = "other" }
    for name, op in pairs(nm.ops) do
      local public = op.func or op.method or op.inplace
      for _, p in ipairs(public and op.params or {}) do
        if instead[p.name] and name ~= "tensordot" then
          wrong[#wrong + 1] = name .. ": " .. p.name
        end
      end
    end
    table.sort(wrong)
    assert.equal("", table.concat(wrong, "\n"))
  end)
end)
