#!/usr/bin/env bash
# Installs what this machine lacks to build, run or test Vitrine, from the package registries alone.
# What is there already is used as it is. Interrupted, it goes on where it was.
#   scripts/toolchain.sh build    what `make up` needs
#   scripts/toolchain.sh test     that, and what `make test` needs
#   scripts/toolchain.sh bench    that, and the references `make bench` compares with
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

WHAT=${1:-build}
# Tests and measurements always run on a stack of their own, so they need its programs; and a URL of
# an embedded stack that `scripts/stack.sh env` exported is no reason to do without them.
if [ "$WHAT" != build ] || [ -n "${VITRINE_EMBEDDED:-}" ]; then unset DATABASE_URL MONGODB_URL REDIS_URL; fi
WASM_BINDGEN=0.2.130
CARGO_LEPTOS=0.3.11
BINARYEN=132.0.0
SECANTUS=0.5.3-beta.196
CARGO_NEXTEST=0.9.151
CARGO_DENY=0.20.2
CARGO_MACHETE=0.9.2
SCHEMATHESIS=4.32.5

TARGET=wasm32-unknown-unknown
mkdir -p "$BIN"
# Two commands at once take turns.
exec 8>"$VITRINE_CACHE/toolchain.lock"
flock 8

# --- Debian packages ------------------------------------------------------------------------

POLICY=/usr/sbin/policy-rc.d
# Tells the policy that a killed run left behind from one of the machine's own.
POLICY_MARK='# Vitrine is installing packages.'
NEW_SERVICES=$VITRINE_CACHE/new-services

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# No package may start a service, now or at the next boot, or make a database cluster: the store
# brings its own. Services that the machine had before stay as they are.
quiet_services() {
  local name
  for name in redis-server:redis-server nginx-common:nginx postgresql-common:postgresql \
    varnish:varnish varnish:varnishncsa; do
    is_installed "${name%:*}" || printf '%s\n' "${name#*:}"
  done >"$NEW_SERVICES"
  trap end_quiet EXIT
  if [ ! -e $POLICY ]; then
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | as_root tee $POLICY >/dev/null
    as_root chmod +x $POLICY
  fi
  if [ ! -d /etc/postgresql ]; then
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    printf 'create_main_cluster = false\n' |
      as_root tee /etc/postgresql-common/createcluster.d/vitrine.conf >/dev/null
  fi
}

# Also what a killed run could not do any more.
end_quiet() {
  local name names
  names=$(cat "$NEW_SERVICES" 2>/dev/null || true)
  for name in $names; do
    [ ! -e "/etc/init.d/$name" ] || as_root update-rc.d "$name" disable || true
  done
  rm -f "$NEW_SERVICES"
  if grep -qsxF "$POLICY_MARK" $POLICY; then as_root rm -f $POLICY; fi
  trap - EXIT
}

apt_install() {
  local code=0
  quiet_services
  # After a dpkg that was killed, apt refuses to work until this is done. It fails where another one
  # is at work; apt-get waits for that.
  as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a || true
  as_root apt-get -o DPkg::Lock::Timeout=600 update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
      install -y --no-install-recommends "$@" || code=$?
  end_quiet
  return $code
}

# need PROGRAM PACKAGE: collects the package if the program is not there.
MISSING=()
need() { command -v "$1" >/dev/null 2>&1 || MISSING+=("$2"); }

debian_packages() {
  command -v apt-get >/dev/null 2>&1 || return 0
  end_quiet
  need gcc gcc; need g++ g++; need make make; need git git; need pkg-config pkg-config; need mold mold
  need curl curl; need brotli brotli; need zstd zstd; need unzip unzip
  [ -n "${DATABASE_URL:-}" ] || [ -x /usr/lib/postgresql/15/bin/postgres ] || MISSING+=(postgresql-15)
  [ -n "${REDIS_URL:-}" ] || need redis-server redis-server
  if [ -z "${MONGODB_URL:-}" ] && ! [ -x "$BIN/secantusd-rs" ]; then
    need cmake cmake; need ninja ninja-build
    dpkg -s zlib1g-dev >/dev/null 2>&1 || MISSING+=(zlib1g-dev)
  fi
  need node nodejs; need npm npm
  dpkg -s ca-certificates >/dev/null 2>&1 || MISSING+=(ca-certificates)
  if [ "$WHAT" != build ]; then
    [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || MISSING+=(chromium)
    need psql postgresql-client-15; need shellcheck shellcheck
    # What reads the invoices of the tests.
    need pdftotext poppler-utils
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || MISSING+=(python3 python3-venv)
    [ -x /usr/sbin/nginx ] || MISSING+=(nginx-light)
    # A node whose clock is wrong.
    dpkg -s libfaketime >/dev/null 2>&1 || MISSING+=(libfaketime)
    # What deploy/ puts in front of the store; the modules purge by what a page shows.
    [ -x /usr/sbin/varnishd ] || MISSING+=(varnish)
    dpkg -s varnish-modules >/dev/null 2>&1 || MISSING+=(varnish-modules)
  fi
  if [ "$WHAT" = bench ]; then
    need wrk wrk
    dpkg -s libnginx-mod-http-brotli-static >/dev/null 2>&1 || MISSING+=(libnginx-mod-http-brotli-static)
    [ -x /usr/lib/postgresql/15/bin/pgbench ] || MISSING+=(postgresql-15)
  fi
  [ ${#MISSING[@]} = 0 ] || step "Debian packages" apt_install "${MISSING[@]}"
}

# --- Rust with the WebAssembly target ---------------------------------------------------------

# The oldest Rust that compiles the locked dependencies of the tools and the store.
RUST_MINIMUM=1.96

new_enough() {
  local version
  version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
  [ "$(printf '%s\n%s\n' $RUST_MINIMUM "$version" | sort -V | head -n 1)" = $RUST_MINIMUM ]
}

# Whether a crate compiles: libraries that stand there may be those of the compiler before an upgrade.
has_wasm() {
  command -v rustc >/dev/null 2>&1 && new_enough &&
    rustc --target $TARGET --crate-type lib --emit metadata=- - </dev/null >/dev/null 2>&1
}

# compile_std WORK LEVEL FLAGS OPTIONS…: compiles the standard library for wasm32 from its source, with all
# it depends on, by way of an empty crate; WORK/lib holds what came of it.
compile_std() {
  local work=$1 level=$2 flags=$3; shift 3
  # What another compiler or an interrupted run left must not get among it.
  rm -rf "$work"
  mkdir -p "$work/src" "$work/lib"
  printf '#![no_std]\n' >"$work/src/lib.rs"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\nopt-level = %s\n' \
    "$level" >"$work/Cargo.toml"
  (cd "$work" && RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes $flags" CARGO_TARGET_DIR=$work/target \
    cargo build --release --target $TARGET -Zbuild-std=std,panic_abort "$@") || return
  find "$work/target/$TARGET/release/deps" -name '*.rlib' ! -name 'libempty-*' -exec cp {} "$work/lib" \;
}

# Debian has no prebuilt standard library for wasm32, but its source: it is put where rustc looks for it.
build_wasm_std() {
  local work=$VITRINE_CACHE/wasm-std lib
  compile_std "$work" 3 '' || return
  lib=$(rustc --print sysroot)/lib/rustlib/$TARGET/lib
  as_root mkdir -p "$lib" || return
  # What was put there for an earlier compiler goes; rustup's and Debian's own files are not in the list.
  [ ! -f "$lib/vitrine.list" ] || (cd "$lib" && as_root xargs -a vitrine.list rm -f) || return
  find "$work/lib" -name '*.rlib' -printf '%f\n' | as_root tee "$lib/vitrine.list" >/dev/null || return
  # libstd goes last: without it no crate compiles.
  find "$work/lib" -name '*.rlib' ! -name 'libstd-*' -print0 | as_root xargs -0 cp -t "$lib" || return
  as_root cp "$work"/lib/libstd-*.rlib "$lib" || return
  rm -rf "$work"
}

# The standard library that the release's WebAssembly is linked with, in a sysroot of its own. It is
# compiled for size, and as if panics ended the program at once: the words of a panic, which no browser
# shows, are left out, and what becomes of the program is the same (docs/decisions/0012).
build_small_std() {
  local work=$VITRINE_CACHE/small-std-work home sysroot host
  home=$(small_std) sysroot=$(rustc --print sysroot) host=$(rustc -vV | sed -n 's/^host: //p')
  if [ ! -d "$sysroot/lib/rustlib/src/rust/library" ]; then rustup component add rust-src || return; fi
  compile_std "$work" '"z"' '--cfg panic="immediate-abort" -Aexplicit_builtin_cfgs_in_flags' \
    -Zbuild-std-features=optimize_for_size || return
  rm -rf "$home"
  mkdir -p "$work/whole/lib/rustlib/$TARGET" "$(dirname "$home")" || return
  mv "$work/lib" "$work/whole/lib/rustlib/$TARGET/lib" || return
  # rustc looks for its linker beside the libraries of the machine it runs on.
  ln -s "$sysroot/lib/rustlib/$host" "$work/whole/lib/rustlib/$host" || return
  mv "$work/whole" "$home" || return
  rm -rf "$work"
}

use_debian_rust() { touch "$TOOLS/use-debian-rust"; export PATH="$BIN:/usr/bin:$PATH"; hash -r; }

rust() {
  has_wasm && return
  if command -v rustup >/dev/null 2>&1 && new_enough && [ ! -f "$TOOLS/use-debian-rust" ]; then
    if step "wasm32 target through rustup" timeout 300 rustup target add $TARGET; then return; fi
    say "  rustup cannot fetch the target here; Debian's toolchain is next."
  fi
  command -v apt-get >/dev/null 2>&1 ||
    die "Rust $RUST_MINIMUM or later with the target $TARGET is needed: rustup update && rustup target add $TARGET"
  dpkg -s rustc-web rust-web-src lld-22 >/dev/null 2>&1 ||
    step "Rust from Debian" apt_install rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22
  use_debian_rust
  has_wasm || { export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
    step "standard library for wasm32" build_wasm_std; }
  has_wasm || die "The wasm32 target is still missing in $(rustc --print sysroot)."
}

rust_for_releases() {
  [ -d "$(small_std)" ] || step "small standard library for wasm32" build_small_std ||
    say "  The release does with the usual one: what the browser downloads is an eighth larger."
}

# --- tools from crates.io and npm -----------------------------------------------------------------

# crate NAME VERSION PROGRAM FLAGS…: built once without debug information; the half-built survives
# an interruption, and the tools share what they have in common.
crate() {
  local name=$1 version=$2 program=$3; shift 3
  local home=$TOOLS/$name-$version
  if [ ! -x "$home/bin/$program" ]; then
    step "$name $version" env CARGO_TARGET_DIR="$VITRINE_CACHE/tools-target" CARGO_PROFILE_DEV_DEBUG=0 \
      CARGO_INCREMENTAL=0 cargo install "$name" --version "$version" --root "$home" "$@"
  fi
  ln -sfn "$home/bin/$program" "$BIN/$program"
}

# has_version PROGRAM ARGUMENTS…: whether what it prints of its version holds $WANT.
has_version() { command -v "$1" >/dev/null 2>&1 && "$@" 2>/dev/null | grep -qF "$WANT"; }

# Debian's own wasm-opt (108) does not know all that today's compiler emits.
wasm_opt_is_new() {
  local version
  version=$(wasm-opt --version 2>/dev/null | grep -oE '[0-9]+' | head -n 1)
  [ "${version:-0}" -ge 123 ]
}

wasm_tools() {
  WANT=$WASM_BINDGEN has_version wasm-bindgen --version ||
    crate wasm-bindgen-cli $WASM_BINDGEN wasm-bindgen --debug
  WANT='cargo-leptos 0.3.' has_version cargo-leptos --version ||
    crate cargo-leptos $CARGO_LEPTOS cargo-leptos --debug --locked --no-default-features --features no_downloads
  if ! wasm_opt_is_new; then
    step "binaryen $BINARYEN" npm install --prefix "$TOOLS/binaryen-$BINARYEN" --no-save "binaryen@$BINARYEN"
    ln -sfn "$TOOLS/binaryen-$BINARYEN/node_modules/.bin/wasm-opt" "$BIN/wasm-opt"
    hash -r
    wasm_opt_is_new || die "wasm-opt of binaryen $BINARYEN does not run: node $(node --version 2>&1)"
  fi
}

mongodb_server() {
  [ -z "${MONGODB_URL:-}" ] || return 0
  command -v secantusd-rs >/dev/null 2>&1 ||
    crate secantus-mdb $SECANTUS secantusd-rs --ignore-rust-version
}

# In an environment of its own, with all that it stands on in the versions of the list. An environment knows its
# place and cannot be moved to it when it is whole: a mark says that it is.
schemathesis() {
  local list=$ROOT/scripts/lib/schemathesis.txt home
  home=$TOOLS/schemathesis-$SCHEMATHESIS-$(sha256sum <"$list" | cut -c1-8)
  [ -e "$home/whole" ] || step "schemathesis $SCHEMATHESIS" install_schemathesis "$home" "$list"
  ln -sfn "$home/bin/schemathesis" "$BIN/schemathesis"
}

install_schemathesis() {
  local home=$1 list=$2
  python3 -m venv --clear "$home" || return
  "$home/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --requirement "$list" || return
  "$home/bin/schemathesis" --version | grep -qF "$SCHEMATHESIS" || return
  touch "$home/whole"
}

test_tools() {
  WANT=cargo-nextest has_version cargo-nextest nextest --version ||
    crate cargo-nextest $CARGO_NEXTEST cargo-nextest --debug --locked
  command -v cargo-deny >/dev/null 2>&1 || crate cargo-deny $CARGO_DENY cargo-deny --debug --locked --no-default-features
  schemathesis
  command -v cargo-machete >/dev/null 2>&1 || crate cargo-machete $CARGO_MACHETE cargo-machete --debug --locked
}

debian_packages
rust
rust_for_releases
wasm_tools
mongodb_server
[ "$WHAT" = build ] || test_tools
