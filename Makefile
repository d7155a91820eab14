# make report   everything at laptop scale; ends with results/laptop/report.html
# make test     the test suite, the smoke pipeline included
# make test-all the same with the tests that take minutes each
# make bench    speed and accuracy beside other packages, in an environment of its own: hours
# make lock     writes envs/*.lock anew, from pyproject.toml and PEERS below
#
# Each works alone: it makes .venv first if it is not there (bench: .venv-bench).

PYTHON ?= python3
TORCH := torch==2.13.0
# For its reference posteriors: files that are read, not a package that is imported. What it asks
# for itself is outdated, so that it can't stand in pyproject.toml.
SBIBM := sbibm==1.1.0
VENV := .venv
BIN := $(VENV)/bin
# Files whole, in the order of collection, which tests/conftest.py sets.
TOGETHER := -n auto --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/pip --disable-pip-version-check

# Packages that ours are measured beside.
PEERS := bayesflow==2.0.12 jax==0.10.2
BENCH := .venv-bench
BENCH_PIP := $(BENCH)/bin/pip --disable-pip-version-check

.PHONY: report test test-all bench lock check clean

report: $(VENV)/installed
	$(BIN)/snakemake --cores all

test: $(VENV)/tested
	$(BIN)/python -m pytest $(TOGETHER) -m "not heavy"

test-all: $(VENV)/tested
	$(BIN)/python -m pytest $(TOGETHER)

bench: $(BENCH)/installed
	$(BENCH)/bin/python bench/peers/compare.py

# In two steps: torch with whatever it needs here (CPU or CUDA), then all else exactly as locked.
$(VENV)/installed: envs/requirements.lock pyproject.toml | check
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet $(TORCH)
	$(PIP) install --quiet --no-deps -r envs/requirements.lock
	$(PIP) install --quiet --no-deps -e .
	touch $@

$(VENV)/tested: envs/test.lock $(VENV)/installed
	$(PIP) install --quiet --no-deps -r envs/test.lock
	touch $@

$(BENCH)/installed: envs/requirements.lock envs/bench.lock pyproject.toml Makefile | check
	$(PYTHON) -m venv $(BENCH)
	$(BENCH_PIP) install --quiet $(TORCH)
	$(BENCH_PIP) install --quiet --no-deps -r envs/requirements.lock -r envs/bench.lock
	$(BENCH_PIP) install --quiet --no-deps -e .
	touch $@

check:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Python 3.11 or newer is needed, but there is no $(PYTHON): install it, or name it with make PYTHON=..." >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, but $(PYTHON) is `$(PYTHON) -V`: name another with make PYTHON=..." >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "Python's venv and ensurepip are needed, but $(PYTHON) lacks them: install python3-venv" >&2; \
	  exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || { \
	  echo "A C++ compiler is needed, but none of c++, g++ and clang++ was found: install g++" >&2; \
	  exit 1; }

# torch is installed first and pinned by itself; its CUDA packages depend on the machine.
NOT_LOCKED := ^(torch|triton|nvidia-|cuda-|jana)
lock: | check
	set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(PYTHON) -m venv "$$fresh"; pip="$$fresh/bin/pip --disable-pip-version-check"; \
	$$pip install --quiet $(TORCH); \
	$$pip install --quiet .; \
	$$pip install --quiet --no-deps $(SBIBM); \
	$$pip freeze | grep -Ev '$(NOT_LOCKED)' > envs/requirements.lock; \
	$$pip install --quiet '.[test]'; \
	$$pip freeze | grep -Ev '$(NOT_LOCKED)' | grep -vxFf envs/requirements.lock > envs/test.lock; \
	$(PYTHON) -m venv --clear "$$fresh"; \
	$$pip install --quiet $(TORCH); \
	$$pip install --quiet --no-deps -r envs/requirements.lock; \
	$$pip install --quiet -c envs/requirements.lock $(PEERS); \
	$$pip freeze | grep -Ev '$(NOT_LOCKED)' | grep -vxFf envs/requirements.lock > envs/bench.lock

clean:
	rm -rf $(VENV) $(BENCH) build src/*.egg-info
