"""Every help ends with examples, and they name options that exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer.main

from graph_agent.cli.app import app
from graph_agent.cli.examples import EXAMPLES, START, examples_of
from tests.graph_agent.cli.command import Command

ROOT: Any = typer.main.get_command(app)


def commands(group: Any = ROOT, path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found |= commands(command, f"{path}{name} ") if inner else {f"{path}{name}": command}
    return found


def test_every_command_has_examples() -> None:
    assert {name: command.epilog for name, command in commands().items()} == {
        name: examples_of(name) for name in EXAMPLES
    }


@pytest.mark.parametrize(
    "example", [*START, *(line for found in EXAMPLES.values() for line in found)]
)
def test_an_example_uses_a_command_and_its_options(example: str) -> None:
    known = commands()
    known |= {"eval": known["eval run"]}  # eval SUITE
    name = next(
        name for name in known if re.search(rf"(^|[A-Z]=\S+ )codegen-agent {name}( |$)", example)
    )
    options = {option for param in known[name].params for option in param.opts}
    assert set(re.findall(r" (--[\w-]+)", example)) <= options


def test_without_arguments_it_says_how_to_start(command: Command) -> None:
    done = command.here(COLUMNS="100")
    shown = done.out + done.err
    assert done.code == 2
    assert "To start:" in shown
    for line in START:
        assert line in shown
