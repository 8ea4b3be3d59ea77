"""The command and the group that all verbs share: help that leads with examples, verbs loaded when used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from redoxsim.cli.completion import completed
from redoxsim.errors import nearest

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}

VERBS: dict[str, str] = {
    "simulate": "Time course of one model under doses.",
    "dose-response": "One agent over a range of doses, with a Hill fit.",
    "combine": "Two or three agents on a grid of doses, with synergy scores.",
    "schedule": "Effect against the order and delay of two agents.",
    "score": "Synergy scores of laboratory data; no model.",
    "plate": "Doses of a plate that would tell synergy from no interaction.",
    "scan": "A grid of parameter values or initial states.",
    "sensitivity": "Which constants carry an answer.",
    "fit": "A few constants to measured points.",
    "steady": "Undosed steady states with their stability.",
    "run": "An experiment: its runs, figures and expectations.",
    "validate": "The model against published observations: a scoreboard.",
    "runs": "Run folders: list, show, compare, repeat.",
    "models": "Shipped models: list, show, diagram, diff.",
    "agents": "Shipped agents: list and show.",
    "cells": "Shipped cell profiles: list and show.",
    "experiments": "Shipped experiments: list and show.",
    "check": "Every problem of a model, agent, cell, observation or experiment file.",
    "export": "A model as SBML or Antimony.",
    "bench": "Speed with its error, beside the other solvers.",
    "explain": "What a code or a status means and what to do.",
    "doctor": "Versions, solvers that work and why not, where data is.",
}
"""Verbs in the order of the help, with their first line; a test holds them to the commands' own."""


class Verb(click.Command):
    """A command whose help shows examples before options."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", CONTEXT)
        super().__init__(*args, **kwargs)
        self.examples = examples
        for param in self.params:
            completed(param)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # click takes the last of several and says nothing
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        single = [
            one for one in order if isinstance(one, click.Option) and not (one.multiple or one.is_flag or one.count)
        ]
        twice = next((one for one in single if single.count(one) > 1), None)
        if twice is not None and not ctx.resilient_parsing:
            raise click.UsageError(f"{twice.opts[0]} is given twice, and takes one value", ctx=ctx)
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        first, _, rest = (self.help or "").partition("\n\n")
        formatter.write_paragraph()
        formatter.write_text(first)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        if rest:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(rest)


class Family(click.Group):
    """A verb with sub-verbs; called without one it lists."""

    command_class = Verb

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", CONTEXT)
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        Verb.format_help_text(self, ctx, formatter)  # type: ignore[arg-type]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # `redoxsim models --format json` means `redoxsim models list --format json`.
        if "list" in self.commands and (not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)):
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            hint = nearest(name, self.list_commands(ctx)) or f"one of {', '.join(self.list_commands(ctx))}"
            raise click.UsageError(f"there is no command '{name}' ({hint})", ctx=ctx)
        return super().resolve_command(ctx, args)


class Root(Family):
    """``redoxsim`` itself: a verb's module is imported when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module = importlib.import_module(f"redoxsim.cli.{name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))
