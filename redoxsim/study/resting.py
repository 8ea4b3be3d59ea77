"""Initial values at rest: composed networks at their own steady state, modules at that of the whole.

``python -m redoxsim.study.resting`` finds the undosed steady state of the composed networks and writes their
``rest.csv``. With ``--modules`` it then brings every module of them to the same operating point: values
that its boundary stands in for are those of the whole, and the constants of its stand-in reactions
make up for the reactions of the others. Generated files are made again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from redoxsim import catalog, equations, network, solve
from redoxsim.codegen import compile_system
from redoxsim.errors import ModelError, RedoxsimError, SolveError, nearest
from redoxsim.network import compose
from redoxsim.network.parts import Network
from redoxsim.network.rest import with_values, write_rest

TOLERANCE = 1e-6
"""Largest part of a state's turnover that stand-ins may leave open."""


def at_rest(net: Network) -> dict[str, float]:
    """Every symbol's value at the undosed steady state.

    Raises
    ------
    SolveError : none was found.
    """
    system = equations.build(net)
    found = solve.steady(solve.Problem(system=system, times=np.zeros(1)))
    if not found.status.ok:
        raise SolveError(f"no undosed steady state of '{net.id}': {found.message or found.status.value}")
    names = [part.id for part in (*net.compartments, *net.species, *net.parameters)]
    values = compile_system(system).outputs(names, np.zeros(1), found.y[:, None], found.p)[:, 0]
    return dict(zip(names, values.tolist(), strict=True))


def states_at_rest(net: Network) -> dict[str, float]:
    """Values of the states at rest, without counters of cells, for ``rest.csv``."""
    values = at_rest(net)
    counters = {part.id for part in net.species if part.compartment == "population"}
    return {name: values[name] for name in equations.build(net).states if name not in counters}


def write_rests(folder: Path) -> None:
    """``rest.csv`` of a composed network, and what is generated with it.

    Raises
    ------
    SolveError : no steady state. ModelError : the network cannot be composed.
    """
    text = compose.compose_folder(folder)
    if text is None:
        raise ModelError(f"'{folder.name}' is no composed network")
    write_rest(folder, states_at_rest(network.read_antimony(text, file=str(folder / "model.ant"))))
    compose.regenerate(folder)


def stand_ins(module: Network, boundary: Sequence[str], whole: Mapping[str, float]) -> dict[str, float]:
    """Values of what a module's boundary stands in for, at the rest of the whole network.

    Parameters
    ----------
    boundary : ids of the boundary. Those that the whole has take its values; the other parameters are set so
        that nothing in the module changes there.

    Raises
    ------
    ModelError : the stand-in reactions cannot make up for the others; the state and what is left are named.
    """
    known = module.index()
    ruled = {rule.target for rule in module.rules if rule.kind == "assignment"}
    shared = {
        name: whole[name]
        for name in boundary
        if name in whole and name not in ruled and known[name] not in module.reactions
    }
    free = [part.id for part in module.parameters if part.id in boundary and part.id not in whole]
    system = equations.build(module)
    compiled = compile_system(system)
    counters = {part.id for part in module.species if part.compartment == "population"}
    kept = [place for place, name in enumerate(system.states) if name not in counters]
    states = {name: whole[name] for name in system.states if name not in counters}

    def slopes(values: Mapping[str, float]) -> np.ndarray:
        y, p = compiled.initial(shared | states | dict(values))
        return np.asarray(compiled.rhs(0.0, y, p))[kept]

    none = dict.fromkeys(free, 0.0)
    rest = slopes(none)
    columns = np.array([slopes(none | {name: 1.0}) - rest for name in free]).reshape(len(free), len(kept)).T
    y, p = compiled.initial(shared | states | none)
    turnover = np.abs(np.asarray(compiled.jac(0.0, y, p))[np.ix_(kept, kept)]) @ np.abs(y[kept]) + 1e-30
    found = np.linalg.lstsq(columns / turnover[:, None], -rest / turnover, rcond=None)[0] if free else np.zeros(0)
    left = np.abs(rest + columns @ found) / turnover
    worst = int(np.argmax(left)) if len(left) else 0
    if len(left) and left[worst] > TOLERANCE:
        raise ModelError(
            f"stand-ins of '{module.id}' leave {left[worst]:.1e} of the turnover of "
            f"'{system.states[kept[worst]]}' open: a reaction of another module has none"
        )
    return shared | dict(zip(free, found.tolist(), strict=True))


def settle(folder: Path, whole: Mapping[str, float]) -> None:
    """Brings one module to the operating point of the whole, in its text and its table.

    Raises
    ------
    ModelError : see :func:`stand_ins`. SolveError : the module has no steady state there.
    """
    file = folder / "model.ant"
    text = file.read_text(encoding="utf-8")
    module = network.read_antimony(text, file=str(file))
    boundary = [name for name in compose.module_of(folder).expected if name in module.index()]
    values = {name: float(f"{value:.10g}") for name, value in stand_ins(module, boundary, whole).items()}
    settled = network.set_values(module, values)
    states = states_at_rest(settled) if settled.reactions else {}
    file.write_text(with_values(text, values | states, file=str(file)), encoding="utf-8")
    rows = compose.read_parameters(folder / "parameters.csv")
    for row in rows:
        if row["id"] in values:
            row["value"] = repr(values[row["id"]])
    compose.write_rows(folder / "parameters.csv", rows)
    compose.regenerate(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Finds the rest of composed networks and writes it down; exit status 0 if all have one."""
    parser = argparse.ArgumentParser(prog="python -m redoxsim.study.resting", description=main.__doc__)
    parser.add_argument("networks", nargs="*", help="composed networks; all shipped ones if none is given")
    parser.add_argument("--modules", action="store_true", help="bring their modules to the same operating point")
    options = parser.parse_args(arguments)
    folders = catalog.models()
    made = [name for name in folders if any(key in compose.settings_of(folders[name]) for key in compose.MADE_OF)]
    try:
        for name in options.networks or made:
            if name not in folders:
                raise ModelError(f"there is no network '{name}'", hint=nearest(name, folders))
            write_rests(folders[name])
            if options.modules:
                whole = at_rest(network.read(folders[name] / "model.ant"))
                for module in compose.settings_of(folders[name]).get("compose", []):
                    settle(folders[name].parent / module, whole)
    except RedoxsimError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
