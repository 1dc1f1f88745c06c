"""Files go with the paths that name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.runner.inputs import FILES_FOLDER

_SEQUENCES = (list, tuple, set, frozenset)
_WANTED = (Path, dict, *_SEQUENCES)


class GivenFiles:
    """The files that ``values`` name: as paths, and as paths in containers of any depth.

    ``places``: for each file its path on this machine, and where it lies below the
    container's folder of files. Files of one folder stay together.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.places: dict[Path, str] = {}
        folders: dict[Path, int] = {}
        for path in _paths_in(values):
            if path not in self.places and _is_file(path):
                folder = folders.setdefault(path.absolute().parent, len(folders))
                self.places[path] = f"{folder}/{path.name}"

    def path_inside(self, path: Path) -> str | None:
        """Tell a given file's path in the container; None: it is none."""
        place = self.places.get(path)
        return None if place is None else f"{FILES_FOLDER}/{place}"


def _paths_in(values: Mapping[str, Any]) -> Iterator[Path]:
    """Find paths; a container without containers or paths in it costs one pass over its types.

    Walked by the builtins' own methods: a subclass may have others.
    """
    waiting: list[Any] = [dict(values)]
    seen = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, Path):
            yield one
        elif id(one) not in seen:
            seen.add(id(one))
            inner = _content(one)
            wanted = {kind for kind in set(map(type, inner)) if issubclass(kind, _WANTED)}
            if wanted:
                waiting += [each for each in inner if type(each) in wanted]


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
