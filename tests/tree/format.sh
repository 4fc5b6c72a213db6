#!/bin/sh
# Every source file is as clang-format would write it: format.sh ROOT.
set -u
cd "$1" || exit 1
if ! command -v clang-format >/dev/null; then
  echo 'SKIP: format: no clang-format'
  exit 77
fi
unformatted=$(find launcher tracer shim tests/unit tests/conformance tests/fuzz tests/benches tests/golden tests/guests tests/chaos \
  \( -name "*.cpp" -o -name "*.h" -o -name "*.c" -o -name "*.cu" -o -name "*.cuh" \) -print0 2>/dev/null | xargs -0 clang-format --dry-run 2>&1 |
  grep 'warning:' | sed 's/:.*//' | sort -u)
[ -z "$unformatted" ] || printf 'not formatted:\n%s\n' "$unformatted"
[ -z "$unformatted" ]
