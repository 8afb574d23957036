# Everything lives in .venv; `make serve` and `make test` are all a fresh machine needs.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
APT := $(shell [ "$$(id -u)" = 0 ] || echo sudo) apt-get

PEERS := .venv-peers/bin
# What `make peers` measures with: a gold file and the documents that it is about.
GOLD ?= eval/gold/samples-test.jsonl
DOCUMENTS ?= corpus

.PHONY: help serve second test lint bench peers clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Dossier into .venv (PyTorch is the large part; once only)…"
	$(INSTALL) -e .
	@touch $@

.venv/.dev: .venv/.runtime
	$(INSTALL) -e '.[dev,training]'
	@touch $@

.venv/.browser: | .venv/bin/python
	@command -v chromium >/dev/null || { $(APT) update -qq && $(APT) install -y -qq chromium >/dev/null; }
	@touch $@

serve: .venv/.runtime ## Index the sample reports and start the chat on http://127.0.0.1:8000
	$(BIN)/dossier ingest corpus
	$(BIN)/dossier serve

.venv/.second: .venv/.runtime answer/second/reader.json answer/second/judge.json
	@echo "Installing the second reader's base (400 MB; once only) and making the reader of it…"
	$(INSTALL) -e '.[training,teacher]'
	$(BIN)/python -m training restore --model .data/second
	@touch $@

second: .venv/.second ## Make the larger second reader: an option, slower (see the README)

test: .venv/.dev .venv/.browser ## Install what the tests need and run them all
	$(BIN)/python -m pytest

lint: .venv/.dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.dev ## Measure ingest, search and ask at 10,000 passages
	$(BIN)/dossier bench

.venv-peers/.installed: pyproject.toml constraints.txt constraints-peers.txt
	@echo "Installing Dossier and its peers into .venv-peers, away from .venv (once only)…"
	$(PYTHON) -m venv .venv-peers
	$(PEERS)/pip install --quiet --disable-pip-version-check \
	  -c constraints.txt -c constraints-peers.txt -e '.[dev,peers]'
	@touch $@

peers: .venv-peers/.installed ## Install txtai, Haystack and LlamaIndex; measure them beside Dossier
	$(PEERS)/dossier eval peers $(GOLD) $(DOCUMENTS)

clean: ## Remove the environment and caches (the data directory stays)
	rm -rf .venv .venv-peers .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
