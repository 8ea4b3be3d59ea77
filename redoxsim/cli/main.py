"""Where ``redoxsim`` starts: errors become a message and an exit code, never a traceback."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import click

from redoxsim import __version__
from redoxsim.cli.command import CONTEXT, Root
from redoxsim.cli.exits import Exit, exit_of
from redoxsim.cli.interrupts import heard
from redoxsim.cli.streams import open_streams, say, silence
from redoxsim.errors import RedoxsimError
from redoxsim.threads import one_each

EXAMPLES = (
    "redoxsim models",
    "redoxsim simulate redox --dose auranofin=2uM --until 48h --every 15min --observe H2O2_m,GSH_c -o out.csv",
    "redoxsim dose-response --agent auranofin --doses 1nM..10uM:log:24 --at 48h --plot curve.png",
    "redoxsim combine --agent auranofin --agent bso --score bliss,loewe --plot surface.png",
    "redoxsim run auranofin-bso",
)


@click.command(
    cls=Root,
    examples=EXAMPLES,
    context_settings=CONTEXT,
    help="What a dose does to the redox state and the fate of a cell, why, and how sure we are.",
    epilog="`redoxsim COMMAND --help` says more. Exit codes: 0 good, 1 partial or not as expected, 2 wrong use, "
    "3 model, 4 build, 5 solve, 130 interrupted.",
)
@click.version_option(__version__, "-V", "--version", prog_name="redoxsim")
def cli() -> None:
    pass


RARELY = (100_000, 20, 20)
"""Thresholds of the garbage collector: loading libraries and models makes many objects and hardly any garbage, and
looking through them a thousand times takes a tenth of the time of a short command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give back its exit code."""
    open_streams()
    one_each()
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        with warnings.catch_warnings():
            # Whatever PYTHONWARNINGS says: what the library tells a user is never a crash.
            warnings.filterwarnings("default", category=UserWarning)
            warnings.showwarning = Warned()
            with heard() as interrupted:
                return _guarded(arguments, interrupted)
    finally:
        gc.set_threshold(*before)


class Warned:
    """Says what the library warns of: each text once, no place in the code."""

    def __init__(self) -> None:
        self.said: set[str] = set()

    def __call__(self, message: Warning | str, category: type[Warning], *args: Any, **kwargs: Any) -> None:
        ours = category.__module__.startswith("redoxsim.")
        meant = ours or category is Warning or issubclass(category, UserWarning | RuntimeWarning)
        if meant and str(message) not in self.said:
            self.said.add(str(message))
            say(f"Warning: {message}")


def _guarded(arguments: Sequence[str] | None, interrupted: Callable[[], bool]) -> int:
    try:
        result = cli.main(
            args=list(arguments) if arguments is not None else None, prog_name="redoxsim", standalone_mode=False
        )
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        return _usage(error)
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted.")
        return Exit.INTERRUPTED
    except RedoxsimError as error:
        return _explained(error)
    except BrokenPipeError:
        silence(sys.stdout)
        return Exit.GOOD
    except SystemExit as ended:
        # click ends with 1 where the reader of a help text has closed the pipe; only then does it wrap stdout.
        wrapped = getattr(sys.stdout, "wrapped", None)
        if wrapped is not None:
            silence(wrapped)
            return Exit.GOOD
        raise ended
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        say(f"Error: {place}{error.strerror or error}")
        _mute()
        return Exit.USAGE
    except MemoryError as error:
        say(f"Error: this needs more memory than there is{f' ({error})' if str(error) else ''}")
        say("Hint: fewer points, cells, draws or samples; --dry-run says how much a command takes")
        return Exit.USAGE
    except Exception as error:
        if interrupted():
            say("Interrupted.")
            return Exit.INTERRUPTED
        return _bug(error)
    return int(result) if isinstance(result, int) else Exit.GOOD


def _mute() -> None:
    """Whatever is left in stdout's buffer cannot be written: let the end of the process not complain again."""
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)


def _usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
        return Exit.USAGE
    say(f"Error: {error.format_message()}")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        say(f"Try '{error.ctx.command_path} --help'.")
    return Exit.USAGE


def _explained(error: RedoxsimError) -> int:
    place = f"{error.where}: " if error.where and str(error.where) else ""
    say(f"Error: {place}{error.message}")
    others = getattr(error, "others", ())
    if others:
        if error.hint:
            say(f"Hint: {error.hint}")
        for one in others:
            _explained(one)
        return exit_of(error)
    report = getattr(error, "report", None)
    if report is not None and str(report) not in error.message:
        say(str(report))
    status = getattr(getattr(error, "solution", None), "status", None)
    if status is not None:
        say(f"`redoxsim explain {status.name}` says what to do.")
    if error.hint:
        say(f"Hint: {error.hint}")
    return exit_of(error)


def _bug(error: Exception) -> int:
    import tempfile  # both take longer to load than all of redoxsim that every command loads
    import traceback

    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="redoxsim-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(f"redoxsim {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n\n{text}")
        kept = f"the details are in {file.name}"
    except OSError:
        kept = "the details could not be written to a file"
    say(f"This is a bug in redoxsim ({type(error).__name__}: {error}). Please report it; {kept}.")
    return Exit.BUG


if __name__ == "__main__":
    sys.exit(main())
