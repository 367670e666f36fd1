"""Writes promotion.lua: the dtypes of PyTorch's results, for every pair of dtypes.

    /usr/bin/python3 spec/data/promotion.py > spec/data/promotion.lua

A letter stands for each dtype, "-" for a refusal.  What PyTorch has no CPU kernel for in half
precision is asked of its meta device, which knows dtypes alone; "?" where there is none either."""
import re
import warnings

import torch

warnings.simplefilter("ignore")
LETTERS = dict(zip("fdhbliscuo", (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32,
    torch.int16, torch.int8, torch.uint8, torch.bool)))
LETTER = {dtype: letter for letter, dtype in LETTERS.items()}
NUMBERS = (1, 1.0, True)

BINARY = """add sub mul div floor_divide remainder fmod pow maximum minimum fmax fmin hypot atan2
copysign nextafter xlogy heaviside eq ne lt le gt ge logical_and logical_or logical_xor bitwise_and
bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift where""".split()

UNARY = """abs neg sign sqrt rsqrt square exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos
atan sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma digamma sigmoid logit floor ceil round
trunc frac reciprocal isnan isinf isfinite logical_not bitwise_not relu nan_to_num sum prod mean std
var any all argmax argmin max min amax amin median nansum nanmean count_nonzero""".split()

ALONG = """cumsum cumprod logsumexp softmax log_softmax""".split()


def asked(f):
    """The letter of a result, "-" or "?"."""
    try:
        return LETTER[f("cpu").dtype]
    except TypeError:  # it takes no numbers there at all
        return "?"
    except (RuntimeError, ValueError) as e:
        if not re.search("not implemented for '(Half|BFloat16)'", str(e)):
            return "-"
    try:
        f("wide")  # whether it takes floats at all
        return LETTER[f("meta").dtype]
    except NotImplementedError:
        return "?"
    except (RuntimeError, ValueError):
        return "-"


def made(letter, shape, device):
    """Ones on the CPU; on "meta", without elements; or "wide", with float32 for halves."""
    if device == "wide":
        letter, device = letter.replace("h", "f").replace("b", "f"), "cpu"
    return torch.ones(shape, dtype=LETTERS[letter], device=device)


def others(kind):
    """What may stand on the other side: a function of the device for each column."""
    if kind == "number":
        return [lambda device, v=v: v for v in NUMBERS]
    shape = (2,) if kind == "tensor" else ()
    return [lambda device, c=c: made(c, shape, device) for c in LETTERS]


def function(name):
    if name == "where":
        return lambda a, b: torch.where(made("o", (2,), a.device), a, b)
    return getattr(torch, name)


def rows(f):
    """Rows by the first dtype, columns by the other operand."""
    return {kind: ["".join(asked(lambda d, a=a, b=b: f(made(a, (2,), d), b(d)))
                           for b in others(kind)) for a in LETTERS]
            for kind in ("tensor", "scalar", "number")}


def row(f):
    """Columns by the dtype of the one operand."""
    return "".join(asked(lambda d, a=a: f(made(a, (2,), d))) for a in LETTERS)


def held(letter):
    """"+" where there is a result, "-" and "?" as they are."""
    return letter if letter in "-?" else "+"


def in_place(name):
    def f(x, y):
        return getattr(x, name + "_")(y)
    return {kind: ["".join(held(asked(lambda d, a=a, b=b: f(made(a, (2,), d), b(d))))
                           for b in others(kind)) for a in LETTERS]
            for kind in ("tensor", "number")}


def out(f):
    """Rows by the dtype of the operands, columns by that of out."""
    return ["".join(held(asked(lambda d, a=a, c=c: f(made(a, (2,), d), out=made(c, (2,), d))))
                    for c in LETTERS) for a in LETTERS]


def emit(value, indent=""):
    if isinstance(value, dict):
        inner = indent + "  "
        lines = ["%s%s = %s,\n" % (inner, k, emit(v, inner)) for k, v in value.items()]
        return "{\n%s%s}" % ("".join(lines), indent)
    if isinstance(value, list):
        lines = ["%s  %s,\n" % (indent, ", ".join('"%s"' % x for x in value[i:i + 5]))
                 for i in range(0, len(value), 5)]
        return "{\n%s%s}" % ("".join(lines), indent)
    return '"%s"' % value


def main():
    data = {
        "version": torch.__version__,
        "types": {kind: ["".join(LETTER[torch.result_type(made(a, (2,), "cpu"), b("cpu"))]
                                 for b in others(kind)) for a in LETTERS]
                  for kind in ("tensor", "scalar", "number")},
        "can_cast": ["".join("+" if torch.can_cast(a, b) else "-" for b in LETTERS.values())
                     for a in LETTERS.values()],
        "binary": {name: rows(function(name)) for name in BINARY},
        "unary": {name: row(getattr(torch, name)) for name in UNARY},
        "along": {name: row(lambda x, f=getattr(torch, name): f(x, 0)) for name in ALONG},
        "in_place": {name: in_place(name) for name in BINARY
                     if hasattr(torch.Tensor, name + "_")},
        "out": {
            "add": out(lambda x, out: torch.add(x, x, out=out)),
            "div": out(lambda x, out: torch.div(x, x, out=out)),
            "eq": out(lambda x, out: torch.eq(x, x, out=out)),
            "exp": out(lambda x, out: torch.exp(x, out=out)),
        },
    }
    print("-- Written by spec/data/promotion.py: see there, and spec/promotion_spec.lua.")
    print("-- Letters: f d h b are float32, float64, float16, bfloat16; l i s c u are int64, int32,")
    print("-- int16, int8, uint8; o is bool; - is a refusal, ? unknown.  Rows: the dtype of the first")
    print("-- operand; columns: the other's.")
    print("return " + emit(data))


main()
