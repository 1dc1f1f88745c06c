"""Values for a request's variables from files: ``NAME=FILE``.

=============================  ============================================
name ends in                   becomes
=============================  ============================================
.csv .tsv                      pandas.DataFrame
.jsonl .ndjson                 DataFrame of its objects, else a list
.json                          DataFrame if it is an array of flat objects,
                               else what :func:`json.load` makes of it
.parquet .feather .arrow .ipc  pandas.DataFrame
.xlsx .xlsm                    DataFrame; of several sheets a dict of them
.npy                           numpy.ndarray, never of Python objects
.pkl .pickle                   the pickled object, if trusted
anything else                  its absolute path, a :class:`pathlib.Path`
=============================  ============================================

The text formats may end in .gz, .bz2 or .xz besides.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from graph_agent.errors import VariableFileError
from graph_agent.file_readers import Reader, read_pickle, reader_for
from sandbox.errors import VariableNameError
from sandbox.names import check_variable_name

__all__ = ["read_variable_file", "read_variable_files"]

_MAX_REASON_CHARS = 200


class _Source(NamedTuple):
    """A variable's name, its file, and how to read that; None: hand over the path."""

    name: str
    path: Path
    reader: Reader | None


def read_variable_file(spec: str, *, trust_pickle: bool = False) -> tuple[str, Any]:
    """Read the file of one ``NAME=FILE`` and return name and value.

    Raises:
        VariableFileError: as for :func:`read_variable_files`.
    """
    source = _check(spec, trust_pickle)
    return source.name, _read(source)


def read_variable_files(specs: Iterable[str], *, trust_pickle: bool = False) -> dict[str, Any]:
    """Read each ``NAME=FILE``, in order; all are checked before the first is read.

    ``trust_pickle`` allows pickle files, which run code of their maker's choice
    on this machine when they are read.

    Raises:
        VariableFileError: a spec is malformed, a name unusable or given twice,
            or a file missing, unreadable, empty, or not what its name says.
    """
    sources: dict[str, _Source] = {}
    for spec in specs:
        source = _check(spec, trust_pickle)
        if source.name in sources:
            raise VariableFileError(
                f"variable {source.name!r} is given twice, as {str(sources[source.name].path)!r}"
                f" and {str(source.path)!r}; give each a name of its own"
            )
        sources[source.name] = source
    return {name: _read(source) for name, source in sources.items()}


def _check(spec: str, trust_pickle: bool) -> _Source:
    """Find out all that can be wrong without reading the file."""
    name, separator, file = spec.partition("=")
    if not separator or not file:
        guess = re.sub(r"\W+", "_", Path(spec).stem) if not separator else name
        shape = f"{guess}={spec}" if guess.isidentifier() and not separator else "tips=tips.csv"
        raise VariableFileError(f"{spec!r} is not NAME=FILE; write it like {shape!r}")
    try:
        check_variable_name(name)
    except VariableNameError as exc:
        raise VariableFileError(f"{spec!r}: {exc}") from exc
    path = _path(name, file)
    reader = reader_for(path.name)
    size_bytes = _size(name, path)
    if reader is read_pickle and not trust_pickle:
        raise _error(
            name,
            path,
            "is a pickle, which can run any code when read; if you trust whoever made it,"
            " pass trust_pickle=True (--trust-pickle), otherwise save the data as parquet",
        )
    if reader is not None and size_bytes == 0:
        raise _error(name, path, "is empty; give a file with data in it")
    return _Source(name, path, reader)


def _path(name: str, file: str) -> Path:
    try:
        return Path(file).expanduser().absolute()
    except RuntimeError as exc:  # ~somebody, who has no home here
        raise VariableFileError(f"variable {name!r}: {file!r} does not exist ({exc})") from exc


def _size(name: str, path: Path) -> int:
    """Return the size in bytes of a regular file that this user can read."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise _error(name, path, "does not exist; check the path") from None
    except (OSError, ValueError) as exc:  # ValueError: a null byte in the path
        raise _error(name, path, f"cannot be looked at ({_reason(exc)})") from exc
    if stat.S_ISDIR(status.st_mode):
        raise _error(name, path, "is a folder; name one file in it, or pack it as an archive")
    if not stat.S_ISREG(status.st_mode):
        raise _error(name, path, "is not a regular file; copy its content to one")
    if not os.access(path, os.R_OK):
        raise _error(name, path, "may not be read by this user; change its permissions")
    return status.st_size


def _read(source: _Source) -> Any:
    name, path, reader = source
    if reader is None:
        return path
    try:
        return reader(path)
    except VariableFileError as exc:  # a reader's own words
        raise _error(name, path, str(exc)) from exc
    except ImportError as exc:
        needs = exc.name or _reason(exc)
        raise _error(
            name, path, f"needs {needs!r} to be read; pip install 'codegen-agent[data]'"
        ) from exc
    except UnicodeDecodeError as exc:
        raise _error(name, path, f"is not {exc.encoding} text; save it as UTF-8") from exc
    except MemoryError as exc:
        raise _error(name, path, "does not fit into memory; cut it down first") from exc
    except OSError as exc:
        raise _error(name, path, f"cannot be read ({_reason(exc)})") from exc
    except Exception as exc:  # parsers raise what they like on malformed input
        raise _error(
            name, path, f"is not what its name says ({_reason(exc)}); check or rename it"
        ) from exc


def _error(name: str, path: Path, problem: str) -> VariableFileError:
    return VariableFileError(f"variable {name!r}: {str(path)!r} {problem}")


def _reason(exc: BaseException) -> str:
    """Shorten what a parser says to one line."""
    text = getattr(exc, "strerror", None) or " ".join(str(exc).split()) or type(exc).__name__
    return text if len(text) <= _MAX_REASON_CHARS else text[: _MAX_REASON_CHARS - 1] + "…"
