"""Compiled code between processes: one folder for many, pickles without machine code, fork, spawn and threads."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import shared_work
from shared_work import SOLVERS, batch, digest, digest_one, rates_by, system

llvmlite = pytest.importorskip("llvmlite")

from redoxsim import codegen  # noqa: E402
from redoxsim.codegen import compiled as compiled_module  # noqa: E402
from redoxsim.codegen.llvm import cache, kernel, pointwise  # noqa: E402
from redoxsim.codegen.llvm.host import _LOCK as COMPILING  # noqa: E402
from redoxsim.kept import KERNELS  # noqa: E402
from redoxsim.solve import Problem, lsoda  # noqa: E402
from redoxsim.solve.rosenbrock import RosenbrockSolver  # noqa: E402

LIMIT = 120.0  # seconds after which something hangs


def forget() -> None:
    """As in a process that has not compiled anything yet."""
    kernel._MEMORY.clear()
    pointwise._MADE.clear()
    compiled_module._CACHE.clear()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("REDOXSIM_CACHE", str(tmp_path / "cache"))
    forget()
    yield tmp_path / "cache" / "kernels"
    forget()


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    return {solver: digest(batch(), solver) for solver in SOLVERS}


def started(go: Path, environment: dict[str, str], count: int) -> list[subprocess.Popen[str]]:
    """So many processes, all at the point where the next thing is to compile."""
    command = [sys.executable, "-W", "error", shared_work.__file__, str(go)]
    root = Path(codegen.__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", **environment}
    team = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for one in team:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n", one.communicate()[1]
    return team


def results(team: list[subprocess.Popen[str]]) -> list[str]:
    done = [one.communicate(timeout=LIMIT) for one in team]
    assert [one.returncode for one in team] == [0] * len(team), done
    assert {err for _, err in done} == {""}
    return [out for out, _ in done]


@pytest.mark.slow
def test_sixteen_processes_start_on_an_empty_folder(tmp_path: Path, own_cache: Path, expected: dict[str, str]) -> None:
    together(tmp_path, own_cache, expected, 16)


def test_two_processes_start_on_an_empty_folder(tmp_path: Path, own_cache: Path, expected: dict[str, str]) -> None:
    together(tmp_path, own_cache, expected, 2)


def together(tmp_path: Path, own_cache: Path, expected: dict[str, str], count: int) -> None:
    go = tmp_path / "go"
    team = started(go, {}, count)
    assert not own_cache.exists()
    go.touch()
    found = results(team)
    assert len(set(found)) == 1
    assert found[0].split()[:2] == [expected["rosenbrock"], expected["scipy"]]
    # one for the kernel, one for what it observes, one for single states; nothing half-written
    names = [path.name for path in own_cache.iterdir()]
    assert len(names) == 3
    assert all(name.endswith(KERNELS.suffix) and len(name) == 64 + len(KERNELS.suffix) for name in names)
    assert all(cache.load(path.stem) is not None for path in own_cache.iterdir())
    assert results(started(go, {}, 1)) == found[:1]
    assert sorted(names) == sorted(path.name for path in own_cache.iterdir())


@pytest.mark.parametrize(
    "harm",
    [lambda d: b"", lambda d: d[:9], lambda d: d[: len(d) // 2], lambda d: d[:-1],
     lambda d: d[:500] + bytes([d[500] ^ 1]) + d[501:], lambda d: os.urandom(len(d)), lambda d: d + b"x"],
    ids=["empty", "head only", "half", "a byte short", "a bit flipped", "other bytes", "a byte more"],
)  # fmt: skip
def test_every_file_harmed(harm: Callable[[bytes], bytes], own_cache: Path, expected: dict[str, str]) -> None:
    rows = batch()
    for solver in ("rosenbrock", "scipy"):
        assert digest(rows, solver) == expected[solver]
    whole = {path: path.read_bytes() for path in own_cache.iterdir()}
    assert len(whole) == 3
    for path, data in whole.items():
        path.write_bytes(harm(data))
    forget()
    for solver in ("rosenbrock", "scipy"):
        assert digest(rows, solver) == expected[solver]
    assert {path: path.read_bytes() for path in own_cache.iterdir()} == whole


NOWHERE = {
    "a file is in the way": {"REDOXSIM_CACHE": "{tmp}/file"},
    "cannot be made": {"REDOXSIM_CACHE": "/proc/redoxsim"},
    "the home folder is read-only": {"REDOXSIM_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/proc"},
    "the home folder is not there": {"REDOXSIM_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/proc/nobody"},
}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that even root cannot write to")
@pytest.mark.parametrize("where", NOWHERE)
def test_nothing_can_be_kept(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    for name, text in NOWHERE[where].items():
        monkeypatch.setenv(name, text.format(tmp=tmp_path))
    for solver in ("rosenbrock", "scipy"):
        assert digest(batch(), solver) == expected[solver]
    assert KERNELS.kept() == (0, 0)


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, expected: dict[str, str]) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("REDOXSIM_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert digest(batch(), "rosenbrock") == expected["rosenbrock"]
    assert KERNELS.kept() == KERNELS.clear() == (0, 0)


def test_an_interrupted_write_leaves_nothing(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*paths: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.save("name", {}, b"code")
    assert not list(own_cache.iterdir())


def test_a_name_tells_the_writer_and_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code for another processor, or by another writer, would be wrong here."""
    name, here = cache.key("a"), cache.host()
    assert cache.key("a") == name
    names = {name, cache.key("b"), cache.key("a", "b")}
    facts = {field: getattr(here, field) for field in ("version", "cpu", "features", "triple")}
    for field in facts:
        other = SimpleNamespace(**{**facts, field: "another"})
        monkeypatch.setattr(cache, "host", lambda other=other: other)
        names.add(cache.key("a"))
    monkeypatch.setattr(cache, "host", lambda: here)
    assert cache.key("a") == name
    monkeypatch.setattr(cache, "_writer", lambda: "other code")
    names.add(cache.key("a"))
    assert len(names) == 8


def test_doctor_clears(own_cache: Path, command: Callable[..., object]) -> None:
    pointwise.pointwise(system())
    (own_cache / f".new-left{KERNELS.suffix}").write_bytes(b"of a process that was killed")
    assert len(list(own_cache.iterdir())) == 2
    ran = command("doctor", "--clear-cache")
    assert ran.code == 0  # type: ignore[attr-defined]
    assert not list(own_cache.iterdir())


# --- pickles


def test_pickles_carry_text_only() -> None:
    """Never more than the equations and the generated text, also after use."""
    model = system()
    problem = Problem(system=model, times=[0.0, 1.0])
    python, code = codegen.compile_system(model), pointwise.pointwise(model)
    built = RosenbrockSolver().kernel(problem, ())
    equations = len(pickle.dumps(model))
    text = len("".join((python.text.functions, python.text.constants, python.text.initial)))
    entries = 16 * (len(python.text.literals) + len(python.text.initial_literals) + len(python.text.moving))
    for _ in range(2):
        sizes = {made: len(pickle.dumps(made)) for made in (python, code, built)}
        assert sizes[code] < equations + 200
        assert sizes[built] < equations + 8 * len(model.constants) + 2000  # and the recipe
        assert equations < sizes[python] < equations + text + entries + 2000
        for made in sizes:
            data = pickle.dumps(made)
            assert b"\x7fELF" not in data
            assert rates_by(pickle.loads(data)) == rates_by(made)
        digest(batch(), "rosenbrock")
        digest(batch(), "scipy")
        python.outputs(model.states[:2], np.zeros(1), np.ones((len(model.states), 1)), python.initial()[1])


CONTEXTS = [name for name in ("fork", "spawn", "forkserver") if name in multiprocessing.get_all_start_methods()]
FORKING = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@FORKING
@pytest.mark.parametrize("context", CONTEXTS)
def test_processes_give_the_same_bits(context: str, expected: dict[str, str]) -> None:
    rows = batch()
    model = rows.system
    made = [codegen.compile_system(model), pointwise.pointwise(model), RosenbrockSolver().kernel(rows, ())]
    assert digest(rows, "rosenbrock") == expected["rosenbrock"]  # the parent has compiled and run it
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(context)) as pool:
        jobs = [pool.submit(digest, rows, solver) for solver in SOLVERS for _ in range(2)]
        there = [pool.submit(rates_by, one) for one in made]
        assert [job.result(LIMIT) for job in jobs] == [expected[solver] for solver in SOLVERS for _ in range(2)]
        assert [job.result(LIMIT) for job in there] == [rates_by(one) for one in made]


def test_threads_that_all_compile_first_give_the_same_bits(expected: dict[str, str]) -> None:
    work = [solver for solver in SOLVERS for _ in range(4)]
    with ThreadPoolExecutor(len(work)) as pool:
        found = list(pool.map(lambda solver: digest(batch(), solver), work))
    assert found == [expected[solver] for solver in work]


@FORKING
@pytest.mark.skipif("fork" not in CONTEXTS, reason="this system has no fork")
def test_a_fork_while_other_threads_solve() -> None:
    """Locks that another thread holds at that moment are open in the child."""
    problem = Problem(system=system(), times=np.linspace(0.0, 20.0, 5), values={"k": 0.3})
    before = {solver: digest_one(problem, solver) for solver in SOLVERS}
    held, done = threading.Event(), threading.Event()
    locks = (lsoda._ONE_AT_A_TIME, kernel._LOCK, pointwise._LOCK, compiled_module._LOCK)

    def hold() -> None:
        for lock in locks:
            lock.acquire()
        held.set()
        done.wait(LIMIT)
        for lock in locks:
            lock.release()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(LIMIT)
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(
        target=lambda: send.send({solver: digest_one(problem, solver) for solver in SOLVERS}), daemon=True
    )
    child.start()
    try:
        assert receive.poll(LIMIT), "the child waits for a lock that nobody holds"
        assert receive.recv() == before
    finally:
        done.set()
        other.join()
        child.kill()
        child.join()


@FORKING
@pytest.mark.skipif("fork" not in CONTEXTS, reason="this system has no fork")
def test_a_fork_waits_for_a_compilation() -> None:
    """LLVM cut in two would be of no use to the child."""
    events: list[str] = []
    held = threading.Event()

    def compiling() -> None:
        with COMPILING:
            held.set()
            threading.Event().wait(0.2)
            events.append("compiled")

    other = threading.Thread(target=compiling)
    other.start()
    held.wait(LIMIT)
    child = multiprocessing.get_context("fork").Process(target=lambda: None)
    child.start()
    events.append("forked")
    child.join(LIMIT)
    other.join()
    assert events == ["compiled", "forked"]
    assert child.exitcode == 0
