"""Effects: declared direction and scale, and clear refusals."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from redoxsim.analysis import EffectArray, EffectGrid
from redoxsim.errors import DesignError

DOSES = [0.0, 1.0, 10.0]
ALIVE = np.array([[1.0, 0.9, 0.5], [0.8, 0.7, 0.4], [0.3, 0.2, 0.1]])


def test_direction_and_scale_give_the_same_fraction_affected() -> None:
    expected = 1.0 - ALIVE
    for orientation, scale, effect in (
        ("viability", "fraction", ALIVE),
        ("viability", "percent", 100 * ALIVE),
        ("inhibition", "fraction", 1 - ALIVE),
        ("inhibition", "percent", 100 * (1 - ALIVE)),
    ):
        grid = EffectGrid(DOSES, DOSES, effect, orientation=orientation, scale=scale)  # type: ignore[arg-type]
        np.testing.assert_allclose(grid.affected, expected, rtol=0, atol=1e-15)


def test_direction_and_scale_have_no_default() -> None:
    with pytest.raises(TypeError):
        EffectGrid(DOSES, DOSES, ALIVE)  # type: ignore[call-arg]
    with pytest.raises(
        DesignError, match=r"orientation must be one of 'viability', 'inhibition'.*did you mean 'viability'"
    ):
        EffectGrid(DOSES, DOSES, ALIVE, orientation="viabilty", scale="fraction")  # type: ignore[arg-type]
    with pytest.raises(DesignError, match="scale must be one of"):
        EffectGrid(DOSES, DOSES, ALIVE, orientation="viability", scale="%")  # type: ignore[arg-type]


def test_values_outside_the_scale_name_the_first_three_cells() -> None:
    with pytest.raises(DesignError) as caught:
        EffectGrid(DOSES, DOSES, 100 * ALIVE, orientation="viability", scale="fraction", agents=("af", "bso"))
    text = str(caught.value)
    assert "9 of 9 effects" in text
    assert "100 at af=0, bso=0; 90 at af=0, bso=1; 50 at af=0, bso=10" in text
    assert "af=1, bso=0" not in text
    assert "scale='percent'" in text


def test_fractions_said_to_be_percent_are_refused() -> None:
    with pytest.raises(DesignError, match="scale='fraction'"):
        EffectGrid(DOSES, DOSES, ALIVE, orientation="viability", scale="percent")


def test_viability_said_to_be_inhibition_is_refused() -> None:
    with pytest.raises(DesignError, match="is the effect viability"):
        EffectGrid(DOSES, DOSES, ALIVE, orientation="inhibition", scale="fraction")
    with pytest.raises(DesignError, match="is the effect inhibition"):
        EffectGrid(DOSES, DOSES, 1 - ALIVE, orientation="viability", scale="fraction")


def test_noise_around_the_control_is_accepted_and_kept() -> None:
    noisy = ALIVE.copy()
    noisy[0, 1] = 1.04
    grid = EffectGrid(DOSES, DOSES, noisy, orientation="viability", scale="fraction")
    assert grid.affected[0, 1] == pytest.approx(-0.04)
    with pytest.raises(DesignError, match=r"1\.04 at agent 1=0, agent 2=1"):
        EffectGrid(DOSES, DOSES, noisy, orientation="viability", scale="fraction", margin=0.0)


def test_nan_must_be_declared() -> None:
    holed = ALIVE.copy()
    holed[1, 1] = np.nan
    with pytest.raises(DesignError, match="1 of 9 effects are NaN and not declared as failed: agent 1=1, agent 2=1"):
        EffectGrid(DOSES, DOSES, holed, orientation="viability", scale="fraction")
    grid = EffectGrid(DOSES, DOSES, holed, orientation="viability", scale="fraction", failed=np.isnan(holed))
    assert np.isnan(grid.affected[1, 1])
    with pytest.raises(DesignError, match="inf at"):
        EffectGrid(DOSES, DOSES, np.where(ALIVE == 0.7, np.inf, ALIVE), orientation="viability", scale="fraction")


@pytest.mark.parametrize(
    ("doses", "message"),
    [
        ([1.0, 2.0, 3.0], "no zero dose first"),
        ([0.0, 2.0, 1.0], "strictly increasing"),
        ([0.0, 1.0, 1.0], "strictly increasing"),
        ([0.0, -1.0, 1.0], "negative dose"),
        ([0.0, 1.0, np.nan], "finite"),
        ([0.0], "no dose beside zero"),
        ([], "list of numbers"),
    ],
)
def test_axes_that_cannot_be_meant(doses: list[float], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        EffectGrid(doses, DOSES, np.ones((len(doses), 3)), orientation="viability", scale="fraction")


def test_shapes_and_names_must_fit() -> None:
    with pytest.raises(DesignError, match=r"shape \(3, 3\); the doses of agent 1, agent 2 ask for \(2, 3\)"):
        EffectGrid(DOSES[:2], DOSES, ALIVE, orientation="viability", scale="fraction")
    with pytest.raises(DesignError, match="agent names"):
        EffectGrid(DOSES, DOSES, ALIVE, orientation="viability", scale="fraction", agents=("one",))
    with pytest.raises(DesignError, match="at least two agents"):
        EffectArray((DOSES,), ALIVE[0], orientation="viability", scale="fraction")


def test_mid_doses_are_between_a_tenth_and_nine_tenths_of_each_agents_largest_effect() -> None:
    # Alone: agent 1 at 0, 0.2, 0.7 of 0.7; agent 2 at 0, 0.1, 0.5 of 0.5: shares 0.29, 1 and 0.2, 1.
    grid = EffectGrid(DOSES, DOSES, ALIVE, orientation="viability", scale="fraction")
    mask, message = grid.mid_doses()
    assert np.argwhere(mask).tolist() == [[1, 1]]
    assert message == ""
    inert = EffectGrid(DOSES, DOSES, np.repeat(ALIVE[:, :1], 3, axis=1), orientation="viability", scale="fraction")
    mask, message = inert.mid_doses()
    assert not mask.any()
    assert message == "no mid-doses: agent 2 alone has no effect"


def test_a_grid_cannot_be_changed_and_does_not_share_the_input() -> None:
    source = ALIVE.copy()
    grid = EffectGrid(DOSES, DOSES, source, orientation="viability", scale="fraction")
    source[0, 0] = 0.0
    assert grid.effect[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        grid.affected[0, 0] = 1.0


def test_the_package_needs_no_model_and_no_table_library() -> None:
    code = (
        "import sys, redoxsim.analysis\n"
        "print([m for m in ('pandas', 'xarray', 'matplotlib', 'libsbml') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
