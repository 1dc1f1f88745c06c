"""Checks the files that the code left: their names and sizes. Nothing opens their content."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sandbox.policy import SandboxPolicy
from sandbox.results.received import MAX_REASON_CHARS, full_text, printable, short_text

MAX_PATH_CHARS = 200
MAX_PART_BYTES = 200
"""Of each part of a path, in UTF-8: file systems allow 255, and a saved name may get a suffix."""
MAX_SHOWN_CHARS = 80


def received_files(
    messages: Iterable[tuple[dict[str, Any], bytes]], policy: SandboxPolicy
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files by relative path, and why others were left out.

    Reasons begin with ``file:``, as those of variables begin with their type.
    """
    files: dict[str, bytes] = {}
    left_out: dict[str, str] = {}
    size = 0
    for header, content in messages:
        name = unicodedata.normalize("NFC", full_text(header, "name", 4 * MAX_PATH_CHARS))
        if header["type"] == "left_out":
            files.pop(name, None)
            reason = short_text(header, "reason", MAX_REASON_CHARS) or "left out"
        else:
            reason = problem_with(name)
            if not reason and any(name.casefold() == other.casefold() for other in files):
                reason = "another file has the same name"
            if not reason and len(files) >= policy.max_files:
                reason = f"over the limit of {policy.max_files} files"
            if not reason and size + len(content) > policy.files_bytes:
                reason = f"over the limit of {policy.files_bytes} bytes for all files"
        if reason:
            left_out[printable(name, MAX_SHOWN_CHARS) or "other files"] = f"file: {reason}"
        else:
            files[name] = content
            size += len(content)
    return files, left_out


def problem_with(path: str) -> str:
    """Say why a path can't name a file here, or return an empty string."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "its name is not a relative path"
    if not path.isprintable():
        return "its name has control characters"
    if "\\" in path:
        return "its name has a backslash"
    if len(path) > MAX_PATH_CHARS or any(len(part.encode()) > MAX_PART_BYTES for part in parts):
        return f"its name is longer than {MAX_PATH_CHARS} characters"
    return ""
