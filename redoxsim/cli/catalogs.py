"""What the listing verbs share: the family of ``list`` and ``show``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

CONSTANTS = ("id", "value", "unit", "low", "high", "grade", "source", "note")


def grade_text(grades: Iterable[str | None]) -> str:
    """How many numbers carry each grade, in words."""
    found = list(grades)
    return ", ".join(f"{sum(one == grade for one in found)} {grade}" for grade in ("A", "B", "C"))


def limits_of(readme: Path) -> list[str]:
    """The items under a heading with "limit" in a README: what the model is not for."""
    if not readme.is_file():
        return []
    found: list[str] = []
    inside = False
    for line in readme.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            inside = "limit" in line.lower()
        elif inside and line.strip():
            text = line.strip()
            if text.startswith(("- ", "* ")) or not found:
                found.append(text.lstrip("-* "))
            else:
                found[-1] += f" {text}"
    return found
