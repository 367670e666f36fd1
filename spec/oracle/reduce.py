"""What PyTorch is asked for statistics: dims as lists, no dims as all of them."""
import torch
import oracle


def spread(f):
    def run(p):
        x = p["input"]
        correction = p.get("correction", 1 if p.get("unbiased", True) else 0)
        return f(x, oracle.all_dims(x, p), keepdim=p.get("keepdim", False),
                 correction=int(correction))
    return run


def aminmax(p):
    x, keepdim = p["input"], p.get("keepdim", False)
    if "dim" in p:
        return tuple(torch.aminmax(x, dim=p["dim"], keepdim=keepdim))
    return tuple(torch.aminmax(x, keepdim=keepdim))


def norm(p):
    x = p["input"]
    order = p.get("p", "fro")
    return torch.linalg.vector_norm(x, 2 if order == "fro" else order, oracle.all_dims(x, p),
                                    p.get("keepdim", False), **oracle.options(p))


def logsumexp(p):
    x = p["input"]
    if x.dtype in oracle.HALVES:  # PyTorch's own is off by many ulps
        return logsumexp({**p, "input": x.float()}).to(x.dtype)
    return torch.logsumexp(x, oracle.all_dims(x, p), p.get("keepdim", False))


def count_nonzero(p):
    x = p["input"]
    return torch.count_nonzero(x, oracle.all_dims(x, p)) if x.dim() else torch.count_nonzero(x)


OPS = {
    "var": spread(torch.var), "std": spread(torch.std),
    "var_mean": spread(torch.var_mean), "std_mean": spread(torch.std_mean),
    "aminmax": aminmax,
    "norm": norm,
    "logsumexp": logsumexp,
    "nansum": oracle.reduced(torch.nansum),
    "nanmean": oracle.reduced(torch.nanmean),
    "count_nonzero": count_nonzero,
}
