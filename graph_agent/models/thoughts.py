"""Removes what a model thought before it answered, and the marks of its chat template."""

from __future__ import annotations

import re

__all__ = ["without_thought"]

_NAMES = r"(?:seed:)?think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis"
_OPENING = re.compile(
    rf"\s*(?:<(?P<tag>{_NAMES})>|\[(?P<square>THINK)\]|<\|begin_of_(?P<begin>thought)\|>"
    r"|◁(?P<kimi>think)▷)",
    re.IGNORECASE,
)
_CLOSING = re.compile(rf"</(?:{_NAMES})>|\[/THINK\]|<\|end_of_thought\|>|◁/think▷", re.IGNORECASE)
_HARMONY = re.compile(r"\s*(?:<\|start\|>assistant)?<\|channel\|>")
_FINAL = re.compile(r"<\|channel\|>final(?: [^<\n]*)?<\|message\|>")
_TEMPLATE_START = re.compile(
    r"\A\s*(?:<\|im_start\|>assistant|<start_of_turn>model|<\|assistant\|>|<s>"
    r"|<\|start_header_id\|>assistant<\|end_header_id\|>|<｜Assistant｜>|\[TOOL_CALLS\]|\ufeff)"
)
_TEMPLATE_END = re.compile(
    r"(?:<\|(?:im_end|eot_id|eom_id|end|endoftext|end_of_text|return|call|end_of_solution)\|>"
    r"|</s>|<end_of_turn>|<eos>|<｜end▁of▁sentence｜>)\s*\Z"
)
_MARK = re.compile(
    r"<\||</|<(?:seed:)?th(?:ink|ought)|<(?:reasoning|reflection|scratchpad|analysis)>|<s>|<eos>|<｜"
    r"|<start_of|<end_of|\[/?THINK|\[TOOL_CALLS|◁|\ufeff",
    re.IGNORECASE,
)
"""Everything above has one of these; most answers have none."""
_FENCE = re.compile(r"(?:^[ \t>]*|(?<=[>\]]))(?:`{3,}|~{3,})", re.MULTILINE)


def without_thought(text: str) -> str:
    """Return an answer without the thoughts that open it.

    Only what stands before the answer is removed: the same tags inside a program, a fence or a
    JSON string are the answer's own. A thought that never ends leaves nothing.
    """
    if not _MARK.search(text):
        return text
    text = _without_template(text)
    if _HARMONY.match(text):
        final = list(_FINAL.finditer(text))
        text = text[final[-1].end() :] if final else ""
    while opening := _OPENING.match(text):
        end = _end_of_thought(text, opening.end())
        text = "" if end is None else text[end:]
    return _after_lone_closing(text)


def _without_template(text: str) -> str:
    """Remove the special tokens around an answer that a server forgot to remove."""
    while found := _TEMPLATE_START.match(text):
        text = text[found.end() :]
    while found := _TEMPLATE_END.search(text):
        text = text[: found.start()]
    return text


def _end_of_thought(text: str, start: int) -> int | None:
    """Return where a thought ends: not at a closing tag that it only quotes."""
    closings = list(_CLOSING.finditer(text, start))
    for closing in closings:
        fences = len(_FENCE.findall(text, start, closing.start()))
        if fences % 2 == 0 and not _is_quoted(text, closing.end()):
            return closing.end()
    return closings[0].end() if closings else None


def _is_quoted(text: str, end: int) -> bool:
    return text[end : end + 1] in ("'", '"', "`", "\\", ")") and text[end : end + 3] != "```"


def _after_lone_closing(text: str) -> str:
    """Cut at a closing tag without an opening one: some templates put that into the prompt."""
    for closing in reversed(list(_CLOSING.finditer(text))):
        before = text[: closing.start()]
        starts_line = not before.rpartition("\n")[2].strip()
        ends_line = text[closing.end() : closing.end() + 1] in ("", "\n", "\r")
        fences = len(_FENCE.findall(before))
        opened = _OPENING.search(before)
        if (starts_line or ends_line) and fences % 2 == 0 and not opened and _is_prose(before):
            return text[closing.end() :]
    return text


def _is_prose(text: str) -> bool:
    """Whether a text isn't part of a JSON string or of a triple-quoted string."""
    return text.lstrip()[:1] not in ("{", "[") and text.count('"""') % 2 == 0
