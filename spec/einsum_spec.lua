--- einsum and its kin where the sweep can't see: messages, broadcasting, the order of contraction.
local nm = require "numoon"

local function message(f, ...)
  local ok, text = pcall(f, ...)
  assert.is_false(ok)
  return tostring(text)
end

local function close(a, b, tolerance)
  assert.same(a.shape, b.shape)
  local off = nm.abs(a - b):max():item()
  assert.is_true(off <= (tolerance or 1e-5), ("off by %g"):format(off))
end

describe("einsum", function()
  before_each(function() nm.manual_seed(3) end)

  it("takes its operands one by one or as a list", function()
    local a, b = nm.randn(3, 4), nm.randn(4, 2)
    close(nm.einsum("ij,jk->ik", a, b), a % b)
    close(nm.einsum("ij,jk->ik", { a, b }), a % b)
    close(nm.einsum(" i j , j k -> i k ", a, b), a % b)
  end)

  it("gives a tensor of its own, also where nothing is to be done", function()
    local a = nm.randn(2, 3)
    local b = nm.einsum("ij->ij", a)
    b:fill_(0)
    assert.is_true(a:abs():max():item() > 0)
  end)

  it("contracts a chain in the cheapest order, not from the left", function()
    -- from the left the first product alone has 300 x 300 elements and costs 300 times as much
    local a, b, c = nm.randn(300, 2), nm.randn(2, 300), nm.randn(300)
    local y = nm.einsum("ij,jk,k->i", a, b, c)
    close(y, a % (b % c), 1e-2)
    local many, text = {}, {}
    for i = 1, 12 do
      many[i] = nm.randn(3, 3)
      text[i] = string.char(96 + i) .. string.char(97 + i)
    end
    local product = many[1]
    for i = 2, 12 do product = product % many[i] end
    local scale = product:abs():max():item()
    close(nm.einsum(table.concat(text, ",") .. "->am", many) / scale, product / scale, 1e-4)
  end)

  it("never makes what is larger than a tensor can be", function()
    -- eight dims of the result; in a bad order there would be more on the way
    local x = {}
    for i = 1, 8 do x[i] = nm.randn(2, 2) end
    local y = nm.einsum("ab,cd,ef,gh,ai,ci,ei,gi->bdfh", x)
    assert.same({ 2, 2, 2, 2 }, { table.unpack(y.shape) })
  end)

  it("broadcasts the dims of an ellipsis, and sizes of 1", function()
    local a, b = nm.randn(5, 1, 2, 3), nm.randn(4, 3, 2)
    close(nm.einsum("...ij,...jk->...ik", a, b), a % b)
    close(nm.einsum("...->", nm.ones(2, 3)), nm.tensor(6.0))
    close(nm.einsum("ij,ij->ij", nm.ones(3, 1), nm.ones(1, 4)), nm.ones(3, 4))
  end)

  it("has the gradient of what it computes, of diagonals too", function()
    local a = nm.randn(3, 3, { dtype = "float64" }):requires_grad_()
    local b = nm.randn(3, 2, { dtype = "float64" }):requires_grad_()
    local function f(x, y) return nm.einsum("ii,ij->j", x, y) end
    assert.is_true(nm.autograd.gradcheck(f, { a, b }))
    assert.is_true(nm.autograd.gradgradcheck(f, { a, b }))
  end)

  it("says what is wrong with a formula", function()
    local a, b = nm.ones(2, 3), nm.ones(4, 5)
    for text, want in pairs {
      ["ij,jk->ik"] = "j has size 3, and 4 in operand 2",
      ["ij"] = "is for 1 operands, and there are 2",
      ["ijk,jk"] = "operand 1 has shape {2, 3}, and 3 letters",
      ["ij,k1"] = "'1' is no letter",
      ["ij,kl->im"] = "m of the result is in no operand",
      ["ij,kl->ii"] = "i stands twice in the result",
      ["..ij,kl"] = "an ellipsis is ...",
      ["...i...,kl"] = "operand 1 has two ellipses",
      ["ij,kl->ik,j"] = "nothing may follow the result",
    } do
      assert.is_truthy(message(nm.einsum, text, a, b):find(want, 1, true), text)
    end
    assert.is_truthy(message(nm.einsum, "ij,jk", a, nm.ones(3, 2, { dtype = "float64" }))
      :find("float64", 1, true))
    assert.is_truthy(message(nm.einsum, "ii", nm.ones(2, 3)):find("sizes? %d"))
    assert.is_truthy(message(nm.einsum, ("i"):rep(100), a):find("more than 8 letters", 1, true))
    assert.is_truthy(message(nm.einsum, "i", {}):find("0 operands", 1, true))
  end)
end)

describe("products", function()
  it("ignore the input where beta is 0, NaN too", function()
    local bad = nm.full({ 2, 2 }, 0 / 0)
    close(bad:addmm(nm.eye(2), nm.eye(2), { beta = 0 }), nm.eye(2))
    bad:addmm_(nm.eye(2), nm.eye(2), { beta = 0, alpha = 2 })
    close(bad, nm.eye(2) * 2)
  end)

  it("of integers take whole factors only", function()
    local i = nm.tensor { { 1, 2 }, { 3, 4 } }
    assert.is_truthy(message(i.addmm, i, i, i, { alpha = 0.5 }):find("integers", 1, true))
    assert.same({ { 15, 22 }, { 33, 48 } }, i:addmm(i, i, { beta = 1, alpha = 2 }):totable())
  end)

  it("refuse shapes with both of them", function()
    assert.is_truthy(message(nm.tensordot, nm.ones(2, 3), nm.ones(4, 5), 1)
      :find("{2, 3} and {4, 5}", 1, true))
    assert.is_truthy(message(nm.tensordot, nm.ones(2, 3), nm.ones(3, 2), { { 1, 1 }, { 1, 2 } })
      :find("twice", 1, true))
    assert.is_truthy(message(nm.cross, nm.ones(2), nm.ones(2)):find("3 elements", 1, true))
    assert.is_truthy(message(nm.cdist, nm.ones(2, 3), nm.ones(2, 4))
      :find("{2, 3} and {2, 4}", 1, true))
    assert.is_truthy(message(nm.cdist, nm.ones(2, 3), nm.ones(2, 3), -1):find("negative", 1, true))
  end)

  it("of distances: exact without products of rows, 0 and no gradient for equal rows", function()
    local far = nm.tensor { { 10000.0, 1.0 }, { 10000.0, 2.0 } }
    local exact = { compute_mode = "donot_use_mm_for_euclid_dist" }
    assert.same({ { 0.0, 1.0 }, { 1.0, 0.0 } }, nm.cdist(far, far, exact):totable())
    for _, p in ipairs { 0.5, 1, 1.5, 2, 3, math.huge } do
      local x = nm.tensor { { 1.0, 2.0 } }:requires_grad_()
      nm.cdist(x, nm.tensor { { 1.0, 2.0 } }, p):sum():backward()
      assert.same({ { 0.0, 0.0 } }, x.grad:totable())
    end
    local a, b = nm.randn(60, 20), nm.randn(70, 20)
    close(nm.cdist(a, b), nm.cdist(a, b, exact), 1e-4)
  end)
end)
