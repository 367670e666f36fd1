"""What PyTorch is asked for pooling, unfold and fold."""
import torch
import torch.nn.functional as F


def named(f, **names):
    """f with the parameters under the names that it has for them."""
    def run(p):
        p = {names.get(k, k): v for k, v in p.items()}
        return f(p.pop("input"), **p)
    return run


def adaptive(f):
    return lambda p: f(p["input"], p["output_size"], p.get("return_indices", False))


def unpool(f):
    return lambda p: f(p["input"], p["indices"], p["kernel_size"], p.get("stride"),
                       p.get("padding", 0), p.get("output_size"))


def powered(f, dims):
    """In one dim, sizes are no lists."""
    def size(v):
        return v[0] if dims == 1 and isinstance(v, list) else v
    return lambda p: f(p["input"], p["norm_type"], size(p["kernel_size"]), size(p.get("stride")),
                       p.get("ceil_mode", False))


OPS = {}
for n in "123":
    OPS["nn.functional.max_pool%sd" % n] = named(getattr(F, "max_pool%sd" % n))
    OPS["nn.functional.avg_pool%sd" % n] = named(getattr(torch._C._nn, "avg_pool%sd" % n)
                                                 if n != "1" else torch.avg_pool1d)
    OPS["nn.functional.adaptive_max_pool%sd" % n] = adaptive(
        getattr(F, "adaptive_max_pool%sd" % n))
    OPS["nn.functional.adaptive_avg_pool%sd" % n] = named(
        getattr(F, "adaptive_avg_pool%sd" % n))
    OPS["nn.functional.max_unpool%sd" % n] = unpool(getattr(F, "max_unpool%sd" % n))
for n in "12":
    OPS["nn.functional.lp_pool%sd" % n] = powered(getattr(F, "lp_pool%sd" % n), int(n))
OPS["nn.functional.unfold"] = named(F.unfold)
OPS["nn.functional.fold"] = named(F.fold)
