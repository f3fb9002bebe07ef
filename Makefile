# Two commands matter: `make run` and `make test`. The rest is for those who work on Ella.
.DEFAULT_GOAL := help
.PHONY: help run talk test fmt sql openapi settings model bench recovery score soak clean-setup

TARGET = $${CARGO_TARGET_DIR:-target}

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: ## Install what is missing, build, and serve (settings: README.md)
	@sh setup/install.sh run
	@cargo build --release --locked --package ella
	@exec "$(TARGET)/release/ella" serve

talk: ## Talk with Zoe in this terminal, through a server that is running
	@sh setup/install.sh run
	@cargo build --release --locked --package ella
	@exec "$(TARGET)/release/ella" talk

test: ## Install what is missing, then run every check and test
	@sh setup/install.sh test
	@sh setup/python.sh clients
	@sh setup/python.sh storage
	@sh setup/check.sh

# Not crates/sql: it stays as it was generated.
fmt: ## Format what people write
	@cargo fmt $(FMT) -p ella -p ella-bench -p ella-keeper -p ella-llm -p ella-test-support

sql: ## Generate crates/sql again from queries/
	UPDATE_SQL=1 cargo test --locked --package ella --test it generated_sql

openapi: ## Write openapi.json again
	cargo run --locked --package ella -- openapi > openapi.json.new
	mv openapi.json.new openapi.json

settings: ## Write the README's table of settings again
	UPDATE_README=1 cargo test --locked --package ella --test it readme::

model: ## Serve a small real model on this machine, for ELLA_LLM
	@sh setup/model.sh serve

# The bench is built by itself: its tokio can stop the clock, and Ella's need not.
bench: ## Measure everything, and write bench/REPORT.md (about half an hour; FULL=1 adds 10,000,000 messages)
	@sh setup/install.sh run
	@cargo build --release --locked --package ella
	@cargo build --release --locked --package ella-bench
	@ella="$(TARGET)/release/ella"; for what in \
		head "trap $$ella 100 101 1000 5000" "waiting $$ella 100 101 1000 5000 10000" "latency $$ella" "start $$ella" "stability $$ella" \
		"concurrency $$ella" "small $$ella" "space $$ella" "plan $$ella" \
		"growth $$ella 10000 100000 1000000 $(if $(FULL),10000000)" "limit $$ella" "streaming $$ella" "cost $$ella" worth; do \
		"$(TARGET)/release/ella-bench" --report bench/REPORT.md $$what || exit 1; \
	done

recovery: ## Walk through every disaster with a clock, and write that part of bench/REPORT.md (SIZES="50 500 2000", in MB)
	@sh setup/install.sh test
	@sh setup/python.sh storage
	@cargo build --release --locked --package ella
	@cargo build --release --locked --package ella-bench
	@"$(TARGET)/release/ella-bench" --report bench/REPORT.md recovery "$(TARGET)/release/ella" $(SIZES)

score: ## Compare corrections with a teacher's: of PROVIDER (as in ELLA_LLM), else of scripted ones and the local model
	@sh setup/install.sh run
	@cargo build --release --locked --package ella
	@cargo build --release --locked --package ella-bench
	@bench="$(TARGET)/release/ella-bench"; ella="$(TARGET)/release/ella"; export bench ella; \
	if [ -n "$${PROVIDER:-}" ]; then \
		"$$bench" score "$$ella" "$$PROVIDER"; \
	else \
		sh setup/model.sh run sh -c '"$$bench" --report bench/REPORT.md score "$$ella" \
			"perfect silent eager $${ELLA_TEST_MODEL:+openai:smollm2@$$ELLA_TEST_MODEL}"'; \
	fi

soak: ## Let students talk while processes die, and check that nothing is lost (MINUTES=10 SEED=1)
	@sh setup/install.sh run
	@cargo build --release --locked --package ella
	@cargo build --release --locked --package ella-bench
	@"$(TARGET)/release/ella-bench" soak "$(TARGET)/release/ella" $(or $(MINUTES),10) $(or $(SEED),1)

clean-setup: ## Remove what the test set-up put into .setup/
	rm -rf .setup
