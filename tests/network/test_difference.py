"""What differs between two networks."""

from __future__ import annotations

from redoxsim import network
from redoxsim.network.difference import Difference, difference

TEXT = """
model m()
  compartment c = 1; species A in c = 1; species B in c = 0;
  k = 2; gone = 1; v := k*A;
  J: A -> B; c*k*A; at (time > 5): B = 0;
end
"""


def test_a_network_does_not_differ_from_itself() -> None:
    one = network.read_antimony(TEXT)
    assert difference(one, network.read_antimony(TEXT)) == []
    assert difference(network.read("gsh"), network.read("gsh")) == []


def test_every_kind_of_part_is_compared() -> None:
    other = (
        TEXT.replace("k = 2; gone = 1;", "k = 3; new = 4;").replace("species A in c = 1", "species A in c = 5")
        .replace("v := k*A", "v := k*A^2").replace("J: A -> B; c*k*A", "J: A -> 2 B; c*k*A + 1")
        .replace("compartment c = 1", "compartment c = 2").replace("B = 0;\nend", "B = 1;\nend")
    )  # fmt: skip
    found = difference(network.read_antimony(TEXT), network.read_antimony(other))
    said = {(one.kind, one.id, one.what): (one.first, one.second) for one in found}
    assert said["compartment", "c", "size"] == ("1.0", "2.0")
    assert said["species", "A", "initial concentration"] == ("1.0", "5.0")
    assert said["parameter", "k", "value"] == ("2.0", "3.0")
    assert said["reaction", "J", "equation"] == ("A -> B", "A -> 2 B")
    assert said["reaction", "J", "rate"][1].endswith("+ 1")
    assert said["rule", "v", "assignment"][1].endswith("A^2")
    (event,) = [one for one in found if one.kind == "event"]
    assert (event.what, event.first, event.second) == ("assignments", "B = 0", "B = 1")
    gone, new = (next(one for one in found if one.id == name) for name in ("gone", "new"))
    assert gone.first is not None
    assert gone.second is None
    assert new == Difference("parameter", "new", "", None, new.second)
    assert "value 4.0" in str(new.second)
    assert len(found) == len(said) == 9


def test_turned_round_it_is_the_same() -> None:
    one, other = network.read("gsh"), network.read("trx")
    there, back = difference(one, other), difference(other, one)
    turned = {Difference(d.kind, d.id, d.what, d.second, d.first) for d in back}
    assert set(there) == turned
    assert there
