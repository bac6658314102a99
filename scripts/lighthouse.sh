#!/usr/bin/env bash
# `make lighthouse`: Lighthouse on a phone over home, category and product page of a store of its own (the
# instance `lighthouse`). It prints the scores, and fails where one is below what is promised
# (end2end/lighthouse/score.mjs). Its times depend on what else the machine does, so it is run by hand, on a
# machine that does nothing else, and is no part of `make test`.
#   scripts/lighthouse.sh [VISITS]              visits to each page; the median counts (3)
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
use_instance lighthouse
export LIGHTHOUSE_OUTPUT=$HOME_DIR/reports

end_store() {
  { "$ROOT/scripts/store.sh" stop lighthouse; "$ROOT/scripts/stack.sh" stop lighthouse; } >/dev/null
}

"$ROOT/scripts/toolchain.sh" test
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
cd "$ROOT/end2end/lighthouse"
step "npm packages" node_packages
step "release build" "$ROOT/scripts/build.sh"
trap end_store EXIT
"$ROOT/scripts/store.sh" start lighthouse
node score.mjs "$@"
