"""What PyTorch is asked for padding, interpolation and sampling by a grid."""
import torch
import torch.nn.functional as F


def interpolate(p):
    q = {k: v for k, v in p.items() if k not in ("input", "out")}
    mode = q.get("mode", "nearest")
    if mode in ("linear", "bilinear", "bicubic", "trilinear"):
        q["align_corners"] = q.get("align_corners", False)
    for name in ("size", "scale_factor"):
        if isinstance(q.get(name), list):
            q[name] = tuple(q[name]) if len(q[name]) > 1 else q[name][0]
    return F.interpolate(p["input"], **q)


def grid_sample(p):
    return F.grid_sample(p["input"], p["grid"], mode=p.get("mode", "bilinear"),
                         padding_mode=p.get("padding_mode", "zeros"),
                         align_corners=p.get("align_corners", False))


def pad(p):
    q = [p["input"], tuple(p["pad"]), p.get("mode", "constant")]
    return F.pad(*q, p["value"]) if "value" in p else F.pad(*q)


OPS = {
    "nn.functional.pad": pad,
    "nn.functional.interpolate": interpolate,
    "nn.functional.upsample": interpolate,
    "nn.functional.grid_sample": grid_sample,
    "nn.functional.affine_grid": lambda p: F.affine_grid(p["theta"], p["size"],
                                                         p.get("align_corners", False)),
}
