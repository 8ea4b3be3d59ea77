"""What the shell completes after a TAB."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from redoxsim import catalog
from redoxsim.cli.main import cli


def offered(typed: str) -> list[str]:
    """What is offered for the last word of ``typed``; files are told as <files>."""
    *words, last = typed.split(" ")
    items = ShellComplete(cli, {}, "redoxsim", "_REDOXSIM_COMPLETE").get_completions(words, last)
    return ["<files>" if item.type == "file" else item.value for item in items]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("simul", ["simulate"]),
        ("simulate redox-c", ["redox-core", "<files>"]),
        ("models show gs", ["gsh", "<files>"]),
        ("agents show auran", ["auranofin", "<files>"]),
        ("combine --agent auran", ["auranofin"]),
        ("simulate redox --dose auran", ["auranofin"]),
        ("simulate redox --cell gsr", ["gsr-low", "<files>"]),
        ("run auranofin-bs", ["auranofin-bso", "<files>"]),
        ("simulate gsh --observe GSH_c,GSSG_wh", ["GSH_c,GSSG_whole"]),
        ("simulate gsh --set GCL", ["GCLC"]),
        ("dose-response --set TXNRD", ["TXNRD1", "TXNRD2"]),
        ("simulate no-such-model --observe G", []),
        ("explain STEP", []),
    ],
)
def test_names_are_offered(typed: str, wanted: list[str]) -> None:
    found = offered(typed)
    assert set(wanted) <= set(found)
    last = typed.split(" ")[-1]
    assert all(one.startswith(last) for one in found if one != "<files>")
    if not wanted:
        assert found in ([], ["<files>"])


def test_every_shelf_is_offered_whole() -> None:
    assert offered("simulate ") == [*sorted(catalog.models()), "<files>"]
    assert offered("dose-response --agent ") == sorted(catalog.agents())
