"""Ctrl-C that a library loses on the way: NumPy, interrupted while it is loaded, reports an ImportError of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def heard() -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether Ctrl-C was pressed since, whatever became of its KeyboardInterrupt.

    Handlers stay as they are: Python writes the number of each signal into a pipe besides. Where it cannot (another
    thread, a system without such pipes), nothing is ever heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    out, into = os.pipe()
    try:
        try:
            for end in (out, into):
                os.set_blocking(end, False)
            before = signal.set_wakeup_fd(into, warn_on_full_buffer=False)
        except (AttributeError, OSError, ValueError):
            yield lambda: False
            return
        try:
            yield lambda: _in(out)
        finally:
            signal.set_wakeup_fd(before)
    finally:
        os.close(out)
        os.close(into)


def _in(out: int) -> bool:
    try:
        return signal.SIGINT in os.read(out, 4096)
    except BlockingIOError:  # nothing was written
        return False
