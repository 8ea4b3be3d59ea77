"""Infix text to expression trees.

sum      a + b - c        product   a * b / c       power    a ^ b or a ** b (right first)
sign     -a               logic     a && b, a || b, !a
compare  == != < <= > >=  call      exp(x), log(base, x), piecewise(value, condition, ..., otherwise)
number   1.5e-3, or 1.5e-3 mM with a unit id; inf, nan, pi, true, false, avogadro, time are words
`time`   in backquotes is always an id, even where the word means something else
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from redoxsim.errors import ReadError, Where, nearest
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number, Symbol, Time

AVOGADRO = 6.02214179e23  # the value SBML Level 3 prescribes
DEEPEST = 100  # nesting beyond this is refused: no rate law needs it and recursion has an end

CONSTANTS = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "avogadro": AVOGADRO}
TRUTH = {"true": Apply("true", ()), "false": Apply("false", ())}
RESERVED = frozenset({*CONSTANTS, *TRUTH, "time"})
ALIASES = {
    "acos": "arccos", "asin": "arcsin", "atan": "arctan", "asec": "arcsec", "acsc": "arccsc", "acot": "arccot",
    "acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh", "asech": "arcsech", "acsch": "arccsch",
    "acoth": "arccoth", "ceiling": "ceil", "power": "pow", "mod": "rem", "leq": "le", "geq": "ge", "neq": "ne",
}  # fmt: skip
COMPARE = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
OR, AND, CMP, SUM, PRODUCT, SIGN, POWER, ATOM = range(8)  # binding strength
BINARY = {
    "||": ("or", OR), "&&": ("and", AND), **{sign: (op, CMP) for sign, op in COMPARE.items()},
    "+": ("add", SUM), "-": ("sub", SUM), "*": ("mul", PRODUCT), "/": ("div", PRODUCT),
}  # fmt: skip
JOINING = frozenset({"or", "and", "add", "mul"})  # a chain of these is one node with many arguments
WORDS = sorted({*OPERATORS, *ALIASES, "log10", "log2", "sqr"})

TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<quoted>`[A-Za-z_]\w*`)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|&&|\|\||==|!=|<=|>=|[-+*/^()!<>,]))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    column: int


def tokens(text: str) -> list[Token]:
    """The words of a formula, the last one of kind "end"."""
    found = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None:
            column = at + len(text[at:]) - len(text[at:].lstrip())
            raise ReadError(f"formula has an unexpected {text[column]!r} at column {column + 1}: {shorten(text)}")
        kind = match.lastgroup or ""
        found.append(Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    found.append(Token("end", "", end))
    return found


def shorten(text: str) -> str:
    """One line of at most 80 characters, for messages."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:77] + "..."


def parse(text: str, *, where: Where | None = None) -> Expr:
    """The expression tree that an infix formula means.

    Raises
    ------
    ReadError : the text is not a formula; the message has the column.

    >>> parse("k * A ^ 2")
    Apply(op='mul', args=(Symbol(id='k'), Apply(op='pow', args=(Symbol(id='A'), Number(value=2.0, unit=None)))))
    """
    try:
        return Parser(text).formula()
    except ReadError as error:
        raise ReadError(error.message, where=where or error.where, hint=error.hint) from None


class Parser:
    """Recursive descent over one formula; every method eats the tokens of one level."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    def formula(self) -> Expr:
        expr = self.expression()
        if self.next.kind != "end":
            raise self.unexpected("an operator")
        return expr

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def accept(self, *signs: str) -> str | None:
        if self.next.kind == "sign" and self.next.text in signs:
            return self.take().text
        return None

    def expect(self, sign: str) -> None:
        if self.accept(sign) is None:
            raise self.unexpected(f"'{sign}'")

    def unexpected(self, wanted: str) -> ReadError:
        found = f"'{self.next.text}'" if self.next.kind != "end" else "the end"
        return ReadError(f"formula needs {wanted} at column {self.next.column + 1}, not {found}: {shorten(self.text)}")

    def enter(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ReadError(f"formula is nested deeper than {DEEPEST} levels: {shorten(self.text)}")

    def expression(self, weakest: int = 0) -> Expr:
        """Operators that bind at least as strongly as ``weakest``; a run of one joining operator is one n-ary node."""
        self.enter()
        left, run = self.sign(), ""
        terms: list[Expr] = []
        links = 0
        while self.next.kind == "sign" and self.next.text in BINARY and BINARY[self.next.text][1] >= weakest:
            op, level = BINARY[self.take().text]
            right = self.expression(level + 1)
            if op == run and op in JOINING:
                terms.append(right)
                continue
            links += 1
            if links > DEEPEST:
                raise ReadError(f"formula is nested deeper than {DEEPEST} levels: {shorten(self.text)}")
            left = Apply(run, tuple(terms)) if run else left
            run, terms = op, [left, right]
        self.depth -= 1
        return Apply(run, tuple(terms)) if run else left

    def sign(self) -> Expr:
        if self.next.kind != "sign" or self.next.text not in ("!", "+", "-"):
            return self.power()
        self.enter()
        mark = self.take().text
        literal = self.next.kind == "number" or self.next.text in ("inf", "nan")
        inner = self.sign()
        self.depth -= 1
        if mark == "+":
            return inner
        if mark == "-" and literal and isinstance(inner, Number):
            return Number(-inner.value, inner.unit)
        return Apply("not" if mark == "!" else "neg", (inner,))

    def power(self) -> Expr:
        base = self.atom()
        if self.accept("^", "**"):
            self.enter()
            base = Apply("pow", (base, self.sign()))
            self.depth -= 1
        return base

    def atom(self) -> Expr:
        token = self.next
        if token.kind == "number":
            self.take()
            return Number(float(token.text), self.unit())
        if token.kind == "quoted":
            self.take()
            return Symbol(token.text.strip("`"))
        if token.kind == "word":
            self.take()
            if self.accept("("):
                return self.call(token)
            if token.text == "time":
                return Time()
            if token.text in CONSTANTS:
                return Number(CONSTANTS[token.text], self.unit())
            return TRUTH.get(token.text) or Symbol(token.text)
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        raise self.unexpected("a number, a name or '('")

    def unit(self) -> str | None:
        return self.take().text.strip("`") if self.next.kind in ("word", "quoted") else None

    def call(self, name: Token) -> Expr:
        args: list[Expr] = []
        if not self.accept(")"):
            args.append(self.expression())
            while self.accept(","):
                args.append(self.expression())
            self.expect(")")
        return apply_function(name.text, tuple(args))


def apply_function(name: str, args: tuple[Expr, ...]) -> Expr:
    """The node for a call by name, with the number of arguments checked.

    Raises
    ------
    ReadError : no such function, or a wrong number of arguments.
    """
    if name == "log" and len(args) == 1:
        raise ReadError("log(x) is ambiguous", hint="write ln(x), log10(x) or log(base, x)")
    if len(args) == 1 and name in ("log10", "log2"):
        return Apply("log", (Number(float(name[3:])), args[0]))
    if len(args) == 1 and name == "sqr":
        return Apply("pow", (args[0], Number(2.0)))
    op = ALIASES.get(name, name)
    if op not in OPERATORS and name not in ("log10", "log2", "sqr"):
        raise ReadError(f"no function '{name}'", hint=nearest(name, WORDS))
    fewest, most = OPERATORS.get(op, (1, 1))
    if len(args) < fewest or (most is not None and len(args) > most):
        wanted = str(fewest) if most == fewest else f"{fewest} or more" if most is None else f"{fewest} to {most}"
        raise ReadError(f"{name}() takes {wanted} argument{'' if wanted == '1' else 's'}, not {len(args)}")
    return Apply(op, args)
