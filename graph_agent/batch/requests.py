"""The requests of a batch, from a file with a JSON object on each line."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_agent.budget import Budget, limits_in
from graph_agent.config.settings import Settings
from graph_agent.errors import AgentError, RequestError
from graph_agent.files.variable_files import check_variable_files
from graph_agent.from_settings import check_client, with_run_limits
from graph_agent.request import CodeGenerationRequest
from graph_agent.similar import closest, hint_for_file
from graph_agent.state import AgentInput
from graph_agent.type_names import type_named
from sandbox.errors import SandboxError
from sandbox.variables.bundle import check_variable_name

__all__ = ["KEYS", "RESERVED", "BatchRequest", "given_requests", "read_requests"]

OPTIONS = ("checks", "privacy", "approve", "skip_rules", "candidates", "skip_unsendable")
"""Keys that a line has in common with a :class:`CodeGenerationRequest`."""
LIMITS = ("timeout", "memory")
"""Keys for the limits of a run in the sandbox, named like the command's options."""
KEYS = (
    "id", "request", "variables", *OPTIONS, "returns", "budget", "max_attempts", "model", *LIMITS,
)  # fmt: skip
"""Everything that a line may have."""
RESERVED = ("setup.json", "results.jsonl", "unfinished.jsonl", "summary.json")
"""Files of the batch itself, which stand beside the folders of its runs."""
MAX_PROBLEMS = 5
_FOLDER = re.compile(r"\w(?:[\w.-]{0,78}[\w-])?", re.ASCII)
# Windows takes these for devices, also with an ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class BatchRequest:
    """One request of a batch.

    ``files``: its variables' files by name, which are read when it begins. ``folder``: the name
    of its folder. ``digest``: of everything that is asked, so that a change is noticed.
    ``max_attempts``, ``model``, ``timeout_s`` and ``memory``: None: the batch's. ``input``: the
    graph's, if it was made already.
    """

    id: str
    request: CodeGenerationRequest
    folder: str
    digest: str
    files: Mapping[str, str] = field(default_factory=dict)
    max_attempts: int | None = None
    model: str | None = None
    timeout_s: float | None = None
    memory: str | int | None = None
    input: AgentInput | None = None

    @property
    def specs(self) -> list[str]:
        """Return each file as ``NAME=FILE``."""
        return [f"{name}={path}" for name, path in self.files.items()]

    @property
    def has_limits(self) -> bool:
        """Whether its runs in the sandbox have limits of their own."""
        return self.timeout_s is not None or self.memory is not None

    def limited(self, settings: Settings) -> Settings:
        """Return the settings with its limits.

        Raises:
            PolicyError: one is invalid.
        """
        return with_run_limits(settings, (), self.timeout_s, self.memory)


def read_requests(
    path: Path, settings: Settings, *, trust_pickle: bool = False
) -> list[BatchRequest]:
    """Read a file of requests; nothing of it is run unless all of it is usable.

    Relative names of files are looked for beside the file, then in the working folder.

    Raises:
        RequestError: the file or some of its lines are unusable; each is named by its number.
    """
    found: dict[str, BatchRequest] = {}
    lines: dict[str, int] = {}
    taken: set[str] = set()
    problems = []
    for number, line in _lines(path):
        try:
            request = _request(_object(line), path.absolute().parent, settings, trust_pickle, taken)
        except (AgentError, SandboxError) as error:
            problems.append(f"line {number}: {error}")
            continue
        if request.id in found:
            first = lines[request.id]
            problems.append(f"line {number}: the id {request.id!r} is that of line {first} too")
            continue
        found[request.id], lines[request.id] = request, number
    if problems:
        more = len(problems) - MAX_PROBLEMS
        shown = problems[:MAX_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
        raise RequestError(f"{str(path)!r}, {'; '.join(shown)}")
    if not found:
        raise RequestError(
            f"{str(path)!r} has no requests; write a JSON object on each line, such as"
            ' {"id": "q1", "request": "Average tip by day", "variables": {"tips": "tips.csv"}}'
        )
    return list(found.values())


def given_requests(requests: Mapping[str, CodeGenerationRequest]) -> list[BatchRequest]:
    """Return requests that were made in Python, by id.

    Raises:
        RequestError: there is none, or one is something else.
    """
    if not isinstance(requests, Mapping) or not requests:
        raise RequestError(
            "give the requests of a batch as the path of a JSONL file, or as a dict of"
            " CodeGenerationRequest by id; at least one"
        )
    found: dict[str, BatchRequest] = {}
    taken: set[str] = set()
    for given, request in requests.items():
        id_ = _checked_id(given)
        if id_ in found:
            raise RequestError(f"two requests have the id {id_!r}")
        if not isinstance(request, CodeGenerationRequest):
            raise RequestError(
                f"request {id_!r} is a {type(request).__name__}, not a CodeGenerationRequest"
            )
        asked = {name: getattr(request, name) for name in OPTIONS}
        asked |= {"request": request.request_text, "variables": sorted(request.user_variables)}
        asked |= {"returns": list(request.returns or ()), "types": request.return_types()}
        asked["budget"] = limits_in(request.budget)
        found[id_] = BatchRequest(id_, request, _folder(id_, taken), _digest(id_, asked))
    return list(found.values())


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that aren't blank, and their numbers."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise RequestError(f"{str(path)!r} does not exist; {hint_for_file(path)}") from None
    except UnicodeDecodeError as error:
        raise RequestError(
            f"{str(path)!r} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from error
    except OSError as error:
        raise RequestError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    # Not splitlines: a text in JSON may hold other characters that end lines.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise RequestError(f"malformed JSON ({what}); each line is one JSON object") from error
    if not isinstance(value, dict):
        raise RequestError(f"{value!r:.60} is not a JSON object; each line is one")
    return value


def _without_repetition(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _request(
    line: Mapping[str, Any],
    beside: Path,
    settings: Settings,
    trust_pickle: bool,
    taken: set[str],
) -> BatchRequest:
    _check_keys(line)
    id_ = _checked_id(line["id"])
    variables = _variables(line.get("variables"), beside)
    given = {name: line[name] for name in OPTIONS if line.get(name) is not None}
    attempts = line.get("max_attempts")
    Budget.read({"attempts": attempts})
    request = CodeGenerationRequest(
        line["request"],
        returns=_returns(line.get("returns")),
        budget=settings.prices_and(_mapping("budget", line.get("budget"))),
        **{"approve": settings.approve, **given},
    )
    found = BatchRequest(
        id_,
        request,
        _folder(id_, taken),
        _digest(id_, line),
        variables,
        attempts,
        _model(line.get("model")),
        *(line.get(name) for name in LIMITS),
    )
    found.limited(settings)
    check_variable_files(found.specs, trust_pickle=trust_pickle)
    return found


def _check_keys(line: Mapping[str, Any]) -> None:
    for key in line:
        if key not in KEYS:
            close = closest(key, KEYS, cutoff=0.5)
            hint = f"did you mean {close!r}?" if close else f"use {', '.join(KEYS)}"
            raise RequestError(f"unknown key {key!r:.60}; {hint}")
    if missing := [key for key in ("id", "request") if line.get(key) is None]:
        raise RequestError(f"{' and '.join(map(repr, missing))} missing")


def _checked_id(id_: object) -> str:
    if isinstance(id_, bool) or not isinstance(id_, str | int) or not str(id_).strip():
        raise RequestError(f"an id is a text or a whole number, not {id_!r:.60}")
    return str(id_)


def _model(name: object) -> str | None:
    if name is not None and not isinstance(name, str):
        raise RequestError(f"'model' is the name of a model, not {name!r:.60}")
    check_client(name)
    return name


def _mapping(key: str, value: object) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise RequestError(f"{key!r} is an object, not {value!r:.60}")
    return value or {}


def _variables(value: object, beside: Path) -> dict[str, str]:
    found = {}
    for name, file in _mapping("variables", value).items():
        check_variable_name(name)
        if not isinstance(file, str) or not file:
            raise RequestError(f"variable {name!r} needs the name of a file, not {file!r:.60}")
        found[name] = _located(file, beside)
    return found


def _located(file: str, beside: Path) -> str:
    if Path(file).is_absolute() or file.startswith("~"):
        return file
    there = beside / file
    return str(there if os.path.lexists(there) or not os.path.lexists(file) else Path.cwd() / file)


def _returns(value: object) -> list[str] | dict[str, Any] | None:
    if isinstance(value, dict):
        return {name: type_named(str(kind or "")) for name, kind in value.items()}
    if value is None or (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        return value or None
    raise RequestError(
        "'returns' is a list of names, or an object with the type of each, such as"
        ' {"answer": "float"}'
    )


def _folder(id_: str, taken: set[str]) -> str:
    """Name a request's folder: by its id, if any file system takes that as a new name."""
    folder = id_
    if not _FOLDER.fullmatch(id_) or _DEVICE.fullmatch(id_) or _is_taken(id_, taken):
        mark = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        words = re.sub("[^A-Za-z0-9_]+", "-", id_).strip("-")[:60]
        folder = f"{words or 'request'}-{mark}"
    taken.add(folder.casefold())
    return folder


def _is_taken(name: str, taken: set[str]) -> bool:
    return name.casefold() in taken or name.casefold() in RESERVED


def _digest(id_: str, asked: Mapping[str, Any]) -> str:
    text = json.dumps([id_, asked], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
