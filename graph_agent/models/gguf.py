"""Tell a file of weights from another file."""

from __future__ import annotations

from pathlib import Path

from graph_agent.errors import ModelUnknownError

__all__ = ["check_gguf", "gguf_fault"]

_MAGIC = b"GGUF"


def check_gguf(path: Path) -> None:
    """Check that a file begins like a GGUF file.

    Raises:
        ModelUnknownError: it doesn't, or can't be read.
    """
    if fault := gguf_fault(path):
        raise ModelUnknownError(f"{fault}; give the path of a GGUF file")


def gguf_fault(path: Path) -> str | None:
    """Say why a file can't be a GGUF file; None if it begins like one."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as exc:
        return f"the local model {str(path)!r} cannot be read ({exc.strerror})"
    return None if magic == _MAGIC else f"the local model {str(path)!r} is not a GGUF file"
