"""Asks a person to approve code: in a notebook, in IPython or at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from graph_agent.errors import RequestError
from graph_agent.records import ApprovalAnswer, ApprovalRequest
from graph_agent.similar import hint_for_file
from sandbox.terminal_text import escape_control_chars, one_line

Answer = ApprovalAnswer | Mapping[str, str] | str | bool
"""A word (``approve``, ``reject``), a bool, or an answer's fields."""
Approver = Callable[[ApprovalRequest], Answer]
"""Asks a person, as :func:`ask_person` does."""
QUESTION = "Run it? [y]es, [e]dit, [n]o: "
WHY = "What should the model know? "
FILE = "File that holds the code to run instead: "


def ask_person(request: ApprovalRequest) -> ApprovalAnswer:
    """Show the code and read the answer with ``input``: a ready-made ``approver``.

    In IPython the code is highlighted. To edit it, a terminal opens the user's editor,
    and a notebook asks for a file.

    Raises:
        EOFError: there is no input to read from.
    """
    if not _displayed(request):
        print(approval_text(request))
    return ask(request, input, print, from_editor if sys.stdin.isatty() else _from_file)


def ask(
    request: ApprovalRequest,
    read: Callable[[str], str],
    show: Callable[[str], object],
    edit: Callable[[str, Callable[[str], str]], str | None],
) -> ApprovalAnswer:
    """Ask until there is a valid answer.

    Args:
        request: the approval to ask for, already shown.
        read: asks a question and returns the line the person types.
        show: shows a line.
        edit: takes the code and ``read``, and returns the edited code; None: unchanged.
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
                show("The code was not changed.")
            except RequestError as error:
                show(escape_control_chars(str(error)))
        else:
            show("Please type y (run it), e (edit it) or n (don't run it).")


def approval_text(request: ApprovalRequest) -> str:
    """Describe a request: the reasons, the code, and its diff to the previous attempt."""
    code = _framed(request.code)
    return "\n".join([*_heading(request), "", code, "", *_changes(request)])


def from_editor(code: str, _: Callable[[str], str]) -> str | None:
    """Open code in the user's editor.

    Raises:
        RequestError: no editor works.
    """
    import click

    try:
        return click.edit(code, extension=".py")
    except click.ClickException as error:
        raise RequestError(f"{error.message}; set EDITOR to an editor that works") from None


def read_code(path: Path, what: str) -> str:
    """Read a Python file.

    Raises:
        RequestError: it can't be read as UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")  # Notepad writes a byte order mark
    except FileNotFoundError:
        raise RequestError(
            f"the {what} file {str(path)!r} does not exist; {hint_for_file(path)}"
        ) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise RequestError(
            f"cannot read the {what} file {str(path)!r}: {reason}; give the path of a Python file"
        ) from error


def _from_file(_: str, read: Callable[[str], str]) -> str | None:
    name = read(FILE).strip()
    return read_code(Path(name).expanduser(), "edited") if name else None


def _displayed(request: ApprovalRequest) -> bool:
    """Show a request with its code highlighted; False without IPython."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return False
    from IPython.display import Code, display  # type: ignore[import-not-found,unused-ignore]

    print("\n".join(_heading(request)))
    display(Code(data=escape_control_chars(request.code), language="python"))  # type: ignore[no-untyped-call]
    if request.diff:
        print("\n".join(_changes(request)))
    return True


def _heading(request: ApprovalRequest) -> list[str]:
    notes = [*request.reasons, *([request.problem] if request.problem else [])]
    lines = [f"  {one_line(note)}" for note in notes]
    return [f"Attempt {request.attempt} waits for you:", *lines]


def _changes(request: ApprovalRequest) -> list[str]:
    if not request.diff:
        return []
    return ["Changed since the last attempt:", _framed(request.diff), ""]


def _framed(text: str) -> str:
    """Mark each line, so that none can look like a line of the question."""
    lines = escape_control_chars(text.rstrip()).split("\n")
    return "\n".join(f"| {line}".rstrip() for line in lines)
