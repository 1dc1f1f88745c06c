"""Text from a model, its code or its data, made safe to print: nothing hidden stays hidden.

Every character is escaped on its own, so that a control sequence that arrives in pieces is as
harmless as a whole one, and nothing of it is dropped.
"""

from __future__ import annotations

import re

HIDDEN_CHARS = (
    "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0"
    "\\ufff0-\\ufffb\\ufffe\\uffff\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a"
    "\\U000e0000-\\U000e0fff"
)
"""For a character class: controls (C0, C1, DEL), what changes the direction of text, and what has
no width (Unicode's default-ignorable characters, tags and variation selectors among them)."""
_HIDDEN = re.compile(f"[{HIDDEN_CHARS}]")
_EMOJI = "\\u203c-\\u205f\\u2070-\\u3163\\u3165-\\u3299\\U0001f000-\\U0001faff"
_JOINING = "\\u0600-\\u061b\\u061d-\\u08ff\\u0900-\\u109f\\u1780-\\u17b3"
# Where joiners and the two emoji selectors belong to what is seen, they stay.
_BELONGS = re.compile(
    f"(?<=[©®{_EMOJI}])[\\ufe0e\\ufe0f]"
    f"|(?<=[{_EMOJI}\\ufe0f])\\u200d(?=[{_EMOJI}])"
    f"|(?<=[{_JOINING}])[\\u200c\\u200d](?=[{_JOINING}])"
)


def escape_control_chars(text: str) -> str:
    """Escape control characters, invisible ones, and what UTF-8 can't encode.

    They could change a terminal's title, the text it already shows, or the order of what is
    read. A lone carriage return becomes a new line.
    """
    return _HIDDEN.sub(_escaped, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Escape a text and put it on one line, so that it can't look like a line of ours."""
    return " ".join(escape_control_chars(text).split())


def _escaped(found: re.Match[str]) -> str:
    if _BELONGS.match(found.string, found.start()):
        return found[0]
    code = ord(found[0])
    if code < 1 << 8:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
