"""Which edge of the network carries a synergy: the combination again with one edge cut at a time.

An edge is declared as data (``[[edges]]`` in ``model.toml``). It is cut in one of three ways: a symbol is held at its
undosed value in some rates and rules (so that the undosed cell is as it was, and only what a dose does to the symbol no
longer gets through), some reactions stop, or some constants take other values. All cuts are switches in one network,
which is built once; with the switches off it is the network itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redoxsim import equations
from redoxsim.codegen import compile_system
from redoxsim.errors import DesignError, Where, nearest
from redoxsim.network.edit import extend, replace_part, scale_rate
from redoxsim.network.expr import Apply, Expr, Number, Symbol, substitute, symbols
from redoxsim.network.parts import Network, Parameter
from redoxsim.solve.rest import at_rest
from redoxsim.study.metadata import Edge
from redoxsim.study.plan import Study, solved
from redoxsim.study.rows import Rows, read_out
from redoxsim.study.setup import ORIENTATIONS

if TYPE_CHECKING:
    from redoxsim.solve import Batch

FloatArray = NDArray[np.float64]
ENDS = (0.05, 0.95)
RESAMPLED = 400
# Below this mean excess there is nothing to explain, and shares of it are noise.
LEAST_EXCESS = 1e-3


Band = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """What cutting one edge does.

    Attributes
    ----------
    edge : what was cut.
    share : part of the mean excess that is gone, with its interval; negative where the cut adds synergy.
    excess : (D,) mean Bliss excess over the combinations without the edge; a number per draw, one without draws.
    strongest : (D,) the excess where it is largest in the whole network.
    alone : by agent, (D,) the largest change of its effect alone (fraction affected, negative: less effect).
    problem : why there are no numbers; empty where there are.
    """

    edge: Edge
    share: Band
    excess: FloatArray
    strongest: FloatArray
    alone: Mapping[str, FloatArray]
    problem: str = ""


def averaged(values: FloatArray) -> Band:
    """Low end, mean and high end of a mean over draws (D,), by resampling the draws; the same thrice without draws."""
    return _ratio(values, None)


def _ratio(values: FloatArray, over: FloatArray | None) -> Band:
    """Mean of ``values`` (D,), or one minus the ratio of the means, with its 5% and 95% over resampled draws.

    A single cell is a step: most draws have no excess at a given dose, so a ratio of each draw's own would be of noise.
    """
    known = np.isfinite(values) if over is None else np.isfinite(values) & np.isfinite(over)
    if not known.any():
        return np.nan, np.nan, np.nan
    top, below = values[known], None if over is None else over[known]

    def number(index: NDArray[np.intp]) -> FloatArray:
        mean = top[index].mean(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(mean if below is None else 1.0 - mean / below[index].mean(axis=-1), dtype=float)

    middle = float(number(np.arange(top.size)))
    if top.size == 1:
        return middle, middle, middle
    picks = np.random.default_rng(1).integers(top.size, size=(RESAMPLED, top.size))
    low, high = (float(one) for one in np.nanquantile(number(picks), ENDS))
    return low, middle, high


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """A synergy and what carries it.

    Attributes
    ----------
    observable, agents : what was scored. at : the doses of the strongest excess, by agent.
    excess, strongest : (D,) of the whole network, as in :class:`Cut`; NaN for draws that failed.
    cuts : largest share first; those without numbers last.
    absent : edges that this combination does not have, with what is missing.
    draws : usable draws; 0 without draws. solves : rows solved in all.
    """

    observable: str
    agents: tuple[str, ...]
    at: Mapping[str, float]
    excess: FloatArray
    strongest: FloatArray
    cuts: tuple[Cut, ...]
    absent: Mapping[str, str]
    draws: int
    solves: int


def explain(study: Study, *, edges: Sequence[Edge] | None = None) -> Explanation:
    """What of the Bliss excess of a combination goes when one edge is cut.

    Every cut is solved with the cells, draws and doses of the whole network. Shares need not add up to one: edges in a
    row each carry all of it, edges side by side each carry a part, and a cut can uncover what another edge does.

    Parameters
    ----------
    study : ``combine.plan(...)``; read at one time, a readout with a direction.
    edges : by default those that the model's metadata declares.

    Raises
    ------
    DesignError : not such a study, no edges, none that this combination has, or no excess to explain.
    """
    name = _scored(study)
    setup = study.rows.setup
    declared = tuple(edges) if edges is not None else (setup.metadata.edges if setup.metadata else ())
    if not declared:
        raise DesignError(
            f"model '{setup.network.id}' declares no edges to cut", hint="an [[edges]] table in its model.toml does"
        )
    absent = {edge.id: text for edge in declared if (text := missing(setup.network, edge))}
    present = [edge for edge in declared if edge.id not in absent]
    if not present:
        first = next(iter(absent.items()))
        raise DesignError(f"this combination has none of the edges of the model: {first[0]} needs {first[1]}")
    network = switched(setup.network, present)
    ready = replace(setup, network=network, system=equations.build(network))
    settings = replace(study.rows.settings, keep=None, sample=0)
    rows = replace(study.rows, setup=ready, settings=settings).with_draws(assumed=False)
    whole = rows.batch()
    whole = replace(whole, columns={**whole.columns, **_held(rows, whole, present)})
    base, good = _effects(study, rows, whole, name)
    excess = _excess(base)
    mean = np.where(good, _mean(excess), np.nan)
    strong = np.unravel_index(int(np.nanargmax(np.abs(np.nanmean(excess, axis=-1)))), excess.shape[:-1])
    if not abs(np.nanmean(mean)) > LEAST_EXCESS:
        raise DesignError(
            f"the mean Bliss excess is {np.nanmean(mean):+.2g}: there is no synergy to explain",
            hint="take doses at which the agents act together",
        )
    cuts = []
    for edge in present:
        batch = replace(whole, columns={**whole.columns, **_columns(edge, whole.rows)})
        try:
            found, also = _effects(study, rows, batch, name)
        except DesignError as error:
            nothing = np.full(mean.shape, np.nan)
            none = (np.nan, np.nan, np.nan)
            cuts.append(Cut(edge=edge, share=none, excess=nothing, strongest=nothing, alone={}, problem=error.message))
            continue
        changed = _excess(found)
        kept = np.where(good & also, _mean(changed), np.nan)
        alone = {axis.name: _alone(found, base, place) for place, axis in enumerate(study.axes)}
        cuts.append(Cut(edge=edge, share=_ratio(kept, mean), excess=kept, strongest=changed[strong], alone=alone))
    cuts.sort(key=lambda cut: -np.nan_to_num(cut.share[1], nan=-np.inf))
    return Explanation(
        observable=name,
        agents=tuple(axis.name for axis in study.axes),
        at={axis.name: float(axis.values[k]) for axis, k in zip(study.axes, strong, strict=True)},
        excess=mean,
        strongest=excess[strong],
        cuts=tuple(cuts),
        absent=absent,
        draws=int(good.sum()) if rows.drawn is not None else 0,
        solves=whole.rows * (1 + len(present)),
    )


def _scored(study: Study) -> str:
    if study.kind != "combination":
        raise DesignError(f"a {study.kind} has no synergy to explain")
    names = [name for name in study.rows.observe if name in ORIENTATIONS]
    if not names:
        raise DesignError(f"no synergy is scored on {', '.join(study.rows.observe)}", hint=", ".join(ORIENTATIONS))
    if not study.rows.times.single:
        raise DesignError("an explanation is of one time", hint="at='48 h'")
    return names[0]


def missing(network: Network, edge: Edge) -> str:
    """What of an edge a network does not have, in words; "" if it has all.

    Raises
    ------
    DesignError : the edge is there but what it holds does not occur where it says.
    """
    known = network.index()
    targets = {rule.target: rule.expr for rule in network.rules if rule.kind != "algebraic"}
    rates = {part.id: part.rate for part in network.reactions if part.rate is not None}
    for reaction in edge.without:
        if reaction not in rates:
            return f"reaction '{reaction}'"
    for parameter in edge.set:
        if parameter not in {part.id for part in network.parameters}:
            return f"constant '{parameter}'"
    if edge.hold is None:
        return ""
    if edge.hold not in known:
        return f"'{edge.hold}'"
    for place in edge.in_:
        expr = targets.get(place, rates.get(place))
        if expr is None:
            return f"'{place}'"
        if edge.hold not in symbols(expr):
            raise DesignError(
                f"edge '{edge.id}' holds '{edge.hold}' in '{place}', which does not depend on it",
                where=Where(element=edge.id), hint=nearest(edge.hold, symbols(expr)),
            )  # fmt: skip
    return ""


def switched(network: Network, edges: Sequence[Edge]) -> Network:
    """The network with a switch for each edge that holds or stops something, all off: its numbers are as they were."""
    switches = [Parameter(id=_switch(edge), value=0.0) for edge in edges if edge.hold or edge.without]
    held = dict.fromkeys(edge.hold for edge in edges if edge.hold)
    rests = [Parameter(id=_rest(name), value=0.0) for name in held]
    changed = extend(network, parameters=[*switches, *rests])
    for edge in edges:
        for reaction in edge.without:
            changed = scale_rate(changed, reaction, Apply("sub", (Number(1.0), Symbol(_switch(edge)))))
        if edge.hold is None:
            continue
        now, rest, switch = Symbol(edge.hold), Symbol(_rest(edge.hold)), Symbol(_switch(edge))
        # X + switch (rest - X): exactly X where the switch is off.
        value: Expr = Apply("add", (now, Apply("mul", (switch, Apply("sub", (rest, now))))))
        for place in edge.in_:
            changed = _substituted(changed, place, {edge.hold: value})
    return changed


def _substituted(network: Network, place: str, values: Mapping[str, Expr]) -> Network:
    for reaction in network.reactions:
        if reaction.id == place and reaction.rate is not None:
            return replace_part(network, "reactions", replace(reaction, rate=substitute(reaction.rate, values)))
    rules = tuple(
        replace(rule, expr=substitute(rule.expr, values)) if rule.target == place else rule for rule in network.rules
    )
    return replace(network, rules=rules, source=None)


def _switch(edge: Edge) -> str:
    return f"cut_{edge.id.replace('-', '_')}"


def _rest(name: str) -> str:
    return f"undosed_{name}"


def _columns(edge: Edge, rows: int) -> dict[str, FloatArray]:
    found = {name: np.full(rows, value) for name, value in edge.set.items()}
    if edge.hold or edge.without:
        found[_switch(edge)] = np.ones(rows)
    return found


def _held(rows: Rows, batch: Batch, edges: Sequence[Edge]) -> dict[str, FloatArray]:
    """Undosed values of what edges hold, for every row of a batch: each cell and draw has its own."""
    names = tuple(dict.fromkeys(edge.hold for edge in edges if edge.hold))
    if not names:
        return {}
    compiled = compile_system(batch.system)
    y, p = compiled.initial_rows(dict(batch.columns), batch.rows, 0.0)
    values = np.asarray(compiled.outputs(names, np.zeros(batch.rows), y.T, p.T), dtype=float).T
    if batch.start == "steady":
        found = at_rest(replace(batch, observe=names, reductions=()), threads=rows.settings.jobs)
        values = np.where(found.found[:, None], found.values, values)
    return {_rest(name): np.ascontiguousarray(values[:, k]) for k, name in enumerate(names)}


def _effects(study: Study, rows: Rows, batch: Batch, name: str) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Fraction affected (n1, n2, ..., D) and which draws are usable (D,)."""
    done = solved(rows, batch, study.progress, study.cancel)
    if done.interrupted:
        raise KeyboardInterrupt
    readout = read_out(rows, done)
    values = readout.values[rows.observe.index(name)]
    values = values[:, 0, :] if rows.settings.draws else values[:, :1]
    values = values.reshape(*(len(axis) for axis in study.axes), -1)
    usable = readout.usable if readout.usable is not None else np.ones(values.shape[-1], dtype=bool)
    if not np.isfinite(values).any():
        first = next(iter(done.messages.values()), done.status[0].value)
        raise DesignError(f"no draw or cell came to the end: {first}")
    if readout.usable is None and not np.isfinite(values).all():
        lost = int(np.count_nonzero(~np.isfinite(values)))
        raise DesignError(f"{lost} point{'s' if lost != 1 else ''} of the grid failed")
    turn = ORIENTATIONS[name] == "viability"
    return (1.0 - values if turn else values), np.asarray(usable, dtype=bool)


def _excess(affected: FloatArray) -> FloatArray:
    """Bliss excess of every point, (n1, n2, ..., D)."""
    spared = np.ones_like(affected)
    agents = affected.ndim - 1
    for i in range(agents):
        index = tuple(slice(None) if k in (i, agents) else slice(0, 1) for k in range(affected.ndim))
        spared = spared * (1.0 - affected[index])
    return np.asarray(affected - (1.0 - spared), dtype=float)


def _mean(excess: FloatArray) -> FloatArray:
    """(D,) mean over the points with at least two agents; doses are in order, zero first."""
    dosed = np.sum(np.indices(excess.shape[:-1]) > 0, axis=0) >= 2
    return np.asarray(excess[dosed].mean(axis=0), dtype=float)


def _alone(changed: FloatArray, base: FloatArray, agent: int) -> FloatArray:
    """(D,) the change of an agent's effect alone, at the dose where its mean over draws is largest."""
    index = tuple(slice(None) if k in (agent, base.ndim - 1) else 0 for k in range(base.ndim))
    shift = changed[index] - base[index]
    place = int(np.argmax(np.abs(np.nan_to_num(np.nanmean(shift, axis=-1)))))
    return np.asarray(shift[place], dtype=float)


__all__ = ["Cut", "Explanation", "averaged", "explain", "missing", "switched"]
