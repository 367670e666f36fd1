"""What PyTorch is asked for ops that sort: where elements are equal it leaves their positions open,
so these are those of its stable sort."""
import torch
import oracle


def along(p, key="dim", default=-1):
    return p.get(key, default)


def sort(p):
    return torch.sort(p["input"], dim=along(p), descending=p.get("descending", False), stable=True)


def topk(p):
    x, k, dim = p["input"], p["k"], along(p)
    largest = p.get("largest", True)
    values = torch.topk(x, k, dim, largest)[0]
    at = torch.sort(x, dim=dim, descending=largest, stable=True)[1]
    return values, at.narrow(dim, 0, k) if x.dim() else at


def at_rank(x, dim, keepdim, rank):
    """The positions of the rank-th, a tensor or a number, of each line."""
    if x.dim() == 0:
        return torch.tensor(0)
    at = torch.sort(x.detach(), dim=dim, stable=True)[1]
    if not oracle.is_tensor(rank):
        rank = torch.full_like(at.narrow(dim, 0, 1), rank)
    at = at.gather(dim, rank)
    return at if keepdim else at.squeeze(dim)


def kthvalue(p):
    x, k, dim, keepdim = p["input"], p["k"], along(p), p.get("keepdim", False)
    values = torch.kthvalue(x, k, dim, keepdim)[0]
    return values, at_rank(x, dim, keepdim, k - 1)


def median(f):
    def run(p):
        x, dim, keepdim = p["input"], p.get("dim"), p.get("keepdim", False)
        if dim is None:
            y = f(x)
            return y.reshape([1] * x.dim()) if keepdim else y
        values = f(x, dim, keepdim)[0]
        wide = x.detach().reshape([1] if x.dim() == 0 else x.shape)
        count = wide.isnan().logical_not().sum(dim, keepdim=True)
        n = wide.shape[dim]
        if f is torch.median:
            rank = torch.where(count == n, torch.full_like(count, (n - 1) // 2), count)
        else:
            rank = (count - 1).clamp(min=0) // 2
        return values, at_rank(x, dim, keepdim, rank)
    return run


def mode(p):
    x, dim, keepdim = p["input"], along(p), p.get("keepdim", False)
    values = torch.mode(x, dim, keepdim)[0]
    if x.dim() == 0:
        return values, torch.tensor(0)
    wide = values.detach() if keepdim else values.detach().unsqueeze(dim)
    same = (x.detach() == wide) | (x.detach().isnan() & wide.isnan())
    n = x.shape[dim]
    at = n - 1 - same.flip(dim).to(torch.uint8).argmax(dim, keepdim)
    return values, at


def quantile(f):
    def run(p):
        x, q = p["input"], p["q"]
        half = x.dtype if x.dtype in oracle.HALVES else None
        if half:
            x = x.float()
            q = q.float() if oracle.is_tensor(q) else q
        y = f(x, q, p.get("dim"), p.get("keepdim", False),
              interpolation=p.get("interpolation", "linear"))
        return y.to(half) if half else y
    return run


OPS = {
    "sort": sort,
    "argsort": lambda p: sort(p)[1],
    "topk": topk,
    "kthvalue": kthvalue,
    "median": median(torch.median),
    "nanmedian": median(torch.nanmedian),
    "mode": mode,
    "quantile": quantile(torch.quantile),
    "nanquantile": quantile(torch.nanquantile),
}
