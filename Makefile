# Signalbox: `make` alone lists what can be done.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Each of these would send an installation elsewhere, or mix another installation into this one. An index is left alone.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIREMENT PIP_CONSTRAINT \
	PIP_REQUIRE_VIRTUALENV PIP_EDITABLE PIP_NO_BINARY PIP_ONLY_BINARY PIP_NO_DEPS PIP_DRY_RUN PIP_PYTHON

BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
UV_LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-find-links \
	--no-annotate --no-header --universal --python-version 3.11 --no-emit-index-url

PIP_AUDIT := 2.10.1

.PHONY: help up test bench faults screenshots fmt lock sbom audit clean

help: ## List the targets
	@echo "Signalbox: run Exchange Online cmdlets in every customer organization, and prove it afterwards."
	echo
	sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16
	echo
	echo "Variables of 'make up':  ORGANIZATIONS=300  PORT=8000  ONCE=0  SEED=1  LATENCY=<ms>  WORKER_THREADS=100"
	echo "                         DATABASE_URL=…  REDIS_URL=…  (use these servers instead of starting some)"
	echo "Variables of 'make faults':  SEED=1  FAULTS=500  MINUTES=120  ROUND=…  (one round of the seed)  REPLAY=<history file>"

up: .venv/installed ## Start everything on this machine and run a first job in every organization
	@exec $(BIN)/python -m portal.local up

test: .venv/installed-test ## Run every check and all tests
	@exec $(BIN)/python -m portal.local check

bench: .venv/installed-test ## Measure how fast runs are
	@exec $(BIN)/python -m tests.bench

faults: .venv/installed-test ## Kill, cut and lie to every part while runs go on, and judge every outcome
	@exec $(BIN)/python -m tests.faults

screenshots: .venv/installed-test ## Take pictures of every page into .data/screenshots and docs/images
	@$(BIN)/pytest tests/e2e/screenshots.py --capture=no

fmt: .venv/installed-test ## Format the code
	@$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

lock: .venv/created ## Pin the newest allowed versions with hashes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV_LOCK) --upgrade --output-file requirements.txt
	$(UV_LOCK) --upgrade --extra test --constraint requirements.txt --output-file requirements-test.txt
	$(BIN)/python -m portal.local sbom

sbom: .venv/installed ## Write the bill of materials of what is pinned (CycloneDX)
	@$(BIN)/python -m portal.local sbom

audit: .venv/created ## Ask which pinned packages have known vulnerabilities (needs pypi.org)
	@$(BIN)/python -m venv .data/audit
	.data/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==$(PIP_AUDIT)
	for lock in requirements.txt requirements-test.txt; do
		.data/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement $$lock
	done

clean: ## Remove the environment and all local data, also the database
	@if [ -e .data/lock ] && ! flock --nonblock .data/lock true; then
		echo "Signalbox runs in this clone (process $$(cat .data/lock)). Stop it first." >&2
		exit 1
	fi
	rm -rf "/var/tmp/signalbox-$$(printf %s "$$(pwd -P)" | sha256sum | cut -c 1-12)"
	rm -rf .venv .data staticfiles .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/created:
	@if .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		touch $@
		exit 0
	fi
	for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
			python=$$candidate
			break
		fi
	done
	if [ -z "$${python:-}" ]; then
		echo "Signalbox needs Python 3.11 or newer; python3 here is: $$(python3 --version 2>&1 || true)" >&2
		exit 1
	fi
	echo "Creating .venv with $$("$$python" --version)"
	if ! "$$python" -m venv --clear .venv; then
		echo "$$python cannot create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
		exit 1
	fi
	touch $@

.venv/installed: requirements.txt .venv/created
	@echo "Installing what requirements.txt pins (about 30 s the first time)"
	$(PIP_INSTALL) --requirement requirements.txt
	touch $@

.venv/installed-test: requirements-test.txt .venv/installed
	@echo "Installing what requirements-test.txt pins"
	$(PIP_INSTALL) --requirement requirements-test.txt
	touch $@
