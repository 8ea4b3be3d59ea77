# make demo   the auranofin x BSO experiment in an environment of its own
# make test   the tests, in the same environment with the test tools added
# make slow   the longer corpora that make test leaves out
# make models the SBML of every shipped model, from its Antimony
# make docs   the command line reference, from --help, and the pages of the experiments, from their TOML
# make clean  removes the environments and what the demo wrote
# PYTHON=python3.12 chooses the interpreter; each version has its own environment.

PYTHON ?= python3
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
VENV := .venv-$(VERSION)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEMO := demo-out

.PHONY: help demo test slow models docs clean

help:
	@sed -n 's/^# //p' Makefile

demo: $(VENV)/installed
	@$(BIN)/redoxsim run auranofin-bso -o $(DEMO) --force

test: $(VENV)/installed-test
	@$(BIN)/python -m pytest

slow: $(VENV)/installed-test
	@$(BIN)/python -m pytest -m slow

models: $(VENV)/installed
	@$(BIN)/python -m redoxsim.network.compose

docs: $(VENV)/installed
	@$(BIN)/python -m redoxsim.cli.reference > docs/reference/cli.md
	@$(BIN)/python -m redoxsim.report.experiment_readme

clean:
	rm -rf .venv-3.* $(DEMO)

# The stamps are as old as the last installation: a change of pyproject.toml installs again.
$(VENV)/installed: pyproject.toml | $(VENV)/made
	@echo "Installing redoxsim into $(VENV); the first time this takes a minute or two."
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(VENV)/made
	@echo "Installing redoxsim and its test tools into $(VENV); the first time this takes a minute or two."
	@$(PIP) --editable '.[test]'
	@touch $(VENV)/installed $@

$(VENV)/made:
	@test -n "$(VERSION)" || { echo "There is no '$(PYTHON)' here; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit("redoxsim needs Python 3.11 or newer, this is $(VERSION); try: make PYTHON=python3.12 $(MAKECMDGOALS)" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@touch $@
