"""What makes code look risky, by its syntax tree. Each rule has a name.

The container bounds what any code can do; these rules say when a person would
want to look first (``approve="risky"``).

===============  ===================================================================
rule             the code
===============  ===================================================================
imports          imports a module that starts programs, reaches the network or the
                 system, loads native code or unpickles: see :data:`RISKY_MODULES`
dynamic_code     calls eval, exec, compile, __import__ or importlib.import_module,
                 or looks up a name of two underscores and more (``__class__``)
files            opens a file to write, or removes, moves or changes one, or reads a
                 path outside the folders the code has for itself
input_change     overwrites or deletes a given variable, or changes it in place
endless          loops ``while True`` without a way out
unparsable       cannot be read as Python
===============  ===================================================================
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

RISKY_MODULES = frozenset(
    {
        *("os", "sys", "subprocess", "shutil", "signal", "pty", "fcntl", "resource", "platform"),
        *("socket", "ssl", "urllib", "http", "ftplib", "smtplib", "requests", "httpx", "aiohttp"),
        *("asyncio", "multiprocessing", "threading", "concurrent"),
        *("ctypes", "cffi", "mmap", "gc", "inspect", "importlib", "runpy", "code", "builtins"),
        *("pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"),
    }
)
_DYNAMIC = frozenset({"eval", "exec", "compile", "__import__", "import_module", "getattr_static"})
_CHANGES_FILES = frozenset(
    {
        *(
            "unlink",
            "rmdir",
            "rmtree",
            "remove",
            "removedirs",
            "chmod",
            "symlink_to",
            "hardlink_to",
        ),
        *("write_text", "write_bytes", "touch", "mkdir", "makedirs"),
    }
)
_IN_PLACE = frozenset(
    {
        "drop",
        "dropna",
        "fillna",
        "rename",
        "sort_values",
        "sort_index",
        "replace",
        "reset_index",
        "set_index",
        "drop_duplicates",
        "clip",
        "query",
        "eval",
    }
)
_OWN_FOLDERS = ("/tmp/",)  # noqa: S108  # the container's own


@dataclass(frozen=True, order=True)
class Risk:
    """One thing a person might want to look at; ``line`` counts from 1."""

    line: int
    rule: str
    message: str


def risks(code: str, given: Collection[str] = ()) -> list[Risk]:
    """Find what makes code look risky, by line.

    Args:
        code: the program.
        given: names of the user's variables.
    """
    try:
        tree = ast.parse(code)
        return sorted(set(_found(tree, frozenset(given))))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [Risk(getattr(error, "lineno", None) or 1, "unparsable", "it cannot be read")]


def _found(tree: ast.Module, given: frozenset[str]) -> Iterator[Risk]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imports(node)
        elif isinstance(node, ast.Call):
            yield from _call(node, given)
        elif isinstance(node, ast.Attribute):
            if node.attr.startswith("__") and node.attr not in ("__name__", "__version__"):
                yield Risk(node.lineno, "dynamic_code", f"it looks up {node.attr!r}")
        elif isinstance(node, ast.While):
            yield from _while(node)
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)):
            yield from _change(node, given)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Risk]:
    names = (
        [node.module or ""]
        if isinstance(node, ast.ImportFrom)
        else [one.name for one in node.names]
    )
    for name in names:
        if name.partition(".")[0] in RISKY_MODULES and name != "os.path":
            yield Risk(node.lineno, "imports", f"it imports {name!r}")


def _call(node: ast.Call, given: frozenset[str]) -> Iterator[Risk]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else ""
    method = function.attr if isinstance(function, ast.Attribute) else ""
    on = _root(function.value) if isinstance(function, ast.Attribute) else ""
    # df.eval("a + b") and re.compile are other functions of the same names.
    if name in _DYNAMIC or (method == "import_module" and on == "importlib"):
        yield Risk(node.lineno, "dynamic_code", f"it calls {name or method}()")
    if name == "open" or (method == "open" and on not in ("Image",)):
        yield from _open(node)
    # list.remove is another.
    if method in _CHANGES_FILES and (method != "remove" or on == "os"):
        yield Risk(node.lineno, "files", f"it calls {method}()")
    if method.startswith("to_") and (path := _text(node.args[0] if node.args else None)):
        yield from _outside(node, path)
    if method.startswith("read_") and (path := _text(node.args[0] if node.args else None)):
        yield from _outside(node, path)
    if on in given and method in _IN_PLACE and _says_in_place(node):
        yield Risk(node.lineno, "input_change", f"it changes the given {on!r} in place")


def _open(node: ast.Call) -> Iterator[Risk]:
    mode = _text(node.args[1] if len(node.args) > 1 else None) or next(
        (_text(one.value) or "" for one in node.keywords if one.arg == "mode"), "r"
    )
    path = _text(node.args[0] if node.args else None)
    if set(mode) & set("wax+") and not (path or "").startswith(_OWN_FOLDERS):
        yield Risk(node.lineno, "files", "it opens a file to write")
    elif path is not None:
        yield from _outside(node, path)


def _outside(node: ast.Call, path: str) -> Iterator[Risk]:
    if path.startswith(("/", "~", "..")) and not path.startswith(_OWN_FOLDERS):
        yield Risk(node.lineno, "files", f"it names the path {path!r}")
    elif "://" in path:
        yield Risk(node.lineno, "files", f"it names the address {path!r}")


def _while(node: ast.While) -> Iterator[Risk]:
    always = isinstance(node.test, ast.Constant) and bool(node.test.value)
    leaves = (ast.Break, ast.Return, ast.Raise)
    if always and not any(isinstance(one, leaves) for one in ast.walk(node)):
        yield Risk(node.lineno, "endless", "it loops without a way out")


def _change(
    node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete, given: frozenset[str]
) -> Iterator[Risk]:
    targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [node.target]
    for target in targets:
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        for part in parts:
            name = _root(part)
            if name in given:
                yield Risk(node.lineno, "input_change", f"it changes the given {name!r}")


def _root(node: ast.expr) -> str:
    """Return the name an expression starts from, such as df of ``df.loc[0].a``."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _says_in_place(node: ast.Call) -> bool:
    return any(
        one.arg == "inplace" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in node.keywords
    )
