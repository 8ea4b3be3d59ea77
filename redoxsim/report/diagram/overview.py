"""A network composed of modules: the modules on a diagonal, and between them what one gives to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redoxsim.report.diagram.draw import page
from redoxsim.report.diagram.svg import CATALYST, INK, SOFT, head, label, move, path, rect, text_width

NAME, SMALL, LEADING = 12.0, 9.0, 11.5
GAP = 10.0
THREAD = "#b9c4cf"


@dataclass(frozen=True, slots=True)
class Part:
    """A module: its name, what it is about, how many species change in it and how many reactions it has."""

    id: str
    title: str
    species: int
    reactions: int

    def rows(self) -> list[str]:
        """What stands under the name."""
        words, rows = self.title.split(), [""]
        for word in words:
            if rows[-1] and text_width(f"{rows[-1]} {word}", SMALL) > 112.0:
                rows.append(word)
            else:
                rows[-1] = f"{rows[-1]} {word}".strip()
        return [*rows, f"{self.species} species, {self.reactions} reactions"]


def overview(parts: Sequence[Part], links: Mapping[tuple[str, str], Sequence[str]], *, title: str) -> str:
    """The modules and their links as SVG.

    Parameters
    ----------
    links : by giver and taker, the ids that go from one to the other.
    """
    names = [part.id for part in parts]
    place = {name: i for i, name in enumerate(names)}
    rows = {part.id: part.rows() for part in parts}
    wide, tall = [], []
    for part in parts:
        texts = [text_width(part.id, NAME, bold=True), *(text_width(row, SMALL) for row in rows[part.id])]
        texts += [text_width(one, SMALL) for (_, taker), ids in links.items() if taker == part.id for one in ids]
        wide.append(max(texts) + 18.0)
        lines = [len(ids) for (giver, _), ids in links.items() if giver == part.id]
        tall.append(max(LEADING * max(lines, default=1) + 10.0, LEADING * len(rows[part.id]) + 26.0))
    lefts = [sum(wide[:i]) + GAP * 2 * i for i in range(len(parts))]
    tops = [48.0 + sum(tall[:i]) + GAP * i for i in range(len(parts))]
    body = [
        label(0.0, 16.0, title, size=15.0, anchor="start", style='font-weight="bold"'),
        label(0.0, 34.0, "Along its row stands what a module gives; down its column what it takes from the others. "
              "Constants are left out.", size=SMALL, anchor="start", colour=SOFT),
    ]  # fmt: skip
    threads, boxes = [], []
    for name in names:
        i = place[name]
        x, y = lefts[i] + wide[i] / 2, tops[i] + tall[i] / 2
        given = [place[taker] for giver, taker in links if giver == name]
        taken = [place[giver] for giver, taker in links if taker == name]
        if given:
            first, last = min([*given, i]), max([*given, i])
            ends = (lefts[first] + wide[first] / 2, y), (lefts[last] + wide[last] / 2, y)
            threads.append(path(move(*ends), colour=THREAD, width=1.0))
        above, below = [j for j in taken if j < i], [j for j in taken if j > i]
        if above:
            threads.append(
                path(move((x, tops[min(above)] + tall[min(above)] / 2), (x, tops[i])), colour=THREAD, width=1.0)
            )
            threads.append(head((x, tops[i]), (x, tops[i] - 9.0), colour="#8796a5"))
        if below:
            j = max(below)
            foot = tops[i] + tall[i]
            threads.append(path(move((x, tops[j] + tall[j] / 2), (x, foot)), colour=THREAD, width=1.0))
            threads.append(head((x, foot), (x, foot + 9.0), colour="#8796a5"))
    for (giver, taker), ids in links.items():
        i, j = place[giver], place[taker]
        x, y = lefts[j] + wide[j] / 2, tops[i] + tall[i] / 2
        w = max(text_width(one, SMALL) for one in ids) + 12.0
        h = LEADING * len(ids) + 7.0
        boxes.append(rect(x - w / 2, y - h / 2, w, h, radius=4.0, fill="#f4f8fb", stroke=THREAD))
        boxes += [
            label(x, y - h / 2 + LEADING * (k + 1) + 0.6, one, size=SMALL, colour=INK) for k, one in enumerate(ids)
        ]
    for i, part in enumerate(parts):
        x, y = lefts[i] + wide[i] / 2, tops[i]
        boxes.append(rect(lefts[i], y, wide[i], tall[i], radius=6.0, fill="#fbf4e2", stroke=CATALYST,
                          style='stroke-width="1.4"'))  # fmt: skip
        start = y + tall[i] / 2 - (LEADING * len(rows[part.id]) + 14.0) / 2
        boxes.append(label(x, start + 11.0, part.id, size=NAME, style='font-weight="bold"'))
        boxes += [
            label(x, start + 14.0 + LEADING * (k + 1) - 1.0, row, size=SMALL, colour=SOFT)
            for k, row in enumerate(rows[part.id])
        ]
    return page([*body, *threads, *boxes], lefts[-1] + wide[-1], tops[-1] + tall[-1], title)
