# Sets up what it needs in .venv, which is made anew when pyproject.toml changes. Wants Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: preview test lint types check bench clean

preview: .venv/ready  ## compose the demo newsroom's digest into preview.html
	$(BIN)/digest preview

test: .venv/ready  ## every test, the slow ones too, with branch coverage
	$(BIN)/python -m pytest --cov --cov-report=term

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/ready
	$(BIN)/mypy

check: lint types test

bench: .venv/ready  ## speed and memory, each beside an alternative in the same run
	$(BIN)/python -m benchmarks

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf .venv dist outbox preview.html ledger.sqlite3*
