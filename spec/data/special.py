"""Writes special.lua: values of elementary and special functions to many digits, rounded to double.

    python3 special.py > special.lua        (needs mpmath)

The arguments are floats of single precision, so that every dtype is given the same."""
import struct
import sys

import mpmath as mp

mp.mp.dps = 200


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


SMALL = [2.0 ** -149, 2.0 ** -126, 1e-30, 1e-20, 1e-9, 3e-5, 1e-3, 0.0123, 0.1]
UNIT = SMALL + [0.2, 0.25, 0.333, 0.41421357, 0.5, 0.6, 0.625, 0.70710677, 0.8, 0.9, 0.97, 0.999,
                0.9999999]
MIDDLE = [1.0, 1.0000001, 1.001, 1.05, 1.25, 1.4616321, 1.5, 1.57, 1.75, 1.99999, 2.0, 2.0000002,
          2.125, 2.4142137, 2.5, 2.9, 3.0, 3.1415927, 3.7, 4.0, 4.25, 5.5, 6.3, 7.0, 8.5, 9.999]
LARGE = [10.0, 12.3, 15.7, 20.5, 26.0, 27.2, 35.0, 50.0, 63.5, 87.0]
FAR = [120.0, 1e3, 12345.678, 1e6, 1.5e9, 1e20, 1e30, 3e38]


def both(xs):
    return [-x for x in reversed(xs)] + xs


WHOLE = both(UNIT + MIDDLE + LARGE)
GAMMA = [-123.4, -20.5, -9.25, -4.0001, -3.3, -2.1, -1.7, -1.2, -0.75, -0.5, -0.1, -1e-3, -1e-10]

FUNCTIONS = {
    "exp": (mp.exp, WHOLE), "exp2": (lambda x: mp.power(2, x), WHOLE), "expm1": (mp.expm1, WHOLE),
    "log": (mp.log, UNIT + MIDDLE + LARGE + FAR),
    "log2": (lambda x: mp.log(x, 2), UNIT + MIDDLE + LARGE + FAR),
    "log10": (mp.log10, UNIT + MIDDLE + LARGE + FAR),
    "log1p": (mp.log1p, [-x for x in reversed(UNIT)] + UNIT + MIDDLE + LARGE + FAR),
    "sin": (mp.sin, WHOLE + FAR), "cos": (mp.cos, WHOLE + FAR), "tan": (mp.tan, WHOLE + FAR),
    "asin": (mp.asin, both(UNIT + [1.0])), "acos": (mp.acos, both(UNIT + [1.0])),
    "atan": (mp.atan, both(UNIT + MIDDLE + LARGE + FAR)),
    "sinh": (mp.sinh, WHOLE), "cosh": (mp.cosh, WHOLE), "tanh": (mp.tanh, WHOLE),
    "asinh": (mp.asinh, both(UNIT + MIDDLE + LARGE + FAR)),
    "acosh": (mp.acosh, MIDDLE + LARGE + FAR), "atanh": (mp.atanh, both(UNIT)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), WHOLE),
    "erf": (mp.erf, WHOLE), "erfc": (mp.erfc, both(UNIT + MIDDLE) + LARGE[:4]),
    "erfinv": (mp.erfinv, both(UNIT)),
    "lgamma": (lambda x: mp.log(abs(mp.gamma(x))), GAMMA + UNIT + MIDDLE + LARGE + FAR),
    "digamma": (mp.digamma, GAMMA + UNIT + MIDDLE + LARGE + FAR),
}
PAIRS = {
    "atan2": (mp.atan2, [(y, x) for y in (-3e30, -2.5, -1e-3, 1e-30, 0.7, 5.0, 1e20)
                         for x in (-1e25, -1.5, -1e-6, 1e-20, 0.7, 3.0)]),
    "hypot": (mp.hypot, [(3.0, 4.0), (1e30, 2e30), (1e-30, 1.5e-30), (0.1, 1e10), (-7.5, 0.3)]),
    "pow": (mp.power, [(x, y) for x in (1e-30, 0.37, 0.9999, 1.0001, 2.5, 1e10)
                       for y in (-2.7, -0.3, 0.1, 1.9, 3.6)]),
}


def text(x):
    mantissa, exponent = x.hex().split("p")
    return "%sp%s" % (mantissa.rstrip("0").rstrip("."), exponent)


def rows(f, arguments):
    for x in arguments:
        args = [single(v) for v in (x if isinstance(x, tuple) else (x,))]
        y = float(mp.re(f(*map(mp.mpf, args))))
        if 0 < abs(y) < 2.0 ** -1022 or abs(y) == float("inf"):
            continue
        yield args, y


def main():
    print("--- Values of elementary and special functions, rounded to double; written by special.py.")
    print("-- A row is { argument, ..., value }.")
    print("return {")
    for name, (f, arguments) in sorted({**FUNCTIONS, **PAIRS}.items()):
        print("  %s = {" % name)
        line = "   "
        for args, y in rows(f, arguments):
            row = " { %s }," % ", ".join(map(text, args + [y]))
            if len(line + row) > 100:
                print(line)
                line = "   "
            line += row
        print(line)
        print("  },")
    print("}")


if __name__ == "__main__":
    sys.exit(main())
