"""Figures of a run folder inside a page: as data, no larger than they need to be."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from redoxsim.report.paper import DOTS, WIDEST

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES = {".png": "image/png", ".svg": "image/svg+xml"}
FILLS = round(WIDEST * DOTS)
"""Pixels of the widest figures: they fill the page, the others take their share, so that all texts are as large."""
NARROWEST = 0.45
HALF, ALONE = 0.5, 0.75
"""Shares of the page: of two figures that stand side by side, and of one that leaves room for its caption."""
FULL = 1056
"""Pixels of the page's text on a screen."""
COLOURS = 256
EXACT = 48
"""Colours of a picture, its most frequent, that stay as they are: a white that turns pale red would read as a value."""
FARTHEST = 12
"""How far, of 255, any other pixel may move where a picture is stored with a palette."""


class Picture(NamedTuple):
    """A figure as HTML: the picture, its caption, and the share of the page's width that it takes."""

    image: str
    caption: str
    share: float

    @property
    def html(self) -> str:
        """The figure with its caption below."""
        return f"<figure style='--share: {self.share:.0%}'>{self.image}{self.caption}</figure>"


def figures(
    folder: Path, captions: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None
) -> dict[str, Picture]:
    """The figures of a run folder by name; what a browser cannot show is left out.

    Parameters
    ----------
    captions : what is seen in a figure, by its name, as HTML.
    titles : of figures, by name, for those who cannot see them; else the words of the name.
    """
    place = folder / "figures"
    files = [file for file in sorted(place.glob("*")) if file.suffix in IMAGES] if place.is_dir() else []
    seen, named = captions or {}, titles or {}
    return {file.stem: figure(file, seen.get(file.stem, ""), named.get(file.stem, "")) for file in files}


def figure(file: Path, caption: str = "", title: str = "") -> Picture:
    """One figure with its picture inside, as wide as its share of the page; its title is its text where it has one."""
    raw = file.read_bytes()
    data, width = smaller(raw) if file.suffix == ".png" else (raw, None)
    name = html.escape(title or file.stem.replace("-", " "), quote=True)
    share = min(max((width or FILLS) / FILLS, NARROWEST), 1.0)
    size = f" width='{FULL * share:.0f}'" if width else ""
    coded = base64.b64encode(data).decode("ascii")
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return Picture(f"<img alt='{name}'{size} src='data:{IMAGES[file.suffix]};base64,{coded}'>", below, share)


def side_by_side(pictures: Iterable[Picture]) -> str:
    """Figures in their order, those of half a page moved up to the one before; a single one has its caption beside."""
    left, lines = list(pictures), []
    while left:
        line = [left.pop(0)]
        if line[0].share <= HALF:
            other = next((one for one in left if one.share <= HALF), None)
            if other is not None:
                left.remove(other)
                line.append(other)
        if len(line) == 1 and line[0].share <= ALONE:
            lines.append(line[0].html.replace("<figure ", "<figure class='alone' ", 1))
        else:
            lines.append("".join(one.html for one in line))
    return "".join(f"<div class='line'>{line}</div>" for line in lines)


def smaller(raw: bytes) -> tuple[bytes, int | None]:
    """A png in fewer bytes that looks the same, and its width in pixels; as it was where that cannot be.

    A figure has few colours: a palette holds them, and no pixel moves by more than :data:`FARTHEST`.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(raw)) as read:
            picture = read.convert("RGB")  # figures are opaque
    except (UnidentifiedImageError, OSError, SyntaxError):
        return raw, None
    made = io.BytesIO()
    (_with_palette(picture) or picture).save(made, "PNG", compress_level=6)  # 9 takes five times as long for 8% less
    return min(raw, made.getvalue(), key=len), picture.width


def _with_palette(picture: Image) -> Image | None:
    """The picture in :data:`COLOURS` colours; None where these do not do.

    The most frequent ones first, then again and again the one that is farthest from all that are there.
    """
    from PIL import Image

    width, height = picture.size
    counted = sorted(picture.getcolors(width * height), key=lambda one: (-one[0], one[1]))  # type: ignore[arg-type]
    seen = np.array([colour for _, colour in counted], dtype=np.int16)
    chosen: list[int] = []
    moved = np.full(len(seen), 255, dtype=np.int16)
    place = np.zeros(len(seen), dtype=np.uint8)
    while len(chosen) < min(EXACT, len(seen)) or (len(chosen) < COLOURS and moved.max() > FARTHEST):
        new = len(chosen) if len(chosen) < EXACT else int(moved.argmax())
        away = np.abs(seen - seen[new]).max(axis=1)
        place[away < moved] = len(chosen)
        moved = np.minimum(away, moved)
        chosen.append(new)
    if moved.max() > FARTHEST:
        return None
    table = np.zeros(1 << 24, dtype=np.uint8)
    table[_code(seen)] = place
    few = Image.fromarray(table[_code(np.asarray(picture))])
    few.putpalette(seen[chosen].astype(np.uint8).tobytes())
    return few


def _code(colours: NDArray[Any]) -> NDArray[np.uint32]:
    """Colours (..., 3) as one number each."""
    red, green, blue = np.moveaxis(colours.astype(np.uint32), -1, 0)
    return np.asarray((red << 16) | (green << 8) | blue, dtype=np.uint32)


__all__ = ["Picture", "figures", "side_by_side", "smaller"]
