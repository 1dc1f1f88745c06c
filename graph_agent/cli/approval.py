"""Asks at the terminal whether code may run, or reads the answer from the options."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from graph_agent.cli.exits import say, tell
from graph_agent.errors import RequestError
from graph_agent.records import ApprovalAnswer, ApprovalRequest
from graph_agent.runs import approver
from graph_agent.runs.approver import approval_text, from_editor, read_code


def can_ask() -> bool:
    """Whether there is a terminal to ask at."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(request: ApprovalRequest) -> ApprovalAnswer:
    """Show the code on stderr and ask until there is a valid answer.

    Raises:
        KeyboardInterrupt: Ctrl-C, or the end of the input.
    """
    tell(approval_text(request))
    return approver.ask(request, _read, tell, from_editor)


def answer_from(yes: bool, edit: Path | None, reject: str | None) -> ApprovalAnswer | None:
    """Read the answer from the options of ``resume``; None if there is none.

    Raises:
        RequestError: there are several answers, or the edited code can't be run.
    """
    if sum((yes, edit is not None, reject is not None)) > 1:
        raise RequestError("give only one of --yes, --edit and --reject")
    if edit is not None:
        return ApprovalAnswer.read({"decision": "edit", "code": read_code(edit, "edited")})
    if reject is not None:
        return ApprovalAnswer(decision="reject", words=reject)
    return ApprovalAnswer(decision="approve") if yes else None


def say_how_to_answer(request: ApprovalRequest, thread: str) -> None:
    """Print the waiting code, and the commands that answer."""
    say(approval_text(request))
    say(f"to answer: codegen-agent resume {thread} --yes | --edit FILE.py | --reject WORDS")


def _read(question: str) -> str:
    # Not click's prompt: it turns an interrupt into its own error.
    typer.echo(question, err=True, nl=False)
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line
