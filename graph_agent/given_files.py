"""Files as variables, for clients that can send text only, such as LangGraph Studio."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graph_agent.errors import RequestError
from graph_agent.state import GivenFile
from graph_agent.variable_files import read_variable_files

MAX_UPLOAD_BYTES = 20 << 20
"""Of all contents together: they lie in the checkpoint of the input as well."""


def read_given_files(
    files: Sequence[GivenFile], folder: Path | None, scratch: Path
) -> dict[str, Any]:
    """Read each file as the variable it stands for.

    Args:
        files: each with the variable's name, and a path or a content.
        folder: where files may be named from; None: nowhere.
        scratch: an empty folder that lasts until the values are stored.

    Raises:
        RequestError: a file outside ``folder``, one that is not there, or unreadable content.
    """
    if not isinstance(files, Sequence) or isinstance(files, (str, bytes)):
        raise RequestError("files is a list of objects with name and path, or name and content")
    specs, room = [], MAX_UPLOAD_BYTES
    for number, file in enumerate(files, 1):
        if not isinstance(file, dict) or not isinstance(file.get("name"), str):
            raise RequestError(f"file {number} needs a name: that of the variable it becomes")
        name, path, content = file["name"], file.get("path"), file.get("content")
        if (path is None) == (content is None):
            raise RequestError(f"file {name!r} needs either a path or a content")
        if path is not None:
            place = _within(name, path, folder)
        else:
            data = _decoded(name, content, room)
            room -= len(data)
            place = scratch / str(number) / _plain_name(name, file.get("file_name"))
            place.parent.mkdir()
            place.write_bytes(data)
        specs.append(f"{name}={place}")
    return read_variable_files(specs)


def _within(name: str, path: object, folder: Path | None) -> Path:
    """Return the file a path means, links followed, if it lies in the folder."""
    if folder is None:
        raise RequestError(
            f"file {name!r}: this server lets no file be named; send its content, or let whoever"
            " runs the server set CODEGEN_AGENT_FILES to the folder that may be read"
        )
    if not isinstance(path, str) or not path or "\0" in path:
        raise RequestError(f"file {name!r}: path is no path: {path!r}")
    try:
        root = folder.resolve(strict=True)
        place = (root / path).resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop of links
        place = None
    # The same words for a file outside and for none: nobody learns what lies elsewhere.
    if place is None or not place.is_relative_to(root) or not place.is_file():
        raise RequestError(
            f"file {name!r}: there is no file {path!r} in the folder that may be read"
        )
    return place


def _decoded(name: str, content: object, room: int) -> bytes:
    if not isinstance(content, str):
        raise RequestError(f"file {name!r}: content is text in base64")
    if len(content) > room * 4 // 3 + 4:
        raise RequestError(
            f"file {name!r}: all contents together may have {MAX_UPLOAD_BYTES >> 20} MB;"
            " put large files into the server's folder and name their paths"
        )
    try:
        return base64.b64decode(content.partition(";base64,")[2] or content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"file {name!r}: content is not base64 ({error})") from error


def _plain_name(name: str, file_name: object) -> str:
    """Return the file's own name; its ending says how it is read."""
    if not isinstance(file_name, str) or not file_name.strip():
        raise RequestError(f"file {name!r}: content needs a file_name, such as 'tips.csv'")
    plain = file_name.replace("\\", "/").rpartition("/")[2]
    if plain in ("", ".", "..") or "\0" in plain or len(plain.encode()) > 200:
        raise RequestError(
            f"file {name!r}: {file_name!r} is no file name; give one like 'tips.csv'"
        )
    return plain
