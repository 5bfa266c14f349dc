# `make` alone lists the verbs. Each installs what it needs in .venv, when that is missing or a file
# of requirements has changed: readers get the lessons, and tests, book and benchmarks come later.

# A file's name as it was written: nothing in it is expanded here, nor by the shell, which gets it
# in the environment. This stands before the first $(shell …), which gets the environment, too.
override FILE := $(value FILE)
export FILE

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check
# Stamps: what is installed.
LESSONS := .venv/.lessons
LINT := .venv/.lint
TEST := .venv/.test
BOOK := .venv/.book
BENCH := .venv/.bench
# With LESSON=03 `make test` looks at that one: the notebook, its exercises, the rules for lessons.
ONE_LESSON := notebooks tests/notebooks tests/course -m "not browser" \
	-k "$(LESSON)_ or $(LESSON)."
# Spread over the processors, a file to one of them, as some tests of a file share what they start.
SPREAD := -n auto --maxprocesses=4 --dist loadfile
# With BASE=../old the benchmarks tell what has been gained since that checkout.
SINCE := $(if $(BASE),--base $(BASE))
# Jupyter refuses to run as root unless told so; in a container there is often nobody else.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# Voilà inside a Jupyter server, and not by itself: so the page that opens has its token, and links
# between lessons lead somewhere. What visitors may do, and ask, the configuration says.
APP := --config=notebooks/tools/app.py --ServerApp.root_dir=notebooks \
	--ServerApp.default_url=/voila/render/tools/app.ipynb

# The kernel's debugger otherwise warns about frozen modules on every start.
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab app demo student grade quick test notebooks book format lint claims \
	nightly bench bench-full pins

help:  ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: $(LESSONS)  ## open your own copy of the lessons in JupyterLab
	$(BIN)/python notebooks/tools/lab.py $(AS_ROOT)

app: $(LESSONS)  ## the control room as a web app, without code cells
	$(BIN)/jupyter server $(AS_ROOT) $(APP) --ServerApp.open_browser=True

demo: $(LESSONS)  ## one express order in the terminal
	$(BIN)/python -m fulfillment_lib

student: $(LESSONS)  ## the lessons without solutions and answers, in build/student
	@$(BIN)/python notebooks/tools/exercises.py student

grade: $(LESSONS)  ## FILE=a student's notebook, or a folder: run it, print the verdicts as CSV
	@$(BIN)/python notebooks/tools/grading.py "$$FILE"

quick: $(TEST)  ## the tests that take under a minute together: no notebooks, cluster or browser
	HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q $(SPREAD) -m "not slow and not cluster and not browser"

test: lint $(TEST)  ## lint, then all tests, doctests and notebooks; with LESSON=03 those of one
	$(BIN)/pytest --nbval $(if $(LESSON),$(ONE_LESSON),$(SPREAD))

notebooks: $(TEST)  ## run all notebooks in place; draw the README's picture
	$(BIN)/python notebooks/tools/notebooks.py
	$(BIN)/python notebooks/tools/picture.py

book: $(BOOK)  ## the lessons and the library as web pages, in build/book
	@$(BIN)/python notebooks/tools/book.py

format: $(LINT)  ## lay the code out; notebooks are left alone
	$(BIN)/ruff check --fix --select I
	$(BIN)/ruff format

lint: $(LINT)  ## style, layout, types, and which room imports from which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

claims: $(TEST)  ## measure what the lessons claim, on a thousand days: notebooks/data/claims.csv
	$(BIN)/python notebooks/tools/claims.py

nightly: $(TEST)  ## the property tests with thousands of examples, claims on new days, what is long
	HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -q tests -m "hypothesis or nightly"
	$(BIN)/python notebooks/tools/claims.py --today

bench: $(BENCH)  ## measure against SimPy and others; with BASE=../old the gains since then, too
	$(BIN)/python -m tests.benchmarks $(SINCE)

bench-full: $(BENCH)  ## the same up to 100,000 orders; stores notebooks/data/benchmarks.csv
	$(BIN)/python -m tests.benchmarks --full $(SINCE)

pins:  ## write .requirements/constraints.txt: all that CI installs, from a fresh environment
	rm -rf build/pins
	"$(PYTHON)" -m venv build/pins
	build/pins/bin/python -m pip install --quiet --disable-pip-version-check \
		-r .requirements/test.txt -r .requirements/bench.txt
	@echo '# Made by `make pins`: every package that CI installs where pictures are compared.' \
		>.requirements/constraints.txt
	build/pins/bin/python -m pip freeze --exclude-editable >>.requirements/constraints.txt
	rm -r build/pins

$(LESSONS): requirements.txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	"$(PYTHON)" -m venv .venv
	$(INSTALL) -r requirements.txt
	@touch $@

$(LINT) $(TEST) $(BOOK) $(BENCH): .venv/.%: .requirements/%.txt $(LESSONS)
	$(INSTALL) -r $<
	@touch $@

$(TEST): .requirements/lint.txt .requirements/book.txt .requirements/bench.txt
