"""``redoxsim doctor``: what is here, what works, and why something does not."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import click

from redoxsim import __version__
from redoxsim.cli.command import Verb
from redoxsim.cli.emit import emit_rows
from redoxsim.cli.options import Output, output_options
from redoxsim.cli.talk import Talk, grouped
from redoxsim.threads import processors

LIBRARIES = (
    "numpy",
    "scipy",
    "xarray",
    "pandas",
    "h5netcdf",
    "h5py",
    "matplotlib",
    "pydantic",
    "click",
    "rich",
    "llvmlite",
    "python-libsbml",
    "antimony",
    "libroadrunner",
    "tellurium",
)
HEADS = ("what", "state", "detail")


@click.command(
    "doctor",
    cls=Verb,
    examples=("redoxsim doctor", "redoxsim doctor --format json", "redoxsim doctor --clear-cache"),
    help="Versions, solvers that work and why not, where data is.\n\nAlways exits with 0.",
)
@click.option(
    "--clear-cache",
    is_flag=True,
    help="First remove what is kept on disk: compiled kernels, models read, rates in Python, draws.",
)
@output_options(formats=("csv", "json", "table"))
def command(clear_cache: bool, output: Output, talk: Talk) -> None:
    if clear_cache:
        from redoxsim.kept import SHELVES

        removed = {what: shelf.clear() for what, shelf in SHELVES.items()}
        files = ", ".join(f"{what} {grouped(number)}" for what, (number, _) in removed.items())
        talk.note(f"Removed: {files}; {grouped(sum(size for _, size in removed.values()))} bytes")
    emit_rows([*_versions(), *_solvers(), *_cache(), *_data()], output, schema="doctor/1", columns=HEADS)


def _row(what: str, state: str, detail: str = "") -> dict[str, Any]:
    return {"what": what, "state": state, "detail": detail}


def _versions() -> list[dict[str, Any]]:
    from redoxsim.kept import versions_of

    rows = [
        _row("redoxsim", __version__),
        _row("python", platform.python_version(), sys.executable),
        _row("machine", platform.machine(), f"{platform.system()}, {processors()} processor cores"),
    ]
    found = zip(LIBRARIES, versions_of(*LIBRARIES), strict=True)
    return [*rows, *(_row(name, one or "missing") for name, one in found)]


def _solvers() -> list[dict[str, Any]]:
    from redoxsim import solve

    return [
        _row(f"solver {name}", "works" if why is None else "does not work", why or "")
        for name, why in solve.available().items()
    ]


def _cache() -> list[dict[str, Any]]:
    from redoxsim.kept import SHELVES

    rows = []
    for what, shelf in SHELVES.items():
        files, size = shelf.kept()
        try:
            place = f"{size} bytes in {shelf.folder()}"
        except OSError as error:
            place = str(error)
        rows.append(_row(what, str(files), place))
    return rows


def _data() -> list[dict[str, Any]]:
    from redoxsim import catalog

    rows = [
        _row(
            "REDOXSIM_PATH",
            "set" if os.environ.get("REDOXSIM_PATH") else "not set",
            os.environ.get("REDOXSIM_PATH", ""),
        )
    ]
    rows += [_row("data folder", "found" if root.is_dir() else "missing", str(root)) for root in catalog.roots()]
    for what, found in (
        ("models", catalog.models()),
        ("agents", catalog.agents()),
        ("cells", catalog.cells()),
        ("experiments", catalog.experiments()),
    ):
        rows.append(_row(what, str(len(found)), ", ".join(found)))
    return rows
