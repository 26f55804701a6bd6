# From a clean clone: `make run` does the main job on the sample exams, `make test` checks everything.
# Both install what is missing first; with nothing missing they start at once.

PYTHON ?= python3
VENV ?= .venv
OUT ?= demo-output
WORKERS ?= 2
PYTEST_ARGS ?=
TEST_PROGRAMS ?= yes

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_DETECTION := $(VENV)/.installed-detection
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: run window test lint bench bench-detection bench-marks bench-entry bench-due bench-export bench-worklist bench-paging bench-imaging bench-fuzz bench-reliability grey-values bench-leaks key-table lexicon-pictures system test-programs clean help

run: system $(INSTALLED)  ## the main job end to end, in the window when there is a screen
	$(BIN)/annotator demo --out $(OUT)

window: system $(INSTALLED)  ## open the window
	$(BIN)/annotator

test: system test-programs lint  ## every check and every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

lint: $(INSTALLED_DEV)  ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(INSTALLED)  ## how well a click finds and measures a calcification, beside plain methods; half an hour, most of it once for the trials
	@$(BIN)/python -m benchmarks.detection.snap --write

bench-detection: $(INSTALLED_DETECTION)  ## every table of benchmarks/detection/README.md; some forty minutes
	@$(BIN)/python -m benchmarks.detection --write

bench-marks: $(INSTALLED)  ## how fluent the window is with ten thousand marks, beside ten; two minutes
	@$(BIN)/python -m benchmarks.marks

bench-entry: $(INSTALLED)  ## how many keys and clicks ten findings of the sample exams take; ten seconds
	@$(BIN)/python -m benchmarks.entry

bench-due: $(INSTALLED)  ## what is due of four thousand readings, and the worklist with it; four minutes, most of it making them
	@$(BIN)/python -m benchmarks.over_time

bench-export: $(INSTALLED)  ## ten thousand readings exported: time and memory beside a plain loop; twenty minutes, fifty on a busy computer
	@$(BIN)/python -m benchmarks.export

bench-worklist: $(INSTALLED)  ## how fast 40,000 files are indexed, and how long a list of 100,000 exams lets wait; some ten minutes the first time
	@$(BIN)/python -m benchmarks.worklist

bench-paging: $(INSTALLED)  ## memory and time while paging through two hundred exams, read ahead and not; three minutes
	@$(BIN)/python -m benchmarks.paging

bench-reliability: $(INSTALLED_DEV)  ## is anything lost: kills, faults, many writers, as the tables of docs/reliability.md; some half an hour
	@$(BIN)/python -m benchmarks.reliability --write

bench-imaging: $(INSTALLED)  ## how fast and how faithful the picture is, beside other viewers; some twenty minutes
	@$(BIN)/python -m benchmarks.imaging

bench-fuzz: $(INSTALLED)  ## fifty thousand broken files through the loader, those of ANNOTATOR_TEST_DATA broken too; half an hour, goes on where it was ended
	@$(BIN)/python -m benchmarks.fuzz $(if $(ANNOTATOR_TEST_DATA),--corpus $(ANNOTATOR_TEST_DATA))

grey-values: $(INSTALLED)  ## grey values beside pydicom and DCMTK, pixel by pixel; some minutes
	@$(BIN)/python -m benchmarks.grey_values sample_dicoms $(ANNOTATOR_TEST_DATA)

bench-leaks: $(INSTALLED_DEV)  ## whether anything that is written says who the patient is; some minutes
	@$(BIN)/python -m benchmarks.leaks

key-table: $(INSTALLED_DEV)  ## write the keys of the window into the page for readers
	@$(BIN)/python tests/architecture/test_key_page.py

lexicon-pictures: $(INSTALLED)  ## draw the pictures of the lexicon anew from synthetic breasts; half a minute
	@$(BIN)/python tools/lexicon_pictures.py

system:  ## the system libraries Qt needs, where they can be installed
	@sh tools/system-libraries.sh

test-programs:  ## validators and an archive that the tests ask, where they can be installed; TEST_PROGRAMS=no leaves them
	@[ "$(TEST_PROGRAMS)" = no ] || sh tools/system-libraries.sh tests

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	  "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo \
	  "Python has no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	@echo "Installing the program and its libraries into $(VENV); the first time takes some minutes."
	$(PIP) install --quiet --editable .
	@touch $@

$(INSTALLED_DEV): pyproject.toml | $(BIN)/python
	@echo "Installing the program and the tools for its tests into $(VENV); the first time takes some minutes."
	$(PIP) install --quiet --editable '.[dev]'
	@touch $(INSTALLED) $@

$(INSTALLED_DETECTION): pyproject.toml | $(BIN)/python
	@echo "Installing what the benchmark of candidates compares with into $(VENV)."
	$(PIP) install --quiet --editable '.[detection]'
	@touch $(INSTALLED) $@

clean:  ## remove everything that make made
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile
