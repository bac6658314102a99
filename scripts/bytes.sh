#!/usr/bin/env bash
# What the browser's program is made of, uncompressed, in bytes: how much each crate has in it, and the
# largest functions. It is built for that with the names of its functions, and all in one file.
#   scripts/bytes.sh [COUNT]      so many of the largest functions (30)
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

TARGET=wasm32-unknown-unknown
WORK=$CARGO_TARGET_DIR/bytes
FLAGS=''
if [ -d "$(small_std)" ]; then FLAGS=--sysroot=$(small_std); fi
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$FLAGS

build() {
  cargo build --package frontend --lib --target $TARGET --no-default-features --profile wasm-release --target-dir "$CARGO_TARGET_DIR/front"
}

cd "$ROOT"
claim_target
step "the browser's program" build
step "its JavaScript" wasm-bindgen --target web --no-typescript --out-dir "$WORK" --out-name program \
  "$CARGO_TARGET_DIR/front/$TARGET/wasm-release/frontend.wasm"
step "its smallest form" wasm-opt -Oz -g --enable-bulk-memory --enable-nontrapping-float-to-int \
  "$WORK/program_bg.wasm" -o "$WORK/program.wasm"
node "$ROOT/scripts/lib/bytes.mjs" "$WORK/program.wasm" "${1:-30}"
