-- Written by spec/data/promotion.py: see there, and spec/promotion_spec.lua.
-- Letters: f d h b are float32, float64, float16, bfloat16; l i s c u are int64, int32,
-- int16, int8, uint8; o is bool; - is a refusal, ? unknown.  Rows: the dtype of the first
-- operand; columns: the other's.
return {
  version = "1.13.0a0",
  types = {
    tensor = {
      "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
      "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
    },
    scalar = {
      "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
      "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
    },
    number = {
      "fff", "ddd", "hhh", "bbb", "lfl",
      "ifi", "sfs", "cfc", "ufu", "lfo",
    },
  },
  can_cast = {
    "++++------", "++++------", "++++------", "++++------", "+++++++++-",
    "+++++++++-", "+++++++++-", "+++++++++-", "+++++++++-", "++++++++++",
  },
  binary = {
    add = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lfo",
      },
    },
    sub = {
      tensor = {
        "fdfffffff-", "ddddddddd-", "fdhfhhhhh-", "fdfbbbbbb-", "fdhblllll-",
        "fdhbliiii-", "fdhblisss-", "fdhbliscs-", "fdhblissu-", "----------",
      },
      scalar = {
        "fffffffff-", "ddddddddd-", "hhhhhhhhh-", "bbbbbbbbb-", "fdhblllll-",
        "fdhbiiiii-", "fdhbsssss-", "fdhbccccc-", "fdhbuuuuu-", "----------",
      },
      number = {
        "ff-", "dd-", "hh-", "bb-", "lf-",
        "if-", "sf-", "cf-", "uf-", "---",
      },
    },
    mul = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lfo",
      },
    },
    div = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "fff",
        "fff", "fff", "fff", "fff", "fff",
      },
    },
    floor_divide = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscu-",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscu-",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lf-",
      },
    },
    remainder = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscu-",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscu-",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lf-",
      },
    },
    fmod = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscu-",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscu-",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lf-",
      },
    },
    pow = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscu-",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscu-",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lf-",
      },
    },
    maximum = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    minimum = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    fmax = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    fmin = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    hypot = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhb------",
        "fdhb------", "fdhb------", "fdhb------", "fdhb------", "fdhb------",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhb------",
        "fdhb------", "fdhb------", "fdhb------", "fdhb------", "fdhb------",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    atan2 = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    copysign = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "fff",
        "fff", "fff", "fff", "fff", "fff",
      },
    },
    nextafter = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhb------",
        "fdhb------", "fdhb------", "fdhb------", "fdhb------", "fdhb------",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhb------",
        "fdhb------", "fdhb------", "fdhb------", "fdhb------", "fdhb------",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    xlogy = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbffffff",
        "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff", "fdhbffffff",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "fff",
        "fff", "fff", "fff", "fff", "fff",
      },
    },
    heaviside = {
      tensor = {
        "f---------", "-d--------", "--h-------", "---b------", "----l-----",
        "-----i----", "------s---", "-------c--", "--------u-", "---------o",
      },
      scalar = {
        "f---------", "-d--------", "--h-------", "---b------", "----l-----",
        "-----i----", "------s---", "-------c--", "--------u-", "---------o",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    eq = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "ooo", "ooo", "ooo", "ooo", "ooo",
        "ooo", "ooo", "ooo", "ooo", "ooo",
      },
    },
    ne = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "ooo", "ooo", "ooo", "ooo", "ooo",
        "ooo", "ooo", "ooo", "ooo", "ooo",
      },
    },
    lt = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "ooo", "ooo", "ooo", "ooo", "ooo",
        "ooo", "ooo", "ooo", "ooo", "ooo",
      },
    },
    le = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "ooo", "ooo", "ooo", "ooo", "ooo",
        "ooo", "ooo", "ooo", "ooo", "ooo",
      },
    },
    gt = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "ooo", "ooo", "ooo", "ooo", "ooo",
        "ooo", "ooo", "ooo", "ooo", "ooo",
      },
    },
    ge = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "ooo", "ooo", "ooo", "ooo", "ooo",
        "ooo", "ooo", "ooo", "ooo", "ooo",
      },
    },
    logical_and = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    logical_or = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    logical_xor = {
      tensor = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      scalar = {
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
        "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo", "oooooooooo",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    bitwise_and = {
      tensor = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----liiiii", "----lissss", "----liscsc", "----lissuu", "----liscuo",
      },
      scalar = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----iiiiii", "----ssssss", "----cccccc", "----uuuuuu", "----liscuo",
      },
      number = {
        "---", "---", "---", "---", "l-l",
        "i-i", "s-s", "c-c", "u-u", "l-o",
      },
    },
    bitwise_or = {
      tensor = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----liiiii", "----lissss", "----liscsc", "----lissuu", "----liscuo",
      },
      scalar = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----iiiiii", "----ssssss", "----cccccc", "----uuuuuu", "----liscuo",
      },
      number = {
        "---", "---", "---", "---", "l-l",
        "i-i", "s-s", "c-c", "u-u", "l-o",
      },
    },
    bitwise_xor = {
      tensor = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----liiiii", "----lissss", "----liscsc", "----lissuu", "----liscuo",
      },
      scalar = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----iiiiii", "----ssssss", "----cccccc", "----uuuuuu", "----liscuo",
      },
      number = {
        "---", "---", "---", "---", "l-l",
        "i-i", "s-s", "c-c", "u-u", "l-o",
      },
    },
    bitwise_left_shift = {
      tensor = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----liiiii", "----lissss", "----liscsc", "----lissuu", "----liscu-",
      },
      scalar = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----iiiiii", "----ssssss", "----cccccc", "----uuuuuu", "----liscu-",
      },
      number = {
        "---", "---", "---", "---", "l-l",
        "i-i", "s-s", "c-c", "u-u", "l--",
      },
    },
    bitwise_right_shift = {
      tensor = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----liiiii", "----lissss", "----liscsc", "----lissuu", "----liscu-",
      },
      scalar = {
        "----------", "----------", "----------", "----------", "----llllll",
        "----iiiiii", "----ssssss", "----cccccc", "----uuuuuu", "----liscu-",
      },
      number = {
        "---", "---", "---", "---", "l-l",
        "i-i", "s-s", "c-c", "u-u", "l--",
      },
    },
    where = {
      tensor = {
        "fdffffffff", "dddddddddd", "fdhfhhhhhh", "fdfbbbbbbb", "fdhbllllll",
        "fdhbliiiii", "fdhblissss", "fdhbliscsc", "fdhblissuu", "fdhbliscuo",
      },
      scalar = {
        "ffffffffff", "dddddddddd", "hhhhhhhhhh", "bbbbbbbbbb", "fdhbllllll",
        "fdhbiiiiii", "fdhbssssss", "fdhbcccccc", "fdhbuuuuuu", "fdhbliscuo",
      },
      number = {
        "fff", "ddd", "hhh", "bbb", "lfl",
        "ifi", "sfs", "cfc", "ufu", "lfo",
      },
    },
  },
  unary = {
    abs = "fdhbliscu-",
    neg = "fdhbliscu-",
    sign = "fdhbliscuo",
    sqrt = "fdhbffffff",
    rsqrt = "fdhbffffff",
    square = "fdhbliscul",
    exp = "fdhbffffff",
    exp2 = "fdhbffffff",
    expm1 = "fdhbffffff",
    log = "fdhbffffff",
    log2 = "fdhbffffff",
    log10 = "fdhbffffff",
    log1p = "fdhbffffff",
    sin = "fdhbffffff",
    cos = "fdhbffffff",
    tan = "fdhbffffff",
    asin = "fdhbffffff",
    acos = "fdhbffffff",
    atan = "fdhbffffff",
    sinh = "fdhbffffff",
    cosh = "fdhbffffff",
    tanh = "fdhbffffff",
    asinh = "fdhbffffff",
    acosh = "fdhbffffff",
    atanh = "fdhbffffff",
    erf = "fdhbffffff",
    erfc = "fdhbffffff",
    erfinv = "fdhbffffff",
    lgamma = "fdhbffffff",
    digamma = "fdhbffffff",
    sigmoid = "fdhbffffff",
    logit = "fdhbffffff",
    floor = "fdhbliscu-",
    ceil = "fdhbliscu-",
    round = "fdhbliscu-",
    trunc = "fdhbliscu-",
    frac = "fdhb------",
    reciprocal = "fdhbffffff",
    isnan = "oooooooooo",
    isinf = "oooooooooo",
    isfinite = "oooooooooo",
    logical_not = "oooooooooo",
    bitwise_not = "----liscuo",
    relu = "fdhbliscu-",
    nan_to_num = "fdhbliscuo",
    sum = "fdhbllllll",
    prod = "fdhbllllll",
    mean = "fdhb------",
    std = "fdhb------",
    var = "fdhb------",
    any = "oooooooouo",
    all = "oooooooouo",
    argmax = "lllllllll-",
    argmin = "lllllllll-",
    max = "fdhbliscuo",
    min = "fdhbliscuo",
    amax = "fdhbliscuo",
    amin = "fdhbliscuo",
    median = "fd?bliscu-",
    nansum = "fdhbllllll",
    nanmean = "fdhb------",
    count_nonzero = "llllllllll",
  },
  along = {
    cumsum = "fdhbllllll",
    cumprod = "fdhbllllll",
    logsumexp = "fdhbffffff",
    softmax = "fdhb------",
    log_softmax = "fdhb------",
  },
  in_place = {
    add = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "---------+",
      },
      number = {
        "+++", "+++", "+++", "+++", "+-+",
        "+-+", "+-+", "+-+", "+-+", "--+",
      },
    },
    sub = {
      tensor = {
        "+++++++++-", "+++++++++-", "+++++++++-", "+++++++++-", "----+++++-",
        "----+++++-", "----+++++-", "----+++++-", "----+++++-", "----------",
      },
      number = {
        "++-", "++-", "++-", "++-", "+--",
        "+--", "+--", "+--", "+--", "---",
      },
    },
    mul = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "---------+",
      },
      number = {
        "+++", "+++", "+++", "+++", "+-+",
        "+-+", "+-+", "+-+", "+-+", "--+",
      },
    },
    div = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----------",
        "----------", "----------", "----------", "----------", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "---",
        "---", "---", "---", "---", "---",
      },
    },
    floor_divide = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "+-+",
        "+-+", "+-+", "+-+", "+-+", "---",
      },
    },
    remainder = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "+-+",
        "+-+", "+-+", "+-+", "+-+", "---",
      },
    },
    fmod = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "+-+",
        "+-+", "+-+", "+-+", "+-+", "---",
      },
    },
    pow = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "+-+",
        "+-+", "+-+", "+-+", "+-+", "---",
      },
    },
    hypot = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----------",
        "----------", "----------", "----------", "----------", "----------",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    atan2 = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----------",
        "----------", "----------", "----------", "----------", "----------",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    copysign = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----------",
        "----------", "----------", "----------", "----------", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "---",
        "---", "---", "---", "---", "---",
      },
    },
    nextafter = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----------",
        "----------", "----------", "----------", "----------", "----------",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    xlogy = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "----------",
        "----------", "----------", "----------", "----------", "----------",
      },
      number = {
        "+++", "+++", "+++", "+++", "---",
        "---", "---", "---", "---", "---",
      },
    },
    heaviside = {
      tensor = {
        "+---------", "-+--------", "--+-------", "---+------", "----+-----",
        "-----+----", "------+---", "-------+--", "--------+-", "---------+",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    eq = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "+++", "+++", "+++", "+++", "+++",
        "+++", "+++", "+++", "+++", "+++",
      },
    },
    ne = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "+++", "+++", "+++", "+++", "+++",
        "+++", "+++", "+++", "+++", "+++",
      },
    },
    lt = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "+++", "+++", "+++", "+++", "+++",
        "+++", "+++", "+++", "+++", "+++",
      },
    },
    le = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "+++", "+++", "+++", "+++", "+++",
        "+++", "+++", "+++", "+++", "+++",
      },
    },
    gt = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "+++", "+++", "+++", "+++", "+++",
        "+++", "+++", "+++", "+++", "+++",
      },
    },
    ge = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "+++", "+++", "+++", "+++", "+++",
        "+++", "+++", "+++", "+++", "+++",
      },
    },
    logical_and = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    logical_or = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    logical_xor = {
      tensor = {
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
        "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      },
      number = {
        "???", "???", "???", "???", "???",
        "???", "???", "???", "???", "???",
      },
    },
    bitwise_and = {
      tensor = {
        "----------", "----------", "----------", "----------", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "---------+",
      },
      number = {
        "---", "---", "---", "---", "+-+",
        "+-+", "+-+", "+-+", "+-+", "--+",
      },
    },
    bitwise_or = {
      tensor = {
        "----------", "----------", "----------", "----------", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "---------+",
      },
      number = {
        "---", "---", "---", "---", "+-+",
        "+-+", "+-+", "+-+", "+-+", "--+",
      },
    },
    bitwise_xor = {
      tensor = {
        "----------", "----------", "----------", "----------", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "---------+",
      },
      number = {
        "---", "---", "---", "---", "+-+",
        "+-+", "+-+", "+-+", "+-+", "--+",
      },
    },
    bitwise_left_shift = {
      tensor = {
        "----------", "----------", "----------", "----------", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "----------",
      },
      number = {
        "---", "---", "---", "---", "+-+",
        "+-+", "+-+", "+-+", "+-+", "---",
      },
    },
    bitwise_right_shift = {
      tensor = {
        "----------", "----------", "----------", "----------", "----++++++",
        "----++++++", "----++++++", "----++++++", "----++++++", "----------",
      },
      number = {
        "---", "---", "---", "---", "+-+",
        "+-+", "+-+", "+-+", "+-+", "---",
      },
    },
  },
  out = {
    add = {
      "++++------", "++++------", "++++------", "++++------", "+++++++++-",
      "+++++++++-", "+++++++++-", "+++++++++-", "+++++++++-", "++++++++++",
    },
    div = {
      "++++------", "++++------", "++++------", "++++------", "++++------",
      "++++------", "++++------", "++++------", "++++------", "++++------",
    },
    eq = {
      "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
      "++++++++++", "++++++++++", "++++++++++", "++++++++++", "++++++++++",
    },
    exp = {
      "++++------", "++++------", "++++------", "++++------", "++++------",
      "++++------", "++++------", "++++------", "++++------", "++++------",
    },
  },
}
