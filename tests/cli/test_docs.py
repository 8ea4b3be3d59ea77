"""What the pages show works: commands parse, files load, links lead somewhere."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from redoxsim import catalog
from redoxsim.pharmacology import apply_agent, load_agent, load_cell
from redoxsim.study import experiment

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fenced(page: Path, language: str = "") -> list[str]:
    """Blocks of code of a language; every block is matched, so that none begins where another ends."""
    return [text for marked, text in FENCED.findall(page.read_text(encoding="utf-8")) if marked == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_pages_parse(page: Path, parses: Callable[[str], None]) -> None:
    if page.name == "cli.md":
        return  # its examples are those of the help, which has a test of its own
    for block in fenced(page):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("redoxsim "):
                parses(line)


def said(page: Path) -> list[str]:
    """Commands of a page, a line each: those of its blocks, and those between backticks in its text."""
    blocks = [line for block in fenced(page) for line in block.replace("\\\n", " ").splitlines()]
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    lines = [*blocks, *(" ".join(one.split()) for one in re.findall(r"`(redoxsim [^`]*)`", text))]
    return [line for line in lines if line.startswith("redoxsim ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_parse(page: Path, parses: Callable[[str], None]) -> None:
    """A command that is only named may leave out what it must be given; what it is given must exist."""
    if page.name == "cli.md":
        return
    for line in said(page):
        try:
            parses(line)
        except click.MissingParameter:
            continue
        except click.BadOptionUsage as error:
            if "requires an argument" not in str(error):
                raise


WRITES = ("-o", "--output", "--plot", "--methods", "--correlations")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_of_a_page_meets_a_file_of_another(page: Path) -> None:
    """Files are not overwritten: a reader who types the commands in order would be stopped."""
    if page.name == "cli.md":
        return
    there: set[str] = set()
    for block in fenced(page):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True) if line.startswith("redoxsim ") else []
            made = {value for option, value in itertools.pairwise(words) if option in WRITES}
            if not {"--force", "--resume"} & set(words):
                assert not made & there, line
            there |= made


@pytest.fixture(scope="module")
def symbols() -> dict[str, set[str]]:
    """What can be named in each shipped model."""
    from redoxsim import network

    return {model: {part.id for part in network.read(model)} for model in catalog.models()}


OWN = re.compile(r"my-|mine|[A-Z]+$")  # the reader's own, or a place for a name: MODEL, NAME
SYMBOLS = ("--set", "--axis", "--free", "--observe")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_on_pages_exist(page: Path, symbols: dict[str, set[str]]) -> None:
    """Models, agents, cells and experiments, and what is set, observed, scanned, freed or dosed in a model."""
    agents = set(catalog.agents())
    of_agents = tuple(f"{name.replace('-', '_')}_" for name in agents)
    for line in said(page):
        _, verb, *words = shlex.split(line, comments=True)
        first = next(iter(words), "")
        own = not first or first.startswith("-") or bool(OWN.match(first) and first not in symbols)
        here = symbols.get(first, symbols["redox"])
        for option, value in itertools.pairwise(words):
            listed = value.split(",") if option in ("--observe", "--free") else [value]
            for name in (re.split(r"[=:@]", text)[0] for text in listed):
                if OWN.match(name) and name not in here:
                    continue
                if option == "--agent":
                    assert name in agents, line
                elif option == "--dose":
                    assert name in agents | here | {"wash"}, line
                elif option in SYMBOLS and not OWN.match(first):
                    assert name in here or name.startswith(of_agents), line
        if verb in ("simulate", "scan", "steady", "fit", "export"):
            assert own or first in symbols, line
        if verb == "run" or (verb, first, len(words)) == ("experiments", "show", 2):
            assert own or (words[-1] if verb == "experiments" else first) in {"all", *catalog.experiments()}, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_on_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_agent_on_the_page_can_be_given(tmp_path: Path) -> None:
    from redoxsim import network

    (text,) = fenced(ROOT / "docs/howto/add-an-agent.md", "toml")
    path = tmp_path / "my-drug.toml"
    path.write_text(text, encoding="utf-8")
    changed = apply_agent(network.read("redox"), load_agent(path))
    assert "my_drug_hits_GCL" in {one.id for one in changed.reactions}


def test_the_files_on_the_page_load(tmp_path: Path) -> None:
    measured, cell, example, corrected = fenced(ROOT / "docs/reference/file-formats.md", "toml")
    agent = (ROOT / "models/agents/bso.toml").read_text(encoding="utf-8")
    (tmp_path / "bso.toml").write_text(f"{agent.partition('[[measured]]')[0]}\n{measured}", encoding="utf-8")
    assert len(load_agent(tmp_path / "bso.toml").measured) == 1
    (tmp_path / "gsr-low.toml").write_text(cell, encoding="utf-8")
    assert load_cell(tmp_path / "gsr-low.toml").overrides == {"GSR": 0.1}
    (tmp_path / "experiment.toml").write_text(example, encoding="utf-8")
    assert experiment.load(tmp_path).expect[0].wanted() == ">= 3"
    (point,) = tomllib.loads(corrected)["corrected"]
    assert experiment.Corrected.model_validate(point).as_document == ("catalase-by-trx",)


def test_every_shipped_status_has_a_section() -> None:
    from redoxsim.cli.explain import guide_file, sections
    from redoxsim.solve import Status

    assert set(sections(guide_file().read_text(encoding="utf-8"))) == {status.name for status in Status}


def test_set_up_is_two_commands() -> None:
    commands = [line for block in fenced(ROOT / "README.md") for line in block.splitlines() if line.strip()]
    assert commands == ["make demo", "make test"]


def test_the_cell_on_the_page_can_be_used(tmp_path: Path) -> None:
    (text,) = fenced(ROOT / "docs/howto/add-a-cell-or-parameters.md", "toml")
    path = tmp_path / "my-cell.toml"
    path.write_text(text, encoding="utf-8")
    cell = load_cell(path)
    assert cell.overrides == {"TXNRD1": 2.2, "vH_c": 2.2}
    assert cell.population.cv == {"TXNRD1": 0.3}


def test_the_curves_on_the_page_give_the_plate_that_it_tells_of(tmp_path: Path) -> None:
    from redoxsim.study import lab_plate

    page = ROOT / "docs/howto/plan-a-plate.md"
    (table,) = (block for block in fenced(page) if block.startswith("auranofin [uM]"))
    (tmp_path / "curves.csv").write_text(table, encoding="utf-8")
    made = lab_plate.plate([tmp_path / "curves.csv"], number=6, replicates=3).plate
    told = f"With these curves {made.telling} of 36 combinations tell."
    assert told in " ".join(page.read_text(encoding="utf-8").split())
