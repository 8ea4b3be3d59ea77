"""Writing a file so that it is whole or not there, and never over another one unless told."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from redoxsim.errors import DesignError, RedoxsimError, Where

FIGURES = ("png", "svg", "pdf")
"""Endings of figures."""


class OutputExists(DesignError):
    """The output is there already and nobody said to overwrite it."""


class OutputError(RedoxsimError):
    """The output cannot be written: no such folder, no permission, disk full."""


def check_free(path: str | Path, *, force: bool = False) -> None:
    """Nothing, if ``path`` may be written; worth calling before a long computation.

    Raises
    ------
    OutputExists : a file is there and ``force`` is not set.
    OutputError : its folder is missing or cannot be written, or the path is a folder.
    """
    target = Path(path)
    where = Where(file=str(target))
    if target.is_dir():
        raise OutputError("is a folder, not a file", where=where)
    if _is_device(target):
        return
    if target.exists() and not force:
        raise OutputExists("exists already", where=where, hint="use --force to overwrite it")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"there is no folder '{folder}'", where=where)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"the folder '{folder}' cannot be written", where=where)


def check_writable(path: str | Path, *, force: bool = False) -> None:
    """The same as `check_free`, and that the folder takes a file: tried, because permissions do not tell all.

    Raises
    ------
    OutputExists, OutputError : as `check_free`.
    """
    check_free(path, force=force)
    target = Path(path)
    if _is_device(target):
        return
    probe = target.with_name(f".{target.name}.{os.getpid()}.part")
    with explained(target):
        try:
            probe.touch(exist_ok=False)
        finally:
            with contextlib.suppress(OSError):
                probe.unlink(missing_ok=True)


def check_folder(path: str | Path, *, force: bool = False) -> None:
    """Nothing, if a run can be written into the folder ``path``, new or empty; ``force`` takes one that holds a run.

    Raises
    ------
    OutputExists, OutputError : as `check_free`.
    """
    target = Path(path)
    if target.is_dir() and any(target.iterdir()) and not force:
        raise OutputExists("is not empty", where=Where(file=str(target)), hint="use --force to replace the run in it")
    if target.exists() and not target.is_dir():
        raise OutputError("is a file, not a folder", where=Where(file=str(target)))
    there = next(one for one in (target, *target.absolute().parents) if one.exists())
    if not there.is_dir():
        raise OutputError(f"'{there}' is a file, not a folder", where=Where(file=str(target)))
    check_writable(there / "redoxsim-probe")


def check_figure_path(path: str | Path, *, force: bool = False) -> str:
    """The format that the ending of ``path`` asks for; worth calling before a long computation.

    Raises
    ------
    DesignError : the ending is not png, svg or pdf, or (`OutputExists`) the file is there already.
    OutputError : the file cannot be written there.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FIGURES:
        raise DesignError(
            f"no figure format '{ending}'" if ending else "a figure file needs an ending",
            where=Where(file=str(path)),
            hint="use .png, .svg or .pdf",
        )
    check_writable(path, force=force)
    return ending


def write_text(path: str | Path, text: str, *, force: bool = False) -> Path:
    """The path, once ``text`` stands there in UTF-8 with plain line feeds."""
    return write_bytes(path, text.encode("utf-8"), force=force)


def write_bytes(path: str | Path, data: bytes, *, force: bool = False) -> Path:
    """The path, once ``data`` stands there."""

    def put(place: Path) -> None:
        with open(place, "wb") as stream:
            stream.write(data)

    return write_with(path, put, force=force)


def write_with(path: str | Path, put: Callable[[Path], None], *, force: bool = False) -> Path:
    """The path, once what ``put`` writes stands there, under a temporary name first.

    Raises
    ------
    OutputExists : a file is there and ``force`` is not set.
    OutputError : it cannot be written; nothing is left behind.
    """
    target = Path(path)
    check_free(target, force=force)
    with explained(target):
        if _is_device(target):
            put(target)
            return target
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            put(part)
            os.replace(part, target)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
    return target


def make_folder(path: str | Path) -> Path:
    """The folder, made with its parents where missing."""
    folder = Path(path)
    if folder.is_file():
        raise OutputError("is a file, not a folder", where=Where(file=str(folder)))
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the operating system's errors about ``path`` into an :class:`OutputError` that says what to do."""
    hints = {
        errno.ENOSPC: ("the disk is full", "free some space or write elsewhere"),
        getattr(errno, "EDQUOT", -1): ("the disk quota is used up", "free some space or write elsewhere"),
        errno.EACCES: ("no permission to write here", None),
        errno.EPERM: ("no permission to write here", None),
        errno.EROFS: ("the file system is read-only", None),
        errno.ENAMETOOLONG: ("the file name is too long", None),
        errno.ENOTDIR: ("a part of the path is a file, not a folder", None),
        errno.EFBIG: ("the file would be larger than allowed here", None),
    }
    try:
        yield
    except OSError as error:
        if error.errno is None and not isinstance(error, PermissionError):
            # h5py and others raise bare OSErrors whose text still names the cause
            full = "no space left" in str(error).lower() or "errno = 28" in str(error).lower()
            said, hint = hints[errno.ENOSPC] if full else (f"cannot be written: {error}", None)
        else:
            said, hint = hints.get(error.errno or errno.EACCES, (f"cannot be written: {error.strerror or error}", None))
        raise OutputError(said, where=Where(file=str(path)), hint=hint) from error


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()
