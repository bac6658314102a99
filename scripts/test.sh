#!/usr/bin/env bash
# `make test`: everything CI runs, on stacks of its own beside whatever else runs here. Every step
# that can run does, also after a failure, so that one run shows all there is to mend. It ends with a
# table of the steps and, alone on the last line, the number of tests that passed and failed.
#   scripts/test.sh          all of it
#   scripts/test.sh quick    without the release build and the end-to-end stories
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
export LOGS=$ROOT/var/log/test
STARTED=$SECONDS
rm -f "$LOGS/counts"

"$ROOT/scripts/toolchain.sh" test
# What was installed just now may change where programs are found.
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"
claim_target

# --- steps and what became of them ----------------------------------------------------------------

NAMES=() TIMES=() RESULTS=()

record() { NAMES+=("$1"); TIMES+=("$2"); RESULTS+=("$3"); }

# check NAME COMMAND…: runs it as a step and writes down how it ended.
check() {
  local name=$1 started=$SECONDS result=passed; shift
  step "$name" "$@" || result=failed
  record "$name" $((SECONDS - started)) "$result"
  [ $result = passed ]
}

# The log of a step, as `step` names it.
log_of() { printf '%s/%s.log' "$LOGS" "$(printf '%s' "$1" | tr -c 'a-zA-Z0-9\n' '-')"; }

# --- what is checked ------------------------------------------------------------------------------

lock_file_is_current() { cargo metadata --locked --format-version 1 >/dev/null; }

scripts_are_sound() { shellcheck -x scripts/*.sh scripts/lib/*.sh .ci/run; }

documentation() { RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps; }

# Not `advisories`: its database is fetched from GitHub, which not every machine reaches.
dependencies() { cargo deny --log-level error check bans licenses sources; }

# Tests that are left out were left out on purpose; a suite without any test is a mistake.
rust_tests() {
  local environment
  environment=$(scripts/stack.sh env test) || return
  (eval "$environment" && cargo nextest run --no-fail-fast --no-tests fail)
}

documentation_examples() { cargo test --doc --quiet; }

stories_compile() { scripts/e2e.sh --packages && (cd end2end && npx --no-install tsc); }

PASSED=0 FAILED=0

# count PASSED FAILED: adds a suite's tests. One that broke before it could say so is one failure.
count() {
  if [ -z "${1:-}" ] || [ $((${1} + ${2})) = 0 ]; then FAILED=$((FAILED + 1))
  else PASSED=$((PASSED + $1)) FAILED=$((FAILED + $2)); fi
}

# nextest's last line: `Summary [ 1.2s] 12 tests run: 10 passed (1 slow), 2 failed, 1 skipped`.
count_rust_tests() {
  local line run passed
  line=$(sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E '^ *Summary \[' | tail -n 1 || true)
  run=$(grep -oE '[0-9]+(/[0-9]+)? tests? run' <<<"$line" | grep -oE '^[0-9]+' || true)
  passed=$(grep -oE '[0-9]+ passed' <<<"$line" | grep -oE '^[0-9]+' || true)
  if [ -n "$run" ]; then count "${passed:-0}" $((run - ${passed:-0})); else count; fi
}

# `test result: ok. 3 passed; 0 failed; …`, once for each crate. There may be no example at all.
count_examples() {
  local passed failed
  passed=$(grep -oE '^test result: .* [0-9]+ passed' "$1" | grep -oE '[0-9]+ passed' | awk '{ n += $1 } END { print n + 0 }')
  failed=$(grep -oE '[0-9]+ failed;' "$1" | awk '{ n += $1 } END { print n + 0 }')
  if [ $((passed + failed)) -gt 0 ]; then count "$passed" "$failed"; fi
}

count_stories() {
  local numbers
  numbers=$(node -e '
    const { stats } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    console.log(stats.expected, stats.unexpected + stats.flaky);' "$1" 2>/dev/null) || numbers=''
  # shellcheck disable=SC2086 # two numbers, or none
  count $numbers
}

# --- the run --------------------------------------------------------------------------------------

# A stack that someone else runs under this name is used and left running.
STACK_IS_OURS=
# Read whole first: a `grep -q` that has seen enough would break the pipe and count as "runs".
stack_status=$(scripts/stack.sh status test || true)
if grep -q 'does not run' <<<"$stack_status"; then STACK_IS_OURS=1; fi
end_stack() { [ -z "$STACK_IS_OURS" ] || scripts/stack.sh stop test >/dev/null; }
trap end_stack EXIT

check "formatting" cargo fmt --all --check -- --color never || true
check "lock file is current" lock_file_is_current || true
check "scripts" scripts_are_sound || true
check "clippy, server" cargo clippy --all-targets -- -D warnings || true
check "clippy, browser" cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings || true
check "documentation" documentation || true
check "licences, bans, sources" dependencies || true
check "unused dependencies" cargo machete --skip-target-dir . || true
check "boundaries" scripts/check-boundaries.sh || true

[ -z "$STACK_IS_OURS" ] || scripts/stack.sh reset test >/dev/null
if check "test stack" scripts/stack.sh start test; then
  check "unit and integration tests" rust_tests || true
  count_rust_tests "$(log_of "unit and integration tests")"
  check "the API and its document" scripts/api.sh || true
else
  record "unit and integration tests" 0 "could not run"
  count
fi
check "documentation examples" documentation_examples || true
count_examples "$(log_of "documentation examples")"

if [ "${1:-}" != quick ]; then
  check "types of the stories" stories_compile || true
  rm -f var/e2e/playwright/report.json
  if check "release build" scripts/build.sh; then
    check "end-to-end stories" scripts/e2e.sh || true
    count_stories var/e2e/playwright/report.json
  else
    record "end-to-end stories" 0 "could not run"
    count
  fi
fi

# --- the summary ----------------------------------------------------------------------------------

say ""
BROKEN=0
for i in "${!NAMES[@]}"; do
  printf '  %-32s %6s s   %s\n' "${NAMES[i]}" "${TIMES[i]}" "${RESULTS[i]}"
  [ "${RESULTS[i]}" = passed ] || BROKEN=$((BROKEN + 1))
done
say ""
say "  ${#NAMES[@]} steps in $((SECONDS - STARTED)) s, $BROKEN of them failed; logs in ${LOGS#"$ROOT/"}/"
say ""
say "$PASSED passed, $FAILED failed" | tee "$LOGS/counts"
[ $BROKEN = 0 ] && [ $FAILED = 0 ] && [ $PASSED -gt 0 ]
