"""The two streams of a command. A reader who has had enough (``| head``) is no failure: the rest is dropped in
silence, files are still written, and the exit code says what it would have said."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO


def open_streams() -> None:
    """Gives the command streams where the shell closed them (``>&-``)."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def write(text: str) -> None:
    """Data to stdout."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)


def say(text: str) -> None:
    """A message to stderr; where even that is impossible there is nobody left to tell."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Nothing written to ``stream`` from now on goes anywhere, also not what still waits in its buffer."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
