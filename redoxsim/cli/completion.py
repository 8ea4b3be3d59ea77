"""What the shell completes: names that are shipped, and what a model holds.

click does the rest; docs/tutorial/first-run.md says how a shell is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.types import StringParamType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELVES = {"model": "models", "--model": "models", "--agent": "agents", "--dose": "agents", "--with": "agents",
           "--cell": "cells", "--against": "cells"}  # fmt: skip
"""Arguments and options that take a name of a shelf of the catalogue."""
SET, SEEN = ("--set", "--axis", "--free", "--vary"), ("--observe", "--explain")
"""Options that name what a model holds: constants, sizes and initial states; anything that has a value."""
FAMILIES = ("models", "agents", "cells", "experiments")


class Named(StringParamType):
    """A text that the shell can complete; taken as it is."""

    def __init__(self, option: str) -> None:
        self.option = option

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",") if self.option in (*SET, *SEEN) else ("", "", incomplete)
        found = [CompletionItem(f"{before}{comma}{name}") for name in sorted(self._known(ctx)) if name.startswith(last)]
        if SHELVES.get(self.option) in ("models", "cells") or self.option == "name":
            found.append(CompletionItem(incomplete, type="file"))  # a path works wherever a name does
        return found

    def _known(self, ctx: click.Context) -> Iterable[str]:
        from redoxsim import catalog
        from redoxsim.errors import RedoxsimError

        shelf = SHELVES.get(self.option)
        if self.option == "name":
            family = ctx.parent.info_name if ctx.parent else None
            shelf = family if family in FAMILIES else "experiments" if ctx.info_name == "run" else None
        if shelf is not None:
            return list(getattr(catalog, shelf)())
        # after an option that still lacks its value, click leaves the arguments where they are
        model = next(iter(ctx.args), None) or ctx.params.get("model")
        if self.option == "name" or not isinstance(model, str):
            return []
        from redoxsim import network

        try:
            held = network.read(model)
        except RedoxsimError:
            return []
        if self.option in SEEN:
            return list(held.index())
        return [part.id for part in (*held.parameters, *held.compartments, *held.species)]


def completed(param: click.Parameter) -> None:
    """Lets the shell complete what a parameter takes, where that is a name that is known; changes the parameter."""
    option = param.opts[0] if isinstance(param, click.Option) else str(param.name)
    if type(param.type) is StringParamType and option in (*SHELVES, *SET, *SEEN, "name"):
        param.type = Named(option)
