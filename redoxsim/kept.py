"""What is kept on disk between runs, by content: safe with many processes, and with files cut short or overwritten.

A name is the checksum of everything that a file was made from, so nothing kept is ever out of date: what changed has
another name. A file that is missing or harmed is made again by whoever wants it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path


def root() -> Path:
    """Where everything is kept: $REDOXSIM_CACHE, else the user's cache folder.

    Raises
    ------
    OSError : there is neither; then nothing is kept.
    """
    given = os.environ.get("REDOXSIM_CACHE")
    if given:
        return Path(given)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "redoxsim"
    except RuntimeError as error:
        raise OSError("this user has no home folder; REDOXSIM_CACHE can name one") from error


@dataclass(frozen=True)
class Shelf:
    """One kind of kept file: a folder of its own below :func:`root`, what names end with, how files begin."""

    kind: str
    suffix: str
    magic: bytes

    def folder(self) -> Path:
        """Where this kind is kept. Raises OSError like :func:`root`."""
        return root() / self.kind

    def load(self, name: str) -> bytes | None:
        """What was kept under a name, or None if there is no whole and unharmed file."""
        try:
            data = (self.folder() / f"{name}{self.suffix}").read_bytes()
        except OSError:
            return None
        head = len(self.magic) + 32
        body = data[head:]
        if not data.startswith(self.magic) or sha256(name.encode() + body).digest() != data[len(self.magic) : head]:
            return None
        return body

    def save(self, name: str, body: bytes) -> None:
        """Keep something. A folder that cannot be written to is no error: what was to be kept is there anyway."""
        data = self.magic + sha256(name.encode() + body).digest() + body
        try:
            place = self.folder()
            place.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=place, prefix=".new-", suffix=self.suffix)
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, place / f"{name}{self.suffix}")
        except BaseException as error:  # also an interrupt leaves nothing half-written behind
            Path(temporary).unlink(missing_ok=True)
            if not isinstance(error, OSError):
                raise

    def kept(self) -> tuple[int, int]:
        """(files, bytes) that are kept now."""
        return self._each(lambda path: None)

    def clear(self) -> tuple[int, int]:
        """Remove all kept files; (files, bytes) removed."""
        return self._each(Path.unlink)

    def _each(self, act: Callable[[Path], object]) -> tuple[int, int]:
        files = size = 0
        try:
            place = self.folder()
        except OSError:
            return 0, 0
        found = (*place.glob(f"*{self.suffix}"), *place.glob(f".new-*{self.suffix}")) if place.is_dir() else ()
        for path in found:
            try:
                length = path.stat().st_size
                act(path)
            except OSError:
                continue
            files, size = files + 1, size + length
        return files, size


KERNELS = Shelf("kernels", ".kernel", b"redoxsim kernel 1\n")
MODELS = Shelf("models", ".model", b"redoxsim model 1\n")
RATES = Shelf("rates", ".rates", b"redoxsim rates 1\n")
DRAWS = Shelf("draws", ".draws", b"redoxsim draws 1\n")
SHELVES = {"compiled kernels": KERNELS, "models read": MODELS, "rates in Python": RATES, "draws": DRAWS}
"""All kinds, by what people call them."""


@lru_cache(maxsize=8)
def code_of(paths: Iterable[Path]) -> str:
    """Checksum of source files (a tuple of them): what changed code would make never meets what old code made."""
    total = sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


@lru_cache(maxsize=8)
def versions_of(*libraries: str) -> tuple[str, ...]:
    """Versions of libraries, "" of those that are missing; none of them is imported."""
    from importlib import metadata

    found = []
    for name in libraries:
        try:
            found.append(metadata.version(name))
        except metadata.PackageNotFoundError:
            found.append("")
    return tuple(found)


__all__ = ["DRAWS", "KERNELS", "MODELS", "RATES", "SHELVES", "Shelf", "code_of", "root", "versions_of"]
