# Two commands do all the set-up: make demo, make test.
.DEFAULT_GOAL := help
PYTHON ?= $(shell for each in python3.12 python3.11 python3.13 python3; do \
	command -v $$each >/dev/null 2>&1 && $$each -c 'import sys, venv, ensurepip; sys.exit(not (3,11) <= sys.version_info < (3,14))' 2>/dev/null && echo $$each && break; done)
BIN := .venv/bin
WORKERS ?= 3

.PHONY: help demo test chaos kolla ironic check lint types imports bench docs client clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runs ## watch a rack being brought from state 0 to c, accidents included
	@$(BIN)/osism lab run --demo

test: .venv/develops ## install what the tests need and run them
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal tests

chaos: .venv/develops ## the tests that take minutes: many races, kolla-ansible's own actions
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -m chaos tests

kolla: .venv-kolla/made ## kolla-ansible in .venv-kolla (600 MB): the tests of the kolla worker use it

ironic: .venv-ironic/made ## Ironic and Keystone in .venv-ironic (400 MB): the tests of bare metal use them

check: .venv/develops lint types imports ## everything a commit has to pass: ruff, ansible-lint, mypy, imports, tests
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal tests

lint: .venv/develops
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@PATH="$(CURDIR)/$(BIN):$$PATH" ansible-lint --offline -q -c playbooks/.ansible-lint playbooks

types: .venv/develops
	@$(BIN)/mypy

imports: .venv/develops
	@$(BIN)/lint-imports --config setup.cfg

bench: .venv/develops ## measure against limits (python -m bench --write puts the figures into docs/)
	@$(BIN)/python -m bench

docs: .venv/develops ## make again what is generated: settings, exit codes, the state diagram
	@$(BIN)/python contrib/generate.py

client: .venv/develops ## make again the OpenAPI document and the Python client (clients/)
	@$(BIN)/python contrib/client.py

clean: ## remove what make made
	rm -rf .venv .venv-kolla .venv-ironic tests/data/ironic-labfakes/*.egg-info build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with the module venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "setting up .venv with $(PYTHON)" && $(PYTHON) -m venv .venv && touch $@

.venv/runs: .venv/made requirements.txt setup.cfg pyproject.toml
	@echo "installing osism (a minute the first time)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat --editable '.[lab]' && touch $@

.venv/develops: .venv/runs requirements-dev.txt
	@echo "installing what the tests need"
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt && touch $@

.venv-kolla/made: requirements-kolla.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with the module venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "setting up .venv-kolla with $(PYTHON) (a minute the first time)" && $(PYTHON) -m venv .venv-kolla
	@.venv-kolla/bin/pip install --quiet --disable-pip-version-check --requirement requirements-kolla.txt && touch $@

.venv-ironic/made: requirements-ironic.txt tests/data/ironic-labfakes/pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with the module venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	@echo "setting up .venv-ironic with $(PYTHON) (a minute the first time)" && $(PYTHON) -m venv .venv-ironic && echo '*' > .venv-ironic/.gitignore
	@.venv-ironic/bin/pip install --quiet --disable-pip-version-check --requirement requirements-ironic.txt && touch $@
