"""Whether two run folders hold the same."""

from __future__ import annotations

from pathlib import Path

from redoxsim.report.runs import LOG


def same_files(first: Path, second: Path) -> tuple[str, ...]:
    """Names of files that are not the same in two run folders, the log aside; empty if the runs are identical."""
    names = {p.relative_to(base).as_posix() for base in (first, second) for p in base.rglob("*") if p.is_file()}
    return tuple(sorted(name for name in names - {LOG} if not _equal(first / name, second / name)))


def _equal(first: Path, second: Path) -> bool:
    return first.is_file() and second.is_file() and first.read_bytes() == second.read_bytes()
