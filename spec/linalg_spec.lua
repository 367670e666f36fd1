--- nm.linalg where the sweep can't see: large matrices, identities, messages, derivatives at
--- singular and repeated values.
local nm = require "numoon"
local la = nm.linalg

local f64 = { dtype = "float64" }

local function message(f, ...)
  local ok, text = pcall(f, ...)
  assert.is_false(ok)
  return tostring(text)
end

local function says(want, f, ...)
  local text = message(f, ...)
  assert.is_truthy(text:find(want, 1, true), text)
end

local function close(a, b, tolerance)
  assert.same({ table.unpack(a.shape) }, { table.unpack(b.shape) })
  local off = nm.abs(a - b):max():item()
  assert.is_true(off <= tolerance, ("off by %g"):format(off))
end

local function leaf(...)
  local args = { ... }
  args[#args + 1] = f64
  return nm.randn(table.unpack(args)):requires_grad_()
end

local function check(f, ...)
  assert.is_true(nm.autograd.gradcheck(f, { ... }))
  assert.is_true(nm.autograd.gradgradcheck(f, { ... }))
end

local function symmetric(x) return (x + x.mT) / 2 end
local function eye(n) return nm.eye(n, f64) end

describe("linear algebra", function()
  before_each(function() nm.manual_seed(11) end)

  it("factors large matrices, in float64 and float32", function()
    for dtype, tolerance in pairs { float64 = 1e-10, float32 = 2e-2 } do
      local n = 150
      local a = nm.randn(n, n, { dtype = dtype })
      local unit = nm.eye(n, { dtype = dtype })
      local q, r = la.qr(a)
      close(q % r, a, tolerance)
      close(q.mT % q, unit, tolerance)
      close(r, r:triu(), 0)
      local p, l, up = la.lu(a)
      close(p % l % up, a, tolerance)
      local u, s, v = la.svd(a)
      close(u * s:unsqueeze(-2) % v, a, tolerance)
      close(la.svdvals(a), s, tolerance)
      local w, x = la.eigh(symmetric(a))
      close(x * w:unsqueeze(-2) % x.mT, symmetric(a), tolerance)
      close(la.eigvalsh(symmetric(a), "U"), w, tolerance)
      local spd = a % a.mT / n + unit
      l = la.cholesky(spd)
      close(l % l.mT, spd, tolerance)
      close(spd % la.inv(spd), unit, tolerance)
      close(spd % la.solve(spd, a), a, tolerance)
      close(a % la.pinv(a) % a, a, tolerance * 10)
      local general = nm.diag(nm.arange(n):to(dtype)) + symmetric(a) * 0.01
      local e, vectors = la.eig(general)
      close(general % vectors, vectors * e:unsqueeze(-2), tolerance)
    end
  end)

  it("does not change what it reads, in any layout", function()
    local a = nm.randn(4, 4) + nm.eye(4) * 5
    local copy = a:clone()
    for _, x in ipairs { a, a.mT, a:clone(), symmetric(a) } do
      local before = x:clone()
      la.inv(x)
      la.det(x)
      la.svd(x)
      la.eigh(x)
      la.qr(x)
      la.solve(x, x)
      la.lstsq(x, x)
      assert.is_true(x == before)
    end
    assert.is_true(a == copy)
  end)

  it("gives the same for a batch and for its matrices, whatever the number of threads", function()
    local a = nm.randn(40, 12, 12)
    local threads = nm.get_num_threads()
    local all = {}
    for k, n in ipairs { 1, 4 } do
      nm.set_num_threads(n)
      all[k] = { la.inv(a), la.svdvals(a), la.det(a) }
    end
    nm.set_num_threads(threads)
    for i = 1, 3 do assert.is_true(all[1][i] == all[2][i]) end
    for i = 1, 40, 13 do assert.is_true(all[1][1][i] == la.inv(a[i])) end
  end)

  it("takes many rows, many right hand sides and many matrices", function()
    local a, b = nm.randn(100000, 3, f64), nm.randn(100000, 2, f64)
    local x = la.lstsq(a, b)
    close(a.mT % (a % x), a.mT % b, 1e-6)
    local q, r = la.qr(a)
    close(q.mT % q, eye(3), 1e-10)
    close(q % r, a, 1e-10)
    local few, many = nm.randn(3, 3, f64) + eye(3) * 4, nm.randn(3, 50000, f64)
    close(few % la.solve(few, many), many, 1e-10)
    local small = nm.randn(5000, 2, 2, f64) + eye(2) * 5
    close(small % la.inv(small), eye(2):expand(5000, 2, 2), 1e-10)
    says("at most", la.inv, nm.ones(1):expand(30000, 30000))
    says("at most", la.norm, nm.ones(1):expand(30000, 30000), "nuc")
  end)

  it("is an error that names the package where there is no LAPACK", function()
    local folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    for _, name in ipairs { "liblapack.so.3", "liblapack.so", "libopenblas.so.0",
      "libopenblas.so" } do
      assert(io.open(folder .. "/" .. name, "w")):close() -- no library, but found first
    end
    local script = [[local nm = require "numoon" print(pcall(nm.linalg.inv, nm.eye(2)))
      print(nm.linalg.norm(nm.eye(2), 1):item())]]
    local command = ("LD_LIBRARY_PATH=%s %s -e '%s' 2>&1"):format(folder, arg[-1] or "lua5.4",
      script)
    local pipe = assert(io.popen(command))
    local text = pipe:read "a"
    pipe:close()
    os.execute("rm -r " .. folder)
    assert.is_truthy(text:find("linalg.inv: LAPACK is not installed (Debian's package", 1, true),
      text)
    assert.is_truthy(text:find("1.0", 1, true), text)
  end)

  it("names the pivot, the minor and the matrix that fail", function()
    local ones = nm.ones(2, 2)
    local two = nm.stack { nm.eye(2), ones }
    says("linalg.inv: the matrix is singular: pivot 2 is 0", la.inv, ones)
    says("pivot 2 of matrix 2 is 0", la.inv, two)
    says("pivot 2 of matrix 2 is 0", la.solve, two, nm.ones(2))
    says("pivot 1 is 0", la.solve_triangular, nm.zeros(2, 2), nm.ones(2, 1))
    says("leading minor of order 2 is not positive", la.cholesky, nm.ones(2, 2) * 2 - nm.eye(2))
    says("leading minor of order 1 of matrix 2", la.cholesky, nm.stack { nm.eye(2), -nm.eye(2) })
    says("complex", la.eig, nm.tensor { { 0.0, 1.0 }, { -1.0, 0.0 } })
    says("linalg.eigh", la.eigvals, nm.tensor { { 0.0, 1.0 }, { -1.0, 0.0 } })
    says("NaN", la.svd, nm.full({ 2, 2 }, 0 / 0))
    says("infinite", la.eigh, nm.full({ 2, 2 }, math.huge))
    local deficient = nm.eye(3, 2) * nm.tensor { 1.0, 0.0 }
    says("full rank", la.lstsq, deficient, nm.ones(3), { driver = "gels" })
    says("shape {2, 3}: the matrices must be square", la.det, nm.ones(2, 3))
    says("2 dims or more", la.svd, nm.ones(3))
    says(":to(\"float32\")", la.inv, nm.tensor { { 1, 2 }, { 3, 4 } })
    says("as many rows as A", la.solve, nm.eye(2), nm.ones(3))
    says("do not broadcast", la.solve, nm.ones(2, 3, 3), nm.ones(4, 3, 1))
    says("\"complete\"", la.qr, nm.eye(2), "full")
    says("UPLO", la.eigh, nm.eye(2), "X")
    says("driver", la.lstsq, nm.eye(2), nm.ones(2), { driver = "svd" })
    says("tensors 1 and 2", la.multi_dot, { nm.ones(2, 3), nm.ones(2, 3) })
    says("the inverse is no integer", la.matrix_power, nm.tensor { { 1, 1 }, { 1, 0 } }, -1)
    says("\"nuc\"", la.norm, nm.eye(2), "max")
    says("ord 3", la.norm, nm.eye(2), 3)
  end)

  it("takes matrices and batches without elements", function()
    assert.same(1.0, la.det(nm.zeros(0, 0)):item())
    assert.same({ 0, 3, 3 }, { table.unpack(la.inv(nm.zeros(0, 3, 3)).shape) })
    local u, s, v = la.svd(nm.zeros(2, 0, 3))
    assert.same({ 2, 0, 0 }, { table.unpack(u.shape) })
    assert.same({ 2, 0 }, { table.unpack(s.shape) })
    assert.is_true(v == nm.eye(3):expand(2, 3, 3))
    assert.same({ 2, 3, 0 }, { table.unpack(la.pinv(nm.zeros(2, 0, 3)).shape) })
    assert.same({ 0, 0 }, la.matrix_rank(nm.zeros(2, 0, 3)):totable())
    assert.same({ 3, 2 }, { table.unpack(la.lstsq(nm.zeros(0, 3), nm.zeros(0, 2)).shape) })
  end)

  it("finds ranks, and solves what has none in full", function()
    local a = nm.randn(6, 2, f64) % nm.randn(2, 5, f64)
    assert.same(2, la.matrix_rank(a):item())
    assert.same(0, la.matrix_rank(a, { atol = 1e3 }):item())
    local b = nm.randn(6, 3, f64)
    local x, left, rank = la.lstsq(a, b)
    close(x, la.pinv(a) % b, 1e-10)
    assert.same(2, rank:item())
    assert.same(0, left:numel())
    local _, _, _, values = la.lstsq(a, b, { driver = "gelsd" })
    close(values, la.svdvals(a), 1e-10)
    assert.same(math.huge, la.cond(nm.zeros(2, 2), 1):item())
    assert.same(math.huge, la.cond(nm.ones(2, 2), "fro"):item())
  end)

  it("does not overflow where only a logarithm is asked for", function()
    local sign, log = la.slogdet(nm.eye(200) * -1000)
    assert.same(1.0, sign:item())
    assert.is_true(math.abs(log:item() - 200 * math.log(1000)) < 1e-2)
    assert.is_true(nm.logdet(nm.diag(nm.tensor { 1.0, -1.0 })):isnan():item())
  end)

  it("multiplies a chain in the cheapest order", function()
    local a, b, c = nm.randn(400, 2, f64), nm.randn(2, 400, f64), nm.randn(400, 1, f64)
    close(la.multi_dot { a, b, c }, a % (b % c), 1e-10)
    close(la.multi_dot { a.mT[1], a, b[{ {}, 1 }] }, a.mT[1] % (a % b[{ {}, 1 }]), 1e-10)
  end)

  it("gives norms of any dims what PyTorch's definition says", function()
    local x = nm.tensor({ 3.0, -4.0, 0.0, 12.0 }, f64):reshape(2, 2)
    assert.same(13.0, la.norm(x):item())
    assert.same({ 5.0, 12.0 }, la.norm(x, { dim = 2 }):totable())
    assert.same(16.0, la.norm(x, 1):item())
    assert.same(12.0, la.norm(x, math.huge):item())
    assert.same(3.0, la.norm(x, -1):item())
    assert.same(3, math.tointeger(la.vector_norm(x, 0):item()))
    assert.same({ 1, 1 }, { table.unpack(la.matrix_norm(x, { keepdim = true }).shape) })
  end)
end)

describe("derivatives of linear algebra", function()
  before_each(function() nm.manual_seed(12) end)

  it("of square, tall and wide matrices are those of differences, twice", function()
    for _, shape in ipairs { { 3, 3 }, { 4, 3 }, { 3, 4 } } do
      local m, n = shape[1], shape[2]
      check(function(x) return la.svd(x, false) end, leaf(m, n))
      check(la.qr, leaf(m, n))
      check(la.pinv, leaf(m, n))
      check(function(x) return select(2, la.lu(x)) end, leaf(m, n))
      check(function(x, y) return (la.lstsq(x, y)) end, leaf(m, n), leaf(m, 2))
      check(function(x) return la.norm(x, "nuc") end, leaf(m, n))
      check(function(x) return la.cond(x) end, leaf(m, n))
    end
    check(function(x) return la.qr(x, "complete") end, leaf(3, 4))
    says("has no derivative", function()
      local q = la.qr(leaf(4, 3), "complete")
      q:sum():backward()
    end)
  end)

  it("of symmetric matrices are symmetric", function()
    for _, f in ipairs { la.cholesky, la.eigvalsh, function(x) return (la.eigh(x)) end } do
      local x = nm.randn(3, 3, f64)
      x = (x % x.mT + eye(3)):requires_grad_()
      local y = f(x)
      y:backward(nm.randn(3, f64):expand(y.shape))
      close(x.grad, x.grad.mT, 1e-12)
    end
    check(function(x) return la.cholesky(x % x.mT + eye(3), { upper = true }) end, leaf(3, 3))
    check(function(x) return la.eigh(symmetric(x), "U") end, leaf(3, 3))
  end)

  it("of a determinant that is 0 are the cofactors, twice", function()
    local one = nm.tensor({ 1.0, 2.0, 2.0, 4.0 }, f64):reshape(2, 2):requires_grad_()
    la.det(one):backward()
    close(one.grad, nm.tensor({ 4.0, -2.0, -2.0, 1.0 }, f64):reshape(2, 2), 1e-12)
    local two = nm.tensor({ 1.0, 2.0, 0.0, 2.0, 4.0, 0.0, 0.0, 0.0, 3.0 }, f64):reshape(3, 3)
    assert.same(0.0, la.det(two):item())
    check(la.det, two:requires_grad_())
    local none = nm.zeros(3, 3, f64):requires_grad_()
    la.det(none):backward()
    close(none.grad, nm.zeros(3, 3, f64), 0)
  end)

  it("of values are defined where they are repeated", function()
    local x = eye(3):requires_grad_()
    la.svdvals(x):sum():backward()
    close(x.grad, eye(3), 1e-12)
    x = eye(3):requires_grad_()
    la.eigvalsh(x):sum():backward()
    close(x.grad, eye(3), 1e-12)
    x = eye(3):requires_grad_()
    la.pinv(x):sum():backward()
    close(x.grad, -nm.ones(3, 3, f64), 1e-12)
  end)

  it("of triangular equations leave the other triangle alone", function()
    for _, options in ipairs { { upper = true }, { upper = false },
      { upper = true, unitriangular = true }, { upper = false, left = false } } do
      check(function(a, b) return la.solve_triangular(a + eye(3) * 3, b, options) end,
        leaf(3, 3), leaf(3, 3))
    end
    local a = (nm.randn(3, 3, f64) + eye(3) * 3):requires_grad_()
    la.solve_triangular(a, nm.ones(3, 1, f64), { upper = true }):sum():backward()
    close(a.grad, a.grad:triu(), 0)
  end)

  it("flow through a batch that was broadcast", function()
    check(function(a, b) return la.solve(a + eye(3) * 4, b) end, leaf(3, 3), leaf(2, 3, 2))
    check(function(a, b) return la.solve(a + eye(3) * 4, b) end, leaf(2, 3, 3), leaf(3, 2))
  end)
end)
