# `make` alone lists the targets. Everything is installed inside this folder: .venv/, node_modules/.

PYTHON       ?= python3
WORKERS      ?= 4
PYTEST_ARGS  ?=
BENCH_ARGS   ?=
ATTACK_ARGS  ?=
CHAOS_ARGS   ?=
PINS         ?=

VENV         := .venv
BIN          := $(VENV)/bin
READY        := $(VENV)/.ready
# Every folder with a lock file of its own is a Node project: its packages are made ready for the tests.
# That of the benchmarks on NestJS has ten times as many, and no test needs them.
NEST         := benchmarks/nest
NODE_FOLDERS := $(filter-out $(NEST),$(patsubst %/package-lock.json,%,$(wildcard tests/*/package-lock.json examples/*/package-lock.json benchmarks/*/package-lock.json)))
# What the pages of a sale load in a browser; a wheel has it inside.
PAGES        := tools/pages
CLIENT       := baraka_server/pages/socket.io.js
NODE_READY   := $(addsuffix /node_modules/.ready,$(NODE_FOLDERS))
QUICK        := contract domain cli documents upkeep \
	$(addprefix console/test_,command.py large_number.py lots_file.py run_list.py sale_book.py summary.py)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Also where bytecode is forbidden: the tests start hundreds of processes, which would compile all of it again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- run ---------------------------------------------------------------------

.PHONY: setup
setup: $(READY) $(CLIENT) ## make .venv from the pinned packages; quick when nothing changed

.PHONY: demo
demo: setup ## host a live sale with a simulated crowd, on a temporary database
	@$(BIN)/baraka demo

.PHONY: serve
serve: setup ## the server, with the settings of .env and BARAKA_*
	@$(BIN)/baraka serve

# --- test --------------------------------------------------------------------

.PHONY: test
test: setup servers node ## the tests; PYTEST_ARGS="-k bid" for some of them, WORKERS=0 for one process
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not long" $(PYTEST_ARGS)

.PHONY: chaos
chaos: setup servers node ## the long proofs, then ten sales under faults; CHAOS_ARGS="--seeds 100" for more of those alone
	$(if $(CHAOS_ARGS),,$(BIN)/pytest -n $(WORKERS) --dist worksteal -m long $(PYTEST_ARGS))
	@$(BIN)/python -m tests.support.chaos $(CHAOS_ARGS)

.PHONY: test-quick
test-quick: setup ## contract, rules, commands, documents, the console without its screen; not store, live, wire, simulator, e2e
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not mariadb and not slow and not chaos" $(PYTEST_ARGS) $(addprefix tests/,$(QUICK))

.PHONY: bench
bench: setup servers node ## measure, beside other servers: docs/performance.md; BENCH_ARGS=--quick to see whether it runs
	@$(MAKE) --silent nest >&2 || echo "!! NestJS and Prisma are missing: they will not be measured." >&2
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: attack
attack: setup servers ## attack a server with a sale beside it: docs/attacks.md; ATTACK_ARGS="--only handshakes"
	@$(BIN)/python -m benchmarks.attack $(ATTACK_ARGS)

.PHONY: check
check: setup ## format, lint, types, imports, words, generated pages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/words.py
	@$(MAKE) --no-print-directory check-docs

# One line for each document that is generated or that quotes the code.
.PHONY: check-docs
check-docs: setup
	@$(BIN)/python tools/settings_doc.py --check
	@$(BIN)/python tools/faults_doc.py --check
	@$(BIN)/python tools/metrics_doc.py --check
	@$(BIN)/python tools/runtime_pins.py --check
	@$(BIN)/python tools/contract_docs.py --check
	@$(BIN)/python tools/man_page.py --check

.PHONY: fmt
fmt: setup ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

# --- house -------------------------------------------------------------------

.PHONY: screenshot
screenshot: setup servers node ## make the pictures of the console and of the pages in docs/ again
	@$(BIN)/python tools/screenshot.py
	@$(BIN)/python tools/evening.py
	@$(BIN)/python tools/pages_pictures.py

.PHONY: pins
pins: ## make constraints.txt and requirements.txt again from pyproject.toml; PINS=--upgrade for the newest of all
	@test -x $(BIN)/pip-compile || $(MAKE) --no-print-directory setup
	tools/pins.sh $(PINS)

.PHONY: servers
servers: ## install the servers that the tests start, where that is possible (root on Debian)
	@tools/servers.sh

.PHONY: node
node: $(NODE_READY) ## install the official JavaScript client for the tests

.PHONY: nest
nest: $(NEST)/dist/main.js ## build the plain server that the benchmarks compare with

.PHONY: wheel
wheel: setup ## build dist/baraka-*.whl
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

.PHONY: clean
clean: ## remove everything that make made
	rm -rf $(VENV) dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf $(addsuffix /node_modules,$(NODE_FOLDERS) $(NEST) $(PAGES)) $(CLIENT) examples/typescript-bidder/dist $(NEST)/dist $(NEST)/src/generated
	find baraka_server baraka_cli benchmarks migrations tests tools examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- how ---------------------------------------------------------------------

# A failed or interrupted set-up leaves no stamp, so that the next one starts over.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Baraka needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 setup" >&2; exit 1; }
	@rm -f $@
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check || { echo "pyproject.toml and constraints.txt disagree. Try: make pins" >&2; exit 1; }
	@touch $@

$(CLIENT): $(PAGES)/node_modules/.ready
	@if [ -e $< ]; then \
		grep -v '^//# sourceMappingURL' $(PAGES)/node_modules/socket.io-client/dist/socket.io.esm.min.js >$@; \
	else \
		echo "!! Without npm the pages of a sale are not served." >&2; \
	fi

# Without Node the tests of the JavaScript client say that they did not run.
%/node_modules/.ready: %/package.json %/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "npm ci in $*" && cd $* && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.ready; \
	else \
		echo "!! npm is missing: the tests in $* will not run. Try: apt-get install nodejs npm" >&2; \
	fi

# Prisma's command downloads an engine first, which nothing here calls: it is told that it has one.
$(NEST)/dist/main.js: $(NEST)/node_modules/.ready $(NEST)/tsconfig.json $(wildcard $(NEST)/src/*.ts $(NEST)/prisma/*)
	@cd $(NEST) && PRISMA_SCHEMA_ENGINE_BINARY=/bin/sh CHECKPOINT_DISABLE=1 npm run --silent build
