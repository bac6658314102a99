#!/usr/bin/env bash
# `make storm`: many buy while every process and database is killed, and a checker holds the four promises against
# what is written down. `make test` has one such storm; this makes as many as wanted, each in a process of its own,
# and goes on after one that finds something. What a seed found stands in var/log/storm/.
#   scripts/storm.sh                 three of them, and the planted bugs
#   SEEDS=1000 scripts/storm.sh      a thousand
#   SEED=7 SEEDS=1 scripts/storm.sh  that one
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
export LOGS=$ROOT/var/log/storm
FIRST=${SEED:-1} COUNT=${SEEDS:-3}
STORM=tempest::whatever_is_killed_the_four_promises_are_kept

"$ROOT/scripts/toolchain.sh" test
# What was installed just now may change where programs are found.
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT"
claim_target

# A stack that someone else runs under this name is used and left running.
STACK_IS_OURS=
stack_status=$(scripts/stack.sh status test || true)
if grep -q 'does not run' <<<"$stack_status"; then STACK_IS_OURS=1; fi
end_stack() { [ -z "$STACK_IS_OURS" ] || scripts/stack.sh stop test >/dev/null; }
trap end_stack EXIT

step "test stack" scripts/stack.sh start test
environment=$(scripts/stack.sh env test)
eval "$environment"
step "build" cargo test -p server --test process --no-run
step "planted bugs" cargo test -p server --test process tempest:: -- --skip "$STORM" --nocapture

FOUND=()
for ((seed = FIRST; seed < FIRST + COUNT; seed++)); do
  SEED=$seed step "seed $seed" cargo test -p server --test process -- --exact "$STORM" --nocapture ||
    FOUND+=("$seed")
  grep -h "^seed $seed: " "$LOGS/seed-$seed.log" || true
done

say ""
if [ ${#FOUND[@]} = 0 ]; then
  say "$COUNT storms, seeds $FIRST to $((FIRST + COUNT - 1)): every promise was kept."
else
  die "${#FOUND[@]} of $COUNT storms found something: seeds ${FOUND[*]}. SEED=${FOUND[0]} SEEDS=1 is one of them."
fi
