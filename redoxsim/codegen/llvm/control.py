"""Step size control: what the next step is, from the error of the last."""

from __future__ import annotations

import math
from dataclasses import dataclass

from redoxsim.codegen.llvm.layout import Layout
from redoxsim.codegen.llvm.text import Function, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Step size control: factor = safety * error**-a * old_error**b * ratio**c, within [shrink, grow].

    ``ratio`` is the last accepted step over the one before it. The first accepted step of a segment may
    grow by ``first``: its size was a guess.
    """

    a: float
    b: float = 0.0
    c: float = 0.0
    cautious: bool = False
    """No more than the plain controller would take."""
    safety: float = 0.85
    shrink: float = 0.2
    grow: float = 8.0
    first: float = 8.0
    start: float = 1.0
    """First step: the fastest state changes by ``start * rtol**(1/order)`` of itself."""


def plain(order: int) -> Control:
    """The next step from the last error alone."""
    return Control(a=1.0 / order)


def pi(order: int) -> Control:
    """Proportional-integral (Gustafsson 1991)."""
    return Control(a=0.7 / order, b=0.4 / order)


def h211b(order: int) -> Control:
    """The digital filter H211b with b = 4 (Soederlind 2003)."""
    return Control(a=0.25 / order, b=-0.25 / order, c=-0.25)


def predictive(order: int) -> Control:
    """Predictive (Gustafsson 1994), never above the plain one, as Hairer and Wanner have it in RADAU5."""
    return Control(a=2.0 / order, b=1.0 / order, c=1.0, cautious=True)


def usual(order: int) -> Control:
    """What is taken where nothing is asked for; docs/explain/kernel.md has the comparison."""
    return Control(a=2.0 / order, b=1.0 / order, c=1.0, cautious=True, safety=0.8, first=1000.0, start=10.0)


CONTROLLERS = {"usual": usual, "plain": plain, "pi": pi, "h211b": h211b, "predictive": predictive}


def write_factor(f: Function, layout: Layout, control: Control, order: int, error: Value, h: Value) -> Value:
    """The next step over this one; notes error and step if it was accepted."""
    w, k = f.arguments["w"], control
    accepted, finite = error <= 1.0, error < math.inf
    old = layout.load(f, w, "old_error")
    fresh = old < 0.0
    log = f.call("rx_log", f.V, f.larger(error, 1e-12))
    assert log is not None
    usual = alone = log * (-1.0 / order)
    if (k.a, k.b, k.c) != (1.0 / order, 0.0, 0.0):
        usual = log * -k.a
        if k.b:
            old_log = f.call("rx_log", f.V, f.select(fresh, 1.0, old))
            assert old_log is not None
            usual = f.fma(old_log, k.b, usual)
        if k.c:
            ratio = f.select(fresh, 1.0, h / layout.load(f, w, "old_h"))
            ratio_log = f.call("rx_log", f.V, ratio)
            assert ratio_log is not None
            usual = f.fma(ratio_log, k.c, usual)
        if k.cautious:
            usual = f.smaller(usual, alone)
    factor = f.call("rx_exp", f.V, f.select(accepted, usual, alone))
    assert factor is not None
    most = f.select(fresh, f.number(k.first), k.grow)
    most = f.select(accepted & layout.load(f, w, "bad").equals(0), most, 1.0)
    factor = f.larger(f.smaller(factor * k.safety, most), k.shrink)
    factor = f.select(finite, factor, 0.1)
    layout.store(f, w, "old_error", f.select(accepted, f.larger(error, 1e-4), old))
    layout.store(f, w, "old_h", f.select(accepted, h, layout.load(f, w, "old_h")))
    return factor
