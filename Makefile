# Everything starts here: `make help`. Needs only Python 3.10, make and, the first time, the internet.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

UV_VERSION := 0.13.9
TOOLS := .vallebot/uv
UV := $(TOOLS)/bin/uv
BIN := .venv/bin
SYNCED := .venv/.synced

# Rasa runs on Python 3.10 only. PYTHON=/path/to/python3.10 overrides the search.
IS_310 := import sys; sys.exit(sys.version_info[:2] != (3, 10))
PYTHON ?= $(shell for each in python3.10 python3 python; do \
	"$$each" -c '$(IS_310)' >/dev/null 2>&1 && { command -v "$$each"; break; }; done)

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: sync ## Start Vallebot with everything it needs; Ctrl-C stops it
	@exec $(BIN)/vallebot up

.PHONY: test
test: sync ## Run the whole test suite: unit, integration, acceptance, migration, nlu; trains the model if needed
	@$(BIN)/python -m pytest tests -n logical --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

.PHONY: check
check: sync ## Lint, check types and run the unit tests: seconds
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/unit

.PHONY: train
train: sync ## Train the model of the current data
	@$(BIN)/vallebot train

.PHONY: shell
shell: sync ## Talk to the bot in the terminal: action server and `rasa shell` in one
	@exec $(BIN)/vallebot shell

.PHONY: db
db: sync ## Open psql on Vallebot's database
	@exec $(BIN)/vallebot db psql

.PHONY: screenshots
screenshots: sync ## Take the pictures of the documentation again, from the running system
	@$(BIN)/vallebot train --if-needed
	@VALLEBOT_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/acceptance/test_page.py

.PHONY: nlu-report
nlu-report: sync ## Evaluate understanding on the held-out messages and write docs/nlu/
	@$(BIN)/vallebot train --if-needed
	@$(BIN)/python -m nlu.report

.PHONY: clean
clean: ## Remove what can be made again: models and caches; the database stays
	@rm -rf .rasa results build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .vallebot/logs
	@find models -type f ! -name .gitkeep -delete
	@find . -name __pycache__ -type d -not -path './.venv/*' -not -path './.vallebot/*' -prune -exec rm -rf {} +

.PHONY: sync
sync: $(SYNCED) ## Install the locked dependencies into .venv

# The stamp is newer than the lock once everything is installed: the next start costs nothing.
# Compiled now: Rasa's start takes a third of the time, also where PYTHONDONTWRITEBYTECODE is set (containers).
$(SYNCED): uv.lock pyproject.toml | $(UV)
	@echo "Installing the locked dependencies into .venv: a minute or two, the first time about 1 GB to download"
	@$(UV) sync --frozen --quiet --compile-bytecode --python $(TOOLS)/bin/python --no-python-downloads
	@touch $@

# uv of exactly this version, whatever is on the PATH.
$(UV):
	@[ -n "$(PYTHON)" ] || { echo "Python 3.10 was not found: install it (python3.10 and python3.10-venv), \
	or name it: make PYTHON=/path/to/python3.10" >&2; exit 1; }
	@echo "Bringing uv $(UV_VERSION) into $(TOOLS)"
	@"$(PYTHON)" -m venv $(TOOLS) || { echo "$(PYTHON) cannot make virtual environments: install its \
	'venv' module (Debian and Ubuntu: python3.10-venv)." >&2; exit 1; }
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
