"""The coefficients of the Rosenbrock methods: order conditions of result, estimate and interpolation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("llvmlite")

from redoxsim.codegen.llvm.methods import METHODS, Method

Array = NDArray[np.float64]
Tree = tuple["Tree", ...]  # a rooted tree is the tuple of the trees that hang from its root


def forests(total: int, most: int) -> Iterator[Tree]:
    if total == 0:
        yield ()
    for size in range(min(total, most), 0, -1):
        for first in trees(size):
            for rest in forests(total - size, size):
                yield tuple(sorted((first, *rest)))


def trees(size: int) -> list[Tree]:
    return sorted(set(forests(size - 1, size - 1)))


def size(tree: Tree) -> int:
    return 1 + sum(size(branch) for branch in tree)


def density(tree: Tree) -> float:
    return size(tree) * float(np.prod([density(branch) for branch in tree]))


class Plain:
    """A method in its usual form: alpha, gamma and weights (Hairer and Wanner II, section IV.7)."""

    def __init__(self, method: Method) -> None:
        s = method.stages
        a, c = np.zeros((s, s)), np.zeros((s, s))
        for i in range(s):
            a[i, : len(method.A[i])] = method.A[i]
            c[i, : len(method.C[i])] = method.C[i]
        self.gamma = np.linalg.inv(np.eye(s) / method.gamma - c)
        self.alpha = a @ self.gamma
        self.last = a[-1] + np.eye(s)[-1]
        self.weights = self.last @ self.gamma
        estimate = np.array(method.E) if method.E else np.eye(s)[-1]
        self.other = self.weights - estimate @ self.gamma
        self.H = np.array(method.H)

    def elementary(self, tree: Tree) -> Array:
        """The tree's weight at every stage: with one branch alpha + gamma, with several alpha."""
        if len(tree) == 1:
            return (self.alpha + self.gamma) @ self.elementary(tree[0])
        value = np.ones(len(self.alpha))
        for branch in tree:
            value = value * (self.alpha @ self.elementary(branch))
        return value

    def defect(self, weights: Array, size: int, theta: float = 1.0) -> float:
        return max(abs(float(weights @ self.elementary(tree)) - theta**size / density(tree)) for tree in trees(size))

    def inside(self, theta: float) -> Array:
        inner = np.zeros(len(self.alpha))
        for row in self.H[::-1]:
            inner = row + theta * inner
        return (theta * self.last + theta * (1.0 - theta) * inner) @ self.gamma


def test_trees_are_counted() -> None:
    assert [len(trees(n)) for n in range(1, 7)] == [1, 1, 2, 4, 9, 20]


@pytest.mark.parametrize("name", METHODS)
def test_orders(name: str) -> None:
    """Every condition up to the order holds, and one of the next does not."""
    method = METHODS[name]
    plain = Plain(method)
    for n in range(1, method.order + 1):
        assert plain.defect(plain.weights, n) < 1e-12, n
    assert plain.defect(plain.weights, method.order + 1) > 1e-6
    for n in range(1, method.order):
        assert plain.defect(plain.other, n) < 1e-12, n
    assert plain.defect(plain.other, method.order) > 1e-6
    for theta in (0.1, 0.35, 0.5, 0.8):
        for n in range(1, method.dense + 1):
            assert plain.defect(plain.inside(theta), n, theta) < 3e-11, (theta, n)
        assert plain.defect(plain.inside(theta), method.dense + 1, theta) > 1e-6


@pytest.mark.parametrize("name", METHODS)
def test_times_and_slopes_are_row_sums(name: str) -> None:
    method = METHODS[name]
    plain = Plain(method)
    np.testing.assert_allclose(plain.alpha.sum(axis=1), method.c, atol=3e-13)
    np.testing.assert_allclose(plain.gamma.sum(axis=1), method.d, atol=3e-13)


@pytest.mark.parametrize("name", METHODS)
def test_stiff_limits(name: str) -> None:
    """At infinite stiffness the result vanishes (L-stable) and the last stage's argument is the result's."""
    plain = Plain(METHODS[name])
    beta = plain.alpha + plain.gamma
    ones = np.ones(len(beta))
    assert abs(1.0 - plain.weights @ np.linalg.solve(beta, ones)) < 1e-10
    np.testing.assert_allclose(plain.weights, beta[-1], atol=1e-12)
    z = 1j * np.logspace(-2, 5, 400)
    growth = [abs(1 + x * plain.weights @ np.linalg.solve(np.eye(len(beta)) - x * beta, ones)) for x in z]
    assert max(growth) < 1.0 + 1e-9
