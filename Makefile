# Everything goes through two commands: `make demo` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
SERVE ?= 1
PORT ?= 8000
BENCH ?= build/bench
EVAL ?= build/eval
POINTS ?= 66
EXAMPLES ?= 40
QUICK ?= 0
# One more than the cores of CI: tests wait for servers and browsers a quarter of their time.
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
# uv does not read pip's settings: hand over a folder of local wheels where pip is told of one.
export UV_FIND_LINKS := $(or $(UV_FIND_LINKS),$(PIP_FIND_LINKS))
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export ANONYMIZED_TELEMETRY := False

.PHONY: help install demo test lint unit eval fix serve client-ts crash-full attacks fuzz bench bench-quality clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(UV):
	$(PYTHON) -c 'import sys; sys.exit("kb-server needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(VENV)/.installed: pyproject.toml constraints.txt | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@# Compiled once: commands and tests start processes, and each would compile torch anew where it may not write.
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	touch $@

install: $(VENV)/.installed ## Create .venv and install everything into it

demo: install ## Ingest the manual, ask one question per language, then serve on port 8000 (SERVE=0 stops before)
	$(BIN)/kb ingest corpus
	$(BIN)/kb ask "How do I add my own documents?"
	$(BIN)/kb ask "내 문서를 추가하려면 어떻게 하나요?"
	@if [ "$(SERVE)" != "0" ]; then exec $(BIN)/kb serve --port $(PORT); fi

lint: install ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: install ## The tests
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

test: lint unit ## Every check, as CI runs them

eval: install ## Ask the whole suite of the manual, write reports into build/eval, and hold the run against the gate
	$(BIN)/kb eval lint manual
	$(BIN)/kb eval run manual --out $(EVAL)/manual --overwrite
	$(BIN)/kb eval report $(EVAL)/manual --html $(EVAL)/report.html --junit $(EVAL)/junit.xml --md $(EVAL)/report.md
	$(BIN)/kb eval gate $(EVAL)/manual

bench: install ## Figures on the sets under KB_EVAL_DATA: retrieval, citations, freshness, speed, size
	@test -n "$(KB_EVAL_DATA)" || { echo "Set KB_EVAL_DATA to a folder that holds docs/<set>/."; exit 2; }
	$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev,bench]'
	mkdir -p $(BENCH)
	$(BIN)/python -m evals.retrieval --langchain --work $(BENCH) --json $(BENCH)/retrieval.json
	$(BIN)/python -m evals.benchmark_sets --work $(BENCH)/sets --json $(BENCH)/benchmark_sets.json
	$(BIN)/python -m evals.answers --work $(BENCH)/answers --json $(BENCH)/answers.json
	$(BIN)/python -m evals.suggestions --work $(BENCH) --json $(BENCH)/suggestions.json
	$(BIN)/python -m evals.clarify --work $(BENCH) --json $(BENCH)/clarify.json
	$(BIN)/python -m evals.citations --work $(BENCH)
	$(BIN)/python -m evals.grounding --json $(BENCH)/grounding.json
	$(BIN)/python -m evals.freshness --work $(BENCH)
	$(BIN)/python -m evals.latency --work $(BENCH) --set fastapi
	$(BIN)/python -m evals.encoder_speed --json $(BENCH)/encoder_speed.json
	$(BIN)/python -m evals.scale --chunks 10000 50000 200000 --json $(BENCH)/scale.json

bench-quality: install ## Suites over the sets under KB_EVAL_DATA: retrieval, sources, refusals (QUICK=1: a sample, in minutes)
	@test -n "$(KB_EVAL_DATA)" || { echo "Set KB_EVAL_DATA to a folder that holds docs/<set>/ and retrieval/<set>/."; exit 2; }
	$(BIN)/python -m evals.quality --work $(BENCH)/quality $(if $(filter 1,$(QUICK)),--quick)

fix: install ## Format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

serve: install ## Serve the published index
	$(BIN)/kb serve --port $(PORT)

client-ts: install ## Make the TypeScript client's types from the OpenAPI document (needs Node)
	mkdir -p build
	$(BIN)/python -c 'import json; from kb_server.app import create_app; from kb_server.settings import Settings; print(json.dumps(create_app(Settings()).openapi()))' > build/openapi.json
	cd kb_server/client/typescript && npm install --no-package-lock --no-audit --no-fund && npm run --silent generate

crash-full: install ## Disturb an ingest at 60 points and more, by kill, torn write and full disk (POINTS=500 for all)
	$(BIN)/python -m tests.crash.enumerate --points $(POINTS)

attacks: install ## Tampered pages and a model that lies against a server: what got through, with intervals
	$(BIN)/python -m tests.attacks

fuzz: install ## Requests of all kinds made from the OpenAPI document, in all phases (EXAMPLES=40 random ones an operation)
	$(BIN)/python -m evals.fuzz --examples $(EXAMPLES)

clean: ## Remove the environment (the index in data/ stays)
	rm -rf $(VENV) .uv
