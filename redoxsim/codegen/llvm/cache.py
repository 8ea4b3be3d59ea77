"""Object code on disk: what a name must hold of, and facts beside the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from redoxsim import __version__
from redoxsim.codegen.llvm.host import host
from redoxsim.kept import KERNELS, code_of


@lru_cache(maxsize=1)
def _writer() -> str:
    """Checksum of the code that writes kernels: a changed writer never meets an old object."""
    here = Path(__file__).parent
    return code_of(tuple(sorted([*here.glob("*.py"), here.parent / "graph.py"])))


def key(*parts: object) -> str:
    """Name of an object: what it was made from, and everything that could make it differ."""
    here = host()
    everything = (__version__, _writer(), here.version, here.cpu, here.features, here.triple, *parts)
    return sha256(repr(everything).encode()).hexdigest()


def load(name: str) -> tuple[Mapping[str, Any], bytes] | None:
    """(facts, object code), or None if there is no whole and unharmed file."""
    body = KERNELS.load(name)
    if body is None:
        return None
    size = int.from_bytes(body[:8], "little")
    facts: Mapping[str, Any] = json.loads(body[8 : 8 + size])
    return facts, body[8 + size :]


def save(name: str, facts: Mapping[str, Any], code: bytes) -> None:
    """Keep an object, where there is a folder for it."""
    text = json.dumps(facts, sort_keys=True).encode()
    KERNELS.save(name, len(text).to_bytes(8, "little") + text + code)
