# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
CONTAINER ?= docker
VENV := .venv
BIN := $(VENV)/bin

# Files in the order of tests/conftest.py, on two processes; the tests of a file share what it made.
ON_TWO := -n 2 --dist loadfile --no-loadscope-reorder
BESIDE_FAULTS := tests/unit tests/integration tests/browser tests/acceptance

# The tests start hundreds of processes: none compiles again what one before it has compiled.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install demo test faults pythons lint dist image audit docs reference bench plans lock caniemail pictures clean

install: $(VENV)/installed

$(VENV)/installed: requirements-dev.lock requirements-uv.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock \
	  && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock \
	  || $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q newsletter subscribers
	touch $@

demo: install
	$(BIN)/python -m tests.demo $(if $(HEADLESS),--headless)

test: install lint
	$(BIN)/python tests/install_programs.py
	$(BIN)/pytest $(ON_TWO) $(PYTEST_ARGS)

# The fault tests at length: fifty weeks of killed runs, 200 kills on each database, every fault of a
# relay. Writes docs/reliability.md. Then, whole, every corpus of which `make test` takes a sample.
faults: install
	$(BIN)/python tests/install_programs.py --faults
	$(BIN)/python tests/install_vnu.py
	NEWSLETTER_FAULT_ROUNDS=50 $(BIN)/pytest tests/faults -s --timeout 7200 $(PYTEST_ARGS)
	NEWSLETTER_FAULT_ROUNDS=50 $(BIN)/pytest $(BESIDE_FAULTS) -m sampled $(ON_TWO) --timeout 7200 $(PYTEST_ARGS)

# By every Python at hand: the tests of what goes on the wire, and the wheel installed by pip alone.
# With CI set, each of them must be there.
pythons: install
	for python in python3.11 python3.12 python3.13 python3.14; do \
	  if $$python --version; then \
	    $(MAKE) install VENV=build/$$python PYTHON=$$python && build/$$python/bin/pytest tests/unit/delivery \
	    && build/$$python/bin/pytest tests/faults/test_release.py || exit; \
	  elif test -n "$(CI)"; then echo "$$python is missing" >&2; exit 1; fi; \
	done

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What a release consists of, in dist/: wheel, source, SBOM, licences, checksums; the same bytes each time.
dist: install
	$(BIN)/python deploy/dist.py

# The container image of a release, whose base is named by digest: a tag is another image each week.
image:
	@echo "$(PYTHON_IMAGE)" | grep -Eq '^[^ ]+@sha256:[0-9a-f]{64}$$' || { \
	  echo 'give the digest of the base: make image PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm@sha256:…' >&2; \
	  exit 2; }
	$(CONTAINER) build --file deploy/container/Containerfile --build-arg PYTHON_IMAGE="$(PYTHON_IMAGE)" --tag newsletter .

# Known vulnerabilities of what the lock file pins, where the advisories can be reached.
audit: install
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock

# The documentation as a site, in build/site.
docs: install
	$(BIN)/mkdocs build

# Writes the pages that the program's own words make.
reference: install
	$(BIN)/python -m docs.tools.reference

# Measures and writes docs/benchmarks.md with its figures as benchmarks.json beside it; QUICK=1 in
# about two minutes. COMPARE=old.json says what changed since that run, and what is noise.
bench: install
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(COMPARE),--compare $(COMPARE))

# Explains every hot query in a PostgreSQL of a million subscribers and ten million deliveries, in
# about ten minutes; writes docs/plans.md and fails at a scan of a large table.
plans: install
	$(BIN)/python -m benchmarks.plans $(PLANS_ARGS)

# Pins every dependency with hashes; run it to take newer releases.
lock: install
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock
	echo uv | $(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 - -o requirements-uv.lock

# What lint knows of mail clients; needs npm.
caniemail: install
	$(BIN)/python docs/tools/caniemail.py

# The pictures in docs/ and those that guard the themes; look at them before you commit.
pictures: install
	$(BIN)/python -m docs.tools.pictures
	$(BIN)/python -m tests.browser.golden

clean:
	rm -rf $(VENV) build dist
