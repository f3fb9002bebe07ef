#!/bin/sh
# Every check and test there is. Closes with one line, "N passed, N failed", summed over all test programs.
set -eu
cd "$(dirname "$0")/.."
say() { printf '\n== %s\n' "$*"; }

# What the set-up unpacked is found like anything that is installed.
PATH=$PATH:/usr/sbin:$PWD/.setup/debian/usr/sbin:$PWD/.setup/debian/usr/bin
export PATH

say "formatting"
make --no-print-directory fmt FMT=--check

say "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

if cargo deny --version >/dev/null 2>&1; then
    say "licences, bans and sources of what we depend on"
    cargo deny --locked check bans licenses sources
else
    say "cargo-deny is not installed: licences, bans and sources are not checked"
fi

say "tests"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
# They take a few minutes once they are built. A test that hangs is to be named, not waited for.
minutes=50
# With a small real model beside them, where the script for it is there.
run=
[ ! -f setup/model.sh ] || run="sh setup/model.sh run"
# shellcheck disable=SC2086 # words, or none
{ timeout --kill-after=30 "$minutes"m $run cargo test --workspace --locked --no-fail-fast 2>&1 &&
    echo 0 >"$results/code" || echo $? >"$results/code"; } | tee "$results/log"

say "result"
if [ "$(cat "$results/code")" = 124 ]; then
    echo "The tests were ended after $minutes minutes. These had begun more than a minute before, and had not ended:"
    awk '/ has been running for over / { slow[$2] = 1 } /^test .* \.\.\. / { delete slow[$2] }
        END { for (name in slow) print "  " name }' "$results/log"
fi
awk '/^test result:/ { passed += $4; failed += $6; skipped += $8 }
    END { printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : "" }' "$results/log"
exit "$(cat "$results/code")"
