"""Long straight-line functions in parts: a compiler takes more than twice the time for twice the length."""

from __future__ import annotations

import re
from collections.abc import Sequence

from redoxsim.codegen.llvm.text import PTR, Function, Value

LONG = 6000
"""Lines of a function above which it is divided: shorter ones compile fast enough, and run faster whole."""
PART = 600
"""Lines of a part."""
RARE = 300
"""Lines of a part, and of what is not divided, where a function runs once per row and need only compile fast."""
NAME = re.compile(r"%[A-Za-z_]\w*")
DEFINED = re.compile(r"\s*(%\w+) = (.*)")
READ_ONLY = frozenset({"%w", "%u", "%y"})
"""Arguments whose memory a function does not read after it has written it: such loads are done again."""


class Parts:
    """The parts of a function without branches, and what they hand on to each other through memory.

    ``kept`` is the number of lane vectors that takes. ``finish`` writes the calls into the function. ``rare`` says
    that the function runs once per row, not in every step.
    """

    def __init__(self, f: Function, *, rare: bool = False) -> None:
        self.f = f
        lines = [line for line in f.lines if line != "  ret void"]
        size, longest = (RARE, RARE) if rare else (PART, LONG)
        self.blocks = [lines[start : start + size] for start in range(0, len(lines), size)]
        self.kept = 0
        self.functions: list[Function] = []
        if len(lines) > longest:
            self._divide()

    def _divide(self) -> None:
        home: dict[str, int] = {}
        text: dict[str, str] = {}
        uses: list[list[tuple[str, ...]]] = []
        for number, block in enumerate(self.blocks):
            found = []
            for line in block:
                match = DEFINED.match(line)
                if match:
                    home[match[1]], text[match[1]] = number, match[2]
                found.append(tuple(dict.fromkeys(NAME.findall(match[2] if match else line))))
            uses.append(found)
        # values that later parts need from memory, and the last part that does
        last: dict[str, int] = {}
        again = _Again(home, text)
        for number, found in enumerate(uses):
            for names in found:
                for name in names:
                    for wanted in again.from_memory(name, number):
                        last[wanted] = number
        slot = self._slots(home, last)
        arguments = [(name, value.type) for name, value in self.f.arguments.items()] + [("kept", PTR)]
        for number, (block, found) in enumerate(zip(self.blocks, uses, strict=True)):
            part = Function(f"{self.f.name}_{number}", self.f.target, arguments)
            part.needs = dict(self.f.needs)
            part.follow(self.f)
            here: set[str] = set()
            for line, names in zip(block, found, strict=True):
                for name in names:
                    self._fetch(part, again, name, number, slot, here)
                part.lines.append(line)
                match = DEFINED.match(line)
                if match and match[1] in slot:
                    name = match[1]
                    place = self._place(part, slot[name])
                    part.lines.append(f"  store {self.f.types[name]} {name}, ptr {place}, align {self._align(name)}")
            part.give()
            self.functions.append(part)

    def _slots(self, home: dict[str, int], last: dict[str, int]) -> dict[str, int]:
        """Places of values, used again by parts after the last one that needs the old value."""
        slot: dict[str, int] = {}
        free: list[int] = []
        ending: dict[int, list[int]] = {}
        begun = 0
        for name in sorted(last, key=lambda name: (home[name], int(re.sub(r"\D", "", name)))):
            while begun < home[name]:
                free += ending.pop(begun, [])
                begun += 1
            if not free:
                free.append(self.kept)
                self.kept += 1
            slot[name] = free.pop()
            ending.setdefault(last[name], []).append(slot[name])
        return slot

    def _place(self, part: Function, slot: int) -> str:
        return part.emit(f"getelementptr inbounds {part.V}, ptr %kept, i64 {slot}", PTR).name

    def _align(self, name: str) -> int:
        return 8 * self.f.target.width if self.f.types[name] == self.f.V else 8

    def _fetch(
        self, part: Function, again: _Again, name: str, number: int, slot: dict[str, int], here: set[str]
    ) -> None:
        """Make a value of an earlier part known in this one."""
        if again.home.get(name, number) == number or name in here:
            return
        here.add(name)
        if again.can(name):
            for needed in NAME.findall(again.text[name]):
                self._fetch(part, again, needed, number, slot, here)
            part.lines.append(f"  {name} = {again.text[name]}")
        else:
            place = self._place(part, slot[name])
            part.lines.append(f"  {name} = load {self.f.types[name]}, ptr {place}, align {self._align(name)}")

    def finish(self, kept: Value) -> None:
        """Replace the function's text by calls of its parts; ``kept`` points to their memory."""
        values = (*self.f.arguments.values(), kept)
        for part in self.functions:
            self.f.call(part.name, "void", *values)
        self.f.give()


class _Again:
    """What is done again in a later part instead of being kept: addresses, and loads of what never changes."""

    def __init__(self, home: dict[str, int], text: dict[str, str]) -> None:
        self.home, self.text = home, text
        self._known: dict[str, bool] = {}

    def can(self, name: str) -> bool:
        if name not in self._known:
            text = self.text.get(name, "")
            inner = NAME.findall(text)
            if text.startswith("load"):
                self._known[name] = all(self._root(part) in READ_ONLY for part in inner)
            else:
                self._known[name] = text.startswith("getelementptr") and all(
                    part not in self.text or self.can(part) for part in inner
                )
        return self._known[name]

    def _root(self, name: str) -> str:
        """The argument an address begins with."""
        while name in self.text:
            name = NAME.findall(self.text[name])[0]
        return name

    def from_memory(self, name: str, number: int) -> Sequence[str]:
        """Values to be read from memory so that a part knows a name."""
        if self.home.get(name, number) == number or self.can(name):
            return ()
        return (name,)


__all__ = ["Parts"]
