# Needs git, make and Python 3.10 or newer; everything else is installed into .venv*/ of this folder.
#   make demo    see it work: a repository with a secure baseline, a change that weakens it, the report
#   make test    the whole test suite
#   make help    the rest

PYTHON ?= python3
JOBS ?= 2
PYTEST_ARGS ?=

BIN := .venv/bin
SOURCES := plugin checks action tests tools benchmarks

.DEFAULT_GOAL := help
.PHONY: help demo install dev test test-environments provider-mirror chromium lint format types docs docs-check report-image sign bench clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# A stamp is touched when its environment is complete; it is made again when the dependencies may have changed.
.venv/.core: pyproject.toml tools/environments.py
	@$(PYTHON) tools/environments.py core
	@touch $@

.venv/.dev: pyproject.toml tools/environments.py
	@$(PYTHON) tools/environments.py dev
	@touch .venv/.core $@

.venv-hcl2/.made: tools/environments.py
	@$(PYTHON) tools/environments.py hcl2
	@touch $@

.venv-pmapper/.made: tools/environments.py
	@$(PYTHON) tools/environments.py pmapper
	@touch $@

install: .venv/.core  ## tfratchet in .venv
dev: .venv/.dev  ## tfratchet and everything to develop it in .venv

demo: .venv/.core  ## a change that weakens a secure baseline, and what tfratchet says about it
	@$(BIN)/python tools/demo.py

test-environments: .venv/.dev .venv-hcl2/.made .venv-pmapper/.made provider-mirror chromium

chromium:  ## the browser for the tests of the HTML report
	@sh tools/chromium.sh

provider-mirror: .venv/.dev  ## the AWS provider for tests with real terraform, without a registry
	@$(BIN)/python tests/terraform/provider_mirror.py

test: test-environments  ## the whole test suite (PYTEST_ARGS="-k name" for a part of it)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

lint: .venv/.dev  ## ruff: rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

format: .venv/.dev  ## ruff: put format and order right
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

types: .venv/.dev  ## mypy, strict
	$(BIN)/mypy

docs: .venv/.dev  ## write the generated pages
	$(BIN)/tfratchet rules-docs docs/rules
	$(BIN)/python tools/checks_docs.py
	$(BIN)/python tests/terraform/generate.py
	$(BIN)/python tools/demo.py --readme

report-image: .venv/.dev chromium  ## the picture of the HTML report in docs/images
	$(BIN)/python tools/report_image.py

docs-check: .venv/.dev  ## fail when a generated page is out of date
	$(BIN)/tfratchet rules-docs docs/rules --check
	$(BIN)/python tools/checks_docs.py --check
	$(BIN)/python tests/terraform/generate.py --check

sign: .venv/.dev  ## a signed copy of the Checkov checks: make sign KEY=private.pem OUT=signed
	@test -n "$(KEY)" -a -n "$(OUT)" || { echo "usage: make sign KEY=private.pem OUT=signed"; exit 2; }
	@$(BIN)/python tools/sign_checks.py --key "$(KEY)" --out "$(OUT)"

bench: .venv/.dev  ## speed, each number beside Checkov or beside its own smaller size
	$(BIN)/python benchmarks/run.py

clean:  ## everything that was made here
	rm -rf .venv .venv-hcl2 .venv-pmapper .cache demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
