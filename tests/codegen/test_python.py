"""The python target: same values as the trees it came from, IEEE arithmetic, nothing of the model in the text."""

from __future__ import annotations

import math
import pickle
import re
import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_networks import network_of

from redoxsim import codegen, equations
from redoxsim.errors import BuildError, DesignError
from redoxsim.network import Network, evaluate
from redoxsim.network.expr import OPERATORS, Apply, Expr, Number, Symbol, Time
from redoxsim.network.parts import Parameter, Rule


def system_of(exprs: list[Expr]) -> codegen.CompiledSystem:
    """States x0, x1, ... with these derivatives over x, y (states) and k (constant)."""
    rules = [Rule(kind="rate", target=f"z{i}", expr=expr) for i, expr in enumerate(exprs)]
    names = ["x", "y", *(f"z{i}" for i in range(len(exprs)))]
    rules += [Rule(kind="rate", target=name, expr=Number(0.0)) for name in ("x", "y")]
    parameters = [Parameter(id=name, value=0.0, constant=False) for name in names] + [Parameter(id="k", value=0.0)]
    return codegen.CompiledSystem(equations.build(Network(id="m", parameters=tuple(parameters), rules=tuple(rules))))


def same(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or a == b or math.isclose(a, b, rel_tol=1e-13)


def trees() -> st.SearchStrategy[Expr]:
    leaves = st.one_of(
        st.sampled_from([Symbol("x"), Symbol("y"), Symbol("k"), Time()]),
        st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 1e300]).map(Number),
    )

    def grow(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        def build(op: str) -> st.SearchStrategy[Expr]:
            least, most = OPERATORS[op]
            size = st.integers(least, least + 2 if most is None else most)
            return size.flatmap(lambda n: st.tuples(*[children] * n)).map(lambda args: Apply(op, args))

        # the factorial of something huge takes for ever to no purpose
        return st.sampled_from([op for op in OPERATORS if op != "factorial"]).flatmap(build)

    return st.recursive(leaves, grow, max_leaves=14)


@settings(max_examples=200, deadline=None)
@given(
    expr=trees(),
    x=st.sampled_from([0.0, -1.5, 0.3, 2.0]),
    y=st.sampled_from([0.0, 1.0, 4.5]),
    k=st.sampled_from([0.0, 2.0]),
)
def test_any_tree_has_the_value_of_its_definition(expr: Expr, x: float, y: float, k: float) -> None:
    system = system_of([expr])
    expected = evaluate(expr, {"x": x, "y": y, "k": k}, 0.7)
    order = system.system.states
    state = np.array([{"x": x, "y": y}.get(name, 0.0) for name in order])
    got = system.rhs(0.7, state, np.array([k]))[order.index("z0")]
    assert same(expected, got) or _reassociated(expr)
    graph = system.outputs(["z0"], np.array([0.7]), state[:, None], np.array([k]))
    assert graph.shape == (1, 1)


@pytest.mark.parametrize("truth", [Apply("and", ()), Apply("lt", (Symbol("k"), Number(1.0)))])
def test_a_truth_value_may_be_an_entry_of_the_jacobian(truth: Expr) -> None:
    system = system_of([Apply("mul", (Symbol("x"), truth))])
    row, column = system.system.states.index("z0"), system.system.states.index("x")
    matrix = system.jac(0.0, np.ones(len(system.system.states)), np.array([0.0]))
    assert matrix[row, column] == 1.0
    assert np.count_nonzero(matrix) == 1


def _reassociated(expr: Expr) -> bool:
    """Constant factors are multiplied first, small powers by multiplication: overflow and 0 * inf may differ."""
    return bool(re.search(r"1e\+300|'pow'|'mul'", repr(expr)))


@settings(max_examples=120, deadline=None)
@given(expr=trees(), x=st.sampled_from([0.0, -1.5, 0.3]), y=st.sampled_from([0.0, 4.5]))
def test_arrays_agree_with_scalars(expr: Expr, x: float, y: float) -> None:
    assume("1e+300" not in repr(expr))  # the last bit of an argument would decide between any two values
    net = Network(
        id="m",
        parameters=tuple(Parameter(id=name, value=1.0, constant=False) for name in ("x", "y", "k", "a")),
        rules=(
            Rule(kind="assignment", target="a", expr=expr),
            Rule(kind="rate", target="x", expr=Symbol("a")),
            Rule(kind="rate", target="y", expr=Number(0.0)),
        ),
    )
    system = codegen.CompiledSystem(equations.build(net))
    t, states = np.array([0.1, 0.7]), np.array([[x, x + 1], [y, y + 0.5]])
    row = system.outputs(["a"], t, states, np.array([2.0]))[0]
    for column in range(2):
        scalar = system.rhs(t[column], states[:, column], np.array([2.0]))[0]
        assert same(scalar, row[column]) or math.isclose(scalar, row[column], rel_tol=1e-9)


def test_division_by_zero_gives_inf_and_nan_as_ieee_does() -> None:
    x, y = Symbol("x"), Symbol("y")
    exprs: list[Expr] = [
        Apply("div", (x, y)),
        Apply("div", (y, y)),
        Apply("ln", (y,)),
        Apply("ln", (Apply("neg", (x,)),)),
        Apply("exp", (Apply("mul", (Number(1e4), x)),)),
        Apply("pow", (Apply("neg", (x,)), Number(0.7))),
        Apply("pow", (y, Apply("neg", (x,)))),
        Apply("div", (Symbol("k"), Symbol("k"))),
    ]
    system = system_of(exprs)
    state = np.array([{"x": 1.0}.get(name, 0.0) for name in system.system.states])
    rhs = system.rhs(0.0, state, np.array([0.0]))
    got = [rhs[system.system.states.index(f"z{i}")] for i in range(len(exprs))]
    expected = [math.inf, math.nan, -math.inf, math.nan, math.inf, math.nan, math.inf, math.nan]
    assert all(same(a, b) for a, b in zip(got, expected, strict=True)), got


def test_hostile_names_do_not_reach_the_text() -> None:
    names = ["lambda", "__import__", "exec", "y0", "k1", "t", "p", "lit", "where", "nan"]
    net = network_of(
        [f"{a} -> {b}; {a}*import_" for a, b in pairwise(names)],
        species=dict.fromkeys(names, 1.0),
        parameters={"import_": 2.0},
    )
    system = codegen.compile_system(equations.build(net))
    y, p = system.initial()
    assert system.rhs(0, y, p).tolist() == [-2.0, *[0.0] * 8, 2.0]
    text = system.text.functions + system.text.constants + system.text.initial
    assert not re.search(r"lambda|__|import|exec|open|eval", text)
    assert set(re.findall(r"[A-Za-z_]\w*", system.text.functions)) - {
        "make",
        "rhs",
        "jac",
        "dfdt",
        "rates",
        "def",
        "return",
    } <= {
        *(f"{letter}{i}" for letter in "kyv" for i in range(200)),
        *"kyt",
    }


def test_outputs_of_every_kind() -> None:
    net = network_of(
        ["J: A -> B; k*A*c"],
        species={"A": 4.0, "S": 7.0},
        parameters={"k": 0.5, "x": None},
        compartments={"c": 2.0},
        boundary=["S"],
        rules=["x := A + time"],
    )
    reaction = net.reactions[0]
    net = replace(
        net, reactions=(replace(reaction, products=(replace(reaction.products[0], id="B_ref", stoichiometry=3.0),)),)
    )
    system = codegen.compile_system(equations.build(net))
    y, p = system.initial()
    t = np.array([0.0, 1.0, 2.0])
    values = system.outputs(["A", "S", "x", "J", "c", "B_ref", "k"], t, np.tile(y[:, None], 3), p)
    assert values.shape == (7, 3)
    assert values[:, 1].tolist() == [4.0, 7.0, 5.0, 4.0, 2.0, 3.0, 0.5]
    with pytest.raises(DesignError, match="no symbol 'j'"):
        system.outputs(["j"], t, np.tile(y[:, None], 3), p)


def test_no_states_at_all() -> None:
    system = codegen.compile_system(
        equations.build(network_of(parameters={"a": 2.0, "b": None}, rules=["b := a*time"]))
    )
    y, p = system.initial()
    assert y.shape == (0,)
    assert system.outputs(["b"], np.array([0.0, 3.0]), np.empty((0, 2)), p).tolist() == [[0.0, 6.0]]


def test_pickles_as_text_and_works_again() -> None:
    system = codegen.compile_system(
        equations.build(network_of(["A -> B; k*A/(1 + B)"], species={"A": 2.0}, parameters={"k": 1.5}))
    )
    again = pickle.loads(pickle.dumps(system))
    assert again.key == system.key
    y, p = again.initial()
    assert np.array_equal(again.rhs(0, y, p), system.rhs(0, y, p))
    assert not any(callable(value) for value in system.__getstate__().values())


def test_compiled_once_per_content(monkeypatch: pytest.MonkeyPatch) -> None:
    from redoxsim.codegen import compiled as module

    builds = []
    original = module.written
    monkeypatch.setattr(module, "written", lambda *args: builds.append(1) or original(*args))
    nets = [network_of(["A -> ; kq*A"], species={"A": 1.0}, parameters={"kq": 1.0}) for _ in range(3)]
    systems = [codegen.compile_system(equations.build(net)) for net in nets]
    assert len(builds) == 1
    assert systems[0] is systems[1] is systems[2]
    for number in range(40):  # the cache is bounded
        codegen.compile_system(equations.build(network_of(["A -> ; 2*A"], species={"A": float(number)})))
    assert len(module._CACHE) <= module._CACHE_SIZE


def test_threads_may_compile_and_evaluate() -> None:
    net = network_of(["A -> B; k*A", "B -> A; k*B^1.5"], species={"A": 1.0}, parameters={"k": 1.0})
    results: list[list[float]] = []

    def work() -> None:
        system = codegen.compile_system(equations.build(net))
        y, p = system.initial()
        results.append(system.rhs(0.0, y, p).tolist())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[-1.0, 1.0]] * 8


def test_unknown_target() -> None:
    with pytest.raises(BuildError, match="python"):
        codegen.compile_system(equations.build(network_of(["A -> ; 1"])), target="pyhton")


def test_fixed_jacobian_entries_and_transposed() -> None:
    net = network_of(
        ["A -> B; k*A", "B -> C; q*B*C"], species={"A": 1.0, "B": 2.0, "C": 3.0}, parameters={"k": 2.0, "q": 5.0}
    )
    system = codegen.compile_system(equations.build(net))
    assert len(system.text.fixed) == 2
    y, p = system.initial()
    bound = system.bind(p)
    expected = [[-2, 0, 0], [2, -15, -10], [0, 15, 10]]
    assert bound.jacobian(0.0, y.tolist()).tolist() == expected
    assert np.array_equal(bound.jacobian_transposed(0.0, y.tolist()), np.array(expected).T)
