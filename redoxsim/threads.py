"""Threads of linear algebra libraries: for matrices of a hundred rows a second one costs more than it brings."""

from __future__ import annotations

import os
import sys

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one_each() -> None:
    """One thread for each library that will be loaded, unless the user says otherwise.

    They look when they are loaded; where NumPy is there already, nothing is done.
    """
    if "numpy" not in sys.modules:
        for name in VARIABLES:
            os.environ.setdefault(name, "1")
