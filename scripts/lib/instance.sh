# shellcheck shell=bash
# Sourced after common.sh: where an instance of the stack lives, on which ports, with which secrets.
# An instance is one complete store of its own: `shop` is the one of `make up`, `test` of `make test`,
# (`e2e`: the store the browser tests visit), `bench` of `make bench`; a developer may start more under any name.

# shellcheck source=scripts/lib/process.sh
. "$ROOT/scripts/lib/process.sh"

# use_instance NAME: sets HOME_DIR and the ports. VITRINE_PORT_BASE moves all instances together
# (the shop's is the base itself); an instance that exists stays on the ports it was started with.
# Settings of the caller's own (VITRINE_CONFIG, VITRINE__SECTION__KEY) are the shop's alone, for they
# may name databases: any other instance has no settings but those of store_environment.
use_instance() {
  INSTANCE=$1
  [[ $INSTANCE =~ ^[a-z][a-z0-9-]{0,30}$ ]] ||
    die "An instance's name is lower-case letters, digits and dashes, not '$INSTANCE'."
  TAKEN_AWAY=()
  if [ "$INSTANCE" != shop ]; then
    # The binary reads them in any case.
    mapfile -t TAKEN_AWAY < <(compgen -e | grep -iE '^vitrine(_config$|__)')
    unset "${TAKEN_AWAY[@]}"
  fi
  HOME_DIR=$ROOT/var/$INSTANCE
  SECRETS=$HOME_DIR/secrets
  local base=${VITRINE_PORT_BASE:-7400}
  case $INSTANCE in
    shop) PORT_BASE=$base ;;
    test) PORT_BASE=$((base + 100)) ;;
    e2e) PORT_BASE=$((base + 200)) ;;
    bench) PORT_BASE=$((base + 300)) ;;
    *) PORT_BASE=$((base + 400 + 10 * ($(printf '%s' "$INSTANCE" | cksum | cut -d' ' -f1) % 50))) ;;
  esac
  if [ -z "${VITRINE_PORT_BASE:-}" ] && [ -s "$HOME_DIR/port-base" ]; then
    PORT_BASE=$(<"$HOME_DIR/port-base")
  fi
  STORE_PORT=$PORT_BASE
  PSP_PORT=$((PORT_BASE + 1))
  POSTGRES_PORT=$((PORT_BASE + 2))
  REDIS_PORT=$((PORT_BASE + 3))
  MONGODB_PORT=$((PORT_BASE + 4))
  export STORE_URL=http://127.0.0.1:$STORE_PORT PSP_URL=http://127.0.0.1:$PSP_PORT
}

# The instance's folder, and a lock on it: two starts of one instance take turns.
open_instance() {
  mkdir -p "$HOME_DIR/run" "$HOME_DIR/log"
  (umask 077 && mkdir -p "$SECRETS")
  exec 9>"$HOME_DIR/run/lock"
  if ! flock --wait 120 9; then die "Another command holds $HOME_DIR/run/lock for over two minutes."; fi
}

# secret NAME: a random word of 48 hex digits, made once and kept readable for the owner only.
secret() {
  local file=$SECRETS/$1
  if [ ! -s "$file" ]; then
    (umask 077 && mkdir -p "$SECRETS" && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$file.new")
    mv "$file.new" "$file"
  fi
  cat "$file"
}

# external NAME: whether a part of the stack is the machine's own, named by its variable.
# Only the shop uses such a part: tests and measurements never touch databases that are not theirs.
# URLs of an embedded stack that `stack.sh env` exported into this shell do not count: it lists them
# in VITRINE_EMBEDDED.
external() {
  [ "$INSTANCE" = shop ] && [ -n "${!1:-}" ] && [[ " ${VITRINE_EMBEDDED:-} " != *" $1 "* ]]
}

# stack_environment: exports the three URLs of this instance.
stack_environment() {
  local password embedded=''
  if ! external DATABASE_URL; then
    password=$(secret postgres)
    export DATABASE_URL="postgres://vitrine:$password@127.0.0.1:$POSTGRES_PORT/vitrine"
    embedded+=' DATABASE_URL'
  fi
  if ! external MONGODB_URL; then
    export MONGODB_URL="mongodb://127.0.0.1:$MONGODB_PORT/vitrine"
    embedded+=' MONGODB_URL'
  fi
  if ! external REDIS_URL; then
    export REDIS_URL="redis://127.0.0.1:$REDIS_PORT/0"
    embedded+=' REDIS_URL'
  fi
  export VITRINE_EMBEDDED=${embedded# }
}

# store_environment RELEASE: exports all that `vitrine` and Leptos read, for a release made by
# scripts/build.sh (or a folder laid out like it).
store_environment() {
  local secret webhook_secret
  stack_environment
  secret=$(secret sandbox-api)
  webhook_secret=$(secret sandbox-webhook)
  export VITRINE__SERVER__LISTEN=127.0.0.1:$STORE_PORT
  export VITRINE__SERVER__PUBLIC_URL=$STORE_URL
  export VITRINE__SERVER__SITE_ROOT=$1/site
  export VITRINE__MEDIA__DIR=$HOME_DIR/media
  export VITRINE__PAYMENTS__SANDBOX__URL=$PSP_URL
  export VITRINE__PAYMENTS__SANDBOX__SECRET=$secret
  export VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET=$webhook_secret
  export LEPTOS_OUTPUT_NAME=vitrine LEPTOS_SITE_ROOT=$1/site LEPTOS_SITE_PKG_DIR=pkg
  export LEPTOS_SITE_ADDR=127.0.0.1:$STORE_PORT LEPTOS_HASH_FILES=true LEPTOS_HASH_FILE_NAME=hash.txt
  # All shoppers of a measurement come from one address, and as fast as they can.
  if [ "$INSTANCE" = bench ]; then
    export VITRINE__SERVER__CHANGES_PER_SECOND=1000000 VITRINE__SERVER__CHANGES_BURST=1000000
  fi
  if [ "$INSTANCE" = e2e ]; then drops_of_the_stories; fi
}

# What is sold by a line in the stories: a lamp, one every three seconds, and a vase that nobody can buy yet.
drops_of_the_stories() {
  local secret
  secret=$(secret line)
  export VITRINE__LINE__SECRET=$secret
  export VITRINE__LINE__DROPS__STORY__TITLE='Story lamp' VITRINE__LINE__DROPS__STORY__PRODUCTS=story-lamp
  export VITRINE__LINE__DROPS__STORY__OPENS=2026-01-01T00:00:00Z VITRINE__LINE__DROPS__STORY__ENDS=2999-01-01T00:00:00Z
  export VITRINE__LINE__DROPS__STORY__ADMITS_PER_MINUTE=20
  # All stories come from one address.
  export VITRINE__LINE__TICKETS_PER_MINUTE=600
  export VITRINE__LINE__DROPS__LATER__TITLE='Later vase' VITRINE__LINE__DROPS__LATER__PRODUCTS=later-vase
  export VITRINE__LINE__DROPS__LATER__OPENS=2999-01-01T00:00:00Z VITRINE__LINE__DROPS__LATER__ENDS=2999-01-02T00:00:00Z
}

# print_variables NAME…: for `eval` in the shell that called; what use_instance took away goes there too.
print_variables() {
  [ ${#TAKEN_AWAY[@]} = 0 ] || printf 'unset %s\n' "${TAKEN_AWAY[*]}"
  local name
  for name in "$@"; do printf 'export %s=%q\n' "$name" "${!name}"; done
}
