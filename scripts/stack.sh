#!/usr/bin/env bash
# The embedded stack: PostgreSQL, Redis and a MongoDB-protocol server of the project's own, on the
# loopback address, with their data under var/. None of the machine's own services is touched.
#   scripts/stack.sh start  [INSTANCE]   starts what does not run yet and waits until all is ready
#   scripts/stack.sh stop   [INSTANCE]   ends exactly what start started
#   scripts/stack.sh status [INSTANCE]   says what runs where
#   scripts/stack.sh env    [INSTANCE]   prints the URLs for eval "$(scripts/stack.sh env test)"
#   scripts/stack.sh reset  [INSTANCE]   stops and removes the databases' data
# INSTANCE is shop (the default), test, bench, or a name of your own. The shop leaves out what
# DATABASE_URL, REDIS_URL or MONGODB_URL name already. The ports follow VITRINE_PORT_BASE
# (7400: PostgreSQL 7402, Redis 7403, MongoDB 7404; the test instance a hundred higher).
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/instance.sh
. "$ROOT/scripts/lib/instance.sh"

usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# An instance for tests holds nothing that must outlive a power cut.
is_for_tests() { [ "$INSTANCE" = test ] || [ "$INSTANCE" = e2e ]; }

# pid_file PART, log_file PART: where a part's process id and log are.
pid_file() { printf '%s' "$HOME_DIR/run/$1.pid"; }
log_file() { printf '%s' "$HOME_DIR/log/$1.log"; }

# --- PostgreSQL -------------------------------------------------------------------------------

postgres_programs() {
  local bin
  for bin in /usr/lib/postgresql/15/bin /usr/lib/postgresql/1[6-9]/bin "$(pg_config --bindir 2>/dev/null || true)"; do
    if [ -x "$bin/postgres" ]; then PG_BIN=$bin; return; fi
  done
  die "PostgreSQL 15 or later is not installed: run scripts/toolchain.sh, or set DATABASE_URL."
}

# The server refuses to run as root: then it runs as Debian's postgres, or as nobody.
postgres_user() {
  if [ "$(id -u)" != 0 ]; then PG_USER=$(id -un); AS_PG=()
  else
    PG_USER=postgres
    id postgres >/dev/null 2>&1 || PG_USER=nobody
    AS_PG=(setpriv --reuid="$PG_USER" --regid="$(id -g "$PG_USER")" --init-groups --reset-env)
  fi
}

# The data is under var/ if that user can reach it and a socket's path (108 bytes at most) fits,
# else under /var/tmp by the checkout's name.
postgres_home() {
  PG_HOME=$HOME_DIR/postgres
  if [ ${#PG_HOME} -gt 80 ] || ! (cd / && "${AS_PG[@]}" test -x "$HOME_DIR"); then
    PG_HOME=/var/tmp/vitrine-$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)/$INSTANCE
  fi
}

own_postgres_home() {
  install -d "$(dirname "$PG_HOME")"
  if [ "$(id -u)" = 0 ]; then
    install -d -o "$PG_USER" -g "$(id -g "$PG_USER")" -m 700 "$PG_HOME" "$PG_HOME/socket"
  else
    install -d -m 700 "$PG_HOME" "$PG_HOME/socket"
  fi
}

# A cluster appears under its name only when it is complete: an interrupted one is made again.
make_cluster() {
  [ ! -s "$PG_HOME/data/PG_VERSION" ] || return 0
  rm -rf "$PG_HOME/data.new"
  if ! (cd / && "${AS_PG[@]}" "$PG_BIN/initdb" --pgdata="$PG_HOME/data.new" --encoding=UTF8 \
    --locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256 --username="$PG_USER" --no-instructions) \
    >"$(log_file initdb)" 2>&1; then
    tail -n 30 "$(log_file initdb)" >&2
    die "The PostgreSQL cluster could not be made; the end of $(log_file initdb) stands above."
  fi
  mv "$PG_HOME/data.new" "$PG_HOME/data"
}

# A server that was killed leaves its lock behind, and it may stay a zombie where nobody collects it,
# which PostgreSQL takes for a running one. All its processes stand in the data folder: when none does
# any more, the lock is nobody's. (The check runs as their user, who alone may see where they stand.)
clear_stale_lock() {
  local lock=$PG_HOME/data/postmaster.pid deadline=$((SECONDS + 15))
  [ -e "$lock" ] || [ -n "$(find "$PG_HOME/socket" -name "*.lock")" ] || return 0
  # shellcheck disable=SC2016 # the inner shell expands
  while (cd / && "${AS_PG[@]}" bash -c 'for p in /proc/[0-9]*; do
      if [ "$p/cwd" -ef "$0" ]; then exit; fi
    done; exit 1' "$PG_HOME/data"); do
    [ $SECONDS -lt $deadline ] || return 0
    sleep 0.2
  done
  rm -f "$lock" "$PG_HOME"/socket/.s.PGSQL.*
}

# What differs from PostgreSQL's defaults, and only for tests: they keep every rule but the promise
# to survive a power cut.
postgres_settings() {
  PG_SETTINGS=(-c "listen_addresses=127.0.0.1" -c "port=$POSTGRES_PORT"
    -c "unix_socket_directories=$PG_HOME/socket" -c "unix_socket_permissions=0700"
    -c "timezone=UTC" -c "log_timezone=UTC" -c "log_line_prefix=%m [%p] %d ")
  if is_for_tests; then
    PG_SETTINGS+=(-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=300)
  fi
}

# as_superuser SQL DATABASE: through the socket, where the system itself vouches for the user.
as_superuser() {
  (cd / && "${AS_PG[@]}" "$PG_BIN/psql" --no-psqlrc --quiet --tuples-only --no-align \
    --set=ON_ERROR_STOP=1 --host="$PG_HOME/socket" --port="$POSTGRES_PORT" --username="$PG_USER" \
    --dbname="${2:-postgres}" --command="$1")
}

# The role that owns the store's database; it may create databases, for tests take one each.
make_role() {
  as_superuser "
    do \$\$ begin
      if not exists (select from pg_roles where rolname = 'vitrine') then
        create role vitrine;
      end if;
    end \$\$;
    alter role vitrine login createdb password '$(secret postgres)';" &&
    { [ -n "$(as_superuser "select 1 from pg_database where datname = 'vitrine'")" ] ||
      as_superuser "create database vitrine owner vitrine"; }
}

start_postgres() {
  local pidfile log
  pidfile=$(pid_file postgres) log=$(log_file postgres)
  postgres_programs; postgres_user; postgres_home; postgres_settings
  if ! is_running "$pidfile"; then
    require_free "$POSTGRES_PORT" PostgreSQL || return 1
    own_postgres_home || return 1
    make_cluster || return 1
    clear_stale_lock
    launch "$pidfile" "$log" "${AS_PG[@]}" "$PG_BIN/postgres" -D "$PG_HOME/data" "${PG_SETTINGS[@]}"
  fi
  await PostgreSQL "$pidfile" "$log" 60 as_superuser "select 1" || return 1
  make_role >/dev/null
}

# --- Redis ------------------------------------------------------------------------------------

# volatile-lru gives up only what was stored with an expiry (pages), never a stream of events.
start_redis() {
  local pidfile log save='300 1'
  pidfile=$(pid_file redis) log=$(log_file redis)
  command -v redis-server >/dev/null 2>&1 ||
    die "redis-server is not installed: run scripts/toolchain.sh, or set REDIS_URL."
  if is_for_tests; then save=''; fi
  if ! is_running "$pidfile"; then
    require_free "$REDIS_PORT" Redis || return 1
    mkdir -p "$HOME_DIR/redis"
    launch "$pidfile" "$log" redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --dir "$HOME_DIR/redis" \
      --save "$save" --appendonly no --maxmemory 256mb --maxmemory-policy volatile-lru --daemonize no
  fi
  await Redis "$pidfile" "$log" 30 redis_answers
}

redis_answers() { [ "$(redis-cli -h 127.0.0.1 -p "$REDIS_PORT" ping 2>/dev/null)" = PONG ]; }

# --- MongoDB protocol -------------------------------------------------------------------------

start_mongodb() {
  local pidfile log
  pidfile=$(pid_file mongodb) log=$(log_file mongodb)
  command -v secantusd-rs >/dev/null 2>&1 ||
    die "secantusd-rs is not installed: run scripts/toolchain.sh, or set MONGODB_URL."
  if ! is_running "$pidfile"; then
    require_free "$MONGODB_PORT" "the MongoDB-protocol server" || return 1
    mkdir -p "$HOME_DIR/mongodb"
    launch "$pidfile" "$log" secantusd-rs --host 127.0.0.1 --port "$MONGODB_PORT" \
      --storage-path "$HOME_DIR/mongodb" --cache-size 512M --log-level WARNING
  fi
  await "The MongoDB-protocol server" "$pidfile" "$log" 60 port_answers "$MONGODB_PORT"
}

# --- all of it --------------------------------------------------------------------------------

# Each part: its name, the variable that may name the machine's own instead, the signal that ends
# it in good order.
PARTS=(postgres:DATABASE_URL:INT redis:REDIS_URL:TERM mongodb:MONGODB_URL:TERM)

each_part() { # each_part ACTION: calls ACTION NAME VARIABLE SIGNAL for every part
  local part name variable signal failed=0
  for part in "${PARTS[@]}"; do
    IFS=: read -r name variable signal <<<"$part"
    "$1" "$name" "$variable" "$signal" || failed=1
  done
  return $failed
}

start_part() {
  if external "$2"; then say "$1: the one that $2 names"; return; fi
  "start_$1" || return 1
  say "$1: ready on port $(port_of "$1")"
}

port_of() { case $1 in postgres) echo "$POSTGRES_PORT" ;; redis) echo "$REDIS_PORT" ;; *) echo "$MONGODB_PORT" ;; esac; }

stop_part() {
  is_running "$(pid_file "$1")" && say "$1: stops"
  end "$(pid_file "$1")" "$3" 30
}

show_part() {
  local state="does not run" pid=-
  if external "$2"; then state="the one that $2 names"
  elif is_running "$(pid_file "$1")"; then
    read -r pid _ <"$(pid_file "$1")"
    state="starting"
    if port_answers "$(port_of "$1")"; then state="ready"; fi
  fi
  printf '%-10s port %-6s pid %-8s %s\n' "$1" "$(port_of "$1")" "$pid" "$state"
}

any_running() {
  local part
  for part in "${PARTS[@]}"; do is_running "$(pid_file "${part%%:*}")" && return; done
  return 1
}

start() {
  open_instance
  local used=$PORT_BASE
  if [ -s "$HOME_DIR/port-base" ]; then used=$(<"$HOME_DIR/port-base"); fi
  if [ "$used" != "$PORT_BASE" ] && any_running; then
    die "The instance $INSTANCE runs on the ports from $used: stop it before it moves to $PORT_BASE."
  fi
  printf '%s\n' "$PORT_BASE" >"$HOME_DIR/port-base"
  each_part start_part
}

print_environment() {
  stack_environment
  print_variables DATABASE_URL MONGODB_URL REDIS_URL VITRINE_EMBEDDED
}

stop() { open_instance; each_part stop_part; }

reset() {
  stop
  postgres_user; postgres_home
  rm -rf "${PG_HOME:?}" "${HOME_DIR:?}/postgres" "$HOME_DIR/redis" "$HOME_DIR/mongodb"
  # The mark that the catalogue was imported goes with the data it speaks of.
  rm -f "$HOME_DIR/run/imported"
  say "The data of the instance $INSTANCE is gone."
}

COMMAND=${1:-}
use_instance "${2:-shop}"
case $COMMAND in
  start) start ;;
  stop) stop ;;
  status) each_part show_part ;;
  env) print_environment ;;
  reset) reset ;;
  *) usage; exit 2 ;;
esac
