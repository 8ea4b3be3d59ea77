"""What tests ask a drawn figure: its texts, whether any two lie over each other or on a curve, how small they are."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from redoxsim.report.paper import READABLE, TEXT, WIDEST


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
        slanted = text.get_rotation() % 90.0 != 0.0  # its box is far larger than the text
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden and not slanted:
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


def too_small(figure: Figure) -> list[tuple[str, float]]:
    """Texts that are too small to read once the figure is as wide as the text of a page, with their points there."""
    width = figure.get_size_inches()[0]
    assert width <= WIDEST + 1e-9, f"{width} inches: too wide"
    shrinks = TEXT / WIDEST  # a figure of half the width takes half the page
    return [
        (text.get_text(), round(text.get_fontsize() * shrinks, 2))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text.get_fontsize() * shrinks < READABLE
    ]


def covered(figure: Figure) -> list[str]:
    """Legends and remarks that lie on a curve of their panel."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    bad = []
    for axes in figure.axes:
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in axes.texts if text.get_visible()]
        if (legend := axes.get_legend()) is not None:
            boxes.append(("legend", legend.get_window_extent(renderer)))
        for line in axes.lines:
            if len(line.get_xdata()) < 3 or line.get_linestyle() == "None" or line.get_transform() != axes.transData:
                continue
            xy = axes.transData.transform(line.get_xydata())
            xy = xy[np.isfinite(xy).all(axis=1)]
            steps = np.linspace(0.0, 1.0, 20)[:, None, None]
            dense = (xy[:-1] + steps * (xy[1:] - xy[:-1])).reshape(-1, 2)
            for words, box in boxes:
                inside = (dense > [box.x0 + 1, box.y0 + 1]) & (dense < [box.x1 - 1, box.y1 - 1])
                if inside.all(axis=1).any():
                    bad.append(words)
    return bad
