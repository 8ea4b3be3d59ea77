"""Object code on disk, by content: safe with many processes, and with files cut short or overwritten."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from redoxsim import __version__
from redoxsim.codegen.llvm.host import host

MAGIC = b"redoxsim kernel 1\n"
SUFFIX = ".kernel"


def folder() -> Path:
    """Where objects are kept: $REDOXSIM_CACHE, else the user's cache folder.

    Raises
    ------
    OSError : there is neither; then nothing is kept.
    """
    given = os.environ.get("REDOXSIM_CACHE")
    if given:
        return Path(given) / "kernels"
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "redoxsim" / "kernels"
    except RuntimeError as error:
        raise OSError("this user has no home folder; REDOXSIM_CACHE can name one") from error


@lru_cache(maxsize=1)
def _writer() -> str:
    """Checksum of the code that writes kernels: a changed writer never meets an old object."""
    total = sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), here.parent / "graph.py"]):
        total.update(path.read_bytes())
    return total.hexdigest()


def key(*parts: object) -> str:
    """Name of an object: what it was made from, and everything that could make it differ."""
    here = host()
    everything = (__version__, _writer(), here.version, here.cpu, here.features, here.triple, *parts)
    return sha256(repr(everything).encode()).hexdigest()


def load(name: str) -> tuple[Mapping[str, Any], bytes] | None:
    """(facts, object code), or None if there is no whole and unharmed file."""
    try:
        data = (folder() / f"{name}{SUFFIX}").read_bytes()
    except OSError:
        return None
    head = len(MAGIC) + 32
    body = data[head:]
    if not data.startswith(MAGIC) or sha256(name.encode() + body).digest() != data[len(MAGIC) : head]:
        return None
    size = int.from_bytes(body[:8], "little")
    facts: Mapping[str, Any] = json.loads(body[8 : 8 + size])
    return facts, body[8 + size :]


def save(name: str, facts: Mapping[str, Any], code: bytes) -> None:
    """Keep an object. A folder that cannot be written to is no error: the code is there anyway."""
    text = json.dumps(facts, sort_keys=True).encode()
    body = len(text).to_bytes(8, "little") + text + code
    data = MAGIC + sha256(name.encode() + body).digest() + body
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place, prefix=".new-", suffix=SUFFIX)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, place / f"{name}{SUFFIX}")
    except BaseException as error:  # also an interrupt leaves nothing half-written behind
        Path(temporary).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise


def kept() -> tuple[int, int]:
    """(files, bytes) that are kept now."""
    return _each(lambda path: None)


def clear() -> tuple[int, int]:
    """Remove all kept objects; (files, bytes) removed."""
    return _each(Path.unlink)


def _each(act: Callable[[Path], object]) -> tuple[int, int]:
    files = size = 0
    try:
        place = folder()
    except OSError:
        return 0, 0
    for path in (*place.glob(f"*{SUFFIX}"), *place.glob(f".new-*{SUFFIX}")) if place.is_dir() else ():
        try:
            length = path.stat().st_size
            act(path)
        except OSError:
            continue
        files, size = files + 1, size + length
    return files, size
