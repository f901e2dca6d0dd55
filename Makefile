# Tasks of the project. `make` alone lists them; `make demo` and `make test` do all the set-up that they need.
# PYTHON chooses another interpreter than python3 for a new environment: make PYTHON=python3.13 test

PYTHON ?= python3
ENVIRONMENT := .venv
BIN := $(ENVIRONMENT)/bin
BUILT := $(ENVIRONMENT)/.built
CYTHON_SOURCES := $(shell find feedhandler replay -name '*.pyx' -o -name '*.pxd')

.DEFAULT_GOAL := tasks
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: tasks
tasks:
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo

##@ Use it

.PHONY: demo
demo: $(BUILT) ## a live day in small: a simulated venue on loopback, and the pipeline that follows it
	@$(BIN)/feedhandler demo

.PHONY: bench
bench: $(BUILT) ## what it costs, in nanoseconds, on this machine
	@$(BIN)/feedhandler bench

.PHONY: bench-feeds
bench-feeds: $(BUILT) ## what each feed costs, a message, beside ITCH
	@$(BIN)/python -m feedhandler.benchmark.feeds

.PHONY: bench-receivers
bench-receivers: $(BUILT) ## what receiving costs, kind by kind, on virtual cards of its own (as root)
	@$(BIN)/python -m feedhandler.benchmark.receiving

##@ Check it

.PHONY: test
test: lint interpreted warm ## everything: lint, then all tests, interpreted and compiled
	@echo "── all tests, compiled, on all cores"
	@$(BIN)/python -m pytest --numprocesses auto --dist loadgroup -m "not alone"
	@echo "── the tests that want the machine to themselves"
	@$(BIN)/python -m pytest -m alone

.PHONY: lint
lint: $(BUILT) ## ruff, mypy and the import contracts
	@echo "── ruff"
	@$(BIN)/ruff check --output-format concise .
	@echo "── mypy"
	@$(BIN)/mypy
	@echo "── import contracts"
	@$(BIN)/lint-imports --no-logo

.PHONY: interpreted
interpreted: $(BUILT) ## the tests marked `interpreted`, with every hot function as plain Python
	@echo "── tests marked interpreted, NUMBA_DISABLE_JIT=1"
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest --numprocesses auto -m interpreted tests

.PHONY: warm
warm: $(BUILT) ## compile the pipelines that the tests need, on all cores; quick when they are in the cache
	@echo "── compiling what the tests need"
	@$(BIN)/python -m tests.warm

.PHONY: docs
docs: $(BUILT) ## check that every link between the documents leads somewhere
	@$(BIN)/python -m pytest -k link tests/test_house.py

##@ Work on it

.PHONY: notebooks
notebooks: $(BUILT) ## execute the pages in docs/notebooks again, with their pictures
	@$(BIN)/python docs/notebooks/execute.py

.PHONY: setup
setup: $(BUILT) ## the environment in .venv, with the extensions built in place; quick when nothing changed

.PHONY: fix
fix: $(BUILT) ## let ruff repair what it can
	@$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## remove what the build and the checks leave behind, compiled pipelines included; keep .venv
	@rm -rf build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache $(ENVIRONMENT)/.cache $(BUILT)
	@find feedhandler feeds replay tests configs -name __pycache__ -prune -exec rm -rf {} +
	@find feedhandler replay -name '*.so' -delete
	@for source in $$(find feedhandler replay -name '*.pyx'); do rm -f "$${source%.pyx}.c"; done

.PHONY: distclean
distclean: clean ## remove .venv too
	@rm -rf $(ENVIRONMENT)

##@ Ship it

.PHONY: wheel
wheel: $(BUILT) ## dist/feedhandler-*.whl: extensions, feeds, replay and configurations
	@rm -rf build # setuptools would ship again what a former build left there
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls dist/*.whl

.PHONY: image
image: ## a container image, feedhandler:latest
	docker build --tag feedhandler .

# ── Set-up ───────────────────────────────────────────────────────────────────────────────────────────────────────────

# All that is missing is named at once, with the one command that installs it. Debian and Ubuntu split Python into packages:
# the interpreter alone has neither ensurepip (pythonX.Y-venv) nor Python.h (pythonX.Y-dev).
define prerequisites
packages=""; \
if ! command -v $(PYTHON) >/dev/null; then \
  echo "missing: Python 3.11 or newer ($(PYTHON) is not found)"; packages="$$packages python3 python3-venv python3-dev"; \
elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
  echo "too old: $(PYTHON) is $$($(PYTHON) -c 'import platform; print(platform.python_version())'), and Python 3.11 or newer is needed"; \
  echo "  install a newer one and name it, for example:"; \
  echo "  sudo apt-get install python3.11 python3.11-venv python3.11-dev && make PYTHON=python3.11 $(MAKECMDGOALS)"; \
  exit 1; \
else \
  version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
  if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
    echo "missing: Python's venv and ensurepip modules"; packages="$$packages python$$version-venv"; \
  fi; \
  if ! $(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_paths()["include"] + "/Python.h"))'; then \
    echo "missing: Python's C headers (Python.h)"; packages="$$packages python$$version-dev"; \
  fi; \
fi; \
if ! command -v $${CC:-cc} >/dev/null; then \
  echo "missing: a C compiler ($${CC:-cc} is not found)"; packages="$$packages gcc libc6-dev"; \
fi; \
if [ -n "$$packages" ]; then echo "  sudo apt-get install$$packages"; exit 1; fi
endef

$(BIN)/python:
	@$(prerequisites)
	@echo "── environment in $(ENVIRONMENT)"
	@$(PYTHON) -m venv $(ENVIRONMENT)

# A change of the package itself installs it anew; a change of a .pyx or .pxd only rebuilds the extensions, in place.
$(BUILT): pyproject.toml setup.py $(CYTHON_SOURCES) | $(BIN)/python
	@$(if $(filter pyproject.toml setup.py,$?),\
	  echo "── installing (a few minutes the first time)" && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[development]',\
	  echo "── building the extensions" && $(BIN)/python setup.py --quiet build_ext --inplace)
	@touch $@
