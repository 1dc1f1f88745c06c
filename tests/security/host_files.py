"""Ways to a file, a secret or a server of the host. Its canary file is what they look for."""

from __future__ import annotations

from sandbox.security.attack import Attack


def _read(id_: str, program: str) -> Attack:
    return Attack(id_, "host files", program)


def _masked(path: str) -> Attack:
    """Read a file that tells about the host's kernel or hardware."""
    name = path.strip("/").replace("/", "-")
    return _read(
        f"masked-{name}",
        "import os\n"
        f"text = ' '.join(os.listdir({path!r})) if os.path.isdir({path!r})"
        f" else open({path!r}, errors='replace').read(4096)\nreached = text.strip()[:200]",
    )


ALL = (
    _read("by-dots", "import os\nos.chdir('/tmp')\nreached = open('../' * 40 + canary).read()"),
    _read("by-job-dots", "reached = open('/job/' + '../' * 40 + canary).read()"),
    _read("by-symlink", "import os\nos.symlink(canary, '/tmp/link')\n"
          "reached = open('/tmp/link').read()"),
    _read("by-process-1-root", "reached = open('/proc/1/root' + canary).read()"),
    _read("by-process-1-cwd", "reached = open('/proc/1/cwd/..' + canary).read()"),
    _read("by-descriptors", "import os\nfor n in range(0, 64):\n"
          "    try:\n        fd = os.open('../' * 30 + canary[1:], 0, dir_fd=n)\n"
          "        reached = os.read(fd, 99)\n    except OSError:\n        pass"),
    _read("by-hard-link", "import os\nos.link(canary, '/tmp/hard')\n"
          "reached = open('/tmp/hard').read()"),
    _read("by-rename", "import os\nos.rename(canary, '/tmp/moved')\n"
          "reached = open('/tmp/moved').read()"),
    _read("by-overwriting", "open(canary, 'w').write('mine')"),
    _read("by-removing", "import os\nos.remove(canary)\nreached = 'removed'"),
    _read("by-walking", "import os\nfor folder, _, names in os.walk('/'):\n"
          "    if 'canary' in names: reached = os.path.join(folder, 'canary')"),
    _read("in-the-job-folder", "import os\nfor name in os.listdir('/job'):\n"
          "    data = open(f'/job/{name}', 'rb').read()\n"
          "    if b'canary' + b': this' in data: reached = name"),
    _read("in-the-environment", "import os\n"
          "reached = [v for v in os.environ.values() if 'canary: ' in v]"),
    _read("in-other-environments", "import glob\nfor path in glob.glob('/proc/*/environ'):\n"
          "    try:\n        text = open(path).read()\n"
          "        if 'canary: ' in text: reached = text\n"
          "    except OSError:\n        pass"),
    _read("proxy-passwords", "import os\n"
          "reached = [n for n in os.environ if 'proxy' in n.lower()]"),
    _read("keys", "import os\nreached = [n for n in os.environ"
          " if any(word in n for word in ('KEY', 'TOKEN', 'SECRET', 'PASSWORD'))]"),
    _read("other-processes", "import os\nfound = [n for n in os.listdir('/proc') if n.isdigit()]\n"
          "reached = found if len(found) > 3 else ''"),
    _read("abstract-sockets", "lines = open('/proc/net/unix').read().splitlines()[1:]\n"
          "reached = [line for line in lines if '@' in line]"),
    _read("engine-sockets", "import os\nreached = [p for p in ('/run/docker.sock',"
          " '/var/run/docker.sock', '/run/containerd/containerd.sock', '/run/crio/crio.sock',"
          " '/run/podman/podman.sock') if os.path.exists(p)]"),
    _read("engine-folders", "import os\nreached = [p for p in ('/var/lib/docker',"
          " '/var/lib/containers', '/run/containerd', '/root/.docker', '/root/.ssh')"
          " if os.path.exists(p)]"),
    _read("cloud-metadata", "import socket\nsocket.create_connection(('169.254.169.254', 80), 1)\n"
          "reached = 'the metadata server'"),
    _read("engine-over-tcp", "import socket\nfor host in ('127.0.0.1', '172.17.0.1'):\n"
          "    for port in (2375, 2376, 6443, 22):\n        try:\n"
          "            socket.create_connection((host, port), 0.3)\n"
          "            reached = f'{host}:{port}'\n        except OSError:\n            pass"),
    _read("name-service", "import socket\nsocket.setdefaulttimeout(1)\n"
          "reached = socket.gethostbyname('host.docker.internal')"),
    _masked("/proc/kcore"),
    _masked("/proc/keys"),
    _masked("/proc/timer_list"),
    _masked("/proc/latency_stats"),
    _masked("/proc/sched_debug"),
    _masked("/proc/scsi"),
    _masked("/proc/acpi"),
    _masked("/sys/firmware"),
    _masked("/sys/kernel/debug"),
    _masked("/sys/kernel/security"),
    _masked("/sys/fs/bpf"),
)  # fmt: skip
