# shellcheck shell=bash
# Sourced by every script: where things are, how a step is announced, how long it took.
# It defines; it does nothing by itself but set the environment that cargo and the tools need.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Built tools and compiled crates outlive a clone: they are kept by version in the user's cache.
VITRINE_CACHE=${VITRINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vitrine}
TOOLS=$VITRINE_CACHE/tools
BIN=$TOOLS/bin

export PATH="$BIN:$PATH"
# Debian's toolchain, where it is the one that knows WebAssembly, goes ahead of rustup's shims.
if [ -f "$TOOLS/use-debian-rust" ]; then export PATH="$BIN:/usr/bin:$PATH"; fi
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$VITRINE_CACHE/target}
if command -v wasm-ld-22 >/dev/null 2>&1; then
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
fi

# small_std: where scripts/toolchain.sh puts the standard library that this compiler links into the
# release's WebAssembly. The number counts the ways in which it was compiled.
small_std() { printf '%s/small-std/2-%s' "$VITRINE_CACHE" "$(rustc -vV | sha256sum | cut -c1-16)"; }

# Clones share the folder of compiled crates, and cargo tells their crates apart by their names and by
# when files were written: what one clone has built would pass for what another one holds. So a clone that
# was not the last to build makes its own files new. To be called before cargo builds.
claim_target() {
  local mark=$CARGO_TARGET_DIR/.clone
  mkdir -p "$CARGO_TARGET_DIR"
  [ "$(cat "$mark" 2>/dev/null)" != "$ROOT" ] || return 0
  find "$ROOT" \( -name .git -o -name node_modules -o -path "$ROOT/var" -o -path "$ROOT/target" \) -prune -o \
    -type f -exec touch --no-create {} +
  printf '%s' "$ROOT" >"$mark"
}

# mold links the test binaries in a fraction of a second where it is there.
if command -v mold >/dev/null 2>&1; then
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold"
fi
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
export CARGO_NET_RETRY=5

if [ -t 1 ]; then RED=$'\e[31m' GREEN=$'\e[32m' OFF=$'\e[0m'
else RED='' GREEN='' OFF=''; fi

say()  { printf '%s\n' "$*"; }
die()  { printf '%s%s%s\n' "$RED" "$*" "$OFF" >&2; exit 1; }

# step NAME COMMAND…: says what runs, keeps its output in a log, and how long it took.
# The log's tail is shown when it fails, so that nobody has to look for it.
# A function given as the command runs without `set -e`: it must hand its failures on itself.
LOGS=${LOGS:-$ROOT/var/log}
step() {
  local name=$1; shift
  local log started=$SECONDS ticker='' code=0
  mkdir -p "$LOGS"
  log=$LOGS/$(printf '%s' "$name" | tr -c 'a-zA-Z0-9\n' '-').log
  printf '… %-44s' "$name"
  if [ -t 1 ]; then printf '\e7'; watch_log "$log" & ticker=$!; fi
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if [ -n "$ticker" ]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    printf '\e8\e[K'
  fi
  if [ $code = 0 ]; then
    printf '%sdone%s %4ds\n' "$GREEN" "$OFF" $((SECONDS - started))
  else
    printf '%sfailed%s %4ds\n' "$RED" "$OFF" $((SECONDS - started))
    printf '%s\n' "--- the end of $log"; tail -n 60 "$log"
    return $code
  fi
}

# On a terminal a long step shows the last line of its log while it runs.
watch_log() {
  trap 'exit 0' TERM
  local line columns
  # An interrupt from the terminal does not reach a background job: it ends with the script.
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    columns=$(($(tput cols 2>/dev/null || echo 80) - 49))
    line=$(tail -c 500 "$1" 2>/dev/null | tr '\r' '\n' | tail -n 1 | tr -dc '[:print:]')
    printf '\e8\e[K%s' "${line:0:$((columns > 0 ? columns : 0))}"
  done
}

# The npm packages of the folder that the caller stands in. `npm ci` runs only when the lock has changed:
# node_modules carries the mark of the one it was made from.
node_packages() {
  local mark=node_modules/.made-from
  cmp --silent package-lock.json "$mark" ||
    { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund && cp package-lock.json "$mark"; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else die "This needs root: $*"; fi
}
