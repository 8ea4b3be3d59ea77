"""The engine: the same numbers however rows are cut, progress, interruption, failures."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest

from redoxsim import equations, network
from redoxsim.errors import DesignError, Unsupported
from redoxsim.solve import Batch, BatchSolution, Status, solve_batch
from redoxsim.study import engine, worker
from redoxsim.study.plan import estimate

# x = 1 + k*t; the rate is not-a-number once x is above c, so rows with k above 0.5 fail before the end.
BLOW = "model blow()\n species x = 1; k = 0.1; c = 2; -> x; k + 0*sqrt(c - x); -> y; c*x; species y = 0;\nend"


@pytest.fixture(scope="module")
def system() -> equations.OdeSystem:
    return equations.build(network.read_antimony(BLOW))


def batch(system: equations.OdeSystem, k: list[float], c: list[float] | None = None) -> Batch:
    columns = {"k": np.array(k)} | ({"c": np.array(c)} if c else {})
    return Batch(system=system, times=np.array([0.0, 1.0, 2.0]), rows=len(k), columns=columns, observe=("x", "y"))


def test_values_are_right(system: equations.OdeSystem) -> None:
    done = engine.run(batch(system, [0.1, 0.2, 0.3]))
    assert done.ok.all()
    np.testing.assert_allclose(done.values[:, 0, 2], [1.2, 1.4, 1.6], rtol=1e-5)
    assert done.solver == "rosenbrock"
    assert done.why


def test_any_cut_gives_the_same_bits(system: equations.OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    k = np.linspace(0.01, 0.4, 11).tolist()
    whole = engine.run(batch(system, k)).values
    monkeypatch.setattr(engine, "CHUNK", 2)
    assert np.array_equal(engine.run(batch(system, k)).values, whole)
    turned = engine.run(batch(system, k[::-1])).values
    assert np.array_equal(turned[::-1], whole)


def test_processes_give_the_same_bits(system: equations.OdeSystem) -> None:
    k = np.linspace(0.01, 0.4, 6).tolist()
    before = dict(os.environ)
    calls: list[tuple[int, int, int]] = []
    done = engine.run(batch(system, k), jobs=2, progress=lambda *call: calls.append(call))
    assert np.array_equal(done.values, engine.run(batch(system, k)).values)
    assert calls[-1] == (6, 0, 6)
    assert dict(os.environ) == before


def test_failed_rows_touch_no_other(system: equations.OdeSystem) -> None:
    calls: list[tuple[int, int, int]] = []
    done = engine.run(batch(system, [0.1, 5.0, 0.2]), progress=lambda *call: calls.append(call))
    assert done.ok.tolist() == [True, False, True]
    assert np.isnan(done.values[1, :, 2]).all()
    assert 1 in done.messages
    assert calls[-1] == (3, 1, 3)
    alone = engine.run(batch(system, [0.1, 0.2]))
    assert np.array_equal(done.values[[0, 2]], alone.values)


def test_rows_with_equal_values_stay_together(system: equations.OdeSystem) -> None:
    chunks = engine.chunked(batch(system, [0.1, 0.2] * 8, [2.0] * 16), 4)
    assert sorted(row for chunk in chunks for row in chunk) == list(range(16))
    even = [chunk for chunk in engine.chunked(batch(system, [0.1, 0.2, 0.3, 0.4] * 8), 4) if 0 in chunk]
    assert even[0].tolist() == list(range(0, 32, 4))
    small = engine.chunked(batch(system, [0.2, 0.1, 0.2, 0.3, 0.1]), 1, most=3)
    assert [chunk.tolist() for chunk in small] == [[0, 2], [1, 4, 3]]


def test_cancel_keeps_what_is_done(system: equations.OdeSystem) -> None:
    done = 0

    def progress(now: int, failed: int, total: int) -> None:
        nonlocal done
        done = now

    run = engine.run(batch(system, [0.1] * 6), solver="scipy", progress=progress, cancel=lambda: done >= 2)
    assert run.interrupted
    assert [status is Status.INTERRUPTED for status in run.status] == [False] * 2 + [True] * 4
    assert np.isfinite(run.values[:2]).all()
    assert np.isnan(run.values[2:]).all()


class PressOnce:
    """Presses Ctrl-C once, when so many rows are done."""

    def __init__(self, at: int) -> None:
        self.at, self.pressed = at, False

    def __call__(self, now: int, failed: int, total: int) -> None:
        if now >= self.at and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_keeps_what_is_done(system: equations.OdeSystem) -> None:
    before = signal.getsignal(signal.SIGINT)
    run = engine.run(batch(system, [0.1] * 6), solver="scipy", progress=PressOnce(3))
    assert run.interrupted
    assert int(run.ok.sum()) == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_the_last_moment_is_not_lost(system: equations.OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_checked", lambda *_: signal.raise_signal(signal.SIGINT))
    run = engine.run(batch(system, [0.1] * 6), solver="scipy")
    assert run.ok.all(), "every row had been solved"
    assert run.interrupted, "who runs many designs stops here"


def test_ctrl_c_with_processes(system: equations.OdeSystem) -> None:
    run = engine.run(batch(system, np.linspace(0.01, 0.4, 40).tolist()), solver="scipy", jobs=2, progress=PressOnce(1))
    assert run.interrupted
    assert 0 < int(run.ok.sum()) < 40


def test_a_worker_that_is_to_end_gives_back_what_it_has_done(
    system: equations.OdeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ending:
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 2

    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    worker.begin(pickle.dumps((batch(system, [0.1] * 6), "scipy")), Ending())
    done = worker.work([5, 4, 3, 2])
    assert [status is Status.INTERRUPTED for status in done.status] == [False, False, True, True]
    assert np.isfinite(done.values[:2]).all()


def test_runs_outside_the_main_thread(system: equations.OdeSystem) -> None:
    found: list[engine.Run] = []
    thread = threading.Thread(target=lambda: found.append(engine.run(batch(system, [0.1]))))
    thread.start()
    thread.join()
    assert found[0].ok.all()


def test_other_solvers_are_checked_against_the_reference(system: equations.OdeSystem) -> None:
    assert engine.run(batch(system, [0.1]), solver="scipy").check is None
    try:
        done = engine.run(batch(system, np.linspace(0.01, 0.4, 8).tolist()), solver="cvode")
    except Unsupported:
        pytest.skip("no CVODE on this machine")
    assert done.check is not None
    assert len(done.check.rows) == 3
    assert 0.0 < done.check.largest < 1e-4


def test_solver_with_threads_of_its_own_gets_whole_blocks(
    system: equations.OdeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Threaded:
        name, supports, threads = "threaded", frozenset[str](), 99

        def solve_batch(self, rows: Batch, **_: object) -> BatchSolution:
            seen.append((rows.rows, self.threads))
            return solve_batch(rows, "scipy")

    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(engine, "choose", lambda batch, solver: (Threaded(), "asked for"))
    monkeypatch.setattr(engine, "_checked", lambda *_: None)
    k = np.linspace(0.01, 0.4, 300).tolist()
    assert engine.run(batch(system, k), jobs=3).ok.all()
    assert seen == [(300, 3)]


def test_bad_settings(system: equations.OdeSystem) -> None:
    with pytest.raises(DesignError, match="jobs"):
        engine.run(batch(system, [0.1]), jobs=0)
    with pytest.raises(DesignError, match="no solver 'scypi'"):
        engine.run(batch(system, [0.1]), solver="scypi")


def test_what_the_reference_cannot_solve_is_not_compared(
    system: equations.OdeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(rows: Batch, solver: str) -> BatchSolution:
        found = solve_batch(rows, solver)
        values = found.values.copy()
        values[0] = np.nan
        return replace(found, values=values, status=(Status.STEP_BUDGET, *found.status[1:]))

    monkeypatch.setattr(engine, "solve_batch", fails_once)
    check = engine.run(batch(system, np.linspace(0.01, 0.4, 8).tolist()), solver="rosenbrock").check
    assert check is not None
    assert len(check.rows) == 2
    assert len(check.unsolved) == 1
    assert check.largest < 1e-4
    assert str(check).endswith("1 of the sample could not be solved by scipy and went unchecked")
    alone = engine.run(batch(system, [0.1]), solver="rosenbrock").check
    assert alone is not None
    assert str(alone) == "1 of the sample could not be solved by scipy and went unchecked"


def test_a_stopped_run_has_whole_results(system: equations.OdeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CHUNK", 8)
    k = np.repeat(np.linspace(0.1, 0.4, 4), 10).tolist()  # 4 cells, each at 10 points
    whole = engine.run(batch(system, k), solver="scipy")
    together = engine.run(batch(system, k), solver="scipy", together=4)
    assert np.array_equal(together.values, whole.values)
    stopped = engine.run(batch(system, k), solver="scipy", together=4, progress=PressOnce(18))
    ok = stopped.ok.reshape(4, 10)
    assert ok.all(axis=0).tolist() == [True] * 4 + [False] * 6
    np.testing.assert_array_equal(stopped.values.reshape(4, 10, 2, 3)[:, :4], whole.values.reshape(4, 10, 2, 3)[:, :4])


def test_values_that_are_next_to_nothing_are_compared_with_the_largest_of_the_design() -> None:
    one, other = np.array([[[1.0], [1e-20]], [[2.0], [3.0]]]), np.array([[[1.0], [5e-20]], [[2.0], [3.0]]])
    assert engine.difference(one, other) == pytest.approx(0.8)
    assert engine.difference(one, other, np.array([2.0, 3.0])) < 1e-12
    assert engine.difference(one, other * 1.01, np.array([2.0, 3.0])) == pytest.approx(0.01 / 1.01)


def test_memory_is_known_before(system: equations.OdeSystem) -> None:
    small, large = (estimate(batch(system, [0.1] * rows)) for rows in (1, 1001))
    assert small.bytes == 8 * small.solves * len(batch(system, [0.1]).observe) * len(batch(system, [0.1]).times)
    assert large.memory > small.memory > small.bytes
    assert large.memory - small.memory >= 4 * (large.bytes - small.bytes)


@pytest.mark.parametrize(("largest", "said"), [(0.9, True), (0.05, False)])
def test_solvers_that_do_not_agree_at_all_are_named_as_such(largest: float, said: bool) -> None:
    text = str(engine.Check(rows=(3, 7), largest=largest))
    assert text.startswith(f"2 solved again with scipy differ by {largest:.1e} at most")
    assert ("two states of rest" in text) is said


def test_a_row_that_takes_far_more_steps_is_no_candidate_for_the_check() -> None:
    """One of eight oscillates a hundred times as fast."""
    text = "model f()\n species S = 1, C = 0; S -> ; w*C; -> C; w*S; w = 1\nend"
    rows = Batch(
        system=equations.build(network.read_antimony(text)), times=np.array([0.0, 10.0]), rows=8, observe=("S",),
        columns={"w": np.array([1.0, 1.1, 1.2, 100.0, 1.3, 1.4, 1.5, 1.6])},
    )  # fmt: skip
    done = engine.run(rows, solver="rosenbrock", sample=8)
    assert done.ok.all()
    assert done.check is not None
    assert done.check.rows == (0, 1, 2, 4, 5, 6, 7)
    assert done.check.laborious == 1
    assert str(done.check).endswith("1 that took over 10 times the usual steps were no candidates")


def test_what_has_decayed_to_nothing_is_no_difference() -> None:
    """After 7200 s at 1/s both solvers have 1e-15 or less of the 10 there were, and not the same 1e-15."""
    fading = equations.build(network.read_antimony("model f()\n species S = 10; S -> ; k*S; k = 1\nend"))
    rows = Batch(
        system=fading, times=np.array([7200.0]), rows=3, columns={"k": np.array([0.5, 1.0, 2.0])}, observe=("S",)
    )
    check = engine.run(rows, solver="rosenbrock").check
    assert check is not None
    assert check.largest < 1e-6


def test_a_solver_with_threads_is_given_whole_results_one_after_another(system: equations.OdeSystem) -> None:
    """Row by row in the order of the cells no dose would be whole before the last cell is begun."""
    cells, doses = 4, 40
    queued = np.concatenate(engine._queued(batch(system, [0.1] * (cells * doses)), cells))
    assert sorted(queued.tolist()) == list(range(cells * doses))
    first = queued[: cells * engine.BESIDE] % doses
    assert np.bincount(first, minlength=doses).tolist() == [cells] * engine.BESIDE + [0] * (doses - engine.BESIDE)
