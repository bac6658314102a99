#!/usr/bin/env bash
# `make up`: from a fresh clone to a running store with its demo catalogue. Every step asks first
# whether its work is done, so that a repeated or an interrupted run does only what is left.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
export LOGS=$ROOT/var/log/up
STARTED=$SECONDS

"$ROOT/scripts/toolchain.sh" build
# What was installed just now may change where programs are found.
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"

step "demo catalogue from npm" "$ROOT/scripts/demo.sh"
step "release build" "$ROOT/scripts/build.sh"
"$ROOT/scripts/store.sh" start shop

# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
use_instance shop
say ""
say "The store:                  $STORE_URL"
say "Sandbox payment provider:   $PSP_URL"
say "What the shop has written:  $MAIL_URL"
say "Logs:                       var/shop/log/"
say "Stop it with make down. This run took $((SECONDS - STARTED)) s."
