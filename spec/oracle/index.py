"""What PyTorch is asked for ops that pick and put by position."""
import torch


def index_fill(p):
    value = p["value"]
    return torch.index_fill(p["input"], p["dim"], p["index"].long(), value)


def index_put(p):
    x, values = p["input"], p["values"]
    return torch.index_put(x, tuple(p["indices"]), values, p.get("accumulate", False))


def scatter_reduce(p):
    return torch.scatter_reduce(p["input"], p["dim"], p["index"].long(), p["src"], p["reduce"],
                                include_self=p.get("include_self", True))


def one_hot(p):
    return torch.nn.functional.one_hot(p["input"] - 1, p.get("num_classes", -1))


OPS = {
    "index_add": lambda p: torch.index_add(p["input"], p["dim"], p["index"], p["source"],
                                           alpha=p.get("alpha", 1)),
    "index_fill": index_fill,
    "index_put": index_put,
    "take_along_dim": lambda p: torch.take_along_dim(p["input"], p["indices"], p.get("dim")),
    "nonzero": lambda p: torch.nonzero(p["input"], as_tuple=p.get("as_tuple", False)),
    "one_hot": one_hot,
    "scatter_reduce": scatter_reduce,
}
