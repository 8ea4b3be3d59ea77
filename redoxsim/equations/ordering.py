"""Putting definitions in the order in which they can be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from redoxsim.errors import ModelError, Where
from redoxsim.network.expr import Expr, symbols


def in_order(definitions: Mapping[str, Expr], *, what: str, file: str | None = None) -> tuple[str, ...]:
    """Ids sorted so that each uses only ids before it (ids not among the definitions are free).

    The order of the mapping is kept where it can be.

    Raises
    ------
    ModelError : the definitions use each other in a ring; the message spells the ring out.
    """
    needs = {name: sorted(symbols(expr) & definitions.keys()) for name, expr in definitions.items()}
    done: dict[str, None] = {}
    for first in definitions:
        trail: list[tuple[str, Iterable[str]]] = []
        _enter(first, needs, done, trail)
        while trail:
            name, rest = trail[-1]
            following = next(iter(rest), None)
            if following is None:
                done[name] = None
                trail.pop()
            elif following not in done:
                names = [entry for entry, _ in trail]
                if following in names:
                    ring = " -> ".join([*names[names.index(following) :], following])
                    raise ModelError(
                        f"{what} define each other in a ring: {ring}", where=Where(file=file, element=name)
                    )
                _enter(following, needs, done, trail)
    return tuple(done)


def _enter(
    name: str, needs: Mapping[str, list[str]], done: dict[str, None], trail: list[tuple[str, Iterable[str]]]
) -> None:
    if name not in done:
        trail.append((name, iter(needs[name])))
