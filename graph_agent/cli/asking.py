"""Asks the person at the terminal whether code may run, or takes the answer from options."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from graph_agent import asking
from graph_agent.asking import describe, from_editor, read_code
from graph_agent.cli.exits import say
from graph_agent.errors import RequestError
from graph_agent.records import ApprovalRequest
from nodes.approval import ApprovalAnswer


def can_ask() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(request: ApprovalRequest) -> ApprovalAnswer:
    """Show the code on stderr and take the answer; asks again until it is one.

    Raises:
        KeyboardInterrupt: Ctrl-C, or the end of the input.
    """
    _tell(describe(request))
    return asking.ask(request, _read, _tell, from_editor)


def answer_from(yes: bool, edit: Path | None, reject: str | None) -> ApprovalAnswer | None:
    """Read the answer from the options of ``resume``; None: none is given.

    Raises:
        RequestError: there are several, or the edited code cannot be run.
    """
    if sum((yes, edit is not None, reject is not None)) > 1:
        raise RequestError("give one of --yes, --edit and --reject, not several")
    if edit is not None:
        return ApprovalAnswer.read({"decision": "edit", "code": read_code(edit, "edited")})
    if reject is not None:
        return ApprovalAnswer(decision="reject", words=reject)
    return ApprovalAnswer(decision="approve") if yes else None


def say_how_to_answer(request: ApprovalRequest, thread: str) -> None:
    """Print what waits, and the commands that answer it."""
    say(describe(request))
    say(
        f"to answer: codegen-agent resume {thread} --yes | --edit FILE.py | --reject WORDS",
    )


def _read(question: str) -> str:
    # Not click's prompt, which makes of an interrupt an error of its own.
    typer.echo(question, err=True, nl=False)
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line


def _tell(text: str) -> None:
    typer.echo(text, err=True)
