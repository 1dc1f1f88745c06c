"""Values of a request's variables from files: ``NAME=FILE``.

=============================  ============================================
name ends in                   becomes
=============================  ============================================
.csv .tsv                      pandas.DataFrame
.jsonl .ndjson                 DataFrame if all lines are objects, else a list
.json                          DataFrame if it is an array of flat objects,
                               else the value of :func:`json.load`
.parquet .feather .arrow .ipc  pandas.DataFrame
.xlsx .xlsm                    DataFrame; for several sheets a dict of them
.npy                           numpy.ndarray, never of Python objects
.pkl .pickle                   the pickled object, if trusted
anything else                  its absolute path, a :class:`pathlib.Path`
=============================  ============================================

Text formats may also end in .gz, .bz2 or .xz. Encoding, separator and decimal sign are found
out; integers stay exact, and text that only looks like numbers stays text.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from graph_agent.errors import VariableFileError
from graph_agent.files.readers import Reader, read_pickle, reader_for
from graph_agent.files.reading import Reading, ReadOptions
from graph_agent.files.workbooks import read_workbook
from graph_agent.similar import hint_for_file
from sandbox.errors import VariableNameError
from sandbox.variables.bundle import check_variable_name

_MAX_REASON_CHARS = 200


class _Source(NamedTuple):
    """A variable's name, its file, and the file's reader; None passes on the path."""

    name: str
    path: Path
    reader: Reader | None


def read_variable_files(
    specs: Iterable[str],
    *,
    trust_pickle: bool = False,
    options: ReadOptions | None = None,
    note: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Read each ``NAME=FILE``, in order, after checking all of them.

    Args:
        specs: each a name and its file.
        trust_pickle: allow pickle files; reading one can run any code on this machine.
        options: how to read the files, for what they don't show themselves.
        note: called with one line for each file whose reading needed an assumption.

    Raises:
        VariableFileError: a spec is malformed, a name unusable or given twice,
            or a file missing, unreadable, empty, or not what its name says.
    """
    sources = _checked(specs, trust_pickle)
    _check_sheet(options, sources.values())
    values = {}
    for name, source in sources.items():
        reading = Reading(options or ReadOptions())
        values[name] = _read(source, reading)
        if line := reading.note(source.path.name):
            note(line)
    return values


def check_variable_files(specs: Iterable[str], *, trust_pickle: bool = False) -> None:
    """Check each ``NAME=FILE`` as :func:`read_variable_files` does first, and read none.

    Raises:
        VariableFileError: as there.
    """
    _checked(specs, trust_pickle)


def _checked(specs: Iterable[str], trust_pickle: bool) -> dict[str, _Source]:
    sources: dict[str, _Source] = {}
    for spec in specs:
        source = _check(spec, trust_pickle)
        if source.name in sources:
            raise VariableFileError(
                f"variable {source.name!r} is given twice, as {str(sources[source.name].path)!r}"
                f" and {str(source.path)!r}; use different names"
            )
        sources[source.name] = source
    return sources


def _check_sheet(options: ReadOptions | None, sources: Iterable[_Source]) -> None:
    if options is None or options.sheet is None:
        return
    if not any(source.reader is read_workbook for source in sources):
        raise VariableFileError(
            f"the sheet {options.sheet!r} is wanted, but no variable's file is a workbook (.xlsx)"
        )


def _check(spec: str, trust_pickle: bool) -> _Source:
    """Check everything that can be checked without reading the file."""
    name, separator, file = spec.partition("=")
    if not separator or not file:
        guess = re.sub(r"\W+", "_", Path(spec).stem)
        usable = guess.isidentifier() and not separator
        example = f"{guess}={spec}" if usable else "tips=tips.csv"
        raise VariableFileError(f"{spec!r} is not NAME=FILE; write it like {example!r}")
    try:
        check_variable_name(name)
        path = Path(file).expanduser().absolute()
    except VariableNameError as exc:
        raise VariableFileError(f"{spec!r}: {exc}") from exc
    except RuntimeError as exc:  # ~user without a home folder
        raise VariableFileError(f"variable {name!r}: {file!r} does not exist ({exc})") from exc
    reader = reader_for(path.name)
    size_bytes = _size(name, path)
    if reader is read_pickle and not trust_pickle:
        raise _error(
            name,
            path,
            "is a pickle, and reading it can run any code; if you trust its source,"
            " pass --trust-pickle (trust_pickle=True), otherwise save the data as parquet",
        )
    if reader is not None and size_bytes == 0:
        raise _error(name, path, "is empty; give a file with data in it")
    return _Source(name, path, reader)


def _size(name: str, path: Path) -> int:
    """Return the size in bytes of a regular file that this user can read."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise _error(name, path, f"does not exist; {hint_for_file(path)}") from None
    except (OSError, ValueError) as exc:  # ValueError: a null byte in the path
        raise _error(name, path, f"cannot be accessed ({_reason(exc)})") from exc
    if stat.S_ISDIR(status.st_mode):
        raise _error(name, path, "is a folder; name one file in it, or pack it as an archive")
    if not stat.S_ISREG(status.st_mode):
        raise _error(name, path, "is not a regular file; copy its content to one")
    if not os.access(path, os.R_OK):
        raise _error(name, path, "is not readable by this user; change its permissions")
    return status.st_size


def _read(source: _Source, reading: Reading) -> Any:
    name, path, reader = source
    if reader is None:
        return path
    try:
        return reader(path, reading)
    except Exception as exc:  # parsers raise anything on malformed input
        raise _error(name, path, _problem(exc)) from exc


def _problem(exc: Exception) -> str:
    if isinstance(exc, VariableFileError):
        return str(exc)
    if isinstance(exc, ImportError):
        package = exc.name or _reason(exc)
        return f"needs {package!r}; run: pip install 'codegen-agent[data]'"
    if isinstance(exc, UnicodeDecodeError):
        return f"is not {exc.encoding} text; give its encoding with --encoding"
    if isinstance(exc, MemoryError):
        return "does not fit into memory; make it smaller"
    if isinstance(exc, OSError):
        return f"cannot be read ({_reason(exc)})"
    return f"has content that does not match its name ({_reason(exc)}); check or rename it"


def _error(name: str, path: Path, problem: str) -> VariableFileError:
    return VariableFileError(f"variable {name!r}: {str(path)!r} {problem}")


def _reason(exc: BaseException) -> str:
    """Shorten a parser's message to one line."""
    text = getattr(exc, "strerror", None) or " ".join(str(exc).split()) or type(exc).__name__
    return text if len(text) <= _MAX_REASON_CHARS else text[: _MAX_REASON_CHARS - 1] + "…"
