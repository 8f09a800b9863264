# `make` lists the targets. Only a Swift toolchain has to be there; on Debian and its like the rest is installed when it
# is missing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help demo test compatibility build profile lint format tsan bench score swift openssl

# For `relay demo`: --exit ends it after its script, --port N takes another port than 8000.
DEMO_FLAGS ?=
# What `make profile` found, and `make build` optimises by.
PROFILE := Benchmarks/relay.profdata
# For Benchmarks/run: see Benchmarks/README.md.
BENCH_FLAGS ?=
# For `make score`: the folder of the scoring scripts.
SCORING ?=

SOURCES := Sources Tests Package.swift

help: ## List the targets
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: swift sqlite ## See Relay at work: simulated providers, no key
	@swift build --product relay
	exec "$$(swift build --show-bin-path)/relay" demo $(DEMO_FLAGS)

test: swift sqlite openssl ## Build everything and run every test
	@swift build --build-tests --explicit-target-dependency-import-check error
	logs=$$(mktemp -d)
	trap 'rm -rf "$$logs"' EXIT
	status=0
	swift test --skip-build 2>&1 | tee "$$logs/swift" || status=1
	RELAY_BIN="$$(swift build --show-bin-path)/relay" Tests/sdk/run 2>&1 | tee "$$logs/sdk" || status=1
	awk -v status=$$status "$$COUNT" "$$logs/swift" "$$logs/sdk"

compatibility: swift sqlite ## Write the table of docs/COMPATIBILITY.md from a test run
	@RELAY_WRITE_COMPATIBILITY=1 swift test --filter CrossTableTests

# Exclusive access is checked at run time in debug builds and tests; on the byte path the checks cost a tenth of a call.
# Modules see into one another, and values are copied by code of their own instead of by what the run time knows of their types:
# another tenth. What makes up 99.9 % of the profile's counts is taken for hot: the loops over bytes alone are 90 %.
RELEASE := -c release --product relay --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked \
	-Xswiftc -cross-module-optimization -Xswiftc -Xfrontend -Xswiftc -disable-type-layout

build: swift sqlite ## Make the release binary, stripped, the Swift runtime inside: .build/release/relay
	@swift build $(RELEASE) -Xswiftc -Xfrontend -Xswiftc -ir-profile-use="$(CURDIR)/$(PROFILE)" \
		-Xswiftc -Xllvm -Xswiftc -profile-summary-cutoff-hot=999000 -Xlinker -s

# The profile is the same on every machine, and what has changed since it was taken is compiled without: once in a while
# is enough. The compiler takes code as up to date when only its profile has changed, so that what it made must go.
profile: swift sqlite ## Take anew what the release build is optimised by: which ways requests take through the program
	@toolchain=$$(dirname "$$(dirname "$$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')")")
	swift build --scratch-path .build/profile $(RELEASE) -Xswiftc -Xfrontend -Xswiftc -ir-profile-generate \
		-Xlinker -u -Xlinker __llvm_profile_runtime \
		-Xlinker "$$(ls "$$toolchain"/lib/clang/*/lib/linux/libclang_rt.profile-"$$(uname -m)".a)"
	Benchmarks/profile --relay .build/profile/release/relay --merge "$$toolchain/bin/llvm-profdata" --output $(PROFILE)
	[ ! -d .build/release ] || find .build/release/ -name '*.swift.o' -delete

lint: swift ## Check the formatting, strictly
	@swift format lint --strict -r -p $(SOURCES)

format: swift ## Format all sources in place
	@swift format -i -r -p $(SOURCES)

# Swift's Mutex waits in a runtime on Linux that the sanitizer does not see: a contended one is reported, though it
# guards. What is accessed outside of any `withLock` is what to look for.
tsan: swift sqlite ## Run the Swift tests under the thread sanitizer, in a build folder of its own
	@swift test --sanitize=thread --scratch-path .build/tsan

bench: build ## Measure beside nginx; nothing else should run on the machine
	@Benchmarks/run $(BENCH_FLAGS)

score: build ## Score context, JSON, preambles and tokens: make score SCORING=where/the/scripts/are
	@test -n "$(SCORING)" || { echo "Say where the scoring scripts are: make score SCORING=FOLDER" >&2; exit 1; }
	Benchmarks/score "$(SCORING)"

swift:
	@command -v swift >/dev/null && exit
	echo "Swift is missing: get 6.3 or later from https://www.swift.org/install and try again." >&2
	exit 1

# The store is SQLite, the system's own library.
sqlite:
	@[ -e /usr/include/sqlite3.h ] || [ "$$(uname)" = Darwin ] || $(call install,libsqlite3-dev)

# The tests make their TLS certificates with it.
openssl:
	@command -v openssl >/dev/null || $(call install,openssl)

define install
{
	command -v apt-get >/dev/null || { echo "$(1) is missing: install it and try again." >&2; exit 1; }
	sudo=; [ "$$(id -u)" -eq 0 ] || sudo=sudo
	$$sudo apt-get update -qq
	$$sudo apt-get install -y -qq --no-install-recommends $(1)
}
endef

# The runners' own counts, added up: Swift Testing's line per test and line per run, pytest's last lines. A runner that
# failed without naming a test counts as one failure.
define COUNT
$$2 == "Test" && $$3 == "run" && $$4 == "with" { total = $$5 }
$$1 == "✘" && $$2 == "Test" && $$3 != "run" && / failed after [0-9.]+ seconds( with .*)?\.$$/ { failed++ }
$$1 == "➜" && $$2 == "Test" && / skipped/ { skipped++ }
$$1 != "✘" && $$2 == "Test" && $$3 != "run" && / passed after [0-9.]+ seconds( with .*)?\.$$/ { seen++ }
/^[0-9]+ (passed|failed|skipped|error|deselected|xfailed|xpassed|warning).* in [0-9.]+s/ {
    for (place = 2; place <= NF; place++) {
        if ($$place ~ /^passed/) sdkPassed += $$(place - 1)
        if ($$place ~ /^(failed|errors?)/) sdkFailed += $$(place - 1)
    }
}
END {
    passed = (total ? total - failed - skipped : seen) + sdkPassed
    failed += sdkFailed
    if (!failed && (status || !passed)) failed = 1
    printf "%d passed, %d failed\n", passed, failed
    exit failed > 0
}
endef
export COUNT
