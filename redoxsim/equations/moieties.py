"""Conserved totals: an exact basis of the left null space of the stoichiometry."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from redoxsim.equations.system import Moiety

Row = dict[int, Fraction]


def find_moieties(
    states: Sequence[str], stoichiometry: Sequence[tuple[int, int, float]], reactive: Sequence[int]
) -> tuple[Moiety, ...]:
    """Totals of amounts that no reaction changes.

    Parameters
    ----------
    states : ids, in order.
    stoichiometry : (state index, reaction index, net coefficient); decimals are taken as written.
    reactive : indices of the states that only reactions change.

    Returns
    -------
    One moiety per independent conserved total, with coprime whole coefficients where the
    stoichiometry is rational, in the order of their first state.
    """
    rows: dict[int, Row] = {index: {} for index in reactive}
    for state, reaction, coefficient in stoichiometry:
        if state in rows and coefficient:
            rows[state][reaction] = Fraction(repr(coefficient))
    found = []
    pivots: dict[int, tuple[Row, Row]] = {}
    # Each row carries the combination of states it is made of; a row that vanishes is a total.
    for index in sorted(rows, key=lambda i: (len(rows[i]), i)):
        row, made = dict(rows[index]), {index: Fraction(1)}
        while row:
            column = min(row)
            if column not in pivots:
                pivots[column] = (row, made)
                break
            pivot, pivot_made = pivots[column]
            factor = -row[column] / pivot[column]
            _accumulate(row, pivot, factor)
            _accumulate(made, pivot_made, factor)
        else:
            found.append(made)
    reduced = _reduce(found)
    return tuple(
        Moiety(terms=tuple((states[i], float(row[i])) for i in sorted(row)))
        for row in sorted((_whole(row) for row in reduced), key=sorted)
    )


def _accumulate(row: Row, other: Row, factor: Fraction) -> None:
    for key, value in other.items():
        total = row.get(key, Fraction(0)) + factor * value
        if total:
            row[key] = total
        else:
            row.pop(key, None)


def _reduce(rows: list[Row]) -> list[Row]:
    """Reduced echelon form, so that every total has a state that is in no other."""
    done: list[tuple[int, Row]] = []
    for source in rows:
        row = dict(source)
        for column, other in done:
            if column in row:
                _accumulate(row, other, -row[column] / other[column])
        column = min(row, key=lambda i: (abs(row[i]) != 1, i))
        for _, other in done:
            if column in other:
                _accumulate(other, row, -other[column] / row[column])
        done.append((column, row))
    return [row for _, row in done]


def _whole(row: Row) -> Row:
    denominator = lcm(*(value.denominator for value in row.values()))
    divisor = gcd(*(int(value * denominator) for value in row.values()))
    sign = -1 if sum(value < 0 for value in row.values()) * 2 > len(row) else 1
    return {key: value * denominator / divisor * sign for key, value in row.items()}
