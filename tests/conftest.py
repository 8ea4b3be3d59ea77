"""Fixtures that every test folder may use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from redoxsim.network import Network, parse
from redoxsim.network.parts import (
    Compartment,
    Event,
    InitialAssignment,
    Parameter,
    Participant,
    Reaction,
    Rule,
    Species,
)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of third-party models. The test is skipped, saying so, where it is not given."""
    given = os.environ.get("REDOXSIM_TEST_DATA", "")
    if not given:
        pytest.skip("REDOXSIM_TEST_DATA is not set: it names the folder of third-party models")
    path = Path(given).resolve()
    if not (path / "redox").is_dir():
        pytest.fail(f"REDOXSIM_TEST_DATA is {given}, which has no folder 'redox'")
    return path


def _side(text: str) -> tuple[Participant, ...]:
    found = []
    for term in filter(None, (part.strip() for part in text.split("+"))):
        match = re.fullmatch(r"(?:([\d.]+)\s+)?(\w+)", term)
        assert match, term
        found.append(Participant(species=match[2], stoichiometry=float(match[1] or 1)))
    return tuple(found)


def _rule(text: str) -> Rule:
    kind, sign = ("assignment", ":=") if ":=" in text else ("rate", "' =")
    target, expr = text.split(sign)
    return Rule(kind=kind, target=target.strip(), expr=parse(expr))


def _event(number: int, text: str) -> Event:
    at, body = text.split(":", 1)
    pairs = [item.split("=", 1) for item in body.split(";")]
    return Event(
        id=f"e{number}",
        time=parse(at.removesuffix("+")),
        inclusive=not at.endswith("+"),
        assignments=tuple((target.strip(), parse(expr)) for target, expr in pairs),
    )


def small_network(
    reactions: Sequence[str] = (),
    *,
    species: Mapping[str, float | None] | None = None,
    parameters: Mapping[str, float | None] | None = None,
    compartments: Mapping[str, float | None] | None = None,
    where: Mapping[str, str] | None = None,
    boundary: Sequence[str] = (),
    constant: Sequence[str] = (),
    amounts: Sequence[str] = (),
    rules: Sequence[str] = (),
    initial: Mapping[str, str] | None = None,
    events: Sequence[str] = (),
) -> Network:
    """``"r1: A + 2 B -> C; k*A*B"``, rules ``"x := 2*A"`` and ``"z' = -z"``, events ``"5: A = 2; k = 3"``.

    Species not named in ``species`` start at 0, those not in ``where`` live in the first compartment;
    ``amounts`` have only substance units and start with an amount. An event at ``5+`` fires after 5.
    """
    sizes = dict(compartments or {"c": 1.0})
    values: dict[str, float | None] = dict(species or {})
    made = []
    for number, text in enumerate(reactions):
        head, rate = text.split(";")
        name, equation = head.split(":") if ":" in head else (f"r{number}", head)
        left, right = (_side(half) for half in equation.split("->"))
        for part in (*left, *right):
            values.setdefault(part.species, 0.0)
        made.append(Reaction(id=name.strip(), reactants=left, products=right, rate=parse(rate)))
    parts = [
        Species(
            id=name,
            compartment=(where or {}).get(name, next(iter(sizes))),
            boundary=name in boundary,
            constant=name in constant,
            only_substance=name in amounts,
            initial_amount=value if name in amounts else None,
            initial_concentration=None if name in amounts else value,
        )
        for name, value in values.items()
    ]
    written = tuple(_rule(text) for text in rules)
    fired = tuple(_event(number, text) for number, text in enumerate(events))
    changed = {rule.target for rule in written} | {target for event in fired for target, _ in event.assignments}
    return Network(
        id="small",
        compartments=tuple(Compartment(id=n, size=v, constant=n not in changed) for n, v in sizes.items()),
        species=tuple(parts),
        parameters=tuple(Parameter(id=n, value=v, constant=n not in changed) for n, v in (parameters or {}).items()),
        reactions=tuple(made),
        rules=written,
        initial_assignments=tuple(InitialAssignment(target=n, expr=parse(e)) for n, e in (initial or {}).items()),
        events=fired,
    )


@pytest.fixture(scope="session")
def network_of() -> Callable[..., Network]:
    """Small networks written as text: the function :func:`small_network`."""
    return small_network


ROOT = Path(__file__).resolve().parent.parent
SKIPPED: list[str] = []


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs the command line in this process."""
    from redoxsim.cli.main import main

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code=int(code), out=out, err=err)

    return run


@pytest.fixture
def shell() -> Callable[..., Ran]:
    """Runs the command line in a process of its own, without a terminal."""

    def run(*arguments: object, timeout: float = 120.0) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "redoxsim.cli.main", *map(str, arguments)],
            capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, env=environment(), check=False,
        )  # fmt: skip
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


def environment() -> dict[str, str]:
    """Variables for a process that imports this package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.skipped and item.get_closest_marker("data") is not None:
        SKIPPED.append(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With REDOXSIM_REQUIRE_DATA set, tests that need third-party models must not be skipped."""
    if os.environ.get("REDOXSIM_REQUIRE_DATA") and SKIPPED and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("REDOXSIM_REQUIRE_DATA") and SKIPPED:
        terminalreporter.write_line(
            f"{len(SKIPPED)} tests that need third-party models were skipped: {', '.join(SKIPPED[:3])}"
        )
