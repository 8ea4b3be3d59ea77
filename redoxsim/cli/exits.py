"""Exit codes, the same on every verb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from redoxsim.errors import BuildError, ModelError, ReadError, RedoxsimError, SolveError


class Exit(IntEnum):
    """What the shell is told."""

    GOOD = 0
    PARTIAL = 1
    """Finished, but some solves failed, a check found errors, or an expectation does not hold."""
    USAGE = 2
    """Wrong use: an option, a name, a unit, a settings file, an output that cannot be written."""
    MODEL = 3
    """The model cannot be read or asks for what is not done."""
    BUILD = 4
    SOLVE = 5
    BUG = 70
    """A fault of redoxsim itself."""
    INTERRUPTED = 130


def exit_of(error: Exception) -> Exit:
    """The exit code of an error raised on purpose."""
    if isinstance(error, RedoxsimError) and getattr(error, "wrong_use", False):
        return Exit.USAGE
    for kind, code in ((ModelError, Exit.MODEL), (BuildError, Exit.BUILD), (SolveError, Exit.SOLVE)):
        if isinstance(error, kind):
            return code
    return Exit.USAGE


@contextmanager
def wrong_use() -> Iterator[None]:
    """A file that cannot be read here is no model: a table or a settings file, so wrong use."""
    try:
        yield
    except ReadError as error:
        error.wrong_use = True  # type: ignore[attr-defined]
        raise
