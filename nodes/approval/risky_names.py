"""The modules, functions and paths that :mod:`nodes.approval.risks` looks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

MODULES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "programs": frozenset({"subprocess", "pty", "multiprocessing", "pexpect", "psutil"}),
        "network": frozenset(
            {
                *("socket", "socketserver", "ssl", "urllib.request", "urllib3", "http.client"),
                *("http.server", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc"),
                *("requests", "httpx", "aiohttp", "websockets", "paramiko", "boto3", "fsspec"),
            }
        ),
        "files": frozenset({"shutil"}),
        "system": frozenset(
            {
                *("posix", "nt", "fcntl", "signal", "resource", "pwd", "grp", "ptrace", "_thread"),
                *("builtins", "runpy", "code", "codeop", "pkgutil", "imp", "faulthandler"),
                # The rest of importlib only looks up versions and reads data.
                *("importlib.import_module", "importlib.util", "importlib.machinery"),
                *("importlib.reload", "importlib.abc", "IPython", "pip"),
            }
        ),
        "native": frozenset({"ctypes", "_ctypes", "cffi", "mmap", "numba.core", "llvmlite"}),
        "unpickling": frozenset(
            {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
        ),
    }
)
"""Rule → the modules it looks for, including their submodules."""

HARMLESS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "os": frozenset({"path", "sep", "linesep", "getcwd", "cpu_count", "fspath", "PathLike"}),
        "sys": frozenset(
            {
                *("stdout", "stderr", "version", "version_info", "maxsize", "float_info"),
                *("getsizeof", "exit", "byteorder", "platform", "executable", "argv"),
                *("getrecursionlimit", "setrecursionlimit", "set_int_max_str_digits"),
            }
        ),
        "importlib": frozenset({"metadata", "resources"}),
    }
)
"""Module → its attributes that an analysis normally uses."""

DYNAMIC_NAMES = frozenset(
    {"eval", "exec", "compile", "__import__", "__builtins__", "__loader__", "__spec__", "globals"}
)
INNER_NAMES = frozenset(
    {
        *("__subclasses__", "__globals__", "__builtins__", "__bases__", "__base__", "__mro__"),
        *("__code__", "__closure__", "__loader__", "__spec__", "__self__", "__getattribute__"),
        *("__reduce__", "__reduce_ex__", "f_globals", "f_locals", "f_builtins", "f_back"),
        *("gi_frame", "cr_frame", "tb_frame", "co_code"),
    }
)
STARTING_CALLS = frozenset(
    {
        *("system", "popen", "Popen", "check_output", "check_call", "getoutput", "startfile"),
        *("fork", "forkpty", "kill", "killpg", "posix_spawn", "spawnv", "spawnl", "spawnvp"),
        *("execv", "execve", "execl", "execlp", "execvp", "create_subprocess_exec"),
        "create_subprocess_shell",
    }
)
"""Methods of any object: ``pd.io.common.os.system`` is one way to reach them."""
CHANGING_CALLS = frozenset(
    {
        *("unlink", "rmdir", "removedirs", "rmtree", "chmod", "chown", "lchmod", "symlink"),
        *("symlink_to", "hardlink_to", "copyfile", "copytree", "mknod", "mkfifo"),
    }
)
FETCHING_CALLS = frozenset(
    {
        *("urlopen", "urlretrieve", "load_dataset", "fetch_openml", "fetch_california_housing"),
        *("read_gbq", "get_rdataset"),
    }
)
PATH_CALLS = re.compile(
    r"open|Path|PosixPath|PurePath|join|connect|create_engine|fromfile|tofile|memmap|genfromtxt"
    r"|listdir|scandir|walk|r?glob|iglob|(read|to|load|save|scan|sink|write|im)(_?\w+)?"
)
"""Functions and methods that take a path or an address."""
ADDRESS = re.compile(r"[a-z][a-z0-9+.]*://(?!/?:memory:|/?$)", re.IGNORECASE)
SYSTEM_PATH = re.compile(r"(/(?!tmp(/|$))\w|~|\.\./|[A-Za-z]:[\\/])")
