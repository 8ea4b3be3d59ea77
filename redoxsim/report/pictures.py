"""Figures of a run folder inside a page: as data, no larger than they need to be."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.report.paper import DOTS, WIDEST

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES = {".png": "image/png", ".svg": "image/svg+xml"}
FILLS = round(WIDEST * DOTS)
"""Pixels of the widest figures: they fill the page, the others take their share, so that all texts are as large."""
NARROWEST = 0.45
FULL = 1056
"""Pixels of the page's text on a screen."""
COLOURS = 256
EXACT = 48
"""Colours of a picture, its most frequent, that stay as they are: a white that turns pale red would read as a value."""
FARTHEST = 24
"""How far, of 255, any other pixel may move where a picture is stored with a palette."""


def figures(folder: Path, captions: Mapping[str, str] | None = None) -> dict[str, str]:
    """The figures of a run folder by name, as HTML; what a browser cannot show is left out.

    Parameters
    ----------
    captions : what is seen in a figure, by its name, as HTML.
    """
    place = folder / "figures"
    files = [file for file in sorted(place.glob("*")) if file.suffix in IMAGES] if place.is_dir() else []
    return {file.stem: figure(file, (captions or {}).get(file.stem, "")) for file in files}


def figure(file: Path, caption: str = "") -> str:
    """One figure with its picture inside, as wide as its share of the page, and its caption below."""
    raw = file.read_bytes()
    data, width = smaller(raw) if file.suffix == ".png" else (raw, None)
    name = html.escape(file.stem.replace("-", " "), quote=True)
    share = min(max((width or FILLS) / FILLS, NARROWEST), 1.0)
    size = f" width='{FULL * share:.0f}'" if width else ""
    coded = base64.b64encode(data).decode("ascii")
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f"<figure style='--share: {share:.0%}'><img alt='{name}'{size} src='data:{IMAGES[file.suffix]};base64,{coded}'>"
        f"{below}</figure>"
    )


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


__all__ = ["figures", "smaller"]
