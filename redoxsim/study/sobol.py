"""Scrambled Sobol points for a few dimensions: those of SciPy, to the bit.

SciPy's own are behind ``scipy.stats``, which takes longer to import than a dose-response curve to
solve. More dimensions than there are numbers for here come from there.

Direction numbers: Joe and Kuo, SIAM J. Sci. Comput. 30 (2008) 2635; scrambling: a random lower
triangular matrix and a digital shift, Matousek, J. Complexity 14 (1998) 527.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BITS = 30

# per dimension after the first: the primitive polynomial as bits, and its first direction numbers
NUMBERS: tuple[tuple[int, ...], ...] = (
    (3, 1), (7, 1, 3), (11, 1, 3, 1), (13, 1, 1, 1), (19, 1, 1, 3, 3), (25, 1, 3, 5, 13), (37, 1, 1, 5, 5, 17),
    (41, 1, 1, 5, 5, 5), (47, 1, 1, 7, 11, 19), (55, 1, 1, 5, 1, 1), (59, 1, 1, 1, 3, 11), (61, 1, 3, 5, 5, 31),
    (67, 1, 3, 3, 9, 7, 49), (91, 1, 1, 1, 15, 21, 21), (97, 1, 3, 1, 13, 27, 49), (103, 1, 1, 1, 15, 7, 5),
    (109, 1, 3, 1, 15, 13, 25), (115, 1, 1, 5, 5, 19, 61), (131, 1, 3, 7, 11, 23, 15, 103),
    (137, 1, 3, 7, 13, 13, 15, 69), (143, 1, 1, 3, 13, 7, 35, 63), (145, 1, 3, 5, 9, 1, 25, 53),
    (157, 1, 3, 1, 13, 9, 35, 107), (167, 1, 3, 1, 5, 27, 61, 31), (171, 1, 1, 5, 11, 19, 41, 61),
    (185, 1, 3, 5, 3, 3, 13, 69), (191, 1, 1, 7, 13, 1, 19, 1), (193, 1, 3, 7, 5, 13, 19, 59),
    (203, 1, 1, 3, 9, 25, 29, 41), (211, 1, 3, 5, 13, 23, 1, 55), (213, 1, 3, 7, 3, 13, 59, 17),
    (229, 1, 3, 1, 3, 5, 53, 69), (239, 1, 1, 5, 5, 23, 33, 13), (241, 1, 1, 7, 7, 1, 61, 123),
    (247, 1, 1, 7, 9, 13, 61, 49), (253, 1, 3, 3, 5, 3, 55, 33), (285, 1, 3, 1, 15, 31, 13, 49, 245),
    (299, 1, 3, 5, 15, 31, 59, 63, 97), (301, 1, 3, 1, 11, 11, 11, 77, 249), (333, 1, 3, 1, 11, 27, 43, 71, 9),
    (351, 1, 1, 7, 15, 21, 11, 81, 45), (355, 1, 3, 7, 3, 25, 31, 65, 79), (357, 1, 3, 1, 1, 19, 11, 3, 205),
    (361, 1, 1, 5, 9, 19, 21, 29, 157), (369, 1, 3, 7, 11, 1, 33, 89, 185), (391, 1, 3, 3, 3, 15, 9, 79, 71),
    (397, 1, 3, 7, 11, 15, 39, 119, 27),
)  # fmt: skip
DIMENSIONS = 1 + len(NUMBERS)


def points(n: int, dimensions: int, rng: np.random.Generator) -> FloatArray:
    """The first ``n`` scrambled points of the unit cube, (n, dimensions)."""
    if dimensions > DIMENSIONS:
        from scipy.stats import qmc

        found: FloatArray = qmc.Sobol(d=dimensions, scramble=True, rng=rng).random(n)
        return found
    rng = rng.spawn(1)[0]  # SciPy leaves the stream of the given one alone too
    shift = rng.integers(2, size=(dimensions, BITS), dtype=np.uint32)
    mixing = np.tril(rng.integers(2, size=(dimensions, BITS, BITS), dtype=np.uint32))
    mixing[:, np.arange(BITS), np.arange(BITS)] = 1
    weights = np.left_shift(np.uint64(1), np.arange(BITS, dtype=np.uint64))
    whole = shift.astype(np.uint64) @ weights
    # bits of the direction numbers, highest first, each column a number
    digits = (_directions(dimensions)[:, None, :] >> np.arange(BITS - 1, -1, -1, dtype=np.uint64)[:, None]) & 1
    mixed = (mixing.astype(np.uint64) @ digits) & 1
    numbers = np.einsum("dpj,p->dj", mixed, weights[::-1])
    order = np.arange(n, dtype=np.uint64)
    gray = order ^ (order >> np.uint64(1))
    found_bits = np.broadcast_to(whole, (n, dimensions)).copy()
    for bit in range(max(n - 1, 0).bit_length()):
        chosen = ((gray >> np.uint64(bit)) & np.uint64(1)).astype(bool)
        found_bits[chosen] ^= numbers[:, bit]
    return np.asarray(found_bits * (1.0 / 2**BITS), dtype=np.float64)


def _directions(dimensions: int) -> NDArray[np.uint64]:
    """Direction numbers as whole numbers below 2**BITS, (dimensions, BITS)."""
    table = [[1] * BITS]
    for polynomial, *first in NUMBERS[: dimensions - 1]:
        degree = len(first)
        row = list(first)
        for j in range(degree, BITS):
            value = row[j - degree]
            for k in range(degree):
                if polynomial >> k & 1:
                    value ^= row[j - degree + k] << (degree - k)
            row.append(value)
        table.append(row)
    return np.array([[v << (BITS - 1 - j) for j, v in enumerate(row)] for row in table], dtype=np.uint64)


__all__ = ["DIMENSIONS", "points"]
