#!/usr/bin/env bash
# `make bench`: the release on a stack of its own, measured beside the programs that do the least for
# the same bytes and the same writes. Arguments go to the load generator (bench/).
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
export LOGS=$ROOT/var/log/bench

"$ROOT/scripts/toolchain.sh" bench
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
use_instance bench

cd "$ROOT"
claim_target
step "release build" "$ROOT/scripts/build.sh"
RELEASE=$("$ROOT/scripts/build.sh" --where)
export RELEASE
step "load generator" cargo build --release --package bench
end_bench() { "$ROOT/scripts/store.sh" stop bench >/dev/null; "$ROOT/scripts/stack.sh" stop bench >/dev/null; }
trap end_bench EXIT
"$ROOT/scripts/store.sh" start bench
environment=$("$ROOT/scripts/store.sh" env bench)
eval "$environment"
export NGINX_PORT=$((PORT_BASE + 5)) NODE_PORT=$((PORT_BASE + 6))
# Ten thousand connections are ten thousand open files.
ulimit -n "$(ulimit -Hn)"
"$CARGO_TARGET_DIR/release/bench" "$@"
