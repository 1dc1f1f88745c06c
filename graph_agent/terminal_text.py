"""Text made safe to print: :mod:`sandbox.terminal_text`, which the sandbox's records use too."""

from sandbox.terminal_text import HIDDEN_CHARS, escape_control_chars, one_line

__all__ = ["HIDDEN_CHARS", "escape_control_chars", "one_line"]
