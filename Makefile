# Every target installs what it needs into .venv, at the versions and hashes that constraints.txt pins. It needs only
# Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: preview test test-slow lint types check bench constraints clean

preview: .venv/ready  ## compose the demo newsroom's digest into preview.html
	$(BIN)/digest preview

test: .venv/ready  ## every test on all cores, with branch coverage
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=term

test-slow: .venv/ready  ## the long forms of tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m slow

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache --no-logo

types: .venv/ready
	$(BIN)/mypy

check: lint types test

bench: .venv/ready  ## speed and memory, each beside an alternative in the same run
	$(BIN)/python -m benchmarks

constraints: .venv/ready  ## pin the newest versions that pyproject.toml allows, for Python 3.11 and later
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --all-extras --group dev \
		--no-emit-index-url --custom-compile-command "make constraints" --output-file constraints.txt pyproject.toml

.venv/ready: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check --quiet
	touch $@

clean:
	rm -rf .venv dist outbox preview.html ledger.sqlite3*
