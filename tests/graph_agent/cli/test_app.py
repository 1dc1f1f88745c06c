"""The commands as typer knows them: what there is, and a help text for every option."""

from __future__ import annotations

import click
import pytest
import typer

from graph_agent.cli.app import app
from tests.graph_agent.cli.command import Command

COMMANDS = {
    *("run", "resume", "fork", "threads", "show", "forget", "exec", "batch", "mcp", "doctor"),
    *("sandbox build", "sandbox gc", "variables gc", "model fetch"),
    *("variables verify", "env allow", "env deny", "env status"),
    *("model list", "eval run", "eval compare"),
}


def commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    """Return every command below a group by its full name."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{prefix}{name} ")  # type: ignore[arg-type]  # a group
        else:
            found[prefix + name] = command
    return found


def test_every_command_and_option_is_explained() -> None:
    found = commands(typer.main.get_command(app))  # type: ignore[arg-type]  # a group
    assert set(found) == COMMANDS
    for name, command in found.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_without_a_command_it_lists_them(command: Command) -> None:
    done = command.here()
    assert done.code == 2
    for name in COMMANDS:
        assert name.split()[0] in done.out + done.err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help(command: Command, name: str) -> None:
    done = command.here(*name.split(), "--help", COLUMNS="200")
    assert (done.code, done.err) == (0, "")
    assert f"codegen-agent {name}" in done.out


def test_version(command: Command) -> None:
    done = command.here("--version")
    assert (done.code, done.err) == (0, "")
    assert done.out.strip().count(".") == 2


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("codegen-agent res", "resume"), ("codegen-agent run --max-att", "--max-attempts")],
)
def test_a_shell_completes_commands_and_options(command: Command, typed: str, offered: str) -> None:
    environ = {
        "_CODEGEN_AGENT_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    assert offered in command(**environ).out.split()
