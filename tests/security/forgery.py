"""Programs that pretend to be the runner, or make failed checks look passed."""

from __future__ import annotations

from typing import Any

from sandbox.records import Execution
from sandbox.security.attack import CHANNEL, Attack, Check
from sandbox.security.selection import PAYLOAD, TIGHT, ended_by

CRASHED = ended_by("crashed")
RUNNER = """
import sys
modules = [m for n, m in list(sys.modules.items()) if '_runner' in n]
def everywhere(names, value):
    for module in modules:
        for name in names:
            if hasattr(module, name): setattr(module, name, value)
"""
FINISHED = "{'type': 'finished', 'error': None, 'check_error': None, 'duration_s': 0.1}"


def _channel(id_: str, program: str, check: Check, **limits: Any) -> Attack:
    return Attack(id_, "forgery", CHANNEL + PAYLOAD + program, check, limits={**TIGHT, **limits})


def _patched(id_: str, program: str, check: Check) -> Attack:
    return Attack(id_, "forgery", RUNNER + program, check, limits=TIGHT, returns=("x",))


def _checked(id_: str, program: str, checks: str = "assert x == 2", **limits: Any) -> Attack:
    """Make an attack on checks, which the code's results don't pass."""
    code = f"x = 1\n{CHANNEL}{RUNNER}{program}"
    return Attack(
        id_, "forgery", code, _not_passed, limits={**TIGHT, **limits}, returns=("x",), checks=checks
    )


OTHERS = """
import os, signal
others = [int(n) for n in os.listdir('/proc') if n.isdigit() and int(n) not in (1, os.getpid())]
"""


def _not_passed(run: Execution) -> str:
    return "" if not run.ok or run.check_error is not None else "the checks count as passed"


def only_own_names(*names: str) -> Check:
    """Check that nothing came back under another name."""

    def check(run: Execution) -> str:
        odd = set(run.variables) - set(names)
        return f"{sorted(odd)} came back" if odd else ""

    return check


def _shown_is_plain(run: Execution) -> str:
    texts = [run.detail, *run.withheld, *run.withheld.values(), *run.changed_inputs]
    odd = [text for text in texts if not text.isprintable()]
    return f"{odd[0][:80]!r} is shown" if odd else ""


def _has_sane_numbers(run: Execution) -> str:
    return "" if 0 <= run.duration_s < 1000 else f"it lasted {run.duration_s} s"


def _is_what_it_was(run: Execution) -> str:
    value = run.variables.get("x")
    return "" if value in (None, 1, [1]) else f"x came back as {value!r}"


def _output_only(run: Execution) -> str:
    return "" if run.ok and "forged" in run.stdout else f"{run.outcome}: {run.detail}"


CHANNEL_ATTACKS = (
    _channel("two-ends", f"send({FINISHED}); send({FINISHED})", CRASHED),
    _channel("end-then-leave", f"send({FINISHED}); os._exit(0)",
             lambda run: "" if not run.variables and not run.files else "results came back"),
    _channel("end-then-hang", f"send({FINISHED})\nwhile True: pass", ended_by("timeout"),
             timeout_s=3),
    _channel("ready-again", "send({'type': 'ready', 'files': []})", CRASHED),
    _channel("unloadable", "send({'type': 'unloadable', 'variable': 'df', 'reason': 'x'})",
             CRASHED),
    _channel("a-job", "send({'type': 'job', 'code': 'x = 1'})", CRASHED),
    _channel("broken", "send({'type': 'broken', 'reason': '\\x1b[31mred\\n' * 999})",
             _shown_is_plain),
    _channel("names-of-attributes", "for name in ('__class__', '__dict__', 'a b', '../x', '', '1'):"
             "\n    variable(name, payload(b'[[],1]'))",
             only_own_names("__class__", "__dict__", "name")),
    _channel("twice", "variable('x', payload(b'[[],1]')); variable('x', payload(b'[[],2]'))",
             _is_what_it_was),
    _channel("names-that-are-no-text", "for name in (None, 5, [], {}, True):\n"
             "    send({'type': 'variable', 'name': name, 'codec': 'tree/1'}, payload(b'[[],1]'))",
             lambda run: "" if all(isinstance(name, str) for name in run.variables) else "no text"),
    _channel("control-characters", "bad = '\\x1b]0;title\\x07\\r\\u202e'\n"
             "send({'type': 'withheld', 'name': 'x', 'reason': bad, 'repr': bad,"
             " 'value_type': bad})", _shown_is_plain),
    _channel("notes", "send({'type': 'finished', 'notes': ['\\x1b[2J' * 50] * 5000,"
             " 'changed_inputs': ['\\x1b[2J', 'df', '__class__'], 'error': 5})", _shown_is_plain),
    _channel("duration-not-a-number",
             "send({'type': 'finished', 'duration_s': float('nan')}); os._exit(0)",
             _has_sane_numbers),
    _channel("endless-duration", "send({'type': 'finished', 'duration_s': 1e300}); os._exit(0)",
             _has_sane_numbers),
    _channel("figure-as-html", "for mime in ('text/html', 'image/svg+xml', None, 5, 'x' * 9999):\n"
             "    send({'type': 'figure', 'mime': mime}, b'<script>alert(1)</script>')",
             lambda run: f"{run.figures}" if run.figures else ""),
    _channel("preview-of-nothing", "for number in (-1, 0, 10**30, True, None, 'x'):\n"
             "    send({'type': 'preview', 'figure': number}, b'x')",
             lambda run: f"{run.figures}" if run.figures else ""),
    _channel("other-codecs", "for codec in ('pickle', 'tree/2', '', None, 5):\n"
             "    send({'type': 'variable', 'name': 'x', 'codec': codec}, b'x')",
             only_own_names("codec")),
    _channel("report-as-output", "os.write(1, b'x\\0\\0\\0\\x05forged' + b'r\\0\\0\\0\\x02{}')",
             _output_only),
    _channel("stream-header-as-output",
             "os.write(1, b'\\x01\\0\\0\\0\\0\\0\\0\\x06forged' * 3); os.write(2, b'\\x02')",
             _output_only),
    _channel("surrogates", "send({'type': 'withheld', 'name': 'x', 'reason': '\\ud800' * 9})",
             _shown_is_plain),
)  # fmt: skip
PATCHES = (
    _patched("encoder-lies", "x = 1\neverywhere(['encode_value'], lambda *a, **k: [b'junk'])",
             _is_what_it_was),
    _patched("encoder-raises", "x = 1\ndef fail(*a, **k): raise SystemExit(0)\n"
             "everywhere(['encode_value', 'send_values', 'pack_message'], fail)", _is_what_it_was),
    _patched("names-are-others", "x = 1\ny = 2\n"
             "everywhere(['chosen', 'variables'], lambda *a: ['y'])", _is_what_it_was),
    _patched("json-lies", "import json\nx = 1\n"
             "json.JSONEncoder.encode = lambda *a: '{\"type\": \"variable\"}'", _is_what_it_was),
    _patched("struct-lies", "import struct\nx = 1\nstruct.Struct = struct.pack = None",
             _is_what_it_was),
    _patched("type-lies", "class Meta(type):\n    __name__ = property(lambda self: 'int')\n"
             "class Odd(metaclass=Meta):\n    __class__ = property(lambda self: int)\n"
             "    def __reduce_ex__(self, n): return (print, ('pwned',))\nx = Odd()",
             lambda run: "it was loaded" if "pwned" in run.stdout else ""),
    _patched("subclass-of-list", "class L(list):\n    def __iter__(self): return iter([666])\n"
             "x = L([1])", _is_what_it_was),
)  # fmt: skip
CHECKS = (
    _checked("patched-run", "everywhere(['run', 'run_and_restore'], lambda *a, **k: None)"),
    _checked("patched-describe", "everywhere(['describe', '_ended', 'Result'],"
             " lambda *a, **k: None)"),
    _checked("patched-compile", "import builtins\nold = builtins.compile\n"
             "builtins.compile = lambda s, n, *a, **k: old('pass' if n == 'checks.py' else s,"
             " n, *a, **k)"),
    _checked("patched-exec", "import builtins\nbuiltins.exec = builtins.eval = lambda *a: None"),
    _checked("patched-parse", "import ast\nold = ast.parse\n"
             "ast.parse = lambda s, *a, **k: old('pass', *a, **k)"),
    _checked("patched-error", "import builtins\n"
             "builtins.AssertionError = type('Quiet', (BaseException,),"
             " {'__init__': lambda self, *a: None})"),
    _checked("patched-builtins", "import builtins\nbuiltins.__build_class__ = None\n"
             "builtins.any = builtins.all = lambda *_: True", "assert all([x == 2])"),
    _checked("always-equal", "class Yes(int):\n    def __eq__(self, other): return True\n"
             "    __hash__ = int.__hash__\nx = Yes(1)"),
    _checked("always-equal-object", "class Yes:\n    def __eq__(self, other): return True\n"
             "    def __ne__(self, other): return False\n    __hash__ = None\nx = Yes()"),
    _checked("equal-to-all-frames", "import pandas\nx = pandas.DataFrame({'a': [1]})\n"
             "pandas.testing.assert_frame_equal = lambda *a, **k: None",
             "import pandas\npandas.testing.assert_frame_equal(x, pandas.DataFrame({'a': [2]}))"),
    _checked("library-lies", "import numpy\nnumpy.allclose = lambda *a, **k: True",
             "import numpy\nassert numpy.allclose(x, 2)"),
    _checked("module-of-its-own", "import os, sys\nos.makedirs('/tmp/work', exist_ok=True)\n"
             "open('helper.py', 'w').write('def right(x): return True')\n"
             "sys.path.insert(0, os.getcwd())",
             "from statistics import mean\nassert mean([x]) == 2"),
    _checked("shadowed-library", "import os\n"
             "open('statistics.py', 'w').write('def mean(x): return 2')",
             "from statistics import mean\nassert mean([x]) == 2"),
    _checked("traced", "import sys\ndef skip(frame, event, arg):\n"
             "    if frame.f_code.co_filename == 'checks.py':\n"
             "        frame.f_globals['x'] = 2\n    return skip\n"
             "sys.settrace(skip); sys.setprofile(skip)"),
    _checked("thread-that-waits", "import threading, time\ndef change():\n"
             "    for _ in range(3000):\n        globals()['x'] = 1; globals()['x'] = 2\n"
             "threading.Thread(target=change, daemon=True).start()\nx = 1",
             "assert x == 3"),
    _checked("namespace-that-lies", "import builtins\n"
             "class Space(dict):\n    def __getitem__(self, key): return 2\n"
             "import sys, types\nsys.modules['__main__'].__dict__.clear\n"),
    _checked("end-before-the-checks", f"send({FINISHED})\nos._exit(0)"),
    _checked("end-and-wait", f"import time\nsend({FINISHED})\ntime.sleep(1)"),
    _checked("leave-in-silence", "os._exit(0)"),
    _checked("exit-quietly", "everywhere(['exit_process'], lambda *_: None)\n"
             "class Quiet(SystemExit): pass", "assert x == 2"),
    _checked("hook-that-swallows", "import sys\nsys.excepthook = lambda *_: None\n"
             "import builtins\nclass Silent(Exception):\n"
             "    def __new__(cls, *a): return SystemExit(0)\nbuiltins.AssertionError = Silent"),
    _checked("no-checks-left", "import gc\nfor found in gc.get_objects():\n"
             "    if type(found) is dict and found.get('checks') == 'assert x == 2':\n"
             "        found['checks'] = None"),
    _checked("checks-changed", "import gc\nfor found in gc.get_objects():\n"
             "    if type(found) is dict and 'checks' in found and 'code' in found:\n"
             "        found['checks'] = 'pass'"),
    _checked("hidden-in-path", "import sys\nclass Finder:\n"
             "    def find_spec(self, name, path=None, target=None):\n"
             "        sys.modules['__main__'].x = 2\nsys.meta_path.insert(0, Finder())",
             "import colorsys\nassert x == 2"),
    _checked("verdict-on-the-channel", "send({'type': 'checked', 'error': None, 'digests': {}})"),
    _checked("verdict-to-all-files", "data = struct.pack('>IQ', 33, 0)"
             " + b'{\"type\": \"checked\", \"error\": null}'\n"
             "for fd in range(256):\n    try: os.write(fd, data)\n    except OSError: pass"),
    _checked("ends-the-checks", f"{OTHERS}for n in others: os.kill(n, signal.SIGKILL)"),
    _checked("stops-the-checks", f"{OTHERS}for n in others: os.kill(n, signal.SIGSTOP)",
             timeout_s=4),
    _checked("kills-later", f"{OTHERS}import threading, time\ndef late():\n"
             "    time.sleep(0.05)\n    for n in others: os.kill(n, signal.SIGKILL)\n"
             "threading.Thread(target=late, daemon=True).start()"),
    _checked("writes-to-its-files", f"{OTHERS}data = struct.pack('>IQ', 33, 0)"
             " + b'{\"type\": \"checked\", \"error\": null}'\n"
             "for n in others:\n    for fd in range(3, 32):\n        try:\n"
             "            with open(f'/proc/{n}/fd/{fd}', 'wb', 0) as file: file.write(data)\n"
             "        except OSError: pass"),
    _checked("limits-its-files", f"{OTHERS}import resource\nfor n in others:\n"
             "    try: resource.prlimit(n, resource.RLIMIT_NOFILE, (0, 0))\n"
             "    except OSError: pass"),
    Attack("memory-of-the-checks", "forgery", f"{OTHERS}reached = []\nfor n in others:\n"
           "    try: reached.append(repr(open(f'/proc/{n}/mem', 'r+b')))\n"
           "    except OSError: pass", limits=TIGHT, checks="assert True"),
)  # fmt: skip
ALL = (*CHANNEL_ATTACKS, *PATCHES, *CHECKS)
