# Targets for people: make demo, make test, make test-postgresql, make chaos, make lint, make bench, make protos.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-postgresql chaos lint format protos bench bench-postgres bench-live bench-scaling bench-sizing \
  compile uncompile k8s-validate image-test audit sbom clean

setup: .venv/.ready

.venv/.ready: requirements/dev.txt requirements/sampledata.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "wyckoff needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "installing the locked packages into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/sampledata.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

protos: setup
	@$(BIN)/python -m tools.generate_contracts

test: setup
	@$(BIN)/pytest --ignore=tests/chaos

# the same suite with PostgreSQL wherever a database is used
test-postgresql: setup
	@$(BIN)/pytest --database=postgresql --ignore=tests/chaos

# every service fails in every way under load; some minutes
chaos: setup
	@$(BIN)/pytest tests/chaos

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/buf lint protos

format: setup
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/buf format -w protos

demo: setup
	@$(BIN)/python -m tools.demo

bench: setup
	@$(BIN)/python -m tools.bench

# five million bars into a PostgreSQL of its own, and out
bench-postgres: setup
	@$(BIN)/python -m tools.bench_postgres

# a thousand WebSocket clients
bench-live: setup
	@$(BIN)/python -m tools.bench_live

# the range and the phase stage as extension modules, with a C compiler; docs/performance.md
compile: setup
	@$(BIN)/python -m tools.compile_stages

uncompile: setup
	@$(BIN)/python -m tools.compile_stages --remove

# two replicas of a stage against one
bench-scaling: setup
	@$(BIN)/python -m tools.bench_scaling

# what one replica does, and how many are needed
bench-sizing: setup
	@$(BIN)/python -m tools.bench_sizing

# the image, built and run; needs root and container tools; some minutes
image-test: setup
	@WYCKOFF_IMAGE_TEST=1 $(BIN)/pytest tests/deploy/test_image.py --timeout=900

# known vulnerabilities of the locked packages
audit: setup
	@$(BIN)/python -m tools.audit

# what is in the image, as CycloneDX
sbom: setup
	@$(BIN)/python -m tools.sbom

# manifests of Kubernetes: each overlay built, checked by the schemas and against the code
k8s-validate: setup
	@PATH="$$PATH:$$(go env GOPATH 2>/dev/null)/bin"; \
	command -v kustomize >/dev/null || go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1; \
	mkdir -p out/k8s; \
	for overlay in deploy/k8s/overlays/*; do \
	  file=out/k8s/$$(basename $$overlay).yaml; \
	  kustomize build $$overlay > $$file && $(BIN)/kubernetes-validate --strict --quiet --no-warn $$file || exit 1; \
	done
	@$(BIN)/pytest tests/deploy

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis out build/compiled services/_compiled
