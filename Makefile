# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test test-all unit integration clean

VENV := .venv
REQUIREMENTS := tests/requirements/nox.txt tests/demo/requirements.txt
STAMP := $(VENV)/stamp
REPORTS := .nox/reports
COVERED := .nox/covered

# Our own environments decide, not one that happens to be active.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH
# Compile the copies of the collection once, and not in each process.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo "make demo          rehearse against a simulated certificate authority, on this machine only"
	@echo "make test          what every edit needs: lint, types, unit tests, one story per module and role"
	@echo "make test-all      that, then ansible-core 2.16, 2.19 and 2.21, every switch and fault (what CI runs)"
	@echo "make unit          all unit tests, or those of T=tests/unit/..., in the environment of make test"
	@echo "make integration   all integration tests, or those of T=tests/integration/..., likewise"
	@echo "make clean         remove the environments and what the tests left"
	@echo
	@echo "One session by itself: $(VENV)/bin/nox -s lint (list: $(VENV)/bin/nox -l)"
	@echo "PYTHON=...   the Python (3.11 or newer) to build $(VENV) with; found by itself if not given"

demo: $(STAMP)
	@$(VENV)/bin/python tests/demo/demo.py

# The report is printed whether a session failed or not, and has the last word.
test: $(STAMP)
	@rm -rf $(REPORTS) $(COVERED)
	@mkdir -p $(REPORTS)
	@$(VENV)/bin/nox --session quick --report $(REPORTS)/quick.json; status=$$?; \
	$(VENV)/bin/python tests/tools/covered.py $(REPORTS) $(COVERED) && exit $$status

test-all: $(STAMP)
	@rm -rf $(REPORTS) $(COVERED)
	@mkdir -p $(REPORTS)
	@$(VENV)/bin/python tests/tools/sessions.py $(REPORTS); status=$$?; \
	$(VENV)/bin/python tests/tools/covered.py $(REPORTS) $(COVERED) && exit $$status

unit integration: $(STAMP)
	@$(VENV)/bin/nox --session quick -- $(or $(T),tests/$@)

# Built anew whenever a list of requirements changes; the stamp comes last, so half an environment is never used.
$(STAMP): $(REQUIREMENTS) tests/simulator/requirements.txt
	@python="$${PYTHON:-$$(sh tests/tools/find_python.sh)}" && test -n "$$python" \
	&& echo "Building $(VENV) with $$python" \
	&& "$$python" -m venv --clear $(VENV) \
	&& $(VENV)/bin/python -m pip install --quiet $(addprefix -r ,$(REQUIREMENTS)) \
	&& touch $@

clean:
	rm -rf .ansible .coverage .mypy_cache .nox .pytest_cache .ruff_cache $(VENV) build htmlcov tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
