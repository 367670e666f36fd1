"""What PyTorch is asked for normalizations; rms_norm came in version 2.4 and is written out."""
import torch
import torch.nn.functional as F

import oracle


def wide(f):
    """Halves are computed in float32 and rounded once."""
    def run(p):
        dtype = p["input"].dtype
        return f({k: oracle.widened(v) for k, v in p.items()}, dtype).to(dtype)
    return run


def rms_norm(p, dtype):
    x, dims = p["input"], tuple(range(-len(p["normalized_shape"]), 0))
    eps = p.get("eps", torch.finfo(dtype).eps)
    y = x * torch.rsqrt(x.square().mean(dims, keepdim=True) + eps)
    return y * p["weight"] if "weight" in p else y


def layer_norm(p, _):
    return F.layer_norm(p["input"], p["normalized_shape"], p.get("weight"), p.get("bias"),
                        p.get("eps", 1e-5))


def group_norm(p, _):
    x = p["input"]
    if x.numel() == 0:
        return x.clone()
    return F.group_norm(x, p["num_groups"], p.get("weight"), p.get("bias"), p.get("eps", 1e-5))


OPS = {"nn.functional." + f.__name__: wide(f) for f in (layer_norm, rms_norm, group_norm)}
