"""Asks a person whether code may run: in a notebook, in IPython, at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graph_agent.errors import RequestError
from graph_agent.records import ApprovalRequest
from graph_agent.visible import visible
from nodes.approval import ApprovalAnswer

Answer = ApprovalAnswer | Mapping[str, Any] | str | bool
Approver = Callable[[ApprovalRequest], Answer]
"""Asks a person, as :func:`ask_person` does.

Returns a word (``approve``, ``reject``), a bool, or all of an answer's fields.
"""
QUESTION = "Run it? [y]es, [e]dit, [n]o: "
WHY = "What should the model know? "
FILE = "File that holds the code to run instead: "


def ask_person(request: ApprovalRequest) -> ApprovalAnswer:
    """Show the code and take the answer with ``input``: a ready-made ``approver``.

    Highlights the code where IPython is. To edit, it opens the user's editor at a
    terminal and asks for a file elsewhere.

    Raises:
        EOFError: nobody can be asked here.
    """
    if not _displayed(request):
        print(describe(request))
    elsewhere = not sys.stdin.isatty()
    return ask(request, input, print, _from_file if elsewhere else from_editor)


def ask(
    request: ApprovalRequest,
    read: Callable[[str], str],
    tell: Callable[[str], object],
    edit: Callable[[str, Callable[[str], str]], str | None],
) -> ApprovalAnswer:
    """Ask until there is an answer.

    Args:
        request: what is asked about; it has been shown.
        read: asks one question and returns the line that is typed.
        tell: shows one line.
        edit: takes the code and ``read``; returns other code, None for none.
    """
    while True:
        answer = read(QUESTION).strip().lower()
        if answer in ("y", "yes"):
            return ApprovalAnswer(decision="approve")
        if answer in ("n", "no"):
            return ApprovalAnswer(decision="reject", words=read(WHY).strip())
        if answer in ("e", "edit"):
            try:
                code = edit(request.code, read)
                if code is not None:
                    return ApprovalAnswer.read({"decision": "edit", "code": code})
                tell("The code was not changed.")
            except RequestError as error:
                tell(visible(str(error)))


def describe(request: ApprovalRequest) -> str:
    """Put a request into words: why, the code, and how it differs from the last."""
    code = visible(request.code.rstrip())
    return "\n".join([*_heading(request), "", code, "", *_changes(request)])


def from_editor(code: str, _: Callable[[str], str]) -> str | None:
    """Open code in the user's editor.

    Raises:
        RequestError: there is none that works.
    """
    import click

    try:
        return click.edit(code, extension=".py")
    except click.ClickException as error:
        raise RequestError(f"{error.message}; set EDITOR to one that works") from None


def read_code(path: Path, what: str) -> str:
    """Read a file of Python.

    Raises:
        RequestError: it cannot be read as UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")  # Notepad writes a byte order mark
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise RequestError(
            f"cannot read the {what} file {str(path)!r}: {reason}; give the path of a Python file"
        ) from error


def _from_file(_: str, read: Callable[[str], str]) -> str | None:
    name = read(FILE).strip()
    return read_code(Path(name).expanduser(), "edited") if name else None


def _displayed(request: ApprovalRequest) -> bool:
    """Show a request with its code highlighted; False where there is no IPython."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return False
    from IPython.display import Code, display  # type: ignore[import-not-found,unused-ignore]

    print("\n".join(_heading(request)))
    display(Code(data=visible(request.code), language="python"))  # type: ignore[no-untyped-call]
    if request.diff:
        print("\n".join(_changes(request)))
    return True


def _heading(request: ApprovalRequest) -> list[str]:
    reasons = [f"  {visible(one)}" for one in request.reasons]
    problem = [f"  {visible(request.problem)}"] if request.problem else []
    return [f"Attempt {request.attempt} waits for you:", *reasons, *problem]


def _changes(request: ApprovalRequest) -> list[str]:
    if not request.diff:
        return []
    return ["Changed since the last attempt:", visible(request.diff.rstrip()), ""]
