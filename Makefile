# `make` alone lists the verbs. The environment is made in .venv when it is missing, and brought
# up to date when requirements.txt or pyproject.toml has changed.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Jupyter refuses to run as root unless told so; in a container there is often nobody else.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# Voilà inside a Jupyter server, and not by itself: so the page that opens has its token, and links
# between lessons lead somewhere. A kernel that nobody looks at any more ends after a minute.
APP := --ServerApp.root_dir=notebooks \
	--ServerApp.default_url=/voila/render/06_control_room.ipynb \
	--MappingKernelManager.cull_idle_timeout=60 --MappingKernelManager.cull_interval=20

# The kernel's debugger otherwise warns about frozen modules on every start.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab app test notebooks book student grade demo lint nightly bench bench-full

help:  ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: $(READY)  ## open the first notebook in JupyterLab
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir=. notebooks/00_start_here.ipynb

app: $(READY)  ## the control room as a web app, without code cells
	$(BIN)/jupyter server $(AS_ROOT) $(APP) --ServerApp.open_browser=True

test: lint  ## lint, then all tests, doctests and notebooks, outputs compared to the byte
	$(BIN)/pytest --nbval

notebooks: $(READY)  ## run all notebooks in place; draw the README's picture
	$(BIN)/python tests/notebooks.py
	$(BIN)/python tests/picture.py

book: $(READY)  ## the lessons and the library as web pages, in build/book
	@rm -rf build/book  # else a page would outlive its lesson
	@$(BIN)/sphinx-build -W --keep-going -n -E -q -d build/doctrees -c notebooks/book \
		notebooks build/book
	@echo "written to build/book: open build/book/index.html"

student: $(READY)  ## the lessons without solutions and answers, in build/student
	@$(BIN)/python tests/exercises.py student

grade: $(READY)  ## FILE=a student's notebook: run it, print each check's verdict as CSV
	@$(BIN)/python tests/exercises.py grade "$(FILE)"

demo: $(READY)  ## one express order in the terminal
	$(BIN)/python -m fulfillment_lib

nightly: $(READY)  ## the property tests, with thousands of examples each
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -q tests -m hypothesis

bench: $(READY)  ## measure the engine against SimPy and others, in two minutes
	$(BIN)/python -m tests.benchmarks

bench-full: $(READY)  ## the same up to 100,000 orders; stores notebooks/data/benchmarks.csv
	$(BIN)/python -m tests.benchmarks --full

lint: $(READY)  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/mypy

$(READY): requirements.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	"$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
