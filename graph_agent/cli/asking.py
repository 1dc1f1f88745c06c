"""Asks the person at the terminal whether code may run."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from graph_agent.cli.exits import say
from graph_agent.errors import RequestError
from graph_agent.records import ApprovalRequest
from graph_agent.visible import visible
from nodes.approval import ApprovalAnswer

QUESTION = "Run it? [y]es, [e]dit, [n]o"


def describe(request: ApprovalRequest) -> str:
    """Put a request into words: why, the code, and how it differs from the last."""
    parts = [f"Attempt {request.attempt} waits for you:"]
    parts += [f"  {reason}" for reason in request.reasons]
    parts += ["", request.code.rstrip(), ""]
    if request.diff:
        parts += ["Changed since the last attempt:", request.diff.rstrip(), ""]
    return visible("\n".join(parts))


def can_ask() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(request: ApprovalRequest) -> ApprovalAnswer:
    """Show the code and take the answer; asks again until it is one."""
    typer.echo(describe(request), err=True)
    while True:
        answer = typer.prompt(QUESTION, err=True).strip().lower()
        if answer in ("y", "yes"):
            return ApprovalAnswer(decision="approve")
        if answer in ("n", "no"):
            words = typer.prompt("What should the model know?", default="", err=True)
            return ApprovalAnswer(decision="reject", words=words)
        if answer in ("e", "edit") and (edited := _edited(request.code)) is not None:
            return edited


def answer_from(yes: bool, edit: Path | None, reject: str | None) -> ApprovalAnswer | None:
    """Read the answer from the options of ``resume``; None: none is given.

    Raises:
        RequestError: there are several, or the edited code cannot be run.
    """
    if sum((yes, edit is not None, reject is not None)) > 1:
        raise RequestError("give one of --yes, --edit and --reject, not several")
    if edit is not None:
        from graph_agent.cli.running import read_text

        return _edit(read_text(edit, "edited"))
    if reject is not None:
        return ApprovalAnswer(decision="reject", words=reject)
    return ApprovalAnswer(decision="approve") if yes else None


def say_how_to_answer(request: ApprovalRequest, thread: str) -> None:
    """Print what waits, and the commands that answer it."""
    say(describe(request))
    say(
        f"to answer: codegen-agent resume {thread} --yes | --edit FILE.py | --reject WORDS",
    )


def _edited(code: str) -> ApprovalAnswer | None:
    """Open the code in the user's editor; None if it cannot be run afterwards."""
    import click

    text = click.edit(code, extension=".py")
    if text is None:
        typer.echo("The code was not changed.", err=True)
        return None
    try:
        return _edit(text)
    except RequestError as error:
        typer.echo(str(error), err=True)
        return None


def _edit(code: str) -> ApprovalAnswer:
    from pydantic import ValidationError

    try:
        return ApprovalAnswer(decision="edit", code=code)
    except ValidationError as error:
        what = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise RequestError(what.removeprefix("Value error, ")) from None
