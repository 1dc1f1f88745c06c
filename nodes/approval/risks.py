"""What makes code look risky, by its syntax tree. Each rule has a name.

The container limits what any code can do, and the code has copies of the values. These
rules only decide when a person looks first (``approve="risky"``). They don't protect:
code can hide from them.

============  ====================================================================
rule          the code
============  ====================================================================
programs      starts programs or processes, or sends them signals
network       imports a network library, or reads from an address
files         names a path of the system or of a home folder, or removes, moves
              or changes files; its own working folder is removed with the container
system        uses os or sys for more than paths, versions and streams, or imports a
              module that reaches into the system or the interpreter
native        loads native code
unpickling    reads pickles, which can run anything, or allows them
dynamic_code  runs text as code, or goes through the inner names of objects, such
              as ``__globals__``
endless       loops ``while True`` without a way out
hidden_text   contains characters that make text look different from what it is
unparsable    cannot be read as Python
============  ====================================================================
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nodes.approval.risky_names import (
    ADDRESS,
    CHANGING_CALLS,
    DYNAMIC_NAMES,
    FETCHING_CALLS,
    HARMLESS,
    INNER_NAMES,
    MODULES,
    PATH_CALLS,
    STARTING_CALLS,
    SYSTEM_PATH,
)

RULES = (
    *("programs", "network", "files", "system", "native", "unpickling", "dynamic_code"),
    *("endless", "hidden_text", "unparsable"),
)
_INNER_IN_TEXT = re.compile(r"__(?!main__)[a-z_]+__")
_REORDERING = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")


@dataclass(frozen=True, order=True)
class Risk:
    """Something that a person might want to check; ``line`` counts from 1."""

    line: int
    rule: str
    message: str


def risks(code: str) -> list[Risk]:
    """Return what makes a program look risky, sorted by line."""
    try:
        tree = ast.parse(code)
        return sorted({*_hidden(code), *_Reader(tree).found()})
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [Risk(getattr(error, "lineno", None) or 1, "unparsable", "it cannot be read")]


def _hidden(code: str) -> Iterator[Risk]:
    for number, line in enumerate(code.splitlines(), 1):
        if match := _REORDERING.search(line):
            point = f"U+{ord(match[0]):04X}"
            yield Risk(number, "hidden_text", f"it contains the invisible character {point}")


class _Reader:
    """Reads one program."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = list(ast.walk(tree))
        self._modules = _module_names(self._nodes)
        self._texts = _text_names(self._nodes)
        self._asked = {
            id(node.value): node.attr for node in self._nodes if isinstance(node, ast.Attribute)
        }

    def found(self) -> Iterator[Risk]:
        for node in self._nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from _imported(node, alias.name, None)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield from _imported(node, node.module or "", alias.name)
            elif isinstance(node, ast.Name):
                yield from self._name(node)
            elif isinstance(node, ast.Attribute):
                if node.attr in INNER_NAMES:
                    yield Risk(node.lineno, "dynamic_code", f"it looks up {node.attr!r}")
                elif node.attr == "ctypeslib":
                    yield Risk(node.lineno, "native", "it loads native code")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if match := _INNER_IN_TEXT.search(node.value):
                    yield Risk(node.lineno, "dynamic_code", f"a text names {match[0]!r}")
            elif isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.While) and _always(node.test) and not _leaves(node.body):
                yield Risk(node.lineno, "endless", "it loops without a way out")

    def _name(self, node: ast.Name) -> Iterator[Risk]:
        if node.id in DYNAMIC_NAMES and isinstance(node.ctx, ast.Load):
            yield Risk(node.lineno, "dynamic_code", f"it uses {node.id}")
        elif module := self._modules.get(node.id):
            attribute = self._asked.get(id(node))
            if attribute is None:
                yield Risk(node.lineno, "system", f"it hands {module!r} on")
            elif attribute not in HARMLESS[module]:
                yield Risk(node.lineno, "system", f"it uses {module}.{attribute}")

    def _call(self, node: ast.Call) -> Iterator[Risk]:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        if name in STARTING_CALLS:
            yield Risk(node.lineno, "programs", f"it calls {name}()")
        elif name in CHANGING_CALLS:
            yield Risk(node.lineno, "files", f"it calls {name}()")
        name = name or (function.id if isinstance(function, ast.Name) else "")
        if name == "read_pickle" or any(_trusts_pickles(keyword) for keyword in node.keywords):
            yield Risk(node.lineno, "unpickling", f"{name}() reads pickles")
        elif name in FETCHING_CALLS:
            yield Risk(node.lineno, "network", f"{name}() fetches data")
        elif PATH_CALLS.fullmatch(name):
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                yield from self._path(node, argument)

    def _path(self, call: ast.Call, argument: ast.expr) -> Iterator[Risk]:
        text = self._start_of(argument)
        if ADDRESS.match(text):
            yield Risk(call.lineno, "network", f"it names the address {text!r:.100}")
        elif SYSTEM_PATH.match(text):
            yield Risk(call.lineno, "files", f"it names the path {text!r:.100}")

    def _start_of(self, node: ast.expr) -> str:
        """Return the beginning of a text, as far as the program contains it."""
        while isinstance(node, (ast.BinOp, ast.JoinedStr)):
            if isinstance(node, ast.BinOp):
                node = node.left
            elif node.values:
                node = node.values[0]
            else:
                return ""
        if isinstance(node, ast.Name):
            return self._texts.get(node.id, "")
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _module_names(nodes: list[ast.AST]) -> dict[str, str]:
    """Map the names under which a program imports os and sys to the modules."""
    bound = {}
    for node in nodes:
        for alias in node.names if isinstance(node, ast.Import) else ():
            root = alias.name.partition(".")[0]
            # ``import os.path`` binds os, ``import os.path as p`` only something harmless.
            if root in HARMLESS and (alias.name == root or alias.asname is None):
                bound[alias.asname or root] = root
    return bound


def _text_names(nodes: list[ast.AST]) -> dict[str, str]:
    """Map names to the texts assigned to them."""
    return {
        target.id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _imported(node: ast.stmt, module: str, name: str | None) -> Iterator[Risk]:
    root = module.partition(".")[0]
    if root in HARMLESS:
        if name is not None and module == root and name not in HARMLESS[root]:
            yield Risk(node.lineno, "system", f"it imports {name!r} from {module!r}")
        return
    whole = f"{module}.{name}" if name else module
    for rule, modules in MODULES.items():
        if any(whole == risky or whole.startswith(f"{risky}.") for risky in modules):
            yield Risk(node.lineno, rule, f"it imports {module!r}")


def _trusts_pickles(keyword: ast.keyword) -> bool:
    value = keyword.value
    is_set = isinstance(value, ast.Constant) and value.value is True
    return keyword.arg == "allow_pickle" and is_set


def _always(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _leaves(body: list[ast.stmt], *, inner: bool = False) -> bool:
    """Whether a loop's body has a way out; a break in an ``inner`` loop leaves only that loop."""
    for statement in body:
        if isinstance(statement, (ast.Return, ast.Raise)) or (
            isinstance(statement, ast.Break) and not inner
        ):
            return True
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if isinstance(statement, ast.Expr) and _yields_or_exits(statement.value):
            return True
        if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            if _leaves(statement.body, inner=True) or _leaves(statement.orelse, inner=inner):
                return True
        elif any(_leaves(block, inner=inner) for block in _blocks(statement)):
            return True
    return False


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement, including its handlers and cases."""
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for field in ("handlers", "cases"):
        for block in getattr(node, field, []):
            yield block.body


def _yields_or_exits(value: ast.expr) -> bool:
    if isinstance(value, (ast.Yield, ast.YieldFrom)):
        return True
    function = value.func if isinstance(value, ast.Call) else None
    name = getattr(function, "attr", getattr(function, "id", ""))
    return name in ("exit", "quit", "_exit")
