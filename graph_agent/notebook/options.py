"""What stands after ``%codegen`` and ``%%codegen``: variables, options and the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from graph_agent.notebook.messages import CodegenError
from graph_agent.similar import did_you_mean

OPTIONS: Mapping[str, str] = {
    "--returns": "NAMES",
    "--checks": "FILE|NAME",
    "--model": "NAME|VARIABLE",
    "--privacy": "LEVEL",
    "--max-attempts": "N",
    "--candidates": "N",
    "--approve": "",
    "--accept": "",
    "--new": "",
}
"""Each option and what its value is; empty for one without a value."""
ANSWER_OPTIONS: Mapping[str, str] = {"--model": "NAME|VARIABLE", "--thread": "THREAD"}
"""Those of the magics that continue a run."""
_OPTION = re.compile(r"\s*(--[\w-]*)(=?)")
_VALUE = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^\s"'-]\S*))""")
_WORD = re.compile(r"\s*([^\s,]+),?")
_NAMES_AND_QUOTED = re.compile(r"""((?:\w+[\s,]+)*)(["'])(.+)\2""", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A request as it was typed. ``names``: the variables it names before the request."""

    request: str
    names: list[str]
    given: Mapping[str, str]

    def has(self, option: str) -> bool:
        """Whether an option was given."""
        return option in self.given

    def get(self, option: str) -> str | None:
        """Return an option's value; None if it wasn't given."""
        return self.given.get(option)

    def number(self, option: str) -> int | None:
        """Return an option's value as a number.

        Raises:
            CodegenError: it isn't one.
        """
        text = self.given.get(option)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,6}", text) or int(text) < 1:
            raise CodegenError(f"{option} takes a number of at least 1, not {text!r}")
        return int(text)


def read_cell(line: str, body: str) -> Asked:
    """Read ``%%codegen``: variables and options on its line, the request below it."""
    names: list[str] = []
    given: dict[str, str] = {}
    while True:
        found, line = read_options(line, OPTIONS)
        given |= found
        word = _WORD.match(line)
        if word is None:
            break
        names.append(word[1])
        line = line[word.end() :]
    if not body.strip():
        raise CodegenError("the cell is empty; write below its first line what you want to know")
    return Asked(body.strip(), names, given)


def read_line(line: str) -> Asked:
    """Read ``%codegen``: options, then the request; in quotes, variables may stand before it."""
    given, rest = read_options(line, OPTIONS)
    if not rest:
        raise CodegenError("the line is empty; write what you want to know after %codegen")
    quoted = _NAMES_AND_QUOTED.fullmatch(rest)
    if quoted is None:
        return Asked(rest, [], given)
    return Asked(quoted[3].strip(), re.findall(r"\w+", quoted[1]), given)


def read_options(text: str, known: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Read the options that a text begins with; return them and the rest.

    Raises:
        CodegenError: an option is unknown, or its value is missing.
    """
    given: dict[str, str] = {}
    while (found := _OPTION.match(text)) is not None:
        name, text = found[1], text[found.end() :]
        if name not in known:
            listed = ", ".join(known)
            meant = did_you_mean(name, known) or f"; there are {listed}"
            raise CodegenError(f"there is no option {name}{meant}")
        if name in given:
            raise CodegenError(f"{name} is given twice")
        given[name] = ""
        if metavar := known[name]:
            value = _VALUE.match(text)
            if value is None:
                raise CodegenError(f"{name} takes a value: {name} {metavar}")
            given[name], text = value[1] or value[2] or value[3] or "", text[value.end() :]
        elif found[2]:
            raise CodegenError(f"{name} takes no value")
    return given, text.strip()
