# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test clean

VENV := .venv
REQUIREMENTS := tests/requirements/nox.txt tests/demo/requirements.txt
STAMP := $(VENV)/stamp
REPORT := .nox/report.json
COVERED := .nox/covered

# Our own environments decide, not one that happens to be active.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo "make demo    rehearse against a simulated certificate authority, on this machine only"
	@echo "make test    run every check and test; one of them: $(VENV)/bin/nox -s lint (list: nox -l)"
	@echo "make clean   remove the environments and what the tests left"
	@echo
	@echo "PYTHON=...   the Python (3.11 or newer) to build $(VENV) with; found by itself if not given"

demo: $(STAMP)
	@$(VENV)/bin/python tests/demo/demo.py

# The report is printed whether nox failed or not, and has the last word.
test: $(STAMP)
	@rm -rf $(REPORT) $(COVERED)
	@mkdir -p .nox
	@$(VENV)/bin/nox --report $(REPORT); status=$$?; \
	$(VENV)/bin/python tests/tools/covered.py $(REPORT) $(COVERED) && exit $$status

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
