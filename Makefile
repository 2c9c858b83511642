# One command each: the gate, the demo. Both set everything up on a machine with Python and make.

VENV    := .venv
BIN     := $(VENV)/bin
PLUGINS := plugins/woocommerce plugins/carriers plugins/payments plugins/support
INSTALL := $(BIN)/python -m pip install -qq --constraint constraints.txt
READY   := $(VENV)/.ready
RECIPE  := pyproject.toml constraints.txt $(PLUGINS:%=%/pyproject.toml)
# Children of tests keep their compiled code, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

CHECKS  := lint format types imports schemas
TESTS   :=

.PHONY: help test proof demo bench fmt schemas setup clean $(CHECKS:%=check-%)

help:
	@echo "make test          the whole gate: $(CHECKS), then every test"
	@echo "make test TESTS=…  the same with these tests only, for example TESTS=tests/store"
	@echo "make proof         what the gate takes in a short form, whole: the simulated week (minutes)"
	@echo "make demo          twins of every bundled vendor and the hub; prints the address to open"
	@echo "make demo ONCE=1   the same story to its end, its invariants checked, then exit"
	@echo "make bench         how fast orders land, as ratios (a few minutes; OUT=file keeps them)"
	@echo "make fmt           format the code and repair what can be repaired"
	@echo "make schemas       write schemas/*.json anew from the records"
	@echo "make clean         remove everything made by these commands"

# --- set-up: one virtual environment, brought up to date whenever its recipe changes ---------

setup: $(READY)

$(READY): $(RECIPE)
	@echo "Setting up $(VENV); this takes about a minute ..."
	@python=$$(.ci/find-python) && "$$python" -m venv $(VENV)
	@$(INSTALL) setuptools
	@$(INSTALL) --no-build-isolation --editable ".[test,dev]" \
		$(PLUGINS:%=--editable ./%)
	@touch $@

# --- the gate: every check runs even when an earlier one failed, pytest speaks last ----------

test: $(READY)
	@failed=""; \
	for check in $(CHECKS); do \
		echo "== $$check"; \
		$(MAKE) --no-print-directory check-$$check || failed="$$failed $$check"; \
	done; \
	echo "== tests"; \
	HUB_GATE_FAILED="$$failed" $(BIN)/pytest -n 3 --dist worksteal $(TESTS) && test -z "$$failed"

check-lint:
	@$(BIN)/ruff check

check-format:
	@$(BIN)/ruff format --check

check-types:
	@$(BIN)/mypy

check-imports:
	@$(BIN)/lint-imports --no-logo

check-schemas:
	@$(BIN)/python -m hub.records.schema --check

proof: $(READY)
	@HUB_PROOF=1 $(BIN)/pytest -s tests/journeys/test_week.py tests/journeys/test_crash_walk.py \
		tests/domain/test_oversell.py

# --- the rest ---------------------------------------------------------------------------------

demo: $(READY)
	@$(BIN)/hub demo $(if $(filter 1,$(ONCE)),--once)

bench: $(READY)
	@$(INSTALL) --requirement tests/benchmarks/requirements.txt
	@$(BIN)/python -m tests.benchmarks.landing --orders 20000 $(if $(OUT),--out $(OUT))
	@$(BIN)/python -m tests.benchmarks.jobs --jobs 2000
	@$(BIN)/python -m tests.benchmarks.brokers
	@$(BIN)/python -m tests.benchmarks.routing
	@$(BIN)/python -m tests.benchmarks.reorder
	@$(BIN)/python -m tests.benchmarks.ledger

fmt: $(READY)
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

schemas: $(READY)
	@$(BIN)/python -m hub.records.schema --write

clean:
	rm -rf $(VENV) .demo build dist *.egg-info plugins/*/*.egg-info plugins/*/build
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find hub plugins tests -name __pycache__ -type d -prune -exec rm -rf {} +
