#!/usr/bin/env bash
# `make reset`: ends the shop and removes all its data: orders, stock, sessions, catalogue, pictures.
# Databases of the machine's own (DATABASE_URL, MONGODB_URL, REDIS_URL) are left alone.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

# In CI, and wherever nobody can answer, nothing is asked.
if [ -t 0 ] && [ -z "${CI:-}" ]; then
  read -r -p "Remove all data of the shop under var/shop? [y/N] " answer
  case $answer in y | Y | yes) ;; *) say "Nothing was removed."; exit 1 ;; esac
fi
"$ROOT/scripts/store.sh" reset shop
