#!/usr/bin/env bash
# Holds the API against its own document: schemathesis reads /api/openapi.json of a running node and asks
# for everything in it, in form and out of form, with a key that may do all. It has the same seed each time
# and takes two minutes at most.
#   scripts/api.sh [SCHEMATHESIS ARGUMENTS…]    against a debug build, on the running stack `test`
#   API_SEED=N scripts/api.sh                   with another seed
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
use_instance test
stack_environment
VITRINE=$CARGO_TARGET_DIR/debug/vitrine

cd "$ROOT"
claim_target
# The very build that the tests are run from.
step "debug build" cargo build --tests
open_instance

# The node is one for programs alone, in a database beside those of the tests.
export VITRINE__SERVER__ROLES=api,till VITRINE__SERVER__LISTEN=127.0.0.1:$STORE_PORT
export VITRINE__SERVER__PUBLIC_URL=$STORE_URL VITRINE__REDIS__NAMESPACE=schemathesis
# Only what is never stored may be the same everywhere.
export VITRINE__PAYMENTS__SANDBOX__SECRET=sk_test_merchant_of_tests
export VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
# Who tries wrong keys is put off by address; the hooks give each case one of its own.
export VITRINE__SERVER__TRUSTED_PROXIES=127.0.0.1
# As fast as it can: the pace of a key has tests of its own.
export VITRINE__API__REQUESTS_PER_SECOND=1000000 VITRINE__API__REQUESTS_BURST=1000000

export VITRINE__PAYMENTS__SANDBOX__URL=$PSP_URL

PID_FILE=$HOME_DIR/run/api.pid
LOG=$HOME_DIR/log/api.log
# Checkouts are paid at a provider beside it.
PSP_PID_FILE=$HOME_DIR/run/api-psp.pid
PSP_LOG=$HOME_DIR/log/api-psp.log
end_node() { end "$PID_FILE" TERM 30; end "$PSP_PID_FILE" TERM 10; }
trap end_node EXIT
end_node

some_goods() { "$VITRINE" migrate && "$VITRINE" seed --products 20; }
step "some goods" some_goods
require_free "$PSP_PORT" "the payment provider"
launch "$PSP_PID_FILE" "$PSP_LOG" "$VITRINE" sandbox-psp --listen "127.0.0.1:$PSP_PORT" --state "$HOME_DIR/api-psp.state" \
  --webhook-url "$STORE_URL/webhooks/sandbox"
await "The payment provider" "$PSP_PID_FILE" "$PSP_LOG" 30 port_answers "$PSP_PORT"
require_free "$STORE_PORT" "the API"
launch "$PID_FILE" "$LOG" env -C "$ROOT" "$VITRINE" serve
await "The API" "$PID_FILE" "$LOG" 60 curl --silent --fail --noproxy '*' --max-time 5 "$STORE_URL/health/ready"
SCOPES=inventory:read,inventory:write,inventory:manage,catalogue:read,carts,orders:own,orders:read
API_KEY=$("$VITRINE" apikey create --name schemathesis --scopes "$SCOPES" | tail -n 1)
export API_KEY

REPORT=$HOME_DIR/schemathesis
rm -rf "$REPORT"
mkdir -p "$REPORT"
cd "$REPORT"
export SCHEMATHESIS_HOOKS=$ROOT/scripts/lib/schemathesis_hooks.py
export NO_PROXY='*' HYPOTHESIS_STORAGE_DIRECTORY=$REPORT/examples
timeout 300 schemathesis --config-file "$ROOT/scripts/lib/schemathesis.toml" run "$STORE_URL/api/openapi.json" \
  --seed "${API_SEED:-20261127}" "$@"
