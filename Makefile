# Every target sets up what it needs first (scripts/setup.sh, cached by the lock files' hashes).
PYTHON_BIN := .venv/bin
# a python named by the caller is for scripts/setup.sh alone
export PYTHON

.DEFAULT_GOAL := help
.PHONY: demo test check contract fuzz audit infra infra-check az serve bench campaign lock docs package picture clean help setup

demo: setup ## publish an image on the local stack and watch its rollout, start to end
	@$(PYTHON_BIN)/rollout demo

test: setup ## run all tests but the long campaigns and the heavy clients
	$(PYTHON_BIN)/python -m pytest -n 2 -m "not campaign and not contract and not infra"

check: setup ## what every commit has to pass: format, lint, types, import contracts, tests
	$(PYTHON_BIN)/ruff format --check .
	$(PYTHON_BIN)/ruff check .
	$(PYTHON_BIN)/mypy
	$(PYTHON_BIN)/lint-imports --no-logo
	@$(MAKE) --no-print-directory test

contract: ## run the az CLI and Node clients against the simulator (installs them first)
	@sh scripts/contract.sh

infra: setup ## write infra/main.json, the snapshots and the lists of roles anew (takes the Bicep compiler)
	@sh scripts/infra.sh

infra-check: ## check templates, roles and package with checkov, Bicep and more (installs them first)
	@sh scripts/infra_check.sh

fuzz: ## attack the served HTTP API by its own description (installs schemathesis first)
	@sh scripts/fuzz.sh

audit: ## look for known vulnerabilities of what is deployed (installs pip-audit first; needs the network)
	@sh scripts/fuzz.sh --audit

az: ## install the az CLI in build/az, for rehearsals (docs/rehearse.md)
	@sh scripts/contract.sh --az
	@echo "az is in build/az/bin"

serve: setup ## keep the whole local stack up until Ctrl-C
	@$(PYTHON_BIN)/rollout serve

bench: setup ## run the benchmarks, print them and write build/bench.json
	@$(PYTHON_BIN)/python -m bench

campaign: setup ## run the long randomized and exhaustive tests
	$(PYTHON_BIN)/python -m pytest -n 2 -m campaign

lock: ## resolve requirements*.in and package.json anew into the lock files
	@sh scripts/lock.sh

docs: setup ## write docs/cli.md, docs/licences.md and docs/simulator-coverage.md from what there is
	$(PYTHON_BIN)/python -m cli.reference > docs/cli.md
	$(PYTHON_BIN)/python scripts/licences.py > docs/licences.md
	$(PYTHON_BIN)/python -m tests.contract.covered > docs/simulator-coverage.md

PROVIDER ?= durableTaskScheduler
package: setup ## build what is deployed, build/package.zip (PROVIDER=azureStorage: for that provider)
	@$(PYTHON_BIN)/python scripts/package.py --provider $(PROVIDER) $(ALSO:%=--also %)

picture: setup ## take the README's picture: a rollout in the terminal
	$(PYTHON_BIN)/python scripts/picture.py

clean: ## remove what was set up and built
	rm -rf .venv node_modules tests/contract/node/node_modules tests/infra/kql/node_modules build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@sh scripts/setup.sh

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
