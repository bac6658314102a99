# shellcheck shell=bash
# Sourced: starts and ends the programs that stay in the background, and waits until they are ready.
# A program is known by its id and the moment it started, so that an id which the system has given
# to another program since is never taken for ours.

# started_at PID: the process's start in clock ticks since boot (empty if there is none).
started_at() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  # The second field is the program's name in brackets and may hold spaces: count after it.
  stat=${stat##*) }
  # shellcheck disable=SC2086 # the fields are meant to be split
  set -- $stat
  [ "$1" = Z ] || printf '%s' "${20}"
}

# is_running PIDFILE: whether the very process that the file was written for is alive.
is_running() {
  local pid started
  read -r pid started 2>/dev/null <"$1" || return 1
  [ -n "$started" ] && [ "$(started_at "$pid")" = "$started" ]
}

# launch PIDFILE LOG COMMAND…: starts the command on its own, away from this terminal and its locks.
launch() {
  local pidfile=$1 log=$2 pid; shift 2
  mkdir -p "$(dirname "$pidfile")" "$(dirname "$log")"
  # The log of the run before is kept once.
  [ ! -s "$log" ] || mv -f "$log" "$log.1"
  rm -f "$pidfile"
  # It writes down itself who it is, so that it is known even if this script is killed meanwhile.
  (pid=$BASHPID && printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$pidfile" &&
    cd / && exec setsid "$@" </dev/null >"$log" 2>&1 9>&-) &
  pid=$!
  while [ ! -s "$pidfile" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
}

# end PIDFILE SIGNAL SECONDS: asks with the signal, waits, and kills only what does not answer.
end() {
  local pidfile=$1 signal=$2 limit=$3 pid deadline
  if is_running "$pidfile"; then
    read -r pid _ <"$pidfile"
    kill -s "$signal" "$pid"
    deadline=$((SECONDS + limit))
    while is_running "$pidfile"; do
      if [ $SECONDS -ge $deadline ]; then
        say "  $(basename "$pidfile" .pid) did not end within $limit s and is killed."
        kill -s KILL "$pid"
        sleep 0.5
        break
      fi
      sleep 0.05
    done
  fi
  rm -f "$pidfile"
}

# await NAME PIDFILE LOG SECONDS CHECK…: until the check succeeds; says what went wrong if it does not.
await() {
  local name=$1 pidfile=$2 log=$3 limit=$4 deadline; shift 4
  deadline=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    if ! is_running "$pidfile"; then
      tail -n 30 "$log" >&2 || true
      say "$name ended before it was ready; the end of $log stands above." >&2
      return 1
    fi
    if [ $SECONDS -ge $deadline ]; then
      tail -n 30 "$log" >&2 || true
      say "$name was not ready within $limit s; the end of $log stands above." >&2
      return 1
    fi
    sleep 0.1
  done
}

# port_answers PORT: whether something listens on this port of the loopback address.
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# require_free PORT NAME: a port taken by a stranger is named before our program fails for it.
require_free() {
  if port_answers "$1"; then
    say "Port $1, meant for $2, is taken by another program. VITRINE_PORT_BASE moves all ports." >&2
    return 1
  fi
}
