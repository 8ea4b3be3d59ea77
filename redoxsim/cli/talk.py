"""What is said on stderr: notes, progress, and the last line that counts solves."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from redoxsim.cli.streams import say


@dataclass
class Talk:
    """How much to say. ``quiet`` leaves errors only; ``verbose`` adds stages with seconds."""

    quiet: bool = False
    verbose: bool = False
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def note(self, text: str) -> None:
        """Something a reader of the result should know."""
        if not self.quiet:
            say(text)

    def detail(self, text: str) -> None:
        """A stage, with the seconds since the start; only with -v."""
        if self.verbose:
            say(f"[{self.seconds:6.2f} s] {text}")

    @contextmanager
    def progress(self, what: str, told: Progress) -> Iterator[Progress]:
        """A bar on a terminal, silence elsewhere; ``told`` is what the study tells how far it is."""
        if self.quiet or not sys.stderr.isatty():
            yield told
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("[red]{task.fields[failed]}"),
        )
        with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
            told.bar, told.task = bar, bar.add_task(what, total=None, failed="")
            try:
                yield told
            finally:
                told.bar = None


@dataclass
class Progress:
    """What a study tells how far it is: rows done, rows failed, rows in all. Says it to a bar, if there is one.

    ``before`` and ``total`` place a study among several: rows done before it, rows in all.
    """

    bar: Any = None
    task: Any = None
    before: int = 0
    total: int | None = None

    def __call__(self, done: int, failed: int, total: int) -> None:
        if self.bar is not None:
            self.bar.update(
                self.task,
                completed=self.before + done,
                total=self.total or total,
                failed=f"{failed} failed" if failed else "",
            )

    def rename(self, what: str) -> None:
        """What is being done now."""
        if self.bar is not None:
            self.bar.update(self.task, description=what)


def grouped(number: int) -> str:
    """A count with thin groups.

    >>> grouped(1296)
    '1 296'
    """
    return f"{number:,}".replace(",", " ")


def plural(number: int, what: str) -> str:
    """A count with its noun.

    >>> plural(1, "solve"), plural(81, "solve"), plural(2, "process")
    ('1 solve', '81 solves', '2 processes')
    """
    return f"{grouped(number)} {what}{'' if number == 1 else 'es' if what.endswith('s') else 's'}"


def counted(status: Mapping[str, int]) -> str:
    """The last line: how many solves, and how they ended.

    >>> counted({"OK": 1294, "STEP_BUDGET": 2})
    '1 296 solves: 1 294 ok, 2 step budget'
    """
    total = sum(status.values())
    ordered = sorted(status.items(), key=lambda item: (item[0] != "OK", item[0]))
    parts = [f"{grouped(count)} {name.lower().replace('_', ' ')}" for name, count in ordered if count]
    return f"{plural(total, 'solve')}: {', '.join(parts) or 'none'}"
