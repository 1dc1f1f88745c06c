"""Files that a client names, read as variables: only from folders that the user allows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from graph_agent.errors import RequestError
from graph_agent.files.inside_folder import open_inside
from graph_agent.files.uploads import COPY_BYTES, stored_uploads
from graph_agent.records import PrivacyLevel
from graph_agent.state import AgentInput, GivenFile
from sandbox.variables.store import VariableStore


def stored_files(
    files: Mapping[str, str], folders: Sequence[Path], store: VariableStore, privacy: PrivacyLevel
) -> AgentInput:
    """Read each file as a variable and store it, in a child process within limits.

    Args:
        files: the variable's name to a path, relative to one of the folders or absolute.
        folders: where files may be; a link that leads out of one is refused.
        store: where the values go.
        privacy: what their summaries may show.

    Raises:
        RequestError: a file is missing, outside of the folders, or can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="codegen-agent-files-") as made:
        copies, scratch = Path(made) / "files", Path(made) / "scratch"
        copies.mkdir()
        scratch.mkdir()
        given = []
        for number, (name, path) in enumerate(files.items()):
            (copies / str(number)).mkdir()
            base = _copy(name, path, folders, copies / str(number))
            given.append(GivenFile(name=name, path=f"{number}/{base}"))
        return stored_uploads(given, copies, scratch, store, privacy)


def _copy(name: str, path: str, folders: Sequence[Path], target: Path) -> str:
    if not folders:
        raise RequestError(
            f"file {name!r}: this server reads no files; start it with --folder DIR to allow"
            " those of a folder"
        )
    for folder in folders:
        try:
            source, base = open_inside(folder, path)
        except (OSError, ValueError, RuntimeError):  # missing or outside: not said which
            continue
        with source, (target / base).open("wb") as copy:
            shutil.copyfileobj(source, copy, COPY_BYTES)
        return base
    listed = ", ".join(map(str, folders))
    raise RequestError(f"file {name!r}: there is no file {path!r} in the allowed folders: {listed}")
