#!/usr/bin/env bash
# Fetches the demo catalogue (the npm package @vendure/create: 54 products and their photographs)
# into the cache, once, and prints the folder it is in. npm checks the archive's integrity; nothing
# of the package is run.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

VERSION=2.3.4
HOME_DIR=$VITRINE_CACHE/demo/vendure-create-$VERSION

if [ ! -s "$HOME_DIR/products.csv" ]; then
  # Unpacked beside its place and moved there when it is whole.
  work=$(mktemp -d "$VITRINE_CACHE/demo.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && npm pack --silent --ignore-scripts "@vendure/create@$VERSION" >/dev/null)
  tar -xzf "$work"/*.tgz -C "$work" package/assets package/package.json
  pictures=$(find "$work/package/assets/images" -name '*.jpg' | wc -l)
  if [ ! -s "$work/package/assets/products.csv" ] || [ "$pictures" -lt 54 ]; then
    die "The package @vendure/create $VERSION does not hold the catalogue it should ($pictures photographs)."
  fi
  mkdir -p "$(dirname "$HOME_DIR")"
  rm -rf "$HOME_DIR"
  mv "$work/package/assets" "$HOME_DIR"
fi
printf '%s\n' "$HOME_DIR"
