"""The diagram that fits a network: modules and links of a composed one, what is its own of a module, else all of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from redoxsim import catalog, network
from redoxsim.errors import ModelError
from redoxsim.network.compose import MARK, Module, module_of, settings_of
from redoxsim.network.expr import symbols
from redoxsim.network.parts import Network
from redoxsim.report.diagram.draw import diagram
from redoxsim.report.diagram.overview import Part, overview


def diagram_of(found: Network, *, name: str = "", edited: Network | None = None, whole: bool = False) -> str:
    """The diagram of a network that was read from a file, as SVG text.

    Parameters
    ----------
    name : what to call it; its id if none is given.
    edited : the same network with something added (an agent); what is new is marked. Of a composed network only
        what is new or changed is drawn then.
    whole : every reaction of the network, also of a composed one and with what stands in for other modules: a poster.

    Raises
    ------
    ModelError : the modules of a composed network are not where its model.toml says.
    """
    folder = Path(found.source).parent if found.source else Path()
    settings = settings_of(folder) if found.source else {}
    title = ": ".join(part for part in (name or found.id, settings.get("title") or found.name) if part)
    old = None if edited is None else [part.id for part in found]
    if whole:
        return diagram(edited or found, title=title, old=old)
    if "compose" in settings or "core_of" in settings:
        if edited is None:
            return _modules(found, folder, title)
        notes = ["Drawn: the reactions that are added, and those whose rates are changed."]
        return diagram(edited, title=title, own=_changed(found, edited), varying=(), old=old, notes=notes)
    own = _own(folder) if found.source else None
    if own is None:
        return diagram(edited or found, title=title, old=old)
    held = [one for one in found.reactions if one.id not in own.defined]
    notes = [f"Not drawn: {len(held)} reactions that stand in for other modules here."] if held else []
    if edited is not None:
        kept = {*own.defined, *({part.id for part in edited} - {part.id for part in found})}
        return diagram(edited, title=title, own=kept, varying=varying_in(folder), old=old, notes=notes)
    return diagram(found, title=title, own=own.defined, varying=varying_in(folder), notes=notes)


def _changed(found: Network, edited: Network) -> set[str]:
    """Ids of parts that are new or not as they were."""
    before, after = found.index(), edited.index()
    ids = {name for name, part in after.items() if before.get(name) != part}
    rules = {rule.target: rule.expr for rule in found.rules}
    return ids | {rule.target for rule in edited.rules if rules.get(rule.target) != rule.expr}


def _own(folder: Path) -> Module | None:
    """The module of a folder, None where it holds none."""
    text = folder / "model.ant"
    if not text.is_file() or not MARK.search(text.read_text(encoding="utf-8")):
        return None
    try:
        return module_of(folder)
    except ModelError:
        return None


def varying_in(folder: Path) -> set[str]:
    """Ids that rules compute in a network that is composed of this module and others."""
    found: set[str] = set()
    for other in catalog.models().values():
        if folder.name in settings_of(other).get("compose", []) and other.parent == folder.parent:
            found |= {rule.target for rule in network.read(other.name).rules}
    return found


def _modules(found: Network, folder: Path, title: str) -> str:
    settings = settings_of(folder)
    source = folder.parent / settings["core_of"] if "core_of" in settings else folder
    names: list[str] = settings_of(source).get("compose", [])
    missing = [one for one in names if not (folder.parent / one / "model.ant").is_file()]
    if missing:
        raise ModelError(f"the modules {', '.join(missing)} are not beside '{folder.name}'")
    modules = {one: module_of(folder.parent / one) for one in names}
    species = {one.id for one in found.species}
    reactions = {one.id for one in found.reactions}
    varying = species | {rule.target for rule in found.rules}
    parts = [
        Part(
            id=one,
            title=settings_of(folder.parent / one).get("title", ""),
            species=len(_among(module.defined, species)),
            reactions=len(_among(module.defined, reactions)),
        )
        for one, module in modules.items()
    ]
    owner = {one: name for name, module in modules.items() for one in module.defined}
    links: dict[tuple[str, str], list[str]] = {}
    order = [one for module in modules.values() for one in module.expected]
    for taker in modules:
        used = _used(found, {name for name, module in owner.items() if module == taker})
        for one in dict.fromkeys(name for name in order if name in used & varying):
            if owner.get(one, taker) != taker:
                links.setdefault((owner[one], taker), []).append(one)
    return overview(parts, links, title=title)


def _used(found: Network, own: set[str]) -> set[str]:
    """Ids that the reactions and rules of a module use."""
    used: set[str] = set()
    for one in found.reactions:
        if one.id in own:
            used |= symbols(one.rate) if one.rate is not None else set()
            used |= {part.species for part in (*one.reactants, *one.products)}
    for rule in found.rules:
        if rule.target in own:
            used |= symbols(rule.expr)
    return used


def _among(names: Iterable[str], known: set[str]) -> list[str]:
    return [name for name in names if name in known]
