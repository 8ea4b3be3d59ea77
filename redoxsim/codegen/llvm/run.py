"""Runs a kernel over the rows of a job: memory, context, threads."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redoxsim.codegen.llvm.driver import CONTEXT
from redoxsim.codegen.llvm.kernel import Kernel, Observer
from redoxsim.codegen.llvm.text import F64

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """What happens to rows over time.

    ``first`` and ``end`` (R,) are each row's range of segments. Per segment: ``stop`` (its end),
    ``upto`` (number of outputs due before its end), ``from_op`` and ``to_op``. Per operation:
    ``op``, ``op_slot``, ``op_value`` (see the driver).
    """

    first: IntArray
    end: IntArray
    stop: FloatArray
    upto: IntArray
    from_op: IntArray
    to_op: IntArray
    op: IntArray
    op_slot: IntArray
    op_value: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """Rows to solve: start (R, n + m) states and constants, atol (R, n), begin (R,), times (T,)."""

    start: FloatArray
    atol: FloatArray
    begin: FloatArray
    times: FloatArray
    segments: Segments
    rtol: float
    max_steps: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """values (R, K, T); reduced (R, slots of the observer's machines);
    status (R,) of the driver, -1 where a row was not reached; steps, rejected (R,);
    reached (R,) time; last (R, n) state; below (R,) less than 0 where a species fell below minus ten
    times its absolute tolerance."""

    values: FloatArray
    reduced: FloatArray
    status: IntArray
    steps: IntArray
    rejected: IntArray
    reached: FloatArray
    last: FloatArray
    below: FloatArray


def aligned(count: int, boundary: int = 128) -> FloatArray:
    """Zeros that begin at a multiple of ``boundary`` bytes."""
    raw = np.zeros(8 * count + boundary, dtype=np.uint8)
    skip = -raw.ctypes.data % boundary
    return raw[skip : skip + 8 * count].view(np.float64)


def execute(
    kernel: Kernel,
    observer: Observer,
    job: Job,
    *,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    values: FloatArray | None = None,
) -> Outcome:
    """Solve all rows; ``progress`` hears how many were begun, ``cancel`` may ask to stop.

    ``values`` (R, K, T), contiguous and not-a-number, is written to where it is given.
    """
    rows, n, outputs = len(job.start), kernel.states, len(job.times)
    result = Outcome(
        values=np.full((rows, len(observer.names), outputs), np.nan) if values is None else values,
        reduced=np.full((rows, observer.slots), np.nan),
        status=np.full(rows, -1, dtype=np.int64),
        steps=np.zeros(rows, dtype=np.int64), rejected=np.zeros(rows, dtype=np.int64),
        reached=np.full(rows, np.nan), last=np.full((rows, n), np.nan), below=np.zeros(rows),
    )  # fmt: skip
    if not rows:
        return result
    assert kernel.code is not None
    queue, flag = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    arrays = _arrays(job, result) | {"queue": queue, "cancel": flag}
    numbers: dict[str, float] = {
        "rows": rows, "outputs": outputs, "observed": len(observer.names), "slots": observer.slots,
        "max_steps": job.max_steps, "rtol": job.rtol, "from": float(job.times[0]), **observer.addresses(),
    }  # fmt: skip
    context = _context(numbers, arrays)
    width = kernel.recipe.width
    shared = aligned(max(1, int(kernel.facts["shared"])))
    workers = max(1, min(threads, -(-rows // width)))
    size = (int(kernel.facts["size"]) + observer.vectors) * width
    blocks = [aligned(size) for _ in range(workers)]
    pointer = ctypes.c_void_p
    begin = kernel.code.function("begin", pointer, pointer)
    run = kernel.code.function("run", pointer, pointer, pointer)
    place = kernel.facts["places"]["p"]
    blocks[0].reshape(-1, width)[place : place + kernel.constants] = arrays["start"][0, n:, None]
    begin(blocks[0].ctypes.data, shared.ctypes.data)

    def work(block: FloatArray) -> None:
        run(block.ctypes.data, shared.ctypes.data, context.ctypes.data)

    def begun() -> None:
        if progress is not None:
            progress(min(int(queue[0]), rows))

    _together(work, blocks, flag, begun, cancel)
    return result


def _arrays(job: Job, result: Outcome) -> dict[str, NDArray[Any]]:
    """What the kernel reads and writes, by the name that the context has for it."""
    arrays = {
        name: np.ascontiguousarray(one)
        for name, one in (("start", job.start), ("atol", job.atol), ("times", job.times), ("begin", job.begin))
    }
    for name in Segments.__slots__:
        arrays[name] = np.ascontiguousarray(getattr(job.segments, name))
    return arrays | {
        "result": result.values, "status": result.status, "steps": result.steps, "rejected": result.rejected,
        "reached": result.reached, "last": result.last, "reduced": result.reduced, "below": result.below,
    }  # fmt: skip


def _together(
    work: Callable[[FloatArray], None],
    blocks: list[FloatArray],
    flag: IntArray,
    begun: Callable[[], None],
    cancel: Callable[[], bool] | None,
) -> None:
    """Work on every block in a thread of its own, until all are done; ``flag`` set to 1 ends them.

    A call of the kernel cannot be interrupted, so this thread stays free to hear of an interrupt.
    """
    team = [threading.Thread(target=work, args=(block,), daemon=True) for block in blocks]
    for member in team:
        member.start()
    try:
        while any(member.is_alive() for member in team):
            for member in team:
                member.join(0.05)
            begun()
            if cancel is not None and cancel():
                flag[0] = 1
    finally:
        flag[0] = 1  # left by an exception or an interrupt: the memory must not go while they run
        for member in team:
            member.join()
    begun()  # they may have ended before they were asked


def _context(numbers: Mapping[str, float], arrays: Mapping[str, NDArray[Any]]) -> IntArray:
    context = np.zeros(len(CONTEXT), dtype=np.int64)
    for index, (name, kind) in enumerate(CONTEXT.items()):
        if name in arrays:
            context[index] = arrays[name].ctypes.data
        elif kind == F64:
            context[index : index + 1].view(np.float64)[0] = numbers[name]
        else:
            context[index] = int(numbers[name])
    return context
