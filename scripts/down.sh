#!/usr/bin/env bash
# `make down`: ends the store and its stack, and nothing that they did not start.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

"$ROOT/scripts/store.sh" stop shop
"$ROOT/scripts/stack.sh" stop shop
say "The store is down. Its data stays under var/shop; make up starts it again."
