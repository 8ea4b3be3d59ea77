"""Locks for what a process keeps, which a forked process finds open whoever held them."""

from __future__ import annotations

import os
from threading import Lock, RLock
from typing import Any


def own_lock() -> Lock:
    """A lock for a module to keep; a child made by fork starts with it open.

    Only the thread that forks lives on in the child: a lock that another thread held at that moment
    would never be let go there.
    """
    made: Any = Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=made._at_fork_reinit)
    return made  # type: ignore[no-any-return]


def fork_waits() -> RLock:
    """A lock for what a fork must not cut in two: the fork waits until no other thread holds it."""
    made = RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=made.acquire, after_in_parent=made.release, after_in_child=made.release)
    return made


__all__ = ["fork_waits", "own_lock"]
