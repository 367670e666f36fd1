---@meta _
-- What editors know of the ops: written by `./numoon docs` from the registry, never run.  Change
-- the registry, not this file.

---@class numoon
---@field linalg numoon.linalg
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
---@param options? {stop?: number|boolean, step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(start: number|boolean, options: {stop?: number|boolean, step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.arange(start, stop, step, options) end

--- 1 with probability p (or with the probabilities in input), else 0
---@param input numoon.Tensor
---@param p? number
---@param options? {p?: number}
---@overload fun(input: numoon.Tensor, options: {p?: number}): numoon.Tensor
---@return numoon.Tensor
function nm.bernoulli(input, p, options) end

--- 1 with probability p (or with the probabilities in input), else 0
---@param p? number
---@param options? {p?: number}
---@overload fun(self: numoon.Tensor, options: {p?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:bernoulli(p, options) end

--- 1 with probability p (or with the probabilities in input), else 0
---@param p? number
---@param options? {p?: number}
---@overload fun(self: numoon.Tensor, options: {p?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:bernoulli_(p, options) end

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
---@param options? {m?: integer, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(n: integer, options: {m?: integer, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.eye(n, m, options) end

--- a tensor of one number; an integer gives int64, a boolean bool
---@param size integer[]
---@param fill_value number|boolean
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(size: integer[], fill_value: number|boolean, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
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
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(start: number, stop: number, steps: integer, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.linspace(start, stop, steps, options) end

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
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(low: integer, high: integer, size: integer[], options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
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
---@param options? {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(n: integer, options: {dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.randperm(n, options) end

--- first, first + step, ... up to last, which is included; integers give int64
---@param first number|boolean
---@param last number|boolean
---@param step? number|boolean
---@param options? {step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}
---@overload fun(first: number|boolean, last: number|boolean, options: {step?: number|boolean, dtype?: numoon.dtype, device?: numoon.device, requires_grad?: boolean}): numoon.Tensor
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

-- ---- Shape ----

--- as expand, to a shape given as a table
---@param input numoon.Tensor
---@param shape integer[]
---@return numoon.Tensor
function nm.broadcast_to(input, shape) end

--- as expand, to a shape given as a table
---@param shape integer[]
---@return numoon.Tensor
function Tensor:broadcast_to(shape) end

--- sizes of 1 repeated to the given ones, -1 leaves a size as it is; nothing is copied
---@param input numoon.Tensor
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.expand(input, ...) end

--- sizes of 1 repeated to the given ones, -1 leaves a size as it is; nothing is copied
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:expand(...) end

--- expanded to the shape of another tensor
---@param input numoon.Tensor
---@param other numoon.Tensor
---@return numoon.Tensor
function nm.expand_as(input, other) end

--- expanded to the shape of another tensor
---@param other numoon.Tensor
---@return numoon.Tensor
function Tensor:expand_as(other) end

--- dims start_dim to end_dim as one
---@param input numoon.Tensor
---@param start_dim? integer
---@param end_dim? integer
---@param options? {start_dim?: integer, end_dim?: integer}
---@overload fun(input: numoon.Tensor, options: {start_dim?: integer, end_dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function nm.flatten(input, start_dim, end_dim, options) end

--- dims start_dim to end_dim as one
---@param start_dim? integer
---@param end_dim? integer
---@param options? {start_dim?: integer, end_dim?: integer}
---@overload fun(self: numoon.Tensor, options: {start_dim?: integer, end_dim?: integer}): numoon.Tensor
---@return numoon.Tensor
function Tensor:flatten(start_dim, end_dim, options) end

--- the dims in another order
---@param input numoon.Tensor
---@param dims integer|integer[]
---@return numoon.Tensor
function nm.permute(input, dims) end

--- the dims in another order
---@param dims integer|integer[]
---@return numoon.Tensor
function Tensor:permute(dims) end

--- the same elements in another shape, sharing memory where they lie so; one size may be -1
---@param input numoon.Tensor
---@param ... integer|integer[]
---@return numoon.Tensor
function nm.reshape(input, ...) end

--- the same elements in another shape, sharing memory where they lie so; one size may be -1
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:reshape(...) end

--- without the dims (all, or those given) of size 1
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function nm.squeeze(input, dim, options) end

--- without the dims (all, or those given) of size 1
---@param dim? integer|integer[]
---@param options? {dim?: integer|integer[]}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[]}): numoon.Tensor
---@return numoon.Tensor
function Tensor:squeeze(dim, options) end

--- the transpose of a matrix; 0-d and 1-d tensors as they are
---@param input numoon.Tensor
---@return numoon.Tensor
function nm.t(input) end

--- the transpose of a matrix; 0-d and 1-d tensors as they are
---@return numoon.Tensor
function Tensor:t() end

--- dims dim0 and dim1 exchanged
---@param input numoon.Tensor
---@param dim0 integer
---@param dim1 integer
---@return numoon.Tensor
function nm.transpose(input, dim0, dim1) end

--- dims dim0 and dim1 exchanged
---@param dim0 integer
---@param dim1 integer
---@return numoon.Tensor
function Tensor:transpose(dim0, dim1) end

--- with a new dim of size 1 at position dim
---@param input numoon.Tensor
---@param dim integer
---@return numoon.Tensor
function nm.unsqueeze(input, dim) end

--- with a new dim of size 1 at position dim
---@param dim integer
---@return numoon.Tensor
function Tensor:unsqueeze(dim) end

--- the same elements in another shape, sharing memory; one size may be -1
---@param ... integer|integer[]
---@return numoon.Tensor
function Tensor:view(...) end

-- ---- Parts ----

--- length elements of a dim from start on
---@param input numoon.Tensor
---@param dim integer
---@param start integer
---@param length integer
---@return numoon.Tensor
function nm.narrow(input, dim, start, length) end

--- length elements of a dim from start on
---@param dim integer
---@param start integer
---@param length integer
---@return numoon.Tensor
function Tensor:narrow(dim, start, length) end

--- one element of a dim, without the dim
---@param input numoon.Tensor
---@param dim integer
---@param index integer
---@return numoon.Tensor
function nm.select(input, dim, index) end

--- one element of a dim, without the dim
---@param dim integer
---@param index integer
---@return numoon.Tensor
function Tensor:select(dim, index) end

-- ---- Splitting ----

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

--- the tensors one after another along dim
---@param tensors numoon.Tensor[]
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.cat(tensors, dim, options) end

--- the tensors one after another along a new dim
---@param tensors numoon.Tensor[]
---@param dim? integer
---@param options? {dim?: integer, out?: numoon.Tensor}
---@overload fun(tensors: numoon.Tensor[], options: {dim?: integer, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.stack(tensors, dim, options) end

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

--- random numbers of the normal distribution
---@param mean? number
---@param std? number
---@param options? {mean?: number, std?: number}
---@overload fun(self: numoon.Tensor, options: {mean?: number, std?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:normal_(mean, std, options) end

--- uniform random numbers in [from, to)
---@param from? number
---@param to? number
---@param options? {from?: number, to?: number}
---@overload fun(self: numoon.Tensor, options: {from?: number, to?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:uniform_(from, to, options) end

--- 0 everywhere
---@return numoon.Tensor
function Tensor:zero_() end

-- ---- Reductions ----

--- whether all elements over dims are not 0
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.all(input, dim, keepdim, options) end

--- whether all elements over dims are not 0
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

--- whether any element over dims is not 0
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param options? {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.any(input, dim, keepdim, options) end

--- whether any element over dims is not 0
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
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.argmax(input, dim, keepdim, options) end

--- the position of the first largest value along dim, or in row-major order
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:argmax(dim, keepdim, options) end

--- the position of the first smallest value along dim, or in row-major order
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.argmin(input, dim, keepdim, options) end

--- the position of the first smallest value along dim, or in row-major order
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function Tensor:argmin(dim, keepdim, options) end

--- the largest value; with dim: the largest along it, and their positions
---@param input numoon.Tensor
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.max(input, dim, keepdim, options) end

--- the largest value; with dim: the largest along it, and their positions
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
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
---@overload fun(input: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
function nm.min(input, dim, keepdim, options) end

--- the smallest value; with dim: the smallest along it, and their positions
---@param dim? integer
---@param keepdim? boolean
---@param options? {dim?: integer, keepdim?: boolean}
---@overload fun(self: numoon.Tensor, options: {dim?: integer, keepdim?: boolean}): numoon.Tensor
---@return numoon.Tensor
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

--- the standard deviation over dims: the root of var
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.std(input, dim, keepdim, correction, options) end

--- the standard deviation over dims: the root of var
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:std(dim, keepdim, correction, options) end

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

--- the variance over dims: sum((x - mean)^2) / (n - correction)
---@param input numoon.Tensor
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.var(input, dim, keepdim, correction, options) end

--- the variance over dims: sum((x - mean)^2) / (n - correction)
---@param dim? integer|integer[]
---@param keepdim? boolean
---@param correction? number
---@param options? {dim?: integer|integer[], keepdim?: boolean, correction?: number}
---@overload fun(self: numoon.Tensor, options: {dim?: integer|integer[], keepdim?: boolean, correction?: number}): numoon.Tensor
---@return numoon.Tensor
function Tensor:var(dim, keepdim, correction, options) end

-- ---- Softmax and its kin ----

--- x - log(sum(exp(x))) along dim, computed from x - max(x)
---@param input numoon.Tensor
---@param dim integer
---@param options? {dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.log_softmax(input, dim, options) end

--- x - log(sum(exp(x))) along dim, computed from x - max(x)
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:log_softmax(dim, options) end

--- exp(x) / sum(exp(x)) along dim, computed from x - max(x)
---@param input numoon.Tensor
---@param dim integer
---@param options? {dtype?: numoon.dtype, out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype, out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.softmax(input, dim, options) end

--- exp(x) / sum(exp(x)) along dim, computed from x - max(x)
---@param dim integer
---@param options? {dtype?: numoon.dtype}
---@overload fun(self: numoon.Tensor, dim: integer, options: {dtype?: numoon.dtype}): numoon.Tensor
---@return numoon.Tensor
function Tensor:softmax(dim, options) end

-- ---- Gather and scatter ----

--- y[i][j] = input[index[i][j]][j] for dim 1, and likewise for others
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.gather(input, dim, index, options) end

--- y[i][j] = input[index[i][j]][j] for dim 1, and likewise for others
---@param dim integer
---@param index numoon.Tensor
---@return numoon.Tensor
function Tensor:gather(dim, index) end

--- input with y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may be a number
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor|number|boolean
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor|number|boolean, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.scatter(input, dim, index, src, options) end

--- input with y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may be a number
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:scatter(dim, index, src) end

--- input with y[index[i][j]][j] = src[i][j] for dim 1, and likewise for others; src may be a number
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor|number|boolean
---@return numoon.Tensor
function Tensor:scatter_(dim, index, src) end

--- input with src[i][j] added to y[index[i][j]][j] for dim 1, and likewise for others
---@param input numoon.Tensor
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@param options? {out?: numoon.Tensor}
---@overload fun(input: numoon.Tensor, dim: integer, index: numoon.Tensor, src: numoon.Tensor, options: {out?: numoon.Tensor}): numoon.Tensor
---@return numoon.Tensor
function nm.scatter_add(input, dim, index, src, options) end

--- input with src[i][j] added to y[index[i][j]][j] for dim 1, and likewise for others
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_add(dim, index, src) end

--- input with src[i][j] added to y[index[i][j]][j] for dim 1, and likewise for others
---@param dim integer
---@param index numoon.Tensor
---@param src numoon.Tensor
---@return numoon.Tensor
function Tensor:scatter_add_(dim, index, src) end

-- ---- Products ----

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

-- ---- Tensors and modes ----

--- adds the gradients of the tensor to the leaves' grad
---@param gradient? numoon.Tensor
---@param retain_graph? boolean
---@param create_graph? boolean
---@param options? {gradient?: numoon.Tensor, retain_graph?: boolean, create_graph?: boolean}
---@overload fun(self: numoon.Tensor, options: {gradient?: numoon.Tensor, retain_graph?: boolean, create_graph?: boolean}): any
---@return any
function Tensor:backward(gradient, retain_graph, create_graph, options) end

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

--- says whether backward collects a gradient here
---@param requires_grad? boolean
---@param options? {requires_grad?: boolean}
---@overload fun(self: numoon.Tensor, options: {requires_grad?: boolean}): any
---@return any
function Tensor:requires_grad_(requires_grad, options) end

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
