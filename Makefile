# Thin on purpose: each target is one script under scripts/, which says at its head what it does.

.DEFAULT_GOAL := help
.PHONY: help up down dev test storm bench lighthouse reset

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Install what is missing, build, and start the store with its demo catalogue
	@scripts/up.sh

down: ## Stop the store and its databases; the data stays
	@scripts/down.sh

dev: ## Run a debug build that rebuilds and reloads when a file changes
	@scripts/dev.sh

test: ## Run everything CI runs, on a stack of its own
	@scripts/test.sh

storm: ## Kill everything while many buy, and prove the promises; SEEDS=1000 for a thousand storms
	@scripts/storm.sh

bench: ## Measure the release beside nginx and bare SQL
	@scripts/bench.sh

lighthouse: ## Score home, category and product page on a phone
	@scripts/lighthouse.sh

reset: ## Stop the store and remove all its data
	@scripts/reset.sh
