"""How far calibrated results of ``redox`` carry when one constant is moved, and its two sets of H2O2 constants.

By hand: ``python tests/support/carry.py`` prints the two tables of ``models/networks/redox/README.md`` as Markdown;
``--cells`` prints the numbers of its sections *Conflicts* and *Limits* that belong to one cell or a population of 16,
``--limits`` those that take many runs or another medium.
``--model FILE`` takes another file of the model, such as an older one.
"""

from __future__ import annotations

import argparse

import numpy as np

import redoxsim as rx
from redoxsim.errors import RedoxsimError
from redoxsim.network.parts import Network
from redoxsim.solve import Solution

CHANGES: dict[str, dict[str, float]] = {
    "as shipped": {},
    "`VTR1` 10, the low end of its range": {"VTR1": 10.0},
    "`VTR1` 12": {"VTR1": 12.0},
    "`VTR1` 13": {"VTR1": 13.0},
    "`VTR1` 20 (source book)": {"VTR1": 20.0},
    "`vH_c` 1.5": {"vH_c": 1.5},
    "`vH_c` 1.95": {"vH_c": 1.95},
    "`kGrx_Trx` 2e-5 (source book)": {"kGrx_Trx": 2e-5},
    "`kGrx_Trx` 8e-5": {"kGrx_Trx": 8e-5},
    "`GPX1_tot` 0.1": {"GPX1_tot": 0.1},
    "`GPX1_tot` 0.3": {"GPX1_tot": 0.3},
    "`GPX1_tot` 1 (source book)": {"GPX1_tot": 1.0},
    "`ARE_TXNRD1` 1.5": {"ARE_TXNRD1": 1.5},
    "`ARE_TXNRD1` 2": {"ARE_TXNRD1": 2.0},
    "`ARE_TXNRD1` 6": {"ARE_TXNRD1": 6.0},
    "`bso_resid` 0": {"bso_resid": 0.0},
    "`bso_resid` 0.05": {"bso_resid": 0.05},
    "`kdeg_TrxR1` at 12 h (shipped: 24 h)": {"kdeg_TrxR1": 1.604508e-5},
    "`kdeg_TXNRD1_mRNA` at 6 h (shipped: 1.6 h)": {"kdeg_TXNRD1_mRNA": 3.20901e-5},
    "`kdeg_GCLC_mRNA` at 1.6 h (shipped: 3 h)": {"kdeg_GCLC_mRNA": 1.2e-4},
    "`auranofin_kKEAP1` 1e-4": {"auranofin_kKEAP1": 1e-4},
    "`auranofin_kKEAP1` 0.01": {"auranofin_kKEAP1": 0.01},
    "`auranofin_k1` 0.00133 (shipped: 0.0014)": {"auranofin_k1": 0.00133},
    "`Cat_eff` 1, the upper end (shipped: 0.1)": {"Cat_eff": 1.0},
    "cystine by TrxR1 and by GSH off, `kCySS_red` 0.05": {"kCySS_TrxR1": 0.0, "kCySS_GSH": 0.0, "kCySS_red": 0.05},
    "`vSecTRAP` 3 (shipped: 0)": {"vSecTRAP": 3.0},
    "`a_MPT` 0": {"a_MPT": 0.0},
    "`a_MPT` 3": {"a_MPT": 3.0},
    "`kERO1` 0.005, the upper end (shipped: 2.54e-4)": {"kERO1": 0.005},
    "`VTR1` 15, `vH_c` 2.3, `kGrx_Trx` 8e-5": {"VTR1": 15.0, "vH_c": 2.3, "kGrx_Trx": 8e-5},
    "`VTR1`, `vH_c`, `kGrx_Trx`, `GPX1_tot` of the source book": {
        "VTR1": 20.0, "vH_c": 1.2, "kGrx_Trx": 2e-5, "GPX1_tot": 1.0,
    },
}  # fmt: skip


def known(net: Network, values: dict[str, float]) -> dict[str, float] | None:
    """The changes, or none where the model lacks one of their constants; those of agents are not the model's."""
    ours = net.index()
    lacking = [name for name in values if name not in ours and not name.startswith(("auranofin_", "bso_"))]
    return None if lacking else values


def course(net: Network, *doses: str, until: str, every: str = "15 min", cell: str = "default", cells: int = 1,
           **values: float) -> Solution:  # fmt: skip
    """One course, of the default cell if no other is named."""
    return rx.simulate(net, doses=list(doses), until=until, every=every, cell=cell, cells=cells, values=values)


def carried(net: Network, cell: str = "default", **values: float) -> tuple[float, float, float, float]:
    """H2O2 fold under both agents, Trx1 reduced with a tenth of TrxR1, its lowest with 1 mM BSO, H2O2 at rest in nM."""
    both = course(net, "auranofin=2uM", "bso=100uM", until="48 h", cell=cell, **values)
    without_gold = {name: value for name, value in values.items() if not name.startswith("auranofin_")}
    tenth = course(net, "bso=1mM", until="72 h", every="1 h", cell=cell, **{**without_gold, "TXNRD1": 0.1})
    peak = float(both["H2O2_c"].max() / both["H2O2_c"][0])
    return peak, float(tenth["Trx1_red"][0]), float(tenth["Trx1_red"].min()), 1e3 * float(both["H2O2_c"][0])


def bolus(net: Network, cell: str, amount: float, minutes: int = 2) -> tuple[float, float, float]:
    """Gradient minutes after a bolus, clearance in L/s per cell and lowest reduced Trx1, over rest."""
    run = course(net, f"H2O2_x={amount}uM", until="30 min", every="1 min", cell=cell)
    rest = course(net, until="1 min", every="1 min", cell=cell)
    outside, inside = run["H2O2_x"] - rest["H2O2_x"][0], run["H2O2_c"] - rest["H2O2_c"][0]
    clearance = -np.log(outside[-1] / outside[2]) / (28 * 60.0) * 1e4 * 1e-12  # 1e4 pL of medium per cell
    return float(outside[minutes] / inside[minutes]), float(clearance), float(run["Trx1_red"].min())


def changes(net: Network) -> None:
    """The table of what puts the calibrated results out."""
    print("| change | H2O2 fold | A14 | A16 | H2O2 at rest, nM |\n|---|---|---|---|---|")
    for what, values in CHANGES.items():
        if known(net, values) is not None:
            try:
                fold, tenth, lowest, rest = carried(net, **values)
            except RedoxsimError as trouble:
                print(f"| {what} | not solved: {trouble} |", flush=True)
                continue
            print(f"| {what} | {fold:.3g} | {tenth:.2f} | {lowest:.2f} | {rest:.1f} |", flush=True)


def sets(net: Network) -> None:
    """The two sets of H2O2 constants."""
    for cell in ("default", "h2o2-microscopic"):
        rest = course(net, until="1 min", every="1 min", cell=cell)
        fold, tenth, lowest, _ = carried(net, cell)
        one, ten = bolus(net, cell, 1.0), bolus(net, cell, 10.0)
        print(
            f"{cell}: at rest {1e3 * rest['H2O2_c'][0]:.1f}, {1e3 * rest['H2O2_m'][0]:.1f} nM; gradient {one[0]:.0f}, "
            f"{ten[0]:.0f}; clearance {ten[1]:.2g} L/s; Trx1 {tenth:.2f}; {lowest:.2f}; H2O2 fold {fold:.3g}",
            flush=True,
        )


def cells(net: Network) -> None:
    """Numbers of one cell and of populations of 16 that the README quotes."""

    def told(what: str, **found: float) -> None:
        print(what + ": " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)

    for dose in ("0.5uM", "0.7uM"):
        for order, doses in {
            "before": (f"auranofin={dose}", "bso=100uM@-24h"), "with": (f"auranofin={dose}", "bso=100uM"),
            "after": (f"auranofin={dose}", "bso=100uM@24h"),
        }.items():  # fmt: skip
            run = course(net, *doses, until="48 h", every="1 h")
            told(f"one cell, auranofin {dose}, BSO {order}", viability=run["viability"][-1])
    for what, doses in {
        "BSO before": ("auranofin=0.5uM", "bso=100uM@-24h"), "together": ("auranofin=0.5uM", "bso=100uM"),
        "BSO after": ("auranofin=0.5uM", "bso=100uM@24h"), "BSO alone": ("bso=100uM",),
        "auranofin alone": ("auranofin=0.5uM",),
    }.items():  # fmt: skip
        run = course(net, *doses, until="48 h", every="1 h", cells=16)
        told(f"16 cells, {what}", viability=float(np.mean(run["viability"][..., -1])))
    run = course(net, "auranofin=1uM", "celecoxib=25uM", until="24 h", every="1 h")
    told("celecoxib", ATP=run["ATP"][-1] / run["ATP"][0], dPsi=run["dPsi"][-1] / run["dPsi"][0])
    run = course(net, "auranofin=1uM", "celecoxib=25uM", until="24 h", every="1 h", kCOX_Trx=1e-4)
    told("celecoxib, kCOX_Trx", ATP=run["ATP"][-1] / run["ATP"][0], dPsi=run["dPsi"][-1] / run["dPsi"][0])
    null, wild = course(net, until="1 h", TXNRD1=0.0, GSR=0.0), course(net, until="1 h")
    told("double null", growth=null["growth_rate"][0] / wild["growth_rate"][0], GSH=null["GSH_c"][0],
         GSSG=null["GSSG_c"][0], Trx1=null["Trx1_SH"][0], hazard=null["hazard"][0])  # fmt: skip
    run = course(net, "auranofin=2uM", until="48 h")
    told("2 uM auranofin", H2O2_c=run["H2O2_c"].max() / run["H2O2_c"][0], H2O2_m=run["H2O2_m"].max() / run["H2O2_m"][0],
         Trx1_day=run["Trx1_red"][96], Trx1_lowest=run["Trx1_red"].min())  # fmt: skip
    for edges in ({}, {"GPX4_by_Trx": 1.0}, {"vHaem": 3e-4}, {"GPX4_by_Trx": 1.0, "vHaem": 3e-4}):
        for dose in ("0.5uM", "2uM"):
            run = course(net, f"auranofin={dose}", "bso=100uM", until="48 h", **edges)
            told(
                f"LOOH, auranofin {dose} with BSO, {edges}",
                peak=run["LOOH"].max(),
                fold=run["LOOH"].max() / run["LOOH"][0],
            )
    told("GSR-null", GSSG=course(net, until="1 h", GSR=0.0)["GSSG_c"][0])
    for amount in (1.0, 10.0, 20.0):
        gradient, _, lowest = bolus(net, "default", amount)
        told(f"bolus of {amount} uM", gradient=gradient, Trx1_lowest=lowest)


def ic50(net: Network, **values: float) -> float:
    """Dose of auranofin in uM that leaves half of the viability at 24 h, between doses of a fine grid."""
    doses = np.geomspace(0.1, 10.0, 41)
    left = [
        float(course(net, f"auranofin={dose}uM", until="24 h", every="24 h", **values)["viability"][-1])
        for dose in doses
    ]
    at = int(np.argmax(np.array(left) < 0.5))
    share = (left[at - 1] - 0.5) / (left[at - 1] - left[at])
    return float(doses[at - 1] * (doses[at] / doses[at - 1]) ** share)


def limits(net: Network) -> None:
    """Numbers of the section *Limits* that take many runs or another medium."""
    for level in (0.3, 1.0, 3.0):
        both = {"TXNRD1": level, "TXNRD2": level}
        print(
            f"IC50 at TXNRD1 {level}: {ic50(net, TXNRD1=level):.3g}, with TXNRD2: {ic50(net, **both):.3g} uM",
            flush=True,
        )
    print(f"IC50 at GSR 0.1: {ic50(net, GSR=0.1):.3g} uM", flush=True)
    for dose in ("100uM", "300uM", "500uM"):
        run = course(net, f"bso={dose}", until="48 h", every="1 h")
        print(f"BSO {dose}: viability {run['viability'][-1]:.3g}, LOOH {run['LOOH'].max():.3g}", flush=True)
    for level in (0.0, 1.0, 10.0):
        run = course(net, "Gln_x:=0uM", until="240 h", every="24 h", GLUL=level)
        rates = f"growth {run['growth_rate'][3] / course(net, until='1 h')['growth_rate'][0]:.3g}"
        pools = ", ".join(f"{name} {run[name][3]:.4g}" for name in ("Glu", "ATP", "GSH_c", "Gln", "LOOH", "viability"))
        late = f"LOOH at 2, 5, 10 days {run['LOOH'][2]:.3g} {run['LOOH'][5]:.3g} {run['LOOH'][10]:.3g}"
        print(
            f"no glutamine, GLUL {level}, day 3: {rates}, {pools}; live at 2 days {run['survival'][2]:.3g}; {late}",
            flush=True,
        )
    for name, value in (
        ("auranofin_kKEAP1", 0.0065),
        ("auranofin_kKEAP1", 0.0075),
        ("auranofin_k1", 0.00133),
        ("auranofin_k1", 0.0015),
    ):
        gold = course(net, "auranofin=0.5uM", until="24 h", every="1 h", **{name: value})
        both = course(net, "auranofin=0.5uM", "bso=100uM", until="48 h", **{name: value})
        print(
            f"{name} {value}: TrxR1 {gold['TrxR1_activity'][-1]:.3f}, NQO1 {gold['fold_NQO1'].max():.2f}, "
            f"HMOX1 {gold['fold_HMOX1'].max():.1f}, LOOH {both['LOOH'].max() / both['LOOH'][0]:.2f} fold", flush=True,
        )  # fmt: skip


def main() -> None:
    """Prints the tables, or the numbers of cells."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--model", default="redox")
    reader.add_argument("--cells", action="store_true")
    reader.add_argument("--limits", action="store_true")
    given = reader.parse_args()
    net = rx.network.read(given.model)
    if given.cells:
        cells(net)
    if given.limits:
        limits(net)
    if given.cells or given.limits:
        return
    changes(net)
    sets(net)


if __name__ == "__main__":
    main()
