"""The page: title, cards, what is only computed, and what the signs mean."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from xml.sax.saxutils import escape

from redoxsim.network.parts import Network
from redoxsim.report.diagram import svg
from redoxsim.report.diagram.cards import cards, on_page, tints
from redoxsim.report.diagram.scheme import Scheme, scheme

MARGIN = 18.0


def diagram(
    network: Network,
    *,
    title: str = "",
    own: Iterable[str] | None = None,
    varying: Iterable[str] = (),
    old: Iterable[str] | None = None,
    notes: Iterable[str] = (),
) -> str:
    """A network as SVG: the same bytes for the same network.

    Parameters
    ----------
    title : a heading; the name of the network if none is given.
    own, varying, old : see :func:`~.scheme.scheme`.
    notes : lines below the drawing.
    """
    found = scheme(network, own=own, varying=varying, old=old)
    made = cards(found)
    places, width, height = on_page(made)
    width = max(width, 640.0)
    body = [
        svg.label(0.0, 16.0, title or network.name or network.id, size=15.0, anchor="start", style='font-weight="bold"')
    ]
    top = 30.0
    body += [card.draw(x, y + top) for card, (x, y) in zip(made, places, strict=True)]
    y = top + height + 20.0
    texts = list(notes)
    if found.readouts:
        texts.insert(0, "Computed from these, and used by nothing here: " + ", ".join(found.readouts) + ".")
    for text in texts:
        for line in textwrap.wrap(text, int(width / 5.3), break_long_words=False, break_on_hyphens=False):
            body.append(svg.label(0.0, y, line, size=9.0, anchor="start", colour=svg.SOFT))
            y += 12.5
        y += 3.0
    more, used = legend(found, y + 6.0, width)
    return page([*body, *more], width, y + 6.0 + used, title or network.name or network.id)


def page(body: Iterable[str], width: float, height: float, title: str) -> str:
    """An SVG document of a drawing with a margin."""
    wide, tall = svg.number(width + 2 * MARGIN), svg.number(height + 2 * MARGIN)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}" '
            f'font-family="{svg.FONT}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{wide}" height="{tall}" fill="white"/>',
            f'<g transform="translate({svg.number(MARGIN)} {svg.number(MARGIN)})">',
            *body,
            "</g>",
            "</svg>",
            "",
        ]
    )


def legend(found: Scheme, top: float, width: float) -> tuple[list[str], float]:
    """What the signs mean, those that occur, and its height."""
    boxes = found.boxes.values()
    hows = {actor.how for step in found.steps for actor in step.actors}
    hows |= {"stimulation" if actor.how == "catalysis" else actor.how for one in found.signals for actor in one.actors}
    items: list[tuple[str, str]] = []
    if any(not one.protein for one in boxes):
        items.append(("molecule", "small molecule"))
    if any(one.protein for one in boxes):
        items.append(("protein", "protein"))
    if any(one.held for one in boxes):
        items.append(("held", "held, or of another module"))
    if found.signals:
        items.append(("rule", "computed by a rule"))
        if any(one.integrates for one in found.signals):
            items.append(("rate", "changes as a rule says"))
    if found.steps:
        items.append(("reaction", "reaction"))
    if any(one.reversible for one in found.steps):
        items.append(("both", "runs both ways"))
    if any(not (one.sources and one.targets) for one in found.steps):
        items.append(("void", "from or to outside the model"))
    if any(one.off for one in found.steps):
        items.append(("off", "switched off by default"))
    items += [(how, text) for how, text in (
        ("catalysis", "in proportion, as an enzyme"), ("stimulation", "raises"), ("inhibition", "lowers"),
        ("modulation", "acts either way")) if how in hows]  # fmt: skip
    if any(one.new for one in boxes) or any(one.new for one in found.steps):
        items.append(("new", "added by the agent"))
    drawn, x, y = [], 0.0, top
    for what, text in items:
        wide = 44.0 + svg.text_width(text, 9.0) + 14.0
        if x + wide > width and x:
            x, y = 0.0, y + 20.0
        drawn += _sample(what, x, y)
        drawn.append(svg.label(x + 42.0, y + 3.2, text, size=9.0, anchor="start", colour=svg.SOFT))
        x += wide
    y += 20.0
    x = 0.0
    used = {one.compartment for one in boxes}
    for name, colour in tints(found).items():
        if name in used:
            text = name if found.compartments[name] == name else f"{name}: {found.compartments[name]}"
            drawn.append(svg.rect(x, y - 6.0, 34.0, 12.0, radius=3.0, fill=colour, stroke="#c9c4b8"))
            drawn.append(svg.label(x + 42.0, y + 3.2, text, size=9.0, anchor="start", colour=svg.SOFT))
            x += 44.0 + svg.text_width(text, 9.0) + 14.0
    return drawn, y - top + 10.0


def _sample(what: str, x: float, y: float) -> list[str]:
    if what in ("molecule", "protein", "held"):
        dash = ' stroke-dasharray="4 2.5"' if what == "held" else ""
        return [svg.rect(x, y - 6.0, 34.0, 12.0, radius=2.5 if what == "protein" else 6.0, fill="white",
                     stroke=svg.SOFT if dash else svg.INK, style=f'stroke-width="1.3"{dash}')]  # fmt: skip
    if what in ("rule", "rate"):
        return [svg.rect(x, y - 6.0, 34.0, 12.0, radius=2.0, fill="#eef4e6", stroke="#3d5a3a",
                     style=f'stroke-width="{2 if what == "rate" else 1}"')]  # fmt: skip
    if what in svg.ACTION_COLOURS:
        sign, end = svg.acting(what, (x + 32.0, y), (x, y))
        return [svg.path(svg.move((x + 4.0, y), end), colour=svg.ACTION_COLOURS[what], width=1.0), sign]
    colour = svg.NEW if what == "new" else svg.LINE
    left = x + 13.0 if what == "void" else x + 6.0 if what == "both" else x
    found = [svg.path(svg.move((left, y), (x + 29.0, y)), colour=colour, dashed=what == "off"),
             svg.head((x + 34.0, y), (x, y), colour=colour)]  # fmt: skip
    if what == "both":
        found.append(svg.head((x, y), (x + 30.0, y), colour=colour))
    if what == "void":
        found += [svg.circle(x + 8.0, y, 5.0, fill="white", stroke=colour),
                  svg.path(svg.move((x + 3.0, y + 5.0), (x + 13.0, y - 5.0)), colour=colour, width=1.0)]  # fmt: skip
    else:
        found.append(svg.rect(x + 13.0, y - 4.0, 8.0, 8.0, fill="white", stroke=colour))
    return found
