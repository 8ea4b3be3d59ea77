"""Where things lie in a worker's memory: one block of doubles, in whole lane vectors."""

from __future__ import annotations

from redoxsim.codegen.llvm.text import F64, I64, Function, Target, Value

# per lane; doubles, then whole numbers
CLOCKS = (
    "t",
    "h",
    "stop",
    "next_h",
    "old_error",
    "old_h",
    "new",
    "next_out",
    "theta",
    "out_time",
    "stage_time",
    "inv_h",
    "inv_hg",
    "low",
    "high",
    "below",
)
COUNTS = ("row", "out", "out_end", "segment", "segment_end", "steps", "rejected", "budget", "bad")


class Layout:
    """Offsets in lane vectors, handed out one after the other."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.places: dict[str, int] = {}
        self.size = 0
        for name in (*CLOCKS, *COUNTS):
            self.add(name, 1)

    def add(self, name: str, vectors: int) -> None:
        self.places[name] = self.size
        self.size += vectors

    def bytes(self) -> int:
        return 8 * self.target.width * self.size

    def pointer(self, f: Function, block: Value, name: str, index: int = 0) -> Value:
        """Address of a lane vector."""
        return f.at(block, self.places[name] + index, f.V)

    def load(self, f: Function, block: Value, name: str) -> Value:
        """A clock or count of all lanes."""
        return f.load(block, self.places[name], f.I if name in COUNTS else f.V)

    def store(self, f: Function, block: Value, name: str, value: Value) -> None:
        f.store(value, block, self.places[name])

    def lane(self, f: Function, block: Value, name: str, lane: Value) -> Value:
        """Address of one lane's clock or count."""
        kind = I64 if name in COUNTS else F64
        return f.at(self.pointer(f, block, name), lane, kind)

    def get(self, f: Function, block: Value, name: str, lane: Value) -> Value:
        return f.load(self.lane(f, block, name, lane), 0, I64 if name in COUNTS else F64)

    def put(self, f: Function, block: Value, name: str, lane: Value, value: Value) -> None:
        f.store(value, self.lane(f, block, name, lane))
