"""Computes the sweep's cases with PyTorch: oracle.py CASES RESULTS.

CASES is JSON, a list of {"op", "args": {parameter: value}}; dims and positions count from 0, a
tensor is {"t": dtype, "s": shape, "v": elements}.  With "grads": [parameters], the gradients of the
sum of the weighted result with respect to them follow the results; the weights are 1, 2, 3, ... in
row-major order.

RESULTS has a line for each case: "R dtype|shape|elements;..." or "E message".  Floats are in
hexadecimal.  The first line names the version.  What PyTorch does not compute in half precision on
the CPU is computed in float32 and rounded."""
import importlib.util
import json
import os
import sys
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [p for p in sys.path if os.path.abspath(p) != HERE]  # random.py is not Python's

import torch  # noqa: E402

warnings.simplefilter("ignore")
torch.set_num_threads(1)
DTYPES = {name: getattr(torch, name) for name in (
    "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split())}


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def is_tensor(v):
    return isinstance(v, torch.Tensor)


def decode(v):
    if isinstance(v, dict):
        return torch.tensor(v["v"], dtype=DTYPES[v["t"]]).reshape(v["s"])
    if isinstance(v, list) and v and isinstance(v[0], dict):
        return [decode(x) for x in v]
    return v


def lifted(*operands):
    """The operands as tensors of the dtype that they are promoted to."""
    dtype = None
    tensors = [x for x in operands if is_tensor(x)]
    if len(operands) == len(tensors) == 2:
        dtype = torch.result_type(*tensors)
    elif len(tensors) == 1:
        number = next((x for x in operands if not is_tensor(x)), None)
        dtype = torch.result_type(tensors[0], number) if number is not None else tensors[0].dtype
    return [x.to(dtype) if is_tensor(x) else torch.tensor(x, dtype=dtype) for x in operands]


def alike(tensors):
    """All in the dtype that they are promoted to."""
    dtype = tensors[0].dtype
    for x in tensors[1:]:
        dtype = torch.promote_types(dtype, x.dtype)
    return [x.to(dtype) for x in tensors]


def options(p):
    return {"dtype": DTYPES[p["dtype"]]} if "dtype" in p else {}


def all_dims(x, p):
    dim = p.get("dim")
    if dim is None or dim == []:
        return list(range(x.dim()))
    return dim if isinstance(dim, list) else [dim]


def one_by_one(reduce):
    """Over several dims, for what PyTorch reduces over one at a time."""
    def run(p):
        x = p["input"]
        dims = sorted((d % max(x.dim(), 1) for d in all_dims(x, p)), reverse=True)
        if x.dim() == 0:
            return reduce(x.reshape(1), 0, p).reshape([])
        keep = p.get("keepdim", False)
        for d in dims:
            x = reduce(x, d, p)
        if keep:
            for d in sorted(dims):
                x = x.unsqueeze(d)
        return x
    return run


def reduced(f):
    def run(p):
        x = p["input"]
        return f(x, dim=all_dims(x, p), keepdim=p.get("keepdim", False), **options(p))
    return run


def along(f):
    """max, argmax and their kin: one dim, or all."""
    def run(p):
        x = p["input"]
        if "dim" not in p:
            r = f(x)
            return r.reshape([1] * x.dim()) if p.get("keepdim") else r
        return f(x, p["dim"], p.get("keepdim", False))
    return run


def binary(f):
    return lambda p: f(*lifted(p["input"], p["other"]))


def where(p):
    c, a, b = p["condition"], p["input"], p["other"]
    if not is_tensor(c):
        c = torch.tensor(c)
    a, b = lifted(a, b) if is_tensor(a) or is_tensor(b) else (a, b)
    return torch.where(c, a, b)


def clamp(p):
    x, low, high = p["input"], p.get("min"), p.get("max")
    if low is not None:
        x = torch.maximum(*lifted(x, low))
    if high is not None:
        x = torch.minimum(*lifted(x, high))
    return x


def squeeze(p):
    x = p["input"]
    dims = {d % max(x.dim(), 1) for d in all_dims(x, p)}
    return x.reshape([n for d, n in enumerate(x.shape) if d not in dims or n != 1])


def progression(p, inclusive):
    names = ("first", "last", "step") if inclusive else ("start", "stop", "step")
    start, stop, step = (p[name] for name in names)
    if inclusive:  # arange ends before its stop
        whole = all(isinstance(v, int) for v in (start, stop, step))
        stop += (1 if step > 0 else -1) if whole else step / 2
    return torch.arange(start, stop, step, **options(p))


def scattered(f):
    return lambda p: f(p["input"], p["dim"], p["index"], p["src"])


def matrix(f):
    return lambda p: f(p["input"], p["other"])


def added(f):
    return lambda p: f(p["input"], p["tensor1"], p["tensor2"], value=p.get("value", 1))


def in_place(f):
    def run(p):
        x = p["input"].clone()
        f(x, p)
        return x
    return run


OPS = {
    "where": where,
    "clamp": clamp,
    "masked_fill": lambda p: p["input"].masked_fill(p["mask"], p["value"]),
    "lerp": lambda p: torch.lerp(*torch.broadcast_tensors(p["input"], p["end"]), p["weight"]),
    "addcmul": added(torch.addcmul),
    "addcdiv": added(torch.addcdiv),
    "copy": in_place(lambda x, p: x.copy_(p["src"])),
    "fill": in_place(lambda x, p: x.fill_(p["value"])),
    "zero": in_place(lambda x, p: x.zero_()),
    "prod": one_by_one(lambda x, d, p: torch.prod(x, d, **options(p))),
    "any": one_by_one(lambda x, d, p: torch.any(x, d)),
    "all": one_by_one(lambda x, d, p: torch.all(x, d)),
    "sum": reduced(torch.sum),
    "mean": reduced(torch.mean),
    "amax": reduced(torch.amax),
    "amin": reduced(torch.amin),
    "max": along(torch.max),
    "min": along(torch.min),
    "argmax": along(torch.argmax),
    "argmin": along(torch.argmin),
    "softmax": lambda p: torch.softmax(p["input"], p["dim"], **options(p)),
    "log_softmax": lambda p: torch.log_softmax(p["input"], p["dim"], **options(p)),
    "gather": lambda p: torch.gather(p["input"], p["dim"], p["index"].long()),
    "scatter": scattered(torch.scatter),
    "scatter_add": scattered(torch.scatter_add),
    "cat": lambda p: torch.cat(p["tensors"], p.get("dim", 0)),
    "stack": lambda p: torch.stack(alike(p["tensors"]), p.get("dim", 0)),
    "view": lambda p: p["input"].view(p["shape"]),
    "reshape": lambda p: p["input"].reshape(p["shape"]),
    "squeeze": squeeze,
    "flatten": lambda p: torch.flatten(p["input"], p.get("start_dim", 0), p.get("end_dim", -1)),
    "unsqueeze": lambda p: p["input"].unsqueeze(p["dim"]),
    "transpose": lambda p: p["input"].transpose(p["dim0"], p["dim1"]),
    "permute": lambda p: p["input"].permute(p["dims"]),
    "expand": lambda p: p["input"].expand(p["shape"]),
    "broadcast_to": lambda p: p["input"].broadcast_to(p["shape"]),
    "expand_as": lambda p: p["input"].expand_as(p["other"]),
    "narrow": lambda p: p["input"].narrow(p["dim"], p["start"], p["length"]),
    "select": lambda p: p["input"].select(p["dim"], p["index"]),
    "t": lambda p: p["input"].t(),
    "to": lambda p: p["input"].to(DTYPES[p["dtype"]]),
    "contiguous": lambda p: p["input"].contiguous(),
    "empty": lambda p: torch.zeros(p.get("size", []), **options(p)),
    "empty_like": lambda p: torch.zeros_like(p["input"], **options(p)),
    "zeros": lambda p: torch.zeros(p.get("size", []), **options(p)),
    "ones": lambda p: torch.ones(p.get("size", []), **options(p)),
    "full": lambda p: torch.full(p["size"], p["fill_value"], **options(p)),
    "full_like": lambda p: torch.full_like(p["input"], p["fill_value"], **options(p)),
    "zeros_like": lambda p: torch.zeros_like(p["input"], **options(p)),
    "ones_like": lambda p: torch.ones_like(p["input"], **options(p)),
    "arange": lambda p: progression(p, False),
    "range": lambda p: progression(p, True),
    "linspace": lambda p: torch.linspace(p["start"], p["stop"], p["steps"], **options(p)),
    "eye": lambda p: torch.eye(p["n"], p.get("m", p["n"]), **options(p)),
    "matmul": matrix(torch.matmul), "mm": matrix(torch.mm), "bmm": matrix(torch.bmm),
    "mv": matrix(torch.mv), "dot": matrix(torch.dot),
}


def families():
    """Adds the OPS of the other files of this folder, a file per family."""
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".py") and name != "oracle.py":
            spec = importlib.util.spec_from_file_location("family_" + name[:-3],
                                                          os.path.join(HERE, name))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            double = OPS.keys() & module.OPS.keys()
            assert not double, "%s: a second row for %s" % (name, double)
            OPS.update(module.OPS)


def apply(op, p):
    f = OPS.get(op)
    if f:
        return f(p)
    f = torch
    for word in op.split("."):
        f = getattr(f, word)
    if "other" in p:
        return binary(f)(p)
    return f(*p.values())


HALVES = (torch.float16, torch.bfloat16)


def halves_in(values):
    for v in values:
        if isinstance(v, list):
            yield from halves_in(v)
        elif is_tensor(v) and v.dtype in HALVES:
            yield v.dtype


def widened(v):
    if isinstance(v, list):
        return [widened(x) for x in v]
    return v.float() if is_tensor(v) and v.dtype in HALVES else v


# In bfloat16 PyTorch's own result is off by many ulps.
COARSE = {"log_softmax"}


def compute(op, p):
    try:
        if op in COARSE and any(halves_in(p.values())) and "dtype" not in p:
            raise RuntimeError("not implemented for halves, here")
        return apply(op, p)
    except RuntimeError as e:
        if "not implemented for" not in str(e):
            raise
        halves = set(halves_in(p.values())) | ({DTYPES.get(p.get("dtype"))} & set(HALVES))
        if not halves:
            raise
        p = {k: widened(v) for k, v in p.items()}
        if DTYPES.get(p.get("dtype")) in HALVES:
            p["dtype"] = "float32"
        r = apply(op, p)
        results = flat(r)
        return [x.to(next(iter(halves))) if x.dtype == torch.float32 else x for x in results]


def flat(r):
    return [x for y in r for x in flat(y)] if isinstance(r, (tuple, list)) else [r]


def results_of(case):
    p = {k: decode(v) for k, v in case["args"].items()}
    for name in case.get("grads", ()):
        p[name].requires_grad_()
    r = compute(case["op"], p)
    results = flat(r)
    if case.get("grads"):
        y = results[0]
        w = torch.arange(1, y.numel() + 1, dtype=y.dtype).reshape(y.shape)
        y.backward(w)
        results += [p[name].grad for name in case["grads"]]
    return results


def text(x):
    x = x.detach()
    if x.dtype.is_floating_point:
        elements = [v.hex() for v in x.double().flatten().tolist()]
    else:
        elements = [str(int(v)) for v in x.flatten().tolist()]
    return "%s|%s|%s" % (name_of(x.dtype), " ".join(map(str, x.shape)), " ".join(elements))


def line(case):
    try:
        return "R " + ";".join(text(x) for x in results_of(case))
    except Exception as e:  # any refusal is an answer: the two libraries must refuse alike
        return "E %s" % " ".join(str(e).split())[:200]


def main():
    sys.modules["oracle"] = sys.modules["__main__"]  # the families use what is here
    families()
    with open(sys.argv[1], encoding="utf-8") as f:
        cases = json.load(f)
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write(torch.__version__ + "\n")
        for case in cases:
            f.write(line(case) + "\n")


if __name__ == "__main__":
    main()
