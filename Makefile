# Everything a user or CI calls; each target is a script in ci/. The work lies under build/.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo up down test nights foreign sbom check bench docs dist format clean

PATIENTS ?= 20
export PATIENTS

help: ## print the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## fetch what is missing and build the job JARs (the other targets do this by themselves)
	@ci/setup.sh

demo: setup ## run the whole pipeline on synthetic patients, print the reconciliation, leave report.html  [PATIENTS=20]
	@ci/demo.sh

up: setup ## start the same parts and leave them running for a look; addresses in build/demo/env
	@ci/up.sh

down: ## stop what `make up` started
	@ci/down.sh

test: setup check ## the tests, Java and Python; the long ones run with nights
	@ci/test.sh

nights: setup ## the long tests under Airflow: backfills, kills, each red run and its command, a first hour (some 45 minutes)
	@ci/nights.sh

foreign: setup ## the pipeline against three servers that this project did not write (some 15 minutes, installs them into build/foreign)
	@ci/foreign.sh

sbom: setup ## what the product is made of, as CycloneDX: build/sbom/java.json, build/sbom/python.json
	@ci/sbom.sh

check: setup ## format, static analysis, DAG policy
	@ci/check.sh

bench: setup ## measure against peers; leaves build/bench/<name>.json  [B=extract] [ACCEPT=reason]
	@ci/bench.sh $(B) $(if $(ACCEPT),--accept "$(ACCEPT)")

docs: setup ## the documentation as a site: build/docs/index.html
	@ci/docs.sh

dist: setup ## the release archive of the commit: build/dist
	@ci/dist.sh

format: setup ## put the sources into the project's format
	@./mvnw -q -B spotless:apply && build/venv/bin/ruff format dags ci && build/venv/bin/ruff check --fix -q dags ci

clean: ## remove everything that was built
	@ci/down.sh && rm -rf build */target
