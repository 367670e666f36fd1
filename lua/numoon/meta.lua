---@meta _
-- What editors know of the ops: written by `./numoon docs` from the registry, never run.  Change
-- the registry, not this file.

---@class numoon
---@field linalg numoon.linalg
---@field bfloat16 numoon.dtype
---@field bool numoon.dtype
---@field double numoon.dtype
---@field float numoon.dtype
---@field float16 numoon.dtype
---@field float32 numoon.dtype
---@field float64 numoon.dtype
---@field half numoon.dtype
---@field int numoon.dtype
---@field int16 numoon.dtype
---@field int32 numoon.dtype
---@field int64 numoon.dtype
---@field int8 numoon.dtype
---@field long numoon.dtype
---@field short numoon.dtype
---@field uint8 numoon.dtype
local nm = {}

---@class numoon.Tensor
local Tensor = {}

---@class numoon.linalg
local linalg = {}

---@class numoon.nn.functional
local functional = {}

-- ---- Creation ----

--- start, start + step, ... below stop; integers give int64
---@param start number|boolean
---@param stop? number|boolean
---@param step? number|boolean
---@param options? {stop?: number|boolean, step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(start: number|boolean, options: {stop?: number|boolean, step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.arange(start, stop, step, options) end

--- a tensor whose elements are undefined
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.empty(...) end

--- as empty, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.empty_like(input, options) end

--- ones on the diagonal, zeros elsewhere
---@param n integer
---@param m? integer
---@param options? {m?: integer, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(n: integer, options: {m?: integer, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.eye(n, m, options) end

--- a tensor of one number; an integer gives int64, a boolean bool
---@param size integer[]
---@param fill_value number|boolean
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(size: integer[], fill_value: number|boolean, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.full(size, fill_value, options) end

--- as full, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param fill_value number|boolean
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, fill_value: number|boolean, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.full_like(input, fill_value, options) end

--- steps numbers from start to stop, both included, evenly spaced
---@param start number
---@param stop number
---@param steps integer
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(start: number, stop: number, steps: integer, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.linspace(start, stop, steps, options) end

--- steps numbers from base ^ start to base ^ stop, both included, their exponents evenly spaced
---@param start number
---@param stop number
---@param steps integer
---@param base? number
---@param options? {base?: number, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(start: number, stop: number, steps: integer, options: {base?: number, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logspace(start, stop, steps, base, options) end

--- a tensor of ones
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.ones(...) end

--- as ones, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.ones_like(input, options) end

--- uniform random numbers in [0, 1); Philox4x32-10, the same on every device
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.rand(...) end

--- as rand, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.rand_like(input, options) end

--- random whole numbers from low to high - 1
---@param low integer
---@param high integer
---@param size integer[]
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(low: integer, high: integer, size: integer[], options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.randint(low, high, size, options) end

--- as randint, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param low integer
---@param high integer
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, low: integer, high: integer, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.randint_like(input, low, high, options) end

--- random numbers of the standard normal distribution; Philox4x32-10 and Box-Muller
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.randn(...) end

--- as randn, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.randn_like(input, options) end

--- the index positions of n elements in random order
---@param n integer
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(n: integer, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.randperm(n, options) end

--- first, first + step, ... up to last, which is included; integers give int64
---@param first number|boolean
---@param last number|boolean
---@param step? number|boolean
---@param options? {step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(first: number|boolean, last: number|boolean, options: {step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.range(first, last, step, options) end

--- a tensor of zeros
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.zeros(...) end

--- as zeros, with the shape, dtype and device of input
---@param input numoon.Tensor
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(input: numoon.Tensor, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.zeros_like(input, options) end

-- ---- Random numbers ----

--- 1 with probability p, else 0; without p, with the probabilities in input
---@param input numoon.Tensor
---@param p? numoon.Tensor|number|boolean
---@param options? {p?: numoon.Tensor|number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {p?: numoon.Tensor|number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bernoulli(input, p, options) end

--- 1 with probability p, else 0; without p, with the probabilities in input
---@param p? numoon.Tensor|number|boolean
---@param options? {p?: numoon.Tensor|number|boolean}
---@overload fun(self: numoon.Tensor, options: {p?: numoon.Tensor|number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:bernoulli(p, options) end

--- 1 with probability p, else 0; without p, with the probabilities in input
---@param p? numoon.Tensor|number|boolean
---@param options? {p?: numoon.Tensor|number|boolean}
---@overload fun(self: numoon.Tensor, options: {p?: numoon.Tensor|number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:bernoulli_(p, options) end

--- random numbers of the Cauchy distribution
---@param median? number
---@param sigma? number
---@param options? {median?: number, sigma?: number}
---@overload fun(self: numoon.Tensor, options: {median?: number, sigma?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cauchy_(median, sigma, options) end

--- random numbers of the exponential distribution with the rate lambd, above 0
---@param lambd? number
---@param options? {lambd?: number}
---@overload fun(self: numoon.Tensor, options: {lambd?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:exponential_(lambd, options) end

--- random numbers of the geometric distribution: of the try, from 1 on, that succeeds first
---@param p number
---@return numoon.Tensor
function Tensor:geometric_(p) end

--- random numbers whose logarithms have the normal distribution
---@param mean? number
---@param std? number
---@param options? {mean?: number, std?: number}
---@overload fun(self: numoon.Tensor, options: {mean?: number, std?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:log_normal_(mean, std, options) end

--- positions, drawn with probabilities that are proportional to the weights in input; without replacement none comes twice [Efraimidis & Spirakis 2006]
---@param input numoon.Tensor
---@param num_samples integer
---@param replacement? boolean
---@param options? {replacement?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, num_samples: integer, options: {replacement?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.multinomial(input, num_samples, replacement, options) end

--- positions, drawn with probabilities that are proportional to the weights in input; without replacement none comes twice [Efraimidis & Spirakis 2006]
---@param num_samples integer
---@param replacement? boolean
---@param options? {replacement?: boolean}
---@overload fun(self: numoon.Tensor, num_samples: integer, options: {replacement?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:multinomial(num_samples, replacement, options) end

--- random numbers of the normal distribution with these means and standard deviations: numbers with a size, or tensors
---@param mean? numoon.Tensor|number|boolean
---@param std? numoon.Tensor|number|boolean
---@param size? integer[]
---@param options? {mean?: numoon.Tensor|number|boolean, std?: numoon.Tensor|number|boolean, size?: integer[], dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}
---@overload fun(options: {mean?: numoon.Tensor|number|boolean, std?: numoon.Tensor|number|boolean, size?: integer[], dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.normal(mean, std, size, options) end

--- random numbers of the normal distribution
---@param mean? number
---@param std? number
---@param options? {mean?: number, std?: number}
---@overload fun(self: numoon.Tensor, options: {mean?: number, std?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:normal_(mean, std, options) end

--- random whole numbers from `from` to to - 1; with one number it is to; with none, up to the last that the dtype holds with all before it (of int64, up to the one before)
---@param from? integer
---@param to? integer
---@param options? {from?: integer, to?: integer}
---@overload fun(self: numoon.Tensor, options: {from?: integer, to?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:random_(from, to, options) end

--- uniform random numbers in [from, to)
---@param from? number
---@param to? number
---@param options? {from?: number, to?: number}
---@overload fun(self: numoon.Tensor, options: {from?: number, to?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:uniform_(from, to, options) end

-- ---- Shape ----

--- a view with one dim at least
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.atleast_1d(input) end

--- a view with one dim at least
---@return numoon.Tensor
function Tensor:atleast_1d() end

--- a view with two dims at least, new ones in front
---@param input numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.atleast_2d(input) end

--- a view with two dims at least, new ones in front
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:atleast_2d() end

--- a view with three dims at least, a vector along the second, a matrix along the first two
---@param input numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.atleast_3d(input) end

--- a view with three dims at least, a vector along the second, a matrix along the first two
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:atleast_3d() end

--- as expand, to a shape given as a table
---@param input numoon.Tensor
---@param shape integer[]
---@return numoon.Tensor
function nm.broadcast_to(input, shape) end

--- as expand, to a shape given as a table
---@param shape integer[]
---@return numoon.Tensor
function Tensor:broadcast_to(shape) end

--- a view with sizes of 1 repeated to the given ones, -1 leaves a size as it is; nothing is copied
---@param input numoon.Tensor
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.expand(input, ...) end

--- a view with sizes of 1 repeated to the given ones, -1 leaves a size as it is; nothing is copied
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:expand(...) end

--- a view expanded to the shape of another tensor
---@param input numoon.Tensor
---@param other numoon.Tensor
---@return numoon.Tensor
function nm.expand_as(input, other) end

--- a view expanded to the shape of another tensor
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:expand_as(other) end

--- dims start_dim to end_dim as one, a view where the elements lie so
---@param input numoon.Tensor
---@param start_dim? integer
---@param end_dim? integer
---@param options? {start_dim?: integer, end_dim?: integer}
---@overload fun(input: numoon.Tensor, options: {start_dim?: integer, end_dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.flatten(input, start_dim, end_dim, options) end

--- dims start_dim to end_dim as one, a view where the elements lie so
---@param start_dim? integer
---@param end_dim? integer
---@param options? {start_dim?: integer, end_dim?: integer}
---@overload fun(self: numoon.Tensor, options: {start_dim?: integer, end_dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:flatten(start_dim, end_dim, options) end

--- a view with dims taken to other places; the others keep their order
---@param input numoon.Tensor
---@param source integer|integer[]
---@param destination integer|integer[]
---@return numoon.Tensor
function nm.movedim(input, source, destination) end

--- a view with dims taken to other places; the others keep their order
---@param source integer|integer[]
---@param destination integer|integer[]
---@return numoon.Tensor
function Tensor:movedim(source, destination) end

--- a view with the dims in another order: dim d of it is dim dims[d] of input
---@param input numoon.Tensor
---@param dims integer|integer[]
---@return numoon.Tensor
function nm.permute(input, dims) end

--- a view with the dims in another order: dim d of it is dim dims[d] of input
---@param dims integer|integer[]
---@return numoon.Tensor
function Tensor:permute(dims) end

--- the same elements in another shape, a view where they lie so, else a copy; one size may be -1
---@param input numoon.Tensor
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.reshape(input, ...) end

--- the same elements in another shape, a view where they lie so, else a copy; one size may be -1
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:reshape(...) end

--- a view without the dims (all, or those given) of size 1
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function nm.squeeze(input, dim, options) end

--- a view without the dims (all, or those given) of size 1
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:squeeze(dim, options) end

--- a view without the dims (all, or those given) of size 1
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:squeeze_(dim, options) end

--- a view of the transpose of a matrix; 0-d and 1-d tensors as they are
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.t(input) end

--- a view of the transpose of a matrix; 0-d and 1-d tensors as they are
---@return numoon.Tensor
function Tensor:t() end

--- a view of the transpose of a matrix; 0-d and 1-d tensors as they are
---@return numoon.Tensor
function Tensor:t_() end

--- a view with dims dim0 and dim1 exchanged
---@param input numoon.Tensor
---@param dim0 integer
---@param dim1 integer
---@return numoon.Tensor
function nm.transpose(input, dim0, dim1) end

--- a view with dims dim0 and dim1 exchanged
---@param dim0 integer
---@param dim1 integer
---@return numoon.Tensor
function Tensor:transpose(dim0, dim1) end

--- a view with dims dim0 and dim1 exchanged
---@param dim0 integer
---@param dim1 integer
---@return numoon.Tensor
function Tensor:transpose_(dim0, dim1) end

--- a view with a dim split into several, what flatten made one; one size may be -1
---@param input numoon.Tensor
---@param dim integer
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.unflatten(input, dim, ...) end

--- a view with a dim split into several, what flatten made one; one size may be -1
---@param dim integer
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:unflatten(dim, ...) end

--- a view with a new dim of size 1 at position dim
---@param input numoon.Tensor
---@param dim integer
---@return numoon.Tensor
function nm.unsqueeze(input, dim) end

--- a view with a new dim of size 1 at position dim
---@param dim integer
---@return numoon.Tensor
function Tensor:unsqueeze(dim) end

--- a view with a new dim of size 1 at position dim
---@param dim integer
---@return numoon.Tensor
function Tensor:unsqueeze_(dim) end

--- a view of the same elements in another shape; one size may be -1
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:view(...) end

-- ---- Parts ----

--- a view of the storage: element (i, j, ...) lies storage_offset + i * stride[1] + j * stride[2] + ... elements behind its start; the gradients of elements that lie in the same place add up
---@param input numoon.Tensor
---@param size integer[]
---@param stride integer[]
---@param storage_offset? integer
---@param options? {storage_offset?: integer}
---@overload fun(input: numoon.Tensor, size: integer[], stride: integer[], options: {storage_offset?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.as_strided(input, size, stride, storage_offset, options) end

--- a view of the storage: element (i, j, ...) lies storage_offset + i * stride[1] + j * stride[2] + ... elements behind its start; the gradients of elements that lie in the same place add up
---@param size integer[]
---@param stride integer[]
---@param storage_offset? integer
---@param options? {storage_offset?: integer}
---@overload fun(self: numoon.Tensor, size: integer[], stride: integer[], options: {storage_offset?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:as_strided(size, stride, storage_offset, options) end

--- a view of the storage: element (i, j, ...) lies storage_offset + i * stride[1] + j * stride[2] + ... elements behind its start; the gradients of elements that lie in the same place add up
---@param size integer[]
---@param stride integer[]
---@param storage_offset? integer
---@param options? {storage_offset?: integer}
---@overload fun(self: numoon.Tensor, size: integer[], stride: integer[], options: {storage_offset?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:as_strided_(size, stride, storage_offset, options) end

--- a vector as the diagonal of a matrix, or a copy of the diagonal of a matrix
---@param input numoon.Tensor
---@param diagonal? integer
---@param options? {diagonal?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {diagonal?: integer, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.diag(input, diagonal, options) end

--- a vector as the diagonal of a matrix, or a copy of the diagonal of a matrix
---@param diagonal? integer
---@param options? {diagonal?: integer}
---@overload fun(self: numoon.Tensor, options: {diagonal?: integer}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:diag(diagonal, options) end

--- zeros with the last dim of input on the diagonal of dims dim1 and dim2
---@param input numoon.Tensor
---@param offset? integer
---@param dim1? integer
---@param dim2? integer
---@param options? {offset?: integer, dim1?: integer, dim2?: integer}
---@overload fun(input: numoon.Tensor, options: {offset?: integer, dim1?: integer, dim2?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.diag_embed(input, offset, dim1, dim2, options) end

--- zeros with the last dim of input on the diagonal of dims dim1 and dim2
---@param offset? integer
---@param dim1? integer
---@param dim2? integer
---@param options? {offset?: integer, dim1?: integer, dim2?: integer}
---@overload fun(self: numoon.Tensor, options: {offset?: integer, dim1?: integer, dim2?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:diag_embed(offset, dim1, dim2, options) end

--- a view of the diagonal of dims dim1 and dim2, as the last dim: y[k] = input[k][k + offset]
---@param input numoon.Tensor
---@param offset? integer
---@param dim1? integer
---@param dim2? integer
---@param options? {offset?: integer, dim1?: integer, dim2?: integer}
---@overload fun(input: numoon.Tensor, options: {offset?: integer, dim1?: integer, dim2?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.diagonal(input, offset, dim1, dim2, options) end

--- a view of the diagonal of dims dim1 and dim2, as the last dim: y[k] = input[k][k + offset]
---@param offset? integer
---@param dim1? integer
---@param dim2? integer
---@param options? {offset?: integer, dim1?: integer, dim2?: integer}
---@overload fun(self: numoon.Tensor, options: {offset?: integer, dim1?: integer, dim2?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:diagonal(offset, dim1, dim2, options) end

--- a view of length elements of a dim from start on
---@param input numoon.Tensor
---@param dim integer
---@param start integer
---@param length integer
---@return numoon.Tensor
function nm.narrow(input, dim, start, length) end

--- a view of length elements of a dim from start on
---@param dim integer
---@param start integer
---@param length integer
---@return numoon.Tensor
function Tensor:narrow(dim, start, length) end

--- a view of one element of a dim, without the dim
---@param input numoon.Tensor
---@param dim integer
---@param index integer
---@return numoon.Tensor
function nm.select(input, dim, index) end

--- a view of one element of a dim, without the dim
---@param dim integer
---@param index integer
---@return numoon.Tensor
function Tensor:select(dim, index) end

--- a view of the windows of size elements of a dim, each step behind the one before; windows that overlap share memory
---@param dimension integer
---@param size integer
---@param step integer
---@return numoon.Tensor
function Tensor:unfold(dimension, size, step) end

-- ---- Splitting ----

--- a list of views of the tensors, expanded to the shape that they broadcast to
---@param tensors numoon.Tensor[]
---@return numoon.Tensor[]
function nm.broadcast_tensors(tensors) end

--- a list of at most so many views of equal size along dim, the last perhaps shorter
---@param input numoon.Tensor
---@param chunks integer
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(input: numoon.Tensor, chunks: integer, options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function nm.chunk(input, chunks, dim, options) end

--- a list of at most so many views of equal size along dim, the last perhaps shorter
---@param chunks integer
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, chunks: integer, options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function Tensor:chunk(chunks, dim, options) end

--- a list of the coordinates of a grid, views of the tensors: the i-th is expanded along all dims but the i-th; with indexing "xy" the first two dims change places
---@param tensors numoon.Tensor[]
---@param options? {indexing?: string}
---@overload fun(tensors: numoon.Tensor[], options: {indexing?: string}): numoon.Tensor[]
---@return numoon.Tensor[]
function nm.meshgrid(tensors, options) end

--- a list of views of so many elements each along dim, the last perhaps shorter; or of the sizes in a list
---@param input numoon.Tensor
---@param split_size integer|integer[]
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(input: numoon.Tensor, split_size: integer|integer[], options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function nm.split(input, split_size, dim, options) end

--- a list of views of so many elements each along dim, the last perhaps shorter; or of the sizes in a list
---@param split_size integer|integer[]
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, split_size: integer|integer[], options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function Tensor:split(split_size, dim, options) end

--- a list of so many views along dim, of sizes that differ by one at most, the larger ones first; or of the parts that begin at the positions in a list
---@param input numoon.Tensor
---@param indices_or_sections integer|integer[]
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(input: numoon.Tensor, indices_or_sections: integer|integer[], options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function nm.tensor_split(input, indices_or_sections, dim, options) end

--- a list of so many views along dim, of sizes that differ by one at most, the larger ones first; or of the parts that begin at the positions in a list
---@param indices_or_sections integer|integer[]
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, indices_or_sections: integer|integer[], options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function Tensor:tensor_split(indices_or_sections, dim, options) end

--- a list of the views along dim, without that dim
---@param input numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(input: numoon.Tensor, options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function nm.unbind(input, dim, options) end

--- a list of the views along dim, without that dim
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, options: {dim?: integer}): numoon.Tensor[]
---@return numoon.Tensor[]
function Tensor:unbind(dim, options) end

-- ---- Joining ----

--- the tensors one after another along dim, in the dtype that they are promoted to
---@param tensors numoon.Tensor[]
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cat(tensors, dim, options) end

--- the tensors side by side, vectors as columns
---@param tensors numoon.Tensor[]
---@param options? {out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.column_stack(tensors, options) end

--- the tensors one behind another: along dim 3, after atleast_3d
---@param tensors numoon.Tensor[]
---@param options? {out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.dstack(tensors, options) end

--- the tensors side by side: along dim 2, vectors along dim 1
---@param tensors numoon.Tensor[]
---@param options? {out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.hstack(tensors, options) end

--- the tensors one after another along a new dim
---@param tensors numoon.Tensor[]
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.stack(tensors, dim, options) end

--- the tensors one below another: along dim 1, vectors as rows
---@param tensors numoon.Tensor[]
---@param options? {out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.vstack(tensors, options) end

-- ---- Arrangement ----

--- a copy with the elements of dims in reverse order
---@param input numoon.Tensor
---@param dims integer|integer[]
---@return numoon.Tensor
function nm.flip(input, dims) end

--- a copy with the elements of dims in reverse order
---@param dims integer|integer[]
---@return numoon.Tensor
function Tensor:flip(dims) end

--- a copy with the columns in reverse order: flip(2)
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.fliplr(input) end

--- a copy with the columns in reverse order: flip(2)
---@return numoon.Tensor
function Tensor:fliplr() end

--- a copy with the rows in reverse order: flip(1)
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.flipud(input) end

--- a copy with the rows in reverse order: flip(1)
---@return numoon.Tensor
function Tensor:flipud() end

--- each element of dim as often as repeats says, a number or a list of them; without dim, as if they stood in one row. Of a list of numbers alone: position i as often as the i-th says
---@param input numoon.Tensor
---@param repeats? numoon.Tensor|number|boolean
---@param dim? integer
---@param options? {repeats?: numoon.Tensor|number|boolean, dim?: integer}
---@overload fun(input: numoon.Tensor, options: {repeats?: numoon.Tensor|number|boolean, dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.repeat_interleave(input, repeats, dim, options) end

--- each element of dim as often as repeats says, a number or a list of them; without dim, as if they stood in one row. Of a list of numbers alone: position i as often as the i-th says
---@param repeats? numoon.Tensor|number|boolean
---@param dim? integer
---@param options? {repeats?: numoon.Tensor|number|boolean, dim?: integer}
---@overload fun(self: numoon.Tensor, options: {repeats?: numoon.Tensor|number|boolean, dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:repeat_interleave(repeats, dim, options) end

--- a copy with the elements of dims moved on by shifts, the last ones to the front; without dims, as if they stood in one row
---@param input numoon.Tensor
---@param shifts integer|integer[]
---@param dims? integer|integer[]
---@param options? {dims?: integer|integer[]}
---@overload fun(input: numoon.Tensor, shifts: integer|integer[], options: {dims?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function nm.roll(input, shifts, dims, options) end

--- a copy with the elements of dims moved on by shifts, the last ones to the front; without dims, as if they stood in one row
---@param shifts integer|integer[]
---@param dims? integer|integer[]
---@param options? {dims?: integer|integer[]}
---@overload fun(self: numoon.Tensor, shifts: integer|integer[], options: {dims?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:roll(shifts, dims, options) end

--- a copy turned k times by 90 degrees in the plane of two dims, from the first towards the second
---@param input numoon.Tensor
---@param k? integer
---@param dims? integer|integer[]
---@param options? {k?: integer, dims?: integer|integer[]}
---@overload fun(input: numoon.Tensor, options: {k?: integer, dims?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function nm.rot90(input, k, dims, options) end

--- a copy turned k times by 90 degrees in the plane of two dims, from the first towards the second
---@param k? integer
---@param dims? integer|integer[]
---@param options? {k?: integer, dims?: integer|integer[]}
---@overload fun(self: numoon.Tensor, options: {k?: integer, dims?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:rot90(k, dims, options) end

--- input as often as dims say, side by side; where dims are fewer than input's they count from its last, where they are more, it is repeated along new ones in front. It is PyTorch's repeat too, a name that Lua keeps for itself; expand repeats without a copy
---@param input numoon.Tensor
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.tile(input, ...) end

--- input as often as dims say, side by side; where dims are fewer than input's they count from its last, where they are more, it is repeated along new ones in front. It is PyTorch's repeat too, a name that Lua keeps for itself; expand repeats without a copy
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:tile(...) end

--- the lower triangle of matrices, zeros above diagonal: y[i][j] = j - i <= diagonal and input[i][j] or 0
---@param input numoon.Tensor
---@param diagonal? integer
---@param options? {diagonal?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {diagonal?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.tril(input, diagonal, options) end

--- the lower triangle of matrices, zeros above diagonal: y[i][j] = j - i <= diagonal and input[i][j] or 0
---@param diagonal? integer
---@param options? {diagonal?: integer}
---@overload fun(self: numoon.Tensor, options: {diagonal?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:tril(diagonal, options) end

--- the lower triangle of matrices, zeros above diagonal: y[i][j] = j - i <= diagonal and input[i][j] or 0
---@param diagonal? integer
---@param options? {diagonal?: integer}
---@overload fun(self: numoon.Tensor, options: {diagonal?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:tril_(diagonal, options) end

--- the positions of the lower triangle of a matrix, row by row: first the rows, then the columns
---@param row integer
---@param col integer
---@param offset? integer
---@param options? {offset?: integer, dtype?: numoon.dtype, device?: numoon.device}
---@overload fun(row: integer, col: integer, options: {offset?: integer, dtype?: numoon.dtype, device?: numoon.device}): numoon.Tensor
---@return numoon.Tensor
function nm.tril_indices(row, col, offset, options) end

--- the upper triangle of matrices, zeros below diagonal: y[i][j] = j - i >= diagonal and input[i][j] or 0
---@param input numoon.Tensor
---@param diagonal? integer
---@param options? {diagonal?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {diagonal?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.triu(input, diagonal, options) end

--- the upper triangle of matrices, zeros below diagonal: y[i][j] = j - i >= diagonal and input[i][j] or 0
---@param diagonal? integer
---@param options? {diagonal?: integer}
---@overload fun(self: numoon.Tensor, options: {diagonal?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:triu(diagonal, options) end

--- the upper triangle of matrices, zeros below diagonal: y[i][j] = j - i >= diagonal and input[i][j] or 0
---@param diagonal? integer
---@param options? {diagonal?: integer}
---@overload fun(self: numoon.Tensor, options: {diagonal?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:triu_(diagonal, options) end

--- the positions of the upper triangle of a matrix, row by row: first the rows, then the columns
---@param row integer
---@param col integer
---@param offset? integer
---@param options? {offset?: integer, dtype?: numoon.dtype, device?: numoon.device}
---@overload fun(row: integer, col: integer, options: {offset?: integer, dtype?: numoon.dtype, device?: numoon.device}): numoon.Tensor
---@return numoon.Tensor
function nm.triu_indices(row, col, offset, options) end

-- ---- Copies, dtypes and devices ----

--- a copy, row-major; the elements are copied when either is written to
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.clone(input) end

--- a copy, row-major; the elements are copied when either is written to
---@return numoon.Tensor
function Tensor:clone() end

--- the tensor itself if it is row-major, else a copy that is
---@return numoon.Tensor
function Tensor:contiguous() end

--- src, cast and broadcast to input
---@param src numoon.Tensor
---@return numoon.Tensor
function Tensor:copy_(src) end

--- the same elements, sharing memory, without history
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.detach(input) end

--- the same elements, sharing memory, without history
---@return numoon.Tensor
function Tensor:detach() end

--- as another dtype, on another device; floats lose their fraction on the way to integers
---@param dtype? numoon.dtype
---@param device? numoon.device
---@param options? {dtype?: numoon.dtype, device?: numoon.device}
---@overload fun(self: numoon.Tensor, options: {dtype?: numoon.dtype, device?: numoon.device}): numoon.Tensor
---@return numoon.Tensor
function Tensor:to(dtype, device, options) end

-- ---- Elementwise ----

--- the absolute value
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.abs(input, options) end

--- the absolute value
---@return numoon.Tensor
function Tensor:abs() end

--- the absolute value
---@return numoon.Tensor
function Tensor:abs_() end

--- the angle in [0, pi] whose cosine is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.acos(input, options) end

--- the angle in [0, pi] whose cosine is a
---@return numoon.Tensor
function Tensor:acos() end

--- the angle in [0, pi] whose cosine is a
---@return numoon.Tensor
function Tensor:acos_() end

--- the number, not negative, whose hyperbolic cosine is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.acosh(input, options) end

--- the number, not negative, whose hyperbolic cosine is a
---@return numoon.Tensor
function Tensor:acosh() end

--- the number, not negative, whose hyperbolic cosine is a
---@return numoon.Tensor
function Tensor:acosh_() end

--- a + b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.add(input, other, options) end

--- a + b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:add(other) end

--- a + b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:add_(other) end

--- the angle in [-pi/2, pi/2] whose sine is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.asin(input, options) end

--- the angle in [-pi/2, pi/2] whose sine is a
---@return numoon.Tensor
function Tensor:asin() end

--- the angle in [-pi/2, pi/2] whose sine is a
---@return numoon.Tensor
function Tensor:asin_() end

--- the number whose hyperbolic sine is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.asinh(input, options) end

--- the number whose hyperbolic sine is a
---@return numoon.Tensor
function Tensor:asinh() end

--- the number whose hyperbolic sine is a
---@return numoon.Tensor
function Tensor:asinh_() end

--- the angle in [-pi/2, pi/2] whose tangent is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.atan(input, options) end

--- the angle in [-pi/2, pi/2] whose tangent is a
---@return numoon.Tensor
function Tensor:atan() end

--- the angle in [-pi/2, pi/2] whose tangent is a
---@return numoon.Tensor
function Tensor:atan_() end

--- the angle in [-pi, pi] of the point (b, a)
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.atan2(input, other, options) end

--- the angle in [-pi, pi] of the point (b, a)
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:atan2(other) end

--- the angle in [-pi, pi] of the point (b, a)
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:atan2_(other) end

--- the number whose hyperbolic tangent is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.atanh(input, options) end

--- the number whose hyperbolic tangent is a
---@return numoon.Tensor
function Tensor:atanh() end

--- the number whose hyperbolic tangent is a
---@return numoon.Tensor
function Tensor:atanh_() end

--- bitwise and; logical and of bools
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bitwise_and(input, other, options) end

--- bitwise and; logical and of bools
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_and(other) end

--- bitwise and; logical and of bools
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_and_(other) end

--- a shifted left by b bits; 0 when b is not below the width of the class
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bitwise_left_shift(input, other, options) end

--- a shifted left by b bits; 0 when b is not below the width of the class
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_left_shift(other) end

--- a shifted left by b bits; 0 when b is not below the width of the class
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_left_shift_(other) end

--- bitwise complement; logical not of bools
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bitwise_not(input, options) end

--- bitwise complement; logical not of bools
---@return numoon.Tensor
function Tensor:bitwise_not() end

--- bitwise complement; logical not of bools
---@return numoon.Tensor
function Tensor:bitwise_not_() end

--- bitwise or; logical or of bools
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bitwise_or(input, other, options) end

--- bitwise or; logical or of bools
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_or(other) end

--- bitwise or; logical or of bools
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_or_(other) end

--- a shifted right by b bits, keeping its sign
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bitwise_right_shift(input, other, options) end

--- a shifted right by b bits, keeping its sign
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_right_shift(other) end

--- a shifted right by b bits, keeping its sign
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_right_shift_(other) end

--- bitwise exclusive or; of bools, the logical one
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bitwise_xor(input, other, options) end

--- bitwise exclusive or; of bools, the logical one
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_xor(other) end

--- bitwise exclusive or; of bools, the logical one
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:bitwise_xor_(other) end

--- the smallest whole number not below a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.ceil(input, options) end

--- the smallest whole number not below a
---@return numoon.Tensor
function Tensor:ceil() end

--- the smallest whole number not below a
---@return numoon.Tensor
function Tensor:ceil_() end

--- the absolute value of a with the sign of b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.copysign(input, other, options) end

--- the absolute value of a with the sign of b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:copysign(other) end

--- the absolute value of a with the sign of b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:copysign_(other) end

--- the cosine of a, in radians
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cos(input, options) end

--- the cosine of a, in radians
---@return numoon.Tensor
function Tensor:cos() end

--- the cosine of a, in radians
---@return numoon.Tensor
function Tensor:cos_() end

--- the hyperbolic cosine: (exp(a) + exp(-a)) / 2
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cosh(input, options) end

--- the hyperbolic cosine: (exp(a) + exp(-a)) / 2
---@return numoon.Tensor
function Tensor:cosh() end

--- the hyperbolic cosine: (exp(a) + exp(-a)) / 2
---@return numoon.Tensor
function Tensor:cosh_() end

--- the derivative of lgamma
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.digamma(input, options) end

--- the derivative of lgamma
---@return numoon.Tensor
function Tensor:digamma() end

--- the derivative of lgamma
---@return numoon.Tensor
function Tensor:digamma_() end

--- a / b, in floating point
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.div(input, other, options) end

--- a / b, in floating point
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:div(other) end

--- a / b, in floating point
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:div_(other) end

--- a == b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.eq(input, other, options) end

--- a == b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:eq(other) end

--- a == b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:eq_(other) end

--- the error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.erf(input, options) end

--- the error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a
---@return numoon.Tensor
function Tensor:erf() end

--- the error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a
---@return numoon.Tensor
function Tensor:erf_() end

--- 1 - erf(a), exact in the tail too
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.erfc(input, options) end

--- 1 - erf(a), exact in the tail too
---@return numoon.Tensor
function Tensor:erfc() end

--- 1 - erf(a), exact in the tail too
---@return numoon.Tensor
function Tensor:erfc_() end

--- the number whose error function is a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.erfinv(input, options) end

--- the number whose error function is a
---@return numoon.Tensor
function Tensor:erfinv() end

--- the number whose error function is a
---@return numoon.Tensor
function Tensor:erfinv_() end

--- e to the power a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.exp(input, options) end

--- e to the power a
---@return numoon.Tensor
function Tensor:exp() end

--- e to the power a
---@return numoon.Tensor
function Tensor:exp_() end

--- 2 to the power a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.exp2(input, options) end

--- 2 to the power a
---@return numoon.Tensor
function Tensor:exp2() end

--- 2 to the power a
---@return numoon.Tensor
function Tensor:exp2_() end

--- exp(a) - 1, exact near 0 too
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.expm1(input, options) end

--- exp(a) - 1, exact near 0 too
---@return numoon.Tensor
function Tensor:expm1() end

--- exp(a) - 1, exact near 0 too
---@return numoon.Tensor
function Tensor:expm1_() end

--- the largest whole number not above a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.floor(input, options) end

--- the largest whole number not above a
---@return numoon.Tensor
function Tensor:floor() end

--- the largest whole number not above a
---@return numoon.Tensor
function Tensor:floor_() end

--- the largest whole number not above a / b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.floor_divide(input, other, options) end

--- the largest whole number not above a / b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:floor_divide(other) end

--- the largest whole number not above a / b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:floor_divide_(other) end

--- the larger of a and b; of a number and NaN, the number
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.fmax(input, other, options) end

--- the larger of a and b; of a number and NaN, the number
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fmax(other) end

--- the larger of a and b; of a number and NaN, the number
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fmax_(other) end

--- the smaller of a and b; of a number and NaN, the number
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.fmin(input, other, options) end

--- the smaller of a and b; of a number and NaN, the number
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fmin(other) end

--- the smaller of a and b; of a number and NaN, the number
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fmin_(other) end

--- the remainder of a / b with the sign of a
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.fmod(input, other, options) end

--- the remainder of a / b with the sign of a
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fmod(other) end

--- the remainder of a / b with the sign of a
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fmod_(other) end

--- the fraction of a: a - trunc(a)
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.frac(input, options) end

--- the fraction of a: a - trunc(a)
---@return numoon.Tensor
function Tensor:frac() end

--- the fraction of a: a - trunc(a)
---@return numoon.Tensor
function Tensor:frac_() end

--- a >= b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.ge(input, other, options) end

--- a >= b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:ge(other) end

--- a >= b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:ge_(other) end

--- a > b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.gt(input, other, options) end

--- a > b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:gt(other) end

--- a > b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:gt_(other) end

--- 0 where a is negative, b where it is 0, 1 where it is positive
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.heaviside(input, other, options) end

--- 0 where a is negative, b where it is 0, 1 where it is positive
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:heaviside(other) end

--- 0 where a is negative, b where it is 0, 1 where it is positive
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:heaviside_(other) end

--- sqrt(a^2 + b^2), without overflow
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.hypot(input, other, options) end

--- sqrt(a^2 + b^2), without overflow
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:hypot(other) end

--- sqrt(a^2 + b^2), without overflow
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:hypot_(other) end

--- true where a is neither infinite nor NaN
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.isfinite(input, options) end

--- true where a is neither infinite nor NaN
---@return numoon.Tensor
function Tensor:isfinite() end

--- true where a is neither infinite nor NaN
---@return numoon.Tensor
function Tensor:isfinite_() end

--- true where a is infinite
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.isinf(input, options) end

--- true where a is infinite
---@return numoon.Tensor
function Tensor:isinf() end

--- true where a is infinite
---@return numoon.Tensor
function Tensor:isinf_() end

--- true where a is NaN
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.isnan(input, options) end

--- true where a is NaN
---@return numoon.Tensor
function Tensor:isnan() end

--- true where a is NaN
---@return numoon.Tensor
function Tensor:isnan_() end

--- a <= b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.le(input, other, options) end

--- a <= b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:le(other) end

--- a <= b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:le_(other) end

--- the logarithm of the absolute value of the gamma function
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.lgamma(input, options) end

--- the logarithm of the absolute value of the gamma function
---@return numoon.Tensor
function Tensor:lgamma() end

--- the logarithm of the absolute value of the gamma function
---@return numoon.Tensor
function Tensor:lgamma_() end

--- the natural logarithm
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.log(input, options) end

--- the natural logarithm
---@return numoon.Tensor
function Tensor:log() end

--- the natural logarithm
---@return numoon.Tensor
function Tensor:log_() end

--- the logarithm to the base 10
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.log10(input, options) end

--- the logarithm to the base 10
---@return numoon.Tensor
function Tensor:log10() end

--- the logarithm to the base 10
---@return numoon.Tensor
function Tensor:log10_() end

--- log(1 + a), exact near 0 too
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.log1p(input, options) end

--- log(1 + a), exact near 0 too
---@return numoon.Tensor
function Tensor:log1p() end

--- log(1 + a), exact near 0 too
---@return numoon.Tensor
function Tensor:log1p_() end

--- the logarithm to the base 2
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.log2(input, options) end

--- the logarithm to the base 2
---@return numoon.Tensor
function Tensor:log2() end

--- the logarithm to the base 2
---@return numoon.Tensor
function Tensor:log2_() end

--- true where both are nonzero
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logical_and(input, other, options) end

--- true where both are nonzero
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:logical_and(other) end

--- true where both are nonzero
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:logical_and_(other) end

--- true where a is zero
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logical_not(input, options) end

--- true where a is zero
---@return numoon.Tensor
function Tensor:logical_not() end

--- true where a is zero
---@return numoon.Tensor
function Tensor:logical_not_() end

--- true where either is nonzero
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logical_or(input, other, options) end

--- true where either is nonzero
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:logical_or(other) end

--- true where either is nonzero
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:logical_or_(other) end

--- true where just one is nonzero
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logical_xor(input, other, options) end

--- true where just one is nonzero
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:logical_xor(other) end

--- true where just one is nonzero
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:logical_xor_(other) end

--- a < b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.lt(input, other, options) end

--- a < b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:lt(other) end

--- a < b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:lt_(other) end

--- the larger of a and b; NaN if either is NaN; the gradient of a tie is shared
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.maximum(input, other, options) end

--- the larger of a and b; NaN if either is NaN; the gradient of a tie is shared
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:maximum(other) end

--- the larger of a and b; NaN if either is NaN; the gradient of a tie is shared
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:maximum_(other) end

--- the smaller of a and b; NaN if either is NaN; the gradient of a tie is shared
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.minimum(input, other, options) end

--- the smaller of a and b; NaN if either is NaN; the gradient of a tie is shared
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:minimum(other) end

--- the smaller of a and b; NaN if either is NaN; the gradient of a tie is shared
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:minimum_(other) end

--- a * b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.mul(input, other, options) end

--- a * b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:mul(other) end

--- a * b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:mul_(other) end

--- a ~= b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.ne(input, other, options) end

--- a ~= b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:ne(other) end

--- a ~= b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:ne_(other) end

--- -a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.neg(input, options) end

--- -a
---@return numoon.Tensor
function Tensor:neg() end

--- -a
---@return numoon.Tensor
function Tensor:neg_() end

--- the next number after a in the direction of b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.nextafter(input, other, options) end

--- the next number after a in the direction of b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:nextafter(other) end

--- the next number after a in the direction of b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:nextafter_(other) end

--- a to the power b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.pow(input, other, options) end

--- a to the power b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:pow(other) end

--- a to the power b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:pow_(other) end

--- 1 / a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.reciprocal(input, options) end

--- 1 / a
---@return numoon.Tensor
function Tensor:reciprocal() end

--- 1 / a
---@return numoon.Tensor
function Tensor:reciprocal_() end

--- max(a, 0); NaN stays NaN
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.relu(input, options) end

--- max(a, 0); NaN stays NaN
---@return numoon.Tensor
function Tensor:relu() end

--- max(a, 0); NaN stays NaN
---@return numoon.Tensor
function Tensor:relu_() end

--- a - b * floor(a / b): the remainder with the sign of b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.remainder(input, other, options) end

--- a - b * floor(a / b): the remainder with the sign of b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:remainder(other) end

--- a - b * floor(a / b): the remainder with the sign of b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:remainder_(other) end

--- the nearest whole number, ties to even
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.round(input, options) end

--- the nearest whole number, ties to even
---@return numoon.Tensor
function Tensor:round() end

--- the nearest whole number, ties to even
---@return numoon.Tensor
function Tensor:round_() end

--- 1 / sqrt(a)
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.rsqrt(input, options) end

--- 1 / sqrt(a)
---@return numoon.Tensor
function Tensor:rsqrt() end

--- 1 / sqrt(a)
---@return numoon.Tensor
function Tensor:rsqrt_() end

--- 1 / (1 + exp(-a))
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sigmoid(input, options) end

--- 1 / (1 + exp(-a))
---@return numoon.Tensor
function Tensor:sigmoid() end

--- 1 / (1 + exp(-a))
---@return numoon.Tensor
function Tensor:sigmoid_() end

--- -1, 0 or 1
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sign(input, options) end

--- -1, 0 or 1
---@return numoon.Tensor
function Tensor:sign() end

--- -1, 0 or 1
---@return numoon.Tensor
function Tensor:sign_() end

--- the sine of a, in radians
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sin(input, options) end

--- the sine of a, in radians
---@return numoon.Tensor
function Tensor:sin() end

--- the sine of a, in radians
---@return numoon.Tensor
function Tensor:sin_() end

--- the hyperbolic sine: (exp(a) - exp(-a)) / 2
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sinh(input, options) end

--- the hyperbolic sine: (exp(a) - exp(-a)) / 2
---@return numoon.Tensor
function Tensor:sinh() end

--- the hyperbolic sine: (exp(a) - exp(-a)) / 2
---@return numoon.Tensor
function Tensor:sinh_() end

--- the square root
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sqrt(input, options) end

--- the square root
---@return numoon.Tensor
function Tensor:sqrt() end

--- the square root
---@return numoon.Tensor
function Tensor:sqrt_() end

--- a * a
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.square(input, options) end

--- a * a
---@return numoon.Tensor
function Tensor:square() end

--- a * a
---@return numoon.Tensor
function Tensor:square_() end

--- a - b
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sub(input, other, options) end

--- a - b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:sub(other) end

--- a - b
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:sub_(other) end

--- the tangent of a, in radians
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.tan(input, options) end

--- the tangent of a, in radians
---@return numoon.Tensor
function Tensor:tan() end

--- the tangent of a, in radians
---@return numoon.Tensor
function Tensor:tan_() end

--- the hyperbolic tangent
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.tanh(input, options) end

--- the hyperbolic tangent
---@return numoon.Tensor
function Tensor:tanh() end

--- the hyperbolic tangent
---@return numoon.Tensor
function Tensor:tanh_() end

--- a without its fraction
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.trunc(input, options) end

--- a without its fraction
---@return numoon.Tensor
function Tensor:trunc() end

--- a without its fraction
---@return numoon.Tensor
function Tensor:trunc_() end

--- b where a is true, else c
---@param condition numoon.Tensor|number|boolean
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(condition: numoon.Tensor|number|boolean, input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.where(condition, input, other, options) end

-- ---- Elementwise, of several steps ----

--- input + value * tensor1 / tensor2
---@param input numoon.Tensor
---@param tensor1 numoon.Tensor
---@param tensor2 numoon.Tensor
---@param value? number|boolean
---@param options? {value?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, tensor1: numoon.Tensor, tensor2: numoon.Tensor, options: {value?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.addcdiv(input, tensor1, tensor2, value, options) end

--- input + value * tensor1 / tensor2
---@param tensor1 numoon.Tensor
---@param tensor2 numoon.Tensor
---@param value? number|boolean
---@param options? {value?: number|boolean}
---@overload fun(self: numoon.Tensor, tensor1: numoon.Tensor, tensor2: numoon.Tensor, options: {value?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addcdiv(tensor1, tensor2, value, options) end

--- input + value * tensor1 / tensor2
---@param tensor1 numoon.Tensor
---@param tensor2 numoon.Tensor
---@param value? number|boolean
---@param options? {value?: number|boolean}
---@overload fun(self: numoon.Tensor, tensor1: numoon.Tensor, tensor2: numoon.Tensor, options: {value?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addcdiv_(tensor1, tensor2, value, options) end

--- input + value * tensor1 * tensor2
---@param input numoon.Tensor
---@param tensor1 numoon.Tensor
---@param tensor2 numoon.Tensor
---@param value? number|boolean
---@param options? {value?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, tensor1: numoon.Tensor, tensor2: numoon.Tensor, options: {value?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.addcmul(input, tensor1, tensor2, value, options) end

--- input + value * tensor1 * tensor2
---@param tensor1 numoon.Tensor
---@param tensor2 numoon.Tensor
---@param value? number|boolean
---@param options? {value?: number|boolean}
---@overload fun(self: numoon.Tensor, tensor1: numoon.Tensor, tensor2: numoon.Tensor, options: {value?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addcmul(tensor1, tensor2, value, options) end

--- input + value * tensor1 * tensor2
---@param tensor1 numoon.Tensor
---@param tensor2 numoon.Tensor
---@param value? number|boolean
---@param options? {value?: number|boolean}
---@overload fun(self: numoon.Tensor, tensor1: numoon.Tensor, tensor2: numoon.Tensor, options: {value?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addcmul_(tensor1, tensor2, value, options) end

--- min(max(input, min), max); either bound may be left out
---@param input numoon.Tensor
---@param min? numoon.Tensor|number|boolean
---@param max? numoon.Tensor|number|boolean
---@param options? {min?: numoon.Tensor|number|boolean, max?: numoon.Tensor|number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {min?: numoon.Tensor|number|boolean, max?: numoon.Tensor|number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.clamp(input, min, max, options) end

--- min(max(input, min), max); either bound may be left out
---@param min? numoon.Tensor|number|boolean
---@param max? numoon.Tensor|number|boolean
---@param options? {min?: numoon.Tensor|number|boolean, max?: numoon.Tensor|number|boolean}
---@overload fun(self: numoon.Tensor, options: {min?: numoon.Tensor|number|boolean, max?: numoon.Tensor|number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:clamp(min, max, options) end

--- min(max(input, min), max); either bound may be left out
---@param min? numoon.Tensor|number|boolean
---@param max? numoon.Tensor|number|boolean
---@param options? {min?: numoon.Tensor|number|boolean, max?: numoon.Tensor|number|boolean}
---@overload fun(self: numoon.Tensor, options: {min?: numoon.Tensor|number|boolean, max?: numoon.Tensor|number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:clamp_(min, max, options) end

--- value everywhere
---@param value numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:fill_(value) end

--- input + weight * (end - input)
---@param input numoon.Tensor
---@param last numoon.Tensor
---@param weight numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, last: numoon.Tensor, weight: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.lerp(input, last, weight, options) end

--- input + weight * (end - input)
---@param last numoon.Tensor
---@param weight numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:lerp(last, weight) end

--- input + weight * (end - input)
---@param last numoon.Tensor
---@param weight numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:lerp_(last, weight) end

--- the inverse of sigmoid: log(input / (1 - input)); with eps, of input moved into [eps, 1 - eps]
---@param input numoon.Tensor
---@param eps? number
---@param options? {eps?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {eps?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logit(input, eps, options) end

--- the inverse of sigmoid: log(input / (1 - input)); with eps, of input moved into [eps, 1 - eps]
---@param eps? number
---@param options? {eps?: number}
---@overload fun(self: numoon.Tensor, options: {eps?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:logit(eps, options) end

--- the inverse of sigmoid: log(input / (1 - input)); with eps, of input moved into [eps, 1 - eps]
---@param eps? number
---@param options? {eps?: number}
---@overload fun(self: numoon.Tensor, options: {eps?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:logit_(eps, options) end

--- value where mask is true, else input
---@param input numoon.Tensor
---@param mask numoon.Tensor
---@param value numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, mask: numoon.Tensor, value: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.masked_fill(input, mask, value, options) end

--- value where mask is true, else input
---@param mask numoon.Tensor
---@param value numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:masked_fill(mask, value) end

--- value where mask is true, else input
---@param mask numoon.Tensor
---@param value numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:masked_fill_(mask, value) end

--- input with NaN replaced by nan, and infinities by posinf and neginf, which are the largest and lowest numbers of the dtype when they are left out
---@param input numoon.Tensor
---@param nan? number
---@param posinf? number
---@param neginf? number
---@param options? {nan?: number, posinf?: number, neginf?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {nan?: number, posinf?: number, neginf?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.nan_to_num(input, nan, posinf, neginf, options) end

--- input with NaN replaced by nan, and infinities by posinf and neginf, which are the largest and lowest numbers of the dtype when they are left out
---@param nan? number
---@param posinf? number
---@param neginf? number
---@param options? {nan?: number, posinf?: number, neginf?: number}
---@overload fun(self: numoon.Tensor, options: {nan?: number, posinf?: number, neginf?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:nan_to_num(nan, posinf, neginf, options) end

--- input with NaN replaced by nan, and infinities by posinf and neginf, which are the largest and lowest numbers of the dtype when they are left out
---@param nan? number
---@param posinf? number
---@param neginf? number
---@param options? {nan?: number, posinf?: number, neginf?: number}
---@overload fun(self: numoon.Tensor, options: {nan?: number, posinf?: number, neginf?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:nan_to_num_(nan, posinf, neginf, options) end

--- the n-th derivative of digamma: (-1)^(n + 1) n! zeta(n + 1, input)
---@param n integer
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(n: integer, input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.polygamma(n, input, options) end

--- input * log(other), and 0 where input is 0, unless other is NaN
---@param input numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, other: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.xlogy(input, other, options) end

--- input * log(other), and 0 where input is 0, unless other is NaN
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:xlogy(other) end

--- input * log(other), and 0 where input is 0, unless other is NaN
---@param other numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:xlogy_(other) end

--- 0 everywhere
---@return numoon.Tensor
function Tensor:zero_() end

-- ---- Activations ----

--- input where it is positive, else alpha * (exp(input / alpha) - 1) [Barron 2017]
---@param input numoon.Tensor
---@param alpha? number
---@param options? {alpha?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {alpha?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.celu(input, alpha, options) end

--- input where it is positive, else alpha * (exp(input / alpha) - 1) [Barron 2017]
---@param alpha? number
---@param options? {alpha?: number}
---@overload fun(self: numoon.Tensor, options: {alpha?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:celu(alpha, options) end

--- input where it is positive, else alpha * (exp(input / alpha) - 1) [Barron 2017]
---@param alpha? number
---@param options? {alpha?: number}
---@overload fun(self: numoon.Tensor, options: {alpha?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:celu_(alpha, options) end

--- input where it is positive, else alpha * (exp(input) - 1) [Clevert et al. 2016]
---@param input numoon.Tensor
---@param alpha? number
---@param options? {alpha?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {alpha?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.elu(input, alpha, options) end

--- input where it is positive, else alpha * (exp(input) - 1) [Clevert et al. 2016]
---@param alpha? number
---@param options? {alpha?: number}
---@overload fun(self: numoon.Tensor, options: {alpha?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:elu(alpha, options) end

--- input where it is positive, else alpha * (exp(input) - 1) [Clevert et al. 2016]
---@param alpha? number
---@param options? {alpha?: number}
---@overload fun(self: numoon.Tensor, options: {alpha?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:elu_(alpha, options) end

--- input times the normal distribution's probability of less: input * Phi(input), or with approximate = "tanh" input / 2 * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input^3))) [Hendrycks & Gimpel 2016]
---@param input numoon.Tensor
---@param approximate? string
---@param options? {approximate?: string, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {approximate?: string, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.gelu(input, approximate, options) end

--- input times the normal distribution's probability of less: input * Phi(input), or with approximate = "tanh" input / 2 * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input^3))) [Hendrycks & Gimpel 2016]
---@param approximate? string
---@param options? {approximate?: string}
---@overload fun(self: numoon.Tensor, options: {approximate?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:gelu(approximate, options) end

--- input times the normal distribution's probability of less: input * Phi(input), or with approximate = "tanh" input / 2 * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input^3))) [Hendrycks & Gimpel 2016]
---@param approximate? string
---@param options? {approximate?: string}
---@overload fun(self: numoon.Tensor, options: {approximate?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:gelu_(approximate, options) end

--- the first half of input along dim, times sigmoid of the second half [Dauphin et al. 2017]
---@param input numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.glu(input, dim, options) end

--- the first half of input along dim, times sigmoid of the second half [Dauphin et al. 2017]
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, options: {dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:glu(dim, options) end

--- input where |input| is over lambd, else 0
---@param input numoon.Tensor
---@param lambd? number
---@param options? {lambd?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {lambd?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.hardshrink(input, lambd, options) end

--- input where |input| is over lambd, else 0
---@param lambd? number
---@param options? {lambd?: number}
---@overload fun(self: numoon.Tensor, options: {lambd?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:hardshrink(lambd, options) end

--- input where |input| is over lambd, else 0
---@param lambd? number
---@param options? {lambd?: number}
---@overload fun(self: numoon.Tensor, options: {lambd?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:hardshrink_(lambd, options) end

--- relu6(input + 3) / 6
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.hardsigmoid(input, options) end

--- relu6(input + 3) / 6
---@return numoon.Tensor
function Tensor:hardsigmoid() end

--- relu6(input + 3) / 6
---@return numoon.Tensor
function Tensor:hardsigmoid_() end

--- input * relu6(input + 3) / 6 [Howard et al. 2019]
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.hardswish(input, options) end

--- input * relu6(input + 3) / 6 [Howard et al. 2019]
---@return numoon.Tensor
function Tensor:hardswish() end

--- input * relu6(input + 3) / 6 [Howard et al. 2019]
---@return numoon.Tensor
function Tensor:hardswish_() end

--- min(max(input, min_val), max_val)
---@param input numoon.Tensor
---@param min_val? number
---@param max_val? number
---@param options? {min_val?: number, max_val?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {min_val?: number, max_val?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.hardtanh(input, min_val, max_val, options) end

--- min(max(input, min_val), max_val)
---@param min_val? number
---@param max_val? number
---@param options? {min_val?: number, max_val?: number}
---@overload fun(self: numoon.Tensor, options: {min_val?: number, max_val?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:hardtanh(min_val, max_val, options) end

--- min(max(input, min_val), max_val)
---@param min_val? number
---@param max_val? number
---@param options? {min_val?: number, max_val?: number}
---@overload fun(self: numoon.Tensor, options: {min_val?: number, max_val?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:hardtanh_(min_val, max_val, options) end

--- input where it is positive, else negative_slope * input [Maas et al. 2013]
---@param input numoon.Tensor
---@param negative_slope? number
---@param options? {negative_slope?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {negative_slope?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.leaky_relu(input, negative_slope, options) end

--- input where it is positive, else negative_slope * input [Maas et al. 2013]
---@param negative_slope? number
---@param options? {negative_slope?: number}
---@overload fun(self: numoon.Tensor, options: {negative_slope?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:leaky_relu(negative_slope, options) end

--- input where it is positive, else negative_slope * input [Maas et al. 2013]
---@param negative_slope? number
---@param options? {negative_slope?: number}
---@overload fun(self: numoon.Tensor, options: {negative_slope?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:leaky_relu_(negative_slope, options) end

--- log(sigmoid(input)), also where sigmoid is 0 or 1
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logsigmoid(input, options) end

--- log(sigmoid(input)), also where sigmoid is 0 or 1
---@return numoon.Tensor
function Tensor:logsigmoid() end

--- log(sigmoid(input)), also where sigmoid is 0 or 1
---@return numoon.Tensor
function Tensor:logsigmoid_() end

--- input * tanh(softplus(input)) [Misra 2019]
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.mish(input, options) end

--- input * tanh(softplus(input)) [Misra 2019]
---@return numoon.Tensor
function Tensor:mish() end

--- input * tanh(softplus(input)) [Misra 2019]
---@return numoon.Tensor
function Tensor:mish_() end

--- input where it is positive, else weight * input, with a weight for each channel or one for all [He et al. 2015]
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.prelu(input, weight, options) end

--- input where it is positive, else weight * input, with a weight for each channel or one for all [He et al. 2015]
---@param weight numoon.Tensor
---@return numoon.Tensor
function Tensor:prelu(weight) end

--- min(max(input, 0), 6)
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.relu6(input, options) end

--- min(max(input, 0), 6)
---@return numoon.Tensor
function Tensor:relu6() end

--- min(max(input, 0), 6)
---@return numoon.Tensor
function Tensor:relu6_() end

--- elu, scaled so that mean and variance settle: 1.0507 * elu(input, 1.6733) [Klambauer et al. 2017]
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.selu(input, options) end

--- elu, scaled so that mean and variance settle: 1.0507 * elu(input, 1.6733) [Klambauer et al. 2017]
---@return numoon.Tensor
function Tensor:selu() end

--- elu, scaled so that mean and variance settle: 1.0507 * elu(input, 1.6733) [Klambauer et al. 2017]
---@return numoon.Tensor
function Tensor:selu_() end

--- input * sigmoid(input) [Elfwing et al. 2018]
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.silu(input, options) end

--- input * sigmoid(input) [Elfwing et al. 2018]
---@return numoon.Tensor
function Tensor:silu() end

--- input * sigmoid(input) [Elfwing et al. 2018]
---@return numoon.Tensor
function Tensor:silu_() end

--- a smooth relu: log(1 + exp(beta * input)) / beta; input itself where beta * input is over threshold [Dugas et al. 2001]
---@param input numoon.Tensor
---@param beta? number
---@param threshold? number
---@param options? {beta?: number, threshold?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {beta?: number, threshold?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.softplus(input, beta, threshold, options) end

--- a smooth relu: log(1 + exp(beta * input)) / beta; input itself where beta * input is over threshold [Dugas et al. 2001]
---@param beta? number
---@param threshold? number
---@param options? {beta?: number, threshold?: number}
---@overload fun(self: numoon.Tensor, options: {beta?: number, threshold?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:softplus(beta, threshold, options) end

--- a smooth relu: log(1 + exp(beta * input)) / beta; input itself where beta * input is over threshold [Dugas et al. 2001]
---@param beta? number
---@param threshold? number
---@param options? {beta?: number, threshold?: number}
---@overload fun(self: numoon.Tensor, options: {beta?: number, threshold?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:softplus_(beta, threshold, options) end

--- input moved by lambd towards 0, 0 where it would pass it
---@param input numoon.Tensor
---@param lambd? number
---@param options? {lambd?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {lambd?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.softshrink(input, lambd, options) end

--- input moved by lambd towards 0, 0 where it would pass it
---@param lambd? number
---@param options? {lambd?: number}
---@overload fun(self: numoon.Tensor, options: {lambd?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:softshrink(lambd, options) end

--- input moved by lambd towards 0, 0 where it would pass it
---@param lambd? number
---@param options? {lambd?: number}
---@overload fun(self: numoon.Tensor, options: {lambd?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:softshrink_(lambd, options) end

--- input / (1 + |input|)
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.softsign(input, options) end

--- input / (1 + |input|)
---@return numoon.Tensor
function Tensor:softsign() end

--- input / (1 + |input|)
---@return numoon.Tensor
function Tensor:softsign_() end

--- input - tanh(input)
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.tanhshrink(input, options) end

--- input - tanh(input)
---@return numoon.Tensor
function Tensor:tanhshrink() end

--- input - tanh(input)
---@return numoon.Tensor
function Tensor:tanhshrink_() end

--- input where it is over threshold, else value
---@param input numoon.Tensor
---@param threshold number
---@param value number
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, threshold: number, value: number, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.threshold(input, threshold, value, options) end

--- input where it is over threshold, else value
---@param threshold number
---@param value number
---@return numoon.Tensor
function Tensor:threshold(threshold, value) end

--- input where it is over threshold, else value
---@param threshold number
---@param value number
---@return numoon.Tensor
function Tensor:threshold_(threshold, value) end

-- ---- Reductions ----

--- whether all elements over dims are not 0; of uint8 in uint8
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.all(input, dim, keepdim, options) end

--- whether all elements over dims are not 0; of uint8 in uint8
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:all(dim, keepdim, options) end

--- the largest value over dims; NaN wins; equal ones share the gradient
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.amax(input, dim, keepdim, options) end

--- the largest value over dims; NaN wins; equal ones share the gradient
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:amax(dim, keepdim, options) end

--- the smallest value over dims; NaN wins; equal ones share the gradient
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.amin(input, dim, keepdim, options) end

--- the smallest value over dims; NaN wins; equal ones share the gradient
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:amin(dim, keepdim, options) end

--- whether any element over dims is not 0; of uint8 in uint8
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.any(input, dim, keepdim, options) end

--- whether any element over dims is not 0; of uint8 in uint8
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:any(dim, keepdim, options) end

--- the position of the first largest value along dim, or in row-major order
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.argmax(input, dim, keepdim, options) end

--- the position of the first largest value along dim, or in row-major order
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:argmax(dim, keepdim, options) end

--- the position of the first smallest value along dim, or in row-major order
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.argmin(input, dim, keepdim, options) end

--- the position of the first smallest value along dim, or in row-major order
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:argmin(dim, keepdim, options) end

--- the largest value; with dim: the largest along it, and their positions
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.max(input, dim, keepdim, options) end

--- the largest value; with dim: the largest along it, and their positions
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:max(dim, keepdim, options) end

--- the arithmetic mean over dims
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.mean(input, dim, keepdim, options) end

--- the arithmetic mean over dims
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:mean(dim, keepdim, options) end

--- the smallest value; with dim: the smallest along it, and their positions
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.min(input, dim, keepdim, options) end

--- the smallest value; with dim: the smallest along it, and their positions
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:min(dim, keepdim, options) end

--- the product over dims; of integers and bools in int64
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.prod(input, dim, keepdim, options) end

--- the product over dims; of integers and bools in int64
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:prod(dim, keepdim, options) end

--- the sum over dims; of integers and bools in int64
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.sum(input, dim, keepdim, options) end

--- the sum over dims; of integers and bools in int64
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:sum(dim, keepdim, options) end

-- ---- Statistics ----

--- the smallest and the largest value along dim, or of all; NaN wins; equal ones share the gradient
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.aminmax(input, dim, keepdim, options) end

--- the smallest and the largest value along dim, or of all; NaN wins; equal ones share the gradient
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:aminmax(dim, keepdim, options) end

--- how many elements over dims are not 0; NaN is not 0
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function nm.count_nonzero(input, dim, options) end

--- how many elements over dims are not 0; NaN is not 0
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:count_nonzero(dim, options) end

--- the logarithm of the sum of exponentials over dims, which may overflow: log(sum(exp(x))), computed from x - max(x)
---@param input numoon.Tensor
---@param dim integer|integer[]
---@param keepdim? boolean
---@param options? {keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer|integer[], options: {keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logsumexp(input, dim, keepdim, options) end

--- the logarithm of the sum of exponentials over dims, which may overflow: log(sum(exp(x))), computed from x - max(x)
---@param dim integer|integer[]
---@param keepdim? boolean
---@param options? {keepdim?: boolean}
---@overload fun(self: numoon.Tensor, dim: integer|integer[], options: {keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:logsumexp(dim, keepdim, options) end

--- the mean over dims of what is no NaN; of none, NaN
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.nanmean(input, dim, keepdim, options) end

--- the mean over dims of what is no NaN; of none, NaN
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:nanmean(dim, keepdim, options) end

--- the sum over dims of what is no NaN; of integers and bools in int64
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.nansum(input, dim, keepdim, options) end

--- the sum over dims of what is no NaN; of integers and bools in int64
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:nansum(dim, keepdim, options) end

--- the p-norm of the elements over dims: sum(abs(x)^p)^(1/p); "fro" is p = 2, nm.inf the largest magnitude, -nm.inf the smallest, and 0 counts what is not 0
---@param input numoon.Tensor
---@param p? number|string
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {p?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(input: numoon.Tensor, options: {p?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function nm.norm(input, p, dim, keepdim, options) end

--- the p-norm of the elements over dims: sum(abs(x)^p)^(1/p); "fro" is p = 2, nm.inf the largest magnitude, -nm.inf the smallest, and 0 counts what is not 0
---@param p? number|string
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {p?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, options: {p?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:norm(p, dim, keepdim, options) end

--- the standard deviation over dims: the root of var
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.std(input, dim, keepdim, correction, options) end

--- the standard deviation over dims: the root of var
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:std(dim, keepdim, correction, options) end

--- the standard deviation and the mean over dims
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.std_mean(input, dim, keepdim, correction, options) end

--- the standard deviation and the mean over dims
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:std_mean(dim, keepdim, correction, options) end

--- the variance over dims: sum((x - mean)^2) / (n - correction); unbiased = false is correction = 0
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.var(input, dim, keepdim, correction, options) end

--- the variance over dims: sum((x - mean)^2) / (n - correction); unbiased = false is correction = 0
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:var(dim, keepdim, correction, options) end

--- the variance and the mean over dims
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.var_mean(input, dim, keepdim, correction, options) end

--- the variance and the mean over dims
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, unbiased?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:var_mean(dim, keepdim, correction, options) end

-- ---- Scans ----

--- the largest element so far along dim, and its position: of equal ones the last; NaN wins
---@param input numoon.Tensor
---@param dim integer
---@return numoon.Tensor, numoon.Tensor
function nm.cummax(input, dim) end

--- the largest element so far along dim, and its position: of equal ones the last; NaN wins
---@param dim integer
---@return numoon.Tensor, numoon.Tensor
function Tensor:cummax(dim) end

--- the smallest element so far along dim, and its position: of equal ones the last; NaN wins
---@param input numoon.Tensor
---@param dim integer
---@return numoon.Tensor, numoon.Tensor
function nm.cummin(input, dim) end

--- the smallest element so far along dim, and its position: of equal ones the last; NaN wins
---@param dim integer
---@return numoon.Tensor, numoon.Tensor
function Tensor:cummin(dim) end

--- the running product along dim: y[k] = x[1] * ... * x[k]; of integers and bools in int64
---@param input numoon.Tensor
---@param dim integer
---@param options? {dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cumprod(input, dim, options) end

--- the running product along dim: y[k] = x[1] * ... * x[k]; of integers and bools in int64
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cumprod(dim, options) end

--- the running product along dim: y[k] = x[1] * ... * x[k]; of integers and bools in int64
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cumprod_(dim, options) end

--- the running sum along dim: y[k] = x[1] + ... + x[k]; of integers and bools in int64
---@param input numoon.Tensor
---@param dim integer
---@param options? {dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cumsum(input, dim, options) end

--- the running sum along dim: y[k] = x[1] + ... + x[k]; of integers and bools in int64
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cumsum(dim, options) end

--- the running sum along dim: y[k] = x[1] + ... + x[k]; of integers and bools in int64
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cumsum_(dim, options) end

--- the logarithm of the running sum of exponentials along dim, which may overflow: y[k] = log(exp(x[1]) + ... + exp(x[k]))
---@param input numoon.Tensor
---@param dim integer
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.logcumsumexp(input, dim, options) end

--- the logarithm of the running sum of exponentials along dim, which may overflow: y[k] = log(exp(x[1]) + ... + exp(x[k]))
---@param dim integer
---@return numoon.Tensor
function Tensor:logcumsumexp(dim) end

-- ---- Sorting ----

--- the positions that sort the elements along dim; NaN counts as the largest, and equal elements keep their order, whatever stable says
---@param input numoon.Tensor
---@param dim? integer
---@param descending? boolean
---@param stable? boolean
---@param options? {dim?: integer, descending?: boolean, stable?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, descending?: boolean, stable?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.argsort(input, dim, descending, stable, options) end

--- the positions that sort the elements along dim; NaN counts as the largest, and equal elements keep their order, whatever stable says
---@param dim? integer
---@param descending? boolean
---@param stable? boolean
---@param options? {dim?: integer, descending?: boolean, stable?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, descending?: boolean, stable?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:argsort(dim, descending, stable, options) end

--- the k-th smallest element along dim, and its position; NaN counts as the largest, and of equal ones the first comes first
---@param input numoon.Tensor
---@param k integer
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, k: integer, options: {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.kthvalue(input, k, dim, keepdim, options) end

--- the k-th smallest element along dim, and its position; NaN counts as the largest, and of equal ones the first comes first
---@param k integer
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, k: integer, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:kthvalue(k, dim, keepdim, options) end

--- the elements sorted along the first dim, NaN last
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.msort(input, options) end

--- the elements sorted along the first dim, NaN last
---@return numoon.Tensor
function Tensor:msort() end

--- the elements sorted along dim, and the positions they came from; NaN counts as the largest, and equal elements keep their order, whatever stable says
---@param input numoon.Tensor
---@param dim? integer
---@param descending? boolean
---@param stable? boolean
---@param options? {dim?: integer, descending?: boolean, stable?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, descending?: boolean, stable?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.sort(input, dim, descending, stable, options) end

--- the elements sorted along dim, and the positions they came from; NaN counts as the largest, and equal elements keep their order, whatever stable says
---@param dim? integer
---@param descending? boolean
---@param stable? boolean
---@param options? {dim?: integer, descending?: boolean, stable?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, descending?: boolean, stable?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:sort(dim, descending, stable, options) end

--- the k largest elements along dim, or the smallest, and their positions; they come sorted in any case, NaN counts as the largest, and of equal ones the first comes first
---@param input numoon.Tensor
---@param k integer
---@param dim? integer
---@param largest? boolean
---@param sorted? boolean
---@param options? {dim?: integer, largest?: boolean, sorted?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, k: integer, options: {dim?: integer, largest?: boolean, sorted?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.topk(input, k, dim, largest, sorted, options) end

--- the k largest elements along dim, or the smallest, and their positions; they come sorted in any case, NaN counts as the largest, and of equal ones the first comes first
---@param k integer
---@param dim? integer
---@param largest? boolean
---@param sorted? boolean
---@param options? {dim?: integer, largest?: boolean, sorted?: boolean}
---@overload fun(self: numoon.Tensor, k: integer, options: {dim?: integer, largest?: boolean, sorted?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:topk(k, dim, largest, sorted, options) end

-- ---- Elements by rank ----

--- the median, the lower one of two; with dim: the medians along it, and their positions; NaN wins; without dim all elements that equal the median share its gradient
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.median(input, dim, keepdim, options) end

--- the median, the lower one of two; with dim: the medians along it, and their positions; NaN wins; without dim all elements that equal the median share its gradient
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:median(dim, keepdim, options) end

--- the most frequent element along dim, the smallest of several, and where it stands last; a NaN equals nothing
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.mode(input, dim, keepdim, options) end

--- the most frequent element along dim, the smallest of several, and where it stands last; a NaN equals nothing
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:mode(dim, keepdim, options) end

--- the median of what is no NaN, the lower one of two; with dim: the medians along it, and their positions; NaN where there is nothing else
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.nanmedian(input, dim, keepdim, options) end

--- the median of what is no NaN, the lower one of two; with dim: the medians along it, and their positions; NaN where there is nothing else
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:nanmedian(dim, keepdim, options) end

--- quantile of what is no NaN; NaN where there is nothing else
---@param input numoon.Tensor
---@param q numoon.Tensor|number|boolean
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, interpolation?: string, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, q: numoon.Tensor|number|boolean, options: {dim?: integer, keepdim?: boolean, interpolation?: string, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.nanquantile(input, q, dim, keepdim, options) end

--- quantile of what is no NaN; NaN where there is nothing else
---@param q numoon.Tensor|number|boolean
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, interpolation?: string}
---@overload fun(self: numoon.Tensor, q: numoon.Tensor|number|boolean, options: {dim?: integer, keepdim?: boolean, interpolation?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:nanquantile(q, dim, keepdim, options) end

--- the element at the rank q (n - 1) of the n sorted ones along dim, or of all: between two ranks linearly interpolated, the lower, the higher, the mean, or at the nearest rank; q is a number, or a tensor of several; NaN wins
---@param input numoon.Tensor
---@param q numoon.Tensor|number|boolean
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, interpolation?: string, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, q: numoon.Tensor|number|boolean, options: {dim?: integer, keepdim?: boolean, interpolation?: string, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.quantile(input, q, dim, keepdim, options) end

--- the element at the rank q (n - 1) of the n sorted ones along dim, or of all: between two ranks linearly interpolated, the lower, the higher, the mean, or at the nearest rank; q is a number, or a tensor of several; NaN wins
---@param q numoon.Tensor|number|boolean
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean, interpolation?: string}
---@overload fun(self: numoon.Tensor, q: numoon.Tensor|number|boolean, options: {dim?: integer, keepdim?: boolean, interpolation?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:quantile(q, dim, keepdim, options) end

-- ---- Searching ----

--- the number of the bucket of each element: the first position whose boundary is not below it, or with right = true is above it; from 1 to N + 1
---@param input numoon.Tensor|number|boolean
---@param boundaries numoon.Tensor
---@param right? boolean
---@param options? {right?: boolean, out_int32?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor|number|boolean, boundaries: numoon.Tensor, options: {right?: boolean, out_int32?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bucketize(input, boundaries, right, options) end

--- the number of the bucket of each element: the first position whose boundary is not below it, or with right = true is above it; from 1 to N + 1
---@param boundaries numoon.Tensor
---@param right? boolean
---@param options? {right?: boolean, out_int32?: boolean}
---@overload fun(self: numoon.Tensor, boundaries: numoon.Tensor, options: {right?: boolean, out_int32?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:bucketize(boundaries, right, options) end

--- true where an element is among test_elements; with invert = true where it is not
---@param elements numoon.Tensor|number|boolean
---@param test_elements numoon.Tensor|number|boolean
---@param options? {assume_unique?: boolean, invert?: boolean}
---@overload fun(elements: numoon.Tensor|number|boolean, test_elements: numoon.Tensor|number|boolean, options: {assume_unique?: boolean, invert?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.isin(elements, test_elements, options) end

--- true where an element is among test_elements; with invert = true where it is not
---@param test_elements numoon.Tensor|number|boolean
---@param options? {assume_unique?: boolean, invert?: boolean}
---@overload fun(self: numoon.Tensor, test_elements: numoon.Tensor|number|boolean, options: {assume_unique?: boolean, invert?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:isin(test_elements, options) end

--- where values belong in the sorted last dim: the first position whose element is not below the value, or with right = true (or side = "right") is above it; from 1 to N + 1; sorter: the positions that sort the elements, where they aren't sorted
---@param sorted_sequence numoon.Tensor
---@param values numoon.Tensor|number|boolean
---@param right? boolean
---@param options? {right?: boolean, side?: string, sorter?: numoon.Tensor, out_int32?: boolean, out?: numoon.Tensor}
---@overload fun(sorted_sequence: numoon.Tensor, values: numoon.Tensor|number|boolean, options: {right?: boolean, side?: string, sorter?: numoon.Tensor, out_int32?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.searchsorted(sorted_sequence, values, right, options) end

--- where values belong in the sorted last dim: the first position whose element is not below the value, or with right = true (or side = "right") is above it; from 1 to N + 1; sorter: the positions that sort the elements, where they aren't sorted
---@param values numoon.Tensor|number|boolean
---@param right? boolean
---@param options? {right?: boolean, side?: string, sorter?: numoon.Tensor, out_int32?: boolean}
---@overload fun(self: numoon.Tensor, values: numoon.Tensor|number|boolean, options: {right?: boolean, side?: string, sorter?: numoon.Tensor, out_int32?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:searchsorted(values, right, options) end

-- ---- Distinct elements ----

--- the different elements, sorted in any case, or with dim the different slices along it; then, if asked for, the position of each element's value, and how often each comes; a NaN equals nothing; a GPU is waited for, since the size depends on the elements
---@param input numoon.Tensor
---@param sorted? boolean
---@param return_inverse? boolean
---@param return_counts? boolean
---@param dim? integer
---@param options? {sorted?: boolean, return_inverse?: boolean, return_counts?: boolean, dim?: integer}
---@overload fun(input: numoon.Tensor, options: {sorted?: boolean, return_inverse?: boolean, return_counts?: boolean, dim?: integer}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.unique(input, sorted, return_inverse, return_counts, dim, options) end

--- the different elements, sorted in any case, or with dim the different slices along it; then, if asked for, the position of each element's value, and how often each comes; a NaN equals nothing; a GPU is waited for, since the size depends on the elements
---@param sorted? boolean
---@param return_inverse? boolean
---@param return_counts? boolean
---@param dim? integer
---@param options? {sorted?: boolean, return_inverse?: boolean, return_counts?: boolean, dim?: integer}
---@overload fun(self: numoon.Tensor, options: {sorted?: boolean, return_inverse?: boolean, return_counts?: boolean, dim?: integer}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:unique(sorted, return_inverse, return_counts, dim, options) end

--- the elements, or with dim the slices along it, without those that equal the one in front; then, if asked for, the position of each element's value, and the lengths of the runs; a NaN equals nothing; a GPU is waited for, since the size depends on the elements
---@param input numoon.Tensor
---@param return_inverse? boolean
---@param return_counts? boolean
---@param dim? integer
---@param options? {return_inverse?: boolean, return_counts?: boolean, dim?: integer}
---@overload fun(input: numoon.Tensor, options: {return_inverse?: boolean, return_counts?: boolean, dim?: integer}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function nm.unique_consecutive(input, return_inverse, return_counts, dim, options) end

--- the elements, or with dim the slices along it, without those that equal the one in front; then, if asked for, the position of each element's value, and the lengths of the runs; a NaN equals nothing; a GPU is waited for, since the size depends on the elements
---@param return_inverse? boolean
---@param return_counts? boolean
---@param dim? integer
---@param options? {return_inverse?: boolean, return_counts?: boolean, dim?: integer}
---@overload fun(self: numoon.Tensor, options: {return_inverse?: boolean, return_counts?: boolean, dim?: integer}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function Tensor:unique_consecutive(return_inverse, return_counts, dim, options) end

-- ---- Histograms ----

--- how often each integer comes: y[v] counts the value v, from 1 on; or the sum of the weights of what is v; a GPU is waited for, since the size depends on the elements
---@param input numoon.Tensor
---@param weights? numoon.Tensor
---@param minlength? integer
---@param options? {weights?: numoon.Tensor, minlength?: integer}
---@overload fun(input: numoon.Tensor, options: {weights?: numoon.Tensor, minlength?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.bincount(input, weights, minlength, options) end

--- how often each integer comes: y[v] counts the value v, from 1 on; or the sum of the weights of what is v; a GPU is waited for, since the size depends on the elements
---@param weights? numoon.Tensor
---@param minlength? integer
---@param options? {weights?: numoon.Tensor, minlength?: integer}
---@overload fun(self: numoon.Tensor, options: {weights?: numoon.Tensor, minlength?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:bincount(weights, minlength, options) end

--- how many elements are in each of equally wide bins from min to max; others are not counted; when min equals max, they are the elements' own, and a GPU is waited for
---@param input numoon.Tensor
---@param bins? integer
---@param min? number
---@param max? number
---@param options? {bins?: integer, min?: number, max?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {bins?: integer, min?: number, max?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.histc(input, bins, min, max, options) end

--- how many elements are in each of equally wide bins from min to max; others are not counted; when min equals max, they are the elements' own, and a GPU is waited for
---@param bins? integer
---@param min? number
---@param max? number
---@param options? {bins?: integer, min?: number, max?: number}
---@overload fun(self: numoon.Tensor, options: {bins?: integer, min?: number, max?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:histc(bins, min, max, options) end

--- how many elements are in each bin, or the sum of their weights, and the edges of the bins; density: divided so that the area is 1; bins: how many, equally wide, over range = {min, max} or over the elements (then a GPU is waited for), or their edges in rising order; all bins but the last are without their upper edge, and what is outside is not counted
---@param input numoon.Tensor
---@param bins numoon.Tensor|number|boolean
---@param options? {range?: number|number[], weight?: numoon.Tensor, density?: boolean}
---@overload fun(input: numoon.Tensor, bins: numoon.Tensor|number|boolean, options: {range?: number|number[], weight?: numoon.Tensor, density?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.histogram(input, bins, options) end

--- how many elements are in each bin, or the sum of their weights, and the edges of the bins; density: divided so that the area is 1; bins: how many, equally wide, over range = {min, max} or over the elements (then a GPU is waited for), or their edges in rising order; all bins but the last are without their upper edge, and what is outside is not counted
---@param bins numoon.Tensor|number|boolean
---@param options? {range?: number|number[], weight?: numoon.Tensor, density?: boolean}
---@overload fun(self: numoon.Tensor, bins: numoon.Tensor|number|boolean, options: {range?: number|number[], weight?: numoon.Tensor, density?: boolean}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function Tensor:histogram(bins, options) end

-- ---- Softmax and its kin ----

--- the logarithm of softmax along dim: x - log(sum(exp(x))), computed from x - max(x)
---@param input numoon.Tensor
---@param dim integer
---@param options? {dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.log_softmax(input, dim, options) end

--- the logarithm of softmax along dim: x - log(sum(exp(x))), computed from x - max(x)
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:log_softmax(dim, options) end

--- positive weights with the sum 1 along dim: exp(x) / sum(exp(x)), computed from x - max(x)
---@param input numoon.Tensor
---@param dim integer
---@param options? {dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.softmax(input, dim, options) end

--- positive weights with the sum 1 along dim: exp(x) / sum(exp(x)), computed from x - max(x)
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:softmax(dim, options) end

-- ---- Normalization ----

--- each of num_groups groups of channels with mean 0 and variance 1, times the channel's weight, plus its bias
---@param input numoon.Tensor
---@param num_groups integer
---@param weight? numoon.Tensor
---@param bias? numoon.Tensor
---@param eps? number
---@param options? {weight?: numoon.Tensor, bias?: numoon.Tensor, eps?: number}
---@overload fun(input: numoon.Tensor, num_groups: integer, options: {weight?: numoon.Tensor, bias?: numoon.Tensor, eps?: number}): numoon.Tensor
---@return numoon.Tensor
function functional.group_norm(input, num_groups, weight, bias, eps, options) end

--- the last dims, which are of normalized_shape, with mean 0 and variance 1, times weight, plus bias: (x - mean) / sqrt(var + eps) * weight + bias
---@param input numoon.Tensor
---@param normalized_shape integer[]
---@param weight? numoon.Tensor
---@param bias? numoon.Tensor
---@param eps? number
---@param options? {weight?: numoon.Tensor, bias?: numoon.Tensor, eps?: number}
---@overload fun(input: numoon.Tensor, normalized_shape: integer[], options: {weight?: numoon.Tensor, bias?: numoon.Tensor, eps?: number}): numoon.Tensor
---@return numoon.Tensor
function functional.layer_norm(input, normalized_shape, weight, bias, eps, options) end

--- the last dims, which are of normalized_shape, over the root of their mean square, times weight: x / sqrt(mean(x^2) + eps) * weight
---@param input numoon.Tensor
---@param normalized_shape integer[]
---@param weight? numoon.Tensor
---@param eps? number
---@param options? {weight?: numoon.Tensor, eps?: number}
---@overload fun(input: numoon.Tensor, normalized_shape: integer[], options: {weight?: numoon.Tensor, eps?: number}): numoon.Tensor
---@return numoon.Tensor
function functional.rms_norm(input, normalized_shape, weight, eps, options) end

-- ---- Gather and scatter ----

--- elements picked along dim: y[i][j] = input[index[i][j]][j] for dim 1, and likewise for others
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.gather(input, dim, index, options) end

--- elements picked along dim: y[i][j] = input[index[i][j]][j] for dim 1, and likewise for others
---@param dim integer
---@param index numoon.Tensor
---@return numoon.Tensor
function Tensor:gather(dim, index) end

--- input with elements placed along dim: y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may be a number; of equal places the last one counts; reduce "add" or "multiply" does that instead of replacing
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor|number|boolean
---@param options? {reduce?: string, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor|number|boolean, options: {reduce?: string, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.scatter(input, dim, index, src, options) end

--- input with elements placed along dim: y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may be a number; of equal places the last one counts; reduce "add" or "multiply" does that instead of replacing
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor|number|boolean
---@param options? {reduce?: string}
---@overload fun(self: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor|number|boolean, options: {reduce?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter(dim, index, src, options) end

--- input with elements placed along dim: y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may be a number; of equal places the last one counts; reduce "add" or "multiply" does that instead of replacing
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor|number|boolean
---@param options? {reduce?: string}
---@overload fun(self: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor|number|boolean, options: {reduce?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_(dim, index, src, options) end

--- input with elements added along dim: src[i][j] to y[index[i][j]][j] for dim 1, and likewise for others
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.scatter_add(input, dim, index, src, options) end

--- input with elements added along dim: src[i][j] to y[index[i][j]][j] for dim 1, and likewise for others
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_add(dim, index, src) end

--- input with elements added along dim: src[i][j] to y[index[i][j]][j] for dim 1, and likewise for others
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_add_(dim, index, src) end

--- input with the sum, prod, mean, amax or amin of what src places there, and of what was there if include_self; the mean of integers is rounded down; the gradient of an extreme is shared by all that are it
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@param reduce string
---@param include_self? boolean
---@param options? {include_self?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor, reduce: string, options: {include_self?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.scatter_reduce(input, dim, index, src, reduce, include_self, options) end

--- input with the sum, prod, mean, amax or amin of what src places there, and of what was there if include_self; the mean of integers is rounded down; the gradient of an extreme is shared by all that are it
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@param reduce string
---@param include_self? boolean
---@param options? {include_self?: boolean}
---@overload fun(self: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor, reduce: string, options: {include_self?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_reduce(dim, index, src, reduce, include_self, options) end

--- input with the sum, prod, mean, amax or amin of what src places there, and of what was there if include_self; the mean of integers is rounded down; the gradient of an extreme is shared by all that are it
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@param reduce string
---@param include_self? boolean
---@param options? {include_self?: boolean}
---@overload fun(self: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor, reduce: string, options: {include_self?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_reduce_(dim, index, src, reduce, include_self, options) end

-- ---- Selecting by index ----

--- input with alpha * source added to the parts of dim that a list names, as often as it names them
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param source numoon.Tensor
---@param options? {alpha?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, source: numoon.Tensor, options: {alpha?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.index_add(input, dim, index, source, options) end

--- input with alpha * source added to the parts of dim that a list names, as often as it names them
---@param dim integer
---@param index numoon.Tensor
---@param source numoon.Tensor
---@param options? {alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, dim: integer, index: numoon.Tensor, source: numoon.Tensor, options: {alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:index_add(dim, index, source, options) end

--- input with alpha * source added to the parts of dim that a list names, as often as it names them
---@param dim integer
---@param index numoon.Tensor
---@param source numoon.Tensor
---@param options? {alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, dim: integer, index: numoon.Tensor, source: numoon.Tensor, options: {alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:index_add_(dim, index, source, options) end

--- input with source in the parts of dim that a list names; of equal places the last one counts
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param source numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, source: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.index_copy(input, dim, index, source, options) end

--- input with source in the parts of dim that a list names; of equal places the last one counts
---@param dim integer
---@param index numoon.Tensor
---@param source numoon.Tensor
---@return numoon.Tensor
function Tensor:index_copy(dim, index, source) end

--- input with source in the parts of dim that a list names; of equal places the last one counts
---@param dim integer
---@param index numoon.Tensor
---@param source numoon.Tensor
---@return numoon.Tensor
function Tensor:index_copy_(dim, index, source) end

--- input with value in the parts of dim that a list names
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param value numoon.Tensor|number|boolean
---@return numoon.Tensor
function nm.index_fill(input, dim, index, value) end

--- input with value in the parts of dim that a list names
---@param dim integer
---@param index numoon.Tensor
---@param value numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:index_fill(dim, index, value) end

--- input with value in the parts of dim that a list names
---@param dim integer
---@param index numoon.Tensor
---@param value numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:index_fill_(dim, index, value) end

--- input with values at t[indices], which are index tensors or masks for its first dims; accumulate adds, as often as a place is named; else of equal places the last one counts
---@param input numoon.Tensor
---@param indices numoon.Tensor[]
---@param values numoon.Tensor|number|boolean
---@param accumulate? boolean
---@param options? {accumulate?: boolean}
---@overload fun(input: numoon.Tensor, indices: numoon.Tensor[], values: numoon.Tensor|number|boolean, options: {accumulate?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.index_put(input, indices, values, accumulate, options) end

--- input with values at t[indices], which are index tensors or masks for its first dims; accumulate adds, as often as a place is named; else of equal places the last one counts
---@param indices numoon.Tensor[]
---@param values numoon.Tensor|number|boolean
---@param accumulate? boolean
---@param options? {accumulate?: boolean}
---@overload fun(self: numoon.Tensor, indices: numoon.Tensor[], values: numoon.Tensor|number|boolean, options: {accumulate?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:index_put(indices, values, accumulate, options) end

--- input with values at t[indices], which are index tensors or masks for its first dims; accumulate adds, as often as a place is named; else of equal places the last one counts
---@param indices numoon.Tensor[]
---@param values numoon.Tensor|number|boolean
---@param accumulate? boolean
---@param options? {accumulate?: boolean}
---@overload fun(self: numoon.Tensor, indices: numoon.Tensor[], values: numoon.Tensor|number|boolean, options: {accumulate?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:index_put_(indices, values, accumulate, options) end

--- the parts of dim that a list names, one after another: the rows of an embedding
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.index_select(input, dim, index, options) end

--- the parts of dim that a list names, one after another: the rows of an embedding
---@param dim integer
---@param index numoon.Tensor
---@return numoon.Tensor
function Tensor:index_select(dim, index) end

--- 1 at the label, else 0, along a new last dim of num_classes, or of the largest label
---@param input numoon.Tensor
---@param num_classes? integer
---@param options? {num_classes?: integer}
---@overload fun(input: numoon.Tensor, options: {num_classes?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.one_hot(input, num_classes, options) end

--- 1 at the label, else 0, along a new last dim of num_classes, or of the largest label
---@param num_classes? integer
---@param options? {num_classes?: integer}
---@overload fun(self: numoon.Tensor, options: {num_classes?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:one_hot(num_classes, options) end

--- the elements at positions in input, seen as one row
---@param input numoon.Tensor
---@param index numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, index: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.take(input, index, options) end

--- the elements at positions in input, seen as one row
---@param index numoon.Tensor
---@return numoon.Tensor
function Tensor:take(index) end

--- as gather, the other dims broadcast together; without dim as take, a list: what argsort and argmax name
---@param input numoon.Tensor
---@param indices numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, indices: numoon.Tensor, options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.take_along_dim(input, indices, dim, options) end

--- as gather, the other dims broadcast together; without dim as take, a list: what argsort and argmax name
---@param indices numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, indices: numoon.Tensor, options: {dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:take_along_dim(indices, dim, options) end

-- ---- Masks ----

--- the coordinates of the elements that are not zero, a row for each
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.argwhere(input) end

--- the coordinates of the elements that are not zero, a row for each
---@return numoon.Tensor
function Tensor:argwhere() end

--- input with the elements of source, in their order, where mask is true
---@param input numoon.Tensor
---@param mask numoon.Tensor
---@param source numoon.Tensor
---@return numoon.Tensor
function nm.masked_scatter(input, mask, source) end

--- input with the elements of source, in their order, where mask is true
---@param mask numoon.Tensor
---@param source numoon.Tensor
---@return numoon.Tensor
function Tensor:masked_scatter(mask, source) end

--- input with the elements of source, in their order, where mask is true
---@param mask numoon.Tensor
---@param source numoon.Tensor
---@return numoon.Tensor
function Tensor:masked_scatter_(mask, source) end

--- the elements where mask is true, as one row; their number is read back from the device
---@param input numoon.Tensor
---@param mask numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, mask: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.masked_select(input, mask, options) end

--- the elements where mask is true, as one row; their number is read back from the device
---@param mask numoon.Tensor
---@return numoon.Tensor
function Tensor:masked_select(mask) end

--- the coordinates of the elements that are not zero, a row for each; as_tuple gives a list with a tensor for each dim, which is an index: x[mask:nonzero{as_tuple = true}]. Their number is read back from the device
---@param input numoon.Tensor
---@param options? {as_tuple?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {as_tuple?: boolean, out?: numoon.Tensor}): numoon.Tensor[]
---@return numoon.Tensor[]
function nm.nonzero(input, options) end

--- the coordinates of the elements that are not zero, a row for each; as_tuple gives a list with a tensor for each dim, which is an index: x[mask:nonzero{as_tuple = true}]. Their number is read back from the device
---@param options? {as_tuple?: boolean}
---@return numoon.Tensor[]
function Tensor:nonzero(options) end

-- ---- The matrix product ----

--- the matrix product over the last two dims, the dims before broadcast; vectors as rows and columns
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.matmul(input, other, options) end

--- the matrix product over the last two dims, the dims before broadcast; vectors as rows and columns
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:matmul(other) end

--- a layer of weighted sums: input % weight.T + bias
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param options? {bias?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.linear(input, weight, bias, options) end

-- ---- Products ----

--- the sum of a batch of matrix products, added to a tensor: beta * input + alpha * sum_b(batch1[b] % batch2[b])
---@param input numoon.Tensor
---@param batch1 numoon.Tensor
---@param batch2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, batch1: numoon.Tensor, batch2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.addbmm(input, batch1, batch2, options) end

--- the sum of a batch of matrix products, added to a tensor: beta * input + alpha * sum_b(batch1[b] % batch2[b])
---@param batch1 numoon.Tensor
---@param batch2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, batch1: numoon.Tensor, batch2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addbmm(batch1, batch2, options) end

--- the sum of a batch of matrix products, added to a tensor: beta * input + alpha * sum_b(batch1[b] % batch2[b])
---@param batch1 numoon.Tensor
---@param batch2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, batch1: numoon.Tensor, batch2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addbmm_(batch1, batch2, options) end

--- a matrix product added to a tensor: beta * input + alpha * (mat1 % mat2); with beta = 0 input's values do not matter
---@param input numoon.Tensor
---@param mat1 numoon.Tensor
---@param mat2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, mat1: numoon.Tensor, mat2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.addmm(input, mat1, mat2, options) end

--- a matrix product added to a tensor: beta * input + alpha * (mat1 % mat2); with beta = 0 input's values do not matter
---@param mat1 numoon.Tensor
---@param mat2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, mat1: numoon.Tensor, mat2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addmm(mat1, mat2, options) end

--- a matrix product added to a tensor: beta * input + alpha * (mat1 % mat2); with beta = 0 input's values do not matter
---@param mat1 numoon.Tensor
---@param mat2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, mat1: numoon.Tensor, mat2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addmm_(mat1, mat2, options) end

--- a matrix times a vector, added to a tensor: beta * input + alpha * (mat % vec)
---@param input numoon.Tensor
---@param mat numoon.Tensor
---@param vec numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, mat: numoon.Tensor, vec: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.addmv(input, mat, vec, options) end

--- a matrix times a vector, added to a tensor: beta * input + alpha * (mat % vec)
---@param mat numoon.Tensor
---@param vec numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, mat: numoon.Tensor, vec: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addmv(mat, vec, options) end

--- a matrix times a vector, added to a tensor: beta * input + alpha * (mat % vec)
---@param mat numoon.Tensor
---@param vec numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, mat: numoon.Tensor, vec: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addmv_(mat, vec, options) end

--- an outer product added to a tensor: beta * input + alpha * outer(vec1, vec2)
---@param input numoon.Tensor
---@param vec1 numoon.Tensor
---@param vec2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, vec1: numoon.Tensor, vec2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.addr(input, vec1, vec2, options) end

--- an outer product added to a tensor: beta * input + alpha * outer(vec1, vec2)
---@param vec1 numoon.Tensor
---@param vec2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, vec1: numoon.Tensor, vec2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addr(vec1, vec2, options) end

--- an outer product added to a tensor: beta * input + alpha * outer(vec1, vec2)
---@param vec1 numoon.Tensor
---@param vec2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, vec1: numoon.Tensor, vec2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:addr_(vec1, vec2, options) end

--- a batch of matrix products added to a tensor: beta * input + alpha * (batch1 % batch2)
---@param input numoon.Tensor
---@param batch1 numoon.Tensor
---@param batch2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, batch1: numoon.Tensor, batch2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.baddbmm(input, batch1, batch2, options) end

--- a batch of matrix products added to a tensor: beta * input + alpha * (batch1 % batch2)
---@param batch1 numoon.Tensor
---@param batch2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, batch1: numoon.Tensor, batch2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:baddbmm(batch1, batch2, options) end

--- a batch of matrix products added to a tensor: beta * input + alpha * (batch1 % batch2)
---@param batch1 numoon.Tensor
---@param batch2 numoon.Tensor
---@param options? {beta?: number|boolean, alpha?: number|boolean}
---@overload fun(self: numoon.Tensor, batch1: numoon.Tensor, batch2: numoon.Tensor, options: {beta?: number|boolean, alpha?: number|boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:baddbmm_(batch1, batch2, options) end

--- the products of two batches of matrices
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.bmm(input, other, options) end

--- the products of two batches of matrices
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:bmm(other) end

--- the sum of the products of two vectors' elements
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.dot(input, other, options) end

--- the sum of the products of two vectors' elements
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:dot(other) end

--- the sum of products over the last dim of both, for each pair of rows
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.inner(input, other, options) end

--- the sum of products over the last dim of both, for each pair of rows
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:inner(other) end

--- the product of two matrices
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.mm(input, other, options) end

--- the product of two matrices
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:mm(other) end

--- the product of a matrix and a vector
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.mv(input, other, options) end

--- the product of a matrix and a vector
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:mv(other) end

--- the product of each element of one vector with each of another: y[i][j] = input[i] * vec2[j]
---@param input numoon.Tensor
---@param vec2 numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, vec2: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.outer(input, vec2, options) end

--- the product of each element of one vector with each of another: y[i][j] = input[i] * vec2[j]
---@param vec2 numoon.Tensor
---@return numoon.Tensor
function Tensor:outer(vec2) end

--- the sum of the products of two vectors' elements; of real numbers the same as dot
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.vdot(input, other, options) end

--- the sum of the products of two vectors' elements; of real numbers the same as dot
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:vdot(other) end

-- ---- Products of several steps ----

--- the distances between all pairs of rows: sum(|x1[i] - x2[j]|^p)^(1/p); p = 0 counts unequal elements, p = math.huge takes the largest difference; for p = 2 and more than 25 rows through a matrix product, unless compute_mode forbids it, which rounds at the size of the rows' squares; the gradient at distance 0 is 0
---@param x1 numoon.Tensor
---@param x2 numoon.Tensor
---@param p? number
---@param compute_mode? string
---@param options? {p?: number, compute_mode?: string}
---@overload fun(x1: numoon.Tensor, x2: numoon.Tensor, options: {p?: number, compute_mode?: string}): numoon.Tensor
---@return numoon.Tensor
function nm.cdist(x1, x2, p, compute_mode, options) end

--- the distances between all pairs of rows: sum(|x1[i] - x2[j]|^p)^(1/p); p = 0 counts unequal elements, p = math.huge takes the largest difference; for p = 2 and more than 25 rows through a matrix product, unless compute_mode forbids it, which rounds at the size of the rows' squares; the gradient at distance 0 is 0
---@param x2 numoon.Tensor
---@param p? number
---@param compute_mode? string
---@param options? {p?: number, compute_mode?: string}
---@overload fun(self: numoon.Tensor, x2: numoon.Tensor, options: {p?: number, compute_mode?: string}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cdist(x2, p, compute_mode, options) end

--- the cross product of vectors of 3 elements along dim
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cross(input, other, dim, options) end

--- the cross product of vectors of 3 elements along dim
---@param other numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, other: numoon.Tensor, options: {dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cross(other, dim, options) end

--- the Kronecker product: each element of input times all of other, as blocks
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.kron(input, other, options) end

--- the Kronecker product: each element of input times all of other, as blocks
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:kron(other) end

--- the cross product of vectors of 3 elements along dim
---@param input numoon.Tensor
---@param other numoon.Tensor
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, other: numoon.Tensor, options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.cross(input, other, dim, options) end

--- the sum of products over pairs of dims: the last so many of a with the first of b, or those in two lists
---@param a numoon.Tensor
---@param b numoon.Tensor
---@param dims? integer|integer[][]
---@param options? {dims?: integer|integer[][], out?: numoon.Tensor}
---@overload fun(a: numoon.Tensor, b: numoon.Tensor, options: {dims?: integer|integer[][], out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.tensordot(a, b, dims, options) end

--- the sum of products over pairs of dims: the last so many of a with the first of b, or those in two lists
---@param b numoon.Tensor
---@param dims? integer|integer[][]
---@param options? {dims?: integer|integer[][]}
---@overload fun(self: numoon.Tensor, b: numoon.Tensor, options: {dims?: integer|integer[][]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:tensordot(b, dims, options) end

--- the sum of the diagonal; of integers in int64
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.trace(input) end

--- the sum of the diagonal; of integers in int64
---@return numoon.Tensor
function Tensor:trace() end

-- ---- Sums of products by a formula ----

--- the sum of products by a formula: a letter for each dim of each operand, and after -> those of the result; the others are summed.  A letter twice in an operand takes the diagonal, ... stands for any dims, which broadcast; without -> the result has the ellipsis and the letters that stand once, in alphabetical order.  The operands are contracted in the cheapest order
---@param equation string
---@param operands numoon.Tensor[]
---@return numoon.Tensor
function nm.einsum(equation, operands) end

-- ---- Linear equations ----

--- the inverse of the matrix whose Cholesky factor input is.  It runs on the host
---@param input numoon.Tensor
---@param upper? boolean
---@param options? {upper?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {upper?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cholesky_inverse(input, upper, options) end

--- the inverse of the matrix whose Cholesky factor input is.  It runs on the host
---@param upper? boolean
---@param options? {upper?: boolean}
---@overload fun(self: numoon.Tensor, options: {upper?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cholesky_inverse(upper, options) end

--- X of A X = input, where input2 is the Cholesky factor of A.  It runs on the host
---@param input numoon.Tensor
---@param input2 numoon.Tensor
---@param upper? boolean
---@param options? {upper?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, input2: numoon.Tensor, options: {upper?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cholesky_solve(input, input2, upper, options) end

--- X of A X = input, where input2 is the Cholesky factor of A.  It runs on the host
---@param input2 numoon.Tensor
---@param upper? boolean
---@param options? {upper?: boolean}
---@overload fun(self: numoon.Tensor, input2: numoon.Tensor, options: {upper?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:cholesky_solve(input2, upper, options) end

--- linalg.det
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.det(input) end

--- linalg.det
---@return numoon.Tensor
function Tensor:det() end

--- linalg.inv
---@param input numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.inverse(input, options) end

--- linalg.inv
---@return numoon.Tensor
function Tensor:inverse() end

--- the lower triangular L of symmetric positive definite matrices: A = L L^T; or its transpose; only that triangle of A is read, and the gradient is symmetric.  It runs on the host
---@param A numoon.Tensor
---@param options? {upper?: boolean, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {upper?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.cholesky(A, options) end

--- the determinant of square matrices, through LU with row exchanges.  It runs on the host
---@param A numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.det(A, options) end

--- the inverse of square matrices.  It runs on the host
---@param A numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.inv(A, options) end

--- X that minimises |A X - B|; the squared residuals, if all matrices have full rank and more rows than columns; the rank; the singular values, with driver "gelsd" or "gelss".  Singular values up to rcond times the largest count as 0; "gels" takes full rank for granted.  It runs on the host
---@param A numoon.Tensor
---@param B numoon.Tensor
---@param rcond? number
---@param options? {rcond?: number, driver?: string}
---@overload fun(A: numoon.Tensor, B: numoon.Tensor, options: {rcond?: number, driver?: string}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function linalg.lstsq(A, B, rcond, options) end

--- P, L and U: A = P L U, L lower triangular with ones on the diagonal, U upper triangular, P the exchanges of rows.  It runs on the host
---@param A numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function linalg.lu(A) end

--- L and U of linalg.lu in one matrix, without L's diagonal, and the exchanges: row i with row pivots[i], in order.  It runs on the host
---@param A numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function linalg.lu_factor(A) end

--- the sign of the determinant, and the logarithm of its size, which does not overflow; 0 and -inf for singular matrices, which have no gradient.  It runs on the host
---@param A numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function linalg.slogdet(A) end

--- X of A X = B, or of X A = B with left = false; batches broadcast; B may be a vector, or as many vectors as A has matrices.  It runs on the host
---@param A numoon.Tensor
---@param B numoon.Tensor
---@param options? {left?: boolean, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, B: numoon.Tensor, options: {left?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function linalg.solve(A, B, options) end

--- X of A X = B (of X A = B with left = false), where only the lower or upper triangle of A is read; unitriangular: its diagonal counts as ones.  It runs on the host
---@param A numoon.Tensor
---@param B numoon.Tensor
---@param options? {upper?: boolean, left?: boolean, unitriangular?: boolean, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, B: numoon.Tensor, options: {upper?: boolean, left?: boolean, unitriangular?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.solve_triangular(A, B, options) end

--- the logarithm of the determinant; NaN where that is negative.  It runs on the host
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.logdet(input) end

--- the logarithm of the determinant; NaN where that is negative.  It runs on the host
---@return numoon.Tensor
function Tensor:logdet() end

--- linalg.slogdet
---@param input numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function nm.slogdet(input) end

--- linalg.slogdet
---@return numoon.Tensor, numoon.Tensor
function Tensor:slogdet() end

-- ---- Singular values and eigenvalues ----

--- the eigenvalues of matrices whose eigenvalues are real, in LAPACK's order, and the eigenvectors as columns of length 1.  It runs on the host
---@param A numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function linalg.eig(A) end

--- the eigenvalues of symmetric matrices, ascending, and the eigenvectors as columns; only the triangle UPLO is read, and the gradient is symmetric; signs are LAPACK's.  Vectors have no derivative where values are repeated.  It runs on the host
---@param A numoon.Tensor
---@param UPLO? string
---@param options? {UPLO?: string}
---@overload fun(A: numoon.Tensor, options: {UPLO?: string}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function linalg.eigh(A, UPLO, options) end

--- the eigenvalues of matrices whose eigenvalues are real, in LAPACK's order.  It runs on the host
---@param A numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.eigvals(A, options) end

--- the eigenvalues of symmetric matrices, ascending.  It runs on the host
---@param A numoon.Tensor
---@param UPLO? string
---@param options? {UPLO?: string, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {UPLO?: string, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.eigvalsh(A, UPLO, options) end

--- the number of singular values above rtol times the largest one, and above atol.  It runs on the host
---@param A numoon.Tensor
---@param rtol? number
---@param atol? number
---@param options? {rtol?: number, atol?: number, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {rtol?: number, atol?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.matrix_rank(A, rtol, atol, options) end

--- the pseudoinverse, through singular values: those up to rtol times the largest one, or up to atol, count as 0; the gradient is that of matrices of constant rank [Golub & Pereyra 1973]
---@param A numoon.Tensor
---@param rtol? number
---@param atol? number
---@param options? {rtol?: number, atol?: number, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {rtol?: number, atol?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.pinv(A, rtol, atol, options) end

--- Q and R: A = Q R, Q with orthonormal columns, R upper triangular; mode "complete" gives a square Q, "r" only R (and a Q without elements); signs are LAPACK's.  It runs on the host
---@param A numoon.Tensor
---@param mode? string
---@param options? {mode?: string}
---@overload fun(A: numoon.Tensor, options: {mode?: string}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function linalg.qr(A, mode, options) end

--- U, S and V^T: A = U diag(S) V^T, S descending; full_matrices = false leaves out columns without singular value; signs are LAPACK's.  Vectors have no derivative where values are repeated.  It runs on the host
---@param A numoon.Tensor
---@param full_matrices? boolean
---@param options? {full_matrices?: boolean}
---@overload fun(A: numoon.Tensor, options: {full_matrices?: boolean}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function linalg.svd(A, full_matrices, options) end

--- the singular values, descending.  It runs on the host
---@param A numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.svdvals(A, options) end

--- linalg.pinv
---@param input numoon.Tensor
---@param rtol? number
---@param atol? number
---@param options? {rtol?: number, atol?: number}
---@overload fun(input: numoon.Tensor, options: {rtol?: number, atol?: number}): numoon.Tensor
---@return numoon.Tensor
function nm.pinverse(input, rtol, atol, options) end

--- linalg.pinv
---@param rtol? number
---@param atol? number
---@param options? {rtol?: number, atol?: number}
---@overload fun(self: numoon.Tensor, options: {rtol?: number, atol?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:pinverse(rtol, atol, options) end

-- ---- Norms, powers and chains of matrices ----

--- the condition number: |A| |A^-1| in the norm p of linalg.matrix_norm; infinite for singular matrices
---@param A numoon.Tensor
---@param p? number|string
---@param options? {p?: number|string, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {p?: number|string, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor
function linalg.cond(A, p, options) end

--- the norm of matrices in two dims: "fro" the root of the sum of squares, "nuc" the sum of the singular values, 2 the largest of them, 1 the largest sum of a column's sizes, infinity of a row's; negative orders take the smallest
---@param A numoon.Tensor
---@param ord? number|string
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {ord?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {ord?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.matrix_norm(A, ord, dim, keepdim, options) end

--- the product of n matrices A, by repeated squaring; negative n: of its inverse
---@param A numoon.Tensor
---@param n integer
---@param options? {out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, n: integer, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.matrix_power(A, n, options) end

--- the product of a chain of matrices, in the order that takes the fewest multiplications; the first and the last may be vectors
---@param tensors numoon.Tensor[]
---@param options? {out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.multi_dot(tensors, options) end

--- a norm: with ord and two dims linalg.matrix_norm, else linalg.vector_norm, without ord of order 2 over all dims
---@param A numoon.Tensor
---@param ord? number|string
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {ord?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(A: numoon.Tensor, options: {ord?: number|string, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.norm(A, ord, dim, keepdim, options) end

--- the norm over dims: sum(|x|^ord)^(1/ord); 0 counts what is not 0, infinity takes the largest, -infinity the smallest size; the gradient at 0 is 0
---@param input numoon.Tensor
---@param ord? number
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {ord?: number, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {ord?: number, dim?: integer|integer[], keepdim?: boolean, dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function linalg.vector_norm(input, ord, dim, keepdim, options) end

--- linalg.matrix_power
---@param input numoon.Tensor
---@param n integer
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, n: integer, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.matrix_power(input, n, options) end

--- linalg.matrix_power
---@param n integer
---@return numoon.Tensor
function Tensor:matrix_power(n) end

-- ---- Convolutions ----

--- the cross-correlation of input with weight, over its last 1d dims: y[n, o, i] = bias[o] + the sum over c, k of weight[o, c, k] * input[n, c, i * stride + k * dilation - padding]; padding may be "same" or "valid"; with groups, output channels see their group of input channels only
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param stride? integer|integer[]
---@param padding? integer|integer[]|string
---@param dilation? integer|integer[]
---@param groups? integer
---@param options? {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[]|string, dilation?: integer|integer[], groups?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[]|string, dilation?: integer|integer[], groups?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.conv1d(input, weight, bias, stride, padding, dilation, groups, options) end

--- the cross-correlation of input with weight, over its last 2d dims: y[n, o, i] = bias[o] + the sum over c, k of weight[o, c, k] * input[n, c, i * stride + k * dilation - padding]; padding may be "same" or "valid"; with groups, output channels see their group of input channels only
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param stride? integer|integer[]
---@param padding? integer|integer[]|string
---@param dilation? integer|integer[]
---@param groups? integer
---@param options? {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[]|string, dilation?: integer|integer[], groups?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[]|string, dilation?: integer|integer[], groups?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.conv2d(input, weight, bias, stride, padding, dilation, groups, options) end

--- the cross-correlation of input with weight, over its last 3d dims: y[n, o, i] = bias[o] + the sum over c, k of weight[o, c, k] * input[n, c, i * stride + k * dilation - padding]; padding may be "same" or "valid"; with groups, output channels see their group of input channels only
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param stride? integer|integer[]
---@param padding? integer|integer[]|string
---@param dilation? integer|integer[]
---@param groups? integer
---@param options? {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[]|string, dilation?: integer|integer[], groups?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[]|string, dilation?: integer|integer[], groups?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.conv3d(input, weight, bias, stride, padding, dilation, groups, options) end

--- the gradient of conv1d with respect to its input, as an op: each element of input adds weight, times itself, to the output places that it reaches [Dumoulin & Visin 2016]
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param output_padding? integer|integer[]
---@param groups? integer
---@param dilation? integer|integer[]
---@param options? {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function functional.conv_transpose1d(input, weight, bias, stride, padding, output_padding, groups, dilation, options) end

--- the gradient of conv2d with respect to its input, as an op: each element of input adds weight, times itself, to the output places that it reaches [Dumoulin & Visin 2016]
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param output_padding? integer|integer[]
---@param groups? integer
---@param dilation? integer|integer[]
---@param options? {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function functional.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation, options) end

--- the gradient of conv3d with respect to its input, as an op: each element of input adds weight, times itself, to the output places that it reaches [Dumoulin & Visin 2016]
---@param input numoon.Tensor
---@param weight numoon.Tensor
---@param bias? numoon.Tensor
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param output_padding? integer|integer[]
---@param groups? integer
---@param dilation? integer|integer[]
---@param options? {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, weight: numoon.Tensor, options: {bias?: numoon.Tensor, stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function functional.conv_transpose3d(input, weight, bias, stride, padding, output_padding, groups, dilation, options) end

-- ---- Pooling ----

--- the means of output_size windows, as even as can be: window o reaches from floor(o * S / O) to ceil((o + 1) * S / O), counted from 0
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.adaptive_avg_pool1d(input, output_size, options) end

--- the means of output_size windows, as even as can be: window o reaches from floor(o * S / O) to ceil((o + 1) * S / O), counted from 0
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.adaptive_avg_pool2d(input, output_size, options) end

--- the means of output_size windows, as even as can be: window o reaches from floor(o * S / O) to ceil((o + 1) * S / O), counted from 0
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.adaptive_avg_pool3d(input, output_size, options) end

--- the largest elements of output_size windows, as even as can be, and with return_indices their places: window o reaches from floor(o * S / O) to ceil((o + 1) * S / O), counted from 0
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param return_indices? boolean
---@param options? {return_indices?: boolean}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], options: {return_indices?: boolean}): numoon.Tensor
---@return numoon.Tensor
function functional.adaptive_max_pool1d(input, output_size, return_indices, options) end

--- the largest elements of output_size windows, as even as can be, and with return_indices their places: window o reaches from floor(o * S / O) to ceil((o + 1) * S / O), counted from 0
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param return_indices? boolean
---@param options? {return_indices?: boolean}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], options: {return_indices?: boolean}): numoon.Tensor
---@return numoon.Tensor
function functional.adaptive_max_pool2d(input, output_size, return_indices, options) end

--- the largest elements of output_size windows, as even as can be, and with return_indices their places: window o reaches from floor(o * S / O) to ceil((o + 1) * S / O), counted from 0
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param return_indices? boolean
---@param options? {return_indices?: boolean}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], options: {return_indices?: boolean}): numoon.Tensor
---@return numoon.Tensor
function functional.adaptive_max_pool3d(input, output_size, return_indices, options) end

--- the mean of each window of the last 1 dims; the zeros of the padding count, unless count_include_pad is false
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param ceil_mode? boolean
---@param count_include_pad? boolean
---@param options? {stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, options) end

--- the mean of each window of the last 2 dims; the zeros of the padding count, unless count_include_pad is false
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param ceil_mode? boolean
---@param count_include_pad? boolean
---@param divisor_override? integer
---@param options? {stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- the mean of each window of the last 3 dims; the zeros of the padding count, unless count_include_pad is false
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param ceil_mode? boolean
---@param count_include_pad? boolean
---@param divisor_override? integer
---@param options? {stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.avg_pool3d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- the p-th root of the sum of the p-th powers of each window, p being norm_type; with ceil_mode a window that the end cuts is scaled as if it were whole
---@param input numoon.Tensor
---@param norm_type number
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param ceil_mode? boolean
---@param options? {stride?: integer|integer[], ceil_mode?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, norm_type: number, kernel_size: integer|integer[], options: {stride?: integer|integer[], ceil_mode?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.lp_pool1d(input, norm_type, kernel_size, stride, ceil_mode, options) end

--- the p-th root of the sum of the p-th powers of each window, p being norm_type; with ceil_mode a window that the end cuts is scaled as if it were whole
---@param input numoon.Tensor
---@param norm_type number
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param ceil_mode? boolean
---@param options? {stride?: integer|integer[], ceil_mode?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, norm_type: number, kernel_size: integer|integer[], options: {stride?: integer|integer[], ceil_mode?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode, options) end

--- the largest element of each window of the last 1 dims, NaN counting as the largest, and with return_indices its place, counted in row-major order of these dims; the first of equal ones gets the gradient; with ceil_mode windows may reach over the end
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param dilation? integer|integer[]
---@param ceil_mode? boolean
---@param return_indices? boolean
---@param options? {stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean}): numoon.Tensor
---@return numoon.Tensor
function functional.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, options) end

--- the largest element of each window of the last 2 dims, NaN counting as the largest, and with return_indices its place, counted in row-major order of these dims; the first of equal ones gets the gradient; with ceil_mode windows may reach over the end
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param dilation? integer|integer[]
---@param ceil_mode? boolean
---@param return_indices? boolean
---@param options? {stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean}): numoon.Tensor
---@return numoon.Tensor
function functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, options) end

--- the largest element of each window of the last 3 dims, NaN counting as the largest, and with return_indices its place, counted in row-major order of these dims; the first of equal ones gets the gradient; with ceil_mode windows may reach over the end
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param dilation? integer|integer[]
---@param ceil_mode? boolean
---@param return_indices? boolean
---@param options? {stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean}): numoon.Tensor
---@return numoon.Tensor
function functional.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices, options) end

--- zeros with input at the places that max_pool1d gave as indices
---@param input numoon.Tensor
---@param indices numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param output_size? integer[]
---@param options? {stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, indices: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.max_unpool1d(input, indices, kernel_size, stride, padding, output_size, options) end

--- zeros with input at the places that max_pool2d gave as indices
---@param input numoon.Tensor
---@param indices numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param output_size? integer[]
---@param options? {stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, indices: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.max_unpool2d(input, indices, kernel_size, stride, padding, output_size, options) end

--- zeros with input at the places that max_pool3d gave as indices
---@param input numoon.Tensor
---@param indices numoon.Tensor
---@param kernel_size integer|integer[]
---@param stride? integer|integer[]
---@param padding? integer|integer[]
---@param output_size? integer[]
---@param options? {stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, indices: numoon.Tensor, kernel_size: integer|integer[], options: {stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.max_unpool3d(input, indices, kernel_size, stride, padding, output_size, options) end

-- ---- Blocks of images ----

--- images of output_size, each element the sum of what the blocks have for it: the gradient of unfold as an op
---@param input numoon.Tensor
---@param output_size integer|integer[]
---@param kernel_size integer|integer[]
---@param dilation? integer|integer[]
---@param padding? integer|integer[]
---@param stride? integer|integer[]
---@param options? {dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, output_size: integer|integer[], kernel_size: integer|integer[], options: {dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.fold(input, output_size, kernel_size, dilation, padding, stride, options) end

--- the blocks of kernel_size of images, each as a column
---@param input numoon.Tensor
---@param kernel_size integer|integer[]
---@param dilation? integer|integer[]
---@param padding? integer|integer[]
---@param stride? integer|integer[]
---@param options? {dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, kernel_size: integer|integer[], options: {dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.unfold(input, kernel_size, dilation, padding, stride, options) end

-- ---- Losses ----

--- how far the probabilities input are from target: -(target * log(input) + (1 - target) * log(1 - input)) * weight, no logarithm below -100; the mean, the sum, or ("none") each
---@param input numoon.Tensor
---@param target numoon.Tensor
---@param weight? numoon.Tensor
---@param reduction? string
---@param options? {weight?: numoon.Tensor, reduction?: string}
---@overload fun(input: numoon.Tensor, target: numoon.Tensor, options: {weight?: numoon.Tensor, reduction?: string}): numoon.Tensor
---@return numoon.Tensor
function functional.binary_cross_entropy(input, target, weight, reduction, options) end

--- how far the probabilities sigmoid(input) are from target: -(pos_weight * target * log(sigmoid(input)) + (1 - target) * log(1 - sigmoid(input))) * weight, exact for large inputs too; the mean, the sum, or ("none") each
---@param input numoon.Tensor
---@param target numoon.Tensor
---@param weight? numoon.Tensor
---@param pos_weight? numoon.Tensor
---@param reduction? string
---@param options? {weight?: numoon.Tensor, pos_weight?: numoon.Tensor, reduction?: string}
---@overload fun(input: numoon.Tensor, target: numoon.Tensor, options: {weight?: numoon.Tensor, pos_weight?: numoon.Tensor, reduction?: string}): numoon.Tensor
---@return numoon.Tensor
function functional.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction, options) end

--- the squared differences, (input - target)^2: the mean, the sum, or ("none") each
---@param input numoon.Tensor
---@param target numoon.Tensor
---@param reduction? string
---@param options? {reduction?: string}
---@overload fun(input: numoon.Tensor, target: numoon.Tensor, options: {reduction?: string}): numoon.Tensor
---@return numoon.Tensor
function functional.mse_loss(input, target, reduction, options) end

-- ---- Resampling and padding ----

--- input at other sizes: the nearest element, weights of its 2 neighbours in each dim (linear, bilinear, trilinear), of 4 (bicubic, a = -3/4), or the mean of an area; align_corners: the centres of the corner elements stay in place [Keys 1981]
---@param input numoon.Tensor
---@param size? integer|integer[]
---@param scale_factor? number|number[]
---@param mode? string
---@param align_corners? boolean
---@param options? {size?: integer|integer[], scale_factor?: number|number[], mode?: string, align_corners?: boolean, recompute_scale_factor?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {size?: integer|integer[], scale_factor?: number|number[], mode?: string, align_corners?: boolean, recompute_scale_factor?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.interpolate(input, size, scale_factor, mode, align_corners, options) end

--- input with elements before and behind it: pad is {before, behind} of the last dim, then of the one before it, and so on; value, or what "reflect", "replicate" and "circular" find inside; a negative number takes elements away
---@param input numoon.Tensor
---@param pad integer[]
---@param mode? string
---@param value? number
---@param options? {mode?: string, value?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, pad: integer[], options: {mode?: string, value?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.pad(input, pad, mode, value, options) end

--- r * r channels become an r times larger image [Shi et al. 2016]
---@param input numoon.Tensor
---@param upscale_factor integer
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, upscale_factor: integer, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.pixel_shuffle(input, upscale_factor, options) end

--- the inverse of pixel_shuffle
---@param input numoon.Tensor
---@param downscale_factor integer
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, downscale_factor: integer, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.pixel_unshuffle(input, downscale_factor, options) end

--- the same as interpolate, under its older name
---@param input numoon.Tensor
---@param size? integer|integer[]
---@param scale_factor? number|number[]
---@param mode? string
---@param align_corners? boolean
---@param options? {size?: integer|integer[], scale_factor?: number|number[], mode?: string, align_corners?: boolean, recompute_scale_factor?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {size?: integer|integer[], scale_factor?: number|number[], mode?: string, align_corners?: boolean, recompute_scale_factor?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function functional.upsample(input, size, scale_factor, mode, align_corners, options) end

-- ---- Sampling by a grid ----

--- the grid of an affine map, for grid_sample: theta times (x, y, 1) or (x, y, z, 1) of each place of an output of that size [Jaderberg et al. 2015]
---@param theta numoon.Tensor
---@param size integer[]
---@param align_corners? boolean
---@param options? {align_corners?: boolean, out?: numoon.Tensor}
---@overload fun(theta: numoon.Tensor, size: integer[], options: {align_corners?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor
function functional.affine_grid(theta, size, align_corners, options) end

--- input at the places of grid, whose last dim counts (x, y) or (x, y, z) from -1 to 1: by "bilinear" (of 8 neighbours for 5 dims), "nearest" or "bicubic"; outside "zeros", the "border" or the "reflection"; gradients go to the grid too [Jaderberg et al. 2015]
---@param input numoon.Tensor
---@param grid numoon.Tensor
---@param mode? string
---@param padding_mode? string
---@param align_corners? boolean
---@param options? {mode?: string, padding_mode?: string, align_corners?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, grid: numoon.Tensor, options: {mode?: string, padding_mode?: string, align_corners?: boolean, out?: numoon.Tensor}): numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
---@return numoon.Tensor, numoon.Tensor, numoon.Tensor, numoon.Tensor
function functional.grid_sample(input, grid, mode, padding_mode, align_corners, options) end

-- ---- Tensors and modes ----

--- adds the gradients of the tensor to the leaves' grad, or to that of the inputs alone
---@param gradient? any
---@param retain_graph? boolean
---@param create_graph? boolean
---@param inputs? any
---@param options? {gradient?: any, retain_graph?: boolean, create_graph?: boolean, inputs?: any}
---@overload fun(self: numoon.Tensor, options: {gradient?: any, retain_graph?: boolean, create_graph?: boolean, inputs?: any}): any
---@return any
function Tensor:backward(gradient, retain_graph, create_graph, inputs, options) end

--- the tensor as this dtype
---@return any
function Tensor:bfloat16() end

--- the tensor as this dtype
---@return any
function Tensor:bool() end

--- the same as free
---@return any
function Tensor:close() end

--- the tensor on the CPU
---@return any
function Tensor:cpu() end

--- the host address of the first element, as a light userdata
---@return any
function Tensor:data_ptr() end

--- the number of dims
---@return any
function Tensor:dim() end

--- the tensor as this dtype
---@return any
function Tensor:double() end

--- bytes of an element
---@return any
function Tensor:element_size() end

--- gives back the memory that is kept for reuse
---@param device? string
---@param options? {device?: string}
---@overload fun(options: {device?: string}): any
---@return any
function nm.empty_cache(device, options) end

--- computes pending tensors now, all together, and returns them
---@param ... numoon.Tensor
---@return any
function nm.eval(...) end

--- the tensor as this dtype
---@return any
function Tensor:float() end

--- lets go of the memory now; the tensor can't be used any more
---@return any
function Tensor:free() end

--- a CPU tensor over memory of the host program, which must outlive it
---@param address any
---@param shape integer[]
---@param dtype? numoon.dtype
---@param options? {dtype?: numoon.dtype}
---@overload fun(address: any, shape: integer[], options: {dtype?: numoon.dtype}): any
---@return any
function nm.from_blob(address, shape, dtype, options) end

--- the same as tensor
---@param value any
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(value: any, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): any
---@return any
function nm.from_table(value, options) end

--- a tensor of the bytes of a string, which are copied
---@param buffer any
---@param dtype? numoon.dtype
---@param shape? integer[]
---@param options? {dtype?: numoon.dtype, shape?: integer[], device?: numoon.device, requires_grad?: boolean}
---@overload fun(buffer: any, options: {dtype?: numoon.dtype, shape?: integer[], device?: numoon.device, requires_grad?: boolean}): any
---@return any
function nm.frombuffer(buffer, dtype, shape, options) end

--- one element as a number or boolean, by its position in each dim
---@param ... integer
---@return any
function Tensor:get(...) end

--- the device of new tensors
---@return any
function nm.get_default_device() end

--- the dtype of new float tensors
---@return any
function nm.get_default_dtype() end

--- threads that the CPU uses at most
---@return any
function nm.get_num_threads() end

--- where the random stream is, a table for set_rng_state
---@return any
function nm.get_rng_state() end

--- gradients of outputs with respect to inputs, without touching any grad
---@param outputs any
---@param inputs any
---@param grad_outputs? any
---@param retain_graph? boolean
---@param create_graph? boolean
---@param allow_unused? boolean
---@param options? {grad_outputs?: any, retain_graph?: boolean, create_graph?: boolean, allow_unused?: boolean}
---@overload fun(outputs: any, inputs: any, options: {grad_outputs?: any, retain_graph?: boolean, create_graph?: boolean, allow_unused?: boolean}): any
---@return any
function nm.grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, options) end

--- the tensor as this dtype
---@return any
function Tensor:half() end

--- the seed of the random stream
---@return any
function nm.initial_seed() end

--- the tensor as this dtype
---@return any
function Tensor:int() end

--- the tensor as this dtype
---@return any
function Tensor:int8() end

--- whether the elements are row-major without gaps
---@return any
function Tensor:is_contiguous() end

--- whether the dtype is a float
---@param input numoon.Tensor
---@return any
function nm.is_floating_point(input) end

--- whether the dtype is a float
---@return any
function Tensor:is_floating_point() end

--- whether ops are put on the tape
---@return any
function nm.is_grad_enabled() end

--- whether the tensor was made in inference_mode, and can't be put on the tape
---@param input numoon.Tensor
---@return any
function nm.is_inference(input) end

--- whether the tensor was made in inference_mode, and can't be put on the tape
---@return any
function Tensor:is_inference() end

--- whether inference_mode is on
---@return any
function nm.is_inference_mode_enabled() end

--- whether a value is a tensor
---@param value? any
---@param options? {value?: any}
---@overload fun(options: {value?: any}): any
---@return any
function nm.is_tensor(value, options) end

--- the value of a tensor of one element
---@return any
function Tensor:item() end

--- the tensor, which no nm.scope around closes any more
---@return any
function Tensor:keep() end

--- the tensor as this dtype
---@return any
function Tensor:long() end

--- begins the random stream of a seed
---@param seed integer
---@return any
function nm.manual_seed(seed) end

--- bytes in use, the most so far, and kept for reuse
---@param device? string
---@param options? {device?: string}
---@overload fun(options: {device?: string}): any
---@return any
function nm.memory_stats(device, options) end

--- the number of elements
---@param input numoon.Tensor
---@return any
function nm.numel(input) end

--- the number of elements
---@return any
function Tensor:numel() end

--- calls hook(g) in each backward with the whole gradient of the tensor; a tensor that it returns takes the gradient's place.  The handle's :remove() ends it
---@param hook any
---@return any
function Tensor:register_hook(hook) end

--- says whether backward collects a gradient here
---@param requires_grad? boolean
---@param options? {requires_grad?: boolean}
---@overload fun(self: numoon.Tensor, options: {requires_grad?: boolean}): any
---@return any
function Tensor:requires_grad_(requires_grad, options) end

--- makes backward fill grad, though the tensor is no leaf
---@return any
function Tensor:retain_grad() end

--- writes one element, by its position in each dim
---@param ... integer
---@return any
function Tensor:set(...) end

--- the device of new tensors
---@param device string
---@return any
function nm.set_default_device(device) end

--- the dtype of new float tensors
---@param dtype numoon.dtype
---@return any
function nm.set_default_dtype(dtype) end

--- off: every op runs at once
---@param on boolean
---@return any
function nm.set_fusion(on) end

--- threads that the CPU uses at most
---@param n integer
---@return any
function nm.set_num_threads(n) end

--- takes the random stream to where it was
---@param seed integer
---@param counter integer
---@return any
function nm.set_rng_state(seed, counter) end

--- the tensor as this dtype
---@return any
function Tensor:short() end

--- the shape, or the size of one dim
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, options: {dim?: integer}): any
---@return any
function Tensor:size(dim, options) end

--- where the first element is in its storage, in elements from 0
---@return any
function Tensor:storage_offset() end

--- the strides in elements, or the stride of one dim
---@param dim? integer
---@param options? {dim?: integer}
---@overload fun(self: numoon.Tensor, options: {dim?: integer}): any
---@return any
function Tensor:stride(dim, options) end

--- a tensor of a number, a boolean, a nested table, or a copy of a tensor
---@param value any
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(value: any, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): any
---@return any
function nm.tensor(value, options) end

--- the elements as a string, row-major
---@return any
function Tensor:tobytes() end

--- the values as nested tables; of a 0-d tensor the value
---@return any
function Tensor:totable() end

--- the tensor as this dtype
---@return any
function Tensor:uint8() end

--- the tensor on a Vulkan device
---@param index? integer
---@param options? {index?: integer}
---@overload fun(self: numoon.Tensor, options: {index?: integer}): any
---@return any
function Tensor:vulkan(index, options) end

--- the tensor where condition is true, else other
---@param condition numoon.Tensor|number|boolean
---@param other numoon.Tensor|number|boolean
---@return any
function Tensor:where(condition, other) end
