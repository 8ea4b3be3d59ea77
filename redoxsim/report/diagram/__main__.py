"""Diagrams of all shipped models into a folder: ``python -m redoxsim.report.diagram docs/models``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from redoxsim import catalog, network
from redoxsim.report.diagram.shipped import diagram_of


def main(arguments: Sequence[str]) -> int:
    """Writes ``NAME.svg`` of every shipped model, or of those named after the folder."""
    folder, *names = arguments
    for name in names or sorted(catalog.models()):
        (Path(folder) / f"{name}.svg").write_text(diagram_of(network.read(name), name=name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
