"""The cell in which code that needs approval is read, edited and run."""

from __future__ import annotations

from graph_agent.records import ApprovalAnswer, ApprovalRequest
from sandbox.terminal_text import escape_control_chars, one_line

MAGIC = "%%codegen_approve"
_END = "# --- the code begins below this line ---"


def cell_text(request: ApprovalRequest, thread_id: str, model: str | None) -> str:
    """Write the cell: the magic that approves, why a person is asked, and the code.

    Hidden characters are shown as escapes, so that what is run is what was seen.
    """
    option = f" --model {model}" if model else ""
    notes = [*request.reasons, *([request.problem] if request.problem else [])]
    lines = [
        f"{MAGIC} {thread_id}{option}",
        f"# Attempt {request.attempt} waits for you. Run this cell to approve the code below,",
        "# as you edited it. To reject it, run in another cell:",
        f"# %codegen_reject --thread {thread_id}{option} WHAT THE MODEL SHOULD KNOW",
        *(f"# - {one_line(note)}" for note in notes),
        _END,
    ]
    return "\n".join([*lines, escape_control_chars(request.code).strip("\n"), ""])


def answer_from(body: str, request: ApprovalRequest) -> ApprovalAnswer:
    """Read the cell's code as the answer: approved if nothing in it was changed.

    Raises:
        RequestError: the edited code can't be run.
    """
    heading, mark, code = body.partition(_END)
    code = code if mark else heading
    if code.strip() == request.code.strip():
        return ApprovalAnswer(decision="approve")
    return ApprovalAnswer.read({"decision": "edit", "code": code.strip("\n") + "\n"})
