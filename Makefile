# Everything a contributor or CI runs. `make demo` and `make test` work on a fresh clone.
# The newest Python that runs: pyenv has a command for each version that it has, which may be switched off.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV   ?= .venv
RUN    := $(VENV)/bin/
# Into site/.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(RUN)mkdocs build --quiet

.PHONY: demo demo-fleet test test-servers test-published check format docs pictures bench clean

demo: $(VENV)/.installed
	$(RUN)recorder demo

# Three recorders, a broker, one timeline, and a page until Ctrl-C.
demo-fleet: $(VENV)/.installed
	$(RUN)recorder demo --fleet

# COVERAGE=--cov also measures how much of the code they run, which takes longer; CI does so, and wants 95 %.
# What the tests import is compiled once and kept, though PYTHONDONTWRITEBYTECODE be set: they start some hundred processes.
test: $(VENV)/.installed
	PYTHONDONTWRITEBYTECODE= $(RUN)pytest -n auto --dist worksteal $(COVERAGE)

# TESTS=… names some of them.
test-servers: $(VENV)/.installed
	$(RUN)pytest -m servers -n auto --dist worksteal $(TESTS)

test-published: $(VENV)/.installed
	$(RUN)pytest -m published -n auto --dist worksteal

check: $(VENV)/.installed
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports
	$(RUN)recorder docs check README.md docs --against transcripts
	$(MKDOCS)

format: $(VENV)/.installed
	$(RUN)ruff check --fix
	$(RUN)ruff format

docs: $(VENV)/.installed
	$(MKDOCS)

# Of the README and the site; each is worth a look before it is committed.
pictures: $(VENV)/.installed
	$(RUN)python docs/making/terminal.py docs/pictures/terminal.svg
	$(RUN)python docs/making/page.py docs/pictures/page.png
	$(RUN)python docs/making/view.py docs/pictures

bench: $(VENV)/.installed
	$(RUN)python bench/run.py
	$(RUN)python bench/decode.py
	$(RUN)python bench/replay.py
	$(RUN)python bench/compare.py
	$(RUN)python bench/docs.py
	$(RUN)python bench/live.py
	$(RUN)python bench/gather.py
	$(RUN)python bench/fleet_many.py --recorders 8 --rate 200 --seconds 20

$(VENV)/.installed: pyproject.toml hatch_build.py
	@test -n "$(PYTHON)" || { echo 'no Python 3.11 or later found; name one: make PYTHON=/path/to/python'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo dist site
