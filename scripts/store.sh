#!/usr/bin/env bash
# A running store: the sandbox payment provider and mail server, the migrated databases, the imported demo catalogue,
# `vitrine serve` and `vitrine work`, all in the background, on the stack of the same instance.
#   scripts/store.sh start  [INSTANCE]   starts what does not run, restarts what runs from another
#                                        release or with other settings, waits until it is ready
#   scripts/store.sh stop   [INSTANCE]   ends the store; the stack below it goes on
#   scripts/store.sh status [INSTANCE]   says what runs
#   scripts/store.sh env    [INSTANCE]   prints the store's environment, secrets included
#   scripts/store.sh reset  [INSTANCE]   stops and removes the store's data, the databases' included
# It needs the release (scripts/build.sh); RELEASE names another folder than the present sources'.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"
LOGS=$ROOT/var/${2:-shop}/log/steps

usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# The store's programs, in the order they start; they end in the opposite one.
PROGRAMS=(psp mail serve work)

pid_file() { printf '%s' "$HOME_DIR/run/$1.pid"; }
log_file() { printf '%s' "$HOME_DIR/log/$1.log"; }

# run NAME ARGUMENTS…: a program of the store in the background, standing in the checkout's folder.
run() {
  local name=$1; shift
  is_running "$(pid_file "$name")" || launch "$(pid_file "$name")" "$(log_file "$name")" env -C "$ROOT" "$RELEASE/vitrine" "$@"
}

# What the running programs were started from. When it changes, they are started again.
settings() {
  printf '%s\n' "$RELEASE"
  env | LC_ALL=C sort | grep -E '^(DATABASE_URL|MONGODB_URL|REDIS_URL|VITRINE_CONFIG|VITRINE__|LEPTOS_)' | sha256sum
  [ -z "${VITRINE_CONFIG:-}" ] || sha256sum <"$VITRINE_CONFIG"
}

all_running() {
  local name
  for name in "${PROGRAMS[@]}"; do is_running "$(pid_file "$name")" || return 1; done
}

any_running() {
  local name
  for name in "${PROGRAMS[@]}"; do is_running "$(pid_file "$name")" && return; done
  return 1
}

# A proxy of the caller's would look for the store on its own loopback address.
fetch() { curl --silent --fail --noproxy '*' --max-time 5 "$STORE_URL$1"; }

ready() { fetch /health/ready; }

start_psp() {
  is_running "$(pid_file psp)" || require_free "$PSP_PORT" "the sandbox payment provider" || return
  run psp sandbox-psp --listen "127.0.0.1:$PSP_PORT" --state "$HOME_DIR/sandbox-psp.state" \
    --webhook-url "$STORE_URL/webhooks/sandbox" &&
    await "The sandbox payment provider" "$(pid_file psp)" "$(log_file psp)" 30 port_answers "$PSP_PORT"
}

start_mail() {
  if ! is_running "$(pid_file mail)"; then
    require_free "$MAIL_PORT" "the sandbox mail server" && require_free "$SMTP_PORT" "the sandbox mail server" || return
  fi
  run mail sandbox-mail --listen "127.0.0.1:$MAIL_PORT" --smtp "127.0.0.1:$SMTP_PORT" --state "$HOME_DIR/sandbox-mail.state" &&
    await "The sandbox mail server" "$(pid_file mail)" "$(log_file mail)" 30 port_answers "$SMTP_PORT"
}

# The catalogue is imported again only when the release, the databases or the data have changed.
import_demo() {
  local demo mark file=$HOME_DIR/run/imported
  demo=${DEMO:-$("$ROOT/scripts/demo.sh")} || return
  mark="$RELEASE $(printf '%s %s' "$DATABASE_URL" "$MONGODB_URL" | sha256sum | cut -c1-16) $demo"
  [ "$(cat "$file" 2>/dev/null)" != "$mark" ] || { say "Imported already."; return; }
  "$RELEASE/vitrine" import vendure "$demo/products.csv" --assets "$demo/images" &&
    printf '%s' "$mark" >"$file"
}

# The mark of an import does not know of a database that was replaced or emptied since.
is_migrated() { [[ $("$RELEASE/vitrine" doctor) != *"not migrated"* ]]; }
has_products() { [[ $(fetch /sitemap.xml) == *"<loc>$STORE_URL/p/"* ]]; }

start_store() {
  is_running "$(pid_file serve)" || require_free "$STORE_PORT" "the store" || return
  run serve serve && run work work &&
    await "The store" "$(pid_file serve)" "$(log_file serve)" 60 ready &&
    await "The store's worker" "$(pid_file work)" "$(log_file work)" 10 is_running "$(pid_file work)"
}

start() {
  [ -x "$RELEASE/vitrine" ] || die "There is no release in $RELEASE: run scripts/build.sh first."
  step "embedded stack" "$ROOT/scripts/stack.sh" start "$INSTANCE"
  open_instance
  store_environment "$RELEASE"
  # Paths in VITRINE_CONFIG and in that file are relative to the checkout.
  cd "$ROOT"
  local now before
  now=$(settings)
  before=$(cat "$HOME_DIR/run/settings" 2>/dev/null || true)
  if [ "$before" = "$now" ] && all_running && ready >/dev/null && is_migrated && has_products; then
    say "The store runs already, unchanged."
    return
  fi
  if [ "$before" != "$now" ] && any_running; then step "end what ran before" end_programs; fi
  printf '%s' "$RELEASE" >"$HOME_DIR/run/release"
  printf '%s\n' "$now" >"$HOME_DIR/run/settings"
  mkdir -p "$VITRINE__MEDIA__DIR"
  step "sandbox payment provider" start_psp
  step "sandbox mail server" start_mail
  is_migrated || rm -f "$HOME_DIR/run/imported"
  step "database migrations" "$RELEASE/vitrine" migrate
  step "catalogue import" import_demo
  step "store and worker" start_store
  has_products || { rm -f "$HOME_DIR/run/imported"; step "catalogue import, again" import_demo; }
}

end_programs() {
  local i name
  for ((i = ${#PROGRAMS[@]} - 1; i >= 0; i--)); do
    name=${PROGRAMS[i]}
    if is_running "$(pid_file "$name")"; then say "$name: stops"; fi
    end "$(pid_file "$name")" TERM 30
  done
}

stop() { open_instance; end_programs; rm -f "$HOME_DIR/run/settings"; }

status() {
  local name pid state
  for name in "${PROGRAMS[@]}"; do
    pid=- state="does not run"
    if is_running "$(pid_file "$name")"; then read -r pid _ <"$(pid_file "$name")"; state=runs; fi
    printf '%-10s pid %-8s %s\n' "$name" "$pid" "$state"
  done
  "$ROOT/scripts/stack.sh" status "$INSTANCE"
}

print_environment() {
  store_environment "$RELEASE"
  # shellcheck disable=SC2046 # names of variables hold no spaces
  print_variables DATABASE_URL MONGODB_URL REDIS_URL VITRINE_EMBEDDED STORE_URL PSP_URL MAIL_URL \
    $(compgen -e | grep -E '^(VITRINE__|LEPTOS_)')
}

# The pictures of `media/` are named by their content and may stay for the next import; they go with
# the shop's own reset.
reset() {
  stop
  exec 9>&-
  "$ROOT/scripts/stack.sh" reset "$INSTANCE"
  rm -f "$HOME_DIR/sandbox-psp.state"* "$HOME_DIR/sandbox-mail.state"*
  [ "$INSTANCE" != shop ] || rm -rf "${HOME_DIR:?}/media"
}

COMMAND=${1:-}
use_instance "${2:-shop}"
case $COMMAND in start | env) RELEASE=${RELEASE:-$("$ROOT/scripts/build.sh" --where)} ;; esac
case $COMMAND in
  start) start ;;
  stop) stop ;;
  status) status ;;
  env) print_environment ;;
  reset) reset ;;
  *) usage; exit 2 ;;
esac
