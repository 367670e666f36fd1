"""What PyTorch is asked for activations and the losses that are ops: torch.nn.functional."""
import torch
import torch.nn.functional as F

import oracle

HALVES = (torch.float16, torch.bfloat16)


def function(f, *names):
    """f(input, the named parameters that are given); halves are computed in float32 and rounded
    once, which is not what each of PyTorch's kernels does."""
    def run(p):
        dtype = p["input"].dtype
        wide = dtype in HALVES
        given = {k: oracle.widened(v) if wide else v for k, v in p.items() if k != "input"}
        y = f(p["input"].float() if wide else p["input"], **given)
        return y.to(dtype) if wide else y
    return run


def threshold(p):
    return F.threshold(p["input"], p["threshold"], p["value"])


OPS = {name: function(getattr(F, name)) for name in """relu6 leaky_relu elu selu celu gelu silu mish
softplus softsign logsigmoid hardtanh hardsigmoid hardswish hardshrink softshrink tanhshrink prelu
glu""".split()}
OPS["threshold"] = threshold
for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss"):
    OPS["nn.functional." + name] = function(getattr(F, name))
