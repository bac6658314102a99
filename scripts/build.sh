#!/usr/bin/env bash
# Builds the release and keeps it under var/release/, in a folder named after what it was built
# from: the binary, the hashes of the browser's files, and those files with their compressed forms.
# What was built before from the same sources is not built again; a running store keeps its folder.
#   scripts/build.sh            builds if needed
#   scripts/build.sh --where    prints the folder for the present sources, built or not
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

KEPT=3
# The WebAssembly is linked with a standard library of its own, where scripts/toolchain.sh could build it.
WASM_FLAGS=''
if [ -d "$(small_std)" ]; then WASM_FLAGS=--sysroot=$(small_std); fi
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS=$WASM_FLAGS

# Everything a build can see, by content, with the compiler's version. Left out is only what never
# reaches the binary or the browser.
fingerprint() {
  {
    rustc --version; cargo-leptos --version; wasm-opt --version; printf '%s\n' "$WASM_FLAGS"
    cd "$ROOT"
    find . \( -name .git -o -name target -o -name node_modules -o -name '.?*' -o -path ./var \
      -o -path ./end2end -o -path ./bench -o -path ./docs -o -path ./deploy \
      -o -path ./scripts \) ! -name .sqlx ! -name .cargo -prune -o -type f ! -name '*.md' \
      ! -name 'LICENSE*' ! -name Makefile ! -name deny.toml ! -name rustfmt.toml -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum
    sha256sum scripts/build.sh scripts/lib/*.mjs
  } | sha256sum | cut -c1-16
}

# The site's text files, smallest they can be: the server sends these as they are.
compress() {
  find "$1" -type f \( -name '*.js' -o -name '*.css' -o -name '*.wasm' -o -name '*.svg' -o -name '*.txt' \
    -o -name '*.json' -o -name '*.ico' -o -name '*.xml' -o -name '*.webmanifest' \) -print0 |
    while IFS= read -r -d '' file; do
      brotli -q 11 -f -k "$file"
      gzip -9 -n -f -k "$file"
      zstd -19 -q -f -k "$file"
    done
}

build() {
  local site=$CARGO_TARGET_DIR/site
  # Clones share the folder of compiled crates: one builds at a time.
  mkdir -p "$CARGO_TARGET_DIR"
  exec 8>"$CARGO_TARGET_DIR/.release-lock"
  flock 8
  claim_target
  # What is not built any more must not be sent any more.
  rm -rf "$site/pkg"
  (cd "$ROOT" && env LEPTOS_SITE_ROOT="$site" LEPTOS_SITE_PKG_DIR=pkg LEPTOS_OUTPUT_NAME=vitrine \
    LEPTOS_HASH_FILES=false cargo leptos build --release --split 8>&-)
  rm -rf "$RELEASE.new"
  mkdir -p "$RELEASE.new"
  cp "$CARGO_TARGET_DIR/release/vitrine" "$RELEASE.new"
  cp -r "$site" "$RELEASE.new/site"
  flock -u 8
  node "$ROOT/scripts/lib/name-program.mjs" "$RELEASE.new/site/pkg" >"$RELEASE.new/hash.txt"
  compress "$RELEASE.new/site"
  rm -rf "$RELEASE"
  mv "$RELEASE.new" "$RELEASE"
}

# Older releases go, but for those that a running store stands on.
tidy() {
  local old
  find "$ROOT/var/release" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n "+$((KEPT + 1))" |
    cut -d' ' -f2- | while read -r old; do
      grep -qsxF "$old" "$ROOT"/var/*/run/release || rm -rf "$old"
    done
}

RELEASE=$ROOT/var/release/$(fingerprint)
if [ "${1:-}" = --where ]; then
  printf '%s\n' "$RELEASE"
elif [ -x "$RELEASE/vitrine" ]; then
  say "Nothing changed since $RELEASE was built."
else
  [ -n "$WASM_FLAGS" ] || say "Without the small standard library: what the browser downloads is an eighth larger."
  build
  tidy
  say "Built: $RELEASE"
fi
