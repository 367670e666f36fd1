"""What PyTorch is asked for products."""
import torch


def added(f, names):
    def run(p):
        one, two = names
        return f(p["input"], p[one], p[two], beta=p.get("beta", 1), alpha=p.get("alpha", 1))
    return run


def counted(dims):
    """Dims in lists, which count from 1, or one of each."""
    if isinstance(dims, int):
        return dims
    pair = [d if isinstance(d, list) else [d] for d in dims]
    return [[d - 1 if d > 0 else d for d in side] for side in pair]


def cross(f, standard):
    def run(p):
        dim = p.get("dim", standard)
        return f(p["input"], p["other"]) if dim is None else f(p["input"], p["other"], dim=dim)
    return run


def whole(f):
    """In int64 for integers, whose sums PyTorch widens in some orders and not in others."""
    def run(*operands):
        dtype = operands[0].dtype
        if not dtype.is_floating_point:
            operands = [x.long() for x in operands]
        return f(*operands).to(dtype)
    return run


def outer(p):
    x, y = p["input"], p["vec2"]
    return x.unsqueeze(1) * y if x.dtype == torch.bool else torch.outer(x, y)


def trace(p):  # not for bools and empty matrices of every dtype
    return p["input"].diagonal().sum()


OPS = {
    "nn.functional.linear": lambda p: whole(torch.nn.functional.linear)(
        *(p[k] for k in ("input", "weight", "bias") if k in p)),
    "vdot": lambda p: torch.vdot(p["input"], p["other"]),
    "inner": lambda p: torch.inner(p["input"], p["other"]),
    "outer": outer,
    "addmm": added(torch.addmm, ("mat1", "mat2")),
    "addmv": added(torch.addmv, ("mat", "vec")),
    "baddbmm": added(torch.baddbmm, ("batch1", "batch2")),
    "addbmm": added(torch.addbmm, ("batch1", "batch2")),
    "addr": added(torch.addr, ("vec1", "vec2")),
    "einsum": lambda p: whole(lambda *x: torch.einsum(p["equation"], *x))(*p["operands"]),
    "tensordot": lambda p: whole(lambda a, b: torch.tensordot(a, b, counted(p.get("dims", 2))))(
        p["a"], p["b"]),
    "kron": lambda p: torch.kron(p["input"], p["other"]),
    "cross": cross(torch.cross, None),
    "linalg.cross": cross(torch.linalg.cross, -1),
    "cdist": lambda p: torch.cdist(p["x1"], p["x2"], float(p.get("p", 2))),
    "trace": trace,
}
