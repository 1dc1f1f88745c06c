"""Ways out of a container: system calls, the kernel's files, privileges, process 1."""

from __future__ import annotations

from sandbox.security.attack import Attack

CALL = """
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"
def call(x86, arm, *arguments):
    done = libc.syscall(arm if ARM else x86, *arguments)
    if done == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done
"""
NEW_USER, NEW_NS, NEW_PID = 0x10000000, 0x00020000, 0x20000000


def _call(id_: str, program: str) -> Attack:
    return Attack(f"call-{id_}", "escape", f"{CALL}{program}")


def _write(path: str, text: str = "1") -> Attack:
    name = path.strip("/").replace("/", "-").replace("_", "-")
    return Attack(
        f"write-{name}",
        "escape",
        f"with open({path!r}, 'w') as file:\n    file.write({text!r})\nreached = {path!r}",
    )


def _open(path: str, mode: str = "rb") -> Attack:
    name = path.strip("/").replace("/", "-")
    return Attack(f"open-{name}-{mode[0]}", "escape", f"reached = repr(open({path!r}, {mode!r}))")


def _try(id_: str, program: str) -> Attack:
    return Attack(id_, "escape", program)


SYSTEM_CALLS = (
    _call("unshare-user", f"call(272, 97, {NEW_USER})\nreached = 'a user namespace'"),
    _call("unshare-mount", f"call(272, 97, {NEW_NS})\nreached = 'a mount namespace'"),
    _call("clone-user", f"child = call(56, 220, {NEW_USER} | 17, 0, 0, 0, 0)\n"
          "if child == 0: os._exit(0)\nreached = 'a user namespace'"),
    _call("clone3-user", "arguments = (ctypes.c_uint64 * 8)"
          f"({NEW_USER}, 0, 0, 0, 17, 0, 0, 0)\n"
          "child = call(435, 435, arguments, ctypes.sizeof(arguments))\n"
          "if child == 0: os._exit(0)\nreached = 'a user namespace'"),
    _call("setns", "fd = os.open('/proc/1/ns/mnt', 0)\ncall(308, 268, fd, 0)\nreached = 'mnt'"),
    _call("pidfd-setns", "fd = call(434, 434, 1, 0)\n"
          f"call(308, 268, fd, {NEW_NS} | {NEW_PID})\nreached = 'namespaces of process 1'"),
    _call("pivot-root", "call(155, 41, b'/tmp', b'/tmp')\nreached = 'a new root'"),
    _call("chroot", "os.chroot('/tmp')\nreached = 'a new root'"),
    _call("mount-proc", "call(165, 40, b'proc', b'/tmp', b'proc', 0, None)\nreached = 'proc'"),
    _call("mount-bind", "call(165, 40, b'/proc', b'/tmp', None, 4096, None)\nreached = 'bind'"),
    _call("remount-root", "call(165, 40, None, b'/', None, 32, None)\nreached = 'writable root'"),
    _call("umount", "call(166, 39, b'/proc/timer_list', 2)\nreached = 'an unmasked file'"),
    _call("open-tree", "reached = call(428, 428, -100, b'/', 1) + 1"),
    _call("fsopen", "reached = call(430, 430, b'proc', 0) + 1"),
    _call("mount-setattr", "attributes = (ctypes.c_uint64 * 4)(0, 1, 0, 0)\n"
          "call(442, 442, -100, b'/', 0, attributes, 32)\nreached = 'writable root'"),
    _call("open-by-handle", "handle = (ctypes.c_uint32 * 4)(8, 1, 2, 0)\n"
          "reached = call(304, 265, os.open('/job', 0), handle, 0) + 1"),
    _call("bpf", "attributes = (ctypes.c_uint32 * 32)(1, 4, 4, 1)\n"
          "reached = call(321, 280, 0, attributes, 128) + 1"),
    _call("perf-event", "attributes = (ctypes.c_uint32 * 32)(1, 128)\n"
          "reached = call(298, 241, attributes, 0, -1, -1, 0) + 1"),
    _call("userfaultfd", "reached = call(323, 282, 1) + 1"),
    _call("keyctl", "reached = call(250, 219, 0, -3, 1)"),
    _call("add-key", "reached = call(248, 217, b'user', b'n', b'v', 1, -3)"),
    _call("request-key", "reached = call(249, 218, b'user', b'n', None, -3)"),
    _call("init-module", "call(175, 105, b'x' * 64, 64, b'')\nreached = 'a module'"),
    _call("finit-module", "call(313, 273, os.open('/bin/true', 0), b'', 0)\nreached = 'module'"),
    _call("delete-module", "call(176, 106, b'overlay', 0)\nreached = 'a module'"),
    _call("kexec", "call(246, 104, 0, 0, 0, 0)\nreached = 'kexec'"),
    _call("reboot", "call(169, 142, 0xfee1dead, 672274793, 0)\nreached = 'Ctrl-Alt-Del'"),
    _call("swapon", "call(167, 224, b'/tmp/x', 0)\nreached = 'swap'"),
    _call("acct", "call(163, 89, b'/tmp/x')\nreached = 'accounting'"),
    _call("clock", "import time\ntime.clock_settime(time.CLOCK_REALTIME, 1)\nreached = 'clock'"),
    _call("host-name", "import socket\nsocket.sethostname('x')\nreached = 'host name'"),
    _call("kernel-log", "text = ctypes.create_string_buffer(4096)\n"
          "call(103, 116, 3, text, 4096)\nreached = text.value[:200]"),
    _call("iopl", "call(172, 172 if not ARM else 9999, 3)\nreached = 'ports'"),
    _call("realtime", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))\n"
          "reached = 'real-time priority'"),
    _call("nice", "os.setpriority(os.PRIO_PROCESS, 0, -10)\nreached = 'priority'"),
    _call("io-uring", "parameters = (ctypes.c_uint32 * 30)()\n"
          "reached = call(425, 425, 4, parameters) + 1"),
    _call("pidfd-getfd", "fd = call(434, 434, 1, 0)\n"
          "reached = call(438, 438, fd, 1, 0) + 1"),
    _call("read-process-1", "data = ctypes.create_string_buffer(8)\n"
          "vector = (ctypes.c_uint64 * 2)(ctypes.addressof(data), 8)\n"
          "remote = (ctypes.c_uint64 * 2)(0x400000, 8)\n"
          "reached = call(310, 270, 1, vector, 1, remote, 1, 0)"),
    _call("write-process-1", "data = ctypes.create_string_buffer(8)\n"
          "vector = (ctypes.c_uint64 * 2)(ctypes.addressof(data), 8)\n"
          "remote = (ctypes.c_uint64 * 2)(0x400000, 8)\n"
          "reached = call(311, 271, 1, vector, 1, remote, 1, 0)"),
    _call("seize-process-1", "call(101, 117, 0x4206, 1, 0, 0)\nreached = 'traced'"),
    _call("limit-process-1", "import resource\nresource.prlimit(1, resource.RLIMIT_CORE, (0, 0))\n"
          "reached = 'limits of process 1'"),
    _call("vsock", "import socket\nsocket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\n"
          "reached = 'a socket to the hypervisor'"),
    _call("kernel-crypto", "import socket\nsocket.socket(38, socket.SOCK_SEQPACKET)\n"
          "reached = 'AF_ALG'"),
    _call("raw-packets", "import socket\nsocket.socket(17, socket.SOCK_RAW)\nreached = 'packets'"),
    _call("raw-ip", "import socket\n"
          "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)\nreached = 'ip'"),
    _call("new-link", "import socket, struct\n"
          "s = socket.socket(16, socket.SOCK_RAW, 0)\n"
          "body = struct.pack('BxHiII', 0, 0, 0, 0, 0) + struct.pack('HH', 20, 18)"
          " + struct.pack('HH', 10, 1) + b'dummy\\0' + b'\\0\\0'\n"
          "s.send(struct.pack('IHHII', 16 + len(body), 16, 0x605, 1, 0) + body)\n"
          "answer = struct.unpack_from('i', s.recv(4096), 16)[0]\n"
          "reached = 'a network device' if answer == 0 else ''"),
)  # fmt: skip
PRIVILEGES = (
    _try("become-group-root", "import os\nos.setgid(0)\nreached = 'group root'"),
    _try("more-groups", "import os\nos.setgroups([0, 1])\nreached = 'groups'"),
    _try("capabilities", f"{CALL}header = (ctypes.c_uint32 * 2)(0x20080522, 0)\n"
         "data = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)\n"
         "call(126, 91, header, data)\nreached = 'capabilities'"),
    _try("ambient-capability", f"{CALL}call(157, 167, 47, 2, 21, 0, 0)\nreached = 'ambient'"),
    _try("new-privileges-again", f"{CALL}call(157, 167, 38, 0, 0, 0, 0)\n"
         "reached = 'no_new_privs is off' if call(157, 167, 39, 0, 0, 0, 0) == 0 else ''"),
    _try("file-capability", "import os\nopen('/dev/shm/c', 'w').close()\n"
         "os.setxattr('/dev/shm/c', 'security.capability', bytes(20))\nreached = 'set'"),
    _try("give-file-to-root", "import os\nopen('/dev/shm/o', 'w').close()\n"
         "os.chown('/dev/shm/o', 0, 0)\nreached = 'owned by root'"),
    _try("start-from-scratch", "import shutil, subprocess\nshutil.copy('/bin/true', '/tmp/true')\n"
         "subprocess.run(['/tmp/true'], check=True)\nreached = 'started'"),
    _try("start-by-loader", "import glob, shutil, subprocess\n"
         "shutil.copy('/bin/true', '/tmp/true2')\nloader = glob.glob('/lib*/ld-linux*')[0]\n"
         "done = subprocess.run([loader, '/tmp/true2'], capture_output=True)\n"
         "reached = 'started' if done.returncode == 0 else ''"),
    _try("load-library", "import ctypes, glob, shutil\n"
         "library = glob.glob('/lib/*/libc.so.6') + glob.glob('/usr/lib/*/libc.so.6')\n"
         "shutil.copy(library[0], '/tmp/mine.so')\nctypes.CDLL('/tmp/mine.so')\n"
         "reached = 'a library from the scratch space'"),
    _try("overwrite-interpreter", "reached = repr(open('/proc/self/exe', 'r+b'))"),
    _try("overwrite-runner", "import sys\nname = next(n for n in sys.modules if '_runner' in n)\n"
         "reached = repr(open(sys.modules[name].__file__, 'a'))"),
    _try("out-of-memory-score", "with open('/proc/self/oom_score_adj', 'w') as score:\n"
         "    score.write('-1000')\n"
         "reached = 'never killed first'"),
    _try("score-of-process-1", "with open('/proc/1/oom_score_adj', 'w') as score:\n"
         "    score.write('1000')\n"
         "reached = 'process 1 is killed first'"),
    _try("descriptors-from-outside", "import os\n"
         "found = {n: os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')"
         " if os.path.exists(f'/proc/self/fd/{n}')}\n"
         "reached = [p for p in found.values()"
         " if p.startswith('/') and not p.startswith(('/dev/null', '/proc/', '/tmp/'))]"),
    _try("outside-by-working-folder", "import os\nos.chdir('/proc/self/fd')\n"
         "for _ in range(30): os.chdir('..')\nreached = os.path.exists('.' + canary)"),
)  # fmt: skip
KERNEL_FILES = (
    _write("/proc/sys/kernel/core_pattern", "|/tmp/x"),
    _write("/proc/sys/kernel/modprobe", "/tmp/x"),
    _write("/proc/sys/kernel/hostname", "x"),
    _write("/proc/sys/vm/overcommit_memory"),
    _write("/proc/sys/fs/binfmt_misc/register", ":x:M::MZ::/tmp/x:"),
    _write("/proc/sysrq-trigger", "h"),
    _write("/sys/kernel/uevent_helper", "/tmp/x"),
    _write("/sys/power/state", "mem"),
    _write("/sys/fs/cgroup/cgroup.procs"),
    _write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "-1"),
    _write("/sys/fs/cgroup/pids/pids.max", "max"),
    _write("/sys/fs/cgroup/memory.max", "max"),
    _write("/etc/passwd", "root::0:0::/:/bin/sh"),
    _write("/etc/ld.so.preload", "/tmp/x.so"),
    _write("/job/file"),
    _open("/dev/mem"),
    _open("/dev/kmem"),
    _open("/dev/port"),
    _open("/dev/kmsg"),
    _open("/dev/sda"),
    _open("/dev/vda"),
    _open("/dev/fuse", "r+b"),
    _open("/dev/kvm", "r+b"),
    _open("/dev/net/tun", "r+b"),
    _open("/dev/vsock", "r+b"),
    _open("/proc/1/mem", "r+b"),
    _open("/proc/1/fd/1", "wb"),
    _open("/proc/1/environ"),
    _open("/proc/1/maps"),
)
ALL = (*SYSTEM_CALLS, *PRIVILEGES, *KERNEL_FILES)
