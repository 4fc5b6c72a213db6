#!/bin/sh
# Each example does what its page says.
. "$(dirname "$0")/../lib/check.sh"
export VGPU_RUN
limit=${LIMIT:-600} # an example's kernels are all compiled: no code of an earlier run

for folder in "$here"/../../examples/*/; do
  example=$(basename "$folder")
  law "examples/$example prints what its README.md shows"
  run "$folder/run"
  [ "$status" -eq 0 ] || fail "status $status" "$(shown "$folder/run")"
  if grep '^SKIP: ' "$scratch/out"; then
    skips=$((skips + 1))
    continue
  fi
  # What the page shows indented by four spaces is the output; empty lines do not count.
  sed -n 's/^    //p' "$folder/README.md" >"$scratch/want"
  sed -i '/^$/d' "$scratch/out"
  diff -u "$scratch/want" "$scratch/out" >"$scratch/diff" || fail "$(cat "$scratch/diff")"
done

finish
