PYTHON ?= python3
PORT ?= 8000
WATCH_PORT ?= 9090
TEST_WORKERS ?= logical
SCALE ?= small
PY := .venv/bin/python
NODE_MODULES := tests/openapi/node_modules tests/explorer/node_modules
ANVIL := .venv/anvil/.current

.PHONY: help run watch check test lint bench bench-trust screenshots requirements clean

help:
	@echo "make run    serve on http://127.0.0.1:$(PORT), with a database, a cache and demo data"
	@echo "make run CHAIN=demo  the same, and follow a chain that runs on this machine; installs anvil from npm"
	@echo "make watch  show metrics and alerts on http://127.0.0.1:$(WATCH_PORT); needs Debian's prometheus"
	@echo "make check  check the style and run the fast tests, in under a minute"
	@echo "make test   check the style and run every test against temporary servers"
	@echo "make lint   check the style only"
	@echo "make bench  measure the service against its targets; SCALE=small, medium or large; needs Debian's wrk"
	@echo "make screenshots  take pictures of the pages for docs/screenshots; needs Debian's chromium"
	@echo "make bench-trust  attack every rated agent of a population, and print how many scores move"
	@echo "make requirements  pin the newest versions of all Python packages, with their hashes"
	@echo "make clean  delete .venv, .data, node_modules and all caches"

run: .venv/current $(if $(filter demo,$(CHAIN)),$(ANVIL))
	@exec $(PY) -m kamiyo_api.dev.server "$(PORT)" "$(CHAIN)"

watch:
	@PORT="$(PORT)" WATCH_PORT="$(WATCH_PORT)" exec ops/prometheus/watch

PYTEST := $(PY) -m pytest --numprocesses $(TEST_WORKERS) --maxprocesses 4

check: lint
	@$(PYTEST) -m "not slow"

test: lint $(NODE_MODULES:=/.current) $(ANVIL)
	@$(PYTEST)

lint: .venv/current
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: .venv/bench $(ANVIL)
	@$(PY) -m bench "$(SCALE)"

screenshots: .venv/current
	@$(PY) -m tests.explorer.screenshots

bench-trust: .venv/current
	@$(PY) -m bench.trust

clean:
	rm -rf .venv .data .hypothesis .pytest_cache .ruff_cache .schemathesis $(NODE_MODULES)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Universal: the pins work for every Python from 3.11 on and every system.
PIN := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--upgrade --custom-compile-command "make requirements"

requirements: .venv/current
	@$(PIN) requirements.in --output-file requirements.txt
	@$(PIN) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt
	@$(PIN) bench/requirements.in --output-file bench/requirements.txt
	@$(PIN) tests/openapi/requirements.in --output-file tests/openapi/requirements.txt

.venv/bench: .venv/current bench/requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

.venv/node: .venv/current tests/openapi/requirements.txt
	@echo "Installing node into .venv ..."
	@umask 022 && $(PY) -m pip install --quiet --disable-pip-version-check -r tests/openapi/requirements.txt \
		|| { echo "pip cannot install node, which make test and make run CHAIN=demo need; see its error above, then type it again." >&2; exit 1; }
	@touch $@

# Programs that check the OpenAPI document and generate clients from it, and the rules that pages are
# held against, for the tests.
$(NODE_MODULES:=/.current): %/node_modules/.current: %/package-lock.json %/.npmrc | .venv/node
	@echo "Installing into $*/node_modules ..."
	@.venv/bin/npm ci --prefix $* || { echo "npm cannot install what $* needs; see its error above, then type make test again." >&2; exit 1; }
	@touch $@

# A chain on this machine, for make run CHAIN=demo and the tests; Foundry's own anvil will do as well.
$(ANVIL): kamiyo_api/dev/npm/package-lock.json kamiyo_api/dev/npm/.npmrc | .venv/node
	@echo "Installing anvil into .venv ..."
	@mkdir -p $(@D) && cp kamiyo_api/dev/npm/package.json $^ $(@D)
	@.venv/bin/npm ci --prefix $(@D) || command -v anvil >&2 \
		|| { echo "npm cannot install anvil; see its error above. Reach registry.npmjs.org, or install Foundry (https://getfoundry.sh) so that anvil is in the PATH; then type it again." >&2; exit 1; }
	@touch $@

# Readable by all, whatever the umask: root runs PostgreSQL as another user.
.venv/current: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("kamiyo-api needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0])'
	@echo "Installing into .venv ..."
	@umask 022 && $(PYTHON) -m venv --clear .venv
	@umask 022 && $(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@ln -sf ../../ops/flask .venv/bin/flask
	@touch $@
