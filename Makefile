# The same commands for people and for CI. Every step is skipped if it is already done,
# shows what it does, and can be interrupted and run again.

VENV ?= .venv
PY := $(VENV)/bin/python
EXTRAS ?= dev
BASE_PYTHONS := python3 python3.13 python3.12 python3.11
ACCEPTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
TIPS := Calculate average tip percentage by day of week and time (lunch/dinner), create a pivot table, and visualize with a heatmap
PYTEST_ARGS ?=
# One process more than there are cores: tests also wait, for containers and time limits.
WORKERS ?= $$(( $$(getconf _NPROCESSORS_ONLN) + 1 ))
BENCH_ARGS ?=
FUZZ_SECONDS ?= 300

# Programs that make starts share what they compile.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-other-pythons coverage check format bench fuzz test-servers venv lock engine image model docs dist clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

# The demo doesn't need the tests' packages.
demo: export EXTRAS := data,local
demo: ## set up what is missing, then answer a question about restaurant tips
	@TERM=dumb $(MAKE) --no-print-directory -j2 venv .base-ahead
	@out=codegen-agent-out/demo-$$(date +%Y%m%d-%H%M%S); model=; \
	if $(PY) -c 'import sys; from graph_agent.config.settings import load_settings; \
	sys.exit(load_settings().gemini_api_key is None)' 2>/dev/null; then \
	  echo "Found a Gemini key: using Gemini."; wanted=image; \
	else \
	  echo "No Gemini key found: using the embedded local model."; \
	  wanted="image model"; model="--model local"; \
	fi; \
	TERM=dumb $(MAKE) --no-print-directory -j2 $$wanted || exit $$?; \
	.venv/bin/codegen-agent run "$(TIPS)" --var tips_data=graph_agent/samples/tips.csv \
	  --out "$$out" $$model && echo "Transcript, code and figure: $$out"

test: venv engine image test-servers ## set up what is missing, then run all tests
	@$(MAKE) --no-print-directory model \
	  || echo "The local model is missing: tests that need it will say so." >&2
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --durations=50 $(PYTEST_ARGS)

# The parts that depend on Python's version, in images of that version; about 4 minutes each,
# after the installation and the image's build.
CORE_TESTS := tests/sandbox/test_docker_sandbox.py tests/sandbox/test_round_trip.py \
  tests/sandbox/test_endings.py tests/sandbox/variables/test_by_value.py tests/sandbox/image/test_own_python.py \
  tests/sandbox/runner/test_program.py tests/sandbox/runner/test_interpreter.py tests/graph_agent/test_graph.py \
  tests/graph_agent/cli/test_app.py tests/graph_agent/cli/test_exec.py tests/nodes

test-other-pythons: ## run the core of the tests on each other Python (3.11 to 3.13) found here
	@status=0; for version in 3.11 3.12 3.13; do \
	  case "$$($(PY) --version 2>/dev/null)" in "Python $$version."*) continue;; esac; \
	  base=$$(for p in python$$version "$$HOME"/.pyenv/versions/$$version.*/bin/python \
	    "$$(uv python find --no-python-downloads $$version 2>/dev/null)"; do \
	    "$$p" -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" \
	      2>/dev/null && { echo "$$p"; break; }; done); \
	  if [ -z "$$base" ]; then echo "skipped: there is no Python $$version here"; continue; fi; \
	  $(MAKE) --no-print-directory .core VENV=.venv-$$version BASE_PYTHONS="$$base" || status=1; \
	done; exit $$status

.PHONY: .core
.core: venv engine image
	$(PY) -m pytest $(PYTEST_ARGS) $(CORE_TESTS)

coverage: ## run all tests with coverage, which makes them slower
	@$(MAKE) --no-print-directory test PYTEST_ARGS="--cov --cov-report=term $(PYTEST_ARGS)"

# Installed programs are not started, now or at boot. Tests that miss one say so.
test-servers: ## on Debian and Ubuntu as root: install sshd, Podman, gVisor, Postgres and Chromium for the tests
	@if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi; \
	missing=; [ -x /usr/sbin/sshd ] || missing="openssh-server"; \
	command -v podman >/dev/null || missing="$$missing podman"; \
	command -v runsc >/dev/null || missing="$$missing runsc"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	  || missing="$$missing chromium fonts-liberation"; \
	[ -n "$$missing" ] || exit 0; \
	echo "installing $$missing for the tests (apt-get)"; \
	policy=/usr/sbin/policy-rc.d; \
	if [ -e $$policy ]; then policy=; else \
	  printf '#!/bin/sh\nexit 101\n' > $$policy && chmod +x $$policy; \
	  trap 'rm -f '$$policy EXIT INT TERM; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -qq || true; \
	for package in $$missing; do \
	  apt-get install -y -qq --no-install-recommends $$package >/dev/null \
	    || { echo "cannot install $$package: tests that need it will say so." >&2; continue; }; \
	  case $$package in openssh-server) units="ssh.service ssh.socket";; \
	    postgresql) units="postgresql.service";; runsc|chromium|fonts-*) continue;; *) units="podman.socket podman.service podman-restart.service podman-auto-update.service \
	      podman-auto-update.timer";; esac; \
	  systemctl disable $$units >/dev/null 2>&1 || true; \
	done

check: venv ## check formatting, lint, types, import layers and the workflows
	@status=0; \
	for check in "ruff format --check ." "ruff check ." "mypy" "lint-imports" \
	  "zizmor --offline --no-progress -q .github" \
	  "check-jsonschema -q --builtin-schema vendor.github-workflows $(wildcard .github/workflows/*.yml)"; do \
	  echo "== $$check"; .venv/bin/$$check || status=1; \
	done; exit $$status

format: venv ## format the code and apply automatic lint fixes
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: venv engine image ## run the benchmarks; results go to tests/benchmarks
	$(PY) -m tests.benchmarks $(BENCH_ARGS)

# Without atheris, which has wheels for Linux only, Hypothesis generates the inputs.
fuzz: venv ## fuzz the decoder for FUZZ_SECONDS; what is found becomes a test in tests/security/found
	@$(PY) -c 'import atheris' 2>/dev/null \
	  || $(PY) -m uv pip install -q -c requirements.lock atheris \
	  || echo "atheris can't be installed" >&2
	$(PY) -m tests.security.fuzzing --seconds $(FUZZ_SECONDS)

venv: ## create the virtual environment in .venv
	@base=$(PY); \
	if ! $(PY) -c '$(ACCEPTED)' 2>/dev/null || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  $(MAKE) --no-print-directory .base-python || exit $$?; \
	  base=$$($(find_python)); \
	fi; \
	$$base tests/installing.py $(VENV) $(EXTRAS)

# What is in the image has the image's version, so that installing something builds no other image.
lock: ## write requirements.lock anew: one version of everything, with the hashes of its files
	@$(PY) -m uv pip compile --quiet --universal --all-extras --generate-hashes --no-annotate \
	  --no-header --python-version 3.11 -c sandbox/image/runner-requirements.txt $(LOCK_ARGS) \
	  pyproject.toml -o requirements.lock

# A usable Python has the right version and can create virtual environments.
define find_python
for p in $(BASE_PYTHONS); do \
  if "$$p" -c 'import venv, ensurepip; $(ACCEPTED)' >/dev/null 2>&1; then echo "$$p"; break; fi; \
done
endef

# The first time, the image's base is made while the environment is installed.
.PHONY: .base-ahead
.base-ahead:
	@[ -e $(VENV)/.installed ] || p="$$($(find_python))"; [ -z "$$p" ] || $$p -m tests.base_ahead

.PHONY: .base-python
.base-python:
	@[ -z "$$($(find_python))" ] || exit 0; \
	bare=; for p in $(BASE_PYTHONS); do \
	  if "$$p" -c '$(ACCEPTED)' >/dev/null 2>&1; then bare=$$(basename "$$p"); break; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq || true; \
	  for p in $${bare:-python3.12 python3.13 python3.11 python3}; do \
	    apt-cache show "$$p-venv" >/dev/null 2>&1 || continue; \
	    echo "installing $$p-venv (apt-get)"; \
	    apt-get install -y -qq --no-install-recommends "$$p-venv" >/dev/null || continue; \
	    [ -z "$$($(find_python))" ] || exit 0; \
	  done; \
	fi; \
	if [ -n "$$bare" ]; then \
	  echo "error: $$bare cannot create virtual environments;" \
	    "install it: sudo apt-get install $$bare-venv" >&2; \
	else \
	  echo "error: Python 3.11, 3.12 or 3.13 is needed, but $(firstword $(BASE_PYTHONS)) is" \
	    "$$($(firstword $(BASE_PYTHONS)) --version 2>/dev/null || echo missing); install one of them" \
	    "(Debian 12 and 13, Ubuntu 24.04: apt-get install python3-venv)" >&2; \
	fi; exit 3

engine: venv ## make sure that a container engine answers
	@$(PY) -m tests.provisioning engine

image: venv engine ## build the image that generated code runs in
	@$(PY) -m tests.provisioning image

model: venv ## download the weights of the embedded local model
	@.venv/bin/codegen-agent model fetch local >/dev/null

docs: venv ## build the documentation in build/docs
	$(PY) -m mkdocs build

dist: venv engine ## build wheel and sdist in dist/, and use the wheel in clean environments
	rm -rf dist
	$(PY) -m build
	$(PY) -m tests.release try dist

clean: ## remove caches and build results
	rm -rf dist build htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find graph_agent nodes sandbox tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove the virtual environments too
	rm -rf .venv .venv-3.1?
