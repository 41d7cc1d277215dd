# Everything a contributor or CI runs. `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3.11
VENV   ?= .venv
RUN    := $(VENV)/bin/

.PHONY: demo test check format bench clean

demo: $(VENV)/.installed
	$(RUN)recorder demo

test: $(VENV)/.installed
	$(RUN)pytest -n auto

check: $(VENV)/.installed
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports
	$(RUN)pytest -q tests/test_docs.py

format: $(VENV)/.installed
	$(RUN)ruff check --fix
	$(RUN)ruff format

bench: $(VENV)/.installed
	$(RUN)python bench/run.py

$(VENV)/.installed: pyproject.toml hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(RUN)pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo dist
