"""Settings as TOML text that reads back as the same values (the standard library only reads TOML)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

from redoxsim.errors import DesignError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def to_toml(settings: Mapping[str, Any]) -> str:
    """The settings as TOML, in the order given; entries that are None are left out.

    Raises
    ------
    DesignError : a value that TOML cannot hold.

    >>> print(to_toml({"model": "redox", "rtol": 1e-6, "axis": {"TXNRD1": [0.1, 1.0]}}), end="")
    model = "redox"
    rtol = 1e-06
    <BLANKLINE>
    [axis]
    TXNRD1 = [0.1, 1.0]
    """
    lines: list[str] = []
    _table(settings, (), lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(content: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    present = {str(name): value for name, value in content.items() if value is not None}
    nested = {name for name, value in present.items() if isinstance(value, Mapping) or _is_table_list(value)}
    for name, value in present.items():
        if name not in nested:
            lines.append(f"{_key(name)} = {_value(value, (*path, name))}")
    for name in (name for name in present if name in nested):
        value = present[name]
        here = (*path, name)
        dotted = ".".join(map(_key, here))
        if isinstance(value, Mapping):
            lines += ["", f"[{dotted}]"]
            _table(value, here, lines)
        else:
            for item in value:
                lines += ["", f"[[{dotted}]]"]
                _table(item, here, lines)


def _is_table_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any, path: tuple[str, ...]) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str | PurePath):
        return _text(str(value))
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(k))} = {_value(v, (*path, str(k)))}" for k, v in value.items() if v is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return "[" + ", ".join(_value(item, path) for item in items if item is not None) + "]"
    raise DesignError(f"the setting '{'.'.join(path)}' of kind {type(value).__name__} cannot be written as TOML")


def _float(value: float) -> str:
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def _text(text: str) -> str:
    escaped = "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 else c) for c in text)
    return f'"{escaped}"'
