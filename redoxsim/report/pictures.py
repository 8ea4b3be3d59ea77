"""Figures of a run folder inside a page: as data, no larger than they need to be."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

IMAGES = {".png": "image/png", ".svg": "image/svg+xml"}
WIDEST = 1980
"""Pixels of the widest figures: they fill the page, the others take their share, so that all texts are as large."""
NARROWEST = 0.45
FULL = 1056
"""Pixels of the page's text on a screen."""
COLOURS = 256
FARTHEST = 24
"""How far, of 255, a pixel may move where a picture is stored with a palette."""


def figures(folder: Path) -> list[str]:
    """The figures of a run folder, as HTML; what a browser cannot show is left out."""
    place = folder / "figures"
    return [figure(file) for file in sorted(place.glob("*")) if file.suffix in IMAGES] if place.is_dir() else []


def figure(file: Path) -> str:
    """One figure with its picture inside, as wide as its share of the page."""
    raw = file.read_bytes()
    data, width = smaller(raw) if file.suffix == ".png" else (raw, None)
    name = html.escape(file.stem.replace("-", " "), quote=True)
    share = min(max((width or WIDEST) / WIDEST, NARROWEST), 1.0)
    size = f" width='{FULL * share:.0f}' style='--share: {share:.0%}'" if width else ""
    coded = base64.b64encode(data).decode("ascii")
    return f"<figure><img alt='{name}'{size} src='data:{IMAGES[file.suffix]};base64,{coded}'></figure>"


def smaller(raw: bytes) -> tuple[bytes, int | None]:
    """A png in fewer bytes that looks the same, and its width in pixels; as it was where that cannot be.

    A figure has few colours: a palette holds them, and no pixel moves by more than :data:`FARTHEST`.
    """
    from PIL import Image, ImageChops, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(raw)) as read:
            picture = read.convert("RGB")  # figures are opaque
    except (UnidentifiedImageError, OSError, SyntaxError):
        return raw, None
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    moved = ImageChops.difference(few.convert("RGB"), picture).getextrema()
    chosen = few if max(int(high) for _, high in moved) <= FARTHEST else picture  # type: ignore[misc]
    made = io.BytesIO()
    chosen.save(made, "PNG", compress_level=6)  # 9 takes five times as long for 8% less
    return min(raw, made.getvalue(), key=len), picture.width


__all__ = ["figures", "smaller"]
