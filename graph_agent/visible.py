"""Text of unknown origin made safe to print."""

from __future__ import annotations

_ESCAPED = {
    code: f"\\x{code:02x}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\t\n\r"
}


def visible(text: str) -> str:
    """Show control characters instead of obeying them, and what UTF-8 cannot hold by its escape.

    Code from a model, and what it prints, could otherwise retitle or rewrite the
    terminal it is shown on. A lone carriage return becomes a new line.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_ESCAPED).encode("utf-8", "backslashreplace").decode("utf-8")
