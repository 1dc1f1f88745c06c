#!/usr/bin/env bash
# Sets up the devcontainer: a driver that copies no images, the environment, the runner image.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# vfs makes a copy of the whole image, about 1 GB, for each container.
if [ "$(docker info --format '{{.Driver}}' 2>/dev/null)" = vfs ]; then
  echo "the engine uses vfs: switching to fuse-overlayfs"
  as_root apt-get update -qq
  as_root apt-get install -y -qq --no-install-recommends fuse-overlayfs >/dev/null
  as_root mkdir -p /etc/docker
  settings=/etc/docker/daemon.json
  [ -s $settings ] || echo '{}' | as_root tee $settings >/dev/null
  python3 - "$settings" <<'PYTHON' | as_root tee $settings.new >/dev/null
import json, sys
print(json.dumps({**json.load(open(sys.argv[1])), "storage-driver": "fuse-overlayfs"}, indent=2))
PYTHON
  as_root mv $settings.new $settings
  as_root sh -c 'kill "$(cat /var/run/docker.pid)"' || true
  as_root /usr/local/share/docker-init.sh true
fi

python3 tests/installing.py .venv dev
.venv/bin/codegen-agent sandbox build
.venv/bin/codegen-agent doctor
