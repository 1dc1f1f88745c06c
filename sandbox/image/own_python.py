"""This host's own Python as part of a base image, where no release at hand has its version.

pyenv's, uv's and other builds of Python need nothing but their folder and the libraries they
were linked with. On Debian and Ubuntu, these come from packages of the host's own release.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

PLACE = "/usr/local"
"""Where it goes in the image; Python finds its library relative to its program."""
LEFT_OUT = re.compile(
    r"(.*/)?(__pycache__|test|idlelib|tkinter|turtledemo|site-packages|config-[^/]*|_tkinter[^/]*)"
)
"""In the library: nothing that was installed here, nothing that needs a screen."""
_LINKED = re.compile(r"^\s*(\S+) => (not found|\S+)", re.MULTILINE)


class NoOwnPythonError(Exception):
    """This host's Python can't be copied; the message says why, as the end of a sentence."""


def check_own_python(python: str, prefix: Path = Path(sys.base_prefix)) -> None:
    """Check that a base with this Python can hold a copy of the host's.

    Raises:
        NoOwnPythonError: it has another version, or is the distribution's.
    """
    here = "{}.{}".format(*sys.version_info)
    if here != python:
        raise NoOwnPythonError(f"this is Python {here}")
    if prefix == Path("/usr"):
        raise NoOwnPythonError("this Python belongs to the system")


def pack_own_python(target: Path, python: str, prefix: Path = Path(sys.base_prefix)) -> None:
    """Write the interpreter and its library, without anything installed into it, as a tar file."""

    def kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mode |= 0o444 | (0o111 if entry.isdir() else 0)
        return None if LEFT_OUT.fullmatch(entry.name) else entry

    home = os.path.realpath(prefix)
    with tarfile.open(target, "w") as archive:
        for path in _own_files(python, prefix):
            archive.add(path, str(path.relative_to(prefix)), filter=kept)
        for library in _linked_libraries(python, prefix):
            if library.startswith(f"{home}/") and "libpython" not in library:  # conda's are there
                archive.add(os.path.realpath(library), os.path.relpath(library, home), filter=kept)


def needed_packages(python: str, prefix: Path = Path(sys.base_prefix)) -> list[str]:
    """List the packages with the shared libraries that the host's Python is linked with.

    Raises:
        NoOwnPythonError: a library isn't there, or belongs to no package.
    """
    home = os.path.realpath(prefix)
    libraries = {
        os.path.realpath(path)
        for path in _linked_libraries(python, prefix)
        if not path.startswith(f"{home}/")
    }
    # A package may list the same file with or without /usr.
    names = [f"*{path.removeprefix('/usr')}" for path in sorted(libraries)]
    lines = _output("dpkg-query", "-S", *names).splitlines()
    owners = {path: owner for owner, _, path in (line.rpartition(": ") for line in lines)}
    for path in libraries - {*owners, *(f"/usr{path}" for path in owners)}:
        raise NoOwnPythonError(f"the library {path!r} that it needs belongs to no package")
    return sorted({owner.partition(":")[0] for owner in owners.values()})


def _linked_libraries(python: str, prefix: Path) -> list[str]:
    programs = [str(path) for path in _linked_files(python, prefix)]
    found = set(_LINKED.findall(_output("ldd", *programs)))
    for name, path in sorted(found):
        if path == "not found":
            raise NoOwnPythonError(f"the library {name} that its modules need is missing")
    # Without "..", but not through links: a library is looked up by the name that is linked.
    return sorted({_named(path) for _, path in found})


def _named(path: str) -> str:
    return str(Path(os.path.realpath(Path(path).parent), Path(path).name))


def _own_files(python: str, prefix: Path) -> Iterator[Path]:
    yield from (prefix / "bin" / name for name in ("python3", f"python{python}"))
    yield from sorted((prefix / "lib").glob("libpython*.so*"))
    yield prefix / "lib" / f"python{python}"


def _linked_files(python: str, prefix: Path) -> Iterator[Path]:
    yield prefix / "bin" / f"python{python}"
    for path in sorted((prefix / "lib" / f"python{python}" / "lib-dynload").glob("*.so")):
        if not LEFT_OUT.fullmatch(path.name):
            yield path


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        raise NoOwnPythonError(f"this host has no {command[0]}") from None
    return done.stdout
