"""Cards: the connected pieces of a diagram, each laid out for itself, and their places on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from redoxsim.report.diagram.layered import Placed, acyclic_order, place
from redoxsim.report.diagram.nodes import PORT, NamesNode, Node, SignalNode, SpeciesNode, StepNode, by_action
from redoxsim.report.diagram.scheme import Scheme, Signal, Step
from redoxsim.report.diagram.svg import ACTION_COLOURS, LINE, NEW, SOFT, acting, flowing, head, label, path, rect

TINTS = ("#e6f0f9", "#fbf4e2", "#efe6f5", "#e9f3e6", "#f9e9e6", "#eeeeee")
RULES = "#f6f8f3"
PAD, TITLE, BETWEEN = 12.0, 16.0, 12.0
ASPECT = 1.4
STACK = 6  # lone species of one compartment that stand below one another


@dataclass(frozen=True, slots=True)
class Card:
    """A piece with its size; ``draw`` at a place."""

    width: float
    height: float
    parts: tuple[tuple[float, float, str], ...]
    """Moved drawings: x, y and SVG text."""

    def draw(self, x: float, y: float) -> str:
        return "\n".join(
            f'<g transform="translate({dx + x:.1f} {dy + y:.1f})">\n{text}\n</g>' for dx, dy, text in self.parts
        )


@dataclass(frozen=True, slots=True)
class _Edge:
    """A line between two nodes from left to right; ``starts`` and ``ends`` say what stands at its ends."""

    tail: str
    head: str
    colour: str
    dashed: bool
    at_tail: str = ""
    at_head: str = ""


def pieces(found: Scheme) -> list[tuple[list[str], list[Step]]]:
    """Connected pieces: boxes and the reactions between them, in the order of the network."""
    parent = {name: name for name in found.boxes}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for step in found.steps:
        names = [*step.sources, *step.targets]
        for name in names[1:]:
            first, second = root(names[0]), root(name)
            if first != second:
                parent[second] = first
    grouped: dict[str, tuple[list[str], list[Step]]] = {}
    for name in found.boxes:
        grouped.setdefault(root(name), ([], []))[0].append(name)
    for step in found.steps:
        names = [*step.sources, *step.targets]
        if names:
            grouped[root(names[0])][1].append(step)
    return list(grouped.values())


def tints(found: Scheme) -> dict[str, str]:
    """A colour for each compartment."""
    return {name: TINTS[place % len(TINTS)] for place, name in enumerate(found.compartments)}


def cards(found: Scheme) -> list[Card]:
    """Every card of a diagram."""
    colours = tints(found)
    rank = {name: place for place, name in enumerate(found.compartments)}
    made: list[Card] = []
    alone: dict[str, list[Card]] = {}
    for names, steps in pieces(found):
        drawn, bands = _piece(found, names, steps, rank)
        places = [found.boxes[name].compartment for name in names]
        if len(names) == 1:
            alone.setdefault(places[0], []).append(drawn)
        else:
            made.append(_card(drawn, bands, dict.fromkeys(sorted(places, key=rank.__getitem__)), colours))
    for compartment, few in alone.items():
        for start in range(0, len(few), STACK):
            drawn = _stacked(few[start : start + STACK])
            made.append(_card(drawn, {}, {compartment: None}, colours))
    if found.signals:
        made += [_rules(drawn) for drawn in _signals(found.signals)]
    return made


def _stacked(few: Sequence[Card]) -> Card:
    parts: list[tuple[float, float, str]] = []
    y = 0.0
    for one in few:
        parts += [(dx, dy + y, text) for dx, dy, text in one.parts]
        y += one.height + 8.0
    return Card(max(one.width for one in few), y - 8.0, tuple(parts))


def _card(
    drawn: Card,
    bands: Mapping[float, tuple[float, float]],
    compartments: Mapping[str, None],
    colours: Mapping[str, str],
) -> Card:
    """A drawing on the tints of its compartments, with their names."""
    width, height = drawn.width + 2 * PAD, drawn.height + 2 * PAD + TITLE
    names = list(compartments)
    titles = max(len(name) for name in names) * 7.0 + 16.0
    width = max(width, titles)
    edges = [0.0]
    for number in range(len(names) - 1):
        left, right = bands.get(number + 0.5, (bands[number][1], bands[number + 1][0]))
        edges.append(PAD + (left + right) / 2)
    edges.append(width)
    back = []
    for name, left, right in zip(names, edges, edges[1:], strict=False):
        back.append(rect(left, 0.0, right - left, height, radius=5.0, fill=colours[name], stroke="#c9c4b8"))
        back.append(label(left + 8.0, 13.0, name, size=9.5, anchor="start", colour=SOFT))
    inner = tuple((dx + PAD, dy + PAD + TITLE, text) for dx, dy, text in drawn.parts)
    return Card(width, height, ((0.0, 0.0, "\n".join(back)), *inner))


def _rules(drawn: Card) -> Card:
    width, height = drawn.width + 2 * PAD, drawn.height + 2 * PAD + TITLE
    back = [rect(0.0, 0.0, width, height, radius=5.0, fill=RULES, stroke="#c9c4b8"),
            label(8.0, 13.0, "computed by rules", size=9.5, anchor="start", colour=SOFT)]  # fmt: skip
    return Card(
        width, height, ((0.0, 0.0, "\n".join(back)), *((x + PAD, y + PAD + TITLE, s) for x, y, s in drawn.parts))
    )


def _piece(
    found: Scheme, names: Sequence[str], steps: Sequence[Step], rank: Mapping[str, int]
) -> tuple[Card, dict[float, tuple[float, float]]]:
    present = sorted({rank[found.boxes[name].compartment] for name in names})
    band = {name: present.index(rank[found.boxes[name].compartment]) for name in names}
    pairs = [
        (tail, other) for step in steps for tail in step.sources for other in step.targets if band[tail] == band[other]
    ]
    order = {name: place for place, name in enumerate(acyclic_order(names, pairs))}
    nodes: dict[str, Node] = {name: SpeciesNode(found.boxes[name]) for name in names}
    bands: dict[str, float] = {name: float(band[name]) for name in names}
    edges: list[_Edge] = []
    flipped: set[str] = set()
    for step in steps:
        key = f"step {step.id}"
        nodes[key] = StepNode(step)
        around = sorted({band[name] for name in (*step.sources, *step.targets)})
        bands[key] = float(around[0]) if len(around) == 1 else around[0] + 0.5
        colour = NEW if step.new else LINE
        if step.sources and step.targets:
            first, last = step.sources[0], step.targets[0]
            if (band[first], order[first]) > (band[last], order[last]):
                flipped.add(key)
        back = "arrow" if step.reversible else ""
        for name in step.sources:
            if key in flipped:
                edges.append(_Edge(key, name, colour, step.off, at_head=back))
            else:
                edges.append(_Edge(name, key, colour, step.off, at_tail=back))
        for name in step.targets:
            if key in flipped:
                edges.append(_Edge(name, key, colour, step.off, at_tail="arrow"))
            else:
                edges.append(_Edge(key, name, colour, step.off, at_head="arrow"))
    return _laid_out(nodes, bands, edges, flipped)


def _signals(signals: Sequence[Signal]) -> list[Card]:
    """Connected pieces of what rules compute."""
    owner = {name: one.id for one in signals for name in one.ids}
    links = {one.id: {owner[actor.id] for actor in one.actors if actor.id in owner} for one in signals}
    left = {one.id for one in signals}
    made = []
    for one in signals:
        if one.id not in left:
            continue
        group, grown = {one.id}, True
        while grown:
            more = {name for name in left - group if links[name] & group or any(name in links[old] for old in group)}
            group, grown = group | more, bool(more)
        left -= group
        made.append(_signal_piece([each for each in signals if each.id in group], owner))
    return made


def _signal_piece(signals: Sequence[Signal], owner: Mapping[str, str]) -> Card:
    pairs = [(owner[actor.id], one.id) for one in signals for actor in one.actors if actor.id in owner]
    order = {name: place for place, name in enumerate(acyclic_order([one.id for one in signals], pairs))}
    nodes: dict[str, Node] = {one.id: SignalNode(one) for one in signals}
    edges: list[_Edge] = []
    for one in signals:
        for actor in one.actors:
            if actor.id in owner:
                how = "stimulation" if actor.how == "catalysis" else actor.how
                source = owner[actor.id]
                colour = ACTION_COLOURS[how]
                if order[source] < order[one.id]:
                    edges.append(_Edge(source, one.id, colour, False, at_head=how))
                elif source != one.id:
                    edges.append(_Edge(one.id, source, colour, False, at_tail=how))
        others = [actor for actor in one.actors if actor.id not in owner]
        merged: dict[str, list[str]] = {}
        for how, names in by_action(others).items():
            merged.setdefault("stimulation" if how == "catalysis" else how, []).extend(names)
        for how, names in merged.items():
            key = f"{how} on {one.id}"
            nodes[key] = NamesNode(tuple(names))
            edges.append(_Edge(key, one.id, ACTION_COLOURS[how], False, at_head=how))
    return _laid_out(nodes, dict.fromkeys(nodes, 0.0), _joined(edges), set())[0]


def _joined(edges: Sequence[_Edge]) -> list[_Edge]:
    """One line for two quantities that act on each other, with a sign at either end."""
    found: dict[tuple[str, str], _Edge] = {}
    for edge in edges:
        other = found.get((edge.tail, edge.head))
        if other is not None:
            colour = edge.colour if edge.colour == other.colour else SOFT
            tail, tip = edge.at_tail or other.at_tail, edge.at_head or other.at_head
            edge = replace(edge, colour=colour, at_tail=tail, at_head=tip)
        found[edge.tail, edge.head] = edge
    return list(found.values())


def _laid_out(
    nodes: Mapping[str, Node], bands: Mapping[str, float], edges: Sequence[_Edge], flipped: set[str]
) -> tuple[Card, dict[float, tuple[float, float]]]:
    counts = Counter((edge.tail, 1) for edge in edges) + Counter((edge.head, -1) for edge in edges)
    for name, node in nodes.items():
        if isinstance(node, SpeciesNode | SignalNode):
            node.ports = max(counts[name, 1], counts[name, -1], 1)
    placed = place(
        {name: node.size(bands[name]) for name, node in nodes.items()},
        list(dict.fromkeys((edge.tail, edge.head) for edge in edges)),
    )
    shifts = _shifts(edges, placed, nodes)
    lines = [_line(edge, placed, nodes, shifts) for edge in edges]
    drawn = [text for name, node in nodes.items() for text in node.draw(*placed.at[name], flipped=name in flipped)]
    text = "\n".join([*lines, *drawn])
    return Card(placed.width, placed.height, ((0.0, 0.0, text),)), dict(placed.bands)


def _shifts(edges: Sequence[_Edge], placed: Placed, nodes: Mapping[str, Node]) -> dict[tuple[str, str, str], float]:
    """How far from the middle of a box each line meets it: by tail, head and the box."""
    meeting: dict[tuple[str, int], list[tuple[float, str, str]]] = {}
    for tail, other in dict.fromkeys((edge.tail, edge.head) for edge in edges):
        route = placed.routes[tail, other]
        meeting.setdefault((tail, 1), []).append((route[2][1], tail, other))
        meeting.setdefault((other, -1), []).append((route[-3][1], tail, other))
    found = {}
    for (name, _), lines in meeting.items():
        if isinstance(nodes[name], SpeciesNode | SignalNode):
            for i, (_, tail, other) in enumerate(sorted(lines, key=lambda line: line[0])):
                found[tail, other, name] = (i - (len(lines) - 1) / 2) * PORT
    return found


def _line(edge: _Edge, placed: Placed, nodes: Mapping[str, Node], shifts: Mapping[tuple[str, str, str], float]) -> str:
    points = list(placed.routes[edge.tail, edge.head])
    found = []
    for name, end, place_, beside in ((edge.tail, edge.at_tail, 0, 1), (edge.head, edge.at_head, -1, -2)):
        node = nodes[name]
        if isinstance(node, StepNode):
            continue
        x, y = placed.at[name]
        y += shifts.get((edge.tail, edge.head, name), 0.0)
        side = 1.0 if place_ == 0 else -1.0
        tip = (x + side * node.half(), y)
        points[place_], points[beside] = tip, (points[beside][0], y)
        back = (tip[0] + side * 20.0, y)
        if end == "arrow":
            found.append(head(tip, back, colour=edge.colour))
            points[place_] = (tip[0] + side * 5.0, y)
        elif end:
            sign, stop = acting(end, tip, back)
            found.append(sign)
            points[place_] = stop
        inner = side * (points[beside][0] - points[place_][0])
        if inner < 6.0:  # the widest box of its column: its line stays level for a little, so that its end can be seen
            points[beside] = (points[place_][0] + side * 6.0, y)
    return "\n".join([path(flowing(points), colour=edge.colour, dashed=edge.dashed), *found])


def packed(sizes: Sequence[tuple[float, float]], width: float) -> tuple[list[tuple[float, float]], float, float]:
    """Places of rectangles on a page of some width, the largest first, each as high up as it fits.

    Returns
    -------
    Upper left corners in the order given, and the width and height that are used.
    """
    order = sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], -sizes[i][0], i))
    taken: list[tuple[float, float, float, float]] = []
    places: list[tuple[float, float]] = [(0.0, 0.0)] * len(sizes)
    for i in order:
        wide, tall = sizes[i]
        corners = sorted(
            {(0.0, 0.0)}
            | {(right + BETWEEN, y) for _, y, right, _ in taken}
            | {(x, bottom + BETWEEN) for x, _, _, bottom in taken}
            | {(0.0, bottom + BETWEEN) for *_, bottom in taken}
            | {(right + BETWEEN, 0.0) for _, _, right, _ in taken},
            key=lambda corner: (corner[1], corner[0]),
        )
        for x, y in corners:
            if x > 0.0 and x + wide > width:
                continue
            gap = BETWEEN - 0.01
            if any(x < r + gap and l_ < x + wide + gap and y < b + gap and t < y + tall + gap for l_, t, r, b in taken):
                continue
            places[i] = (x, y)
            taken.append((x, y, x + wide, y + tall))
            break
    return places, max((r for *_, r, _ in taken), default=0.0), max((b for *_, b in taken), default=0.0)


def on_page(made: Sequence[Card]) -> tuple[list[tuple[float, float]], float, float]:
    """Places of cards on a page that is about as wide as a sheet of paper laid across."""
    sizes = [(one.width, one.height) for one in made]
    widest = max((width for width, _ in sizes), default=0.0)
    best, score = packed(sizes, widest), float("inf")
    for extra in range(0, 1600, 20):
        trial = packed(sizes, max(widest, 500.0) + extra)
        _, width, height = trial
        if not height:
            continue
        # A page should be full, and of a good shape.
        value = abs(log(width / height / ASPECT)) + 2.0 * log(width * height / sum(w * h for w, h in sizes))
        if value < score:
            best, score = trial, value
    return best
