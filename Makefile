# Two commands do all set-up: `make stationary-points` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: help stationary-points test test-slow lint format mutations benchmark peers benchmark-empirical benchmark-choices figures notebooks claims clean

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 24

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.base

stationary-points: $(VENV)/.base ## every stationary point of the shallow and the deep MAML loss, certified
	$(BIN)/python -m analysis.stationary_points

test: $(VENV)/.dev lint ## lint, types, and the whole test suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2  # a thread for each worker: more only wait for each other

test-slow: $(VENV)/.dev ## the longer tests
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev ## ruff (lint and format) and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## rewrite the sources in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

mutations: $(VENV)/.dev ## break the exact core line by line and see its tests turn red
	$(BIN)/python -m tests.mutations

benchmark: $(VENV)/.dev ## the exact solver against import time and sympy's solvers
	$(BIN)/python -m tests.benchmarks.stationary_points

peers: $(VENV)/.dev ## fetch learn2learn into the cache, to be measured against
	$(BIN)/python -m tests.benchmarks.peers

benchmark-empirical: $(VENV)/.dev ## one meta-training iteration against its peers
	$(BIN)/python -m tests.benchmarks.meta_training --growth

benchmark-choices: $(VENV)/.dev ## what the engine might do instead (vmap, compiled graphs, …), measured; minutes
	$(BIN)/python -m tests.benchmarks.choices

figures: $(VENV)/.dev ## redraw every figure
	$(BIN)/python -m figures

notebooks: $(VENV)/.dev ## execute the notebooks from their sources into .ipynb with pictures
	$(BIN)/jupytext --quiet --to ipynb --execute --run-path . notebooks/*.py

claims: $(VENV)/.dev ## the ledger of the paper's claims
	$(BIN)/python -m analysis.claims

clean: ## forget the environment
	rm -rf $(VENV)
