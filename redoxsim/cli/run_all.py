"""``redoxsim run all``: every experiment into its folder, several at once, and one page of them all."""

from __future__ import annotations

import contextlib
import datetime
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redoxsim.cli.exits import Exit
from redoxsim.cli.options import Solving
from redoxsim.cli.talk import Progress, Talk, plural
from redoxsim.errors import DesignError, RedoxsimError, Where
from redoxsim.threads import processors

PAGE = "report.html"


@dataclass
class Children:
    """Experiments in processes of their own, in a session of their own: signals reach them through this one only."""

    running: set[subprocess.Popen[str]] = field(default_factory=set)
    ending: bool = False

    def run(self, words: Sequence[str]) -> tuple[int, str]:
        """The exit code of a command and what it said."""
        if self.ending:
            return Exit.INTERRUPTED, ""
        with subprocess.Popen(
            [sys.executable, "-m", "redoxsim.cli.main", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            encoding="utf-8", errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            self.running.add(process)
            if self.ending:  # since it was asked above
                process.send_signal(signal.SIGINT)
            try:
                _, said = process.communicate()
            finally:
                self.running.discard(process)
        return process.returncode, said

    def interrupt(self) -> None:
        """Ctrl-C for all that run, each writes what it has done; the second time they end at once."""
        how = signal.SIGKILL if self.ending and hasattr(signal, "SIGKILL") else signal.SIGINT
        self.ending = True
        for process in tuple(self.running):
            process.send_signal(how)


@contextlib.contextmanager
def passed_on(children: Children, say: Callable[[], None]) -> Iterator[None]:
    """While it lasts, being told to end (SIGTERM, a closed terminal) ends the children as Ctrl-C does.

    Without it this process would be gone at once and they would go on.
    """
    names = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        names = []

    def told(*_: object) -> None:
        if not children.ending:
            with contextlib.suppress(RuntimeError):  # it came while something else was being said
                say()
        children.interrupt()

    before: dict[signal.Signals, Any] = {name: signal.signal(name, told) for name in names}
    if names and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # In the background of a script Ctrl-C is ignored, and children would inherit that: what is sent to them is not.
        before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def run_all(
    *,
    changes: Mapping[str, str],
    folder: str | None,
    formats: tuple[str, ...],
    force: bool,
    resume: bool,
    draws: int,
    solving: Solving,
    talk: Talk,
) -> int:
    """Run every experiment that is shipped; the exit code: the largest of theirs."""
    from redoxsim import catalog
    from redoxsim.report.files import OutputExists, make_folder

    names = list(catalog.experiments())
    fits_all(names, changes)
    if solving.dry_run:
        from redoxsim.cli.run import run_experiment

        for name in names:
            talk.note(f"{name}:")
            run_experiment(
                name, changes=dict(changes), folder=None, formats=formats, force=force, solving=solving, talk=talk,
                command=(),
            )  # fmt: skip
        return Exit.GOOD
    now = datetime.datetime.now(datetime.UTC)
    root = Path(folder) if folder is not None else Path("runs") / f"{now:%Y-%m-%dT%H%M}-all"
    if root.is_dir() and any(root.iterdir()) and not (force or resume):
        raise OutputExists(
            "is not empty", where=Where(file=str(root)), hint="--resume goes on with it, --force replaces its runs"
        )
    make_folder(root)
    options = [part for key, value in changes.items() for part in ("-S", f"{key}={value}")]
    options += ["--draws", str(draws), *_options(solving)]
    options += ["--figures", formats[0]] if formats else ["--no-figures"]
    done = {
        name
        for name in names
        if resume and still_good(name, root / name, changes=changes, solving=solving, draws=draws)
    }
    if done:
        talk.note(f"{plural(len(done), 'experiment')} done before")
    waiting = {
        name: ["run", name, "-o", str(root / name), *options, *(["--force"] if (root / name).exists() else [])]
        for name in names
        if name not in done
    }
    codes = _at_once(waiting, solving.jobs or processors(), talk)
    page = write_page(root, names)
    talk.note(f"Written: {page}")
    if Exit.INTERRUPTED in codes.values():
        talk.note("Interrupted; --resume goes on.")
        return Exit.INTERRUPTED
    kept = [Exit.GOOD if _holds(root / name) else Exit.PARTIAL for name in done]
    return max([*codes.values(), *kept], default=Exit.GOOD)


def fits_all(names: Sequence[str], changes: Mapping[str, str]) -> None:
    """Nothing, where every experiment takes these changes; told before any of them runs.

    Raises
    ------
    DesignError : one that some do not take.
    """
    from redoxsim.study import experiment as experiments

    given = " ".join(f"-S {key}={value}" for key, value in changes.items())
    for name in names if changes else ():
        place = experiments.find(name)
        try:
            experiments.load(place)
        except RedoxsimError:
            continue  # it cannot be read at all: told when its turn comes
        try:
            experiments.load(place, changes=dict(changes))
        except RedoxsimError as error:
            raise DesignError(
                f"{name} cannot be run with {given}: {error.message}", hint="with `all` only what every experiment has"
            ) from error


def _at_once(waiting: Mapping[str, Sequence[str]], jobs: int, talk: Talk) -> dict[str, int]:
    """Exit codes by experiment; each is told of when it ends."""
    children, codes, progress = Children(), dict[str, int](), Progress()

    def ending() -> None:
        talk.note("Ending: experiments under way write what they have done.")

    with talk.progress("experiments", progress), passed_on(children, ending), ThreadPoolExecutor(jobs) as pool:
        futures: dict[Future[tuple[int, str]], str] = {
            pool.submit(children.run, words): name for name, words in waiting.items()
        }
        left = set(futures)
        while left:
            try:
                finished, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                ending()
                children.interrupt()
                continue
            for future in finished:
                name = futures[future]
                code, said = future.result()
                codes[name] = code if code >= 0 else Exit.INTERRUPTED
                progress(len(codes), sum(one > Exit.PARTIAL for one in codes.values()), len(futures))
                if not children.ending:
                    last = said.strip().splitlines()[-1:] if code in (Exit.GOOD, Exit.PARTIAL) else [said.strip()]
                    talk.note(f"[{len(codes)}/{len(futures)}] {name}: {''.join(last)}")
    return codes


def write_page(root: Path, names: Sequence[str]) -> Path:
    """The page of all runs that are there, in the order of the names."""
    from redoxsim.report import page, runlist
    from redoxsim.report.files import write_text

    there = [name for name in names if (root / name / "command.txt").is_file()]
    missing = [name for name in names if name not in there]
    return write_text(
        root / PAGE, page.report_page([runlist.load(root / name) for name in there], missing=missing), force=True
    )


def still_good(name: str, folder: Path, *, changes: Mapping[str, str], solving: Solving, draws: int) -> bool:
    """Whether a folder holds a whole run of an experiment with these settings and with the inputs as they are now."""
    from redoxsim.cli.run import resolved
    from redoxsim.report import runlist
    from redoxsim.report.runs import sha256
    from redoxsim.report.toml import to_toml
    from redoxsim.study import experiment as experiments
    from redoxsim.study.experiment_runs import HowTo, inputs

    try:
        run = runlist.load(folder)
        place = experiments.find(name)
        chosen = experiments.load(place, changes=dict(changes))
        how = HowTo(solver=solving.solver, rtol=solving.rtol, atol=solving.atol)
        if run.state not in ("finished", "partial") or runlist.changed(run):
            return False
        if (folder / "settings.toml").read_text(encoding="utf-8") != to_toml(resolved(chosen, how, draws)):
            return False
        now = {file: sha256(path) for file, path in inputs(chosen, place).items()}
        return {file: sha256(path) for file, path in runlist.inputs(run).items()} == now
    except (RedoxsimError, OSError):
        return False


def _holds(folder: Path) -> bool:
    from redoxsim.report import runlist

    summary = runlist.load(folder).summary
    passes = all(one.get("verdict") != "does not hold" for one in summary.get("expectations", {}).values())
    return passes and summary.get("state") == "finished"


def _options(solving: Solving) -> list[str]:
    found = ["--jobs", "1", "--solver", solving.solver]
    for name, value in (("--rtol", solving.rtol), ("--atol", solving.atol)):
        found += [name, repr(value)] if value is not None else []
    return found
