# What one does with this project; `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# Where rustup and cargo put programs, if that is not on PATH yet.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

# Tests on hosts mostly wait for them: more at once than there are cores.
TEST_THREADS ?= 4

# make demo KEEP=1; make bench HOSTS=10 ROUNDS=5
export KEEP HOSTS FORKS ROUNDS

.PHONY: help
help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## two throwaway hosts, brought to a monitoring stack and kept there (KEEP=1: stay)
	@testbed/demo/run.sh

.PHONY: test
test: ## all checks and tests, on this machine and on throwaway hosts
	@testbed/setup.sh tests
	@echo '-- cargo fmt' && cargo fmt --check
	@echo '-- cargo clippy' && cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
	@echo '-- cargo deny' && cargo deny --locked check licenses bans sources
	@echo '-- stand-ins, and images of throwaway hosts' && $(MAKE) standins images
	@echo '-- cargo test' && RUST_TEST_THREADS=$(TEST_THREADS) cargo test --locked --quiet --workspace
	@echo '-- solti test' && cargo run --locked --quiet -- test

.PHONY: test-real
test-real: ## the real programs in place of the stand-ins, where a registry or podman has them: the same questions, all scenarios
	@testbed/setup.sh tests
	@testbed/real.sh

.PHONY: test-faults
test-faults: ## a run killed before every single program that it starts
	@SOLTI_FAULTS=every cargo test --locked --quiet --lib engine::tests::killed

.PHONY: bench
bench: build ## what a run without changes costs, beside bare ssh (HOSTS=10 ROUNDS=5)
	@testbed/bench/run.sh

.PHONY: bench-fleet
bench-fleet: build ## the same for a fleet, with few open files, and from far away (HOSTS=500 FORKS=20 ROUNDS=3)
	@testbed/bench/fleet.sh

.PHONY: bench-large
bench-large: build ## how long a large inventory takes to load and resolve (HOSTS=1000 ROUNDS=5)
	@testbed/bench/large.sh

.PHONY: build
build: ## the program, as target/release/solti
	@testbed/setup.sh hosts
	@cargo build --locked --release --quiet

.PHONY: images
images: ## the images that throwaway hosts boot from
	@testbed/images/host.sh trixie >/dev/null
	@testbed/images/host.sh bookworm >/dev/null

.PHONY: standins
standins: ## what plays InfluxDB, Loki, Telegraf, Alloy and Grafana on throwaway hosts
	@testbed/standins/build.sh

.PHONY: clean
clean: ## remove what was built, the images, and hosts that a killed run left behind
	@cargo clean --quiet
	@if { command -v podman || command -v docker; } >/dev/null; then testbed/hosts.sh gc && testbed/images/host.sh --remove; fi
