"""The schedule figure: maps and lines over order and delay."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from figure_looks import overlaps, panel, texts, too_small

from redoxsim.errors import DesignError
from redoxsim.report.figures.schedule import schedule

DELAYS = [-24.0, -6.0, 0.0, 6.0, 24.0]


def mapped(*, bands: bool = False) -> xr.Dataset:
    """Two doses of each agent; together they do more the earlier the second is given."""
    a, b = np.array([1.0, 0.9, 0.6]), np.array([1.0, 0.95, 0.8])
    delay = np.array(DELAYS)
    gain = 0.3 * (1.0 - delay / 24.0) / 2.0
    alive = a[:, None, None] * b[None, :, None] * np.ones(delay.size)
    excess = np.zeros_like(alive)
    excess[1:, 1:] = gain * np.array([[0.2, 0.4], [0.6, 1.0]])[..., None]
    alive = alive - excess
    dims = ["auranofin", "bso", "delay"]
    if bands:
        dims = [*dims, "quantile"]
        alive, excess = (np.stack([one - 0.05, one, one + 0.05], axis=-1) for one in (alive, excess))
    coords = {
        "auranofin": ("auranofin", [0.0, 0.5, 1.0], {"units": "uM"}),
        "bso": ("bso", [0.0, 10.0, 100.0], {"units": "uM"}),
        "delay": ("delay", DELAYS, {"units": "h"}),
    } | ({"quantile": [0.05, 0.5, 0.95]} if bands else {})
    return xr.Dataset({"viability": (dims, alive), "bliss_excess": (dims, excess)}, coords=coords)


def test_maps_hold_each_number_and_lines_the_pair_that_depends_most_on_the_delay() -> None:
    data = mapped()
    figure = schedule(data, title="x", caption="y")
    assert overlaps(figure) == []
    assert too_small(figure) == []
    excess = panel(figure, "c   Bliss excess")
    image = np.asarray(excess.images[0].get_array())
    assert image.shape == (4, 5)
    np.testing.assert_allclose(image[3], data["bliss_excess"][2, 2])
    assert [one.get_text() for one in excess.get_xticklabels()] == ["−24", "−6", "0", "+6", "+24"]
    assert excess.images[0].norm.vmin == -excess.images[0].norm.vmax
    line = panel(figure, "b   viability")
    both = next(one for one in line.lines if one.get_label() == "both")
    np.testing.assert_allclose(both.get_ydata(), data["viability"][2, 2])
    alone = next(one for one in line.lines if one.get_label() == "bso alone")
    np.testing.assert_allclose(alone.get_ydata(), data["viability"][0, 2])
    assert any("bso first" in text for text in texts(figure))


def test_bands_are_drawn_and_an_effect_without_direction_has_no_excess() -> None:
    figure = schedule(mapped(bands=True))
    assert len(panel(figure, "d   Bliss excess").collections) == 1
    alone = schedule(mapped().drop_vars("bliss_excess"))
    assert not any("Bliss excess" in axes.get_title(loc="left") for axes in alone.axes)
    with pytest.raises(DesignError, match="needs two agents and a delay"):
        schedule(mapped().isel(delay=0, drop=True))
