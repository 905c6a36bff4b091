# The commands of this repository. Plain make prints them.

export CGO_ENABLED = 0

GO       ?= go
TOOL      = $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 10s
COUNT    ?= 20
# Any change since the last tag makes a higher version: 1.2.3+4.gabcdef for v1.2.3-4-gabcdef.
VERSION  ?= $(or $(shell git describe --tags --match 'v[0-9]*' 2>/dev/null | sed 's/^v//; s/-/+/; s/-/./g'),0.1.0)
ARCHS     = amd64 arm64
FORMATS   = deb rpm

# The same commit gives the same packages.
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)

.PHONY: help build check test race lint fuzz bench peers soak e2e package clean

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

build: ## the binary for this machine, as ./auditpy
	$(GO) build -trimpath -o auditpy ./cmd/auditpy

check: ## what every commit must pass: format, vet, staticcheck, tests, tidy go.mod
	@out=$$(gofmt -l .) && if [ -n "$$out" ]; then echo "gofmt -w these:" $$out >&2; exit 1; fi
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) test ./...
	$(GO) mod tidy -diff

test: ## the tests
	$(GO) test ./...

race: ## the tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./...

lint: ## golangci-lint where it is installed, else staticcheck alone
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; else \
		echo "lint: golangci-lint is not installed: only staticcheck runs" >&2; $(TOOL) staticcheck ./...; fi

fuzz: ## each fuzz target for FUZZTIME (10s), one after another
	FUZZTIME=$(FUZZTIME) .ci/fuzz

bench: ## the benchmarks
	$(GO) test -run '^$$' -bench . ./...

peers: ## auditpy beside LAUREL, go-libaudit and ausearch on LOG (as root without LOG: one of its own)
	.ci/bench $(LOG)

soak: ## the tests under the race detector COUNT (20) times, in random order; then the faults of a night, one at a time
	CGO_ENABLED=1 $(GO) test -race -count $(COUNT) -shuffle on -timeout 2h ./...
	AUDITPY_SOAK=1 $(GO) test -count=1 -p 1 -timeout 3h -run '^Test(I|E)[0-9]' -v ./internal/source ./cmd/auditpy ./correlate/assemble ./internal/agent

e2e: ## the agent beside a real auditd and a real rsyslogd (as root)
	.ci/e2e

package: $(foreach a,$(ARCHS),dist/$a/auditpy dist/$a/40-auditpy.rules) dist/auditpy.8.gz ## deb and rpm for amd64 and arm64, in dist/
	@for a in $(ARCHS); do for f in $(FORMATS); do \
		ARCH=$$a VERSION=$(VERSION) $(TOOL) nfpm package -f packaging/nfpm.yaml -p $$f -t dist/ || exit 1; \
	done; done

# Always: go build knows best what is out of date. (A pattern rule is not used for a .PHONY target.)
dist/%/auditpy: FORCE
	GOOS=linux GOARCH=$* $(GO) build -trimpath -ldflags=-s -o $@ ./cmd/auditpy

# auditctl stops at the first rule it does not know, and socketcall is no system call of arm.
dist/amd64/40-auditpy.rules: packaging/audit.rules.d/40-auditpy.rules packaging/audit.rules.d/ia32.rules
	@mkdir -p $(@D)
	cat $^ > $@

dist/arm64/40-auditpy.rules: packaging/audit.rules.d/40-auditpy.rules
	@mkdir -p $(@D)
	cat $^ > $@

dist/auditpy.8.gz: packaging/man/auditpy.8
	@mkdir -p $(@D)
	gzip -9nc $< > $@

FORCE:

clean: ## what was built
	rm -rf dist auditpy
