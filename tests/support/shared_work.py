"""What test processes do: in a file of its own, so that a spawned process can import it."""

from __future__ import annotations

import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
from small_networks import network_of

from redoxsim import codegen, equations
from redoxsim.codegen import CompiledSystem
from redoxsim.codegen.llvm.kernel import Kernel
from redoxsim.codegen.llvm.pointwise import Pointwise, pointwise
from redoxsim.equations import OdeSystem
from redoxsim.solve import Batch, Problem, solve, solve_batch

SOLVERS = ("rosenbrock", "scipy", "scipy:python")


def system() -> OdeSystem:
    """Small, so that compiling it takes little, with what needs the kernel's own functions."""
    net = network_of(
        ["A -> B; k*A/(Km + A)", "B -> C; V*B^h", "C -> ; m*C*exp(-0.1*C)"], species={"A": 3.0, "B": 0.2},
        parameters={"k": 0.7, "Km": 0.3, "V": 1.1, "h": 1.7, "m": 0.4},
    )  # fmt: skip
    return equations.build(net)


def batch() -> Batch:
    levels, made = np.linspace(0.2, 2.0, 11), system()
    return Batch(
        system=made, times=np.linspace(0.0, 20.0, 7), rows=len(levels), columns={"k": levels}, observe=made.states
    )


def digest(rows: Batch, solver: str) -> str:
    """Checksum of the bits of a batch's result."""
    done = solve_batch(rows, solver)
    assert done.ok.all(), done.messages
    return sha256(np.ascontiguousarray(done.values).tobytes()).hexdigest()


def digest_one(problem: Problem, solver: str) -> str:
    return sha256(solve(problem, solver).y.tobytes()).hexdigest()


def rates_by(made: CompiledSystem | Pointwise | Kernel) -> str:
    """Checksum of rates and Jacobian that a compiled system gives where it has arrived."""
    if isinstance(made, Kernel):
        assert made.code is not None
        return made.name
    y, p = codegen.compile_system(made.system).initial()
    if isinstance(made, Pointwise):
        bound = made.bind(p)
        parts = [bound.rhs(1.0, y).tobytes(), bound.jacobian(1.0, y).tobytes()]
    else:
        parts = [made.rhs(1.0, y, p).tobytes(), made.jac(1.0, y, p).tobytes()]
    return sha256(b"".join(parts)).hexdigest()


def main(go: str) -> None:
    """Waits until a file appears, then reads, compiles and solves; prints one checksum per solver."""
    print("ready", flush=True)
    while not Path(go).exists():
        time.sleep(0.002)
    print(digest(batch(), "rosenbrock"), digest(batch(), "scipy"), rates_by(pointwise(system())))


if __name__ == "__main__":
    main(*sys.argv[1:])
