"""What PyTorch is asked for ops that change shapes."""
import torch

import oracle


def tensor_split(p):
    at = p["indices_or_sections"]
    if isinstance(at, list):  # positions there count from 0
        at = [i - 1 if i > 0 else i for i in at]
    return torch.tensor_split(p["input"], at, p.get("dim", 0))


def roll(p):
    return torch.roll(p["input"], p["shifts"], p.get("dims", ()))


def promoted(f):
    return lambda p: f(oracle.alike(p["tensors"]))


def triangle(f):  # positions there count from 0
    return lambda p: (f(p["row"], p["col"], p.get("offset", 0)) + 1).to(**oracle.options(p))


OPS = {
    "split": lambda p: torch.split(p["input"], p["split_size"], p.get("dim", 0)),
    "tensor_split": tensor_split,
    "meshgrid": lambda p: torch.meshgrid(p["tensors"], indexing=p.get("indexing", "ij")),
    "broadcast_tensors": lambda p: torch.broadcast_tensors(*p["tensors"]),
    "unflatten": lambda p: p["input"].unflatten(p["dim"], p["sizes"]),
    "diagonal": lambda p: torch.diagonal(p["input"], p.get("offset", 0), p.get("dim1", 0),
                                         p.get("dim2", 1)),
    "diag_embed": lambda p: torch.diag_embed(p["input"], p.get("offset", 0), p.get("dim1", -2),
                                             p.get("dim2", -1)),
    "unfold": lambda p: p["input"].unfold(p["dimension"], p["size"], p["step"]),
    "flip": lambda p: torch.flip(p["input"], p["dims"] if isinstance(p["dims"], list)
                                 else [p["dims"]]),
    "roll": roll,
    "rot90": lambda p: torch.rot90(p["input"], p.get("k", 1), p.get("dims", [0, 1])),
    "tril_indices": triangle(torch.tril_indices),
    "triu_indices": triangle(torch.triu_indices),
    "repeat_interleave": lambda p: torch.repeat_interleave(p["input"], p["repeats"],
                                                           p.get("dim")),
    "hstack": promoted(torch.hstack), "vstack": promoted(torch.vstack),
    "dstack": promoted(torch.dstack), "column_stack": promoted(torch.column_stack),
    "logspace": lambda p: torch.logspace(p["start"], p["stop"], p["steps"], p.get("base", 10.0),
                                         **oracle.options(p)),
}
