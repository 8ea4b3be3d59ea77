"""A network at a glance: counts, and the table that Jupyter shows."""

from __future__ import annotations

from html import escape

from redoxsim.network.expr import uses_time
from redoxsim.network.parts import Network


def summary(network: Network) -> dict[str, int]:
    """How many of each part there are, and how many species change by reactions or rate rules.

    >>> summary(Network(id="empty"))["species"]
    0
    """
    ruled = {rule.target for rule in network.rules if rule.kind == "rate"}
    touched = {part.species for reaction in network.reactions for part in (*reaction.reactants, *reaction.products)}
    changing = {part.id for part in network.species if not part.constant and not part.boundary and part.id in touched}
    return {
        "compartments": len(network.compartments),
        "species": len(network.species),
        "changing": len(changing | ruled),
        "parameters": len(network.parameters),
        "reactions": len(network.reactions),
        "assignment rules": sum(rule.kind == "assignment" for rule in network.rules),
        "rate rules": len(ruled),
        "initial assignments": len(network.initial_assignments),
        "events": len(network.events),
        "depends on time": int(any(
            uses_time(expr)
            for expr in [rule.expr for rule in network.rules] + [part.rate for part in network.reactions if part.rate]
        )),
    }  # fmt: skip


def to_html(network: Network) -> str:
    """A small table for Jupyter."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{what}</th><td>{count}</td></tr>"
        for what, count in summary(network).items()
        if count
    )
    title = escape(network.name or network.id)
    return f"<table><caption>{title} <code>{escape(network.id)}</code></caption>{rows}</table>"
