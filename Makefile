# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make demo       a real WireGuard tunnel over three links that come and go, with both pages to look at; forty seconds once built
#   make test       every test, as CI runs them
#   make bench-quick  what the requirements are stated on, measured in under two minutes; needs root
#   make bench      the whole matrix; about an hour
#   make bench-micro  the pure parts, against thresholds on counts
#   make build      both programs, optimised, in .build/release
#   make install    both programs and their systemd units below $(DESTDIR)$(PREFIX)
#   make deps       installs what is missing of the packages below; the targets above call it
#   make clean      removes what was built

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
STRIP ?= strip
DEMO ?=
BENCH ?=

# One set of flags for every optimised build, so that nothing is built twice.
release = -c release --static-swift-stdlib
bin = $$($(SWIFT) build $(release) --show-bin-path)

.PHONY: help demo test bench bench-quick bench-micro bench-build build install deps build-deps lab-deps swift clean
help:
	@sed -n 's/^#   //p' Makefile

demo: swift deps
	$(SWIFT) build $(release) --product engarde-demo
	@"$(bin)/engarde-demo" $(DEMO)

# What measures comes last and alone: other tests would only make it wait for a processor. It runs the programs as they
# ship.
test: swift deps build
	$(SWIFT) test --skip IntegrationTests
	ENGARDE_PROGRAMS="$(bin)" $(SWIFT) test --skip-build --filter IntegrationTests
	$(SWIFT) test --package-path Benchmarks

# Benchmarks/README.md says what is measured, and how.
bench-build: swift deps
	$(SWIFT) build $(release) --package-path Benchmarks --product engarde-bench

bench_bin = $$($(SWIFT) build $(release) --package-path Benchmarks --show-bin-path)

bench: bench-build
	@"$(bench_bin)/engarde-bench" $(BENCH)

bench-quick: bench-build
	@"$(bench_bin)/engarde-bench" --quick $(BENCH)

bench-micro: swift build-deps
	cd Benchmarks/Micro && $(SWIFT) package --disable-sandbox benchmark thresholds check --no-progress --path Thresholds

build: swift build-deps
	$(SWIFT) build $(release) --product engarde-client
	$(SWIFT) build $(release) --product engarde-server

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	for name in engarde-client engarde-server; do \
		install -m 755 "$(bin)/$$name" "$(DESTDIR)$(PREFIX)/bin/$$name" && \
		$(STRIP) "$(DESTDIR)$(PREFIX)/bin/$$name" && \
		sed 's|@PREFIX@|$(PREFIX)|' "Documentation/systemd/$$name.service" \
			> "$(DESTDIR)$(PREFIX)/lib/systemd/system/$$name.service" && \
		chmod 644 "$(DESTDIR)$(PREFIX)/lib/systemd/system/$$name.service" || exit 1; \
	done

# What a build needs, and what tests and demo start besides.
build-deps:
	@.ci/install-missing build
deps:
	@.ci/install-missing build laboratory

swift:
	@command -v $(SWIFT) > /dev/null || { \
		echo "engarde is built with Swift 6.3 or newer, and no 'swift' is in PATH: https://www.swift.org/install/linux/" >&2; \
		exit 1; }

clean:
	rm -rf .build Benchmarks/.build Benchmarks/Micro/.build
