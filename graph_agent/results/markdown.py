"""Text put into Markdown: it shows as it is, and nothing in it is read as Markdown or HTML."""

from __future__ import annotations

import re

from sandbox.terminal_text import escape_control_chars, one_line

_MARKUP = re.compile(
    r"(?P<html><)"
    r"|[\\`*\[\]~|$]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word such as total_bill it marks nothing
    r"|&(?=#?\w+;)"
    r"|:(?=//)|(?<=mailto):|(?<=xmpp):|(?<=www)\.(?=\w)|@(?=\w)",  # what viewers make into links
    re.IGNORECASE,
)
_OPENS_BLOCK = re.compile(r"\s*(?P<mark>[#>+=:~-]|\d+(?=[.)]))", re.ASCII)


def inline(text: str) -> str:
    """Return text for the middle of a paragraph; further lines become a quotation below it.

    Each further line begins with ``>``, so that none can look like a line of ours.
    """
    first, *rest = _lines(text) or [""]
    if not rest:
        return _plain(first)
    return "\n\n" + "\\\n".join(f"> {_as_line(line)}" for line in (first, *rest))


def sentence(text: str) -> str:
    """Return text as one line for the middle of a paragraph."""
    return _plain(one_line(text))


def with_code_spans(text: str) -> str:
    """Return a line of ours in which names stand in backticks; only these mean anything."""
    parts = re.split("`([^`]+)`", one_line(text))
    return "".join(code_span(part) if at % 2 else _plain(part) for at, part in enumerate(parts))


def code_span(text: str) -> str:
    """Show a name as code on one line, with more backticks around it than it has."""
    text = one_line(text)
    mark = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{mark}{text}{mark}" if len(mark) == 1 else f"{mark} {text} {mark}"


def fenced(text: str, language: str = "") -> str:
    """Fence text with more backticks than it contains in a row."""
    text = escape_control_chars(text).rstrip("\n")
    mark = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{mark}{language}\n{text}\n{mark}"


def _lines(text: str) -> list[str]:
    # A blank line would end the quotation.
    return [line.strip() for line in escape_control_chars(text).split("\n") if line.strip()]


def _plain(line: str) -> str:
    return _MARKUP.sub(lambda found: "&lt;" if found["html"] else f"\\{found[0]}", line)


def _as_line(line: str) -> str:
    """Escape a line that stands at the beginning of a block."""
    found = _OPENS_BLOCK.match(line)
    if found is None:
        return _plain(line)
    at = found.start("mark") if not found["mark"].isdigit() else found.end("mark")
    return f"{_plain(line[:at])}\\{line[at]}{_plain(line[at + 1 :])}"
