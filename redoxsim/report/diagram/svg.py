"""Pieces of an SVG as text: the same bytes for the same drawing, on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import atan2, cos, sin
from xml.sax.saxutils import escape

FONT = "DejaVu Sans, Verdana, Geneva, sans-serif"
INK, SOFT, LINE, NEW = "#262626", "#6f6f6f", "#4d4d4d", "#D55E00"
CATALYST, RISE, FALL = "#0072B2", "#007a5a", "#b3261e"
# Widths of the characters from space to tilde in DejaVu Sans, thousandths of the size; Verdana is as wide, others less.
WIDTHS = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)  # fmt: skip
BOLDER = 1.12

Point = tuple[float, float]


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line of text may become, in the unit of ``size``."""
    whole = sum(WIDTHS[ord(one) - 32] if 32 <= ord(one) < 127 else 1000 for one in text)
    return whole * size / 1000 * (BOLDER if bold else 1.0)


def number(value: float) -> str:
    """A coordinate: at most one decimal, no minus before zero."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def label(
    x: float, y: float, text: str, *, size: float, anchor: str = "middle", colour: str = INK, style: str = ""
) -> str:
    """A line of text whose base line is at ``y``. ``style``: more attributes."""
    more = f" {style}" if style else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" text-anchor="{anchor}" '
        f'fill="{colour}"{more}>{escape(text)}</text>'
    )


def rect(
    x: float, y: float, width: float, height: float, *, radius: float = 0.0, fill: str, stroke: str = "none",
    style: str = "", title: str = "",
) -> str:  # fmt: skip
    more = f" {style}" if style else ""
    inner = f"><title>{escape(title)}</title></rect>" if title else "/>"
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
        f'rx="{number(radius)}" fill="{fill}" stroke="{stroke}"{more}{inner}'
    )


def circle(x: float, y: float, radius: float, *, fill: str, stroke: str) -> str:
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}" stroke="{stroke}"/>'


def path(d: str, *, colour: str = LINE, width: float = 1.2, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{number(width)}"{dash}/>'


def polygon(points: Iterable[Point], *, fill: str, stroke: str = "none") -> str:
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polygon points="{places}" fill="{fill}" stroke="{stroke}"/>'


def move(*points: Point) -> str:
    """Straight lines through points."""
    return "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points)


def flowing(points: Sequence[Point]) -> str:
    """Points from left to right, joined by straight lines where they are level and by curves where they are not."""
    parts = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(y0 - y1) < 0.05:
            parts.append(f"L{number(x1)} {number(y1)}")
        else:
            middle = number((x0 + x1) / 2)
            parts.append(f"C{middle} {number(y0)} {middle} {number(y1)} {number(x1)} {number(y1)}")
    return " ".join(parts)


def head(tip: Point, back: Point, *, colour: str = LINE, size: float = 7.0) -> str:
    """An arrow head at ``tip`` that comes from ``back``."""
    x, y = tip
    angle = atan2(y - back[1], x - back[0])
    wing = 0.42
    return polygon(
        [tip] + [(x - size * cos(angle + turn), y - size * sin(angle + turn)) for turn in (wing, -wing)], fill=colour
    )


def acting(how: str, tip: Point, back: Point) -> tuple[str, Point]:
    """The sign of an action at ``tip``, as SBGN has it, and where its line ends."""
    x, y = tip
    angle = atan2(y - back[1], x - back[0])
    ux, uy = cos(angle), sin(angle)
    if how == "catalysis":
        centre = (x - 3.4 * ux, y - 3.4 * uy)
        return circle(*centre, 3.2, fill="white", stroke=CATALYST), (x - 6.8 * ux, y - 6.8 * uy)
    if how == "inhibition":
        at = (x - 1.5 * ux, y - 1.5 * uy)
        ends = [(at[0] - 4.5 * uy * side, at[1] + 4.5 * ux * side) for side in (1, -1)]
        return path(move(*ends), colour=FALL, width=1.8), at
    if how == "stimulation":
        wings = [(x - 7 * ux - 3.4 * uy * side, y - 7 * uy + 3.4 * ux * side) for side in (1, -1)]
        return polygon([tip, *wings], fill="white", stroke=RISE), (x - 7 * ux, y - 7 * uy)
    sides = [(x - 4 * ux - 3 * uy * side, y - 4 * uy + 3 * ux * side) for side in (1, -1)]
    far = (x - 8 * ux, y - 8 * uy)
    return polygon([tip, sides[0], far, sides[1]], fill="white", stroke=SOFT), far


ACTION_COLOURS = {"catalysis": CATALYST, "stimulation": RISE, "inhibition": FALL, "modulation": SOFT}
