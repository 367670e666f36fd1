"""What PyTorch is asked for ops that search and count."""
import torch
import oracle


def search(f, first, second):
    """int32 is not taken for positions, which count from 1 in numoon."""
    def run(p):
        options = {k: p[k] for k in ("right", "side", "sorter", "out_int32") if k in p}
        return f(p[first], p[second], **options) + (1 if p.get("out_int32") else 0)
    return run


def isin(p):
    a, b = p["elements"], p["test_elements"]
    as_numbers = [x.float() if oracle.is_tensor(x) and x.dtype in oracle.HALVES
                  else x.to(torch.uint8) if oracle.is_tensor(x) and x.dtype == torch.bool else x
                  for x in (a, b)]
    return torch.isin(*as_numbers, invert=p.get("invert", False))


def positions(f):
    """Positions in the second result count from 1 in numoon, which sorts in any case."""
    def run(p):
        options = {k: v for k, v in p.items() if k not in ("input", "sorted")}
        r = f(p["input"], **options)
        if p.get("return_inverse"):
            r = (r[0], r[1] + 1) + r[2:]
        return r
    return run


def bincount(p):
    """numoon's first bin is that of 1; without elements there are no weights to sum."""
    y = torch.bincount(p["input"], p.get("weights"), p.get("minlength", -1) + 1)
    return y[1:]


def histc(p):
    x = p["input"]
    half = x.dtype if x.dtype in oracle.HALVES else None
    y = torch.histc(x.float() if half else x, p.get("bins", 100), p.get("min", 0), p.get("max", 0))
    return y.to(half) if half else y


def histogram(p):
    def wide(x):
        return x.float() if oracle.is_tensor(x) and x.dtype in oracle.HALVES else x
    x = p["input"]
    options = {k: tuple(p[k]) if k == "range" else wide(p[k])
               for k in ("range", "weight", "density") if k in p}
    r = torch.histogram(wide(x), wide(p["bins"]), **options)
    return tuple(y.to(x.dtype) for y in r)


OPS = {
    "searchsorted": search(torch.searchsorted, "sorted_sequence", "values"),
    "bucketize": search(torch.bucketize, "input", "boundaries"),
    "isin": isin,
    "unique": positions(torch.unique),
    "unique_consecutive": positions(torch.unique_consecutive),
    "bincount": bincount,
    "histc": histc,
    "histogram": histogram,
}
