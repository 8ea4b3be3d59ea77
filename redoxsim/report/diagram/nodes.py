"""The nodes of a diagram: how large they are and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from redoxsim.report.diagram import svg
from redoxsim.report.diagram.layered import Size
from redoxsim.report.diagram.scheme import Actor, Box, Signal, Step

BOX, SIDE, NAME = 11.5, 9.0, 8.0  # sizes of the text of boxes, of names beside reactions, of reactions
SQUARE = 4.5
STEM = 17.0
LEADING = 11.0
PORT = 7.5  # between lines that meet the same side of a box
VOID = 24.0  # from the middle of a reaction to the empty set that it takes from or gives to


class Node(Protocol):
    """What a layout places: its extent, its drawing at a place and how far its outline is from its middle."""

    def size(self, band: float) -> Size: ...
    def draw(self, x: float, y: float, *, flipped: bool) -> list[str]: ...
    def half(self) -> float: ...


@dataclass(slots=True)
class SpeciesNode:
    """A species: round ends for small molecules, corners for proteins, dashed where it is held from outside."""

    box: Box
    ports: int = 1
    """Lines that meet one of its sides, at most."""

    def width(self) -> float:
        return svg.text_width(self.box.id, BOX, bold=True) + 18.0

    def half(self) -> float:
        return self.width() / 2

    def size(self, band: float) -> Size:
        return Size(self.width(), self.tall(), self.tall(), band)

    def tall(self) -> float:
        return max(12.0, PORT * (self.ports - 1) / 2 + 6.0)

    def draw(self, x: float, y: float, *, flipped: bool) -> list[str]:
        dash = 'stroke-dasharray="4 2.5" ' if self.box.held else ""
        colour = svg.NEW if self.box.new else svg.SOFT if self.box.held else svg.INK
        radius = 4.0 if self.box.protein else 12.0
        return [
            svg.rect(x - self.half(), y - self.tall(), self.width(), 2 * self.tall(), radius=radius,
                 fill="white", stroke=colour, style=f'{dash}stroke-width="1.3"', title=self.box.title),
            svg.label(x, y + 4.1, self.box.id, size=BOX, colour=colour, style='font-weight="bold"'),
        ]  # fmt: skip


def by_action(actors: Sequence[Actor]) -> dict[str, list[str]]:
    """Names by how they act, in a fixed order."""
    return {how: names for how in svg.ACTION_COLOURS if (names := [actor.id for actor in actors if actor.how == how])}


@dataclass(frozen=True, slots=True)
class StepNode:
    """A reaction: a square on the line, what enters and leaves above it, what acts on it below, its name last."""

    step: Step

    def sides(self) -> tuple[float, float]:
        wide = [
            max((svg.text_width(one, SIDE) for one in names), default=0.0)
            for names in (self.step.enters, self.step.leaves)
        ]
        return wide[0] + 14.0, wide[1] + 14.0

    def groups(self) -> list[tuple[str, list[str], float]]:
        return [
            (how, names, max(svg.text_width(one, SIDE) for one in names))
            for how, names in by_action(self.step.actors).items()
        ]

    def half(self) -> float:
        groups = self.groups()
        below = sum(wide for *_, wide in groups) + 10.0 * max(len(groups) - 1, 0)
        void = VOID + 8.0 if not (self.step.sources and self.step.targets) else 0.0
        return max(*self.sides(), below / 2, svg.text_width(self.step.id, NAME) / 2, void, 14.0)

    def size(self, band: float) -> Size:
        lines = max(len(self.step.enters), len(self.step.leaves))
        up = LEADING * lines + 8.0 if lines else SQUARE + 2.0
        groups = self.groups()
        down = SQUARE + 12.0
        if groups:
            down += STEM - 1.0 + LEADING * max(len(names) for _, names, _ in groups)
        return Size(2 * self.half(), up, down, band)

    def draw(self, x: float, y: float, *, flipped: bool) -> list[str]:
        step, found = self.step, []
        line = svg.NEW if step.new else svg.LINE
        for sign, absent in ((-1.0, not step.sources), (1.0, not step.targets)):
            if absent:
                at = x + sign * VOID
                found.append(svg.path(svg.move((x, y), (at - sign * 5.0, y)), colour=line, dashed=step.off))
                found += [
                    svg.circle(at, y, 5.0, fill="white", stroke=line),
                    svg.path(svg.move((at - 5.0, y + 5.0), (at + 5.0, y - 5.0)), colour=line, width=1.0),
                ]
                if sign > 0:
                    found.append(svg.head((at - 5.0, y), (x, y), colour=line, size=6.0))
        found += self._beside(x, y, -1.0 if flipped else 1.0)
        found += self._actors(x, y)
        found.append(svg.rect(x - SQUARE, y - SQUARE, 2 * SQUARE, 2 * SQUARE, fill="white", stroke=line,
                          style='stroke-width="1.2"', title=step.title))  # fmt: skip
        size = self.size(0.0)
        found.append(svg.label(x, y + size.down - 2.5, step.id, size=NAME, colour=svg.NEW if step.new else svg.SOFT,
                           style='font-style="italic"'))  # fmt: skip
        return found

    def _beside(self, x: float, y: float, way: float) -> list[str]:
        found = []
        for names, side in ((self.step.enters, -way), (self.step.leaves, way)):
            if not names:
                continue
            top = y - SQUARE - 4.0 - LEADING * len(names)
            middle = top + LEADING * len(names) / 2
            end = (x + side * 11.0, middle)
            found.append(
                svg.path(
                    f"M{svg.number(end[0])} {svg.number(end[1])} Q{svg.number(x + side * 1.5)} {svg.number(middle)} "
                    f"{svg.number(x + side * 1.5)} {svg.number(y - SQUARE)}", width=1.0)
            )  # fmt: skip
            if names is self.step.leaves:
                found.append(svg.head(end, (x, middle), size=5.5))
            anchor = "start" if side > 0 else "end"
            for i, name in enumerate(names):
                found.append(svg.label(x + side * 13.0, top + LEADING * (i + 1) - 2.2, name, size=SIDE, anchor=anchor))
        return found

    def _actors(self, x: float, y: float) -> list[str]:
        groups = self.groups()
        whole = sum(wide for *_, wide in groups) + 10.0 * max(len(groups) - 1, 0)
        found, left = [], x - whole / 2
        for place, (how, names, wide) in enumerate(groups):
            colour = svg.ACTION_COLOURS[how]
            middle = left + wide / 2
            left += wide + 10.0
            foot = (middle, y + SQUARE + STEM - 1.0)
            tip = (x + (place - (len(groups) - 1) / 2) * 7.0, y + SQUARE + 0.8)
            sign, end = svg.acting(how, tip, foot)
            found += [svg.path(svg.move(foot, end), colour=colour, width=1.0), sign]
            for i, name in enumerate(names):
                found.append(
                    svg.label(middle, y + SQUARE + STEM + LEADING * (i + 1) - 3.0, name, size=SIDE, colour=colour)
                )
        return found


@dataclass(slots=True)
class SignalNode:
    """What a rule computes; with a thick line where the rule says how it changes."""

    signal: Signal
    ports: int = 1

    def rows(self) -> list[str]:
        ids = list(self.signal.ids)
        if len(ids) <= 3:
            return ids
        return [", ".join(ids[i : i + 3]) + ("," if i + 3 < len(ids) else "") for i in range(0, len(ids), 3)]

    def width(self) -> float:
        return max(svg.text_width(row, self.letters()) for row in self.rows()) + 18.0

    def letters(self) -> float:
        return BOX - 1.0 if len(self.signal.ids) == 1 else SIDE

    def half(self) -> float:
        return self.width() / 2

    def size(self, band: float) -> Size:
        tall = max(12.0 * len(self.rows()) / 2 + 5.0, PORT * (self.ports - 1) / 2 + 6.0)
        return Size(self.width(), tall, tall, band)

    def draw(self, x: float, y: float, *, flipped: bool) -> list[str]:
        size, rows = self.size(0.0), self.rows()
        colour = svg.NEW if self.signal.new else "#3d5a3a"
        found = [
            svg.rect(x - self.half(), y - size.up, self.width(), 2 * size.up, radius=2.0, fill="#eef4e6", stroke=colour,
                 style=f'stroke-width="{"2" if self.signal.integrates else "1"}"')
        ]  # fmt: skip
        top = y - 12.0 * len(rows) / 2
        return found + [
            svg.label(x, top + 12.0 * (i + 1) - 2.6, row, size=self.letters(), colour=colour)
            for i, row in enumerate(rows)
        ]


@dataclass(frozen=True, slots=True)
class NamesNode:
    """Names of what a rule takes from elsewhere."""

    names: tuple[str, ...]

    def half(self) -> float:
        return max(svg.text_width(name, SIDE) for name in self.names) / 2 + 3.0

    def size(self, band: float) -> Size:
        tall = LEADING * len(self.names) / 2 + 1.0
        return Size(2 * self.half(), tall, tall, band)

    def draw(self, x: float, y: float, *, flipped: bool) -> list[str]:
        top = y - LEADING * len(self.names) / 2
        return [
            svg.label(x + self.half() - 3.0, top + LEADING * (i + 1) - 2.6, name, size=SIDE, anchor="end")
            for i, name in enumerate(self.names)
        ]
