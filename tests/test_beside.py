"""Work in a second process: what it gives, what happens where it fails, who waits for whom."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from redoxsim import beside
from redoxsim.beside import Beside, each


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever threads the test run has, those of these tests hold no lock that their work needs."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    monkeypatch.setattr(beside, "can_fork", lambda: True)


@pytest.mark.usefixtures("forks")
def test_another_process_does_it() -> None:
    one = Beside(lambda: (os.getpid(), "x" * 10_000_000))
    assert one.elsewhere
    process, text = one.result()
    assert process != os.getpid()
    assert len(text) == 10_000_000
    assert one.result()[0] == process  # once


def test_where_no_fork_is_safe_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "can_fork", lambda: False)
    one = Beside(os.getpid)
    assert not one.elsewhere
    assert one.result() == os.getpid()


def test_a_process_with_a_second_thread_is_not_forked() -> None:
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()
    try:
        assert not beside.can_fork()
    finally:
        wait.set()
        thread.join()


@pytest.mark.usefixtures("forks")
def test_an_error_is_raised_here() -> None:
    def fails() -> int:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        Beside(fails).result()


@pytest.mark.usefixtures("forks")
def test_what_the_other_process_did_not_finish_is_done_here(tmp_path: object) -> None:
    here = os.getpid()

    def dies() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return 7

    assert Beside(dies).result() == 7
    assert Beside(lambda: lambda: 3).result()() == 3  # a function cannot be pickled


@pytest.mark.usefixtures("forks")
def test_what_nobody_wants_is_stopped() -> None:
    one = Beside(lambda: time.sleep(60.0))
    child = one._child
    one.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    other = Beside(lambda: time.sleep(60.0))
    child = other._child
    del other
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.usefixtures("forks")
@pytest.mark.parametrize(("count", "processes"), [(0, 2), (1, 4), (7, 1), (7, 2), (7, 3), (2, 9)])
def test_each_keeps_the_order(count: int, processes: int) -> None:
    found = each(lambda item: (item * item, os.getpid()), range(count), processes=processes)
    assert [square for square, _ in found] == [item * item for item in range(count)]
    assert len({process for _, process in found}) == max(1, min(processes, count)) - (count == 0)


@pytest.mark.usefixtures("forks")
def test_each_raises_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    fork = os.fork

    def noted() -> int:
        child = fork()
        begun.append(child)
        return child

    def slow_or_wrong(item: int) -> int:
        if item == 0:
            raise ValueError("first")
        time.sleep(60.0)
        return item

    monkeypatch.setattr(os, "fork", noted)
    with pytest.raises(ValueError, match="first"):
        each(slow_or_wrong, range(3), processes=3)
    assert len(begun) == 2
    for child in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
