"""Options that verbs share, each defined once. A decorator adds options and hands the verb one object."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from redoxsim.cli.talk import Talk
from redoxsim.errors import DesignError

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("csv", "json", "table", "netcdf")
ENDINGS = {".csv": "csv", ".json": "json", ".txt": "table", ".nc": "netcdf"}


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a result goes and in which format."""

    path: str | None = None
    format: str | None = None
    force: bool = False
    plot: Path | None = None
    methods: Path | None = None

    @property
    def to_stdout(self) -> bool:
        return self.path in (None, "-")

    def chosen(self, *, terminal: bool) -> str:
        """The format asked for, else that of the ending, else a table on a terminal and csv elsewhere."""
        if self.format:
            return self.format
        if not self.to_stdout:
            ending = Path(str(self.path)).suffix.lower()
            if ending in ENDINGS:
                return ENDINGS[ending]
            if Path(str(self.path)).exists() and not Path(str(self.path)).is_file():
                return "csv"
            raise DesignError(
                f"'{self.path}' does not say its format", hint=f"end it in {', '.join(ENDINGS)}, or give --format"
            )
        return "table" if terminal else "csv"

    def ready(self, *, terminal: bool) -> None:
        """Find out before a long run that the result could not be written."""
        from redoxsim.report.files import check_writable

        chosen = self.chosen(terminal=terminal)
        if self.to_stdout and chosen == "netcdf":
            raise DesignError("netcdf is a binary format", hint="give -o FILE.nc")
        if not self.to_stdout:
            check_writable(str(self.path), force=self.force)
        if self.methods is not None:
            check_writable(str(self.methods), force=self.force)
            others = [one for one in (self.plot, None if self.to_stdout else Path(str(self.path))) if one is not None]
            if self.methods.absolute() in [one.absolute() for one in others]:
                raise DesignError(f"the methods cannot go to '{self.methods}' as well", hint="such as methods.md")
        if self.plot is not None:
            from redoxsim.report.files import check_figure_path

            check_figure_path(self.plot, force=self.force)
            if not self.to_stdout and Path(str(self.path)).absolute() == self.plot.absolute():
                raise DesignError(f"table and figure cannot both be '{self.plot}'", hint="give --plot another name")


@dataclass(frozen=True, kw_only=True)
class Solving:
    """How to solve."""

    solver: str = "auto"
    rtol: float | None = None
    atol: float | None = None
    jobs: int | None = None
    seed: int = 1
    dry_run: bool = False

    def keywords(self) -> dict[str, Any]:
        """Keywords for the library, only those given; processes are left to who runs it."""
        given = {"solver": self.solver, "rtol": self.rtol, "atol": self.atol, "seed": self.seed}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Which cell is simulated, how many of a population, and what is changed in it."""

    profile: str | None = None
    cells: int | None = None
    values: Mapping[str, float | str] = field(default_factory=dict)
    start: str | None = None


def _gather(kind: Callable[..., Any], name: str, fields: Mapping[str, str]) -> Callable[[F], F]:
    """A decorator that turns click's keywords ``fields`` into one argument ``name`` of type ``kind``."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapped(**options: Any) -> Any:
            options[name] = kind(
                **{target: options.pop(source) for source, target in fields.items() if source in options}
            )
            return function(**options)

        return wrapped  # type: ignore[return-value]

    return decorate


def _stack(function: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def talk_options(function: F) -> F:
    """``-v`` and ``-q``."""
    return _stack(
        function,
        click.option("-v", "--verbose", is_flag=True, help="Say each stage with its seconds (on stderr)."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
        _gather(_talk, "talk", {"quiet": "quiet", "verbose": "verbose"}),
    )


def _talk(*, quiet: bool, verbose: bool) -> Talk:
    if quiet:
        warnings.simplefilter("ignore")
    return Talk(quiet=quiet, verbose=verbose)


methods_option = click.option(
    "--methods", type=click.Path(path_type=Path), metavar="FILE.md",
    help="Write what a paper says of it: paragraph, constants with grades, references, command.",
)  # fmt: skip


def output_options(
    *, formats: tuple[str, ...] = FORMATS, plot: bool = False, methods: bool = False
) -> Callable[[F], F]:
    """``-o``, ``--format``, ``--force``; where there is a figure ``--plot``, and ``--methods``."""

    def decorate(function: F) -> F:
        options = [
            click.option(
                "-o",
                "--output",
                "output_path",
                metavar="FILE",
                help="Write the result here; '-' is stdout, the default.",
            ),
            click.option(
                "--format",
                "output_format",
                type=click.Choice(formats),
                help="Default: from the ending of -o; a table on a terminal, csv in a pipe.",
            ),
        ]
        if plot:
            options.append(
                click.option(
                    "--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw a figure: .png, .svg or .pdf."
                )
            )
        if methods:
            options.append(methods_option)
        options.append(click.option("--force", is_flag=True, help="Overwrite files that are there."))
        fields = {"output_path": "path", "output_format": "format", "force": "force", "plot": "plot"}
        fields["methods"] = "methods"
        return talk_options(_stack(function, *options, _gather(Output, "output", fields)))

    return decorate


def solving_options(function: F) -> F:
    """``-n``, ``--solver``, ``--rtol``, ``--atol``, ``--jobs``, ``--seed``."""
    return _stack(
        function,
        click.option(
            "-n", "--dry-run", is_flag=True, help="Do everything up to the first solve and say what it would take."
        ),
        click.option(
            "--solver",
            default="auto",
            show_default=True,
            metavar="NAME",
            help="auto, or a name that `redoxsim doctor` lists.",
        ),
        click.option(
            "--rtol",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            help="Relative tolerance  [default: 1e-6, for draws 1e-5]",
        ),
        click.option(
            "--atol",
            type=click.FloatRange(0, min_open=True),
            help="Absolute tolerance of every state, in its own unit  [default: one each, from its typical size]",
        ),
        click.option(
            "--jobs",
            type=click.IntRange(1),
            metavar="N",
            help="Processes, or threads where the solver shares them  [default: one per processor core]",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0),
            default=1,
            show_default=True,
            metavar="N",
            help="Seed of everything that is drawn.",
        ),
        _gather(
            Solving,
            "solving",
            {"solver": "solver", "rtol": "rtol", "atol": "atol", "jobs": "jobs", "seed": "seed", "dry_run": "dry_run"},
        ),
    )


def cell_options(*, usual: int) -> Callable[[F], F]:
    """``--cell``, ``--cells``, ``--set``, ``--start``; ``usual`` is how many cells are taken by default."""
    default = "1" if usual == 1 else f"{usual} where the model says how its cells differ, else 1"

    def decorate(function: F) -> F:
        return _stack(
            function,
            click.option("--cell", metavar="NAME", help="Cell profile: a name that `redoxsim cells` lists, or a file."),
            click.option(
                "--cells",
                type=click.IntRange(1),
                metavar="N",
                help=f"Cells in the population over which is averaged  [default: {default}]",
            ),
            set_option("settings"),
            click.option(
                "--start",
                type=click.Choice(["steady", "given"]),
                help="Start at the undosed steady state or as given  [default: steady for shipped models]",
            ),
            _gather(Cell, "cell", {"cell": "profile", "cells": "cells", "settings": "values", "start": "start"}),
        )

    return decorate


def set_option(name: str) -> Callable[[F], F]:
    """``--set``, repeatable, under a keyword."""
    return click.option(
        "--set",
        name,
        multiple=True,
        metavar="ID=VALUE",
        callback=_settings,
        help="Override a parameter, initial concentration or compartment size: 0.4, or 5mM. Repeatable.",
    )


def settings_option(function: F) -> F:
    """``--set``, repeatable, as ``values``."""
    return set_option("values")(function)


def draws_option(*, figure: bool = False) -> Callable[[F], F]:
    """``--draws``; None where nothing is said: bands (:func:`with_usual_draws`), or only behind a ``figure``."""
    where = "where constants have ranges, --cells is not given and the grid is no larger than usual"
    default = f"200 behind the curves of --plot, 0 for the table, {where}" if figure else f"200 {where}"
    return click.option(
        "--draws",
        type=click.IntRange(0),
        default=None,
        metavar="N",
        help="N joint samples of constants (from their ranges) and cell: median and 5% to 95% band; 0 gives a first "
        f"picture at once, without bands  [default: {default}].",
    )


def with_usual_draws(study: object, draws: int | None, cell: Cell) -> object:
    """The study with bands where neither ``--draws`` nor ``--cells`` says otherwise."""
    from redoxsim.study import Study

    return study.with_bands() if isinstance(study, Study) and draws is None and cell.cells is None else study


def model_argument(function: F) -> F:
    """MODEL, ``redox`` unless another is named."""
    return click.argument("model", default="redox")(function)


def agents_option(*, metavar: str, text: str) -> Callable[[F], F]:
    """``--agent``, repeatable, for verbs of several agents (`redoxsim.cli.combine.read_agents`)."""
    return click.option("--agent", "agents", multiple=True, required=True, metavar=metavar, help=text)


def with_option(function: F) -> F:
    """``--with``, repeatable, as ``background``."""
    return click.option(
        "--with",
        "background",
        multiple=True,
        metavar="DOSE",
        help="A dose of another agent at every point. Repeatable.",
    )(function)


def dose_option(function: F) -> F:
    """``--dose``, repeatable."""
    return _stack(
        function,
        click.option(
            "--dose",
            "doses",
            multiple=True,
            metavar="DOSE",
            help="AGENT=2uM (at 0 h), @6h, @-24h, @0h,24h,48h, @0h..6h (then the medium is exchanged), "
            "AGENT=0.1uM/h@0h..24h (infused), SPECIES:=5uM@2h (set), wash@6h. Repeatable.",
        ),
    )


def observe_option(function: F) -> F:
    """``--observe``, a comma list, repeatable."""
    return _stack(
        function,
        click.option(
            "--observe",
            multiple=True,
            metavar="ID[,ID]",
            callback=comma_list,
            help="Symbols to report: species, parameters, reactions  [default: the model's observables]",
        ),
    )


def data_option(function: F) -> F:
    """``--data``: measured points over the figure."""
    return _stack(
        function,
        click.option(
            "--data",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE.csv",
            help="Measured points to lay over the figure; columns as in docs/reference/file-formats.md.",
        ),
    )


def _settings(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float | str]:
    found: dict[str, float | str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name:
            raise click.BadParameter(f"'{text}' is not ID=VALUE", ctx=ctx, param=parameter)
        if name in found:
            raise click.BadParameter(f"'{name}' is set twice", ctx=ctx, param=parameter)
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value.strip()  # a quantity such as 5mM; whoever knows the symbol judges it
    return found


def comma_list(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(part.strip() for text in given for part in text.split(","))
    if any(not part for part in found):
        raise click.BadParameter(f"an empty name in '{','.join(given)}'", ctx=ctx, param=parameter)
    twice = {part for part in found if found.count(part) > 1}
    if twice:
        raise click.BadParameter(f"given twice: {', '.join(sorted(twice))}", ctx=ctx, param=parameter)
    return found
