"""Runs the code as ``__main__`` and reports how it ended."""

from __future__ import annotations
import __future__ as future_features

import ast
import atexit
import contextlib
import io
import linecache
import os
import re
import sys
import tempfile
import threading
import traceback
import types
from dataclasses import dataclass
from typing import Any

from .encoding.reprs import in_short, message_of
from .interpreter import Interpreter, run_and_restore
from .left_files import CODE_FOLDER, CODE_NAME
from .shared.naming import class_name

MAX_MESSAGE_CHARS = 4_000
MAX_TRACEBACK_CHARS = 16_000
FUTURE_FLAGS = 0
for _feature in future_features.all_feature_names:
    FUTURE_FLAGS |= getattr(future_features, _feature).compiler_flag
# Models write notebook lines such as "%matplotlib inline". Only magics that configure plotting:
# leaving out any other would change what the code does.
_CODE_NAME = re.compile(r"generated_code(?:_\d+)?\.py")
_MAGIC = re.compile(r"^([ \t]*)%(?:matplotlib\b|config[ \t]+InlineBackend\b)[^\n]*", re.MULTILINE)


@dataclass
class Result:
    """``error``: None, or name, message, traceback and line. ``display``: the final expression."""

    error: dict[str, Any] | None = None
    display: object = None


def fresh_main() -> dict[str, Any]:
    """Install an empty ``__main__`` module and return its namespace.

    A real module: dataclasses, pickle and multiprocessing look it up in sys.modules.
    """
    module = types.ModuleType("__main__")
    module.__builtins__ = __builtins__  # type: ignore[attr-defined]  # as the interpreter does
    module.__file__ = os.path.join(tempfile.gettempdir(), CODE_FOLDER, CODE_NAME)
    sys.modules["__main__"] = module
    sys.argv = [CODE_NAME]
    return module.__dict__


def without_magics(code: str) -> str:
    """Replace plotting magics by ``pass`` if that makes ``code`` valid; keeps line numbers."""
    if _MAGIC.search(code) is None or _is_python(code):
        return code
    plain = _MAGIC.sub(r"\1pass", code)
    return plain if _is_python(plain) else code


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def run(
    code: str, namespace: dict[str, Any], interpreter: Interpreter, name: str = CODE_NAME
) -> Result:
    """Execute ``code``, then restore ``interpreter``; a final expression becomes the display."""
    code = code.removeprefix("\ufeff")  # as in a file
    lines = io.StringIO(code, newline=None).readlines()  # split as the parser does
    # Tracebacks and inspect.getsource read the source from here.
    linecache.cache[name] = (len(code), None, lines, name)
    try:
        tree = ast.parse(code, name)
        last = tree.body.pop() if _ends_in_value(tree, lines) else None
        parts = [compile(tree, name, "exec", dont_inherit=True)]
        if isinstance(last, ast.Expr):
            flags = parts[0].co_flags & FUTURE_FLAGS
            final = ast.Expression(last.value)
            parts.append(compile(final, name, "eval", flags, dont_inherit=True))
        return Result(display=run_and_restore(interpreter, parts, namespace))
    except BaseException as error:
        try:
            return _ended(error, name)
        except BaseException as inner:  # raised by an exception class of the code
            message = f"<its message can't be read: {in_short(inner)}>"
            return Result({"name": class_name(type(error)), "message": message, "traceback": ""})


def keep_source(code: str, namespace: dict[str, Any]) -> None:
    """Write the code to ``__file__``, where spawned processes read it."""
    with contextlib.suppress(OSError, ValueError):  # no room left, or lone surrogates
        os.makedirs(os.path.dirname(namespace["__file__"]), exist_ok=True)
        with open(namespace["__file__"], "w", encoding="utf-8") as file:
            file.write(code)


def _ends_in_value(tree: ast.Module, lines: list[str]) -> bool:
    """Whether the last statement is an expression without a semicolon, as in a notebook."""
    if not tree.body or not isinstance(last := tree.body[-1], ast.Expr):
        return False
    line, end = last.end_lineno, last.end_col_offset
    rest = lines[line - 1].encode()[end:] if line is not None else b""
    return not rest.lstrip().startswith(b";")


def run_exit_functions() -> None:
    """Call the registered exit functions, such as logging's flush."""
    processes = sys.modules.get("multiprocessing.util")
    if processes is not None:  # it would wait for child processes; the container ends them
        atexit.unregister(processes._exit_function)
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()


def flush_files(namespace: dict[str, Any]) -> None:
    """Write out what is still buffered in files that later runs may go on with."""
    for value in list(namespace.values()):
        with contextlib.suppress(BaseException):  # a class of the code, or a closed stream
            if issubclass(type(value), io.IOBase):
                value.flush()


def close_files(namespace: dict[str, Any]) -> None:
    """Close the files that the code left open: Python would write their rest at its exit."""
    kinds: tuple[type, ...] = (io.IOBase,)
    for module, name in (("zipfile", "ZipFile"), ("tarfile", "TarFile")):
        kind = vars(sys.modules.get(module, io)).get(name)
        if isinstance(kind, type):  # not a module of the code by that name
            kinds += (kind,)
    for value in list(namespace.values()):
        with contextlib.suppress(BaseException):  # a class of the code, or a broken stream
            if issubclass(type(value), kinds):
                value.close()


def finish_threads(interpreter: Interpreter) -> None:
    """Wait for the code's threads, as Python does at exit, then restore ``interpreter``."""
    with contextlib.suppress(BaseException):  # from functions that the code registered
        # Wakes idle executors first; Thread.join alone would wait for them forever.
        threading._shutdown()  # type: ignore[attr-defined]
    interpreter.restore()


def join_threads(interpreter: Interpreter) -> None:
    """Wait for the code's threads at the end of a session's run, then restore ``interpreter``.

    Python goes on afterwards, so unlike :func:`finish_threads` this leaves executors alone.
    """
    with contextlib.suppress(BaseException):
        idle = vars(sys.modules.get("concurrent.futures.thread", io)).get("_threads_queues", ())
        for thread in threading.enumerate():
            mine = thread is threading.current_thread()
            if not mine and not thread.daemon and thread not in idle:
                thread.join()
    interpreter.restore()


def allow_threads_again() -> None:
    """Let executors take work after :func:`finish_threads`, for functions that the checks call."""
    for module, flag in (("thread", "_shutdown"), ("process", "_global_shutdown")):
        futures = sys.modules.get(f"concurrent.futures.{module}")
        if futures is not None:
            setattr(futures, flag, False)


def describe(error: BaseException, name: str = CODE_NAME) -> dict[str, Any]:
    """Return an exception's name, message, traceback of the user's frames, and line."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__, limit=None)
        if frame.filename == name
    ]
    if isinstance(error, SyntaxError) and error.filename == name and type(error.lineno) is int:
        lines.append(error.lineno)
    return {
        "name": class_name(type(error)),
        "message": _clip(message_of(error), MAX_MESSAGE_CHARS),
        "traceback": _clip(_user_traceback(error, name), MAX_TRACEBACK_CHARS),
        "line": lines[-1] if lines else None,
    }


def _ended(error: BaseException, name: str) -> Result:
    if issubclass(type(error), SystemExit):
        code = error.code  # type: ignore[attr-defined]
        if code is None or code == 0:
            return Result()
        if not isinstance(code, int):
            print(code, file=sys.stderr)
    return Result(describe(error, name))


def _user_traceback(error: BaseException, name: str) -> str:
    try:
        summary = traceback.TracebackException.from_exception(error, compact=True)
        _keep_user_frames(summary, name, seen=set())
        return "".join(summary.format())
    except BaseException:  # a hostile __str__, or no memory left
        return f"{class_name(type(error))}: {message_of(error)}\n"


def _keep_user_frames(summary: traceback.TracebackException, name: str, seen: set[int]) -> None:
    if id(summary) in seen:
        return
    seen.add(id(summary))
    kept = [frame for frame in summary.stack if frame.filename == name or _is_ours(frame.filename)]
    summary.stack = traceback.StackSummary.from_list(kept)
    linked = [summary.__cause__, summary.__context__, *(summary.exceptions or [])]
    for other in linked:
        if other is not None:
            _keep_user_frames(other, name, seen)


def _is_ours(filename: str) -> bool:
    return _CODE_NAME.fullmatch(filename) is not None


def name_of_run(number: int) -> str:
    """Return what the code of a session's run is called in tracebacks."""
    stem, _, suffix = CODE_NAME.partition(".")
    return CODE_NAME if number == 1 else f"{stem}_{number}.{suffix}"


def _clip(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    half = max_chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
