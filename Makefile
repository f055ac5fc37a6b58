# make build      bin/grue
# make demo       deploy a sample service twice, under load
# make unicornwatch  examples/unicornwatch: five services, good and bad versions, under load; KEEP=1 leaves it running
# make test       format, vet, staticcheck, all tests with the race detector
# make test-all   the same and the slow suites: tests named TestSlow…, build tag slow
# make test-slow  these alone: make test-slow SLOW=./test/crash
# make sim        many simulated worlds on all cores: make sim SEEDS=1000000 FROM=0
# make bench      the numbers of docs/benchmarks.md
# make clean      stop the demo and delete what was built

GO          ?= go
GOFUMPT     ?= $(GO) run mvdan.cc/gofumpt@v0.12.0
STATICCHECK ?= $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
PARALLEL    ?= 2
TIMEOUT     ?= 15m
SEEDS       ?= 1000000
FROM        ?= 0
SLOW        ?= $(shell grep -rl --include='*_test.go' '^//go:build slow' internal test | xargs -n1 dirname | sort -u | sed 's|^|./|')

# The race detector needs cgo; grue itself does not.
GOTEST = $(if $(shell command -v $${CC:-cc} 2>/dev/null),CGO_ENABLED=1 $(GO) test -race,$(GO) test)

# Where need-test could not install boto3, or an AWS CLI of today, tests with it are skipped, and only there.
NOBOTO3 = env $$(./.ci/need boto3 || echo GRUE_NO_BOTO3=boto3_cannot_be_installed_here) \
	$$(./.ci/need awscli || echo GRUE_NO_AWSCLI=an_AWS_CLI_of_today_cannot_be_installed_here)

# The embedded runtime needs root; Go does not, and sudo may not know it.
SUDO := $(shell [ "$$(uname -s)" = Linux ] && [ "$$(id -u)" != 0 ] && command -v sudo)

.PHONY: build helper sample test test-all test-slow lint go-test sim bench demo unicornwatch clean need-run need-cli need-test need-bench

build: helper
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/grue ./cmd/grue

# The supervisor of tasks, embedded in grue: a program of its own starts ten times faster.
helper:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o internal/runtime/oci/shimbinary/bin/grue-shim ./cmd/grue-shim

test: need-test lint go-test

# Tests share addresses and namespaces of one machine: few packages at a time.
go-test: build
	$(NOBOTO3) $(GOTEST) -p $(PARALLEL) -timeout $(TIMEOUT) ./...

test-all: test test-slow

test-slow: build
	@./.ci/need slow
	$(NOBOTO3) $(GOTEST) -tags slow -run '^TestSlow' -p 1 -timeout 25m $(SLOW)

lint:
	@out=$$($(GOFUMPT) -l .); if [ -n "$$out" ]; then echo "not formatted with gofumpt:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(STATICCHECK) ./...

# Prints progress, how many worlds and deployments a second, what was reached, and the story of each failure.
sim:
	$(GO) test -count=1 -timeout 0 -v -run '^TestSeeds$$' ./internal/sim -seeds $(SEEDS) -from $(FROM)

# One package after the other: each wants the machine for itself.
bench: build need-bench
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 1x -timeout 60m ./test/bench/...
	$(GO) test -run '^$$' -bench '^BenchmarkStart$$' -benchtime 1x ./internal/runtime/oci

demo: need-run build sample
	$(SUDO) ./bin/grue demo --sample bin/sample

sample:
	CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -ldflags '-s -w' -o bin/sample ./examples/sample

unicornwatch: need-cli build
	CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -ldflags '-s -w' -o bin/unicorns/ ./examples/unicornwatch/...
	$(SUDO) env KEEP=$(KEEP) ./bin/unicorns/watch -bin bin/unicorns

clean:
	@if [ -x bin/grue ] && [ -d .grue ]; then $(SUDO) ./bin/grue down --data .grue --purge; fi
	@if [ -x bin/grue ] && [ -d .unicornwatch ]; then $(SUDO) ./bin/grue down --data .unicornwatch/grue --purge; $(SUDO) rm -rf .unicornwatch; fi
	rm -rf bin

need-run:
	@$(SUDO) ./.ci/need run

need-cli:
	@$(SUDO) ./.ci/need cli

need-bench:
	@./.ci/need bench

need-test:
	@./.ci/need test
