# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make demo       a real WireGuard tunnel over three links that come and go, with both pages to look at; forty seconds once built
#   make test       every test, as CI runs them; none depends on how fast the machine is
#   make test-timing  the tests that measure time, for a machine with nothing else to do
#   make test-kernels  Debian's kernels booted in an emulator, with their own WireGuard, and both engines tried on each; a quarter
#                   of an hour. QUICK=1: starts and stops alone, three minutes. KERNELS: see Tests/Kernels/run
#   make bench-quick  what the requirements are stated on, measured in under two minutes; needs root
#   make bench      the whole matrix; about an hour
#   make bench-micro  the pure parts, against thresholds on counts
#   make fuzz       strangers' bytes against slow reference models, FUZZ_SECONDS each (60)
#   make lint       says where Swift is not formatted as .swift-format wants it; LINT=--strict: and fails for it
#   make format     formats it so
#   make build      the program, optimised, in .build/release, with links to it by the names of client and server
#   make install    the program, its links, manual, completions and systemd units below $(DESTDIR)$(PREFIX)
#   make man        manual pages and completions, in .build/manual
#   make deb        a Debian package, in .build/packages
#   make tarball    an archive of what is installed, and its checksum, in .build/packages
#   make test-machines  two booted Debian machines set up with that package by engarde's own commands; a few minutes, and needs
#                   root. QUICK=1: one minute
#   make deps       installs what is missing of the packages below; the targets above call it
#   make screenshots  pictures of both pages while the demo runs, in Documentation/pictures; needs Chromium and selenium
#   make clean      removes what was built

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
STRIP ?= strip
DEMO ?=
BENCH ?=
TEST_GROUPS ?=
FUZZ_SECONDS ?= 60
LINT ?=

# What keeps the program small: each file says why. Relative relocations are packed, as glibc 2.36 and newer read them.
link = -Xswiftc -use-ld=lld -Xlinker --icf=safe \
	-Xlinker "--version-script=$(CURDIR)/packaging/link/hidden-symbols.version" \
	-Xlinker -T -Xlinker "$(CURDIR)/packaging/link/dropped-sections.ld" -Xlinker --no-eh-frame-hdr \
	-Xlinker -z -Xlinker pack-relative-relocs
# One set of flags for every optimised build, so that nothing is built twice.
release = -c release --static-swift-stdlib $(link)
bin = $$($(SWIFT) build $(release) --show-bin-path)

.PHONY: help demo screenshots test test-timing test-kernels test-machines man completions deb tarball bench bench-quick \
	bench-micro bench-build fuzz lint format build install deps build-deps lab-deps swift clean
help:
	@sed -n 's/^#   //p' Makefile

demo: swift deps
	$(SWIFT) build $(release) --product engarde-demo
	@"$(bin)/engarde-demo" $(DEMO)

screenshots: swift deps
	$(SWIFT) build $(release) --product engarde-demo
	@/usr/bin/python3 Tests/WebManagerTests/Page/screenshots.py "$(bin)" Documentation/pictures

# .ci/test-groups lists the groups; TEST_GROUPS names some of them in place of all.
test: swift deps build
	@ENGARDE_PROGRAMS="$(bin)" SWIFT="$(SWIFT)" .ci/test-groups $(TEST_GROUPS)

# Says nothing on a machine that is busy with other work, and prints how busy it was.
test-timing: swift deps build
	@ENGARDE_PROGRAMS="$(bin)" SWIFT="$(SWIFT)" .ci/test-groups timing bench-timing

test-kernels: swift deps build
	$(SWIFT) build $(release) --product engarde-demo
	$(SWIFT) build $(release) --product engarde-trial
	@Tests/Kernels/run "$(bin)"

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

# The canary is a fault the fuzzer must find, or else it is of no use.
fuzz: swift build-deps
	cd Tests/Fuzzing && $(SWIFT) build
	@cd Tests/Fuzzing && mkdir -p .build/findings && \
	export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=symbolize=0 && \
	if ENGARDE_FUZZ_CANARY=1 .build/debug/fuzz-wire -max_len=256 -max_total_time=60 \
		-artifact_prefix=.build/findings/canary- > .build/findings/canary.log 2>&1; then \
		echo "the fuzzer does not find its canary" >&2; exit 1; fi && \
	for name in wire window sessions; do \
		.build/debug/fuzz-$$name -max_len=4096 -len_control=0 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
			-artifact_prefix=.build/findings/$$name- || exit 1; done

# The toolchain's own formatter, which needs no build.
formatted = Sources Tests Benchmarks/Sources Benchmarks/Tests Plugins Package.swift Benchmarks/Package.swift
lint: swift
	@$(SWIFT) format lint --parallel --recursive $(LINT) $(formatted)

format: swift
	@$(SWIFT) format --in-place --parallel --recursive $(formatted)

build: swift build-deps
	$(SWIFT) build $(release) --product engarde
	@for name in engarde-client engarde-server; do ln -sf engarde "$(bin)/$$name" || exit 1; done

# Manual pages and completions are made from the program's own definitions.
man completions: build
	@SWIFT="$(SWIFT)" packaging/man/build "$(bin)/engarde" .build/manual

share = $(DESTDIR)$(PREFIX)/share
units = $(DESTDIR)$(PREFIX)/lib/systemd/system
install: build man
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(units)" "$(share)/man/man1" "$(share)/bash-completion/completions" \
		"$(share)/zsh/site-functions" "$(share)/fish/vendor_completions.d" "$(share)/engarde" "$(share)/doc/engarde"
	install -m 755 "$(bin)/engarde" "$(DESTDIR)$(PREFIX)/bin/engarde"
	$(STRIP) "$(DESTDIR)$(PREFIX)/bin/engarde"
	for name in engarde-client engarde-server; do ln -sf engarde "$(DESTDIR)$(PREFIX)/bin/$$name" || exit 1; done
	for unit in packaging/systemd/*.service; do \
		sed 's|@PREFIX@|$(PREFIX)|g' "$$unit" > "$(units)/$${unit##*/}" && chmod 644 "$(units)/$${unit##*/}" || exit 1; \
	done
	install -m 644 .build/manual/man/*.1 "$(share)/man/man1/"
	install -m 644 .build/manual/bash/* "$(share)/bash-completion/completions/"
	install -m 644 .build/manual/zsh/* "$(share)/zsh/site-functions/"
	install -m 644 .build/manual/fish/* "$(share)/fish/vendor_completions.d/"
	install -m 644 README.md Documentation/*.md "$(share)/doc/engarde/"
	install -m 644 packaging/grafana/engarde.json "$(share)/engarde/grafana-dashboard.json"
	install -m 644 packaging/prometheus/engarde.rules.yml packaging/docker/seccomp.json "$(share)/engarde/"
	sed "s|^  version: .*|  version: \"$$("$(bin)/engarde" --version | cut -d' ' -f2)\"|" Documentation/openapi.yaml \
		> "$(share)/engarde/openapi.yaml"
	chmod 644 "$(share)/engarde/openapi.yaml"

# The same commit makes the same files.
packaged = SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2> /dev/null || date +%s)}"
tree = .build/packages/tree
deb: swift
	@.ci/install-missing build packages
	@rm -rf $(tree)
	@$(packaged) $(MAKE) --no-print-directory install PREFIX=/usr DESTDIR="$(CURDIR)/$(tree)"
	@$(packaged) packaging/deb/build $(tree) .build/packages

tarball: swift
	@rm -rf $(tree)
	@$(packaged) $(MAKE) --no-print-directory install PREFIX=/usr/local DESTDIR="$(CURDIR)/$(tree)"
	@$(packaged) packaging/tarball $(tree)/usr/local .build/packages

test-machines: deps deb
	@Tests/Machines/run "$$(ls -t .build/packages/engarde_*.deb | head -n 1)"

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
	rm -rf .build Benchmarks/.build Benchmarks/Micro/.build Tests/Fuzzing/.build
