"""Pictures inside a page: fewer bytes, the same look."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from redoxsim.report import pictures


def drawn(*, colours: bool) -> bytes:
    figure = Figure(figsize=(4.0, 3.0))
    axes = figure.add_subplot()
    axes.plot([0.0, 1.0, 2.0], [0.0, 2.0, 1.0])
    if colours:
        axes.imshow(np.random.default_rng(1).random((60, 80, 3)), extent=(0.0, 2.0, 0.0, 2.0))
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=150)
    return made.getvalue()


@pytest.mark.parametrize("colours", [False, True])
def test_a_picture_is_smaller_and_looks_the_same(colours: bool) -> None:
    raw = drawn(colours=colours)
    small, width = pictures.smaller(raw)
    assert width == 600
    assert len(small) < (0.6 if not colours else 1.0) * len(raw)
    before, after = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB"), dtype=int) for one in (raw, small))
    assert np.abs(before - after).max() <= pictures.FARTHEST, "many colours are not forced into a palette"


def test_what_is_no_picture_stays_as_it_is() -> None:
    assert pictures.smaller(b"\x89PNG broken") == (b"\x89PNG broken", None)


def test_pictures_take_their_share_of_the_page(tmp_path: Path) -> None:
    place = tmp_path / "figures"
    place.mkdir()
    (place / "a-b.png").write_bytes(drawn(colours=False))
    (place / "c.svg").write_text("<svg/>", encoding="utf-8")
    (place / "d.pdf").write_bytes(b"%PDF")
    first, second = pictures.figures(tmp_path, {"a-b": "A &lt; B"}).values()
    assert "alt='a b'" in first.image
    assert "<figcaption>A &lt; B</figcaption>" in first.html
    assert "figcaption" not in second.html
    assert "--share: 45%" in first.html, "600 of 1320 pixels"
    assert "--share: 100%" in second.html
    assert "data:image/svg+xml;base64," in second.image
    told = pictures.figures(tmp_path, titles={"a-b": "BSO, by <cell>"})
    assert "alt='BSO, by &lt;cell&gt;'" in told["a-b"].image
    assert pictures.figures(tmp_path / "none") == {}


def test_the_colours_of_large_areas_stay_as_they_are() -> None:
    """White and a near white of a heat map must not become each other, however many other colours there are."""
    field = np.full((400, 400, 3), 255, dtype=np.uint8)
    field[:200] = (247, 247, 247)
    field[:60, :60] = np.arange(60, dtype=np.uint8)[:, None, None] + np.arange(60, dtype=np.uint8)[None, :, None]
    made = io.BytesIO()
    Image.fromarray(field).save(made, "PNG")
    small, _ = pictures.smaller(made.getvalue())
    after = np.asarray(Image.open(io.BytesIO(small)).convert("RGB"))
    assert (after[300:] == 255).all()
    assert (after[100:200] == 247).all()


def test_figures_of_half_a_page_stand_side_by_side() -> None:
    """Pairs move together, the rest keep their order; a single one has its caption beside it."""
    shares = {"a": 0.5, "b": 1.0, "c": 0.5, "d": 0.5, "e": 1.0}
    page = pictures.side_by_side(pictures.Picture(name, f"<b>{name}</b>", share) for name, share in shares.items())
    lines = [line for line in page.split("<div class='line'>") if line]
    assert ["".join(name for name in shares if f">{name}<b>" in line) for line in lines] == ["ac", "b", "d", "e"]
    assert ["alone" in line for line in lines] == [False, False, True, False]
