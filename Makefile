# The only command surface of the project; `make` lists the commands.
SHELL := /bin/sh
PYTHON := .venv/bin/python
STACK := @test -x $(PYTHON) || { echo "Nothing is set up yet: make setup"; exit 1; }; $(PYTHON) -m deploy.local
PYTEST := .venv/bin/pytest -n 2
COMPILE := .venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 pyproject.toml
NAME ?=
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup demo up down restart start stop status logs migrate replay rotate-keys clean \
	test check check-fast lint types contracts fmt schemas lock bench chaos faults

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ See it work
setup: ## install what is missing: system packages (as root), .venv, Kafka's jars
	@deploy/local/setup.sh

demo: setup ## start everything and issue invoices through all five services
	@$(PYTHON) -m deploy.local up
	@$(PYTHON) -m deploy.local.demo

##@ The local stack
up: setup ## start the stack, or repair it; migrates first
	@$(PYTHON) -m deploy.local up

down: ## stop the stack; data stays
	$(STACK) down

status: ## what runs, where, for how long
	$(STACK) status

logs: ## follow the logs of NAME=invoice-api-1, or of a group: NAME=invoice
	$(STACK) logs $(NAME)

restart: ## restart NAME=…
	$(STACK) restart $(NAME)

stop: ## stop NAME=… and keep it down
	$(STACK) stop $(NAME)

start: ## start NAME=… again
	$(STACK) start $(NAME)

migrate: ## apply the migrations of all services to the running stack
	$(STACK) migrate

replay: ## apply the dead letters of NAME=invoice again; ARGS="--dry-run" only tries it (docs/runbooks)
	$(STACK) replay $(NAME) $(ARGS)

rotate-keys: ## let the next signing key of auth sign
	$(STACK) rotate-keys

clean: ## stop the stack and remove its data
	$(STACK) clean

##@ Working on the code
check-fast: setup lint types ## lint, types and quick tests: under a minute
	@$(PYTEST) -q -m fast

check: setup lint types contracts test ## everything a submission must pass

test: setup ## every test, on real servers of its own; ARGS=--hypothesis-profile=thorough looks longer
	@$(PYTEST) $(ARGS)

lint: ## ruff: rules and format
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: ## mypy --strict
	@.venv/bin/mypy

contracts: ## which module may import which
	@.venv/bin/lint-imports

fmt: ## repair what ruff can repair
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

schemas: setup ## write the generated files: OpenAPI, event schemas, problems, metrics, compose, schema.sql
	@$(PYTHON) -m docs.generate
	@$(PYTHON) -m deploy.compose.write_compose
	@OFP_WRITE_SCHEMAS=1 .venv/bin/pytest -q tests/conventions/test_sql.py -k schema_snapshot

lock: ## pin what pyproject.toml asks for, with hashes: everything, and what the image installs
	@$(COMPILE) --all-extras -o requirements.lock
	@$(COMPILE) $(foreach name,auth invoice render notify support sandbox,--extra $(name)) \
		-c requirements.lock -o requirements-runtime.lock

##@ Measuring and breaking
bench: setup ## load a stack of its own and print the figures
	@$(PYTHON) -m bench $(ARGS)

chaos: setup ## kill and freeze processes under load, then check that nothing was lost; DEFECT=… plants a fault
	@$(PYTHON) -m tests.chaos $(if $(DEFECT),--defect $(DEFECT)) $(ARGS)

faults: setup ## issue through the tax bureau's bad days, then compare both books; ARGS="--invoices 10000"
	@$(PYTHON) -m tests.chaos.faults $(ARGS)
