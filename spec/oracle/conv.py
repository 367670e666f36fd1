"""What PyTorch is asked for convolutions."""
import torch


def convolution(f):
    """Of bfloat16, PyTorch takes the weights of a transposed convolution the wrong way around."""
    def run(p):
        if "transpose" in f.__name__ and p["input"].dtype == torch.bfloat16:
            raise RuntimeError("not implemented for bfloat16")
        options = {k: p[k] for k in p.keys() & {"stride", "padding", "dilation", "groups",
                                                "output_padding"}}
        return f(p["input"], p["weight"], p.get("bias"), **options)
    return run


OPS = {}
for n in "123":
    for name in ("conv%sd", "conv_transpose%sd"):
        OPS["nn.functional." + name % n] = convolution(getattr(torch, name % n))
