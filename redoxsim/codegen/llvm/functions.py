"""Vector exp, log, pow, sin and cos, written out of plain operations.

Largest errors measured against 80-bit arithmetic are asserted by the tests: log, sin and cos within
1 ulp, exp within 1.1, x ** y within 1.1 + |y|/8 (without fused multiply-add 1.5 and 2 + |y|/8). Series are
long enough that their truncation is below 1e-18 relative. No lane can influence another.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from redoxsim.codegen.llvm.text import I1, I64, PTR, Function, Target, Value

SHIFT = 6755399441055744.0  # 1.5 * 2^52: adding and taking it off again rounds to a whole number
LN2_HIGH = float.fromhex("0x1.62e42fefa0000p-1")  # its products with whole numbers below 2^11 are exact
LN2_LOW = float.fromhex("0x1.cf79abc9e3b39p-40")
# pi/2 in three parts of 33 bits and a rest: products with whole numbers below 2^20 are exact
PIO2 = tuple(
    float.fromhex(part)
    for part in ("0x1.921fb54400000p+0", "0x1.0b4611a600000p-34", "0x1.3198a2e000000p-69", "0x1.b839a252049c1p-104")
)
TRIG_LIMIT = 1.0e6


def estrin(f: Function, x: Value, coefficients: list[float]) -> Value:
    """Sum of coefficients[k] * x**k, in a tree, which waits less than a chain."""
    terms: list[Value] = [f.number(c) for c in coefficients]
    power = x
    while len(terms) > 1:
        paired = [f.fma(high, power, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
        if len(terms) % 2:
            paired.append(terms[-1])
        terms = paired
        if len(terms) > 1:
            power = power * power
    return terms[0]


def scale(f: Function, value: Value, whole: Value) -> Value:
    """value * 2**whole for whole numbers (as integers) of size up to 2100, rounding once at the end."""
    half = f.emit(f"ashr {f.I} {whole.name}, {f.operand(1, f.I)}", f.I)
    for part in (half, whole - half):
        value = value * ((part + 1023) << 52).as_type(f.V)
    return value


def two_product(f: Function, a: Value, b: Value) -> tuple[Value, Value]:
    """a * b as an unevaluated sum of two doubles."""
    product = a * b
    if f.target.fma:
        return product, f.fma(a, b, -product)
    (ah, al), (bh, bl) = _split(f, a), _split(f, b)
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


def _split(f: Function, a: Value) -> tuple[Value, Value]:
    c = a * 134217729.0
    high = c - (c - a)
    return high, a - high


def fast_two_sum(a: Value, b: Value) -> tuple[Value, Value]:
    """a + b as two doubles, for |a| >= |b|."""
    total = a + b
    return total, b - (total - a)


def reciprocal(f: Function, x: Value) -> Value:
    """1 / x within 1 ulp for normal numbers; inf at 0, 0 at inf."""
    if not f.target.rcp14:
        return f.number(1.0) / x
    best, guess = _refined(f, x)
    # 0 and inf make the correction not-a-number: the guess is right there
    usual = best.equals(best)
    return f.select(usual, best, guess)


def quick_reciprocal(f: Function, x: Value) -> Value:
    """1 / x within 1 ulp for normal numbers; not-a-number or infinite at 0 and inf."""
    return _refined(f, x)[0] if f.target.rcp14 else f.number(1.0) / x


def _refined(f: Function, x: Value) -> tuple[Value, Value]:
    """(1 / x, a guess at it): the guess has 14 bits, g (1 + e + e^2 + e^3) with e = 1 - x g has 56."""
    guess = rough_reciprocal(f, x)
    e = f.fma(-x, guess, 1.0)
    correction = f.fma(e * e, e + 1.0, e)
    return f.fma(guess, correction, guess), guess


def rough_reciprocal(f: Function, x: Value) -> Value:
    """1 / x to 14 bits where the processor has that, else in full."""
    if not f.target.rcp14:
        return f.number(1.0) / x
    width = f.target.width
    if width == 1:
        wide = "<2 x double>"
        value = f.emit(f"insertelement {wide} zeroinitializer, double {x.name}, i64 0", wide)
        mask = Value(f, "-1", "i8")
        name = "llvm.x86.avx512.rcp14.sd"
        f.needs[name] = f"declare {wide} @{name}({wide}, {wide}, {wide}, i8)"
        done = f.emit(
            f"call {wide} @{name}({wide} {value.name}, {wide} {value.name}, {wide} zeroinitializer, i8 {mask.name})",
            wide,
        )
        return f.emit(f"extractelement {wide} {done.name}, i64 0", f.V)
    if width > 8:
        halves = []
        for start in (0, width // 2):
            picks = ", ".join(f"i32 {start + lane}" for lane in range(width // 2))
            part = f"<{width // 2} x double>"
            half = f.emit(f"shufflevector {f.V} {x.name}, {f.V} poison, <{width // 2} x i32> <{picks}>", part)
            halves.append(_rcp14(f, half, width // 2))
        picks = ", ".join(f"i32 {lane}" for lane in range(width))
        part = halves[0].type
        return f.emit(f"shufflevector {part} {halves[0].name}, {part} {halves[1].name}, <{width} x i32> <{picks}>", f.V)
    return _rcp14(f, x, width)


def _rcp14(f: Function, x: Value, width: int) -> Value:
    name = f"llvm.x86.avx512.rcp14.pd.{64 * width}"
    f.needs[name] = f"declare {x.type} @{name}({x.type}, {x.type}, i8)"
    return f.emit(f"call {x.type} @{name}({x.type} {x.name}, {x.type} zeroinitializer, i8 -1)", x.type)


# (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2 and (log((1+s)/(1-s)) / s - 2) / s^2 by s^2 for s^2 <= 0.02944,
# interpolated at Chebyshev points in 60 digits; off by less than 1e-18 of exp and of log.
EXP_SERIES = [
    0.5, 0.1666666666666667, 0.04166666666666667, 0.00833333333332614, 0.0013888888888883752, 0.00019841269874804214,
    2.4801587325536023e-05, 2.7557255421023506e-06, 2.7557273657975953e-07, 2.5105208339987698e-08,
    2.0914680780540263e-09,
]  # fmt: skip
LOG_SERIES = [
    0.6666666666666666, 0.4000000000000088, 0.28571428570803253, 0.22222222391794727, 0.18181795631498243,
    0.15386240172447838, 0.13268760562036724, 0.1308675766695207,
]  # fmt: skip


def _exp_reduced(f: Function, x: Value) -> tuple[Value, Value]:
    """(k, k as an integer) with x = k ln 2 + r."""
    shifted = f.fma(x, f.number(1.0 / math.log(2.0)), SHIFT)
    k = shifted - SHIFT
    whole = shifted.as_type(f.I) - int.from_bytes(_bytes(SHIFT), "little")
    return k, whole


def _bytes(value: float) -> bytes:
    import struct

    return struct.pack("<d", value)


def write_exp(target: Target) -> Function:
    f = Function("rx_exp", target, [("x", target.vector)], result=target.vector)
    x = f.arguments["x"]
    inside = f.smaller(f.larger(x, -800.0), 800.0)
    k, whole = _exp_reduced(f, inside)
    r = f.fma(k, f.number(-LN2_LOW), f.fma(k, f.number(-LN2_HIGH), inside))
    tail = estrin(f, r, EXP_SERIES)
    value = scale(f, f.fma(r * r, tail, r) + 1.0, whole)
    f.give(f.select(x.equals(x), value, x))
    return f


def _split_log(f: Function, x: Value) -> tuple[Value, Value]:
    """(k, m) with x = 2**k m, m in [sqrt(1/2), sqrt 2); x positive and normal."""
    raw = x.as_type(f.I)
    # shift the exponent's border so that m lies around one
    moved = raw + (int.from_bytes(_bytes(1.0), "little") - int.from_bytes(_bytes(math.sqrt(0.5)), "little"))
    whole = f.emit(f"ashr {f.I} {moved.name}, {f.operand(52, f.I)}", f.I) - 1023
    # whole number to double without a conversion instruction
    k = (whole + int.from_bytes(_bytes(SHIFT), "little")).as_type(f.V) - SHIFT
    return k, (raw - (whole << 52)).as_type(f.V)


def _normal(f: Function, x: Value) -> tuple[Value, Value]:
    """(x, 0), or (x 2**54, -54) where x is subnormal."""
    small = x < 2.2250738585072014e-308
    return f.select(small, x * float(2**54), x), f.select(small, -54.0, 0.0, f.V)


def write_log(target: Target) -> Function:
    f = Function("rx_log", target, [("x", target.vector)], result=target.vector)
    x = f.arguments["x"]
    scaled, shift = _normal(f, x)
    k, m = _split_log(f, scaled)
    k = k + shift
    d = m - 1.0
    s = d * quick_reciprocal(f, m + 1.0)
    z = s * s
    # log m = d - d^2/2 + s (d^2/2 + z R): the large part is exact, the rest small
    rest = estrin(f, z, LOG_SERIES)
    half = d * d * 0.5
    small = f.fma(k, f.number(LN2_LOW), s * f.fma(z, rest, half))
    value = f.fma(k, f.number(LN2_HIGH), d - (half - small))
    f.give(_log_edges(f, x, value))
    return f


def _log_edges(f: Function, x: Value, value: Value) -> Value:
    value = f.select(x.equals(math.inf), x, value)
    value = f.select(x.equals(0.0), f.number(-math.inf), value)
    return f.select(x >= 0.0, value, f.number(math.nan))


def _power(f: Function, x: Value, shift: Value | None, y: Value) -> Value:
    """x ** y for positive, normal x: exp(y log x) with log x and y log x as pairs of doubles."""
    k, m = _split_log(f, x)
    if shift is not None:
        k = k + shift
    top, bottom = m - 1.0, m + 1.0
    inverse = quick_reciprocal(f, bottom)
    s = top * inverse
    lost = m - (bottom - 1.0)  # m + 1 = bottom + lost, exactly
    s_low = f.fma(-s, lost, _left_over(f, top, s, bottom)) * inverse
    z = s * s
    # log x = k ln 2 + 2 s + small
    small = f.fma(s * z, estrin(f, z, LOG_SERIES), s_low * 2.0)
    head, tail = k * LN2_HIGH, s * 2.0  # the first is exact
    high = head + tail
    # of the two the first is zero or the larger
    low = (tail - (high - head)) + f.fma(k, f.number(LN2_LOW), small)
    p = y * high
    p_low = f.fma(y, low, _left_over(f, y, high, p, sign=1.0)) if f.target.fma else two_product(f, y, high)[1] + y * low
    bounded = f.smaller(f.larger(p, -800.0), 800.0)
    p_low = f.select(p.equals(bounded), p_low, 0.0)
    n, whole = _exp_reduced(f, bounded)
    r = f.fma(n, f.number(-LN2_HIGH), bounded)
    r_low = f.fma(n, f.number(-LN2_LOW), p_low)
    total = r + r_low
    r_low = r_low - (total - r)
    tail_sum = f.fma(total * total, estrin(f, total, EXP_SERIES), f.fma(total, r_low, r_low))
    return scale(f, (tail_sum + total) + 1.0, whole)


def _left_over(f: Function, a: Value, b: Value, c: Value, sign: float = -1.0) -> Value:
    """a - b c (sign -1) or a b - c (sign 1), rounded once."""
    if sign > 0:
        return f.fma(a, b, -c)
    if f.target.fma:
        return f.fma(-b, c, a)
    product, rest = two_product(f, b, c)
    return (a - product) - rest


def write_pow(target: Target) -> Function:
    """x ** y as C has it, exact at the edges."""
    f = Function("rx_pow", target, [("x", target.vector), ("y", target.vector)], result=target.vector)
    x, y = f.arguments["x"], f.arguments["y"]
    usual = (x >= 2.2250738585072014e-308) & (x < math.inf) & (f.abs(y) < 1e15)
    with f.when(f.bits(usual).equals((1 << target.width) - 1)):
        f.give(_power(f, x, None, y))
        f.unreachable()
    size = f.abs(x)
    f.give(_pow_edges(f, x, y, size, _power(f, *_normal(f, size), y)))
    return f


def _pow_edges(f: Function, x: Value, y: Value, size: Value, value: Value) -> Value:
    """Zero, infinite, negative and not-a-number arguments as IEEE has them."""
    inf, zero, one = f.number(math.inf), f.number(0.0), f.number(1.0)
    rising = y > 0.0
    value = f.select(size.equals(0.0), f.select(rising, zero, inf), value)
    value = f.select(size.equals(math.inf), f.select(rising, inf, zero), value)
    grows = (size > 1.0).__xor__(rising.negate())
    value = f.select(f.abs(y).equals(math.inf), f.select(size.equals(1.0), one, f.select(grows, inf, zero)), value)
    # negative base: whole exponents keep a sign, others have no value; at 2^53 and above all are even
    whole = f.intrinsic("floor", y).equals(y)
    half = y * 0.5
    odd = whole & f.intrinsic("floor", half).differs(half)
    negative = x.as_type(f.I) < 0
    value = f.select(negative & odd, -value, value)
    value = f.select((x < 0.0) & whole.negate() & size.differs(math.inf), f.number(math.nan), value)
    value = f.select(x.equals(x) & y.equals(y), value, x + y)
    value = f.select(x.equals(1.0), one, value)
    return f.select(y.equals(0.0), one, value)


SIN_SERIES = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(1, 10)]
COS_SERIES = [(-1.0) ** k / math.factorial(2 * k) for k in range(2, 10)]


def _write_trig(target: Target, name: str, quarter: int, outside: str) -> Function:
    f = Function(name, target, [("x", target.vector)], result=target.vector)
    x = f.arguments["x"]
    inside = f.abs(x) <= TRIG_LIMIT
    held = f.select(inside, x, 0.0)
    shifted = f.fma(held, f.number(2.0 / math.pi), SHIFT)
    k = shifted - SHIFT
    whole = shifted.as_type(f.I) + quarter
    minus = -k
    r = f.fma(minus, f.number(PIO2[0]), held)
    p, pe = two_product(f, minus, f.number(PIO2[1]))
    r1 = r + p
    v = r1 - r
    low = (r - (r1 - v)) + (p - v) + pe
    low = f.fma(minus, f.number(PIO2[2]), low)
    r, low = fast_two_sum(r1, low)
    z = r * r
    sine = f.fma(r * z, estrin(f, z, SIN_SERIES), low * (1.0 - z * 0.5)) + r
    half = z * 0.5
    w = 1.0 - half
    cosine = w + (((1.0 - w) - half) + f.fma(z * z, estrin(f, z, COS_SERIES), -(r * low)))
    value = f.select((whole & 1).equals(0), sine, cosine)
    value = f.select((whole & 2).equals(0), value, -value)
    result = f.variable(f.V, f.select(x.equals(x), value, x))
    # far from zero the reduction needs hundreds of bits of pi: left to the C library, lane by lane
    with f.when(f.bits(inside.negate() & x.equals(x)).differs(0)):
        result.set(f.select(inside, value, per_lane(f, outside, x)))
    f.give(result.get())
    return f


def per_lane(f: Function, name: str, *arguments: Value) -> Value:
    """A C library function of doubles, called once per lane."""
    f.needs[name] = f"declare double @{name}({', '.join(['double'] * len(arguments))})"
    if f.target.width == 1:
        return f.emit(f"call double @{name}({', '.join(f'double {a.name}' for a in arguments)})", f.V)
    total = Value(f, "poison", f.V)
    for lane in range(f.target.width):
        parts = [f.emit(f"extractelement {f.V} {a.name}, i64 {lane}", "double") for a in arguments]
        one = f.emit(f"call double @{name}({', '.join(f'double {a.name}' for a in parts)})", "double")
        total = f.emit(f"insertelement {f.V} {total.name}, double {one.name}, i64 {lane}", f.V)
    return total


WRITERS: dict[str, Callable[[Target], Function]] = {
    "rx_exp": write_exp,
    "rx_log": write_log,
    "rx_pow": write_pow,
    "rx_sin": lambda target: _write_trig(target, "rx_sin", 0, "sin"),
    "rx_cos": lambda target: _write_trig(target, "rx_cos", 1, "cos"),
}


def write_over_array(name: str, target: Target, *, arguments: int = 1) -> Function:
    """``<name>_array(out, a[, b], blocks)``: a function over arrays of whole vectors; for tests and measurement."""
    keys = [("out", PTR), *((f"a{index}", PTR) for index in range(arguments)), ("count", I64)]
    f = Function(f"{name}_array", target, keys, external=True)
    with f.loop(f.arguments["count"]) as index:
        parts = [f.load(f.arguments[f"a{number}"], index) for number in range(arguments)]
        value = reciprocal(f, parts[0]) if name == "reciprocal" else f.call(name, f.V, *parts)
        assert value is not None
        f.store(value, f.arguments["out"], index)
    f.give()
    return f


__all__ = ["I1", "WRITERS", "per_lane", "reciprocal", "rough_reciprocal", "write_over_array"]
