# The commands of this repository. Plain make prints them.

export CGO_ENABLED = 0

GO       ?= go
TOOL      = $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 10s
COUNT    ?= 20
SOAK     ?= 60s
PAIRS    ?= 22000000
SEED     ?= 1
# Any change since the last tag makes a higher version: 1.2.3+4.gabcdef for v1.2.3-4-gabcdef.
VERSION  ?= $(or $(shell git describe --tags --match 'v[0-9]*' 2>/dev/null | sed 's/^v//; s/-/+/; s/-/./g'),0.1.0)
ARCHS     = amd64 arm64
FORMATS   = deb rpm

# The same commit gives the same packages.
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)

.PHONY: help build check test race lint fuzz regexdiff bench peers soak stress vuln e2e zoo package release clean

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

regexdiff: ## PAIRS (22 million) random expressions and subjects, each answer beside libpcre2 10.42's; SEED (1)
	AUDITPY_REGEX_PAIRS=$(PAIRS) AUDITPY_REGEX_SEED=$(SEED) $(GO) test -count=1 -timeout 2h -run '^TestOracle$$' -v ./rules/regex

bench: ## the benchmarks
	$(GO) test -run '^$$' -bench . ./...

peers: ## auditpy beside LAUREL, go-libaudit and ausearch on LOG (as root without LOG: one of its own)
	.ci/bench $(LOG)

soak: ## the agent for SOAK (60s) at 10,000 events a second: memory, descriptors, goroutines; then the faults of a night (as root: beside a real auditd and rsyslogd too)
	AUDITPY_SOAK=$(SOAK) $(GO) test -count=1 -v -run '^TestSoak$$' -timeout 2h ./internal/agent
	AUDITPY_SOAK=1 $(GO) test -count=1 -p 1 -timeout 3h -run '^Test((I|E|H)[0-9]|KilledAnywhere)' -v ./internal/source ./cmd/auditpy ./correlate/assemble ./internal/agent ./internal/sink
	[ "$$(id -u)" != 0 ] || AUDITPY_SOAK=1 .ci/e2e -v -run '^TestEverythingAtOnce$$'

stress: ## the tests under the race detector COUNT (20) times, in random order
	CGO_ENABLED=1 $(GO) test -race -count $(COUNT) -shuffle on -timeout 2h ./...

vuln: ## known vulnerabilities in what the product is built of (asks vuln.go.dev)
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...

e2e: ## the agent beside a real auditd and a real rsyslogd (as root)
	.ci/e2e

zoo: ## record attacks and ordinary work on the real kernel anew (as root; needs many interpreters)
	AUDITPY_ZOO=$(CURDIR)/rules/builtin/testdata/zoo/capture.log.gz .ci/e2e -run 'TestZoo$$' -v

package: $(foreach a,$(ARCHS),dist/$a/auditpy $(foreach r,40-auditpy tier1 tier3,dist/$a/$r.rules)) dist/auditpy.8.gz dist/completions/auditpy.bash ## deb and rpm for amd64 and arm64, in dist/
	@for a in $(ARCHS); do for f in $(FORMATS); do \
		ARCH=$$a VERSION=$(VERSION) $(TOOL) nfpm package -f packaging/nfpm.yaml -p $$f -t dist/ || exit 1; \
	done; done

release: ## make package anew, with a bill of materials of each binary (CycloneDX) and checksums of all, in dist/
	@rm -rf dist
	@$(MAKE) -s package
	@for a in $(ARCHS); do $(GO) run -C tools ./sbom -version $(VERSION) -time $(SOURCE_DATE_EPOCH) $(CURDIR)/dist/$$a/auditpy > dist/auditpy_$(VERSION)_$$a.cdx.json || exit 1; done
	@cd dist && sha256sum *.deb *.rpm *.json > SHA256SUMS && cat SHA256SUMS

# Always: go build knows best what is out of date. (A pattern rule is not used for a .PHONY target.)
dist/%/auditpy: FORCE
	GOOS=linux GOARCH=$* $(GO) build -trimpath -ldflags=-s -o $@ ./cmd/auditpy

# auditctl stops at the first rule it does not know, and socketcall and dup2 are no system calls of arm.
AUDIT_RULES = packaging/audit.rules.d
dist/amd64/40-auditpy.rules: $(AUDIT_RULES)/40-auditpy.rules $(AUDIT_RULES)/ia32.rules
dist/amd64/tier1.rules: $(AUDIT_RULES)/tier1.rules
dist/amd64/tier3.rules: $(AUDIT_RULES)/tier3.rules $(AUDIT_RULES)/ia32.rules $(AUDIT_RULES)/x86_64-tier3.rules
dist/arm64/%.rules: $(AUDIT_RULES)/%.rules
	@mkdir -p $(@D)
	cat $^ > $@

dist/amd64/%.rules:
	@mkdir -p $(@D)
	cat $^ > $@

dist/auditpy.8.gz: packaging/man/auditpy.8
	@mkdir -p $(@D)
	gzip -9nc $< > $@

# By the program itself, as this machine runs it.
dist/completions/auditpy.bash: FORCE
	@mkdir -p $(@D)
	$(GO) build -trimpath -o dist/completions/auditpy ./cmd/auditpy
	@for s in bash:auditpy.bash zsh:_auditpy fish:auditpy.fish; do dist/completions/auditpy completion $${s%:*} > $(@D)/$${s#*:} || exit 1; done
	@rm dist/completions/auditpy

FORCE:

clean: ## what was built
	rm -rf dist auditpy
