# One entrance for people and for CI. Every step is skipped when it is done, shows
# what it does, and can be interrupted and taken up again.

PY := .venv/bin/python
EXTRAS := dev
BASE_PYTHONS := python3 python3.13 python3.12 python3.11
ACCEPTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
TIPS := Calculate average tip percentage by day of week and time (lunch/dinner), create a pivot table, and visualize with a heatmap
PYTEST_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench test-servers venv engine image model dist clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: venv engine image ## set up what is missing, then answer a question about restaurant tips
	@out=codegen-agent-out/demo-$$(date +%Y%m%d-%H%M%S); model=; \
	if $(PY) -c 'import sys; from graph_agent.settings import load_settings; \
	sys.exit(load_settings().gemini_api_key is None)' 2>/dev/null; then \
	  echo "A Gemini key is in reach: using Gemini."; \
	else \
	  echo "No Gemini key is in reach: using the embedded local model."; \
	  $(MAKE) --no-print-directory model || exit $$?; model="--model local"; \
	fi; \
	.venv/bin/codegen-agent run "$(TIPS)" --var tips_data=graph_agent/samples/tips.csv \
	  --out "$$out" $$model && echo "Transcript, code and figure: $$out"

test: venv engine image test-servers ## set up what is missing, then run all tests
	@$(MAKE) --no-print-directory model \
	  || echo "The local model is not here: the tests that need it will say so." >&2
	$(PY) -m pytest -n 2 --dist loadfile --cov --cov-report=term $(PYTEST_ARGS)

# What is installed is neither started now nor at the next boot. Without it the tests say so.
test-servers: ## on Debian and Ubuntu as root: sshd, Podman, gVisor and Postgres, which tests start for themselves
	@if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi; \
	missing=; [ -x /usr/sbin/sshd ] || missing="openssh-server"; \
	command -v podman >/dev/null || missing="$$missing podman"; \
	command -v runsc >/dev/null || missing="$$missing runsc"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -n "$$missing" ] || exit 0; \
	echo "installing $$missing for the tests (apt-get)"; \
	policy=/usr/sbin/policy-rc.d; \
	if [ -e $$policy ]; then policy=; else \
	  printf '#!/bin/sh\nexit 101\n' > $$policy && chmod +x $$policy; \
	  trap 'rm -f '$$policy EXIT INT TERM; \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -qq || true; \
	for one in $$missing; do \
	  apt-get install -y -qq --no-install-recommends $$one >/dev/null \
	    || { echo "$$one cannot be installed: the tests that need it will say so." >&2; continue; }; \
	  case $$one in openssh-server) units="ssh.service ssh.socket";; \
	    postgresql) units="postgresql.service";; runsc) continue;; *) units="podman.socket podman.service podman-restart.service podman-auto-update.service \
	      podman-auto-update.timer";; esac; \
	  systemctl disable $$units >/dev/null 2>&1 || true; \
	done

check: venv ## formatting, lint, types, import layers
	@status=0; \
	for check in "ruff format --check ." "ruff check ." "mypy" "lint-imports"; do \
	  echo "== $$check"; .venv/bin/$$check || status=1; \
	done; exit $$status

format: venv ## format, and mend what lint can mend by itself
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: venv engine image ## measure: one table, every sample in tests/benchmarks/results
	$(PY) -m tests.benchmarks $(BENCH_ARGS)

# The stamp is written last: an interrupted installation is taken up, not trusted.
venv: ## the virtual environment in .venv
	@want="$(EXTRAS) $$(cat pyproject.toml constraints.txt | cksum)"; \
	if [ -x $(PY) ] && [ "$$(cat .venv/.installed 2>/dev/null)" = "$$want" ]; then exit 0; fi; \
	rm -f .venv/.installed .venv/.pip; \
	if ! $(PY) -c '$(ACCEPTED)' 2>/dev/null || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  $(MAKE) --no-print-directory .base-python || exit $$?; \
	  base=$$($(find_python)); \
	  echo "making .venv with $$base ($$($$base --version))"; \
	  $$base -m venv --clear .venv || exit $$?; \
	fi; \
	echo "installing into .venv (a few minutes the first time)"; \
	{ $(PY) -m pip install --disable-pip-version-check --progress-bar off \
	  -c constraints.txt -e '.[$(EXTRAS)]' && printf done > .venv/.pip; } \
	  | awk '/^ *Downloading /{sub(/^ */, "  "); print; fflush()} /^Installing coll/{print "  unpacking"; fflush()}'; \
	[ -e .venv/.pip ] || exit 3; \
	rm .venv/.pip; \
	printf '%s' "$$want" > .venv/.installed

# A Python is good if it is of the right version and can make environments.
define find_python
for p in $(BASE_PYTHONS); do \
  if "$$p" -c 'import venv, ensurepip; $(ACCEPTED)' >/dev/null 2>&1; then echo "$$p"; break; fi; \
done
endef

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
	  echo "error: $$bare cannot make virtual environments;" \
	    "install it: sudo apt-get install $$bare-venv" >&2; \
	else \
	  echo "error: Python 3.11, 3.12 or 3.13 is needed, but $(firstword $(BASE_PYTHONS)) is" \
	    "$$($(firstword $(BASE_PYTHONS)) --version 2>/dev/null || echo missing); install one of them" \
	    "(Debian 12 and 13, Ubuntu 24.04: apt-get install python3-venv)" >&2; \
	fi; exit 3

engine: venv ## a container engine that answers
	@$(PY) -m sandbox.provision

image: venv engine ## the image the generated code runs in
	@$(PY) -m sandbox.image build --install-missing

model: venv ## the weights of the embedded local model
	@.venv/bin/codegen-agent model fetch local >/dev/null

dist: venv ## wheel and sdist in dist/
	$(PY) -m build

clean: ## caches and build results
	rm -rf dist build htmlcov .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find graph_agent nodes sandbox tests -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## the virtual environment too
	rm -rf .venv
