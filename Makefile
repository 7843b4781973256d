# make help shows what there is

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
LANG_OPTION := $(if $(L),--lang $(L),)
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test check unit fmt crash power writers laws laws-nightly mutation bench bench-full museum scenario bench-adapters clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort

.venv/demo: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("connector needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

.venv/dev: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("connector needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/demo

demo: .venv/demo ## the whole story on two SQLite systems (L=ja or L=en for the language)
	@$(BIN)/connector $(LANG_OPTION) demo

test: check unit ## everything that must be green: style, types, layers, tests

check: .venv/dev ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/dev ## the tests
	$(BIN)/pytest -n $(JOBS)

fmt: .venv/dev ## formats the code
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

crash: .venv/dev ## death at every call and commit of 15 scenarios, twice, on both databases; real SIGKILLs
	$(BIN)/python -m tests.crash.run $(if $(NIGHTLY),--nightly,)

power: .venv/dev ## 500 power cuts over the store's own code (IMAGES=number)
	$(BIN)/python -m tests.power.run --images $(or $(IMAGES),$(if $(NIGHTLY),5000,500))

writers: .venv/dev ## four processes at once, 200 rounds; holders stopped past their lease; on both databases
	WRITERS_ROUNDS=200 WRITERS_STOPS=$(if $(NIGHTLY),28,24) $(BIN)/pytest -s tests/store/test_lock.py tests/writers

laws: .venv/dev ## 10,000 random histories with faults (N=number, FIRST=seed)
	$(BIN)/python -m tests.laws.run --histories $(or $(N),10000) --first $(or $(FIRST),0)

laws-nightly: .venv/dev ## 100,000 random histories that no night before has seen (N=number, FIRST=seed)
	$(BIN)/python -m tests.laws.run --histories $(or $(N),100000) --first $(or $(FIRST),$(shell date +%y%j)00000)

mutation: .venv/dev ## mutants of merge, plan, guard and engine; hours: nightly (WHAT='connector.sync.*')
	$(BIN)/mutmut run $(if $(WHAT),'$(WHAT)',)
	$(BIN)/mutmut results

.venv/peers: benchmarks/peers.txt
	@$(PYTHON) -m venv .venv/peers-env
	@echo "installing the peers (once) ..."
	@.venv/peers-env/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers.txt
	@touch $@

bench: .venv/dev .venv/peers ## speed beside dlt and vdirsyncer at 10,000 and 100,000 people
	$(BIN)/python -m benchmarks.engine --people 10000 100000 --rounds 3 --peers .venv/peers-env --results benchmarks/results

bench-full: .venv/dev .venv/peers ## the same, and at 1,000,000 people
	$(BIN)/python -m benchmarks.engine --people 10000 100000 1000000 --rounds 3 --peers .venv/peers-env --results benchmarks/results

scenario: .venv/dev ## HubSpot, Salesforce and kintone on one hub: 3,000 people, with and without faults (N=people)
	$(BIN)/python -m tests.scenarios.three_vendors --people $(or $(N),3000)

bench-adapters: .venv/dev .venv/peers ## records a second out of the three vendors, beside dlt's REST source
	$(BIN)/python -m benchmarks.adapters --peers .venv/peers-env

museum: .venv/dev ## bugs put in on purpose, and what catches each (ONLY="name"; RECORD=1 keeps where)
	$(BIN)/python -m tests.museum.run $(if $(ONLY),--only "$(ONLY)") $(if $(RECORD),--record)

clean: ## removes what was installed and made
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
