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

law 'systemd understands the drop-in of examples/ollama'
if command -v systemd-analyze >/dev/null; then
  mkdir -p "$scratch/units/ollama.service.d"
  printf '[Service]\nExecStart=/bin/false\n' >"$scratch/units/ollama.service"
  sed "s,/usr/local/bin/vgpu-run,$VGPU_RUN,; s,/usr/local/bin/ollama,/bin/true," "$here/../../examples/ollama/vgpu.conf" >"$scratch/units/ollama.service.d/vgpu.conf"
  run env "SYSTEMD_UNIT_PATH=$scratch/units:" systemd-analyze verify --man=no "$scratch/units/ollama.service"
  { [ "$status" -eq 0 ] && ! [ -s "$scratch/err" ]; } || fail "status $status" "$(shown 'systemd-analyze verify')"
else
  skip 'systemd-analyze is not installed'
fi

finish
