"""What runs in a worker process. Imports nothing heavy before the process is set up."""

from __future__ import annotations

import pickle
import signal
from typing import Any

_STATE: dict[str, Any] = {}


def begin(payload: bytes, ending: Any) -> None:
    """Get ready, once per process: leave Ctrl-C to the parent, which sets ``ending``, and unpack the batch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _STATE["ending"] = ending
    _STATE["batch"], _STATE["solver"] = pickle.loads(payload)


def work(rows: Any) -> Any:
    """The solved rows of the batch; once it is to end, those that were done by then."""
    from redoxsim.solve import solve_batch
    from redoxsim.study.engine import part

    return solve_batch(part(_STATE["batch"], rows), _STATE["solver"], cancel=_STATE["ending"].is_set)
