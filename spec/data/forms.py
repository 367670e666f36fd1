"""Writes forms.lua: the functions that numoon promises, and in which forms PyTorch has each.

    /usr/bin/python3 spec/data/forms.py > spec/data/forms.lua

A row's letters: f is a function, m a method of tensors, i works in place, o takes out=."""
import re

import torch
import torch.nn.functional as F

NAMES = {
    "creation": """empty zeros ones full eye arange range linspace logspace rand randn randint
        randperm bernoulli multinomial normal empty_like zeros_like ones_like full_like rand_like
        randn_like randint_like""",
    "shape": """view reshape flatten unflatten squeeze unsqueeze transpose t permute movedim expand
        expand_as broadcast_to tile repeat_interleave narrow select unfold split chunk unbind cat
        stack hstack vstack dstack flip roll rot90 tril triu diag diagonal meshgrid contiguous clone
        as_strided atleast_1d atleast_2d atleast_3d""",
    "elementwise": """abs neg sign sqrt rsqrt square exp exp2 expm1 log log2 log10 log1p sin cos tan
        asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma digamma sigmoid
        logit floor ceil round trunc frac reciprocal clamp add sub mul div floor_divide remainder
        fmod pow maximum minimum fmax fmin hypot lerp addcmul addcdiv where masked_fill isnan isinf
        isfinite nan_to_num eq ne lt le gt ge logical_and logical_or logical_xor logical_not
        bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift
        copysign nextafter xlogy heaviside relu relu6 leaky_relu elu selu celu gelu silu mish
        softplus softsign hardtanh hardsigmoid hardswish""",
    "reductions": """sum mean prod var std var_mean max min amax amin aminmax argmax argmin all any
        norm logsumexp softmax log_softmax cumsum cumprod cummax cummin nansum nanmean median mode
        kthvalue quantile count_nonzero unique bincount histc""",
    "indexing": """index_select gather scatter scatter_add scatter_reduce index_add index_copy
        index_fill index_put take take_along_dim masked_select masked_scatter nonzero argwhere
        searchsorted bucketize one_hot sort argsort topk msort""",
    "products": """matmul mm bmm mv dot vdot inner outer addmm addmv baddbmm einsum tensordot kron
        cdist cross linalg.norm linalg.det linalg.slogdet linalg.inv linalg.pinv linalg.solve
        linalg.lstsq linalg.cholesky linalg.qr linalg.svd linalg.eigh linalg.eig
        linalg.matrix_power linalg.matrix_rank linalg.multi_dot""",
}


def find(name):
    """The function, or the method where there is none; activations and one_hot are in F."""
    for place in (torch, torch.Tensor, F):
        f = place
        for word in name.split("."):
            f = getattr(f, word, None)
        if f is not None:
            return f
    raise NameError(name)


def takes_out(name):
    """Whether out= is documented, and takes one tensor."""
    signature = r"^(torch\.)?%s\(.*\bout=None" % re.escape(name)
    if not re.search(signature, (find(name).__doc__ or "").strip(), re.M):
        return False
    packet = getattr(torch.ops.aten, name.replace(".", "_"), None)
    schemas = [getattr(packet, o)._schema for o in packet.overloads()] if packet else []
    outs = [s for s in schemas if any(a.is_out for a in s.arguments)]
    return any(len(s.returns) == 1 for s in outs)


def forms(name):
    return "".join((
        "" if find(name) is getattr(torch.Tensor, name, None) else "f",
        "m" if hasattr(torch.Tensor, name) else "",
        "i" if hasattr(torch.Tensor, name + "_") or hasattr(F, name + "_") else "",
        "o" if takes_out(name) else ""))


print("-- Written by spec/data/forms.py: see there, and spec/api_spec.lua.")
print("return {")
print('  version = "%s",' % torch.__version__)
for family, names in NAMES.items():
    print("  %s = {" % family)
    for name in names.split():
        print('    { "%s", "%s" },' % (name, forms(name)))
    print("  },")
print("}")
