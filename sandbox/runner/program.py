"""Runs the code as ``__main__`` and tells how it ended."""

from __future__ import annotations
import __future__ as future_features

import ast
import contextlib
import linecache
import sys
import threading
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CODE_NAME = "generated_code.py"
MAX_MESSAGE_CHARS = 4_000
MAX_TRACEBACK_CHARS = 16_000
FUTURE_FLAGS = 0
for _feature in future_features.all_feature_names:
    FUTURE_FLAGS |= getattr(future_features, _feature).compiler_flag


@dataclass
class Result:
    """``error``: None, or name, message, traceback and line. ``display``: the last value."""

    error: dict[str, Any] | None = None
    display: object = None


def fresh_main() -> dict[str, Any]:
    """Put an empty ``__main__`` in place and return its namespace.

    A real one: dataclasses, pickle and multiprocessing look it up in sys.modules.
    """
    module = types.ModuleType("__main__")
    module.__builtins__ = __builtins__  # type: ignore[attr-defined]  # as the interpreter does
    sys.modules["__main__"] = module
    sys.argv = [CODE_NAME]
    return module.__dict__


def run(
    code: str,
    namespace: dict[str, Any],
    name: str = CODE_NAME,
    before_report: Callable[[], object] = int,
) -> Result:
    """Execute ``code``; a final expression becomes the result's display.

    ``before_report`` is called before an exception is described.
    """
    # Tracebacks and inspect.getsource read the source from here.
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        tree = ast.parse(code, name)
        last = _taken_last_expression(tree)
        body = compile(tree, name, "exec", dont_inherit=True)
        exec(body, namespace)  # noqa: S102  # the purpose of this container
        if last is None:
            return Result()
        flags = body.co_flags & FUTURE_FLAGS
        final = compile(ast.Expression(last.value), name, "eval", flags, dont_inherit=True)
        return Result(display=eval(final, namespace))  # noqa: S307  # likewise
    except SystemExit as exit_:
        before_report()
        return _from_exit(exit_, name)
    except BaseException as error:
        before_report()
        return Result(describe(error, name))


def _taken_last_expression(tree: ast.Module) -> ast.Expr | None:
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        tree.body.pop()
        return last
    return None


def finish_threads() -> None:
    """Wait for the code's threads, as the interpreter does at its end."""
    # Wakes idle executors first; threading.Thread.join alone would wait for them forever.
    with contextlib.suppress(BaseException):  # what its own threads raise there
        threading._shutdown()  # type: ignore[attr-defined]


def describe(error: BaseException, name: str = CODE_NAME) -> dict[str, Any]:
    """Tell an exception's name, message, traceback of the user's frames, and line."""
    lines = _lines(error, name)
    if isinstance(error, SyntaxError) and error.filename == name:
        lines.append(error.lineno)
    return {
        "name": type(error).__name__,
        "message": _clip(_text(error), MAX_MESSAGE_CHARS),
        "traceback": _clip(_user_traceback(error, name), MAX_TRACEBACK_CHARS),
        "line": lines[-1] if lines else None,
        "module": getattr(error, "name", None) if isinstance(error, ImportError) else None,
    }


def _lines(error: BaseException, name: str) -> list[int | None]:
    try:
        frames = traceback.walk_tb(error.__traceback__)
        return [line for frame, line in frames if frame.f_code.co_filename == name]
    except BaseException:  # the code may have broken anything
        return []


def _from_exit(exit_: SystemExit, name: str) -> Result:
    if exit_.code is None or exit_.code == 0:
        return Result()
    if not isinstance(exit_.code, int):
        with contextlib.suppress(BaseException):  # a message of the code's own class
            print(exit_.code, file=sys.stderr)
    return Result(describe(exit_, name))


def _user_traceback(error: BaseException, name: str) -> str:
    try:
        summary = traceback.TracebackException.from_exception(error, compact=True)
        _keep_user_frames(summary, name, seen=set())
        return "".join(summary.format())
    except BaseException:  # a hostile __str__, or no memory left
        return f"{type(error).__name__}: {_text(error)}\n"


def _keep_user_frames(summary: traceback.TracebackException, name: str, seen: set[int]) -> None:
    if id(summary) in seen:
        return
    seen.add(id(summary))
    kept = [frame for frame in summary.stack if frame.filename == name]
    summary.stack = traceback.StackSummary.from_list(kept)
    linked = [summary.__cause__, summary.__context__, *(summary.exceptions or [])]
    for other in linked:
        if other is not None:
            _keep_user_frames(other, name, seen)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return f"<{type(error).__name__} without a readable message>"


def _clip(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    half = max_chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
