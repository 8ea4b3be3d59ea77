"""Work in a second process while this one does something else, where that is safe; else it is done here, later.

A process of its own, as what there is to do is mostly Python: threads would wait for one another. It is a fork, which
has all that is in memory and starts in milliseconds; it is safe where no other thread runs at that moment.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")
_THREADS = Path("/proc/self/task")


def can_fork() -> bool:
    """Whether a fork is safe now: on Linux, from a process of one thread, the libraries' own counted."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return len(os.listdir(_THREADS)) == 1
    except OSError:
        return False


class Beside(Generic[T]):
    """What ``work()`` gives, made by another process from now on.

    Whatever goes wrong there (the process is killed, memory ends, an exception, what it made cannot be pickled), the
    work is done again here when :meth:`result` asks for it, so that nothing is lost and errors are raised as usual.
    """

    NICE = 5  # what is wanted later gives way to what is waited for now

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: Callable[[], T] | None = work
        self._made: T
        self._child = 0
        if can_fork():
            with contextlib.suppress(OSError):
                self._begin(work)

    def _begin(self, work: Callable[[], T]) -> None:
        # a file, as a pipe that nobody reads would hold the other process up
        self._file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the result is read
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            self._child = child
            return
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
            os.nice(self.NICE)
            with open(os.devnull, "w") as nothing:
                os.dup2(nothing.fileno(), 1)
                os.dup2(nothing.fileno(), 2)
            pickle.dump(work(), self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._file.flush()
            status = 0
        finally:
            os._exit(status)  # whatever happened: two processes must not go on with one program

    @property
    def elsewhere(self) -> bool:
        """Whether another process is at it, or was."""
        return bool(self._child) or self._work is None

    def result(self) -> T:
        """Wait for it."""
        if self._work is not None:
            work, self._work = self._work, None
            if not (self._child and self._taken()):
                self._made = work()
        return self._made

    def _taken(self) -> bool:
        child, self._child = self._child, 0
        try:
            _, status = os.waitpid(child, 0)
        except ChildProcessError:
            return False
        except BaseException:  # an interrupt: the other process has nobody to work for
            self._child = child
            self.stop()
            raise
        with self._file as file:
            if status != 0:
                return False
            file.seek(0)
            try:
                self._made = pickle.load(file)
            except (pickle.PickleError, EOFError, AttributeError, ImportError):
                return False
        return True

    def stop(self) -> None:
        """End the other process: nobody wants it any more."""
        child, self._child = self._child, 0
        if child:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            self._file.close()

    __del__ = stop


def each(function: Callable[[U], T], items: Sequence[U], *, processes: int = 1) -> list[T]:
    """``function`` of every item, in order, by up to so many processes, this one among them."""
    groups = max(1, min(processes, len(items)))
    shares = [list(items[start::groups]) for start in range(groups)]
    others = [Beside(partial(_all, function, share)) for share in shares[1:]]
    try:
        found = [_all(function, shares[0]), *(other.result() for other in others)]
    finally:
        for other in others:
            other.stop()
    out: list[T] = [found[place % groups][place // groups] for place in range(len(items))]
    return out


def _all(function: Callable[[U], T], items: Sequence[U]) -> list[T]:
    return [function(item) for item in items]


__all__ = ["Beside", "can_fork", "each"]
