# Two commands for a fresh clone: `make demo` shows it work, `make test` passes the tests.
# Everything goes into .venv; nothing else on the machine is changed but for the servers
# that the tests need, and those only where apt-get may be used (tests/servers/install).

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# One more than there are processors: tests wait for servers a good deal.
JOBS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
MINUTES ?= 10

.PHONY: demo test check docs pictures bench fuzz assets man dist lock clean

demo: .venv/ready  ## The main job on this machine: mail server, bridge, lead API
	$(BIN)/mailbridge demo

test: .venv/ready check  ## Everything that CI runs; ARGS=tests/leads for a part
	tests/servers/install
	rm -f .coverage.*
	COVERAGE_PROCESS_START=pyproject.toml $(BIN)/pytest -n $(JOBS) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $(if $(ARGS),--fail-under=0)

check: .venv/ready  ## Style, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/ready  ## The documentation as a site in out/site, every link checked
	$(BIN)/mkdocs build --strict --quiet

pictures: .venv/ready  ## The pictures of docs, anew from the browser tests' screenshots
	tests/servers/install
	$(BIN)/pytest -q tests/web/test_screenshots.py tests/web/test_workbench_story.py
	$(BIN)/python -m release.pictures

bench: .venv/ready  ## Speed, side by side with a floor and an in-house script
	tests/servers/install
	$(BIN)/python -m bench.run --profile
	$(BIN)/python -m bench.poll
	$(BIN)/python -m bench.push
	$(BIN)/python -m bench.portals --speed
	$(BIN)/python -m bench.draft
	$(BIN)/python -m bench.workbench

fuzz: .venv/fuzz-ready  ## Look for mails and rule files that break a promise; MINUTES=10 for each
	for target in mail rulefile; do \
	  $(BIN)/python -m fuzz.run $$target out/fuzz/$$target -max_total_time=$$(($(MINUTES) * 60)) \
	    || exit 1; done

man: .venv/ready  ## The man page and shell completions, from the commands
	$(BIN)/python -m release.manual share

dist: man  ## Wheel and sdist in dist, the same bytes from the same commit
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(BIN)/hatchling build -d dist

assets:  ## The workbench's editor, built into one file that is committed; needs node
	cd assets && npm ci --no-audit --no-fund && npm run build

lock:  ## Resolve the dependencies anew; needs uv
	uv pip compile --universal --generate-hashes --python-version 3.11 --all-extras --group dev \
	  --custom-compile-command "make lock" --quiet pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --group fuzz \
	  --custom-compile-command "make lock" --quiet -o fuzz/requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --constraint requirements.lock \
	  --extra alerts --extra oauth --extra postgresql --extra web \
	  --custom-compile-command "make lock" --quiet pyproject.toml -o container/libraries.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --constraint requirements.lock \
	  --custom-compile-command "make lock" --quiet container/build.in -o container/build.lock

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "mailbridge needs Python 3.11 or newer; none was found."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { \
	  echo "Python's venv is missing. Install it: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/fuzz-ready: .venv/ready fuzz/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r fuzz/requirements.lock
	@touch $@

clean:  ## Remove everything that was made
	rm -rf .venv out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
