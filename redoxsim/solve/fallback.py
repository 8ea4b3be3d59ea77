"""What is lost where nothing can be compiled."""

from __future__ import annotations

import multiprocessing
import warnings
from threading import Lock

from redoxsim.errors import PerformanceWarning

MANY, ONE = 90, 3
"""Times slower without llvmlite: many cells of ``redox`` over 48 h (256 auranofin x BSO conditions, 0.6 ms against
53 ms each on one core), and one such run with LSODA (18 ms against 53 ms)."""

_LOCK = Lock()
_told = False


def warn_without_compiler(reason: str | None) -> None:
    """Say once per process what goes to the python target instead, and what it costs.

    Parameters
    ----------
    reason : why nothing can be compiled here; None says nothing.
    """
    global _told
    if reason is None or multiprocessing.parent_process() is not None:
        return  # who started this process has heard it
    with _LOCK:
        if _told:
            return
        _told = True
    warnings.warn(
        f"{reason}: rates and Jacobians run as Python instead of compiled code, and the batch kernel 'rosenbrock' "
        f"not at all; many cells take about {MANY} times as long, a single run about {ONE} times",
        PerformanceWarning,
        stacklevel=3,
    )
