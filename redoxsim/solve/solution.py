"""What a solver gives back. Shapes never depend on how many were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Status(Enum):
    """How a solve ended; the value is the sentence to show."""

    OK = "solved to the end"
    STEP_BUDGET = "the step budget ran out"
    STEP_TOO_SMALL = "the step became too small: the model may blow up or be discontinuous here"
    NOT_A_NUMBER = "a rate became not-a-number or infinite"
    SINGULAR = "the linear system of a step is singular"
    NO_STEADY_STATE = "no undosed steady state was found to start from"
    INTERRUPTED = "interrupted"

    @property
    def ok(self) -> bool:
        return self is Status.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What a solve cost."""

    solver: str = ""
    steps: int = 0
    rejected: int = 0
    rhs: int = 0
    jacobians: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class BatchSolution:
    """Results of a batch.

    ``values`` has shape (N, K, T): rows, observed symbols, times; rows that failed hold
    not-a-number from the failure on and say why in ``status`` and ``messages``.
    """

    observe: tuple[str, ...]
    times: FloatArray
    values: FloatArray
    status: tuple[Status, ...]
    stats: tuple[Stats, ...]
    messages: Mapping[int, str] = field(default_factory=dict)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Per row: solved to the end; shape (N,)."""
        return np.array([status.ok for status in self.status], dtype=bool)
