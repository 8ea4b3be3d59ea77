"""The command line: one small file per verb. It words what the library does and adds no science."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # nothing is loaded before the hook is in its place
if TYPE_CHECKING:
    from types import TracebackType


def quietly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught: Ctrl-C ends without a traceback, also while libraries are still being loaded."""
    if issubclass(kind, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr, flush=True)
        raise SystemExit(130)
    sys.__excepthook__(kind, error, trace)


if sys.excepthook is sys.__excepthook__:  # nobody else's, such as a debugger's
    sys.excepthook = quietly
