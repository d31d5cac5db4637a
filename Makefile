# Songjiao's commands. `make help` lists them. Works with GNU make 3.81 (macOS) and later.
# The first command creates .venv from constraints.txt with plain pip; later ones find it there.

SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo up mailbox test check lint format bench pins clean venv

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Arguments go in ARGS, such as: make demo ARGS='--keep'"

demo: $(READY) ## run a whole programme year on a moved clock and check what it claims
	@$(BIN)/songjiao demo $(ARGS)

up: $(READY) ## start the office: Prefect server, worker and dispatcher; Ctrl-C stops it
	@$(BIN)/songjiao up $(ARGS)

mailbox: $(READY) ## print the mail that the office sends (for trying things out without a mail server)
	@$(BIN)/python -m office.mailbox $(ARGS)

test: $(READY) ## run all static checks and all tests (ARGS go to pytest; WORKERS=3 processes share the tests)
	@failed=; for check in $(CHECKS); do \
		$(MAKE) --no-print-directory -s $$check || failed="$$failed $$check"; done; \
	SONGJIAO_FAILED_CHECKS="$$failed" $(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term $(ARGS); status=$$?; \
	test -z "$$failed" && exit $$status; test $$status -ne 0 && exit $$status; exit 1

CHECKS := check-ruff check-format check-mypy check-imports check-clauses
.PHONY: $(CHECKS)

check: $(READY) $(CHECKS) ## run the static checks only: style, types, import order, clauses

check-ruff: $(READY)
	@$(BIN)/ruff check --output-format concise .

check-format: $(READY)
	@$(BIN)/ruff format --check .

check-mypy: $(READY)
	@$(BIN)/mypy

check-imports: $(READY)
	@$(BIN)/lint-imports

check-clauses: $(READY)
	@$(BIN)/python policies/regulations/check_clauses.py

lint: $(READY) ## show what the style and type checkers find
	@$(BIN)/ruff check . ; $(BIN)/mypy

format: $(READY) ## put all Python files into the house's form
	@$(BIN)/ruff check --select I --fix -q . && $(BIN)/ruff format .

bench: $(READY) ## run every measurement in bench/ one after the other
	@set -e; for name in decision wake burst idle sweep; do \
		echo "== $$name"; $(BIN)/python -m bench.$$name $(ARGS); done

pins: $(READY) ## work out constraints.txt anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make pins needs uv on the PATH; nothing else here does." >&2; exit 2; }
	@head -2 constraints.txt > $(VENV)/pins.txt
	@uv pip compile pyproject.toml --extra dev --universal --upgrade --no-header --no-annotate -q --python-version 3.11 -o $(VENV)/pins.new
	@cat $(VENV)/pins.new >> $(VENV)/pins.txt && mv $(VENV)/pins.txt constraints.txt && rm $(VENV)/pins.new

clean: ## remove .venv and what the tools left; the office's data folder stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov test-output *.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(READY) ## create .venv and install everything, without running anything
	@echo "$(VENV) is ready."

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Songjiao needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo absent)." >&2; \
		echo "  Debian, Ubuntu: sudo apt install -y python3 python3-venv make" >&2; \
		echo "  macOS:          brew install python@3.13" >&2; \
		echo "  Another one:    make $(MAKECMDGOALS) PYTHON=/path/to/python3.13" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "This Python lacks its venv module. Debian, Ubuntu: sudo apt install -y python3-venv" >&2; exit 2; }
	@test -x $(BIN)/python || { echo "Creating $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@echo "Installing what Songjiao needs into $(VENV) (some minutes the first time) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt 'setuptools>=70.1'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev]'
	@touch $@
