"""Files as variables, for clients that can send text only, such as LangGraph Studio."""

from __future__ import annotations

import base64
import binascii
import errno
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graph_agent.errors import RequestError, VariableFileError
from graph_agent.files.inside_folder import open_inside
from graph_agent.files.variable_files import read_variable_files
from graph_agent.records import PrivacyLevel
from graph_agent.request import stored_variables
from graph_agent.state import AgentInput, GivenFile
from sandbox.confined import Limits, call
from sandbox.errors import (
    ConfinedError,
    UnsendableVariableError,
    VariableError,
    VariableStoreError,
)
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import VariableStore

MAX_UPLOAD_BYTES = 20 << 20
"""For all contents together, because the input's checkpoint contains them too."""
READ_S = 60.0
"""Processor time for reading all files, with 500 ms more for each MB."""
READ_S_PER_BYTE = 0.5e-6
READ_MEMORY_BYTES = 2 << 30
"""What a container has by default: a value that needs more couldn't be used there."""
READ_MEMORY_RATIO = 8
COPY_BYTES = 8 << 20
_ERRORS: Mapping[str, type[RuntimeError]] = MappingProxyType(
    {
        "VariableFileError": VariableFileError,
        "VariableStoreError": VariableStoreError,
    }
)


def stored_uploads(
    files: Sequence[GivenFile],
    folder: Path | None,
    scratch: Path,
    store: VariableStore,
    privacy: PrivacyLevel,
    note: Callable[[str], object] = lambda line: None,
    beside: VariableBundle | None = None,
) -> AgentInput:
    """Read each file as a variable and store it, in a child process within limits.

    Returns the part of a graph's input that describes the variables.

    Args:
        files: each with the variable's name, and a path or a content.
        folder: contains the files that may be named by path; None allows no paths.
        scratch: an empty folder that exists until the values are stored.
        store: where the values go.
        privacy: what their summaries may show.
        note: called with one line for each file whose reading needed an assumption.
        beside: stored variables that the caller will put together with these.

    Raises:
        RequestError: a file is missing or outside ``folder``, content is unreadable, or reading
            it takes too much.
        VariableStoreError: the values can't be stored.
    """
    placed = _place(files, folder, scratch)
    size = sum(location.stat().st_size for _, location in placed)
    limits = Limits(
        READ_S + READ_S_PER_BYTE * size,
        READ_MEMORY_BYTES + READ_MEMORY_RATIO * size,
        file_bytes=READ_MEMORY_BYTES + READ_MEMORY_RATIO * size,
    )
    specs = [f"{name}={location}" for name, location in placed]
    others = None if beside is None else beside.to_json()
    args = [specs, str(store.root.absolute()), privacy, others]
    try:
        reply = call(f"{__name__}:read_in_child", args, limits=limits, max_reply_bytes=0)
    except ConfinedError as error:
        raise _stopped([name for name, _ in placed], error) from error
    if "error" in reply.value:
        raise _ERRORS.get(reply.value["error"], RequestError)(reply.value["message"])
    for line in reply.value["notes"]:
        note(line)
    stored: AgentInput = reply.value["stored"]
    return stored


def read_in_child(args: list[Any], _: object) -> tuple[Any, tuple[()]]:
    """Read and store placed files; return what describes them and notes, or the error."""
    specs, root, privacy, others = args
    notes: list[str] = []
    try:
        values = read_variable_files(specs, note=notes.append)
        beside = None if others is None else VariableBundle.from_json(others)
        stored = stored_variables(values, VariableStore(root), privacy, beside=beside)
        return {"stored": stored, "notes": notes}, ()
    except UnsendableVariableError as error:
        why = "; ".join(f"file {name!r}: {reason}" for name, reason in error.reasons.items())
        return {"error": "RequestError", "message": f"{why}; send simpler content"}, ()
    except (RequestError, VariableError) as error:
        if _ran_out(error):
            raise MemoryError from error
        return {"error": type(error).__name__, "message": str(error)}, ()


def _ran_out(error: BaseException | None) -> bool:
    """Whether memory, or room in a file, was missing behind an error."""
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.EFBIG:
            return True
        error = error.__cause__ or error.__context__
    return False


def _stopped(names: Sequence[str], error: ConfinedError) -> RequestError:
    listed = ", ".join(map(repr, names))
    what = f"file {listed}" if len(names) == 1 else f"files {listed}"
    if error.cause == "failed":
        return RequestError(f"{what} can't be read: {error}; check the content")
    return RequestError(f"{what}: too large once read: {error}; send part of the rows or columns")


def _place(
    files: Sequence[GivenFile], folder: Path | None, scratch: Path
) -> list[tuple[str, Path]]:
    """Put every file into the scratch folder; return the variables' names with their files."""
    if not isinstance(files, Sequence) or isinstance(files, (str, bytes)):
        raise RequestError(
            "files must be a list of objects, each with a name and a path or content"
        )
    placed, room = [], MAX_UPLOAD_BYTES
    for number, file in enumerate(files, 1):
        if not isinstance(file, dict) or not isinstance(file.get("name"), str):
            raise RequestError(f"file {number} needs a name for its variable")
        if "=" in file["name"]:  # read_variable_files would take what follows for a path
            raise RequestError(f"file {number}: {file['name']!r} is no name of a variable")
        name, path, content = file["name"], file.get("path"), file.get("content")
        if (path is None) == (content is None):
            raise RequestError(f"file {name!r} needs either a path or a content")
        own = scratch / str(number)
        if path is not None:
            location = _copied(name, path, folder, own)
        else:
            data = _decode(name, content, room)
            room -= len(data)
            location = own / _base_name(name, file.get("file_name"))
            own.mkdir()
            location.write_bytes(data)
        placed.append((name, location))
    return placed


def _copied(name: str, path: object, folder: Path | None, own: Path) -> Path:
    """Copy a file of the allowed folder, and no other one, into a folder of this run's own.

    Between a check and a later opening by name, a link could take the file's place.
    """
    if folder is None:
        raise RequestError(
            f"file {name!r}: this server doesn't accept file paths; send the file's content, or"
            " ask the server's operator to set CODEGEN_AGENT_FILES to the folder of allowed files"
        )
    if not isinstance(path, str) or not path or "\0" in path:
        raise RequestError(f"file {name!r}: {path!r} is not a path")
    try:
        source, base = open_inside(folder, path)
    # The same error for missing files and files outside, so that it reveals neither.
    except (OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links
        raise RequestError(
            f"file {name!r}: there is no file {path!r} in the server's folder"
        ) from None
    own.mkdir()
    with source, (own / base).open("wb") as target:
        shutil.copyfileobj(source, target, COPY_BYTES)
    return own / base


def _decode(name: str, content: object, room: int) -> bytes:
    if not isinstance(content, str):
        raise RequestError(f"file {name!r}: content must be base64 text")
    if len(content) > room * 4 // 3 + 4:
        raise RequestError(
            f"file {name!r}: all contents together may have {MAX_UPLOAD_BYTES >> 20} MB at most;"
            " put large files into the server's folder and send their paths"
        )
    try:
        return base64.b64decode(content.partition(";base64,")[2] or content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"file {name!r}: content is not base64 ({error})") from error


def _base_name(name: str, file_name: object) -> str:
    """Return the file's name without folders; its ending says how to read it."""
    if not isinstance(file_name, str) or not file_name.strip():
        raise RequestError(f"file {name!r}: content needs a file_name, such as 'tips.csv'")
    base = file_name.replace("\\", "/").rpartition("/")[2]
    if base in ("", ".", "..") or "\0" in base or len(base.encode()) > 200:
        raise RequestError(
            f"file {name!r}: {file_name!r} is not a file name; give one like 'tips.csv'"
        )
    return base
