"""What PyTorch is asked for elementwise ops that have another name or other rules there."""
import torch

import oracle


def promoted(f):
    """For what PyTorch has no integer kernel: the operands in the dtype that the result has."""
    def run(p):
        x, y = oracle.lifted(p["input"], p["other"])
        if not x.dtype.is_floating_point:
            x, y = x.float(), y.float()
        return f(x, y)
    return run


def frac(p):
    x = p["input"]
    return torch.frac(x if x.dtype.is_floating_point else x.float())


def logit(p):
    """Halves are computed in float32 and rounded once; PyTorch rounds each step."""
    x = p["input"]
    y = torch.logit(oracle.widened(x), p.get("eps"))
    return y.to(x.dtype) if x.dtype in oracle.HALVES else y


OPS = {
    "frac": frac,
    "hypot": promoted(torch.hypot),
    "nextafter": promoted(torch.nextafter),
    "xlogy": oracle.binary(torch.xlogy),
    "logit": logit,
    "nan_to_num": lambda p: torch.nan_to_num(p["input"], p.get("nan"), p.get("posinf"),
                                             p.get("neginf")),
    "polygamma": lambda p: torch.polygamma(p["n"], p["input"]),
}
