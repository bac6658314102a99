#!/usr/bin/env bash
# `make dev`: the store from a debug build on the shop's ports and data, rebuilt and reloaded when a
# file changes. Ctrl-C ends the store; the stack goes on until `make down`.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
export LOGS=$ROOT/var/log/dev

"$ROOT/scripts/toolchain.sh" build
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
use_instance shop

# The debug site keeps plain file names, so that a reload finds what was rebuilt.
SITE=$CARGO_TARGET_DIR/dev-site
store_environment "$CARGO_TARGET_DIR/dev"
export VITRINE__SERVER__SITE_ROOT=$SITE LEPTOS_SITE_ROOT=$SITE LEPTOS_HASH_FILES=false
export LEPTOS_RELOAD_PORT=$((PORT_BASE + 5))
unset LEPTOS_HASH_FILE_NAME

step "demo catalogue from npm" "$ROOT/scripts/demo.sh"
"$ROOT/scripts/store.sh" stop shop
step "embedded stack" "$ROOT/scripts/stack.sh" start shop
cd "$ROOT"
claim_target
step "debug build" cargo leptos build --split

# These three do not reload with every change: they run from a copy of the first build.
mkdir -p "$HOME_DIR/run" "$HOME_DIR/log"
cp "$CARGO_TARGET_DIR/debug/vitrine" "$HOME_DIR/run/vitrine-dev"
VITRINE=$HOME_DIR/run/vitrine-dev
end_dev() {
  end "$HOME_DIR/run/work.pid" TERM 10
  end "$HOME_DIR/run/mail.pid" TERM 10
  end "$HOME_DIR/run/psp.pid" TERM 10
}
trap end_dev EXIT
# Bash would end at once and leave the three behind; so it waits for cargo-leptos to end.
trap : INT TERM

launch "$HOME_DIR/run/psp.pid" "$HOME_DIR/log/psp.log" env -C "$ROOT" "$VITRINE" sandbox-psp \
  --listen "127.0.0.1:$PSP_PORT" --state "$HOME_DIR/sandbox-psp.state" --webhook-url "$STORE_URL/webhooks/sandbox"
launch "$HOME_DIR/run/mail.pid" "$HOME_DIR/log/mail.log" env -C "$ROOT" "$VITRINE" sandbox-mail \
  --listen "127.0.0.1:$MAIL_PORT" --smtp "127.0.0.1:$SMTP_PORT" --state "$HOME_DIR/sandbox-mail.state"
step "database migrations" "$VITRINE" migrate
DEMO=$("$ROOT/scripts/demo.sh")
step "catalogue import" "$VITRINE" import vendure "$DEMO/products.csv" --assets "$DEMO/images"
launch "$HOME_DIR/run/work.pid" "$HOME_DIR/log/work.log" env -C "$ROOT" "$VITRINE" work

say "The store: $STORE_URL (sandbox payment provider: $PSP_URL, mails: $MAIL_URL)"
cargo leptos watch --split -- serve
