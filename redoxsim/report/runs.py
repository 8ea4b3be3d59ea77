"""Run folders: one per run, with everything needed to repeat it.

The same command gives the same bytes in every file but ``log.txt``; what depends on the clock (start, seconds)
stands there and in the folder's name only.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import logging
import platform
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redoxsim
from redoxsim.errors import DesignError, ReadError, Where
from redoxsim.report import tables
from redoxsim.report.document import json_ready
from redoxsim.report.files import OutputExists, check_free, explained, make_folder, write_bytes, write_text
from redoxsim.report.toml import to_toml

if TYPE_CHECKING:
    from matplotlib.figure import Figure

logger = logging.getLogger(__name__)

SCHEMA = "redoxsim/run/1"
ROOT = "runs"
LOG = "log.txt"
# Numbers can depend on these; the rest of an environment cannot change them.
LIBRARIES = (
    "numpy", "scipy", "xarray", "pandas", "h5netcdf", "h5py", "matplotlib", "python-libsbml", "antimony",
    "libroadrunner", "llvmlite",
)  # fmt: skip
_CLOCKED = frozenset({"seconds", "started", "ended", "wall_s"})


@dataclass(frozen=True)
class RunFolder:
    """An open run folder; its methods add files and never overwrite one.

    ``path`` is the folder, ``command`` what was typed, ``settings`` what it resolved to.
    """

    path: Path
    command: str
    settings: Mapping[str, Any]
    _clock: list[datetime.datetime] = field(default_factory=list, repr=False)

    def log(self, message: str) -> None:
        """Adds a line with the time (UTC) to ``log.txt``."""
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with explained(self.path / LOG), open(self.path / LOG, "a", encoding="utf-8", newline="\n") as stream:
            stream.write(f"{stamp} {message}\n")

    def results(self, data: Any, *, name: str = "results", format: str | None = None) -> Path:
        """The path of the results: ``results.nc`` for a Dataset or ResultSet, else csv; ``format`` overrides."""
        is_dataset = tables.dataset_of(data) is not None
        ending = {"netcdf": "nc", "table": "txt"}.get(format or "", format) or ("nc" if is_dataset else "csv")
        target = self.path / f"{name}.{ending}"
        make_folder(target.parent)
        return tables.write(data, target)

    def status(self, rows: Any) -> int:
        """How many solves failed, once ``status.csv`` and ``failed.csv`` stand.

        Parameters
        ----------
        rows : a table or mappings, one per solve, with a column ``status`` ("OK" if it succeeded). Columns that depend
            on the clock (``seconds``) go to the log as a total.
        """
        found = tables.table(rows)
        steady = {name: column for name, column in found.columns.items() if name not in _CLOCKED}
        whole = tables.Table(steady, found.units)
        tables.write(whole, self.path / "status.csv")
        states = [str(getattr(value, "name", value)) for value in found.columns.get("status", ())]
        bad = [i for i, state in enumerate(states) if state != "OK"]
        failed = tables.Table({n: [c[i] for i in bad] for n, c in steady.items()}, found.units)
        tables.write(failed, self.path / "failed.csv")
        if "seconds" in found.columns and len(found):
            seconds = [float(value) for value in found.columns["seconds"]]
            self.log(f"{len(seconds)} solves, {sum(seconds):.3f} s in all, slowest {max(seconds):.3f} s")
        return len(bad)

    def figure(self, figure: Figure, name: str, *, formats: Sequence[str] = ("png",)) -> tuple[Path, ...]:
        """The paths of a figure saved into ``figures/`` in each format."""
        from redoxsim.report.figures.save import save

        folder = make_folder(self.path / "figures")
        return tuple(save(figure, folder / f"{slug(name)}.{ending}") for ending in formats)

    def text(self, name: str, content: str) -> Path:
        """The path of a further text file, such as the verdicts of an experiment."""
        make_folder((self.path / name).parent)
        return write_text(self.path / name, content)

    def finish(self, summary: Mapping[str, Any] | None = None, *, state: str = "finished") -> Path:
        """The path of ``summary.json``, written last: the state, checksums of every file, and ``summary``.

        ``state`` is "finished", "partial" (some solves failed), "interrupted" or "failed". Nothing in ``summary``
        may depend on the clock.
        """
        files = {
            path.relative_to(self.path).as_posix(): sha256(path)
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and path.name not in {LOG, "summary.json"}
        }
        content = {
            "schema": SCHEMA,
            "redoxsim": redoxsim.__version__,
            "state": state,
            "command": self.command,
            **json_ready(summary or {}),
            "files": files,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        written = write_text(self.path / "summary.json", text, force=True)
        if self._clock:
            self.log(f"{state} after {(datetime.datetime.now(datetime.UTC) - self._clock[0]).total_seconds():.2f} s")
        return written


def create(
    *,
    command: str | Sequence[str],
    settings: Mapping[str, Any],
    name: str,
    inputs: Iterable[str | Path] | Mapping[str, str | bytes | Path] = (),
    folder: str | Path | None = None,
    root: str | Path = ROOT,
    versions: Mapping[str, str] | None = None,
    force: bool = False,
    now: datetime.datetime | None = None,
) -> RunFolder:
    """A new run folder with the command, the settings, copies of the inputs with checksums, and the versions.

    Parameters
    ----------
    command : what was typed, as text or as a list of words.
    settings : everything the run depends on, resolved.
    name : goes into the folder's name.
    inputs : files to copy, or contents (text, bytes or a path) by file name.
    folder : this folder instead of ``root/<UTC time>-<name>-<hash>``; it must be empty or new unless ``force``, which
        replaces the files of an earlier run and leaves others alone.
    now : the time for the folder's name; the clock's by default.

    Raises
    ------
    DesignError : (`OutputExists`) ``folder`` holds something, or two inputs have the same name.
    OutputError : it cannot be written.
    """
    words = command if isinstance(command, str) else shlex.join(command)
    text = to_toml(settings)
    contents = _contents(inputs)
    started = now or datetime.datetime.now(datetime.UTC)
    path = Path(folder) if folder is not None else _free(Path(root), name, words + text, contents, started)
    if folder is not None:
        _empty(path, force=force)
    make_folder(path)
    write_text(path / "command.txt", words + "\n")
    write_text(path / "settings.toml", text)
    write_text(path / "versions.json", json.dumps(dict(versions or known_versions()), indent=1) + "\n")
    if contents:
        make_folder(path / "inputs")
        for file, content in contents.items():
            write_bytes(path / "inputs" / file, content)
        sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {file}\n" for file, content in sorted(contents.items()))
        write_text(path / "inputs" / "sha256.txt", sums)
    run = RunFolder(path, words, dict(settings), [datetime.datetime.now(datetime.UTC)])
    run.log(f"started: {words}")
    logger.info("run folder %s", path)
    return run


def known_versions() -> dict[str, str]:
    """Versions that numbers can depend on: redoxsim, Python, platform and libraries ("absent" where missing)."""
    found = {"redoxsim": redoxsim.__version__, "python": platform.python_version()}
    found["platform"] = f"{platform.system()} {platform.machine()}"
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def slug(name: str) -> str:
    """A name that is safe in a file name.

    >>> slug("Auranofin × BSO, 48 h")
    'auranofin-bso-48-h'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "run"


def sha256(path: str | Path) -> str:
    """The SHA-256 checksum of a file, in hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _contents(inputs: Iterable[str | Path] | Mapping[str, str | bytes | Path]) -> dict[str, bytes]:
    named = inputs if isinstance(inputs, Mapping) else {}
    if not isinstance(inputs, Mapping):
        for path in map(Path, inputs):
            if path.name in named and Path(str(named[path.name])).resolve() != path.resolve():
                raise DesignError(
                    f"two inputs are called '{path.name}'", where=Where(file=str(path)), hint="rename one of them"
                )
            named = {**named, path.name: path}
    contents: dict[str, bytes] = {}
    for file, content in named.items():
        if file == "sha256.txt" or Path(file).name != file or file in {".", ".."}:
            raise DesignError(f"an input cannot be called '{file}'")
        if isinstance(content, Path):
            contents[file] = _bytes(content)
        else:
            contents[file] = content.encode() if isinstance(content, str) else content
    return contents


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot read it: {error.strerror or error}", where=Where(file=str(path))) from error


def _free(root: Path, name: str, text: str, contents: Mapping[str, bytes], started: datetime.datetime) -> Path:
    """The first free folder of that minute; the hash tells what was asked for, not when."""
    digest = hashlib.sha256(text.encode())
    for file, content in sorted(contents.items()):
        digest.update(file.encode() + b"\0" + hashlib.sha256(content).digest())
    stem = f"{started.astimezone(datetime.UTC):%Y-%m-%dT%H%M}-{slug(name)}-{digest.hexdigest()[:6]}"
    make_folder(root)
    for number in range(1, 1000):
        path = root / (stem if number == 1 else f"{stem}.{number}")
        with explained(path):
            try:
                path.mkdir()
                return path
            except FileExistsError:
                continue
    raise DesignError(f"there are a thousand runs like '{stem}'", where=Where(file=str(root)))


def _empty(path: Path, *, force: bool) -> None:
    """Makes room in a folder that the user named; only files that an earlier run listed are removed."""
    if path.exists() and not path.is_dir():
        raise DesignError("is a file, not a folder", where=Where(file=str(path)))
    if not path.is_dir() or not any(path.iterdir()):
        return
    if not force:
        raise OutputExists("is not empty", where=Where(file=str(path)), hint="use --force to replace the run in it")
    if not (path / "command.txt").is_file():
        raise OutputExists("holds files but no run", where=Where(file=str(path)), hint="choose another folder")
    check_free(path / "command.txt", force=True)
    with explained(path):
        known = {"command.txt", "settings.toml", "versions.json", "status.csv", "failed.csv", "summary.json", LOG}
        known |= {"scores.csv", "fits.csv", "verdicts.md"}
        summary = _summary(path)
        for file in sorted(known | set(summary.get("files", {})) | {"inputs/sha256.txt"}):
            target = path / file
            if target.resolve().is_relative_to(path.resolve()):
                target.unlink(missing_ok=True)
        for pattern in ("results.*", "results/*", "inputs/*", "figures/*"):
            for target in path.glob(pattern):
                if target.is_file():
                    target.unlink()


def _summary(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
