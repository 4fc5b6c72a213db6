#!/bin/sh
# A library exports exactly the names in its version script, which is made from the .def file.
# usage: exports_test.sh LIBRARY SCRIPT
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '/global:/,/local:/p' "$2" | tr ' ' '\n' | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\);$/\1/p' |
  LC_ALL=C sort >"$work/wanted"
nm -D --defined-only "$1" | awk '{print $3}' | LC_ALL=C sort >"$work/exported"
test "$(wc -l <"$work/wanted")" -gt 400 || { echo "too few names in $2"; exit 1; }
diff "$work/wanted" "$work/exported" || { echo "exports differ (<: wanted, >: exported)"; exit 1; }
echo "$(wc -l <"$work/exported") exports of $(basename "$1") are those of its rows"
