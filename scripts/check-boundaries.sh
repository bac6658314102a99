#!/usr/bin/env bash
# The rules of the house that a command can check (ARCHITECTURE.md states them all): who may depend
# on whom, and where SQL, documents and service names may stand. Prints every breach, then fails.
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
cd "$ROOT"

SERVICES='platform accounts admissions catalogue inventory payments orders'
SERVER_ONLY="$SERVICES connectors server sandbox tokio sqlx sqlx-core mongodb redis axum hyper leptos_axum reqwest tower-http"
BREACHES=0

breach() { printf 'breach: %s\n' "$*"; BREACHES=$((BREACHES + 1)); }

# tree PACKAGE FLAGS…: the names of all crates that the package's own code is compiled with.
tree() {
  local package=$1; shift
  cargo tree --package "$package" --edges normal --prefix none --format '{p}' "$@" | cut -d' ' -f1 | sort -u
}

# none_of WHERE NAMES LIST: a breach for each name that the list on standard input holds.
none_of() {
  local where=$1 names=$2 found name
  found=$(cat)
  for name in $names; do
    if grep -qxF "$name" <<<"$found"; then breach "$where depends on $name"; fi
  done
}

# code FILES…: their lines as FILE:LINE:<tab>TEXT without comments, and without what follows the unit
# tests' `#[cfg(test)]`, for tests may reach where the code may not.
code() {
  [ $# = 0 ] || awk '
    FNR == 1 { tests = 0 }
    /^#\[cfg\(test\)\]/ { tests = 1 }
    !tests && !/^[[:space:]]*\/\// { print FILENAME ":" FNR ":\t" $0 }' "$@"
}

# sources FOLDER… [! -name X…]: the Rust files there, tests' folders left out.
sources() { find "$@" -name '*.rs' ! -path '*/tests/*' ! -name 'tests.rs' ! -name testing.rs | LC_ALL=C sort; }

# forbidden MESSAGE PATTERN FILES…: a breach for each line of code that matches.
forbidden() {
  local message=$1 pattern=$2 line; shift 2
  while IFS= read -r line; do breach "$line   ($message)"; done < <(code "$@" | grep -E -- "$pattern" || true)
}

# The lists are held in variables first: a failing `cargo tree` must not look like a clean one.
browser=$(tree frontend --target wasm32-unknown-unknown)
none_of "what the browser compiles" "$SERVER_ONLY" <<<"$browser"

domain=$(tree domain)
none_of "domain" "$SERVER_ONLY rand leptos" <<<"$domain"
mapfile -t files < <(sources domain/src)
forbidden "domain knows no clock and no chance" \
  '(SystemTime|Instant|Timestamp|Zoned|Utc|Local)::now\(|Uuid::(now_v7|new_v4)|\brand::|\bgetrandom\b' "${files[@]}"
forbidden "domain does no I/O" '\bstd::(fs|net|process|env)\b|\basync fn\b' "${files[@]}"
forbidden "no float touches money" '\b(f32|f64)\b' "${files[@]}"

# A service stands on the platform alone; only orders calls the others.
for service in platform accounts admissions catalogue inventory payments; do
  direct=$(tree "$service" --depth 1)
  others='accounts admissions catalogue inventory payments orders connectors app server sandbox'
  none_of "$service" "${others/$service/}" <<<"$direct"
done
sandbox=$(tree sandbox)
none_of "sandbox" "$SERVICES connectors app server" <<<"$sandbox"

# What programs ask by knows the store by its API alone.
direct=$(tree client --depth 1)
none_of "client" "$SERVICES admissions connectors app server sandbox tokio sqlx axum" <<<"$direct"

# A connector turns bytes into what the inventory understands, and does nothing else.
direct=$(tree connectors --depth 1)
none_of "connectors" "accounts admissions catalogue payments orders app server sandbox tokio sqlx reqwest axum" <<<"$direct"
mapfile -t files < <(sources connectors/src ! -path '*/conformance/*')
forbidden "connectors know no clock and no chance" \
  '(SystemTime|Instant|Timestamp|Zoned|Utc|Local)::now\(|Uuid::(now_v7|new_v4)|\brand::|\bgetrandom\b' "${files[@]}"
mapfile -t files < <(sources connectors/src ! -path '*/conformance/*' ! -name deliver.rs ! -name lines.rs)
forbidden "only who delivers asks the inventory" '\bstd::(fs|net|process|env)\b|\basync fn\b|\.await\b' "${files[@]}"

# `app` names a service only in an api.rs, and in services.rs, the context they are handed over in.
# Some services share their name with a folder of pages: there only the crate's own path (`use orders::`, `::orders::`) tells them apart.
mapfile -t files < <(sources app/src ! -name api.rs ! -path app/src/services.rs)
for service in $SERVICES; do
  forbidden "app names a service only in an api.rs" \
    "[^[:alnum:]_>:]::$service::|\\buse $service(::|;| as )|extern crate $service\\b" "${files[@]}"
  if [ ! -e "app/src/$service" ] && [ ! -e "app/src/$service.rs" ]; then
    forbidden "app names a service only in an api.rs" "[^[:alnum:]_:]$service::" "${files[@]}"
  fi
done

# In a service SQL stands in queries.rs (or the folder of that name), BSON in documents.rs, keys in
# keys.rs, and none of them outside the services: the workers and the pages call methods. The
# platform is no service of the business; each of its modules is about one of these stores.
BUSINESS=(services/accounts services/admissions services/catalogue services/inventory services/payments services/orders app server)
mapfile -t files < <(sources "${BUSINESS[@]}" ! -name queries.rs ! -path '*/queries/*')
forbidden "SQL stands in queries.rs" '\bsqlx::(query|QueryBuilder|raw_sql)|\bquery(_as|_scalar|_file)?(_unchecked)?!|\bquery(_as|_scalar)(::<|\()' "${files[@]}"
mapfile -t files < <(sources "${BUSINESS[@]}" ! -name documents.rs ! -path '*/documents/*')
forbidden "BSON stands in documents.rs" '\b(doc|bson)!\s*[{(\[]' "${files[@]}"
mapfile -t files < <(sources "${BUSINESS[@]}" ! -name keys.rs ! -path '*/keys/*')
forbidden "Redis keys stand in keys.rs" '\.(get|set|set_ex|del|incr|expire|xadd|xread|publish|subscribe|arg)\((&?format!\()?"[a-z_-]+:' "${files[@]}"

# Only the tokens write a colour, a size of type or a time; a rule names them.
LITERAL='#[0-9a-fA-F]{3,8}\b|\b(rgba?|hsla?|hwb|lab|lch|oklab|oklch)\(|[:,] *(white|black|gr[ae]y)\b|font-size:[^;]*[0-9](r?em|px|pt)|[0-9]m?s\b'
while IFS= read -r line; do
  breach "$line   (only style/tokens.css writes a colour, a size of type or a time)"
done < <(find style -name '*.css' ! -name tokens.css -exec grep -nHE -- "$LITERAL" {} + || true)

cargo check --quiet --package domain --target wasm32-unknown-unknown ||
  breach "domain does not compile for wasm32"

if [ $BREACHES -gt 0 ]; then die "$BREACHES breaches of the house's rules."; fi
say "Every rule that a command can check is kept."
