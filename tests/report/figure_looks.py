"""What tests ask a drawn figure: its texts, and whether any two of them lie over each other."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def texts(figure: Figure) -> list[str]:
    """Every text of the figure that is not empty."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def panel(figure: Figure, title: str) -> Axes:
    """The panel whose title holds ``title``."""
    found = [axes for axes in figure.axes if title in axes.get_title(loc="left")]
    assert len(found) == 1, f"{title!r} among {[axes.get_title(loc='left') for axes in figure.axes]}"
    return found[0]


def _visible(figure: Figure) -> list[tuple[str, Bbox]]:
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # laid out as for a file, without the pixels
    hidden = {
        id(label)
        for axes in figure.axes
        if not axes.axison
        for label in [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    }
    # tick labels that fall outside the limits are artists too, but are not drawn
    for axes in figure.axes:
        for axis, interval in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            low, high = sorted(interval)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high:
                    hidden |= {id(tick.label1), id(tick.label2)}
    found = []
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            found.append((text.get_text(), text.get_window_extent(renderer)))
    return found


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share more than a sliver, and texts that leave the page."""
    boxes = _visible(figure)
    page = figure.bbox
    bad = [
        (text, "the page's edge")
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1
    ]
    for i, (one, a) in enumerate(boxes):
        for other, b in boxes[i + 1 :]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            if wide > 1.5 and high > 1.5:
                bad.append((one, other))
    return bad
