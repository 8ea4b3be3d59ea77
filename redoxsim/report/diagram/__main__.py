"""Diagrams of all shipped models and their sizes: ``python -m redoxsim.report.diagram docs/models``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from redoxsim import catalog, network
from redoxsim.report.diagram.shipped import diagram_of

POSTERS = {"redox-whole": "redox"}
"""Drawings of whole networks, by the name of the file."""
SIZES = re.compile(r"(<!-- sizes -->\n).*?(<!-- end sizes -->)", re.DOTALL)


def sizes() -> str:
    """A table of the sizes of the shipped models, for a page."""
    rows = ["| model | species | of these change | reactions | parameters |", "|---|---|---|---|---|"]
    for name in sorted(catalog.models()):
        counts = network.summary(network.read(name))
        cells = (counts[what] for what in ("species", "changing", "reactions", "parameters"))
        rows.append(f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Writes ``NAME.svg`` of every shipped model into a folder, and the sizes into its README.md if it has one."""
    (folder,) = (Path(one) for one in arguments)
    for name in sorted(catalog.models()):
        (folder / f"{name}.svg").write_text(diagram_of(network.read(name), name=name), encoding="utf-8")
    for file, name in POSTERS.items():
        (folder / f"{file}.svg").write_text(diagram_of(network.read(name), name=name, whole=True), encoding="utf-8")
    page = folder / "README.md"
    if page.is_file():
        text = page.read_text(encoding="utf-8")
        page.write_text(SIZES.sub(lambda found: found[1] + sizes() + found[2], text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
