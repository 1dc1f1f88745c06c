"""What a prompt says about the earlier requests of a conversation.

A request is its author's words, and is told at every level. The code that answered it was written
by a model that saw the data at that request's level, and may hold what it saw. So it is told only
where the level is the same or laxer now, and so are names that are nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph_agent.prompts.bounds import Part, clip
from graph_agent.prompts.quoting import fence, within_line
from graph_agent.records import EarlierRequest, PrivacyLevel, strictest

MAX_EARLIER_REQUESTS = 8
"""The latest ones; a conversation forgets what was before them."""
MAX_REQUEST_CHARS = 1_000
MAX_CONVERSATION_CHARS = 12_000
MIN_CONVERSATION_CHARS = 600
MIN_SHOWN_CODE_CHARS = 200
"""Less of a program says nothing."""
_HEADING = "This request continues a conversation. What was asked before, oldest first:"
_RESULTS = "Their results are among the variables below. The request may refer to them."


def told_requests(state: Mapping[str, Any]) -> list[EarlierRequest]:
    """Return the earlier requests as the state's privacy level allows, without other code."""
    level: PrivacyLevel = state.get("privacy") or "sample"
    earlier = [EarlierRequest.model_validate(each) for each in state.get("earlier") or ()]
    return [
        each if may_tell(each.privacy, level) else each.model_copy(update={"code": ""})
        for each in earlier[-MAX_EARLIER_REQUESTS:]
    ]


def may_tell(written_at: PrivacyLevel, level: PrivacyLevel) -> bool:
    """Whether a text that was written at one level may be told at another."""
    return strictest([written_at, level]) == written_at


def conversation_parts(
    state: Mapping[str, Any], rank: int, max_chars: int = MAX_CONVERSATION_CHARS
) -> list[Part]:
    """Make the part about the earlier requests; none if this is the first one."""
    requests = told_requests(state)
    if not requests:
        return []
    return [Part(lambda most: _text(requests, most), rank, max_chars, MIN_CONVERSATION_CHARS)]


def _text(requests: Sequence[EarlierRequest], max_chars: int) -> str:
    """Name all requests, and show as much code as fits, the latest first."""
    room = max_chars - len(_HEADING) - len(_RESULTS) - 2
    line_chars = min(MAX_REQUEST_CHARS, room // len(requests) - 30)
    lines = [_line(number, each, line_chars) for number, each in enumerate(requests, 1)]
    room -= sum(len(line) + 1 for line in lines)
    for index in reversed(range(len(requests))):
        code = _code(requests[index].code, room)
        lines[index] += code
        room -= len(code)
    return clip("\n".join([_HEADING, *lines, _RESULTS]), max_chars)


def _line(number: int, earlier: EarlierRequest, max_chars: int) -> str:
    outcome = "solved" if earlier.success else "not solved"
    return f"{number}. {within_line(earlier.request, max_chars)} ({outcome})"


def _code(code: str, room: int) -> str:
    mark = fence(code)
    inside = room - 2 * len(mark) - 9
    if not code.strip() or inside < min(len(code), MIN_SHOWN_CODE_CHARS):
        return ""
    return f"\n{mark}python\n{clip(code.strip(), inside)}\n{mark}"
