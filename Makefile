# The two commands: `make run` and `make test`. Everything else is for those who work on the portal.
PYTHON := $(shell command -v python3.11 || command -v python3)
IN := .venv/bin/

.PHONY: run test lint lock bench clean

run: .venv/ready ## Start the portal with made-up employers, on 127.0.0.1:8000 (PORT changes it)
	@CHARTER_ENVIRONMENT=demo CHARTER_MAIL=file CHARTER_BASE_URL=http://127.0.0.1:$${PORT:-8000} \
		$(IN)python -m charter.cli demo --serve

test: .venv/ready-dev ## Run the whole test suite, on SQLite and PostgreSQL, with the browser tests
	@$(IN)python .ci/tools.py
	@$(IN)python -m pytest -n auto --dist loadgroup $(ARGS)

lint: .venv/ready-dev ## Check style, types, import rules and migrations
	@$(IN)ruff check .
	@$(IN)ruff format --check .
	@$(IN)mypy
	@$(IN)lint-imports --no-cache
	@$(IN)python .ci/check_migrations.py

bench: .venv/ready-dev ## Measure the main pages (see benchmarks/)
	@$(IN)python -m benchmarks $(ARGS)

lock: .venv/ready-dev ## Pin the dependencies again, with their hashes
	@$(IN)python -m pip install --quiet uv
	@.ci/lock

clean: ## Remove the environment and the demo's data
	rm -rf .venv var

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.lock | .venv/bin/python
	@echo "Installing what the portal needs (once) ..."
	@$(IN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/ready-dev: requirements-dev.lock | .venv/bin/python
	@echo "Installing what the tests need (once) ..."
	@$(IN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ .venv/ready
