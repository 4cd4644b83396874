# Menagerie. `make` lists what there is; nothing but Python 3.11 or newer is needed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# Tests that start servers or take long run in `make test-all`.
QUICK := not slow and not e2e
# More processes than cores only get in each other's way.
TESTERS ?= auto
# What `make pg` runs.
PG_TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help setup serve demo test test-all pg check fmt bench docs messages

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.runtime ## Make .venv with all that the library needs.

serve: .venv/.runtime ## Start the library, with the demo collection if it is empty.
	@$(BIN)/menagerie serve --demo

demo: .venv/.runtime ## Put the demo collection into an empty library, without serving.
	@$(BIN)/menagerie demo

test: .venv/.dev ## Run the quick tests.
	$(BIN)/pytest -n $(TESTERS) --dist worksteal -m "$(QUICK)"

test-all: .venv/.dev ## Run every test, with real servers, clients and browsers.
	$(BIN)/pytest -n $(TESTERS) --dist worksteal --durations=40

pg: .venv/.dev ## Run the quick tests that have a database on PostgreSQL (from a wheel; none need be installed).
	MENAGERIE_TEST_DATABASE=postgresql $(BIN)/pytest -n $(TESTERS) --dist worksteal -m "$(QUICK)" $(PG_TESTS)

check: .venv/.dev ## Lint, types, import rules, and whether the documentation is current.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/test_docs.py

fmt: .venv/.dev ## Format the code and mend what can be mended.
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: .venv/.runtime ## Write the generated pages of the documentation anew.
	$(BIN)/menagerie settings --markdown > docs/settings.md

messages: .venv/.runtime ## Collect what pages say, and bring the catalogues of languages up to date.
	$(BIN)/python tools/messages.py

bench: .venv/.dev ## Measure speed and memory, as ratios within one run.
	$(BIN)/python -m benchmarks

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, not %d.%d; try make PYTHON=/path/to/python3.11" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv

.venv/.runtime: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Menagerie into .venv …"
	@$(PIP) --editable .
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Menagerie and what its tests need into .venv …"
	@$(PIP) --editable '.[dev]'
	@touch .venv/.runtime $@
