"""What a benchmark measures, on small models with fake and real solvers; no test asserts a time."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from redoxsim.errors import DesignError, Unsupported
from redoxsim.study import benchmark
from redoxsim.study.benchmark import cases, contender, measuring
from redoxsim.study.benchmark.accuracy import errors
from redoxsim.study.benchmark.cases import Case
from redoxsim.study.benchmark.contender import Ours, Outcome, RowByRow
from redoxsim.study.benchmark.measuring import Settings
from redoxsim.study.benchmark.result import Benchmark

TEXT = """
model loop
  compartment c = 2;
  species A in c = 3; species B in c = 0.2; $F in c = 1;
  substanceOnly species D in c = 1;
  k = 5; w = 0.5; half := A/(A + B);
  forth: A -> B; c*k*A*F;
  back: B -> A; c*w*B;
  drain: B -> D; 0.1*c*B;
  x = 1; x' = -0.3*x*half;
end
"""
SMALL = Settings(rows=12, sample=4, repeats=2, budget=30.0, rtols=(1e-3, 1e-6), end=5.0)


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "loop.ant"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


@pytest.fixture
def case(model: str) -> Case:
    return cases.of_model(model, 12, end=5.0)


def installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except (ImportError, OSError):
        return False
    return True


@pytest.mark.parametrize("name", list(measuring.CONTENDERS))
def test_every_solver_gets_the_same_conditions(name: str, case: Case) -> None:
    """Values, units, amounts, rate rules and boundary species: a solver given other numbers would be far off."""
    one = measuring.CONTENDERS[name]()
    try:
        one.load(case)
    except contender.NotInstalled as error:
        pytest.skip(f"{name}: {error.message}")
    rows = np.array([5, 2, 9])
    full = replace(case, observe=("A", "B", "D", "x", "half"))
    one.load(full)
    got = one.run(rows, 1e-8)
    exact = RowByRow("scipy:radau")
    exact.load(full)
    wanted = exact.run(rows, 1e-10).values
    assert got.failed == 0
    assert np.all(got.seconds >= 0.0)
    assert errors(got.values, wanted).max() < 1e-5
    # and again in another order: nothing is left over from the rows before
    assert errors(one.run(rows[::-1], 1e-8).values, wanted[::-1]).max() < 1e-5


def test_a_benchmark_of_a_file(model: str) -> None:
    told: list[tuple[int, int, int]] = []
    result = benchmark.bench(
        [model], solvers=("rosenbrock", "scipy"), settings=SMALL, against="scipy",
        progress=lambda *counts: told.append(counts),
    )  # fmt: skip
    assert not result.interrupted
    (measured,) = result.cases
    assert [point.rtol for point in measured.of("rosenbrock")] == [1e-3, 1e-6]
    loose, tight = measured.of("rosenbrock")
    assert loose.seconds.shape == (2, 12)
    assert measured.of("scipy")[0].seconds.shape == (2, 4)
    assert tight.errors.rms() < loose.errors.rms() < 1e-2
    assert tight.errors.max() < 1e-4
    assert measured.agreement < 1e-6
    assert measured.left_out == 0
    assert told[-1] == (8, 0, 8)
    rows = result.rows()
    assert {row["solver"] for row in rows} == {"rosenbrock", "scipy"}
    ours = [row for row in rows if row["solver"] == "rosenbrock"]
    assert all(row["ms_low"] <= row["ms"] <= row["ms_high"] for row in rows)
    assert all(row["faster_low"] <= row["times_faster"] <= row["faster_high"] for row in ours)
    assert all(row["steps"] > 0 for row in ours)


def test_kernels_are_not_taken_from_disk(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "kept"))
    benchmark.bench([model], solvers=("rosenbrock",), settings=SMALL)
    assert os.environ["REDOXSIM_CACHE"] == str(tmp_path / "kept")
    assert not list((tmp_path / "kept").rglob("*.kernel"))


class Fake:
    """Gives exact values with a chosen relative error and time at every tolerance."""

    together = False
    largest: int | None = None

    def __init__(self, name: str, error: Callable[[float], float], seconds: Callable[[float], float]) -> None:
        self.name, self.error, self.seconds = name, error, seconds

    def load(self, case: Case) -> float:
        self.inner = Ours()
        self.inner.load(case)
        return 0.0

    def run(self, rows: np.ndarray, rtol: float) -> Outcome:
        exact = self.inner.run(rows, 1e-11).values
        return Outcome(
            values=exact * (1.0 + self.error(rtol)), seconds=np.full(len(rows), self.seconds(rtol)),
            steps=np.zeros(len(rows)),
        )  # fmt: skip


def with_fakes(monkeypatch: pytest.MonkeyPatch, **fakes: Fake) -> None:
    kept = {name: measuring.CONTENDERS[name] for name in ("rosenbrock", "cvode", "scipy")}
    changed = kept | {name: (lambda one=one: one) for name, one in fakes.items()}
    monkeypatch.setattr(measuring, "CONTENDERS", changed)


def test_ratios_are_taken_at_equal_error(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One needs rtol for its error and takes 1/rtol ms; the other is ten times as accurate and takes a hundredth."""
    with_fakes(
        monkeypatch,
        copasi=Fake("copasi", lambda rtol: rtol, lambda rtol: 1e-3 / rtol),
        amici=Fake("amici", lambda rtol: rtol / 10.0, lambda rtol: 1e-5 / rtol),
    )
    settings = replace(SMALL, rtols=(1e-2, 1e-3, 1e-4, 1e-5))
    result = benchmark.bench([model], solvers=("copasi", "amici"), settings=settings, against="copasi")
    at = {one.error: one for one in result.equal()}
    # error 1e-3: one takes 1 s at its rtol 1e-3, the other 1 ms at rtol 1e-2
    assert at[1e-3].times == pytest.approx(1000.0, rel=1e-2)
    assert at[1e-3].bound == ""
    row = next(row for row in result.rows() if row["solver"] == "amici" and row["rtol"] == 1e-4)
    assert row["times_faster"] == pytest.approx(1000.0, rel=1e-2)
    # an error that the other never reached
    last = next(row for row in result.rows() if row["solver"] == "amici" and row["rtol"] == 1e-5)
    assert last["bound"] == "at least"
    assert result.equal((1e-9,))[0].bound == "about"


def test_rows_that_fail_are_counted_and_not_timed(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Fake):
        def run(self, rows: np.ndarray, rtol: float) -> Outcome:
            found = super().run(rows, rtol)
            bad = np.asarray(rows) == 1
            found.values[bad] = np.nan
            return replace(found, seconds=np.where(bad, np.nan, found.seconds))

    with_fakes(monkeypatch, copasi=Failing("copasi", lambda rtol: rtol, lambda rtol: 2e-3))
    result = benchmark.bench([model], solvers=("copasi",), settings=SMALL)
    for row in result.rows():
        assert row["failed"] == 1
        assert row["ms"] == pytest.approx(2.0)
        assert row["error_rms"] == pytest.approx(row["rtol"], rel=1e-2)
    assert result.failed == 2


def test_a_tool_that_is_not_here_says_so(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, package: str) -> None:
        raise contender.NotInstalled("not installed", hint=f"pip install {package}")

    for name in ("with_amici", "with_copasi"):
        monkeypatch.setattr(importlib.import_module(f"redoxsim.study.benchmark.{name}"), "present", missing)
    result = benchmark.bench([model], solvers=("rosenbrock", "copasi", "amici"), settings=SMALL)
    notes = {row["solver"]: row.get("note") for row in result.rows()}
    assert notes == {"rosenbrock": None, "copasi": "not installed", "amici": "not installed"}


def test_what_is_not_there_cannot_be_imported() -> None:
    with pytest.raises(contender.NotInstalled, match="not installed") as error:
        contender.present("no_such_module_anywhere", "nothing")
    assert error.value.hint == "pip install nothing"


def test_dense_solvers_do_not_try_large_systems(case: Case) -> None:
    fake = Fake("copasi", lambda rtol: rtol, lambda rtol: 1e-3)
    fake.largest = 2
    with pytest.raises(Unsupported, match="dense"):
        measuring._prepare(fake, case, SMALL, 4)


def test_slow_solvers_get_fewer_rows(case: Case) -> None:
    runner = measuring._prepare(RowByRow(), case, replace(SMALL, budget=1e-9), 4)
    assert runner.rows == 2
    assert measuring._prepare(RowByRow(), case, replace(SMALL, budget=1e9), 4).rows == 4


def test_an_interrupt_keeps_what_is_done(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Fake):
        runs = 0

        def run(self, rows: np.ndarray, rtol: float) -> Outcome:
            self.runs += 1
            if self.runs > 5:  # the first result, once at both tolerances, then one repeat of both
                raise KeyboardInterrupt
            return super().run(rows, rtol)

    with_fakes(monkeypatch, copasi=Stopped("copasi", lambda rtol: rtol, lambda rtol: 1e-3))
    result = benchmark.bench([model, model], solvers=("copasi",), settings=SMALL)
    assert result.interrupted
    (measured,) = result.cases
    assert [point.seconds.shape[0] for point in measured.points] == [1, 1]
    assert len(result.rows()) == 2


def test_rows_on_which_references_differ_are_left_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(Fake):
        def run(self, rows: np.ndarray, rtol: float) -> Outcome:
            found = super().run(rows, rtol)
            found.values[1] *= 1.01
            return found

    with_fakes(monkeypatch, cvode=Wrong("cvode", lambda rtol: 0.0, lambda rtol: 1e-3))
    reference, by, second, agreement = measuring.make_reference(case, 3)
    assert (by, second) == ("rosenbrock", "cvode")
    assert np.isnan(reference[1]).all()
    assert np.isfinite(reference[[0, 2]]).all()
    assert agreement < 1e-9


def test_redox_starts_at_rest() -> None:
    """Without drugs nothing moves, and all three doses are spread over three decades with a tenth of zeros."""
    made = cases.redox(400)
    assert set(made.columns) == {"auranofin_x", "bso_x", "celecoxib_x"}
    doses = made.columns["bso_x"]
    assert 0.04 < np.mean(doses == 0.0) < 0.18
    assert 1.0 <= doses[doses > 0.0].min() < 10.0 < 500.0 < doses.max() <= 1000.0
    still = replace(made, columns={name: np.zeros(1) for name in made.columns}, rows=1)
    solver = Ours()
    solver.load(still)
    values = solver.run(np.zeros(1, dtype=np.intp), 1e-8).values[0]
    np.testing.assert_allclose(values[:, -1], values[:, 0], rtol=1e-5)


def test_cases_are_drawn_from_the_seed(model: str) -> None:
    one, same, other = (cases.of_model(model, 6, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.columns["A"], same.columns["A"])
    assert np.any(one.columns["A"] != other.columns["A"])
    assert np.all((one.columns["A"] >= 3.0 / 2**0.5) & (one.columns["A"] <= 3.0 * 2**0.5))
    assert "c" not in one.columns


def test_names_of_cases(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "redox"
    folder.mkdir()
    (folder / "m1.xml").write_text("", encoding="utf-8")
    monkeypatch.setenv(cases.DATA, str(tmp_path))
    assert cases.find(["redox", "published", "chain", "redox", model]) == [
        "redox", "published:m1", "chain:1", "chain:4", "chain:16", "chain:64", model,
    ]  # fmt: skip
    monkeypatch.delenv(cases.DATA)
    with pytest.raises(DesignError, match=f"{cases.DATA} is not set"):
        cases.find(["published"])
    with pytest.raises(DesignError, match="chain:COPIES"):
        cases.find(["chain:none"])
    with pytest.raises(DesignError, match="no case 'redx'") as error:
        cases.find(["redx"])
    assert "redox" in str(error.value.hint)


def test_a_case_that_cannot_be_measured_does_not_stop_the_others(model: str, tmp_path: Path) -> None:
    still = tmp_path / "still.ant"
    still.write_text("model still\n  k = 1; a := 2*k;\nend\n", encoding="utf-8")
    result = benchmark.bench([str(still), model], solvers=("rosenbrock",), settings=SMALL)
    assert [one.case.name for one in result.cases] == ["loop"]
    assert "no differential equations" in result.skipped[str(still)]
    with pytest.raises(DesignError, match="no differential equations"):
        benchmark.bench([str(still)], solvers=("rosenbrock",), settings=SMALL)


def test_threads_are_compared_by_the_clock(case: Case) -> None:
    one, two = benchmark.scaling(case, (1, 2), repeats=2)
    assert (one.threads, one.times, one.low, one.high) == (1, 1.0, 1.0, 1.0)
    assert two.threads == 2
    assert two.low <= two.times <= two.high
    with pytest.raises(DesignError):
        benchmark.scaling(case, (0,), repeats=1)


def test_overall_is_the_median_over_published_models(model: str) -> None:
    result = benchmark.bench([model], solvers=("rosenbrock", "scipy"), settings=SMALL, against="scipy")
    (measured,) = result.cases
    as_published = replace(measured, case=replace(measured.case, group="published"))
    one = Benchmark(cases=(as_published,) * 3, against="scipy", machine={}, settings={})
    assert [count for _, _, count in one.overall()] == [3, 3, 3]
    assert one.overall()[0][1] == pytest.approx(one.equal()[0].times)


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"repeats": 0}, {"rtols": ()}, {"rtols": (0.0,)}])
def test_settings_that_make_no_sense(wrong: dict[str, object]) -> None:
    with pytest.raises(DesignError):
        replace(SMALL, **wrong)  # type: ignore[arg-type]


def test_the_machine_is_named() -> None:
    facts = benchmark.machine()
    said = benchmark.line(facts)
    assert facts["processor"] in said
    assert f"numpy {np.__version__}" in said
