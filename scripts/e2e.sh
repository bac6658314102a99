#!/usr/bin/env bash
# The end-to-end stories, in Chromium, against a release with a stack, a payment provider and freshly
# imported data of its own (the instance `e2e`).
#   scripts/e2e.sh [PLAYWRIGHT ARGUMENTS…]     e.g. scripts/e2e.sh checkout --project=nojs
#   scripts/e2e.sh --packages                   installs the npm packages, and no more
#   E2E_KEEP=1 scripts/e2e.sh …                 keeps the store and its data for the next story
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
use_instance e2e
export E2E_OUTPUT=$HOME_DIR/playwright

end_store() {
  [ -n "${E2E_KEEP:-}" ] || { "$ROOT/scripts/store.sh" stop e2e; "$ROOT/scripts/stack.sh" stop e2e; } >/dev/null
}

cd "$ROOT/end2end"
step "npm packages" node_packages
if [ "${1:-}" = --packages ]; then exit; fi
step "release build" "$ROOT/scripts/build.sh"
[ -n "${E2E_KEEP:-}" ] || step "fresh data" "$ROOT/scripts/store.sh" reset e2e
trap end_store EXIT
"$ROOT/scripts/store.sh" start e2e
environment=$("$ROOT/scripts/store.sh" env e2e)
eval "$environment"
# The stories change prices and stock by the store's own command line.
VITRINE_BIN=$("$ROOT/scripts/build.sh" --where)/vitrine
export VITRINE_BIN
rm -rf "$E2E_OUTPUT"
mkdir -p "$E2E_OUTPUT"
npx --no-install playwright test "$@"
