"""Finds the files that values name, so that they are sent along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.runner.shared.frames import FILES_FOLDER
from sandbox.variables.bundle import StoredFile

_SEQUENCES = (list, tuple, set, frozenset)
_WANTED = (Path, dict, *_SEQUENCES)


class NamedFiles:
    """The files that paths among ``values`` name, at any depth in their lists, dicts and sets.

    ``places``: each file's path on this machine, and its place below the container's folder
    of files. Files of one folder stay together. ``others``: files that have their places.
    """

    def __init__(self, values: Mapping[str, Any], others: Iterable[StoredFile] = ()) -> None:
        self.places: dict[Path, str] = {}
        folders: dict[Path, int] = {}
        taken = [int(file.place.partition("/")[0]) for file in others]
        first = max(taken, default=-1) + 1
        for path in _paths_in(values):
            if path not in self.places and _is_file(path):
                folder = folders.setdefault(path.absolute().parent, first + len(folders))
                self.places[path] = f"{folder}/{path.name}"

    def path_inside(self, path: Path) -> str | None:
        """Return a file's path in the container; None for any other path."""
        place = self.places.get(path)
        return None if place is None else f"{FILES_FOLDER}/{place}"


def _paths_in(values: Mapping[str, Any]) -> Iterator[Path]:
    """Find paths; a flat list of numbers costs one pass over its types.

    The builtins' own methods are used, because a subclass may override them.
    """
    waiting: list[Any] = [dict(values)]
    seen = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Path):
            yield value
        elif id(value) not in seen:
            seen.add(id(value))
            inner = _content(value)
            wanted = {kind for kind in set(map(type, inner)) if issubclass(kind, _WANTED)}
            if wanted:
                waiting += [item for item in inner if type(item) in wanted]


def _content(container: Any) -> list[Any]:
    if isinstance(container, dict):
        return [*dict.keys(container), *dict.values(container)]
    base = next(kind for kind in _SEQUENCES if isinstance(container, kind))
    return list(base.__iter__(container))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
